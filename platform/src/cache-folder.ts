import { homedir } from 'node:os'
import { join } from 'node:path'

/** Outside the clone, so that every clone of a machine shares what was fetched once. */
export const cacheFolder = (): string => join(process.env['XDG_CACHE_HOME'] || join(homedir(), '.cache'), 'dailyfeed')
