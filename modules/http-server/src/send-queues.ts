import { readFile } from 'node:fs/promises'
import { isIPv4, type Socket } from 'node:net'

/** Linux lists the connections of a network namespace, with the bytes that wait for acknowledgement. */
const TABLES = ['/proc/self/net/tcp', '/proc/self/net/tcp6']

/**
 * Bytes that the kernel has taken from this process and whose arrival the other end has not
 * acknowledged: up to some megabytes, also where the other end reads nothing.
 */
export interface SendQueues {
  /** 0 where it is not known, as on systems without these tables. */
  bytesOf(socket: Socket): number
}

export async function readSendQueues(): Promise<SendQueues> {
  const tables = await Promise.all(TABLES.map((path) => readFile(path, 'latin1').catch(() => '')))
  const queues = new Map<string, number>()
  for (const line of tables.flatMap((table) => table.split('\n'))) {
    const [, local = '', remote = '', , sizes = ''] = line.trim().split(/\s+/)
    const bytes = Number.parseInt(sizes, 16)
    if (bytes > 0) queues.set(`${local.slice(local.indexOf(':'))} ${remote}`, bytes)
  }
  return {
    bytesOf({ localPort, remotePort, remoteAddress = '' }) {
      if (queues.size === 0 || localPort === undefined || remotePort === undefined) return 0
      const from = `:${portOf(localPort)} `
      for (const address of addressesOf(remoteAddress)) {
        const bytes = queues.get(`${from}${address}:${portOf(remotePort)}`)
        if (bytes !== undefined) return bytes
      }
      return 0
    },
  }
}

const portOf = (port: number) => port.toString(16).toUpperCase().padStart(4, '0')

const MAPPED = '0000000000000000FFFF0000'

/** The forms in which the tables write an address: each group of four bytes in the order of the machine. */
function addressesOf(address: string): string[] {
  const plain = address.replace(/^::ffff:/i, '')
  if (isIPv4(plain)) {
    const bytes = plain.split('.').map(Number).reverse()
    const hex = hexOf(bytes)
    return [hex, `${MAPPED}${hex}`]
  }
  const bytes = bytesOfIpv6(plain)
  const groups = [0, 4, 8, 12].map((at) => hexOf(bytes.slice(at, at + 4).reverse()))
  return [groups.join('')]
}

const hexOf = (bytes: readonly number[]) =>
  bytes.map((byte) => byte.toString(16).toUpperCase().padStart(2, '0')).join('')

function bytesOfIpv6(address: string): number[] {
  const [head = '', tail] = (address.split('%', 1)[0] ?? '').split('::')
  const groupsOf = (part: string) =>
    part === '' ? [] : part.split(':').map((group) => Number.parseInt(group, 16))
  const before = groupsOf(head)
  const after = groupsOf(tail ?? '')
  const missing = Math.max(0, 8 - before.length - after.length)
  return [...before, ...Array<number>(missing).fill(0), ...after].flatMap((group) => [
    group >> 8,
    group & 0xff,
  ])
}
