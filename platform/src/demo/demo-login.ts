import { randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { replaceFileDurably } from '@dailyfeed/configuration/durable-file'

interface DemoLogin {
  email: string
  /** All demo members have the same. */
  password: string
  /** False from before the first demo member is created until everything has been. */
  isComplete: boolean
}

const fileIn = (dataDir: string) => join(dataDir, 'demo-login.json')

/** Undefined when there is no demo data. Earlier releases wrote the file after everything else. */
export function findDemoLogin(dataDir: string): DemoLogin | undefined {
  try {
    return { isComplete: true, ...JSON.parse(readFileSync(fileIn(dataDir), 'utf8')) }
  } catch {
    return undefined
  }
}

/** Random on each machine: with a known password anybody could log in where the platform listens beyond loopback. */
export const newDemoLogin = (email: string): DemoLogin => ({
  email,
  password: `demo-${randomBytes(9).toString('base64url')}`,
  isComplete: false,
})

export const storeDemoLogin = (dataDir: string, login: DemoLogin): void =>
  replaceFileDurably(fileIn(dataDir), JSON.stringify(login))
