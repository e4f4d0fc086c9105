import { expect, test } from 'vitest'
import { growingPlaces } from './growing-places.ts'

const placesIn = (text: string) =>
  growingPlaces({ path: 'services/content/src/post.ts', text }).map(
    ({ kind, symbol }) => `${kind} ${symbol}`,
  )

test.each([
  ['a map of a module', 'const a = new Map()\nfunction put(k) { a.set(k, 1) }', 'collection a'],
  ['a field of a class', 'class A { #a = []\n add(x) { this.#a.push(x) } }', 'collection a'],
  [
    'a list of a closure',
    'function make() { const a = []\n return { add(x) { a.push(x) } } }',
    'collection a',
  ],
  [
    'a list that is replaced by a longer one',
    'class A { #a = []\n add(x) { this.#a = [...this.#a, x] } }',
    'collection a',
  ],
  [
    'the output of a process',
    "function run(child) { let text = ''\n child.on('data', (chunk) => { text += chunk }) }",
    'text text',
  ],
  ['a cache', 'const a = new LRUCache({ max: 10 })', 'cache a'],
  [
    'a cache of a constructor',
    'class A { constructor() { this.a = new LRUCache({}) } }',
    'cache a',
  ],
  ['a pool', 'export const open = (url) => new Pool(url)', 'pool open'],
  ['a loop', 'async function retry() { for (;;) await attempt() }', 'loop retry'],
])('finds %s', (_what, text, place) => {
  expect(placesIn(text)).toEqual([place])
})

test.each([
  ['a map that nothing is added to', "const a = new Map([['b', 1]])\nfunction get(k) { a.get(k) }"],
  [
    'a list that ends with its call',
    'function list(xs) { const a = []\n for (const x of xs) a.push(x)\n return a }',
  ],
  [
    'a list filled by a callback of its call',
    'function list(xs) { const a = []\n xs.forEach((x) => a.push(x))\n return { a } }',
  ],
  ['a loop with a condition', 'async function poll() { while (isOpen()) await once() }'],
])('does not find %s', (_what, text) => {
  expect(placesIn(text)).toEqual([])
})
