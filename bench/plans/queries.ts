import { deleteCommentTree, insertComment } from '@dailyfeed/content/comment/comment.queries'
import { reconcilePostCounters } from '@dailyfeed/content/counter/counter.queries'
import { cancelLike, insertLike, isPostVisible } from '@dailyfeed/content/like/like.queries'
import { insertPost } from '@dailyfeed/content/post/post.queries'
import { ROW_ID } from '@dailyfeed/contract/message-key'
import { findCredentialsByEmail } from '@dailyfeed/member/account/account.queries'
import { createNewEventOf } from '@dailyfeed/outbox/outbox'
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
import type { Sql } from 'postgres'
import type { HotQuery } from './explain.ts'
import type { Reader } from './rows.ts'

/** Every hot query, by the functions that the services call. */
export const hotQueries = async (sql: Sql, reader: Reader): Promise<HotQuery[]> => [
  ...(await followingFeed(sql, reader)),
  ...(await feedCache(sql, reader)),
  ...lists(sql, reader),
  ...comments(sql, reader),
  ...writes(sql, reader),
]

async function followingFeed(sql: Sql, reader: Reader): Promise<HotQuery[]> {
  const page = { viewerId: reader.id, before: reader.nextPostId, hiddenAuthorIds: [], limit: 21 }
  const { following_ids: authorIds } = await findRecentEntries(sql, page)
  return [
    {
      name: 'Following feed: recent posts of all authors, backwards',
      run: () => findRecentEntries(sql, { ...page, before: undefined }),
    },
    {
      name: 'Following feed: newest posts per author',
      run: () => findPostsByAuthors(sql, { ...page, authorIds }),
    },
    {
      name: 'Following feed: newest posts per author, a thousand pages deep',
      run: () =>
        findPostsByAuthors(sql, {
          ...page,
          authorIds,
          before: Math.floor(reader.nextPostId / 50),
        }),
    },
    {
      name: 'Following feed in Redis: followings of a viewer',
      run: () => findFollowingIds(sql, reader.id),
    },
    { name: 'Hydration: posts', run: () => findPosts(sql, reader.id, reader.postIds) },
    {
      name: 'Hydration: authors and their relations to the viewer',
      run: () => findAuthors(sql, reader.id, reader.authorIds),
    },
  ]
}

async function feedCache(sql: Sql, { id, postIds, authorIds }: Reader): Promise<HotQuery[]> {
  const { xmin } = await findSnapshot(sql)
  const firstComments = () => findFirstComments(sql, postIds[0] ?? 0, FIRST_COMMENTS)
  const commentIds = (await firstComments()).map((comment) => comment.id)
  return [
    {
      name: 'Feed cache: followings, mutes, blocks and likes of a viewer',
      run: () => findViewer(sql, id, MAX_PRELOADED),
    },
    {
      name: 'Feed cache: newest posts of all authors',
      run: () => findNewestPosts(sql, RECENT_POSTS),
    },
    { name: 'Feed cache: posts without a viewer', run: () => findSharedPosts(sql, postIds) },
    {
      name: 'Feed cache: relations to authors, and liked posts',
      run: () => findRelations(sql, id, authorIds, 'posts', postIds),
    },
    { name: 'Feed cache: first comments of a post', run: firstComments },
    {
      name: 'Feed cache: liked comments',
      run: () => findRelations(sql, id, [], 'comments', commentIds),
    },
    { name: 'Feed cache: idle check of the outbox tail', run: () => findSnapshot(sql) },
    {
      name: 'Feed cache: changes since the last poll',
      run: () => findChangesSince(sql, xmin, 1),
    },
  ]
}

function lists(sql: Sql, reader: Reader): HotQuery[] {
  const { id: viewerId, authorId, nextPostId } = reader
  const now = Date.now() / 1_000
  const period = { from: now - 20 * 86_400, until: now - 19 * 86_400 }
  const page = { offset: 0, limit: 21 }
  return [
    { name: 'Most popular, all time', run: () => rankPosts(sql, 'most-popular', 'all') },
    { name: 'Most popular, one day', run: () => rankPosts(sql, 'most-popular', '1d') },
    { name: 'Most commented, all time', run: () => rankPosts(sql, 'most-commented', 'all') },
    { name: 'Recent activities', run: () => rankPosts(sql, 'recent-activities', 'all') },
    {
      name: 'Most popular of the viewer’s followings',
      run: () => rankPostsOfFollowings(sql, viewerId, 'most-popular', 'all'),
    },
    {
      name: 'Posts of an author',
      run: () => findEntriesOfAuthor(sql, { authorId, before: nextPostId, ...page }),
    },
    {
      name: 'Posts of a day',
      run: () => findEntriesOfPeriod(sql, { viewerId, period, after: undefined, ...page }),
    },
    { name: 'Number of posts of a day', run: () => countPostsOfPeriod(sql, viewerId, period) },
  ]
}

function comments(sql: Sql, { id, postIds, authorId }: Reader): HotQuery[] {
  const page = { viewerId: id, afterId: undefined, offset: 0, limit: 21 }
  return [
    { name: 'Comments of a post', run: () => findCommentsOfPost(sql, postIds[0] ?? 0, page) },
    { name: 'Replies to a comment', run: () => findReplies(sql, 1, page) },
    { name: 'Comments of a member', run: () => findCommentsOfMember(sql, authorId, page) },
  ]
}

function writes(sql: Sql, { id: memberId, postIds }: Reader): HotQuery[] {
  const newEventOf = createNewEventOf('Asia/Seoul')
  const [, postId = 0] = postIds
  const post = { kind: 'post', id: postId } as const
  const firstOfThousand = postId - (postId % 1_000)
  const commentIds: number[] = []
  const comment = { postId, parentId: null, depth: 0, authorId: memberId, content: 'a comment' }
  const createPost = () =>
    insertPost(sql, {
      event: newEventOf('POST_CREATE', { memberId, postId: ROW_ID }),
      authorId: memberId,
      title: '',
      content: 'a post',
    })
  return [
    { name: 'Create a post with its event', run: createPost },
    {
      name: 'Create a comment',
      run: async () => commentIds.push((await insertComment(sql, comment)).id),
    },
    {
      name: 'Delete a comment with its replies',
      run: () => deleteCommentTree(sql, commentIds.pop() ?? 0),
    },
    {
      name: 'Verify the counters of a thousand posts',
      run: () => reconcilePostCounters(sql, firstOfThousand, firstOfThousand + 1_000),
    },
    { name: 'Visibility of a post', run: () => isPostVisible(sql, postId, memberId) },
    {
      name: 'Like a post',
      run: () => insertLike(sql, newEventOf('LIKE_POST', { memberId, postId }), post, memberId),
    },
    {
      name: 'Withdraw a like',
      run: () =>
        cancelLike(sql, newEventOf('LIKE_POST_CANCEL', { memberId, postId }), post, memberId),
    },
    {
      name: 'Login by e-mail address',
      run: () => findCredentialsByEmail(sql, 'seed5000@example.com'),
    },
  ]
}
