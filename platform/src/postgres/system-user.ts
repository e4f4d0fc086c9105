import { execFileSync } from 'node:child_process'

export interface SystemUser {
  uid: number
  gid: number
}

/**
 * The user that runs PostgreSQL: it refuses to run as root, and the user `nobody` exists on every
 * system. Undefined where this process is not root.
 */
export function serverUser(): SystemUser | undefined {
  if (process.getuid?.() !== 0) return undefined
  const id = (flag: string) => Number(execFileSync('id', [flag, 'nobody'], { encoding: 'utf8' }))
  return { uid: id('-u'), gid: id('-g') }
}
