/** A calendar day as topics name it: yyyyMMdd. Sorts as text in the order of time. */
export type TopicDay = string

const DAY = /^\d{8}$/
const formatters = new Map<string, Intl.DateTimeFormat>()
/** What was asked last: a relay asks for each batch, and a day changes with a minute. */
let last = { minute: Number.NaN, timeZone: '', day: '' }

/** The day of an instant in an IANA zone: the same for publisher and listener, wherever they run. */
export function topicDayOf(instant: Date, timeZone: string): TopicDay {
  const minute = Math.floor(instant.getTime() / 60_000)
  if (minute !== last.minute || timeZone !== last.timeZone)
    last = { minute, timeZone, day: formatDay(instant, timeZone) }
  return last.day
}

function formatDay(instant: Date, timeZone: string): TopicDay {
  let formatter = formatters.get(timeZone)
  if (formatter === undefined) {
    // Swedish dates are ISO dates.
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

/** The day so many days later, or before. Of calendar days: a change of summer time moves none. */
export function addDays(day: TopicDay, days: number): TopicDay {
  const moved = new Date(
    Date.UTC(Number(day.slice(0, 4)), Number(day.slice(4, 6)) - 1, Number(day.slice(6, 8)) + days),
  )
  return moved.toISOString().slice(0, 10).replaceAll('-', '')
}

/** Whether there is such a day: 20260230 is none. */
export const isTopicDay = (text: string): boolean => DAY.test(text) && addDays(text, 0) === text

/** `prefix-yyyyMMdd`, events.md. */
export const datedTopicOf = (prefix: string, day: TopicDay): string => `${prefix}-${day}`

/** The day of a topic of this prefix; undefined for any other topic. */
export function findTopicDay(prefix: string, topic: string): TopicDay | undefined {
  if (!topic.startsWith(`${prefix}-`)) return undefined
  const day = topic.slice(prefix.length + 1)
  return isTopicDay(day) ? day : undefined
}
