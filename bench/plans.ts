import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { seed } from '@dailyfeed/cli/seed/seed'
import { ROW_ID } from '@dailyfeed/contract/message-key'
import { deleteCommentTree, insertComment } from '@dailyfeed/content/comment/comment.queries'
import { reconcilePostCounters } from '@dailyfeed/content/counter/counter.queries'
import { cancelLike, insertLike, isPostVisible } from '@dailyfeed/content/like/like.queries'
import { insertPost } from '@dailyfeed/content/post/post.queries'
import { createNewEventOf } from '@dailyfeed/outbox/outbox'
import { findCredentialsByEmail } from '@dailyfeed/member/account/account.queries'
import { startOwnDatabase } from '@dailyfeed/tests/own-database'
import {
  findCommentsOfMember,
  findCommentsOfPost,
  findReplies,
} from '@dailyfeed/timeline/comment/comment.queries'
import { findPostsByAuthors } from '@dailyfeed/timeline/feed/author-posts.queries'
import { findAuthors, findPosts } from '@dailyfeed/timeline/feed/hydration.queries'
import { FIRST_COMMENTS } from '@dailyfeed/timeline/feed-cache/cached-comments'
import {
  findFirstComments,
  findFollowingIds,
  findNewestPosts,
  findRelations,
  findSharedPosts,
  findViewer,
} from '@dailyfeed/timeline/feed-cache/feed-cache.queries'
import {
  findChangesSince,
  findSnapshot,
} from '@dailyfeed/timeline/feed-cache/outbox-changes.queries'
import { RECENT_POSTS } from '@dailyfeed/timeline/feed-cache/recent-posts'
import { MAX_PRELOADED } from '@dailyfeed/timeline/feed-cache/viewers'
import { findRecentEntries } from '@dailyfeed/timeline/following/following.queries'
import {
  countPostsOfPeriod,
  findEntriesOfAuthor,
  findEntriesOfPeriod,
} from '@dailyfeed/timeline/post/post.queries'
import { rankPostsOfFollowings } from '@dailyfeed/timeline/ranking/followings-ranking.queries'
import { rankPosts } from '@dailyfeed/timeline/ranking/ranking.queries'
import postgres, { type Sql } from 'postgres'

/**
 * `npm run bench:plans`: EXPLAIN (ANALYZE, BUFFERS) of every hot query over 1,000,000 posts, of the very statements that
 * the services send, into docs/query-plans.md. Ends with 1 where one reads a whole table.
 */
const SIZE = { members: 20_000, posts: 1_000_000, follows: 400_000, seed: 1 }
const FOLLOWINGS = 200
const PAGE = join(import.meta.dirname, '..', 'docs', 'query-plans.md')
/** A table of fewer rows is read whole whatever its indexes, and rightly so. */
const WHOLE_ROWS = 1_000

const say = (line: string) => void process.stdout.write(`${line}\n`)

const database = await startOwnDatabase()
const notices: string[] = []
const sql = postgres(database.ownerUrl, {
  max: 1,
  types: { bigint: { to: 20, from: [20], parse: Number, serialize: String } },
  connection: {
    session_preload_libraries: 'auto_explain',
    'auto_explain.log_min_duration': '0',
    'auto_explain.log_analyze': 'on',
    'auto_explain.log_buffers': 'on',
    'auto_explain.log_level': 'notice',
  } as never,
  onnotice: ({ message = '' }) => void notices.push(message),
}) as unknown as Sql

try {
  say(`loading ${SIZE.posts.toLocaleString('en')} posts…`)
  await seed(database.ownerUrl, SIZE, () => {})
  const reader = await makeReader()
  await makeCountsAndComments(reader)
  const plans = await explainAll(reader)
  await writeFile(PAGE, pageOf(plans))
  say(`${plans.length} plans in docs/query-plans.md`)
  for (const { name, plan } of plans)
    for (const table of wholeTablesOf(plan)) {
      say(`${name} reads all of ${table}`)
      process.exitCode = 1
    }
} finally {
  await sql.end({ timeout: 1 })
  await database.stop()
}

interface Reader {
  id: number
  authorId: number
  postIds: number[]
  authorIds: number[]
  nextPostId: number
}

/** A member with two hundred followings, and one of them. */
async function makeReader(): Promise<Reader> {
  const [{ id }] = await sql<
    [{ id: number }]
  >`insert into member.member (email, member_name, handle) values ('reader@example.com', 'Reader', 'plans_reader') returning id`
  await sql`insert into member.follow (follower_id, following_id) select ${id}, id from (select id from member.member where id <> ${id} order by id limit ${FOLLOWINGS}) followed`
  const posts = await sql<{ id: number; author_id: number }[]>`
    select post.id, author_id from content.post join member.follow on following_id = author_id and follower_id = ${id} order by post.id desc limit 20`
  const [{ next }] = await sql<[{ next: number }]>`select max(id) + 1 as next from content.post`
  return {
    id,
    authorId: posts[0]?.author_id ?? 0,
    postIds: posts.map((post) => post.id),
    authorIds: [...new Set(posts.map(({ author_id }) => author_id))],
    nextPostId: next,
  }
}

