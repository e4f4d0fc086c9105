import Type, { type TSchema } from 'typebox'

/** The success envelope around `data`; `status` equals the HTTP status. */
export const successOf = <T extends TSchema>(data: T) =>
  Type.Object({ status: Type.Integer(), result: Type.Literal('SUCCESS'), data })

export interface Success<T> {
  status: number
  result: 'SUCCESS'
  data: T
}

export const success = <T>(status: number, data: T): Success<T> => ({
  status,
  result: 'SUCCESS',
  data,
})

/** The envelope of a failure, for the API documents. */
export const Failure = Type.Object(
  {
    statusCode: Type.Integer(),
    resultCode: Type.Literal('FAIL'),
    code: Type.String(),
    message: Type.String({
      description: 'A whole sentence for people, in Korean or English by Accept-Language',
    }),
    path: Type.String(),
    traceId: Type.String(),
    errors: Type.Optional(
      Type.Array(Type.Object({ field: Type.String(), message: Type.String() })),
    ),
  },
  { $id: 'Failure' },
)
export type Failure = Type.Static<typeof Failure>
