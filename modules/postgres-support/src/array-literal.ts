/**
 * Columns of a statement as array literals, for `${…}::text::bigint[]`. PostgreSQL takes such columns apart faster than
 * JSON, and the driver takes twice the time over arrays of its own.
 */
export const numberArray = (values: readonly (number | null | undefined)[]): string =>
  `{${values.map((value) => value ?? 'NULL').join(',')}}`

/** The same for text, and for all that is written as such. */
export const textArray = (values: readonly (string | null)[]): string =>
  `{${values.map((value) => (value === null ? 'NULL' : `"${value.replaceAll(/["\\]/g, '\\$&')}"`)).join(',')}}`
