import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'

/** The path of a Java of at least this version: JAVA_HOME's, or the one on the PATH. */
export function findJava(env: NodeJS.ProcessEnv, atLeast: number): string | undefined {
  const home = env['JAVA_HOME']
  const candidates = [...(home === undefined ? [] : [join(home, 'bin', 'java')]).filter(existsSync), 'java']
  return candidates.find((java) => {
    const { stderr, error } = spawnSync(java, ['-version'], { encoding: 'utf8' })
    return error === undefined && Number(/version "(\d+)/.exec(stderr)?.[1] ?? 0) >= atLeast
  })
}

export const hasMaven = (): boolean => spawnSync('mvn', ['--version'], { stdio: 'ignore' }).error === undefined
