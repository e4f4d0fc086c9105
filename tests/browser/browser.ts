import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core'

/** A sandbox needs privileges that a test's machine may not give, and a browser that phones home is refused by many networks. */
const FLAGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
]

export const launchBrowser = (): Promise<Browser> =>
  chromium.launch({
    executablePath: process.env['CHROMIUM_PATH'] ?? '/usr/bin/chromium',
    args: FLAGS,
  })

export interface View {
  context: BrowserContext
  page: Page
  /** What the page complained of: uncaught errors, refused scripts. */
  complaints: string[]
}

export const DESKTOP = { width: 1_280, height: 860 }
export const PHONE = { width: 390, height: 844 }

/** A browser window of its own, with cookies of its own. */
export async function openView(
  browser: Browser,
  baseURL: string,
  { locale = 'en-US', viewport = DESKTOP, colorScheme = 'light' as 'light' | 'dark' } = {},
): Promise<View> {
  const context = await browser.newContext({ baseURL, locale, viewport, colorScheme })
  context.setDefaultTimeout(10_000)
  const page = await context.newPage()
  const complaints: string[] = []
  page.on('pageerror', (error) => complaints.push(error.message))
  page.on('console', (message) => {
    // A 401 answer to the first silent refresh is how the page learns that nobody is logged in.
    if (message.type() === 'error' && !message.text().includes('401'))
      complaints.push(message.text())
  })
  return { context, page, complaints }
}

export async function logIn(
  page: Page,
  email: string,
  password: string,
  language: 'en' | 'ko' = 'en',
): Promise<void> {
  const names = {
    en: { email: 'E-mail', password: 'Password', login: 'Log in' },
    ko: { email: '이메일', password: '비밀번호', login: '로그인' },
  }[language]
  await page.goto('/login')
  await page.getByLabel(names.email, { exact: true }).fill(email)
  await page.getByLabel(names.password, { exact: true }).fill(password)
  await page.getByRole('button', { name: names.login, exact: true }).click()
  await page.getByRole('navigation').first().waitFor()
}
