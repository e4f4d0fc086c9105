import postgres from 'postgres'
import { DemoApi, DemoDataError } from './demo-api.ts'
import { DEMO_FOLLOWS, DEMO_MEMBERS, DEMO_POSTS, type DemoHandle } from './demo-content.ts'
import { findDemoLogin, newDemoLogin, storeDemoLogin } from './demo-login.ts'
import { type DemoMember, emailOf, signUp, type Written } from './demo-member.ts'

interface DemoDataOptions {
  /** The gateway. */
  url: string
  ownerUrl: string
  dataDir: string
  say: (line: string) => void
  signal: AbortSignal
  /** Milliseconds for which a write may be refused before the rest is left to the next start. */
  patience?: number
}

/** The member whose login is printed. */
const PRINTED: DemoHandle = 'minji'

/**
 * Creates demo data on the first run, through the public API, so that every event and counter is
 * real. The next start adds what an interrupted one has left out; nothing is created twice.
 * When writes are refused for too long, the platform runs without the rest until its next start.
 */
export async function makeDemoData(options: DemoDataOptions): Promise<void> {
  const { url, ownerUrl, dataDir, say, signal, patience } = options
  const stored = findDemoLogin(dataDir)
  const hasMembers = await findsMembers(ownerUrl)
  // Members without an unfinished login are not those of the demo data.
  if (hasMembers && (stored === undefined || stored.isComplete)) return
  say(
    hasMembers
      ? 'completing the demo members and posts of an interrupted start…'
      : 'creating demo members and posts…',
  )
  const login = hasMembers && stored !== undefined ? stored : newDemoLogin(emailOf(PRINTED))
  storeDemoLogin(dataDir, login)
  try {
    await createAll(new DemoApi(url, signal, patience), login.password, hasMembers)
  } catch (error) {
    if (!(error instanceof DemoDataError)) throw error
    say(`the demo data is incomplete, since ${error.message}; the next start completes it`)
    return
  }
  storeDemoLogin(dataDir, { ...login, isComplete: true })
}

/** The first run need not search for what exists. */
async function createAll(api: DemoApi, password: string, mayExist: boolean): Promise<void> {
  const members = new Map<DemoHandle, DemoMember>()
  for (const profile of DEMO_MEMBERS)
    members.set(profile.handle, await signUp(api, profile, password))
  const memberOf = (handle: DemoHandle) => members.get(handle) as DemoMember
  for (const [follower, following] of DEMO_FOLLOWS)
    await memberOf(follower).follow(memberOf(following))
  for (const [at, { by, title, content, likedBy = [], comments = [] }] of DEMO_POSTS.entries()) {
    const author = memberOf(by)
    const post =
      find(mayExist ? await author.posts() : [], content) ??
      (await author.write(title, content, `post-${at}`))
    for (const handle of likedBy) await memberOf(handle).like(post.id)
    await addComments(comments, { postId: post.id, parentId: null, key: `post-${at}` })
  }

  async function addComments(
    comments: (typeof DEMO_POSTS)[number]['comments'] = [],
    { postId, parentId, key }: { postId: number; parentId: number | null; key: string },
  ): Promise<void> {
    for (const [at, { by, content, replies }] of comments.entries()) {
      const author = memberOf(by)
      const ownKey = `${key}-${at}`
      const existing = mayExist ? await author.comments(postId, parentId) : []
      const made =
        find(existing, content) ?? (await author.comment({ content, postId, parentId }, ownKey))
      await addComments(replies, { postId, parentId: made.id, key: ownKey })
    }
  }
}

/** The texts of the demo data differ from each other. */
const find = (written: readonly Written[], content: string): Written | undefined =>
  written.find((one) => one.content === content)

async function findsMembers(ownerUrl: string): Promise<boolean> {
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
