import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect, inject, test } from 'vitest'
import { newMember } from './client.ts'

const ROOT = join(import.meta.dirname, '..', '..')
const run = promisify(execFile)

test('a post with a blocked term is answered at once, reaches the queue of administrators behind it, and leaves it when its author mends it', async () => {
  const [author, admin] = [await newMember(), await newMember()]
  await run(
    process.execPath,
    ['cli/src/main.ts', 'members', 'grant-admin', '--handle', admin.handle],
    {
      cwd: ROOT,
      env: { PATH: process.env['PATH'], DATA_DIR: inject('platformDataDir') },
    },
  )
  const queued = async () => {
    const { status, body } = await admin.ask('GET', '/api/admin/moderation?size=100')
    expect(status).toBe(200)
    return body.data.content.filter(({ authorId }: { authorId: number }) => authorId === author.id)
  }
  const written = await author.ask('POST', '/api/posts', { content: '오늘만 도 박 사이트 가입' })
  expect(written.status).toBe(201)
  const postId: number = written.body.data.id
  await expect.poll(queued, { timeout: 10_000 }).toMatchObject([
    {
      kind: 'POST',
      postId,
      commentId: null,
      terms: ['도박'],
      excerpt: '오늘만 도 박 사이트 가입',
    },
  ])
  expect((await author.ask('GET', '/api/admin/moderation')).body.code).toBe('MEMBER_FORBIDDEN')

  expect(
    (await author.ask('PUT', `/api/posts/${postId}`, { content: '나도 박수를 쳤다' })).status,
  ).toBe(200)
  await expect.poll(queued, { timeout: 10_000 }).toEqual([])
})

test('whom a member reads and likes without following them is recommended to them first', async () => {
  const [writer, reader] = [await newMember(), await newMember()]
  for (let n = 0; n < 3; n += 1) await newMember()
  const first = async () =>
    (await reader.ask('GET', '/api/members/follow/recommend/newbie?size=1')).body.data.content[0]
      .memberId
  expect(await first()).not.toBe(writer.id)
  const postId: number = (await writer.ask('POST', '/api/posts', { content: '여름밤 산책' })).body
    .data.id
  expect((await reader.ask('GET', `/api/timeline/posts/${postId}`)).status).toBe(200)
  expect((await reader.ask('POST', `/api/posts/${postId}/like`)).status).toBe(200)
  await expect.poll(first, { timeout: 10_000 }).toBe(writer.id)
  expect((await reader.ask('POST', `/api/members/follow/${writer.id}`)).status).toBe(200)
  expect(await first()).not.toBe(writer.id)
})
