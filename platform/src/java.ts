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

export type JavaTool = 'java' | 'javac' | 'jar' | 'mvn'

/** A JDK with Maven: the machine's own, or that of a container image. */
export interface Java {
  /** A sentence that names missing tools; undefined when all are present. */
  lacks(tools: readonly JavaTool[]): string | undefined
  /** Runs a tool to its end and throws with its output. In a container it sees the download cache and `folders`. */
  run(
    tool: JavaTool,
    args: readonly string[],
    folders: readonly string[],
    workdir?: string,
  ): Promise<void>
  /** A Java server whose log and process id are kept in `folder`. */
  server(folder: string, args: readonly string[], folders: readonly string[]): ServerProcess
}

interface JavaVersions {
  from: number
  /** The first version that does not work; without it any newer version does. */
  below?: number
}

/**
 * The Java of JAVA_HOME or of the PATH if it has one of these versions and these tools, otherwise that of a container if
 * Docker or Podman is running. Returns the reason when there is none. `signal` ends tools that run.
 */
export function findJava(
  env: NodeJS.ProcessEnv,
  versions: JavaVersions,
  tools: readonly JavaTool[],
  signal?: AbortSignal,
): Java | { reason: string } {
  const java = findLocalJava(env, versions, signal)
  const reason = java === undefined ? `no Java ${wordsOf(versions)} found` : java.lacks(tools)
  if (java !== undefined && reason === undefined) return java
  const engine = findContainerEngine()
  return engine === undefined
    ? { reason: `${reason}; install it, set JAVA_HOME, or start Docker` }
    : containerJava(engine, cacheFolderOf(env), signal)
}

const wordsOf = ({ from, below }: JavaVersions) =>
  below === undefined ? `${from} or newer` : `${from} to ${below - 1}`

function findLocalJava(
  env: NodeJS.ProcessEnv,
  { from, below = Number.POSITIVE_INFINITY }: JavaVersions,
  signal: AbortSignal | undefined,
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
  return java === undefined ? undefined : localJava(java, signal)
}

function localJava(java: string, signal: AbortSignal | undefined): Java {
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
      await run(pathOf(tool), args, { cwd: workdir, ...(signal && { signal }) })
    },
    server: (folder, args) => serverProcessOf({ folder, command: java, args }),
  }
}

/** JDK and Maven of the oldest version that Kafka and OpenSearch run on. */
const IMAGE = 'docker.io/library/maven:3-eclipse-temurin-17'

function containerJava(
  engine: ContainerEngine,
  cache: string,
  signal: AbortSignal | undefined,
): Java {
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
        ...(signal && { signal }),
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

/** The last line of a failed program's output. */
export function failureOf(error: unknown): string {
  const {
    stdout = '',
    stderr = '',
    message,
  } = error as { stdout?: string; stderr?: string; message: string }
  return `${stdout}${stderr}`.trim().split('\n').at(-1) || message
}
