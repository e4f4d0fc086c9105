import { openPool } from '@dailyfeed/postgres-support/pool'
import { createKeyStore } from './key-store.ts'

/** A process that rotates keys without a pause, for tests that kill it. */
const [url = '', encryptionKey = ''] = process.argv.slice(2)
const sql = openPool({ url, max: 2, name: 'rotation-to-be-killed' })
const keys = createKeyStore({ sql, encryptionKey, graceSeconds: 60, publishSeconds: 0 })
process.stdout.write('rotating\n')
for (;;) {
  await keys.rotate()
  await sql`update member.jwt_key set created_at = created_at - interval '1 minute' where state = 'NEXT'`
}
