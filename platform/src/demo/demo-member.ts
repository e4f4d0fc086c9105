import type { DemoApi } from './demo-api.ts'
import type { DEMO_MEMBERS, DemoHandle } from './demo-content.ts'

/** A post or comment as far as the demo data reads it. */
export interface Written {
  id: number
  content: string
}

export const emailOf = (handle: DemoHandle) => `${handle}@example.com`

/**
 * A demo member, who writes through the public API. Each write takes effect once, also when an
 * answer was lost or an earlier start was interrupted.
 */
export class DemoMember {
  readonly id: number
  readonly #api: DemoApi
  readonly #handle: DemoHandle
  readonly #authorization: string | undefined

  constructor(api: DemoApi, handle: DemoHandle, id: number, authorization: string | undefined) {
    this.#api = api
    this.#handle = handle
    this.id = id
    this.#authorization = authorization
  }

  async follow(other: DemoMember): Promise<void> {
    await this.#post(`/api/members/follow/${other.id}`, {
      accepts: ['FOLLOW_RELATIONSHIP_ALREADY_EXISTS'],
    })
  }

  async like(postId: number): Promise<void> {
    await this.#post(`/api/posts/${postId}/like`, { accepts: ['POST_LIKE_ALREADY_EXISTS'] })
  }

  async write(title: string | undefined, content: string, key: string): Promise<Written> {
    return (await this.#post('/api/posts', { body: { title, content }, key })) as Written
  }

  async comment(
    draft: { content: string; postId: number; parentId: number | null },
    key: string,
  ): Promise<Written> {
    return (await this.#post('/api/comments', { body: draft, key })) as Written
  }

  posts(): Promise<Written[]> {
    return this.#list(`/api/timeline/posts/authors/${this.id}`)
  }

  /** Comments of a post, or the replies to one of them. */
  comments(postId: number, parentId: number | null): Promise<Written[]> {
    return this.#list(
      parentId === null
        ? `/api/timeline/posts/${postId}/comments`
        : `/api/timeline/comments/${parentId}/replies`,
    )
  }

  async #post(path: string, options: { body?: object; key?: string; accepts?: string[] }) {
    const { key, ...rest } = options
    const { data } = await this.#api.send({
      method: 'POST',
      path,
      authorization: this.#authorization,
      ...rest,
      ...(key === undefined ? {} : { key: `demo-${this.#handle}-${key}` }),
    })
    return data
  }

  async #list(path: string): Promise<Written[]> {
    const { data } = await this.#api.send({
      method: 'GET',
      path: `${path}?size=100`,
      authorization: this.#authorization,
    })
    return (data as { content: Written[] }).content
  }
}

/** Signs the member up, unless an interrupted start has, and in. */
export async function signUp(
  api: DemoApi,
  { handle, ...profile }: (typeof DEMO_MEMBERS)[number],
  password: string,
): Promise<DemoMember> {
  const email = emailOf(handle)
  await api.send({
    method: 'POST',
    path: '/api/authentication/signup',
    body: { handle, email, password, ...profile },
    accepts: ['MEMBER_ALREADY_EXISTS'],
  })
  const { authorization } = await api.send({
    method: 'POST',
    path: '/api/authentication/login',
    body: { email, password },
  })
  const { data } = await api.send({ method: 'GET', path: '/api/members/profile', authorization })
  return new DemoMember(api, handle, (data as { id: number }).id, authorization)
}
