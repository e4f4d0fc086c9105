import { createHash, randomUUID } from 'node:crypto'
import { type Client, clientOf } from '@dailyfeed/http-server/client-address'
import type { FastifyRequest } from 'fastify'
import { type Device, deviceOf } from '../session/device.ts'
import { createSealedCookie, type SealedCookie } from '../session/sealed-cookie.ts'

/** The content of a cookie by which a browser is recognised in which members have logged in. */
export interface KnownBrowser {
  id: string
  /** The latest first. */
  members: { id: number; password: string }[]
}

/** Where a login comes from. */
export interface LoginSource {
  device: Device
  client: Client
  browser: KnownBrowser | undefined
}

/** Browsers are shared in families and classrooms; the cookie stays below 1 KB. */
const MAX_MEMBERS = 5
const LIFE_SECONDS = 180 * 24 * 3_600

export const createKnownBrowserCookie = (
  secret: string,
  isSecure: (request: FastifyRequest) => boolean,
): SealedCookie<KnownBrowser> =>
  createSealedCookie({ name: 'dailyfeed_browser', secret, lifeSeconds: LIFE_SECONDS, isSecure })

export async function loginSourceOf(
  cookie: SealedCookie<KnownBrowser>,
  request: FastifyRequest,
): Promise<LoginSource> {
  const client = clientOf(request)
  return { client, device: deviceOf(request, client), browser: await cookie.read(request) }
}

/** The browser's id where the member has logged in with it by their present password; undefined otherwise. */
export const knownDeviceOf = (
  browser: KnownBrowser | undefined,
  memberId: number,
  passwordHash: string | null,
): string | undefined =>
  browser?.members.some(
    ({ id, password }) => id === memberId && password === fingerprintOf(passwordHash),
  ) === true
    ? browser.id
    : undefined

/** The browser after a login with this password. */
export function withMember(
  browser: KnownBrowser | undefined,
  memberId: number,
  passwordHash: string | null,
): KnownBrowser {
  const others = (browser?.members ?? []).filter(({ id }) => id !== memberId)
  return {
    id: browser?.id ?? randomUUID(),
    members: [{ id: memberId, password: fingerprintOf(passwordHash) }, ...others].slice(
      0,
      MAX_MEMBERS,
    ),
  }
}

/** After a change of the password every other browser has to log in once before it is known again. */
const fingerprintOf = (passwordHash: string | null) =>
  createHash('sha256')
    .update(passwordHash ?? '')
    .digest('base64url')
    .slice(0, 22)
