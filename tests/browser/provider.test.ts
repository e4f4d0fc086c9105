import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { newMember } from '../acceptance/client.ts'
import { startTestProvider, type TestProvider } from '../openid-provider.ts'
import { freePortRange, type PlatformProcess, startPlatformProcess } from '../platform-process.ts'
import { launchBrowser, logIn, openWindow, PHONE } from './browser.ts'

/** The sign-in by a provider, with both sites in a real browser. */
let browser: Browser
let provider: TestProvider
let platform: PlatformProcess

beforeAll(async () => {
  const port = await freePortRange()
  provider = await startTestProvider([
    `http://127.0.0.1:${port}/api/authentication/oidc/acme/callback`,
  ])
  platform = await startPlatformProcess({
    port,
    env: {
      OIDC_PROVIDERS: 'acme',
      OIDC_ACME_NAME: 'Acme',
      OIDC_ACME_ISSUER: provider.issuer,
      OIDC_ACME_CLIENT_ID: provider.clientId,
      OIDC_ACME_CLIENT_SECRET: provider.clientSecret,
    },
  })
  browser = await launchBrowser()
})
afterAll(async () => {
  await browser?.close()
  await platform?.stop()
  await provider?.stop()
})

/** The provider's pages request fonts of other sites, which tests do not load. */
const isOurs = (pageError: string) => !pageError.startsWith('Failed to load resource')

/** Logs in at the provider as this subject and consents. */
async function signInAtProvider(page: Page, subject: string): Promise<void> {
  await page.locator('input[name="login"]').fill(subject)
  await page.locator('input[name="password"]').fill('any')
  await page.locator('button[type="submit"]').click()
  await page.locator('button[type="submit"]', { hasText: 'Continue' }).click()
}

test('a new member signs up by a provider, sets a password, and can then log in by either', async () => {
  provider.accounts.set('hana', { email: 'hana@example.test', email_verified: true, name: '하나' })
  const { page, context, pageErrors } = await openWindow(browser, platform.url, {
    locale: 'ko-KR',
    viewport: PHONE,
  })
  await page.goto('/login')
  await page.getByRole('link', { name: 'Acme 계정으로 로그인' }).click()
  await signInAtProvider(page, 'hana')
  await page.getByText('hana@example.test', { exact: false }).waitFor()
  expect(await page.getByLabel('이름').inputValue()).toBe('하나')
  await page.getByLabel('핸들').fill('hana_1')
  await page.getByRole('button', { name: '가입하기' }).click()
  await page.getByText('하나 님, 환영합니다.').waitFor()

  await page.goto('/security')
  await page.getByText('hana@example.test').waitFor()
  await page.getByLabel('새 비밀번호').fill('a password of her own')
  await page.getByRole('button', { name: '비밀번호 정하기' }).click()
  await page.getByLabel('현재 비밀번호').waitFor()
  await page.getByText('로그인 방법 연결', { exact: true }).waitFor()
  expect(pageErrors.filter(isOurs)).toEqual([])
  await context.close()

  const { page: second, context: other } = await openWindow(browser, platform.url)
  await logIn(second, 'hana@example.test', 'a password of her own')
  await other.close()
  const { page: third, context: last } = await openWindow(browser, platform.url)
  await third.goto('/login?returnTo=%2Fpopular')
  await third.getByRole('link', { name: 'Sign in with Acme' }).click()
  await signInAtProvider(third, 'hana')
  await third.waitForURL('**/popular')
  await third.getByRole('link', { name: 'Security' }).waitFor()
  await last.close()
})

test('an existing account is linked with its password, unlinked, and linked again', async () => {
  const member = await newMember({ memberName: 'Park Dari' }, platform.url)
  provider.accounts.set('dari', { email: member.email, email_verified: true })
  const { page, context, pageErrors } = await openWindow(browser, platform.url)
  await page.goto('/login')
  await page.getByRole('link', { name: 'Sign in with Acme' }).click()
  await signInAtProvider(page, 'dari')
  await page.getByText('There is an account with the address', { exact: false }).waitFor()
  await page.getByLabel('Password').fill(member.password)
  await page.getByRole('button', { name: 'Link and log in' }).click()
  await page.getByText('Welcome, Park Dari.').waitFor()

  await page.goto('/security')
  await page.getByRole('button', { name: 'Unlink Acme' }).click()
  const dialog = page.getByRole('dialog', { name: 'Unlink Acme' })
  await dialog.getByLabel('Password').fill(member.password)
  await dialog.getByRole('button', { name: 'Unlink' }).click()
  await page.getByText('Acme is unlinked.').waitFor()
  await page.getByRole('button', { name: 'Link Acme' }).click()
  const linkDialog = page.getByRole('dialog', { name: 'Link Acme' })
  await linkDialog.getByLabel('Password').fill(member.password)
  await linkDialog.getByRole('button', { name: 'Go on' }).click()
  // The provider has a session with this browser, so it redirects at once.
  await page.waitForURL('**/security?linked=acme')
  await page.getByRole('button', { name: 'Unlink Acme' }).waitFor()
  expect(pageErrors.filter(isOurs)).toEqual([])
  await context.close()
})

test('a sign-in that is cancelled at the provider is reported on the login page', async () => {
  const { page, context } = await openWindow(browser, platform.url)
  await page.goto('/login')
  await page.getByRole('link', { name: 'Sign in with Acme' }).click()
  await page.getByText('[ Cancel ]').click()
  await page.getByText('You cancelled the sign-in.').waitFor()
  await context.close()
})
