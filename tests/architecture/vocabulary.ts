import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Check } from './checks.ts'
import { sourceFiles, trackedFiles } from './source-files.ts'
import { type Located, syntaxOf } from './syntax.ts'

/** Words of everyday speech for which the field has a term. Checked in prose and inside names. */
const WORDS: [word: RegExp, instead: string][] = [
  [/\b(?:tell|tells|telling|told|untold)\b/i, 'publish, report, say, show'],
  [/\b(?:hear|hears|hearing|heard|unheard)\b/i, 'receive, learn of'],
  [/\bremember(?:s|ed|ing)?\b/i, 'cache, keep'],
  [/\b(?:forget|forgets|forgot|forgotten|forgetting)\b/i, 'invalidate, drop'],
  [/\b(?:whoever|whomever|whichever)\b/i, 'a noun: the caller, the reader, members who'],
  [/\bleft in peace\b|\bleav(?:e|es|ing) \w+ in peace\b/i, 'cooldown, circuit open'],
  [/\bstretch(?:es)?\b/i, 'range'],
  [/\bthings?\b/i, 'content, or what it is'],
  [/\bwalk(?:s|ed|ing)?\b/i, 'pagination, iterate'],
  [/\bgoods?[ -]will\b/i, 'convention'],
]

/** Names that were replaced. Each is no word of its own, so that any use of it is the old name. */
const NAMES: [name: string, instead: string][] = [
  ['MemoryOfNow', 'FeedSnapshot'],
  ['TwoGenerations', 'lru-cache'],
  ['ChangeTail', 'OutboxTail'],
  ['OneByteAnswer', 'raw JSON'],
  ['sharedByThoseWhoWait', 'coalesce'],
  ['standOf', 'visibilityOf'],
  ['MOST_MET', 'MAX_PRELOADED'],
  ['LaterWork', 'BackgroundQueue'],
  ['isOnlyOne', 'tryFanOutLock'],
  ['offerListening', 'registerEventRoutes'],
  ['offerJobs', 'registerJobs'],
  ['ListenerStep', 'EventHandler'],
  ['sortOut', 'partitionValid'],
  ['takeFresh', 'claimNewEvents'],
  ['findKept', 'findDeadLettered'],
  ['setAside', 'deadLetter'],
  ['turnOutboxDays', 'rotateOutboxPartitions'],
  ['watchTheSilence', 'watchSilence'],
  ['untilAllKnow', 'waitForAcks'],
  ['ToldAct', 'PublishedAction'],
  ['AdminAct', 'AdminAction'],
  ['actOnce', 'runOnce'],
  ['ThingKind', 'ContentKind'],
  ['letOthersRun', 'yieldToEventLoop'],
  ['turnOfTheLoop', 'yieldToEventLoop'],
  ['keepManners', 'applyHttpDefaults'],
  ['logTroubles', 'logSlowAndFailed'],
  ['EndlessAnswers', 'StreamingResponses'],
  ['sentenceOf', 'messageFor'],
  ['Questioner', 'LoadClient'],
  ['timesOfEach', 'latencies'],
  ['timesAtPace', 'latenciesAtRate'],
  ['actsPerSecond', 'throughput'],
  ['turnByTurn', 'interleaved'],
  ['deadletter-support', 'outbox, event-listener'],
  ['hasComeBack', 'isBackNavigation'],
  ['isPassing', 'isTransient'],
  ['useSending', 'useSubmit'],
  ['PointedComment', 'LinkedComment'],
]

/** Pages outside the repository. The code says the rule itself, or cites a page of docs/. */
const CITATIONS: [citation: RegExp, instead: string][] = [
  [/(?<![\w/[])(?:api|auth|events|feed|resilience)\.md\b/, 'docs/…, or the rule itself'],
  [/\bthe design(?:'s)?\b(?! of)/i, 'the rule itself'],
  [/\bfounding (?:document|slide)s?\b/i, 'the founding system (docs/origin.md)'],
]

/** Honest uses of a banned word in another sense. */
const ALLOWED = [
  // Sentences that members read.
  /remember me/i,
]

interface Passage extends Located {
  path: string
}

const isWritten = (path: string) => /\.(?:md|sql|css|html|sh|ya?ml|java|mjs)$/.test(path)

/** This folder holds the lists themselves. */
const isOwn = (path: string) => path.startsWith('tests/architecture/vocabulary')

/** Code blocks, code spans and addresses of links in a document. */
const NOT_PROSE = /```[\s\S]*?```|`[^`\n]+`|\]\([^)\n]+\)/g

/** Comments, sentences and names of the whole tree. A literal with a space in it is a sentence. */
function passagesOf(root: string): Passage[] {
  const fromSource = sourceFiles(root).flatMap((file) => {
    const { comments, strings, identifiers } = syntaxOf(file)
    return [
      ...comments,
      ...strings.filter(({ text }) => /\s/.test(text.trim())),
      ...identifiers.map(({ line, text }) => ({ line, text: wordsOf(text) })),
      { line: 1, text: wordsOf(file.path) },
    ].map((passage) => ({ ...passage, path: file.path }))
  })
  const fromDocuments = trackedFiles(root)
    .filter(isWritten)
    .flatMap((path) =>
      readFileSync(join(root, path), 'utf8')
        .replaceAll(NOT_PROSE, (code) => code.replaceAll(/[^\n]/g, ' '))
        .split('\n')
        .map((text, at) => ({ path, line: at + 1, text })),
    )
  return [...fromSource, ...fromDocuments].filter(({ path }) => !isOwn(path))
}

/** `rememberedPage` and `remembered-page.ts` hold the word `remembered`; the name itself stays. */
const wordsOf = (name: string) =>
  `${name} ${name.replaceAll(/([a-z0-9])([A-Z])/g, '$1 $2').replaceAll(/[_./-]/g, ' ')}`

/** The glossary of CONTRIBUTING.md: one thing has one word, and it is the one that the field uses. */
export const vocabulary: Check = (root) => [
  ...new Set(
    passagesOf(root).flatMap(({ path, line, text }) => {
      const checked = ALLOWED.reduce((rest, allowed) => rest.replace(allowed, ''), text)
      return [...WORDS, ...NAMED, ...CITATIONS].flatMap(([term, instead]) => {
        const found = term.exec(checked)?.[0]
        return found === undefined
          ? []
          : [`${path}:${line}: '${found}' (instead: ${instead}) in: ${text.slice(0, 160)}`]
      })
    }),
  ),
]

const NAMED = NAMES.map(([name, instead]): [RegExp, string] => [
  new RegExp(`\\b${name}\\b`),
  instead,
])
