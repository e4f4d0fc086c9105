import { existsSync, readdirSync } from 'node:fs'
import { mkdir, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { cacheFolderOf } from '../cache-folder.ts'
import { failureOf, findJava, type Java } from '../java.ts'
import { makeClassArchives } from './class-archives.ts'
import type { KafkaDistribution } from './kafka-distribution.ts'

const KAFKA_VERSION = '4.4.0'
/** The oldest Java that Kafka 4 runs on. */
const JAVA_VERSION = 17

/** Downloads Kafka once into the machine's cache (43 MB). Returns the reason if it cannot. */
export async function provideKafka(
  env: NodeJS.ProcessEnv,
  say: (line: string) => void,
): Promise<KafkaDistribution | { reason: string }> {
  const home = join(cacheFolderOf(env), `kafka-${KAFKA_VERSION}`)
  const libraries = join(home, 'libs')
  const isFetched = existsSync(libraries)
  const java = findJava(env, { from: JAVA_VERSION }, isFetched ? ['java'] : ['java', 'mvn'])
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
  await makeClassArchives(distribution, say)
  return distribution
}

/** Downloads into a temporary folder and renames it when complete: another process may do the same. */
async function fetchLibraries(java: Java, home: string): Promise<void> {
  const making = `${home}.${process.pid}`
  await mkdir(making, { recursive: true })
  try {
    const copy = 'org.apache.maven.plugins:maven-dependency-plugin:3.6.1:copy-dependencies'
    const to = `-DoutputDirectory=${join(making, 'libs')}`
    await java.run(
      'mvn',
      ['-q', '-B', '-f', join(import.meta.dirname, 'pom.xml'), copy, '-DincludeScope=runtime', to],
      [import.meta.dirname],
    )
    await rename(making, home).catch((error) => {
      if (!existsSync(join(home, 'libs'))) throw error
    })
  } finally {
    await rm(making, { recursive: true, force: true })
  }
}
