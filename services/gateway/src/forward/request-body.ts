import type { IncomingMessage } from 'node:http'

/** As every service has it (`bodyLimit`). Uploads are not read here. */
const MAX_BODY_BYTES = 1024 * 1024

export type BodyOutcome = Buffer | 'TOO_LARGE' | 'TOO_SLOW' | 'NO_ROOM'

interface BodyOptions {
  timeoutMilliseconds: number
  /** Whether there is room for this many further bytes. */
  tryHold(bytes: number): boolean
}

/** Whether a request announces a body. One that is sent with GET or HEAD is not forwarded. */
export const hasBody = ({ method, headers }: IncomingMessage): boolean =>
  method !== 'GET' &&
  method !== 'HEAD' &&
  (headers['transfer-encoding'] !== undefined || (headers['content-length'] ?? '0') !== '0')

/** Whether a request announces a body that is too large; one without a length may turn out to be. */
export const isTooLarge = ({ headers }: IncomingMessage): boolean =>
  Number(headers['content-length'] ?? 0) > MAX_BODY_BYTES

/**
 * Reads a body of at most a megabyte. `done` is called once, or never where the client disconnects
 * before. Without an outcome of bytes the rest of the body is discarded as it arrives.
 */
export function readBody(
  message: IncomingMessage,
  { timeoutMilliseconds, tryHold }: BodyOptions,
  done: (outcome: BodyOutcome) => void,
): void {
  const chunks: Buffer[] = []
  let length = 0
  const stop = () => {
    clearTimeout(timer)
    message.off('data', onData).off('end', onEnd).off('close', stop)
  }
  const finish = (outcome: BodyOutcome) => {
    stop()
    done(outcome)
  }
  const onData = (chunk: Buffer) => {
    length += chunk.length
    if (length > MAX_BODY_BYTES) finish('TOO_LARGE')
    else if (!tryHold(chunk.length)) finish('NO_ROOM')
    else chunks.push(chunk)
  }
  const onEnd = () => {
    const [first] = chunks
    finish(first !== undefined && chunks.length === 1 ? first : Buffer.concat(chunks, length))
  }
  const timer = setTimeout(() => finish('TOO_SLOW'), timeoutMilliseconds)
  message.on('data', onData).once('end', onEnd).once('close', stop)
}
