import { sendAtRate } from './pacing.ts'
import { bytesOf, PlainConnection, type PlainRequest } from './plain-connection.ts'

export interface OpenLoop {
  /** Sent in turn; all to the same server. */
  requests: readonly PlainRequest[]
  perSecond: number
  seconds: number
  /** Connections at most. A request that is due while none is free is not sent. */
  connections: number
}

export interface OpenLoopResult {
  /** Milliseconds of each answer 200. */
  admitted: number[]
  /** Answers 503. */
  refused: number
  /** Other answers, and connections that broke. */
  failed: number
  /** Due while every connection was in use. */
  unsent: number
}

/** Sends requests at a steady rate, whatever happened to earlier ones, over a bounded number of connections. */
export async function openLoop(options: OpenLoop): Promise<OpenLoopResult> {
  const { requests, perSecond, seconds, connections } = options
  const bytes = requests.map(bytesOf)
  const url = requests[0]?.url ?? ''
  const open = new Set<PlainConnection>()
  const idle: PlainConnection[] = []
  const result: OpenLoopResult = { admitted: [], refused: 0, failed: 0, unsent: 0 }
  const pending: Promise<void>[] = []

  const newConnection = (): PlainConnection | undefined => {
    if (open.size >= connections) return undefined
    const connection: PlainConnection = new PlainConnection(url, {
      onIdle: () => idle.push(connection),
      onClose: () => {
        open.delete(connection)
        const at = idle.indexOf(connection)
        if (at >= 0) idle.splice(at, 1)
      },
    })
    open.add(connection)
    return connection
  }
  const send = async (connection: PlainConnection, n: number): Promise<void> => {
    try {
      const answer = await connection.send(bytes[n % bytes.length] as Buffer)
      if (answer.status === 200) result.admitted.push(answer.milliseconds)
      else if (answer.status === 503) result.refused += 1
      else result.failed += 1
    } catch {
      result.failed += 1
    }
  }

  await sendAtRate(perSecond, Math.round(perSecond * seconds), (n) => {
    const connection = idle.pop() ?? newConnection()
    if (connection === undefined) result.unsent += 1
    else pending.push(send(connection, n))
  })
  await Promise.all(pending)
  for (const connection of open) connection.end()
  return result
}
