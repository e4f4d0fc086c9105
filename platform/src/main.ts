import { enableCompileCache } from 'node:module'
import { join } from 'node:path'

const startedAt = performance.now()
// Compiled code is kept beside the data: the second start reads it instead of the sources.
enableCompileCache(join(process.env['DATA_DIR'] || '.dailyfeed', 'compile-cache'))
const { run } = await import('./run.ts')
await run({ env: process.env, args: process.argv.slice(2), startedAt })
