/** One row of a table: what was measured, against a ceiling of the same run. */
export interface Figure {
  name: string
  value: number
  unit: string
  /** What the same machine did in the same run without the work in question; null where the target is absolute. */
  ceiling: number | null
  ratio: number | null
  /** The least ratio, or the least or most value, that is asked for, as written. */
  target: string
  met: boolean
}

export function ratioFigure(
  name: string,
  value: number,
  ceiling: number,
  unit: string,
  leastRatio: number,
): Figure {
  const ratio = value / ceiling
  return {
    name,
    value: round(value),
    unit,
    ceiling: round(ceiling),
    ratio: Math.round(ratio * 1_000) / 1_000,
    target: `≥ ${leastRatio} × ceiling`,
    met: ratio >= leastRatio,
  }
}

const UNJUDGED = '–'

/** Told, and not judged. */
export const informationFigure = (name: string, value: number, unit: string): Figure => ({
  name,
  value: round(value),
  unit,
  ceiling: null,
  ratio: null,
  target: UNJUDGED,
  met: true,
})

/** Against a ceiling, told and not judged. */
export const comparedFigure = (
  name: string,
  value: number,
  ceiling: number,
  unit: string,
): Figure => ({
  ...ratioFigure(name, value, ceiling, unit, 0),
  target: UNJUDGED,
})

/** `most`: what the value may be at most, in its unit. */
export const limitFigure = (name: string, value: number, unit: string, most: number): Figure => ({
  name,
  value: round(value),
  unit,
  ceiling: null,
  ratio: null,
  target: `≤ ${most} ${unit}`,
  met: value <= most,
})

/** Against the same without what is asked about, of which it may be so many times as much at most. */
export const factorFigure = (
  name: string,
  value: number,
  without: number,
  unit: string,
  mostRatio: number,
): Figure => ({
  name,
  value: round(value),
  unit,
  ceiling: round(without),
  ratio: Math.round((value / without) * 1_000) / 1_000,
  target: `≤ ${mostRatio} × the other`,
  met: value <= without * mostRatio,
})

const round = (value: number) => Math.round(value * 100) / 100

export function tableOf(figures: readonly Figure[]): string {
  const head = ['', 'value', 'ceiling', 'ratio', 'target', '']
  const rows = figures.map(({ name, value, unit, ceiling, ratio, target, met }) => [
    name,
    `${value.toLocaleString('en')} ${unit}`,
    ceiling === null ? '–' : `${ceiling.toLocaleString('en')} ${unit}`,
    ratio === null ? '–' : String(ratio),
    target,
    target === UNJUDGED ? '' : met ? 'met' : 'NOT MET',
  ])
  const widths = head.map((_, column) =>
    Math.max(...[head, ...rows].map((row) => (row[column] ?? '').length)),
  )
  return [head, ...rows]
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n')
}
