import { setTimeout as sleep } from 'node:timers/promises'
import type { FaultEnvironment } from '@dailyfeed/tests/faults/environment'

const WRITERS = 4

/** Latencies in milliseconds of a closed loop of a few writers. */
export async function writeFor(environment: FaultEnvironment, seconds: number): Promise<number[]> {
  const latencies: number[] = []
  const end = performance.now() + seconds * 1_000
  await Promise.all(
    Array.from({ length: WRITERS }, async (_, writer) => {
      while (performance.now() < end) {
        const startedAt = performance.now()
        await writePost(environment, writer)
        latencies.push(performance.now() - startedAt)
      }
    }),
  )
  return latencies
}

/** Writes a post, and returns its id when it is answered. */
export async function writePost(
  { services, members }: FaultEnvironment,
  n: number,
): Promise<number> {
  const response = await fetch(`${services.urlOf('content')}/api/posts`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      authorization: members[n % members.length]?.bearer ?? '',
    },
    body: `{"content":"오늘의 글 ${n}"}`,
  })
  if (response.status !== 201)
    throw new Error(`a write answered ${response.status}: ${await response.text()}`)
  return ((await response.json()) as { data: { id: number } }).data.id
}

/** Waits until every post has been sent and recorded. */
export async function awaitRecords({ sql }: FaultEnvironment): Promise<void> {
  const isPending = async () =>
    (await sql`select from content.outbox_pending where status = 'PENDING' limit 1`).count > 0
  const isBehind = async () =>
    (
      await sql`
        select from content.outbox
        where activity_type = 'POST_CREATE' and not exists (
          select from activity.record
          where message_key = 'POST_CREATE###' || outbox.post_id || '###' || outbox.member_id)
        limit 1`
    ).count > 0
  while ((await isPending()) || (await isBehind())) await sleep(100)
}
