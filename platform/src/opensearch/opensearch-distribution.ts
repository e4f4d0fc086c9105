import { existsSync } from 'node:fs'
import { copyFile, mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { cacheFolderOf } from '../cache-folder.ts'
import { failureOf, findJava, type Java, type JavaTool } from '../java.ts'
import { prepareFolder } from '../prepared-folder.ts'

/** The newest line that Java 17 runs. */
const OPENSEARCH_VERSION = '2.19.3'
/** The Lucene inside this OpenSearch: its Korean analysis must be the same. */
const LUCENE_VERSION = '9.12.2'
/** It needs the security manager, which Java 24 removed. */
const JAVA_VERSIONS = { from: 17, below: 24 }
/** Increment it with every change of the build: a cached build of another number is not used. */
const BUILD = 1

/** The programs of OpenSearch with Korean analysis. */
export interface OpenSearchDistribution {
  java: Java
  home: string
}

/** Downloads OpenSearch once into the machine's cache (60 MB). Returns the reason if it cannot. */
export async function provideOpenSearch(
  env: NodeJS.ProcessEnv,
  say: (line: string) => void,
  signal?: AbortSignal,
): Promise<OpenSearchDistribution | { reason: string }> {
  const home = join(cacheFolderOf(env), `opensearch-${OPENSEARCH_VERSION}-${BUILD}`)
  const isFetched = existsSync(home)
  const tools: JavaTool[] = isFetched ? ['java'] : ['java', 'javac', 'jar', 'mvn']
  const java = findJava(env, JAVA_VERSIONS, tools, signal)
  if ('reason' in java || isFetched) return 'reason' in java ? java : { java, home }
  say(`fetching OpenSearch ${OPENSEARCH_VERSION}…`)
  try {
    await makeHome(java, home)
  } catch (error) {
    return { reason: `OpenSearch could not be fetched: ${failureOf(error)}` }
  }
  return { java, home }
}

async function makeHome(java: Java, home: string): Promise<void> {
  await prepareFolder(home, async (making) => {
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
    return made
  })
}

/** The common analysis is published apart from the server; a whole distribution has it among its modules. */
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

/** OpenSearch loads only plugins and modules with a descriptor. */
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
