import { existsSync } from 'node:fs'
import { copyFile, mkdir, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { cacheFolderOf } from '../cache-folder.ts'
import { failureOf, findJava, type Java } from '../java.ts'

/** The newest line that Java 17 runs. */
const OPENSEARCH_VERSION = '2.19.3'
/** The Lucene inside this OpenSearch: its Korean analysis must be the same. */
const LUCENE_VERSION = '9.12.2'
/** It needs the security manager, which Java 24 took out. */
const JAVA_VERSIONS = { from: 17, below: 24 }
/** Increment it with every change of the build: a cached build of another number is not used. */
const BUILD = 1

/** The programs of OpenSearch with Korean analysis, as a machine with a JDK and Maven, or with Docker, has them. */
export interface OpenSearchDistribution {
  java: Java
  home: string
}

/** Fetched once into the cache of the machine, 60 MB; or why it cannot be had. */
export async function provideOpenSearch(
  env: NodeJS.ProcessEnv,
  say: (line: string) => void,
): Promise<OpenSearchDistribution | { reason: string }> {
  const home = join(cacheFolderOf(env), `opensearch-${OPENSEARCH_VERSION}-${BUILD}`)
  const isFetched = existsSync(home)
  const java = findJava(env, JAVA_VERSIONS, isFetched ? ['java'] : ['java', 'javac', 'jar', 'mvn'])
  if ('reason' in java || isFetched) return 'reason' in java ? java : { java, home }
  say(`fetching OpenSearch ${OPENSEARCH_VERSION}…`)
  try {
    await makeHome(java, home)
  } catch (error) {
    return { reason: `OpenSearch could not be fetched: ${failureOf(error)}` }
  }
  return { java, home }
}

/** Made aside and moved when whole: two processes may do so at once, and one may be killed in the middle. */
async function makeHome(java: Java, home: string): Promise<void> {
  const making = `${home}.${process.pid}`
  await mkdir(making, { recursive: true })
  try {
    const copy = 'org.apache.maven.plugins:maven-dependency-plugin:3.6.1:copy'
    const fetch = (artifact: string) =>
      java.run(
        'mvn',
        ['-q', '-B', copy, `-Dartifact=${artifact}`, `-DoutputDirectory=${making}`],
        [],
      )
    await fetch(`org.opensearch.distribution.integ-test-zip:opensearch:${OPENSEARCH_VERSION}:zip`)
    await fetch(`org.apache.lucene:lucene-analysis-nori:${LUCENE_VERSION}:jar`)
    await fetch(`org.opensearch.plugin:analysis-common:${OPENSEARCH_VERSION}:jar`)
    await java.run(
      'jar',
      ['--extract', '--file', `opensearch-${OPENSEARCH_VERSION}.zip`],
      [],
      making,
    )
    const made = join(making, `opensearch-${OPENSEARCH_VERSION}`)
    await addCommonAnalysis(making, made)
    await addKoreanAnalysis(java, making, made)
    await rename(made, home).catch((error) => {
      if (!existsSync(home)) throw error
    })
  } finally {
    await rm(making, { recursive: true, force: true })
  }
}

/** Published apart from the server; a whole distribution has it among its modules. */
async function addCommonAnalysis(making: string, made: string): Promise<void> {
  const folder = join(made, 'modules', 'analysis-common')
  await mkdir(folder, { recursive: true })
  const jar = `analysis-common-${OPENSEARCH_VERSION}.jar`
  await copyFile(join(making, jar), join(folder, jar))
  await describe(folder, {
    name: 'analysis-common',
    classname: 'org.opensearch.analysis.common.CommonAnalysisPlugin',
  })
}

async function addKoreanAnalysis(java: Java, making: string, made: string): Promise<void> {
  const [classes, folder] = [join(making, 'classes'), join(made, 'plugins', 'analysis-nori')]
  await mkdir(folder, { recursive: true })
  const nori = `lucene-analysis-nori-${LUCENE_VERSION}.jar`
  await copyFile(join(making, nori), join(folder, nori))
  const classPath = [join(made, 'lib', '*'), join(folder, nori)].join(':')
  const source = join(import.meta.dirname, 'KoreanAnalysis.java')
  await java.run(
    'javac',
    ['--release', String(JAVA_VERSIONS.from), '-cp', classPath, '-d', classes, source],
    [import.meta.dirname],
  )
  await java.run(
    'jar',
    ['--create', '--file', join(folder, 'analysis-nori.jar'), '-C', classes, '.'],
    [],
  )
  await describe(folder, { name: 'analysis-nori', classname: 'dailyfeed.analysis.KoreanAnalysis' })
}

/** OpenSearch loads only what says what it is. */
async function describe(
  folder: string,
  plugin: { name: string; classname: string },
): Promise<void> {
  const properties = {
    ...plugin,
    description: plugin.name,
    version: OPENSEARCH_VERSION,
    'opensearch.version': OPENSEARCH_VERSION,
    'java.version': String(JAVA_VERSIONS.from),
  }
  const lines = Object.entries(properties).map(([name, value]) => `${name}=${value}\n`)
  await writeFile(join(folder, 'plugin-descriptor.properties'), lines.join(''))
}
