import type { FaultEnvironment } from './environment.ts'

export interface Fault {
  /** Selects the fault: `npm run test:faults -- --only F3,F11`. */
  id: string
  title: string
  /**
   * Causes the fault while members write, ends it, and checks its particular effects. Throws where
   * one of them is not as it should be.
   */
  run(environment: FaultEnvironment): Promise<void>
  /** The reason why writes may be refused; without one, every write must be acknowledged. */
  expectedRefusals?: string
  /** Whether `npm test` runs it too. */
  isQuick?: true
}
