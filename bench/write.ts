import { ROW_ID } from '@dailyfeed/contract/message-key'
import { insertPost } from '@dailyfeed/content/post/post.queries'
import { createNewEventOf } from '@dailyfeed/outbox/outbox'
import { openPool } from '@dailyfeed/postgres-support/pool'
import { startOwnDatabase } from '@dailyfeed/tests/own-database'
import { type SeparateServices, startSeparateServices } from '@dailyfeed/tests/separate-services'
import autocannon from 'autocannon'
import postgres, { type Sql } from 'postgres'
import { median } from './percentile.ts'
import { factorFigure, type Figure, ratioFigure } from './figure.ts'
import { actsPerSecond } from './load.ts'
import { drawGrowth } from './picture.ts'

const SECONDS = 4
const ROUNDS = 3
const CONNECTIONS = [1, 4, 16, 64]
/** content-svc's default. */
const POOL_MAX = 8
const LIKERS = 64
const POSTS_TO_COMPARE = 150
const PASSWORD = 'a bench writes many posts'

/** Creating posts against their bare statement, a post of somebody with 100,000 followers, and a post that everybody likes. */
export async function writeBench(): Promise<Figure[]> {
  const database = await startOwnDatabase()
  const services = await startSeparateServices({
    database,
    services: ['member', 'content'],
    env: () => ({ DATABASE_POOL_MAX: String(POOL_MAX) }),
  })
  const owner = postgres(database.ownerUrl, { max: 2, onnotice() {} }) as unknown as Sql
  const bare = openPool({ url: database.urlOf('content'), max: POOL_MAX, name: 'bench' })
  try {
    const members = await Promise.all(
      Array.from({ length: LIKERS }, (_, number) => newMember(services, number)),
    )
    return [
      ...(await creating(services, bare, members)),
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
  const url = services.urlOf('member')
  const account = {
    email: `writer${number}@example.com`,
    password: PASSWORD,
    memberName: `Writer ${number}`,
    handle: `writer_${number}`,
  }
  const json = {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(account),
  }
  const signup = (await (await fetch(`${url}/api/authentication/signup`, json)).json()) as {
    data: { id: number }
  }
  const login = await fetch(`${url}/api/authentication/login`, json)
  return { id: signup.data.id, authorization: login.headers.get('authorization') ?? '' }
}

async function creating(
  services: SeparateServices,
  bare: Sql,
  members: readonly BenchMember[],
): Promise<Figure[]> {
  const [author] = members
  const url = `${services.urlOf('content')}/api/posts`
  const create = async (connections: number) => {
    const result = await autocannon({
      url,
      method: 'POST',
      connections,
      duration: SECONDS,
      headers: { authorization: author?.authorization ?? '', 'content-type': 'application/json' },
      body: JSON.stringify({ title: '', content: '봄비가 온다. 우산은 하나뿐이고 갈 길은 멀다.' }),
    })
    if (result.non2xx > 0 || result.errors > 0)
      throw new Error(`${result.non2xx} posts were refused, ${result.errors} failed`)
    return result.requests.average
  }
  const newEventOf = createNewEventOf('Asia/Seoul')
  const insert = () =>
    insertPost(bare, {
      event: newEventOf('POST_CREATE', { memberId: author?.id ?? 0, postId: ROW_ID }),
      authorId: author?.id ?? 0,
      title: '',
      content: '봄비가 온다. 우산은 하나뿐이고 갈 길은 멀다.',
    })
  await create(16)
  const lines = {
    service: [] as { x: number; y: number }[],
    bare: [] as { x: number; y: number }[],
  }
  for (const connections of CONNECTIONS) {
    const [ofService, ofBare]: [number[], number[]] = [[], []]
    // Turn by turn: a machine that drifts does so in both.
    for (let round = 0; round < ROUNDS; round += 1) {
      ofBare.push(await actsPerSecond(insert, connections, SECONDS))
      ofService.push(await create(connections))
    }
    lines.bare.push({ x: connections, y: median(ofBare) })
    lines.service.push({ x: connections, y: median(ofService) })
  }
  await drawGrowth('write', {
    title: 'Posts created a second',
    xLabel: 'at once',
    yLabel: 'posts/s',
    lines: [
      { name: 'the bare statement', points: lines.bare },
      { name: 'POST /api/posts', points: lines.service },
    ],
  })
  const at = (points: { x: number; y: number }[], x: number) =>
    points.find((point) => point.x === x)?.y ?? Number.NaN
  return [
    ratioFigure(
      'create a post, 16 connections, of the bare statement',
      at(lines.service, 16),
      at(lines.bare, 16),
      'posts/s',
      0.5,
    ),
    ratioFigure(
      'create a post, 64 connections, of the bare statement',
      at(lines.service, 64),
      at(lines.bare, 64),
      'posts/s',
      0.6,
    ),
  ]
}

async function famousAuthor(
  services: SeparateServices,
  owner: Sql,
  members: readonly BenchMember[],
): Promise<Figure> {
  const [famous, unknown] = members.slice(1, 3) as [BenchMember, BenchMember]
  await owner`
    with follower as (
      insert into member.member (email, member_name, handle) select 'follower' || n || '@example.com', 'Follower', 'follower_' || n from generate_series(1, 100000) n returning id
    )
    insert into member.follow (follower_id, following_id) select id, ${famous.id} from follower`
  await owner`insert into member.follow (follower_id, following_id) select id, ${unknown.id} from member.member where handle like 'follower_%' order by id limit 10`
  await owner`analyze member.member, member.follow`
  const times = { famous: [] as number[], unknown: [] as number[] }
  for (let n = 0; n < POSTS_TO_COMPARE; n += 1) {
    times.famous.push(await timed(() => post(services, famous)))
    times.unknown.push(await timed(() => post(services, unknown)))
  }
  return factorFigure(
    'a post of an author with 100,000 followers, median, against 10',
    median(times.famous),
    median(times.unknown),
    'ms',
    1.5,
  )
}

async function viralPost(
  services: SeparateServices,
  members: readonly BenchMember[],
): Promise<Figure> {
  const own = await Promise.all(members.map((member) => post(services, member)))
  const [viral = 0] = own
  const like = async (postIdOf: (index: number) => number) => {
    const liked = members.map(() => false)
    return actsPerSecond(
      async (worker) => {
        const [member, postId] = [members[worker] as BenchMember, postIdOf(worker)]
        const response = await fetch(`${services.urlOf('content')}/api/posts/${postId}/like`, {
          method: liked[worker] ? 'DELETE' : 'POST',
          headers: { authorization: member.authorization },
        })
        await response.arrayBuffer()
        if (!response.ok) throw new Error(`a like was ${response.status}`)
        liked[worker] = !liked[worker]
      },
      members.length,
      SECONDS,
    ).finally(async () => {
      for (const [index, member] of members.entries())
        if (liked[index])
          await fetch(`${services.urlOf('content')}/api/posts/${postIdOf(index)}/like`, {
            method: 'DELETE',
            headers: { authorization: member.authorization },
          })
    })
  }
  const [spread, same]: [number[], number[]] = [[], []]
  for (let round = 0; round < ROUNDS; round += 1) {
    spread.push(await like((index) => own[index] ?? 0))
    same.push(await like(() => viral))
  }
  return ratioFigure(
    'likes of one post by 64 members at once, of likes spread over 64 posts',
    median(same),
    median(spread),
    'likes/s',
    0.25,
  )
}

async function post(services: SeparateServices, { authorization }: BenchMember): Promise<number> {
  const response = await fetch(`${services.urlOf('content')}/api/posts`, {
    method: 'POST',
    headers: { authorization, 'content-type': 'application/json' },
    body: JSON.stringify({ title: '', content: 'a post' }),
  })
  return ((await response.json()) as { data: { id: number } }).data.id
}

async function timed(act: () => Promise<unknown>): Promise<number> {
  const startedAt = performance.now()
  await act()
  return performance.now() - startedAt
}
