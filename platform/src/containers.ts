import { execFile, spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { promisify } from 'node:util'
import { type ServerProcess, serverProcessOf } from './server-process.ts'

const run = promisify(execFile)

/** A container program whose engine is running. */
export type ContainerEngine = 'docker' | 'podman'

export const findContainerEngine = (): ContainerEngine | undefined =>
  (['docker', 'podman'] as const).find(
    (engine) => spawnSync(engine, ['info'], { stdio: 'ignore' }).status === 0,
  )

interface ContainerCommand {
  engine: ContainerEngine
  image: string
  /** Mounted at the same paths inside the container. */
  folders: readonly string[]
  command: readonly string[]
}

/** Runs a command to its end, as this user, on the host's network. Throws with the output of a failed program. */
export async function runInContainer({
  workdir,
  signal,
  ...container
}: ContainerCommand & { workdir?: string; signal?: AbortSignal }): Promise<void> {
  const args = [
    'run',
    '--rm',
    ...(workdir === undefined ? [] : ['--workdir', workdir]),
    ...argumentsOf(container),
  ]
  await run(container.engine, args, { ...(signal && { signal }) })
}

/** A server in a container. Faults act on the container, not on the program that prints its output. */
export function containerServerOf({
  folder,
  ...container
}: ContainerCommand & { folder: string }): ServerProcess {
  const { engine } = container
  const name = `dailyfeed-${createHash('sha256').update(folder).digest('hex').slice(0, 16)}`
  const client = serverProcessOf({
    folder,
    command: engine,
    args: ['run', '--rm', '--name', name, ...argumentsOf(container)],
  })
  const runOnContainer = (...args: string[]) => run(engine, [...args, name]).catch(() => {})
  return {
    pid: client.pid,
    async start() {
      // A container left over from a killed platform still holds its ports and files.
      await runOnContainer('rm', '--force')
      await client.start()
    },
    async stop() {
      await runOnContainer('stop', '--time', '30')
      await client.stop()
    },
    async kill() {
      await runOnContainer('kill')
      await client.kill()
    },
    pause: async () => void spawnSync(engine, ['pause', name], { stdio: 'ignore' }),
    resume: () => void spawnSync(engine, ['unpause', name], { stdio: 'ignore' }),
  }
}

const argumentsOf = ({ image, folders, command }: ContainerCommand): string[] => [
  '--network=host',
  `--user=${process.getuid?.() ?? 0}:${process.getgid?.() ?? 0}`,
  '--env=HOME=/tmp',
  ...folders.flatMap((folder) => ['--volume', `${folder}:${folder}`]),
  image,
  ...command,
]
