import { execFile, spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { promisify } from 'node:util'
import { type ServerProcess, serverProcessOf } from './server-process.ts'

const run = promisify(execFile)

/** A program that runs containers, whose engine answers. */
export type ContainerEngine = 'docker' | 'podman'

export const findContainerEngine = (): ContainerEngine | undefined =>
  (['docker', 'podman'] as const).find(
    (engine) => spawnSync(engine, ['info'], { stdio: 'ignore' }).status === 0,
  )

interface ContainerCommand {
  engine: ContainerEngine
  image: string
  /** At the same paths inside as outside; nothing else of this machine is there. */
  folders: readonly string[]
  command: readonly string[]
}

/** Runs it to its end, as this user, with this machine's network. Throws what its program says. */
export async function runInContainer({
  workdir,
  ...container
}: ContainerCommand & { workdir?: string }): Promise<void> {
  await run(container.engine, [
    'run',
    '--rm',
    ...(workdir === undefined ? [] : ['--workdir', workdir]),
    ...argumentsOf(container),
  ])
}

/** A server in a container of its own. It is the container that fails, not the program that shows its output. */
export function containerServerOf({
  folder,
  ...container
}: ContainerCommand & { folder: string }): ServerProcess {
  const { engine } = container
  const name = `dailyfeed-${createHash('sha256').update(folder).digest('hex').slice(0, 16)}`
  const shown = serverProcessOf({
    folder,
    command: engine,
    args: ['run', '--rm', '--name', name, ...argumentsOf(container)],
  })
  const tell = (...args: string[]) => run(engine, [...args, name]).catch(() => {})
  return {
    pid: shown.pid,
    async start() {
      // One whose platform was killed still holds its ports and files.
      await tell('rm', '--force')
      await shown.start()
    },
    async stop() {
      await tell('stop', '--time', '30')
      await shown.stop()
    },
    async kill() {
      await tell('kill')
      await shown.kill()
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
