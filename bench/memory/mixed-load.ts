import { randomOf } from '@dailyfeed/cli/seed/random'
import { sendAtRate } from '@dailyfeed/tests/pacing'
import { actionsOf } from './actions.ts'
import { pick } from './choices.ts'
import { type LoadMember, logInAgain } from './load-member.ts'

interface LoadOptions {
  url: string
  members: readonly LoadMember[]
  /** The rate of all members together. */
  requestsPerSecond: number
  /** Called for each answer that is not as expected. */
  onFailure: (message: string) => void
}

export interface MixedLoad {
  /** Runs for so many seconds, or until `isOver`. Returns requests per second. */
  run(seconds: number, isOver: () => boolean): Promise<number>
}

/** Tokens expire after 15 minutes. */
const LOGIN_INTERVAL_SECONDS = 300

/** Members read, search, write, like, follow and log in again, in random order at a fixed rate. */
export function createMixedLoad({
  url,
  members,
  requestsPerSecond,
  onFailure,
}: LoadOptions): MixedLoad {
  const random = randomOf(1)
  const { actions, readFollowingFeed } = actionsOf(url, members, random)
  const loginsPerSecond = members.length / LOGIN_INTERVAL_SECONDS

  return {
    async run(seconds, isOver) {
      for (const member of members) await readFollowingFeed(member)
      const idle = [...members]
      const inFlight = new Set<Promise<void>>()
      let logins = 0

      async function sendNext(n: number): Promise<void> {
        while (idle.length === 0) await Promise.race(inFlight)
        const isLogin = logins < (n / requestsPerSecond) * loginsPerSecond
        const member = isLogin
          ? takeOut(idle, members[logins % members.length] as LoadMember)
          : takeOut(idle, pick(random, idle))
        // The member whose login is due is busy: it logs in at the next turn.
        if (member === undefined) return
        if (isLogin) logins += 1
        const request: Promise<void> = (
          isLogin ? logInAgain(url, member) : pick(random, actions)(member)
        )
          .then(
            () => {},
            (error) => onFailure(error instanceof Error ? error.message : String(error)),
          )
          .finally(() => {
            inFlight.delete(request)
            idle.push(member)
          })
        inFlight.add(request)
      }

      const startedAt = performance.now()
      const sent = await sendAtRate(
        requestsPerSecond,
        Math.ceil(seconds * requestsPerSecond),
        sendNext,
        isOver,
      )
      await Promise.all(inFlight)
      return (sent * 1_000) / (performance.now() - startedAt)
    },
  }
}

function takeOut<Value>(values: Value[], value: Value): Value | undefined {
  const index = values.indexOf(value)
  return index < 0 ? undefined : values.splice(index, 1)[0]
}
