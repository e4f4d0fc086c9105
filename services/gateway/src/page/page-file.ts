import { stat } from 'node:fs/promises'
import { join } from 'node:path'

const INDEX = 'index.html'

export type PageFile =
  | { kind: 'FILE'; name: string; cacheControl: string }
  | { kind: 'MISSING' }
  | { kind: 'NOT_BUILT' }

/** Assets have a hash of their content in their names. */
const isHashed = (path: string) => path.startsWith('/assets/')

/** The file for a path of the web client. The client routes in the browser, so an unknown path is its page. */
export async function pageFileOf(webDir: string, path: string): Promise<PageFile> {
  if (path !== '/' && (await isFile(join(webDir, path)))) {
    return {
      kind: 'FILE',
      name: path.slice(1),
      cacheControl: isHashed(path) ? 'public, max-age=31536000, immutable' : 'no-cache',
    }
  }
  // An HTML page in place of a script of an earlier build would break in the browser.
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
