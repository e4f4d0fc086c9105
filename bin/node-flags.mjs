// Prints the V8 flags of one kind of process, separated by spaces: `node bin/node-flags.mjs platform`.
// It runs on any Node from 20 on, before anything is installed.
import { readFileSync } from 'node:fs'

const file = new URL('../deploy/node-flags.json', import.meta.url)
const flags = JSON.parse(readFileSync(file, 'utf8'))[process.argv[2]]
if (flags === undefined) {
  process.stderr.write(`node-flags: deploy/node-flags.json has no '${process.argv[2]}'\n`)
  process.exit(1)
}
process.stdout.write(`${flags.join(' ')}\n`)
