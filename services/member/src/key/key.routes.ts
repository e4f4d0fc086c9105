import type { HttpServer } from '@dailyfeed/http-server/http-server'
import Type from 'typebox'
import type { KeyStore } from './key-store.ts'

const Key = Type.Object({
  kty: Type.String(),
  crv: Type.String(),
  x: Type.String(),
  kid: Type.String(),
  alg: Type.String(),
  use: Type.String(),
  exp: Type.Optional(
    Type.Integer({
      description: 'of a retired key: until when its tokens are accepted, seconds since 1970',
    }),
  ),
})
const KeySet = Type.Object({ keys: Type.Array(Key) })

export function keyRoutes(app: HttpServer, keys: KeyStore): void {
  app.get(
    '/.well-known/jwks.json',
    {
      config: { access: 'PUBLIC' },
      schema: {
        tags: ['authentication'],
        summary: 'Keys that tokens are verified by',
        response: { 200: KeySet },
      },
    },
    async () => (await keys.keySet()) as never,
  )
}
