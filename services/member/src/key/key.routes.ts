import type { HttpServer } from '@dailyfeed/http-server/http-server'
import Type from 'typebox'
import type { MemberContext } from '../context.ts'

const Key = Type.Object({
  kty: Type.String(),
  crv: Type.String(),
  x: Type.String(),
  kid: Type.String(),
  alg: Type.String(),
  use: Type.String(),
  exp: Type.Optional(
    Type.Integer({
      description: 'only for a retired key: until when its tokens are accepted, seconds since 1970',
    }),
  ),
})
const KeySet = Type.Object({ keys: Type.Array(Key) })

export function keyRoutes(app: HttpServer, { keys }: MemberContext): void {
  app.get(
    '/.well-known/jwks.json',
    {
      config: { access: 'PUBLIC' },
      schema: {
        tags: ['authentication'],
        summary: 'Get the public keys that verify access tokens',
        response: { 200: KeySet },
      },
    },
    () => keys.keySet(),
  )
}
