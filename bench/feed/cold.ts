import { type Figure, limitFigure } from '../figure.ts'
import { turnByTurn } from '../load.ts'
import { percentile } from '../percentile.ts'
import { startQuestioner } from '../questioner.ts'
import type { FeedWorld } from './feed-world.ts'
import { FEED, FOLLOWINGS, type Timeline } from './timeline.ts'

const WARM_UP_READERS = 300
const READERS = 500
/** A p99 of some seconds is the machine's as much as ours: the middle of several is taken. */
const ROUNDS = 5
const CONNECTIONS = 4
const MOST_MILLISECONDS = 12

/** Readers whom the process has never seen, each asking once: token, followings, posts and all are looked up. */
export async function coldFeed(world: FeedWorld, { url }: Timeline, name: string): Promise<Figure> {
  const readers = await world.newReaders(WARM_UP_READERS + ROUNDS * READERS, FOLLOWINGS)
  const questions = readers.map(({ authorization }) => ({
    url: `${url}${FEED}`,
    headers: { authorization },
  }))
  const questioner = startQuestioner()
  const ask = (count: number) => questioner.timesOfEach(questions.splice(0, count), CONNECTIONS)
  try {
    // Code is compiled, and the database's pages are read: it is the reader who is new.
    await ask(WARM_UP_READERS)
    const { p99 } = await turnByTurn(ROUNDS, {
      p99: async () => percentile(await ask(READERS), 99),
    })
    return limitFigure(
      `${name}, ${FOLLOWINGS} followings, ${CONNECTIONS} connections, p99`,
      p99,
      'ms',
      MOST_MILLISECONDS,
    )
  } finally {
    questioner.stop()
  }
}
