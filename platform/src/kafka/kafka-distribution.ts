import { execFile } from 'node:child_process'
import { existsSync, readdirSync } from 'node:fs'
import { mkdir, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { cacheFolderOf } from '../cache-folder.ts'
import { makeClassArchives } from './class-archives.ts'
import { findJava, hasMaven } from './java.ts'

const run = promisify(execFile)

const KAFKA_VERSION = '4.4.0'
/** What Kafka 4 needs at least. */
const JAVA_VERSION = 17

/** The programs of Apache Kafka, as a machine with Java and Maven has them. */
export interface KafkaDistribution {
  java: string
  /** Jars, always in the same order: an archive is of use only with the order that it was made with. */
  classPath: string
  /** Where archives of loaded classes stand: with them a broker starts in half the time. */
  archives: string
}

/** Fetched once into the cache of the machine, 43 MB; or why it cannot be had. */
export async function provideKafka(env: NodeJS.ProcessEnv, say: (line: string) => void): Promise<KafkaDistribution | { reason: string }> {
  const java = findJava(env, JAVA_VERSION)
  if (java === undefined) return { reason: `no Java ${JAVA_VERSION} or newer found; install one, or set JAVA_HOME` }
  const home = join(cacheFolderOf(env), `kafka-${KAFKA_VERSION}`)
  const libraries = join(home, 'libs')
  if (!existsSync(libraries)) {
    if (!hasMaven()) return { reason: 'no Maven (mvn) found, which fetches Apache Kafka; install it' }
    say(`fetching Apache Kafka ${KAFKA_VERSION}…`)
    try {
      await fetchLibraries(home)
    } catch (error) {
      return { reason: `Maven could not fetch Apache Kafka: ${lastLineOf(error)}` }
    }
  }
  const jars = readdirSync(libraries)
    .filter((name) => name.endsWith('.jar'))
    .sort()
  const distribution = { java, classPath: jars.map((name) => join(libraries, name)).join(':'), archives: home }
  await makeClassArchives(distribution, say)
  return distribution
}

/** Made aside and moved when whole: two processes may do so at once, and one may be killed in the middle. */
async function fetchLibraries(home: string): Promise<void> {
  const making = `${home}.${process.pid}`
  await mkdir(making, { recursive: true })
  try {
    await run('mvn', [
      '-q',
      '-B',
      '-f',
      join(import.meta.dirname, 'pom.xml'),
      'org.apache.maven.plugins:maven-dependency-plugin:3.6.1:copy-dependencies',
      '-DincludeScope=runtime',
      `-DoutputDirectory=${join(making, 'libs')}`,
    ])
    await rename(making, home).catch((error) => {
      if (!existsSync(join(home, 'libs'))) throw error
    })
  } finally {
    await rm(making, { recursive: true, force: true })
  }
}

const lastLineOf = (error: unknown): string => {
  const { stdout = '', stderr = '', message } = error as { stdout?: string; stderr?: string; message: string }
  return `${stdout}${stderr}`.trim().split('\n').at(-1) || message
}
