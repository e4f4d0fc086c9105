/** Finds all of many words in one pass, in time linear in the text (Aho and Corasick, 1975). */
export interface TermAutomaton {
  /**
   * Tells each occurrence: which word, and the index of its first and last symbol. At one place there are at most as many
   * as a word has symbols.
   */
  scan(symbols: Int32Array, onHit: (word: number, first: number, last: number) => void): void
}

const ROOT = 0
const NONE = -1

/** The words must differ and may not be empty; symbols are code points. */
export function createTermAutomaton(words: readonly Int32Array[]): TermAutomaton {
  const alphabet = new Map<number, number>()
  for (const word of words)
    for (const symbol of word) if (!alphabet.has(symbol)) alphabet.set(symbol, alphabet.size)
  const width = alphabet.size

  /** By node and letter in one number. */
  const children = new Map<number, number>()
  const parents = [ROOT]
  const letters = [NONE]
  /** The word that ends at a node. */
  const ends = [NONE]
  words.forEach((word, index) => {
    let node = ROOT
    for (const symbol of word) {
      const letter = alphabet.get(symbol) ?? NONE
      const known = children.get(node * width + letter)
      const child = known ?? parents.length
      if (known === undefined) {
        children.set(node * width + letter, child)
        parents.push(node)
        letters.push(letter)
        ends.push(NONE)
      }
      node = child
    }
    ends[node] = index
  })

  /** The longest proper suffix of a node that is a node too. */
  const fallbacks = new Int32Array(parents.length)
  /** The longest proper suffix that ends a word; NONE where there is none. */
  const shorter = new Int32Array(parents.length).fill(NONE)

  function next(node: number, letter: number): number {
    for (let from = node; ; from = fallbacks[from] ?? ROOT) {
      const child = children.get(from * width + letter)
      if (child !== undefined) return child
      if (from === ROOT) return ROOT
    }
  }

  for (const node of inOrderOfDepth(parents)) {
    const parent = parents[node] ?? ROOT
    const fallback = parent === ROOT ? ROOT : next(fallbacks[parent] ?? ROOT, letters[node] ?? NONE)
    fallbacks[node] = fallback
    shorter[node] = ends[fallback] !== NONE ? fallback : (shorter[fallback] ?? NONE)
  }

  return {
    scan(symbols, onHit) {
      let node = ROOT
      for (let last = 0; last < symbols.length; last += 1) {
        const letter = alphabet.get(symbols[last] ?? NONE)
        node = letter === undefined ? ROOT : next(node, letter)
        for (let at = node; at > ROOT; at = shorter[at] ?? NONE) {
          const word = ends[at] ?? NONE
          if (word !== NONE) onHit(word, last - (words[word]?.length ?? 0) + 1, last)
        }
      }
    },
  }
}

/** All but the root. A node is made after its parent, but not after every node of its parent's depth. */
function inOrderOfDepth(parents: readonly number[]): number[] {
  const depths = [0]
  for (let node = 1; node < parents.length; node += 1)
    depths[node] = (depths[parents[node] ?? ROOT] ?? 0) + 1
  return Array.from({ length: parents.length - 1 }, (_, index) => index + 1).sort(
    (one, other) => (depths[one] ?? 0) - (depths[other] ?? 0),
  )
}
