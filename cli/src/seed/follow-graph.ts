import { MAX_FOLLOWINGS } from '@dailyfeed/contract/limits'
import { powerLaw, type Random } from './random.ts'

/**
 * Followings of one member after the other, as indexes from 0 to `members` - 1: `follows` in total, or fewer when there
 * are too few members for that. Followers are distributed by a power law.
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
    // Exponentially distributed around the average that is left, so that the total is exact with the last member.
    const drawn = follower === members - 1 ? left : Math.round(-Math.log(1 - random()) * average)
    const needed = left - most * (members - follower - 1)
    const count = Math.min(most, left, Math.max(drawn, needed))
    const chosen = new Set<number>()
    for (let tries = 0; chosen.size < count; tries += 1) {
      // The popular members are soon all chosen: after several vain tries the choice becomes uniform.
      const following =
        tries < count * 4 ? powerLaw(random, members) : Math.floor(random() * members)
      if (following !== follower) chosen.add(following)
    }
    left -= chosen.size
    yield { follower, following: [...chosen] }
  }
}
