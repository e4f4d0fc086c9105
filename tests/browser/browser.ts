import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core'

/** The sandbox needs privileges that a test machine may not grant; many networks refuse background requests. */
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

export interface BrowserWindow {
  context: BrowserContext
  page: Page
  /** Uncaught errors and error messages in the page's console. */
  pageErrors: string[]
}

export const DESKTOP = { width: 1_280, height: 860 }
export const PHONE = { width: 390, height: 844 }

/** A browser window with its own cookies and storage. */
export async function openWindow(
  browser: Browser,
  baseURL: string,
  { locale = 'en-US', viewport = DESKTOP, colorScheme = 'light' as 'light' | 'dark' } = {},
): Promise<BrowserWindow> {
  const context = await browser.newContext({ baseURL, locale, viewport, colorScheme })
  context.setDefaultTimeout(10_000)
  const page = await context.newPage()
  const pageErrors: string[] = []
  page.on('pageerror', (error) => pageErrors.push(error.message))
  page.on('console', (message) => {
    // The first refresh of a visitor without a session is answered with 401.
    if (message.type() === 'error' && !message.text().includes('401'))
      pageErrors.push(message.text())
  })
  return { context, page, pageErrors }
}

export async function logIn(
  page: Page,
  email: string,
  password: string,
  language: 'en' | 'ko' = 'en',
): Promise<void> {
  const labels = {
    en: { email: 'E-mail', password: 'Password', login: 'Log in' },
    ko: { email: '이메일', password: '비밀번호', login: '로그인' },
  }[language]
  await page.goto('/login')
  await page.getByLabel(labels.email, { exact: true }).fill(email)
  await page.getByLabel(labels.password, { exact: true }).fill(password)
  await page.getByRole('button', { name: labels.login, exact: true }).click()
  await page.getByRole('navigation').first().waitFor()
}
