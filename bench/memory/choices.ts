import type { Random } from '@dailyfeed/cli/seed/random'

export const below = (random: Random, bound: number) => Math.floor(random() * bound)
export const pick = <Value>(random: Random, values: readonly Value[]): Value =>
  values[below(random, values.length)] as Value
