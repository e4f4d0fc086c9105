import { type Node, parseSync } from 'oxc-parser'
import type { SourceFile } from './source-files.ts'

/** A place that holds or waits for something, and so needs a bound. */
export interface GrowingPlace {
  /** The field, variable or function. */
  symbol: string
  line: number
  /** A word for the kind of place. */
  kind: 'collection' | 'cache' | 'pool' | 'text' | 'loop'
}

type Syntactic = Node & Record<string, unknown>
interface Named {
  type: string
  name?: string
}

const COLLECTIONS = new Set(['Map', 'Set', 'Array'])
const CACHES = new Set(['LRUCache'])
const POOLS = new Set(['Pool', 'Agent', 'RateLimiterMemory', 'RateLimiterRedis'])
const ADDITIONS = new Set(['set', 'add', 'push', 'unshift'])
/** Their callbacks run for as long as the process does. */
const REGISTRARS = new Set(['on', 'addListener', 'addEventListener', 'addHook', 'setInterval'])

/**
 * Finds what may grow or wait without an end: collections that live as long as their module, object
 * or closure and are added to by functions, caches, pools, collected text, and loops without a
 * condition that await something.
 */
export function growingPlaces({ path, text }: SourceFile): GrowingPlace[] {
  const { program } = parseSync(path, text)
  const finder = new Finder(text)
  finder.visit(program as unknown as Syntactic, [])
  return finder.places()
}

interface Declared {
  symbol: string
  kind: GrowingPlace['kind']
  start: number
  /** The function that declares it; undefined for those of modules and classes. */
  within: Syntactic | undefined
  /** Whether it counts without being added to. */
  isAlways: boolean
}

class Finder {
  readonly #text: string
  readonly #declared: Declared[] = []
  readonly #added: { symbol: string; functions: readonly Syntactic[] }[] = []
  readonly #places: GrowingPlace[] = []

  constructor(text: string) {
    this.#text = text
  }

  /** `path` is the chain of nodes from the root to the parent. */
  visit(node: Syntactic, path: readonly Syntactic[]): void {
    this.#declare(node, path)
    this.#add(node, path)
    this.#findLoop(node, path)
    const below = [...path, node]
    for (const [key, part] of Object.entries(node)) {
      if (key === 'parent') continue
      for (const one of Array.isArray(part) ? part : [part]) if (isNode(one)) this.visit(one, below)
    }
  }

  places(): GrowingPlace[] {
    for (const { symbol, kind, start, within, isAlways } of this.#declared) {
      const isAdded = this.#added.some(
        (addition) => addition.symbol === symbol && isLongLived(within, addition.functions),
      )
      if (isAlways || isAdded) this.#place(symbol, kind, start)
    }
    return this.#places.filter(
      ({ symbol }, at, all) => all.findIndex((other) => other.symbol === symbol) === at,
    )
  }

  #place(symbol: string, kind: GrowingPlace['kind'], start: number): void {
    this.#places.push({ symbol, kind, line: this.#text.slice(0, start).split('\n').length })
  }

  #declare(node: Syntactic, path: readonly Syntactic[]): void {
    const { symbol, value, isField } = declarationOf(node, path)
    const kind = value === undefined ? undefined : kindOf(value)
    if (symbol === undefined || kind === undefined) return
    const within = isField ? undefined : functionsOf(path).at(-1)
    const isAlways = kind === 'cache' || kind === 'pool'
    this.#declared.push({ symbol, kind, start: node.start, within, isAlways })
  }

  #add(node: Syntactic, path: readonly Syntactic[]): void {
    const symbol = addedBy(node)
    if (symbol !== undefined) this.#added.push({ symbol, functions: functionsOf(path) })
  }

  #findLoop(node: Syntactic, path: readonly Syntactic[]): void {
    const test = node['test'] as (Syntactic & { value?: unknown }) | null | undefined
    const isEndless =
      (node.type === 'ForStatement' && test === null) ||
      (node.type === 'WhileStatement' && test?.value === true)
    if (!isEndless || !contains(node, 'AwaitExpression')) return
    const name = [...path]
      .reverse()
      .map(declaredName)
      .find((one) => one !== undefined)
    this.#place(name ?? 'module', 'loop', node.start)
  }
}

interface Declaration {
  symbol?: string | undefined
  value?: Syntactic
  isField?: boolean
}

/** A variable, a field, an assignment to a field, or else a cache or pool that is returned or passed on. */
function declarationOf(node: Syntactic, path: readonly Syntactic[]): Declaration {
  const [symbol, value] =
    node.type === 'VariableDeclarator'
      ? [nameOf(node['id']), node['init']]
      : node.type === 'PropertyDefinition'
        ? [nameOf(node['key']), node['value']]
        : node.type === 'AssignmentExpression' && isFieldOfThis(node['left'])
          ? [ownerOf(node['left']), node['right']]
          : node.type === 'NewExpression' && !isDeclared(path.at(-1))
            ? [nearestName(path), isCollection(node) ? undefined : node]
            : []
  const isField = node.type === 'PropertyDefinition' || node.type === 'AssignmentExpression'
  return isNode(value) ? { symbol, value, isField } : {}
}

const isDeclared = (parent: Syntactic | undefined): boolean =>
  parent !== undefined &&
  ['VariableDeclarator', 'PropertyDefinition', 'AssignmentExpression'].includes(parent.type)

const isFieldOfThis = (value: unknown): boolean =>
  isNode(value) && value.type === 'MemberExpression' && ownerOf(value) !== undefined

