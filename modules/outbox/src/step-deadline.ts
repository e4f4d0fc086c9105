import { withDeadline } from '@dailyfeed/concurrency/deadline'

/** The outcome of one step of the relay; throws an Error that names the step when it takes too long. */
export type StepDeadline = <Value>(step: string, work: Promise<Value>) => Promise<Value>

export const stepDeadline =
  (milliseconds: number): StepDeadline =>
  (step, work) =>
    withDeadline(
      work,
      milliseconds,
      () => new Error(`${step} did not complete within ${milliseconds / 1_000} s`),
    )
