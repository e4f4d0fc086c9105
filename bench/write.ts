import { ROW_ID } from '@dailyfeed/contract/message-key'
import { insertPost } from '@dailyfeed/content/post/post.queries'
import { createNewEventOf } from '@dailyfeed/outbox/outbox'
import { openPool } from '@dailyfeed/postgres-support/pool'
import { startOwnDatabase } from '@dailyfeed/tests/own-database'
import { ask, clientAt } from '@dailyfeed/tests/http-client'
import { connectAsOwner } from '@dailyfeed/tests/owner-connection'
import { type SeparateServices, startSeparateServices } from '@dailyfeed/tests/separate-services'
import autocannon from 'autocannon'
import type { Sql } from 'postgres'
import { median } from './percentile.ts'
import { atMostFactor, type Measurement, atLeastRatio } from './measurement.ts'
import { throughput } from './load.ts'
import { drawChart } from './chart.ts'

const SECONDS = 4
const ROUNDS = 3
const CONNECTIONS = [1, 4, 16, 64]
/** The default of content-svc. */
const POOL_MAX = 8
const LIKERS = 64
const POSTS_TO_COMPARE = 150
const PASSWORD = 'a password of the benches'

/**
 * Creating posts against the bare statement, posts of an author with 100,000 followers, and likes of
 * one post by many members.
 */
export async function writeBench(): Promise<Measurement[]> {
  const database = await startOwnDatabase()
  const services = await startSeparateServices({
    database,
    services: ['member', 'content'],
    env: () => ({ DATABASE_POOL_MAX: String(POOL_MAX) }),
  })
  const owner = connectAsOwner(database.ownerUrl)
  const bare = openPool({ url: database.urlOf('content'), max: POOL_MAX, name: 'bench' })
  try {
    const members = await Promise.all(
      Array.from({ length: LIKERS }, (_, number) => newMember(services, number)),
    )
    return [
      ...(await measureCreation(services, bare, members)),
      await famousAuthor(services, owner, members),
      await viralPost(services, members),
    ]
  } finally {
    await bare.end({ timeout: 1 })
    await owner.end({ timeout: 1 })
    await services.stopAll()
  }
}

interface BenchMember {
  id: number
  authorization: string
}

async function newMember(services: SeparateServices, number: number): Promise<BenchMember> {
  const client = clientAt(services.urlOf('member'))
  const body = {
    email: `writer${number}@example.com`,
    password: PASSWORD,
    memberName: `Writer ${number}`,
    handle: `writer_${number}`,
  }
  const signup = await ask(client, { url: '/api/authentication/signup', body })
  const login = await ask(client, { url: '/api/authentication/login', body })
  return { id: signup.body.data.id, authorization: login.headers.get('authorization') ?? '' }
}

const CONTENT = '봄비가 온다. 우산은 하나뿐이고 갈 길은 멀다.'

async function postsPerSecond(
  services: SeparateServices,
  author: BenchMember,
  connections: number,
): Promise<number> {
  const result = await autocannon({
    url: `${services.urlOf('content')}/api/posts`,
    method: 'POST',
    connections,
    duration: SECONDS,
    headers: { authorization: author.authorization, 'content-type': 'application/json' },
    body: JSON.stringify({ title: '', content: CONTENT }),
  })
  if (result.non2xx > 0 || result.errors > 0)
    throw new Error(`${result.non2xx} posts were refused, ${result.errors} failed`)
  return result.requests.average
}

