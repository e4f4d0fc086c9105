import { execFile, spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { cacheFolderOf } from './cache-folder.ts'
import {
  type ContainerEngine,
  containerServerOf,
  findContainerEngine,
  runInContainer,
} from './containers.ts'
import { type ServerProcess, serverProcessOf } from './server-process.ts'

const run = promisify(execFile)

type JavaTool = 'java' | 'javac' | 'jar' | 'mvn'

/** Java with what belongs to it: this machine's own, or that of a container. */
export interface Java {
  /** What it lacks of these, in words; undefined when it has them all. */
  lacks(tools: readonly JavaTool[]): string | undefined
  /** To its end; throws what it says. It sees the cache of the machine and these folders. */
  run(
    tool: JavaTool,
    args: readonly string[],
    folders: readonly string[],
    workdir?: string,
  ): Promise<void>
  /** Of which `folder` holds log and process id. */
  server(folder: string, args: readonly string[], folders: readonly string[]): ServerProcess
}

interface JavaVersions {
  from: number
  /** The first one that will not do; undefined: any newer one does. */
  below?: number
}

/**
 * JAVA_HOME's or the one on the PATH where it is of these versions and has these tools, else that of a container, where
 * Docker or Podman answers. Or why there is none.
 */
export function findJava(
  env: NodeJS.ProcessEnv,
  versions: JavaVersions,
  tools: readonly JavaTool[],
): Java | { reason: string } {
  const java = findLocalJava(env, versions)
  const reason = java === undefined ? `no Java ${wordsOf(versions)} found` : java.lacks(tools)
  if (java !== undefined && reason === undefined) return java
  const engine = findContainerEngine()
  return engine === undefined
    ? { reason: `${reason}; install it, set JAVA_HOME, or start Docker` }
    : containerJava(engine, cacheFolderOf(env))
}

const wordsOf = ({ from, below }: JavaVersions) =>
  below === undefined ? `${from} or newer` : `${from} to ${below - 1}`

function findLocalJava(
  env: NodeJS.ProcessEnv,
  { from, below = Number.POSITIVE_INFINITY }: JavaVersions,
): Java | undefined {
  const home = env['JAVA_HOME']
  const candidates = [
    ...(home === undefined ? [] : [join(home, 'bin', 'java')]).filter(existsSync),
    'java',
  ]
  const java = candidates.find((java) => {
    const { stderr, error } = spawnSync(java, ['-version'], { encoding: 'utf8' })
    const version = Number(/version "(\d+)/.exec(stderr)?.[1] ?? 0)
    return error === undefined && version >= from && version < below
  })
  return java === undefined ? undefined : localJava(java)
}

function localJava(java: string): Java {
  const pathOf = (tool: JavaTool) =>
    tool === 'mvn' || java === 'java' ? tool : join(dirname(java), tool)
  const isMissing = (tool: JavaTool) =>
    tool !== 'java' &&
    spawnSync(pathOf(tool), ['--version'], { stdio: 'ignore' }).error !== undefined
  return {
    lacks(tools) {
      const missing = tools.filter(isMissing)
      return missing.length === 0
        ? undefined
        : `no ${missing.map((tool) => (tool === 'mvn' ? 'Maven (mvn)' : tool)).join(', ')} found`
    },
    async run(tool, args, _folders, workdir) {
      await run(pathOf(tool), args, { cwd: workdir })
    },
    server: (folder, args) => serverProcessOf({ folder, command: java, args }),
  }
}

/** A JDK with Maven, of the oldest version that everything here runs on. */
const IMAGE = 'docker.io/library/maven:3-eclipse-temurin-17'

function containerJava(engine: ContainerEngine, cache: string): Java {
  return {
    lacks: () => undefined,
    async run(tool, args, folders, workdir) {
      const more = tool === 'mvn' ? [`-Dmaven.repo.local=${join(cache, 'maven')}`] : []
      await runInContainer({
        engine,
        image: IMAGE,
        folders: [cache, ...folders],
        command: [tool, ...more, ...args],
        ...(workdir && { workdir }),
      })
    },
    server: (folder, args, folders) =>
      containerServerOf({
        engine,
        image: IMAGE,
        folder,
        folders: [cache, folder, ...folders],
        command: ['java', ...args],
      }),
  }
}

/** The last line of what a program said that failed. */
export function failureOf(error: unknown): string {
  const {
    stdout = '',
    stderr = '',
    message,
  } = error as { stdout?: string; stderr?: string; message: string }
  return `${stdout}${stderr}`.trim().split('\n').at(-1) || message
}
