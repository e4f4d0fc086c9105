import { MAX_FOLLOWINGS } from '@dailyfeed/contract/limits'
import { powerLaw, type Random } from './random.ts'

/**
 * Followings of one member after the other, as places from 0 to `members` - 1, `follows` of them in all (fewer when
 * `members` are too few for so many). Whom they follow is a power law, and so is how many.
 */
export function* followings(
  random: Random,
  members: number,
  follows: number,
): Generator<{ follower: number; following: number[] }> {
  const most = Math.min(MAX_FOLLOWINGS, members - 1)
  let left = Math.min(follows, most * members)
  for (let follower = 0; follower < members && left > 0; follower += 1) {
    const average = left / (members - follower)
    // Exponential around what is left for each, so that the sum comes out exactly with the last member.
    const drawn = follower === members - 1 ? left : Math.round(-Math.log(1 - random()) * average)
    const needed = left - most * (members - follower - 1)
    const count = Math.min(most, left, Math.max(drawn, needed))
    const chosen = new Set<number>()
    for (let tries = 0; chosen.size < count; tries += 1) {
      // A popular few fill up soon: after some vain tries anybody will do.
      const following =
        tries < count * 4 ? powerLaw(random, members) : Math.floor(random() * members)
      if (following !== follower) chosen.add(following)
    }
    left -= chosen.size
    yield { follower, following: [...chosen] }
  }
}
