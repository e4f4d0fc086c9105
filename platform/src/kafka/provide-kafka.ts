import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { cacheFolderOf } from '../cache-folder.ts'
import { failureOf, findJava, type Java, type JavaTool } from '../java.ts'
import { prepareFolder } from '../prepared-folder.ts'
import { makeClassArchives } from './class-archives.ts'
import type { KafkaDistribution } from './kafka-distribution.ts'

const KAFKA_VERSION = '4.4.0'
/** The oldest Java that Kafka 4 runs on. */
const JAVA_VERSION = 17

/** Downloads Kafka once into the machine's cache (43 MB). Returns the reason if it cannot. */
export async function provideKafka(
  env: NodeJS.ProcessEnv,
  say: (line: string) => void,
  signal?: AbortSignal,
): Promise<KafkaDistribution | { reason: string }> {
  const home = join(cacheFolderOf(env), `kafka-${KAFKA_VERSION}`)
  const libraries = join(home, 'libs')
  const isFetched = existsSync(libraries)
  const tools: JavaTool[] = isFetched ? ['java'] : ['java', 'mvn']
  const java = findJava(env, { from: JAVA_VERSION }, tools, signal)
  if ('reason' in java) return java
  if (!isFetched) {
    say(`fetching Apache Kafka ${KAFKA_VERSION}…`)
    try {
      await fetchLibraries(java, home)
    } catch (error) {
      return { reason: `Maven could not fetch Apache Kafka: ${failureOf(error)}` }
    }
  }
  const jars = readdirSync(libraries)
    .filter((name) => name.endsWith('.jar'))
    .sort()
  const distribution = {
    java,
    classPath: jars.map((name) => join(libraries, name)).join(':'),
    archives: home,
  }
  await makeClassArchives(distribution, say, signal)
  return distribution
}

async function fetchLibraries(java: Java, home: string): Promise<void> {
  await prepareFolder(home, async (making) => {
    const copy = 'org.apache.maven.plugins:maven-dependency-plugin:3.6.1:copy-dependencies'
    const to = `-DoutputDirectory=${join(making, 'libs')}`
    await java.run(
      'mvn',
      ['-q', '-B', '-f', join(import.meta.dirname, 'pom.xml'), copy, '-DincludeScope=runtime', to],
      [import.meta.dirname],
    )
    return making
  })
}
