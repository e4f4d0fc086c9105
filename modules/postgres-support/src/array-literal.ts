/**
 * Renders numbers as a PostgreSQL array literal, for `${…}::text::bigint[]`. The server unnests such
 * columns faster than JSON, and the driver takes twice as long to serialise an array parameter.
 */
export const numberArray = (values: readonly (number | null | undefined)[]): string =>
  `{${values.map((value) => value ?? 'NULL').join(',')}}`

/** Renders strings as a PostgreSQL array literal, for text and every type that is written as text. */
export const textArray = (values: readonly (string | null)[]): string =>
  `{${values.map((value) => (value === null ? 'NULL' : quoted(value))).join(',')}}`

const quoted = (value: string): string => `"${value.replaceAll(/["\\]/g, '\\$&')}"`
