import { readdirSync } from 'node:fs'
import { mkdir, writeFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { freePort } from '../free-port.ts'
import type { ServerProcess } from '../server-process.ts'
import type { OpenSearchDistribution } from './opensearch-distribution.ts'

export interface LocalOpenSearch {
  /** A value of OPENSEARCH_URL. */
  url: string
  server: ServerProcess
  untilReady(): Promise<void>
  stop(): Promise<void>
}

interface LocalOpenSearchOptions {
  distribution: OpenSearchDistribution
  /** Kept between starts; created when missing. */
  folder: string
  /** The heap, in Java's notation. */
  heap?: string
  /** Ends a start that has not been completed. */
  signal?: AbortSignal
}

const READY_MILLISECONDS = 90_000

/** Starts one node of OpenSearch on the loopback address. */
export async function startLocalOpenSearch({
  distribution,
  folder,
  heap = '512m',
  signal,
}: LocalOpenSearchOptions): Promise<LocalOpenSearch> {
  const [port, transportPort] = [await freePort(), await freePort()]
  // The name is that of this start, since another server could answer on its port.
  const node = `dailyfeed-${process.pid}-${port}`
  const config = join(folder, 'config')
  await mkdir(config, { recursive: true })
  await writeFile(join(config, 'opensearch.yml'), settingsOf({ folder, node, port, transportPort }))
  await writeFile(join(config, 'log4j2.properties'), LOGGING)
  const server = distribution.java.server(folder, argumentsOf(distribution, config, heap), [])
  const url = `http://127.0.0.1:${port}`

  async function untilReady(): Promise<void> {
    const log = join(folder, 'server.log')
    for (let waited = 0; waited < READY_MILLISECONDS; waited += 50) {
      signal?.throwIfAborted()
      if ((await nameAt(url)) === node) return
      if (server.pid() === undefined)
        throw new Error(`OpenSearch ended before it was ready; see ${log}`)
      await sleep(50)
    }
    throw new Error(`OpenSearch was not ready in ${READY_MILLISECONDS / 1_000} s; see ${log}`)
  }

  await server.start()
  try {
    await untilReady()
  } catch (error) {
    await server.stop()
    throw error
  }
  return { url, server, untilReady, stop: () => server.stop() }
}

async function nameAt(url: string): Promise<string | undefined> {
  try {
    const answer = await fetch(`${url}/_cluster/health?wait_for_status=yellow&timeout=1s`)
    if (!answer.ok) return undefined
    return ((await (await fetch(url)).json()) as { name?: string }).name
  } catch {
    return undefined
  }
}

function argumentsOf({ home }: OpenSearchDistribution, config: string, heap: string): string[] {
  const libraries = join(home, 'lib')
  const jars = readdirSync(libraries).filter((name) => name.endsWith('.jar'))
  return [
    // A fast start matters more here than throughput.
    '-XX:TieredStopAtLevel=1',
    '-XX:+UseSerialGC',
    `-Xmx${heap}`,
    '-Djava.security.manager=allow',
    // OpenSearch refuses to run as root, the usual user in a container. Without its native library, which locks memory
    // and filters system calls, it does not check the user; both matter in production only.
    '-Djna.nosys=true',
    '-Djna.nounpack=true',
    `-Djna.boot.library.path=${join(config, 'none')}`,
    // The start script of OpenSearch sets these.
    '-Dfile.encoding=UTF-8',
    '-Dio.netty.noUnsafe=true',
    '-Dio.netty.noKeySetOptimization=true',
    '-Dio.netty.recycler.maxCapacityPerThread=0',
    '-Dio.netty.allocator.numDirectArenas=0',
    '-Dlog4j.shutdownHookEnabled=false',
    '-Dlog4j2.disable.jmx=true',
    '-Djava.util.concurrent.ForkJoinPool.common.threadFactory=org.opensearch.secure_sm.SecuredForkJoinWorkerThreadFactory',
    `-Dopensearch.path.home=${home}`,
    `-Dopensearch.path.conf=${config}`,
    '-Dopensearch.distribution.type=tar',
    '-cp',
    jars.map((name) => join(libraries, name)).join(':'),
    'org.opensearch.bootstrap.OpenSearch',
  ]
}

const settingsOf = ({
  folder,
  node,
  port,
  transportPort,
}: {
  folder: string
  node: string
  port: number
  transportPort: number
}): string =>
  Object.entries({
    'cluster.name': basename(folder),
    'node.name': node,
    'discovery.type': 'single-node',
    'network.host': '127.0.0.1',
    'http.port': port,
    'transport.port': transportPort,
    'path.data': join(folder, 'data'),
    'path.logs': join(folder, 'logs'),
    // Free bytes, since a laptop's disk is often nearly full, and the default of 5 % is many of them. Below the last one
    // indices refuse writes; above the second they accept them again.
    'cluster.routing.allocation.disk.watermark.low': '128mb',
    'cluster.routing.allocation.disk.watermark.high': '96mb',
    'cluster.routing.allocation.disk.watermark.flood_stage': '64mb',
    'cluster.info.update.interval': '10s',
    // Only with its own name, never by a wildcard.
    'action.destructive_requires_name': true,
  })
    .map(([name, value]) => `${name}: ${JSON.stringify(value)}\n`)
    .join('')

const LOGGING = `status = error
appender.console.type = Console
appender.console.name = console
appender.console.layout.type = PatternLayout
appender.console.layout.pattern = [%d{ISO8601}][%-5p][%c{1.}] %m%n
rootLogger.level = warn
rootLogger.appenderRef.console.ref = console
`
