/** A number from 0 up to, but not including, 1. */
export type Random = () => number

/** mulberry32: small and fast; unlike `Math.random`, the same seed gives the same sequence everywhere. */
export function randomOf(seed: number): Random {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}

/** An index from 0 to `count` - 1, distributed by a power law: few are chosen often, most rarely. */
export const powerLaw = (random: Random, count: number) =>
  Math.min(count - 1, Math.floor(count * random() ** 3))
