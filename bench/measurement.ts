/** One row of a table: a measured value, and a reference value of the same run. */
export interface Measurement {
  name: string
  value: number
  unit: string
  /**
   * The value of the same machine in the same run without the work that is measured: an upper bound
   * for rates. Null where the target is absolute.
   */
  ceiling: number | null
  ratio: number | null
  /** The minimum or maximum of the ratio or of the value, as text. */
  target: string
  met: boolean
}

const NO_TARGET = '–'

/** A rate that should be at least `minRatio` of its ceiling. */
export function atLeastRatio(
  name: string,
  value: number,
  ceiling: number,
  unit: string,
  minRatio: number,
): Measurement {
  const ratio = value / ceiling
  return {
    name,
    value: round(value),
    unit,
    ceiling: round(ceiling),
    ratio: Math.round(ratio * 1_000) / 1_000,
    target: `≥ ${minRatio} × ceiling`,
    met: ratio >= minRatio,
  }
}

export const withoutTarget = (name: string, value: number, unit: string): Measurement => ({
  name,
  value: round(value),
  unit,
  ceiling: null,
  ratio: null,
  target: NO_TARGET,
  met: true,
})

export const ratioWithoutTarget = (
  name: string,
  value: number,
  ceiling: number,
  unit: string,
): Measurement => ({
  ...atLeastRatio(name, value, ceiling, unit, 0),
  target: NO_TARGET,
})

/** A cost that should be at most `max`, in its unit. */
export const atMost = (name: string, value: number, unit: string, max: number): Measurement => ({
  name,
  value: round(value),
  unit,
  ceiling: null,
  ratio: null,
  target: `≤ ${max} ${unit}`,
  met: value <= max,
})

/** A cost that should be at most `maxFactor` times that of a reference case. */
export const atMostFactor = (
  name: string,
  value: number,
  reference: number,
  unit: string,
  maxFactor: number,
): Measurement => ({
  name,
  value: round(value),
  unit,
  ceiling: round(reference),
  ratio: Math.round((value / reference) * 1_000) / 1_000,
  target: `≤ ${maxFactor} × the other`,
  met: value <= reference * maxFactor,
})

const round = (value: number) => Math.round(value * 100) / 100

export function tableOf(measurements: readonly Measurement[]): string {
  const head = ['', 'value', 'ceiling', 'ratio', 'target', '']
  const rows = measurements.map(({ name, value, unit, ceiling, ratio, target, met }) => [
    name,
    `${value.toLocaleString('en')} ${unit}`,
    ceiling === null ? '–' : `${ceiling.toLocaleString('en')} ${unit}`,
    ratio === null ? '–' : String(ratio),
    target,
    target === NO_TARGET ? '' : met ? 'met' : 'NOT MET',
  ])
  return alignedTable([head, ...rows])
}

/** Pads the cells of each column to the same width. */
export function alignedTable(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, column) =>
    Math.max(...rows.map((row) => (row[column] ?? '').length)),
  )
  return rows
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n')
}
