import { ask, clientAt, type HttpClient } from '../http-client.ts'

const ACCOUNT = { email: 'filler@example.com', password: 'correct horse battery staple' }
const WRITERS = 6
const POST_CHARACTERS = 4_990
const HANGUL = { first: 0xac00, count: 11_172 }

interface FillingMember {
  client: HttpClient
  as: string
  read(postId: number): Promise<{ status: number }>
}

interface Refusal {
  status: number
  retryAfter: number
}

/** Signs up the member whose posts fill the disk. */
export async function logIn(url: string): Promise<FillingMember> {
  const client = clientAt(url)
  await ask(client, {
    url: '/api/authentication/signup',
    body: { ...ACCOUNT, memberName: 'Filler', handle: 'filler' },
  })
  const login = await ask(client, { url: '/api/authentication/login', body: ACCOUNT })
  const as = login.headers.get('authorization') ?? ''
  return { client, as, read: (postId) => ask(client, { as, url: `/api/timeline/posts/${postId}` }) }
}

/** Writes one post of the greatest length. Random syllables are hard to compress. */
export async function writeOrStatus({
  client,
  as,
}: FillingMember): Promise<Refusal & { id?: number }> {
  const { status, body, headers } = await ask(client, {
    as,
    url: '/api/posts',
    body: { content: randomText() },
  })
  return {
    status,
    retryAfter: Number(headers.get('retry-after')),
    ...(status === 201 ? { id: body.data.id as number } : {}),
  }
}

/** Writes until a post is refused. */
export async function fillByWrites(
  member: FillingMember,
): Promise<{ acknowledged: number[]; refusals: Refusal[] }> {
  const acknowledged: number[] = []
  const refusals: Refusal[] = []
  await Promise.all(
    Array.from({ length: WRITERS }, async () => {
      while (refusals.length === 0) {
        const { id, ...refusal } = await writeOrStatus(member)
        if (id === undefined) refusals.push(refusal)
        else acknowledged.push(id)
      }
    }),
  )
  return { acknowledged, refusals }
}

/** The number of posts that were acknowledged and cannot be read. */
export async function lostAmong(
  { client, as }: FillingMember,
  acknowledged: readonly number[],
): Promise<number> {
  let found = 0
  for (let start = 0; start < acknowledged.length; start += 100) {
    const ids = acknowledged.slice(start, start + 100)
    const { body } = await ask(client, { as, url: '/api/timeline/posts/query/list', body: { ids } })
    found += body.data.length
  }
  return acknowledged.length - found
}

function randomText(): string {
  const syllable = () =>
    String.fromCodePoint(HANGUL.first + Math.floor(Math.random() * HANGUL.count))
  let text = ''
  while (text.length < POST_CHARACTERS)
    text += `${Array.from({ length: 2 + Math.floor(Math.random() * 5) }, syllable).join('')} `
  return text.trimEnd()
}
