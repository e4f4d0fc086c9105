import { type Options, SingleBar } from 'cli-progress'

const FORM: Options = {
  format: '{step} {bar} {percentage}% · {value}/{total} · {rate}/s',
  hideCursor: true,
  clearOnComplete: false,
  barCompleteChar: '█',
  barIncompleteChar: '░',
  noTTYOutput: false,
}

/** One progress bar for each step, on standard error of a terminal; nothing elsewhere, so that output can be piped. */
export function progressBars() {
  let bar: SingleBar | undefined
  let current = ''
  let startedAt = performance.now()
  return {
    update(step: string, done: number, total: number): void {
      if (!process.stderr.isTTY) return
      if (step !== current) {
        bar?.stop()
        bar = new SingleBar({ ...FORM, stream: process.stderr })
        bar.start(total, 0, { step: step.padEnd(8), rate: 0 })
        // The first step began when the bars were created, before its first update.
        if (current !== '') startedAt = performance.now()
        current = step
      }
      bar?.update(done, {
        rate: Math.round(done / Math.max(0.001, (performance.now() - startedAt) / 1_000)),
      })
    },
    stop(): void {
      bar?.stop()
    },
  }
}
