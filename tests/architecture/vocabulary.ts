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

/** Replaced identifiers. They are only looked for among names, since some are words as well. */
const NAMES: Readonly<Record<string, string>> = {
  // Caches and their invalidation
  MemoryOfNow: 'FeedSnapshot',
  Remembered: 'VersionedCache',
  TwoGenerations: 'lru-cache',
  Heard: 'InvalidationLog',
  Mark: 'Version',
  Touched: 'Invalidations',
  ChangeTail: 'OutboxTail',
  lookedAt: 'polledAt',
  isStill: 'isIdle',
  beginningAt: 'resumeFrom',
  OneByteAnswer: 'raw JSON',
  Stand: 'Visibility',
  standOf: 'visibilityOf',
  WANTED: 'VISIBLE',
  MOST_MET: 'MAX_PRELOADED',
  takeUp: 'merge',
  takeUpRecent: 'mergeRecent',
  Reach: 'FanOutWatermark',
  Filling: 'FillToken',
  fillings: 'backfills',
  LaterWork: 'BackgroundQueue',
  isOnlyOne: 'tryFanOutLock',
  sharedByThoseWhoWait: 'coalesce',
  letOthersRun: 'yieldToEventLoop',
  breathe: 'yieldToEventLoop',
  turnOfTheLoop: 'yieldToEventLoop',
  // Events
  offerListening: 'registerListener',
  offerJobs: 'registerJobs',
  ListenerStep: 'EventHandler',
  sortOut: 'partitionValid',
  takeFresh: 'claimNewEvents',
  findKept: 'findDeadLettered',
  setAside: 'deadLetter',
  brake: 'dead-letter rate limit',
  undelivered: 'publisher dead letters',
  turnOutboxDays: 'rotateOutboxPartitions',
  restMilliseconds: 'cooldownMs',
  watchTheSilence: 'watchSilence',
  'deadletter-support': 'outbox, event-listener',
  // Members
  untilAllKnow: 'waitForAcks',
  Proven: 'VerifiedIdentity',
  goOn: 'continueSignIn',
  AdminAct: 'AdminAction',
  ToldAct: 'PublishedAction',
  actOnce: 'runOnce',
  ThingKind: 'ContentKind',
  // HTTP
  keepManners: 'applyHttpDefaults',
  logTroubles: 'logSlowAndFailed',
  EndlessAnswers: 'StreamingResponses',
  // Benches
  Questioner: 'LoadClient',
  questioner: 'load client',
  world: 'environment',
  timesOfEach: 'latencies',
  timesAtPace: 'latenciesAtRate',
  actsPerSecond: 'throughput',
  turnByTurn: 'interleaved',
  // Web client
  Waiting: 'Skeleton',
  Choice: 'SegmentedControl',
  Gate: 'AuthLayout',
  Doing: 'mode',
  hiding: 'blocking',
  hasComeBack: 'isBackNavigation',
  isPassing: 'isTransient',
  useSending: 'useSubmit',
  PointedComment: 'LinkedComment',
}

/** Pages outside the repository. The code says the rule itself, or cites a page of docs/. */
const CITATIONS: [citation: RegExp, instead: string][] = [
  [/(?<![\w/[])(?:api|auth|events|feed|resilience)\.md\b/, 'docs/…, or the rule itself'],
  [/\bthe design(?:'s)?\b(?! of)/i, 'the rule itself'],
  [/\bfounding (?:document|slide)s?\b/i, 'the founding system (docs/origin.md)'],
]

/** Honest uses of a banned word in another sense. */
const ALLOWED = [
  // A sentence that members read.
  /They are not told\./,
  // A column of activity.moderation_item. Renaming it would need a release that writes both names.
  /\bthing_id(?: thing id)?\b/,
  // Values of CSS.
  /\b(?:align|justify)-\w+: stretch;/,
]

interface Passage extends Located {
  path: string
  /** Identifiers, or parts of a path. */
  names?: readonly string[]
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
      ...identifiers.map(({ line, text }) => ({ line, text: wordsOf(text), names: [text] })),
      { line: 1, text: wordsOf(file.path), names: file.path.split(/[/.]/) },
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

/** Holds the glossary of CONTRIBUTING.md: one concept has one word, and it is that of the field. */
export const vocabulary: Check = (root) => [
  ...new Set(
    passagesOf(root).flatMap(({ path, line, text, names = [] }) => {
      const checked = ALLOWED.reduce((rest, allowed) => rest.replace(allowed, ''), text)
      const found = [
        ...[...WORDS, ...(names.length === 0 ? CITATIONS : [])].flatMap(([term, instead]) =>
          term.test(checked) ? [[term.exec(checked)?.[0], instead]] : [],
        ),
        ...names.flatMap((name) => (Object.hasOwn(NAMES, name) ? [[name, NAMES[name]]] : [])),
      ]
      return found.map(
        ([word, instead]) =>
          `${path}:${line}: '${word}' (instead: ${instead}) in: ${text.slice(0, 160)}`,
      )
    }),
  ),
]
