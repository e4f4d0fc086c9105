import { homedir } from 'node:os'
import { join } from 'node:path'

/** Folder for downloads, outside the clone, so that every clone on this machine shares them. */
export const cacheFolderOf = (env: NodeJS.ProcessEnv): string =>
  join(env['XDG_CACHE_HOME'] || join(homedir(), '.cache'), 'dailyfeed')
