import { type Node, parseSync } from 'oxc-parser'
import type { Check } from './checks.ts'
import { sourceFiles } from './source-files.ts'

type Syntactic = Node & Record<string, unknown>

/** Calls that count or admit requests: their callee names a limiter, or one of the methods that limiters have. */
const LIMITER =
  /limit|throttle|inflight|budget|quota|\.(?:countOrThrow|count|attempt|consume|reserve|acquire|admit|tryTake)$/i

/**
 * Requests are counted per `Client.block`: by its address a client with a /64 of IPv6 would have as many quotas as it
 * likes.
 */
export const limiterKeys: Check = (root) =>
  sourceFiles(root)
    .filter(({ path }) => /^(modules|services|platform)\//.test(path) && !path.includes('.test.'))
    .filter(({ text }) => /\baddress\b/.test(text))
    .flatMap(({ path, text }) =>
      callsIn(parseSync(path, text).program)
        .filter(({ callee }) => LIMITER.test(text.slice(callee.start, callee.end)))
        .filter((call) => call.arguments.some(namesAddress))
        .map(
          ({ start }) =>
            `${path}:${text.slice(0, start).split('\n').length} counts by an address; count by client.block`,
        ),
    )

/** The limits of a service's routes are an option of its server, so that none is without them by an oversight. */
export const limitedServices: Check = (root) =>
  sourceFiles(root)
    .filter(({ path }) => /^services\/\w+\/src\/\w+-app\.ts$/.test(path))
    .flatMap(({ path, text }) =>
      callsIn(parseSync(path, text).program)
        .filter(({ callee }) => text.slice(callee.start, callee.end) === 'createHttpServer')
        .filter(({ start, end }) => !/\blimits\b/.test(text.slice(start, end)))
        .map(() => `${path} creates a server without rate limits`),
    )

type Call = Node & { type: 'CallExpression' }

function callsIn(node: unknown): Call[] {
  const found = isNode(node) && node.type === 'CallExpression' ? [node as Call] : []
  return [...found, ...partsOf(node).flatMap(callsIn)]
}

/** Functions among the arguments are what the limiter runs, and not its key. */
function namesAddress(node: unknown): boolean {
  if (isNode(node)) {
    if (node.type === 'ArrowFunctionExpression' || node.type === 'FunctionExpression') return false
    if (node.type === 'Identifier' && node.name === 'address') return true
  }
  return partsOf(node).some(namesAddress)
}

const isNode = (value: unknown): value is Syntactic =>
  typeof value === 'object' && value !== null && 'type' in value && typeof value.type === 'string'

const partsOf = (value: unknown): unknown[] =>
  typeof value !== 'object' || value === null
    ? []
    : Object.entries(value)
        .filter(([key]) => key !== 'parent')
        .map(([, part]) => part)
