import { homedir } from 'node:os'
import { join } from 'node:path'

/** Outside the clone, so that every clone of a machine shares what was fetched once. */
export const cacheFolderOf = (env: NodeJS.ProcessEnv): string =>
  join(env['XDG_CACHE_HOME'] || join(homedir(), '.cache'), 'dailyfeed')
