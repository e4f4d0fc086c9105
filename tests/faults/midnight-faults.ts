import { setTimeout as sleep } from 'node:timers/promises'
import { datedTopicOf, topicDayOf } from '@dailyfeed/kafka-support/dated-topic'
import type { Fault } from './fault.ts'
import { TOPIC_PREFIX, until } from './world.ts'

/** A zone, as far from UTC as it takes, in which it is midnight at least so many seconds from now: the clock is real, the zone is not. */
export function zoneOfMidnightIn(seconds: number): { zone: string; midnight: number } {
  const midnight = Math.ceil((Date.now() + seconds * 1_000) / 60_000) * 60_000
  const minuteOfDay = (midnight / 60_000) % 1_440
  const offset = minuteOfDay <= 720 ? -minuteOfDay : 1_440 - minuteOfDay
  const two = (value: number) => String(value).padStart(2, '0')
  return {
    zone: `${offset < 0 ? '-' : '+'}${two(Math.floor(Math.abs(offset) / 60))}:${two(Math.abs(offset) % 60)}`,
    midnight,
  }
}

/** In a world whose TOPIC_TIME_ZONE is such a zone. */
export const midnightFaults = (zone: string, midnight: number): readonly Fault[] => [
  {
    id: 'F15',
    title: 'midnight: from one day’s topic to the next under load',
    async run(world) {
      await until('it is midnight', () => Date.now() > midnight + 3_000, 130)
      const [before, after] = [
        topicDayOf(new Date(midnight - 1_000), zone),
        topicDayOf(new Date(midnight + 1_000), zone),
      ].map((day) => datedTopicOf(TOPIC_PREFIX, day))
      const ranges = await world.admin.rangesOf([before as string, after as string])
      for (const [topic, { end }] of ranges)
        if ([...end.values()].every((offset) => offset === 0n))
          throw new Error(`nothing was sent to ${topic}`)
      await sleep(1_000)
    },
  },
]
