import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { eventually } from '@dailyfeed/tests/eventually'
import { expect, test } from 'vitest'
import { readSendQueues } from './send-queues.ts'

/** Fits into the kernel's buffers of a connection over the loopback address. */
const BYTES = 1_000_000

test.skipIf(!existsSync('/proc/self/net/tcp')).each(['127.0.0.1', '::1'])(
  'bytes that the kernel holds for a client at %s are counted until they are read',
  async (host) => {
    const server = createServer().listen(0, '::')
    await once(server, 'listening')
    const client = connect((server.address() as AddressInfo).port, host)
    const [accepted]: Socket[] = await once(server, 'connection')
    if (accepted === undefined) throw new Error('no connection')
    expect((await readSendQueues()).bytesOf(accepted)).toBe(0)
    client.pause()
    accepted.write(Buffer.alloc(BYTES))
    await eventually('they wait', async () => (await readSendQueues()).bytesOf(accepted) > 100_000)
    client.resume()
    await eventually('they have been read', async () => {
      const queues = await readSendQueues()
      return accepted.writableLength === 0 && queues.bytesOf(accepted) === 0
    })
    client.destroy()
    server.close()
  },
)
