/** Writes a line to standard output. */
export const print = (line: string): void => void process.stdout.write(`${line}\n`)

/** Writes a line about the command itself to standard error. */
export const printError = (line: string): void => void process.stderr.write(`dailyfeed: ${line}\n`)

/** `, name value` for each figure of a job. */
export const figuresText = (figures: Record<string, number>): string =>
  Object.entries(figures)
    .map(([name, value]) => `, ${name} ${value}`)
    .join('')
