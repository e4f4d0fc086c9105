import { openRevocations } from '@dailyfeed/access-token/open-revocations'
import { keySetOf } from '@dailyfeed/access-token/key-set-client'
import { createTokenVerifier } from '@dailyfeed/access-token/token-verifier'
import { remoteKeys } from '@dailyfeed/access-token/verification-keys'
import { createHttpServer } from '@dailyfeed/http-server/create-http-server'
import { createLog } from '@dailyfeed/http-server/log'
import { flagsOfImage } from '@dailyfeed/tests/node-flags'
import { openPool } from '@dailyfeed/postgres-support/pool'
import { startServerProcess } from '../server-process.ts'
import { createServiceClient } from '@dailyfeed/service-client/service-client'

interface VerifyingServerOptions {
  databaseUrl: string
  redisUrl: string
  jwksUrl: string
}

export interface VerifyingServer {
  /** A public route. */
  openUrl: string
  /** A route with the same answer, for members only. */
  memberUrl: string
  stop(): Promise<void>
}

/** A service in a separate process that only verifies tokens, as every service does. */
export async function startVerifyingServer(
  options: VerifyingServerOptions,
): Promise<VerifyingServer> {
  const { line: url, stop } = await startServerProcess(
    import.meta.filename,
    await flagsOfImage(),
    JSON.stringify(options),
  )
  return { openUrl: `${url}/open`, memberUrl: `${url}/member`, stop }
}

if (import.meta.main) {
  const { databaseUrl, redisUrl, jwksUrl } = JSON.parse(
    process.argv[2] ?? '{}',
  ) as VerifyingServerOptions
  const sql = openPool({ url: databaseUrl, max: 2, name: 'verifying' })
  const verifier = createTokenVerifier({
    keys: remoteKeys(
      keySetOf(
        createServiceClient({ service: 'member', baseUrl: new URL(jwksUrl).origin }),
        jwksUrl,
      ),
      600,
    ),
    revocations: openRevocations(sql, redisUrl),
  })
  const app = await createHttpServer({
    service: 'verifying',
    log: createLog('test', 'silent'),
    verifier,
  })
  const answer = { status: 200, result: 'SUCCESS', data: true }
  app.get('/open', { config: { access: 'PUBLIC' } }, async () => answer)
  app.get('/member', async () => answer)
  process.stdout.write(`${await app.listen({ host: '127.0.0.1', port: 0 })}\n`)
  process.once('SIGTERM', () => process.exit(0))
}
