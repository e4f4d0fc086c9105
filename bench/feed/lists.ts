import type { Measurement } from '../measurement.ts'
import { compareWithFixedResponses } from './fixed-response-comparison.ts'
import type { FeedEnvironment, Reader } from './feed-environment.ts'
import { FOLLOWINGS, type TimelineWithFixedResponses } from './timeline.ts'

const COMMENTS = 20
const MIN_RATIO = 0.4

/** Rankings of all posts, and a post with its comments, which takes two requests. */
export async function listsAndPost(
  environment: FeedEnvironment,
  timeline: TimelineWithFixedResponses,
): Promise<Measurement[]> {
  const postId = await makeCountsAndComments(environment)
  const [reader] = (await environment.createReaders(1, FOLLOWINGS)) as [Reader]
  const measure = (name: string, paths: readonly string[]) =>
    compareWithFixedResponses(timeline, reader, { name, paths, minRatio: MIN_RATIO })
  return [
    ...(await measure('most popular', ['/api/timeline/posts/most-popular'])),
    ...(await measure('most commented', ['/api/timeline/posts/most-commented'])),
    ...(await measure('a post with its comments', [
      `/api/timeline/posts/${postId}`,
      `/api/timeline/posts/${postId}/comments`,
    ])),
  ]
}

/** A third of the posts get counters, and the newest gets comments. Returns its id. */
async function makeCountsAndComments({ sql }: FeedEnvironment): Promise<number> {
  const [post] = await sql<[{ id: number }]>`select id from content.post order by id desc limit 1`
  await sql`
    insert into content.post_counter
      (post_id, post_created_at, view_count, like_count, comment_count, last_commented_at)
    select
      id, created_at, id * 7919 % 997, id * 104729 % 97, id % 13,
      case when id % 13 > 0 then created_at + interval '1 minute' end
    from content.post where id % 3 = 0 or id = ${post.id} on conflict do nothing`
  await sql`
    insert into content.comment (post_id, depth, author_id, content)
    select ${post.id}, 0, id, 'a comment of ' || handle
    from member.member order by id limit ${COMMENTS}`
  await sql`
    update content.post_counter set comment_count = ${COMMENTS} where post_id = ${post.id}`
  await sql`vacuum analyze content.post_counter, content.comment`
  return post.id
}
