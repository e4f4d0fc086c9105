import { stat } from 'node:fs/promises'
import { join } from 'node:path'

const INDEX = 'index.html'

export type PageFile =
  | { kind: 'FILE'; name: string; cacheControl: string }
  | { kind: 'MISSING' }
  | { kind: 'NOT_BUILT' }

/** Their names hold a hash of their content. */
const isHashed = (path: string) => path.startsWith('/assets/')

/** The file for a path of the web client. Its routes are the client's own affair: an unknown path is its page. */
export async function pageFileOf(webDir: string, path: string): Promise<PageFile> {
  if (path !== '/' && (await isFile(join(webDir, path)))) {
    return {
      kind: 'FILE',
      name: path.slice(1),
      cacheControl: isHashed(path) ? 'public, max-age=31536000, immutable' : 'no-cache',
    }
  }
  // A page in place of a script of yesterday would only be a riddle to the browser.
  if (isHashed(path)) return { kind: 'MISSING' }
  return (await isFile(join(webDir, INDEX)))
    ? { kind: 'FILE', name: INDEX, cacheControl: 'no-cache' }
    : { kind: 'NOT_BUILT' }
}

async function isFile(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isFile()
  } catch {
    return false
  }
}