async function measureCreation(
  services: SeparateServices,
  bare: Sql,
  [author]: readonly BenchMember[],
): Promise<Measurement[]> {
  if (author === undefined) throw new Error('there is no member to write posts')
  const newEventOf = createNewEventOf('Asia/Seoul')
  const insert = () =>
    insertPost(bare, {
      event: newEventOf('POST_CREATE', { memberId: author.id, postId: ROW_ID }),
      authorId: author.id,
      title: '',
      content: CONTENT,
    })
  await postsPerSecond(services, author, 16)
  const ofService = new Map<number, number>()
  const ofBare = new Map<number, number>()
  for (const connections of CONNECTIONS) {
    const [service, statement]: [number[], number[]] = [[], []]
    // Alternately, so that a change of the machine's speed affects both.
    for (let round = 0; round < ROUNDS; round += 1) {
      statement.push(await throughput(insert, connections, SECONDS))
      service.push(await postsPerSecond(services, author, connections))
    }
    ofBare.set(connections, median(statement))
    ofService.set(connections, median(service))
  }
  const pointsOf = (rates: Map<number, number>) => [...rates].map(([x, y]) => ({ x, y }))
  await drawChart('write', {
    title: 'Posts created per second',
    xLabel: 'connections',
    yLabel: 'posts/s',
    lines: [
      { name: 'the bare statement', points: pointsOf(ofBare) },
      { name: 'POST /api/posts', points: pointsOf(ofService) },
    ],
  })
  return [16, 64].map((connections) =>
    atLeastRatio(
      `create a post, ${connections} connections, of the bare statement`,
      ofService.get(connections) ?? Number.NaN,
      ofBare.get(connections) ?? Number.NaN,
      'posts/s',
      connections === 16 ? 0.5 : 0.6,
    ),
  )
}

async function famousAuthor(
  services: SeparateServices,
  owner: Sql,
  members: readonly BenchMember[],
): Promise<Measurement> {
  const [famous, unknown] = members.slice(1, 3) as [BenchMember, BenchMember]
  await owner`
    with follower as (
      insert into member.member (email, member_name, handle)
      select 'follower' || n || '@example.com', 'Follower', 'follower_' || n
      from generate_series(1, 100000) n
      returning id
    )
    insert into member.follow (follower_id, following_id) select id, ${famous.id} from follower`
  await owner`
    insert into member.follow (follower_id, following_id)
    select id, ${unknown.id} from member.member
    where handle like 'follower_%' order by id limit 10`
  await owner`analyze member.member, member.follow`
  const latencies = { famous: [] as number[], unknown: [] as number[] }
  for (let n = 0; n < POSTS_TO_COMPARE; n += 1) {
    latencies.famous.push(await latencyOf(() => writePost(services, famous)))
    latencies.unknown.push(await latencyOf(() => writePost(services, unknown)))
  }
  return atMostFactor(
    'a post of an author with 100,000 followers, median, against 10',
    median(latencies.famous),
    median(latencies.unknown),
    'ms',
    1.5,
  )
}

async function viralPost(
  services: SeparateServices,
  members: readonly BenchMember[],
): Promise<Measurement> {
  const ownPosts = await Promise.all(members.map((member) => writePost(services, member)))
  const [viral = 0] = ownPosts
  const [spread, same]: [number[], number[]] = [[], []]
  for (let round = 0; round < ROUNDS; round += 1) {
    spread.push(await likesPerSecond(services, members, (index) => ownPosts[index] ?? 0))
    same.push(await likesPerSecond(services, members, () => viral))
  }
  return atLeastRatio(
    'likes of one post by 64 members at once, of likes spread over 64 posts',
    median(same),
    median(spread),
    'likes/s',
    0.25,
  )
}

/** Each member likes and unlikes a post in turn; at the end every like is withdrawn. */
async function likesPerSecond(
  services: SeparateServices,
  members: readonly BenchMember[],
  postIdOf: (index: number) => number,
): Promise<number> {
  const liked = members.map(() => false)
  const toggle = async (index: number) => {
    const response = await fetch(`${services.urlOf('content')}/api/posts/${postIdOf(index)}/like`, {
      method: liked[index] ? 'DELETE' : 'POST',
      headers: { authorization: members[index]?.authorization ?? '' },
    })
    await response.arrayBuffer()
    if (!response.ok) throw new Error(`a like answered ${response.status}`)
    liked[index] = !liked[index]
  }
  const rate = await throughput(toggle, members.length, SECONDS)
  for (const index of members.keys()) if (liked[index]) await toggle(index)
  return rate
}

async function writePost(
  services: SeparateServices,
  { authorization }: BenchMember,
): Promise<number> {
  const { body } = await ask(clientAt(services.urlOf('content')), {
    as: authorization,
    url: '/api/posts',
    body: { title: '', content: 'a post' },
  })
  return body.data.id
}

async function latencyOf(action: () => Promise<unknown>): Promise<number> {
  const startedAt = performance.now()
  await action()
  return performance.now() - startedAt
}
