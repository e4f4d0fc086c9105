/** Finds all of many words in one pass, in time linear in the text: the Aho–Corasick algorithm. */
export interface TermAutomaton {
  /**
   * Reports each occurrence: the index of the word, and those of its first and last symbol. At most
   * as many words end at one symbol as the longest word has symbols.
   */
  scan(symbols: Int32Array, onHit: (word: number, first: number, last: number) => void): void
}

const ROOT = 0
const NONE = -1

/** The words must be distinct and not empty. Symbols are code points. */
export function createTermAutomaton(words: readonly Int32Array[]): TermAutomaton {
  const alphabet = new Map<number, number>()
  for (const word of words)
    for (const symbol of word) if (!alphabet.has(symbol)) alphabet.set(symbol, alphabet.size)
  const width = alphabet.size

  /** The child of a node by a letter. Node and letter form one number, which is a cheap key. */
  const children = new Map<number, number>()
  const parents = [ROOT]
  const letters = [NONE]
  /** The index of the word that ends at a node. */
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

  /** The node of the longest proper suffix. */
  const fallbacks = new Int32Array(parents.length)
  /** The node of the longest proper suffix that is a word; NONE where there is none. */
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

/** All nodes but the root. Their order of creation is not that of their depth. */
function inOrderOfDepth(parents: readonly number[]): number[] {
  const depths = [0]
  for (let node = 1; node < parents.length; node += 1)
    depths[node] = (depths[parents[node] ?? ROOT] ?? 0) + 1
  return Array.from({ length: parents.length - 1 }, (_, index) => index + 1).sort(
    (one, other) => (depths[one] ?? 0) - (depths[other] ?? 0),
  )
}
