import { DEMO_FOLLOWS, DEMO_MEMBERS, DEMO_POSTS } from '@dailyfeed/platform/demo/demo-content'
import type { DemoCounts } from './interrupted-starts.ts'

type Comments = NonNullable<(typeof DEMO_POSTS)[number]['comments']>

const countOf = (comments: Comments = []): number =>
  comments.reduce((sum, { replies }) => sum + 1 + countOf(replies), 0)

/** Everything exactly once. */
export const EXPECTED_DEMO_DATA: DemoCounts = {
  members: DEMO_MEMBERS.length,
  follows: DEMO_FOLLOWS.length,
  posts: DEMO_POSTS.length,
  comments: DEMO_POSTS.reduce((sum, { comments }) => sum + countOf(comments), 0),
  likes: DEMO_POSTS.reduce((sum, { likedBy = [] }) => sum + likedBy.length, 0),
}
