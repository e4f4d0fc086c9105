/** A calendar day in topic names: yyyyMMdd. The order of the texts is the order of the days. */
export type TopicDay = string

const DAY = /^\d{8}$/
const formatters = new Map<string, Intl.DateTimeFormat>()
/** The last result: a relay needs the day for each batch, and it changes only with a minute. */
let last = { minute: Number.NaN, timeZone: '', day: '' }

/** The day of an instant in an IANA zone, independent of the zone of the process. */
export function topicDayOf(instant: Date, timeZone: string): TopicDay {
  const minute = Math.floor(instant.getTime() / 60_000)
  if (minute !== last.minute || timeZone !== last.timeZone)
    last = { minute, timeZone, day: formatDay(instant, timeZone) }
  return last.day
}

function formatDay(instant: Date, timeZone: string): TopicDay {
  let formatter = formatters.get(timeZone)
  if (formatter === undefined) {
    // The Swedish short format is yyyy-MM-dd.
    formatter = new Intl.DateTimeFormat('sv-SE', { timeZone, dateStyle: 'short' })
    formatters.set(timeZone, formatter)
  }
  return formatter.format(instant).replaceAll('-', '')
}

/** The hour of the day, 0 to 23, in an IANA zone. */
export const hourOf = (instant: Date, timeZone: string): number =>
  Number(
    new Intl.DateTimeFormat('en-GB', { timeZone, hour: '2-digit', hourCycle: 'h23' }).format(
      instant,
    ),
  )

/** Adds calendar days, or subtracts them: a change of summer time has no effect. */
export function addDays(day: TopicDay, days: number): TopicDay {
  const moved = new Date(
    Date.UTC(Number(day.slice(0, 4)), Number(day.slice(4, 6)) - 1, Number(day.slice(6, 8)) + days),
  )
  return moved.toISOString().slice(0, 10).replaceAll('-', '')
}

/** Whether the text names an existing day: 20260230 does not. */
export const isTopicDay = (text: string): boolean => DAY.test(text) && addDays(text, 0) === text

/** `prefix-yyyyMMdd` (docs/events.md). */
export const datedTopicOf = (prefix: string, day: TopicDay): string => `${prefix}-${day}`

/** The day of a topic of this prefix, or undefined for any other topic. */
export function findTopicDay(prefix: string, topic: string): TopicDay | undefined {
  if (!topic.startsWith(`${prefix}-`)) return undefined
  const day = topic.slice(prefix.length + 1)
  return isTopicDay(day) ? day : undefined
}
