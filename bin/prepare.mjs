// This runs on the machine's own Node (20 or newer) before anything is installed, and may therefore
// use nothing but Node itself.
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
process.chdir(root)

install()
buildWeb()

/**
 * Runs `npm ci` and applies the patches if node_modules is missing or was made with another lock
 * file, other patches or for another platform.
 */
function install() {
  const stamp = join('node_modules', '.installed')
  const wanted = hashOf(
    ['package-lock.json', ...filesIn('patches')],
    `${process.platform}-${process.arch}`,
  )
  if (isStamped(stamp, wanted)) return
  process.stderr.write('installing dependencies…\n')
  const npm = process.env.npm_execpath
  const args = ['ci', '--no-audit', '--no-fund', '--loglevel=error']
  // npm runs on the Node that runs it now: the one in node_modules is deleted during the install.
  run(
    npm === undefined ? 'npm' : (process.env.npm_node_execpath ?? process.execPath),
    npm === undefined ? args : [npm, ...args],
    'the dependencies could not be installed; see above, and try again',
  )
  run(
    join(root, 'node_modules', '.bin', 'node'),
    [join('node_modules', 'patch-package', 'index.js'), '--error-on-fail', '--error-on-warn'],
    'the patches of dependencies could not be applied; see above',
  )
  writeFileSync(stamp, wanted)
}

/** Builds the web client if its sources changed since the last build. */
function buildWeb() {
  const stamp = join('web', 'dist', '.built-from')
  const wanted = hashOf(
    [
      'web/index.html',
      'web/vite.config.ts',
      'web/package.json',
      ...filesIn('web/src'),
      ...filesIn('web/public'),
      ...filesIn('modules/contract/src'),
      ...filesIn('modules/concurrency/src'),
    ],
    '',
  )
  if (isStamped(stamp, wanted)) return
  process.stderr.write('building the web client…\n')
  run(
    join(root, 'node_modules', '.bin', 'node'),
    [join(root, 'node_modules', 'vite', 'bin', 'vite.js'), 'build', '--logLevel', 'error'],
    'the web client could not be built; see above',
    'web',
  )
  writeFileSync(stamp, wanted)
}

function run(command, args, complaint, cwd = '.') {
  // Output goes to standard error: the standard output of `npm test` is one line.
  const { status } = spawnSync(command, args, { cwd, stdio: ['ignore', 2, 2] })
  if (status !== 0) {
    process.stderr.write(`${complaint}\n`)
    process.exit(1)
  }
}

function isStamped(path, wanted) {
  return existsSync(path) && readFileSync(path, 'utf8') === wanted
}

function hashOf(paths, salt) {
  const hash = createHash('sha256').update(salt)
  for (const path of paths) hash.update(path).update(readFileSync(path))
  return hash.digest('hex')
}

function filesIn(folder) {
  if (!existsSync(folder)) return []
  return readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath ?? entry.path, entry.name))
    .sort()
}