const isCollection = (node: Syntactic): boolean => COLLECTIONS.has(nameOf(node['callee']) ?? '')

const nearestName = (path: readonly Syntactic[]): string =>
  [...path]
    .reverse()
    .map(declaredName)
    .find((name) => name !== undefined) ?? 'module'

/**
 * A collection of a call ends with it. One of a module or class does not, nor does that of a function
 * which returns functions, or registers one, that add to it.
 */
function isLongLived(within: Syntactic | undefined, functions: readonly Syntactic[]): boolean {
  if (within === undefined) return functions.length > 0
  const inner = functions.slice(functions.indexOf(within) + 1).filter((one) => !inline.has(one))
  if (!functions.includes(within) || inner.length === 0) return false
  return inner.some(isRegistered) || returnsFunctions(within)
}

const registered = new WeakSet<object>()
/** Callbacks that run while the call does, as those of `map` and `forEach`. */
const inline = new WeakSet<object>()
const isRegistered = (node: Syntactic): boolean => registered.has(node)

function kindOf(value: Syntactic): GrowingPlace['kind'] | undefined {
  if (value.type === 'TSAsExpression') return kindOf(value['expression'] as Syntactic)
  if (value.type === 'ArrayExpression')
    return (value['elements'] as unknown[]).length === 0 ? 'collection' : undefined
  if (value.type === 'Literal') return value['value'] === '' ? 'text' : undefined
  if (value.type !== 'NewExpression') return undefined
  const callee = nameOf(value['callee']) ?? ''
  if (COLLECTIONS.has(callee)) return 'collection'
  if (CACHES.has(callee)) return 'cache'
  return POOLS.has(callee) ? 'pool' : undefined
}

/** The collection that a node adds to, or the text that it extends. */
function addedBy(node: Syntactic): string | undefined {
  if (node.type === 'CallExpression') {
    const callee = node['callee'] as Syntactic
    collectCallbacks(node)
    if (callee.type !== 'MemberExpression') return undefined
    return ADDITIONS.has(nameOf(callee['property']) ?? '') ? ownerOf(callee['object']) : undefined
  }
  if (node.type !== 'AssignmentExpression') return undefined
  const left = node['left'] as Syntactic
  if (node['operator'] === '+=') return ownerOf(left)
  const right = node['right'] as Syntactic
  if (right.type === 'ArrayExpression' && contains(right, 'SpreadElement')) return ownerOf(left)
  return left.type === 'MemberExpression' && left['computed'] === true
    ? ownerOf(left['object'])
    : undefined
}

function collectCallbacks(call: Syntactic): void {
  const callee = call['callee'] as Syntactic
  const name = nameOf(callee.type === 'MemberExpression' ? callee['property'] : callee)
  const kind = REGISTRARS.has(name ?? '') ? registered : inline
  for (const argument of call['arguments'] as Syntactic[])
    if (isFunction(argument)) kind.add(argument)
}

/** `x` of `x`, and of `this.x` and `this.#x`. */
function ownerOf(value: unknown): string | undefined {
  if (!isNode(value)) return undefined
  if (value.type === 'Identifier') return nameOf(value)
  if (value.type !== 'MemberExpression' || value['computed'] === true) return undefined
  return (value['object'] as Syntactic).type === 'ThisExpression'
    ? nameOf(value['property'])
    : undefined
}

function returnsFunctions(node: Syntactic): boolean {
  const body = node['body'] as Syntactic
  if (body.type !== 'BlockStatement') return isFunction(body)
  return returnsOf(body).some((returned) => isFunction(returned) || holdsFunctions(returned))
}

/** Return values of a function's own body. */
function returnsOf(node: Syntactic): Syntactic[] {
  if (node.type === 'ReturnStatement') return isNode(node['argument']) ? [node['argument']] : []
  return Object.entries(node).flatMap(([key, part]) =>
    key === 'parent'
      ? []
      : (Array.isArray(part) ? part : [part]).flatMap((one) =>
          isNode(one) && !isFunction(one) ? returnsOf(one) : [],
        ),
  )
}

const holdsFunctions = (node: Syntactic): boolean =>
  node.type === 'ObjectExpression' &&
  (node['properties'] as Syntactic[]).some(
    (property) =>
      isNode(property['value']) &&
      (isFunction(property['value']) || property['shorthand'] === true),
  )

function contains(node: Syntactic, type: string): boolean {
  return Object.entries(node).some(
    ([key, part]) =>
      key !== 'parent' &&
      (Array.isArray(part) ? part : [part]).some(
        (one) => isNode(one) && !isFunction(one) && (one.type === type || contains(one, type)),
      ),
  )
}

const functionsOf = (path: readonly Syntactic[]): Syntactic[] => path.filter(isFunction)

const isFunction = ({ type }: Syntactic): boolean =>
  type === 'FunctionDeclaration' ||
  type === 'FunctionExpression' ||
  type === 'ArrowFunctionExpression'

function declaredName(node: Syntactic): string | undefined {
  if (node.type === 'MethodDefinition' || node.type === 'Property') return nameOf(node['key'])
  return node.type === 'FunctionDeclaration' || node.type === 'VariableDeclarator'
    ? nameOf(node['id'])
    : undefined
}

const nameOf = (value: unknown): string | undefined => (value as Named | null | undefined)?.name

const isNode = (value: unknown): value is Syntactic =>
  typeof value === 'object' && value !== null && typeof (value as Named).type === 'string'
