import { readdir, readFile, readlink, realpath } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { identityOf } from './process-identity.ts'

const STOP_MILLISECONDS = 30_000
const KILL_MILLISECONDS = 5_000

export interface ServerInFolder {
  /** The working directory of the server. */
  folder: string
  /** Its program, with or without a path. */
  program: string
  /** Asks the server to end. */
  signal: NodeJS.Signals
  /** Written by the server or for it; the fallback where the system has no /proc. */
  pidFile: string
}

/**
 * Stops a server that a killed platform left running in a folder: it still has its ports and files.
 * On Linux it is found by its working directory, since a platform may be killed before it has noted
 * an id; a pid file decides elsewhere.
 */
export async function stopLeftOverServer(server: ServerInFolder): Promise<void> {
  let found = await leftOver(server)
  if (found.length === 0) return
  for (const { pid } of found) send(pid, server.signal)
  for (let waited = 0; found.length > 0; waited += 50) {
    if (waited >= STOP_MILLISECONDS) for (const { pid } of found) send(pid, 'SIGKILL')
    if (waited > STOP_MILLISECONDS + KILL_MILLISECONDS)
      throw new Error(
        `the server left over in ${server.folder} (process ${found[0]?.pid}) does not stop; stop it by hand`,
      )
    await sleep(50)
    // Processes that a stopping server has started end after it; a new scan would find later ones, too.
    found = found.filter(({ pid, identity }) => identityOf(pid) === identity)
    if (found.length === 0) found = await leftOver(server)
  }
}

interface FoundProcess {
  pid: number
  identity: string
}

async function leftOver(server: ServerInFolder): Promise<FoundProcess[]> {
  const pids =
    process.platform === 'linux' ? await processesIn(server) : await pidIn(server.pidFile)
  return pids.flatMap((pid) => {
    const identity = identityOf(pid)
    return identity === undefined ? [] : [{ pid, identity }]
  })
}

async function processesIn({ folder, program }: ServerInFolder): Promise<number[]> {
  const real = await realpath(folder).catch(() => undefined)
  if (real === undefined) return []
  // The kernel cuts names after 15 characters.
  const name = basename(program).slice(0, 15)
  const pids = (await readdir('/proc')).map(Number).filter(Number.isSafeInteger)
  const matches = await Promise.all(
    pids.map(async (pid) => {
      const workingDirectory = await readlink(join('/proc', String(pid), 'cwd')).catch(() => '')
      if (workingDirectory !== real) return false
      const command = await readFile(`/proc/${pid}/comm`, 'utf8').catch(() => '')
      return command.trim() === name
    }),
  )
  return pids.filter((_pid, at) => matches[at])
}

/** The file holds the id and, in a second line, the identity of the process. */
async function pidIn(pidFile: string): Promise<number[]> {
  const [id = '', identity] = (await readFile(pidFile, 'utf8').catch(() => '')).split('\n')
  const pid = Number(id)
  if (!Number.isSafeInteger(pid) || pid <= 1) return []
  return identity !== undefined && identityOf(pid) === identity ? [pid] : []
}

function send(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal)
  } catch {
    // It has ended in the meantime.
  }
}
