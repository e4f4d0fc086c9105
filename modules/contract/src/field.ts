import Type, { type TSchema } from 'typebox'

export const Id = Type.Integer({ minimum: 1, maximum: Number.MAX_SAFE_INTEGER })
/** ISO 8601 in UTC, with milliseconds. */
export const Instant = Type.String({ format: 'date-time' })
export const nullable = <T extends TSchema>(schema: T) => Type.Union([schema, Type.Null()])
/** An optional field in which `null`, `''` and absence mean the same on creation. */
export const blankable = <T extends TSchema>(schema: T) =>
  Type.Optional(Type.Union([schema, Type.Literal(''), Type.Null()]))
