import { randomBytes } from 'node:crypto'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import postgres from 'postgres'
import type { Platform } from '../platform.ts'
import { DEMO_FOLLOWS, DEMO_MEMBERS, DEMO_POSTS, type DemoHandle } from './demo-content.ts'

interface DemoLogin {
  email: string
  password: string
}

const FILE = 'demo-login.json'
const emailOf = (handle: DemoHandle) => `${handle}@example.com`

/** The login that is printed at each start; undefined when there is no demo data. */
export async function demoLoginOf(dataDir: string): Promise<DemoLogin | undefined> {
  return readFile(join(dataDir, FILE), 'utf8').then(
    (text) => JSON.parse(text) as DemoLogin,
    () => undefined,
  )
}

/** Creates demo data on the first run through the public API, so that every event and counter is real. */
export async function makeDemoData(
  platform: Platform,
  dataDir: string,
  say: (line: string) => void,
): Promise<void> {
  if (await hasMembers(platform.ownerUrl)) return
  say('creating demo members and posts…')
  // Random on each machine: with a known password anybody could log in where the platform listens beyond loopback.
  const password = `demo-${randomBytes(9).toString('base64url')}`
  const members = new Map<DemoHandle, DemoMember>()
  for (const { handle, ...profile } of DEMO_MEMBERS)
    members.set(
      handle,
      await signUp(platform.url, { handle, email: emailOf(handle), password, ...profile }),
    )
  const memberOf = (handle: DemoHandle) => members.get(handle) as DemoMember

  for (const [follower, following] of DEMO_FOLLOWS)
    await memberOf(follower).call('POST', `/api/members/follow/${memberOf(following).id}`)
  for (const { by, title, content, likedBy = [], comments = [] } of DEMO_POSTS) {
    const post = await memberOf(by).call('POST', '/api/posts', { title, content })
    for (const handle of likedBy) await memberOf(handle).call('POST', `/api/posts/${post.id}/like`)
    await comment(comments, post.id, null)
  }
  await writeFile(join(dataDir, FILE), JSON.stringify({ email: emailOf('minji'), password }), {
    mode: 0o600,
  })

  async function comment(
    comments: (typeof DEMO_POSTS)[number]['comments'],
    postId: number,
    parentId: number | null,
  ): Promise<void> {
    for (const { by, content, replies } of comments ?? []) {
      const made = await memberOf(by).call('POST', '/api/comments', { content, postId, parentId })
      await comment(replies, postId, made.id)
    }
  }
}

async function hasMembers(ownerUrl: string): Promise<boolean> {
  const sql = postgres(ownerUrl, { max: 1, onnotice() {} })
  try {
    const [row] = await sql<
      [{ exists: boolean }]
    >`select exists (select from member.member) as exists`
    return row.exists
  } finally {
    await sql.end({ timeout: 5 })
  }
}

interface DemoMember {
  id: number
  call(method: string, path: string, body?: object): Promise<{ id: number }>
}

async function signUp(
  url: string,
  account: { email: string; password: string; handle: string; memberName: string },
): Promise<DemoMember> {
  const { data } = await send(url, 'POST', '/api/authentication/signup', account)
  const { authorization } = await send(url, 'POST', '/api/authentication/login', {
    email: account.email,
    password: account.password,
  })
  return {
    id: data.id,
    call: async (method, path, body) => (await send(url, method, path, body, authorization)).data,
  }
}

async function send(
  url: string,
  method: string,
  path: string,
  body?: object,
  authorization?: string | null,
) {
  const response = await fetch(`${url}${path}`, {
    method,
    headers: {
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      ...(authorization == null ? {} : { authorization }),
    },
    body: body === undefined ? null : JSON.stringify(body),
  })
  const answer = (await response.json()) as { data: { id: number }; message?: string }
  if (!response.ok)
    throw new Error(`demo data: ${method} ${path} answered ${response.status}: ${answer.message}`)
  return { data: answer.data, authorization: response.headers.get('authorization') }
}
