import { createHash } from 'node:crypto'

/** Random choices that a seed repeats. */
export interface Random {
  /** 0 to `bound` - 1. */
  below(bound: number): number
  pick<Value>(values: readonly Value[]): Value
}

/** A hash of seed and count: slow for a generator, and there is nothing in it to get wrong. */
export function createRandom(seed: number): Random {
  let count = 0
  const below = (bound: number) => {
    count += 1
    return createHash('sha256').update(`${seed} ${count}`).digest().readUIntBE(0, 6) % bound
  }
  return { below, pick: (values) => values[below(values.length)] as (typeof values)[number] }
}
