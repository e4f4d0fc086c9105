import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect, inject, test } from 'vitest'
import { ask } from '../http-client.ts'
import { newMember } from './client.ts'

const ROOT = join(import.meta.dirname, '..', '..')
const run = promisify(execFile)

test('a post with a blocked term enters the moderation queue and leaves it when its author edits it', async () => {
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
    const { status, body } = await ask(admin, { url: '/api/admin/moderation?size=100' })
    expect(status).toBe(200)
    return body.data.content.filter(({ authorId }: { authorId: number }) => authorId === author.id)
  }
  const written = await ask(author, {
    url: '/api/posts',
    body: { content: '오늘만 도 박 사이트 가입' },
  })
  expect(written.status).toBe(201)
  const postId: number = written.body.data.id
  await expect.poll(queued).toMatchObject([
    {
      kind: 'POST',
      postId,
      commentId: null,
      terms: ['도박'],
      excerpt: '오늘만 도 박 사이트 가입',
    },
  ])
  expect((await ask(author, { url: '/api/admin/moderation' })).body.code).toBe('MEMBER_FORBIDDEN')

  expect(
    (
      await ask(author, {
        method: 'PUT',
        url: `/api/posts/${postId}`,
        body: { content: '나도 박수를 쳤다' },
      })
    ).status,
  ).toBe(200)
  await expect.poll(queued).toEqual([])
})

test('an author whom a member reads and likes without following is recommended first', async () => {
  const [writer, reader] = [await newMember(), await newMember()]
  for (let n = 0; n < 3; n += 1) await newMember()
  const first = async () =>
    (await ask(reader, { url: '/api/members/follow/recommend/newbie?size=1' })).body.data.content[0]
      .memberId
  expect(await first()).not.toBe(writer.id)
  const postId: number = (
    await ask(writer, { url: '/api/posts', body: { content: '여름밤 산책' } })
  ).body.data.id
  expect((await ask(reader, { url: `/api/timeline/posts/${postId}` })).status).toBe(200)
  expect((await ask(reader, { method: 'POST', url: `/api/posts/${postId}/like` })).status).toBe(200)
  await expect.poll(first).toBe(writer.id)
  expect(
    (await ask(reader, { method: 'POST', url: `/api/members/follow/${writer.id}` })).status,
  ).toBe(200)
  expect(await first()).not.toBe(writer.id)
})
