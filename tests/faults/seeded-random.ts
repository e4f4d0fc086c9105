import { createHash } from 'node:crypto'

/** Random choices that depend on a seed only, so that a run can be repeated. */
export interface Random {
  /** A whole number from 0 to `bound` - 1. */
  below(bound: number): number
  pick<Value>(values: readonly Value[]): Value
}

/** Each choice is a hash of the seed and a counter: slow for a generator, but simple. */
export function createRandom(seed: number): Random {
  let count = 0
  const below = (bound: number) => {
    count += 1
    return createHash('sha256').update(`${seed} ${count}`).digest().readUIntBE(0, 6) % bound
  }
  return { below, pick: (values) => values[below(values.length)] as (typeof values)[number] }
}