/** A third of the posts have been looked at, and one has a thousand comments. */
async function makeCountsAndComments({ id, postIds }: Reader): Promise<void> {
  say('counters, comments, statistics…')
  await sql`
    insert into content.post_counter (post_id, post_created_at, view_count, like_count, comment_count, last_commented_at)
    select id, created_at, id * 7919 % 997, id * 104729 % 97, id % 13, case when id % 13 > 0 then created_at + interval '1 minute' end from content.post where id % 3 = 0`
  await sql`insert into content.comment (post_id, depth, author_id, content) select ${postIds[0] ?? 0}, 0, ${id}, 'a comment ' || n from generate_series(1, 1000) n`
  await sql`
    insert into content.comment (post_id, parent_id, depth, author_id, content)
    select post_id, id, 1, author_id, 'a reply' from content.comment where parent_id is null limit 500`
  await sql`insert into content.comment (post_id, depth, author_id, content) select id, 0, author_id, 'a comment' from content.post where id % 7 = 0`
  await sql`insert into content.post_like (post_id, member_id) select id, 1 + id % 20000 from content.post where id % 2 = 0`
  await sql`insert into content.comment_like (comment_id, member_id) select id, 1 + id % 20000 from content.comment`
  for (const [table, one, other] of [
    ['block', 'blocker_id', 'blocked_id'],
    ['mute', 'muter_id', 'muted_id'],
  ] as const)
    await sql`
      insert into member.${sql(table)} (${sql(one)}, ${sql(other)})
      select n % 10000 + 1, n % 9999 + 10001 from generate_series(1, 50000) n where n % 10000 + 1 <> ${id} on conflict do nothing`
  // As autovacuum leaves it: with a visibility map.
  await sql`vacuum analyze`
}

interface Plan {
  name: string
  plan: string
}

