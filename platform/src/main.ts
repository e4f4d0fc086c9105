import { enableCompileCache } from 'node:module'
import { join } from 'node:path'

const startedAt = performance.now()
// Compiled code is cached beside the data, so that the second start need not compile the sources.
enableCompileCache(join(process.env['DATA_DIR'] || '.dailyfeed', 'compile-cache'))
const { run } = await import('./run.ts')
await run({ env: process.env, args: process.argv.slice(2), startedAt })
