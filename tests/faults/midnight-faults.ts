import { datedTopicOf, topicDayOf } from '@dailyfeed/kafka-support/dated-topic'
import { eventually } from '../eventually.ts'
import { TOPIC_PREFIX } from './environment.ts'
import type { Fault } from './fault.ts'
import { awaitWrites } from './effects.ts'

/**
 * An artificial time zone in which the next midnight is at least so many seconds from now, so that
 * a real clock passes midnight during the test.
 */
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

/** For an environment whose TOPIC_TIME_ZONE is such a zone. */
export const midnightFaults = (zone: string, midnight: number): readonly Fault[] => [
  {
    id: 'F15',
    title: 'midnight: from one day’s topic to the next under load',
    async run(environment) {
      await eventually('it is midnight', () => Date.now() > midnight, Boolean, {
        timeoutMs: 180_000,
      })
      await awaitWrites(environment, 300)
      const [before, after] = [
        topicDayOf(new Date(midnight - 1_000), zone),
        topicDayOf(new Date(midnight + 1_000), zone),
      ].map((day) => datedTopicOf(TOPIC_PREFIX, day))
      const ranges = await environment.admin.rangesOf([before as string, after as string])
      for (const [topic, { end }] of ranges)
        if ([...end.values()].every((offset) => offset === 0n))
          throw new Error(`nothing was sent to ${topic}`)
    },
  },
]