async function explainAll(reader: Reader): Promise<Plan[]> {
  const newEventOf = createNewEventOf('Asia/Seoul')
  const stretch = { viewerId: reader.id, before: reader.nextPostId, hiddenAuthorIds: [], limit: 21 }
  const [, postId = 0] = reader.postIds
  const { xmin } = await findSnapshot(sql)
  const { following_ids: authorIds } = await findRecentEntries(sql, stretch)
  const month = { from: Date.now() / 1_000 - 20 * 86_400, until: Date.now() / 1_000 - 19 * 86_400 }
  const comments = { viewerId: reader.id, afterId: undefined, offset: 0, limit: 21 }
  const commentIds: number[] = []
  const firstComments = () => findFirstComments(sql, reader.postIds[0] ?? 0, FIRST_COMMENTS)
  const firstCommentIds = (await firstComments()).map(({ id }) => id)
  const thousand = postId - (postId % 1_000)
  const queries: [string, () => Promise<unknown>][] = [
    [
      'Following feed: the newest posts of everybody, backwards',
      () => findRecentEntries(sql, { ...stretch, before: undefined }),
    ],
    [
      'Following feed: each author’s own newest',
      () => findPostsByAuthors(sql, { ...stretch, authorIds }),
    ],
    [
      'Following feed, a thousand pages deep: each author’s own newest',
      () =>
        findPostsByAuthors(sql, {
          ...stretch,
          authorIds,
          before: Math.floor(reader.nextPostId / 50),
        }),
    ],
    [
      'Memory: whom a viewer follows, mutes and blocks, and which posts they like',
      () => findViewer(sql, reader.id, MAX_PRELOADED),
    ],
    ['Cached feed: whom a viewer follows', () => findFollowingIds(sql, reader.id)],
    ['Memory: the newest posts of everybody', () => findNewestPosts(sql, RECENT_POSTS)],
    ['Memory: posts as everybody sees them', () => findSharedPosts(sql, reader.postIds)],
    [
      'Memory: how a viewer stands to authors, and which posts they like',
      () => findRelations(sql, reader.id, reader.authorIds, 'posts', reader.postIds),
    ],
    ['Memory: the first comments of a post, as everybody sees them', firstComments],
    [
      'Memory: which of the comments the viewer likes',
      () => findRelations(sql, reader.id, [], 'comments', firstCommentIds),
    ],
    ['Memory: whether anything was committed since the last look', () => findSnapshot(sql)],
    ['Memory: what was written since the last look', () => findChangesSince(sql, xmin, 1)],
    ['Hydration: posts', () => findPosts(sql, reader.id, reader.postIds)],
    [
      'Hydration: authors, and how the viewer stands to them',
      () => findAuthors(sql, reader.id, reader.authorIds),
    ],
    ['Most popular, of all time', () => rankPosts(sql, 'most-popular', 'all')],
    ['Most popular, of a day', () => rankPosts(sql, 'most-popular', '1d')],
    ['Most commented, of all time', () => rankPosts(sql, 'most-commented', 'all')],
    ['Recent activities', () => rankPosts(sql, 'recent-activities', 'all')],
    [
      'Most popular of those whom a viewer follows',
      () => rankPostsOfFollowings(sql, reader.id, 'most-popular', 'all'),
    ],
    [
      'Posts of an author',
      () =>
        findEntriesOfAuthor(sql, {
          authorId: reader.authorId,
          before: reader.nextPostId,
          offset: 0,
          limit: 21,
        }),
    ],
    [
      'Posts of a day',
      () =>
        findEntriesOfPeriod(sql, {
          viewerId: reader.id,
          period: month,
          after: undefined,
          offset: 0,
          limit: 21,
        }),
    ],
    ['Posts of a day: how many', () => countPostsOfPeriod(sql, reader.id, month)],
    ['Comments of a post', () => findCommentsOfPost(sql, reader.postIds[0] ?? 0, comments)],
    ['Replies to a comment', () => findReplies(sql, 1, comments)],
    ['Comments of a member', () => findCommentsOfMember(sql, reader.authorId, comments)],
    [
      'A post is created, with its event',
      () =>
        insertPost(sql, {
          event: newEventOf('POST_CREATE', { memberId: reader.id, postId: ROW_ID }),
          authorId: reader.id,
          title: '',
          content: 'a post',
        }),
    ],
    [
      'A comment is created',
      async () =>
        commentIds.push(
          (
            await insertComment(sql, {
              postId,
              parentId: null,
              depth: 0,
              authorId: reader.id,
              content: 'a comment',
            })
          ).id,
        ),
    ],
    ['A comment is deleted, with its replies', () => deleteCommentTree(sql, commentIds.pop() ?? 0)],
    [
      'Counters of a thousand posts are checked',
      () => reconcilePostCounters(sql, thousand, thousand + 1_000),
    ],
    ['Whether a post is for the viewer', () => isPostVisible(sql, postId, reader.id)],
    [
      'A like',
      () =>
        insertLike(
          sql,
          newEventOf('LIKE_POST', { memberId: reader.id, postId }),
          { kind: 'post', id: postId },
          reader.id,
        ),
    ],
    [
      'A like is taken back',
      () =>
        cancelLike(
          sql,
          newEventOf('LIKE_POST_CANCEL', { memberId: reader.id, postId }),
          { kind: 'post', id: postId },
          reader.id,
        ),
    ],
    [
      'A login: whose e-mail address it is',
      () => findCredentialsByEmail(sql, 'seed5000@example.com'),
    ],
  ]
  const plans: Plan[] = []
  for (const [name, ask] of queries) {
    // The third time, when everything is warm.
    for (let n = 0; n < 3; n += 1) {
      notices.length = 0
      await ask()
    }
    plans.push({ name, plan: notices.map(withoutStatement).join('\n\n') })
  }
  return plans
}

/** auto_explain tells the statement first; it stands in the code. */
function withoutStatement(notice: string): string {
  const [duration = '', ...lines] = notice.split('\n')
  const first = lines.findIndex((line) => /\(cost=/.test(line))
  return [duration.replace(/\s*plan:\s*$/, ''), ...lines.slice(first)].join('\n')
}

/** Tables that a plan reads from end to end: what it showed and what it threw away. */
function wholeTablesOf(plan: string): string[] {
  return [
    ...plan.matchAll(
      /Seq Scan on (\w+)[^\n]*rows=([\d.]+) loops[^\n]*\n(?:\s+(?!->)[^\n]*\n)*?(?:\s+Rows Removed by Filter: (\d+))?/g,
    ),
  ]
    .filter(([, , shown, removed = '0']) => Number(shown) + Number(removed) > WHOLE_ROWS)
    .map(([, table = '']) => table)
}

function pageOf(plans: readonly Plan[]): string {
  return `# Query plans

\`EXPLAIN (ANALYZE, BUFFERS)\` of every hot query over ${SIZE.posts.toLocaleString('en')} posts, ${SIZE.members.toLocaleString('en')} members and ${SIZE.follows.toLocaleString('en')} follows, each the third time it was asked. Written by \`npm run bench:plans\`, which fails where a query reads a whole table. The reader follows ${FOLLOWINGS}.

${plans.map(({ name, plan }) => `## ${name}\n\n\`\`\`text\n${plan}\n\`\`\``).join('\n\n')}
`
}
