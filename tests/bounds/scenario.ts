import type { Member } from '../acceptance/client.ts'

/** The product, behind a frontend that names the addresses of clients. */
export interface Target {
  /** The address of the gateway. */
  url: string
  /** Members whom the attacker controls. */
  members: Pick<Member, 'id' | 'bearer'>[]
}

export interface Attack {
  /** Ends the attack. */
  stop(): Promise<AttackReport>
}

export interface AttackReport {
  /** Requests of the attacker, so that a run without any is noticed. */
  requests: number
  /** Outcomes that should not have happened to the attacker, such as requests without an answer. */
  problems: string[]
}

/** One way in which a client can take what others need. It runs in a process of its own. */
export interface Scenario {
  name: string
  /** Members that the attacker needs. */
  members: number
  /** `seconds`: how long the attack will last. */
  start(target: Target, seconds: number): Promise<Attack>
}
