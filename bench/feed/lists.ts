import type { Figure } from '../figure.ts'
import { againstConstants } from './against-constants.ts'
import type { FeedWorld, Reader } from './feed-world.ts'
import { FOLLOWINGS, type TimelineWithConstant } from './timeline.ts'

const COMMENTS = 20
const LEAST_RATIO = 0.4

/** Rankings of all posts, and a post with its comments in two requests. */
export async function listsAndPost(
  world: FeedWorld,
  timeline: TimelineWithConstant,
): Promise<Figure[]> {
  const postId = await makeCountsAndComments(world)
  const [reader] = (await world.newReaders(1, FOLLOWINGS)) as [Reader]
  const figuresOf = (name: string, paths: readonly string[]) =>
    againstConstants(timeline, reader, { name, paths, leastRatio: LEAST_RATIO })
  return [
    ...(await figuresOf('most popular', ['/api/timeline/posts/most-popular'])),
    ...(await figuresOf('most commented', ['/api/timeline/posts/most-commented'])),
    ...(await figuresOf('a post with its comments', [
      `/api/timeline/posts/${postId}`,
      `/api/timeline/posts/${postId}/comments`,
    ])),
  ]
}

/** A third of the posts have been looked at, and one of the newest has comments. Returns its id. */
async function makeCountsAndComments({ sql }: FeedWorld): Promise<number> {
  const [post] = await sql<[{ id: number }]>`select id from content.post order by id desc limit 1`
  await sql`
    insert into content.post_counter (post_id, post_created_at, view_count, like_count, comment_count, last_commented_at)
    select id, created_at, id * 7919 % 997, id * 104729 % 97, id % 13, case when id % 13 > 0 then created_at + interval '1 minute' end
    from content.post where id % 3 = 0 or id = ${post.id} on conflict do nothing`
  await sql`
    insert into content.comment (post_id, depth, author_id, content)
    select ${post.id}, 0, id, 'a comment of ' || handle from member.member order by id limit ${COMMENTS}`
  await sql`update content.post_counter set comment_count = ${COMMENTS} where post_id = ${post.id}`
  await sql`vacuum analyze content.post_counter, content.comment`
  return post.id
}
