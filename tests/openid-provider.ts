import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import Provider from 'oidc-provider'

/** The claims that the provider asserts about a person. */
export interface ProviderAccount {
  email: string
  email_verified: boolean
  name?: string
}

export interface TestProvider {
  issuer: string
  clientId: string
  clientSecret: string
  /** Keyed by subject. */
  accounts: Map<string, ProviderAccount>
  /** Acts as a browser: logs in as the subject, consents, and returns the address of the redirect. */
  signIn(authorizationUrl: string, subject: string): Promise<URL>
  /** Acts as a browser: cancels the sign-in, and returns the address of the redirect. */
  cancel(authorizationUrl: string): Promise<URL>
  stop(): Promise<void>
}

const CLIENT = { id: 'dailyfeed', secret: 'a-client-secret-of-at-least-32-characters' }

/** Starts a real OpenID Connect provider with the login pages that the library ships for development. */
export async function startTestProvider(redirectUris: readonly string[]): Promise<TestProvider> {
  const accounts = new Map<string, ProviderAccount>()
  const server = createServer((request, response) => void handle(request, response))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const provider = new Provider(issuer, {
    clients: [
      {
        client_id: CLIENT.id,
        client_secret: CLIENT.secret,
        grant_types: ['authorization_code'],
        redirect_uris: [...redirectUris],
      },
    ],
    claims: { openid: ['sub'], email: ['email', 'email_verified'], profile: ['name'] },
    cookies: { keys: ['only-for-tests'] },
    features: { devInteractions: { enabled: true } },
    pkce: { required: () => true },
    findAccount: (_context, subject) => ({
      accountId: subject,
      claims: async () => ({ sub: subject, ...accounts.get(subject) }),
    }),
  })
  provider.silent = true
  const handle = provider.callback()

  return {
    issuer,
    clientId: CLIENT.id,
    clientSecret: CLIENT.secret,
    accounts,
    signIn: (start, subject) =>
      followForms(start, (page) =>
        page.includes('name="login"')
          ? { path: actionOf(page), fields: { prompt: 'login', login: subject, password: 'any' } }
          : { path: actionOf(page), fields: { prompt: 'consent' } },
      ),
    cancel: (start) =>
      followForms(start, (page) => ({ path: /href="([^"]+\/abort)"/.exec(page)?.[1] ?? '' })),
    async stop() {
      server.close()
      server.closeAllConnections()
      await once(server, 'close')
    },
  }
}

/** The next request of the browser: a form with these fields, or a link. */
type NextStep = { path: string; fields: Record<string, string> } | { path: string }

const actionOf = (page: string) => /<form[^>]*action="([^"]+)"/.exec(page)?.[1] ?? ''

/** Follows redirects and submits the forms of pages until a redirect leads to another origin. */
async function followForms(start: string, fill: (page: string) => NextStep): Promise<URL> {
  const cookies = new Map<string, string>()
  let url = new URL(start)
  const { origin } = url
  let body: URLSearchParams | undefined
  for (let steps = 0; steps < 20; steps += 1) {
    const response = await fetch(url, {
      method: body === undefined ? 'GET' : 'POST',
      redirect: 'manual',
      headers: { cookie: [...cookies].map(([name, value]) => `${name}=${value}`).join('; ') },
      ...(body === undefined ? {} : { body }),
    })
    for (const line of response.headers.getSetCookie()) {
      const [, name, value] = /^([^=]+)=([^;]*)/.exec(line) ?? []
      if (name !== undefined) cookies.set(name, value ?? '')
    }
    const location = response.headers.get('location')
    if (location !== null) {
      body = undefined
      url = new URL(location, url)
      if (url.origin !== origin) return url
      continue
    }
    const page = await response.text()
    if (response.status >= 400)
      throw new Error(`the provider answered ${response.status}: ${page.slice(0, 500)}`)
    const next = fill(page)
    url = new URL(next.path, url)
    body = 'fields' in next ? new URLSearchParams(next.fields) : undefined
  }
  throw new Error('the provider did not send the browser back')
}
