import type { Browser, Route } from 'playwright-core'
import { afterAll, afterEach, beforeAll, expect, inject, test } from 'vitest'
import { ask } from '../http-client.ts'
import { type Member, newMember } from '../acceptance/client.ts'
import { DESKTOP, launchBrowser, logIn, openWindow, PHONE, type BrowserWindow } from './browser.ts'

let browser: Browser
let minji: Member
let sora: Member
let opened: BrowserWindow | undefined

beforeAll(async () => {
  browser = await launchBrowser()
  ;[minji, sora] = [
    await newMember({ memberName: 'Kim Minji' }),
    await newMember({ memberName: 'Park Sora' }),
  ]
  await ask(minji, { method: 'POST', url: `/api/members/follow/${sora.id}` })
})
afterEach(async () => {
  await opened?.context.close()
  opened = undefined
})
afterAll(() => browser?.close())

async function open(options: Parameters<typeof openWindow>[2] = {}): Promise<BrowserWindow> {
  opened = await openWindow(browser, inject('platformUrl'), options)
  return opened
}

test('a new member signs up, sees the feed, and is still logged in after a reload', async () => {
  const { page, pageErrors } = await open()
  const handle = `web_${Math.random().toString(36).slice(2, 10)}`
  await page.goto('/')
  await page.getByRole('link', { name: 'Create an account' }).click()
  // The login page has fields of the same names, and remains until the code of the next page is loaded.
  await page.getByRole('heading', { level: 1, name: 'Create an account' }).waitFor()
  await page.getByLabel('E-mail').fill(`${handle}@example.com`)
  await page.getByLabel('Password', { exact: true }).fill('a long enough password')
  await page.getByLabel('Name', { exact: true }).fill('New Member')
  await page.getByLabel('Handle').fill(handle)
  await page.getByRole('button', { name: 'Sign up' }).click()
  await page.getByRole('heading', { level: 1, name: "My follow's news" }).waitFor()
  await page.reload()
  await page.getByRole('heading', { level: 1, name: "My follow's news" }).waitFor()
  expect(await page.evaluate(() => JSON.stringify({ ...localStorage }))).not.toMatch(/eyJ|Bearer/)
  expect(pageErrors).toEqual([])
})

test('a wrong password is reported on the login page', async () => {
  const { page } = await open()
  await page.goto('/login')
  await page.getByLabel('E-mail').fill(minji.email)
  await page.getByLabel('Password', { exact: true }).fill('not this one')
  await page.getByRole('button', { name: 'Log in', exact: true }).click()
  await page.getByText('The e-mail address or the password is incorrect.').waitFor()
})

test('a post is written, seen by a follower, liked, commented, replied to, and found by search', async () => {
  const word = `breadcrumb${Math.random().toString(36).slice(2, 8)}`
  const author = await openWindow(browser, inject('platformUrl'))
  await logIn(author.page, sora.email, sora.password)
  await author.page
    .getByRole('textbox', { name: 'What’s on your mind today?' })
    .fill(`Fresh ${word} today`)
  await author.page.getByRole('button', { name: 'Share', exact: true }).click()
  await author.page.getByText('Your post is up.').first().waitFor()

  const { page, pageErrors } = await open()
  await logIn(page, minji.email, minji.password)
  const card = page.getByRole('article').filter({ hasText: word })
  await card.getByRole('button', { name: 'Like, 0' }).click()
  await card.getByRole('button', { name: 'Like, 1' }).waitFor()
  expect(await card.getByRole('button', { name: 'Like, 1' }).getAttribute('aria-pressed')).toBe(
    'true',
  )
  await card.getByRole('link', { name: /Comments, 0/ }).click()
  await page.getByRole('textbox', { name: 'Write a comment' }).fill('Is there any left?')
  await page.getByRole('button', { name: 'Post comment' }).click()
  await page.getByText('Is there any left?').first().waitFor()
  expect(await page.title()).toContain(word)

  await author.page.goto(page.url())
  const comment = author.page.getByRole('article', { name: /Comment by Kim Minji/ })
  await comment
    .getByRole('button', { name: /^Reply/ })
    .first()
    .click()
  await author.page
    .getByRole('textbox', { name: /Write a reply to Kim Minji/ })
    .fill('The last slice is yours.')
  await author.page.getByRole('button', { name: 'Post reply' }).click()
  await author.page.getByText('The last slice is yours.').first().waitFor()
  await author.context.close()

  await page.getByRole('searchbox', { name: 'Search Dailyfeed' }).first().fill(word)
  await page.keyboard.press('Enter')
  await page
    .getByRole('article')
    .filter({ hasText: `Fresh ${word} today` })
    .first()
    .waitFor()
  expect(pageErrors).toEqual([])
})

test('a post is edited in its card, and Escape cancels its deletion', async () => {
  const { page } = await open()
  await logIn(page, sora.email, sora.password)
  await page.getByRole('link', { name: 'My feed' }).first().click()
  await page.getByRole('textbox', { name: 'What’s on your mind today?' }).fill('to be changed')
  await page.getByRole('button', { name: 'Share', exact: true }).click()
  const card = page.getByRole('article').filter({ hasText: 'to be changed' })
  await card.getByRole('button', { name: 'Edit post' }).click()
  await page.getByRole('textbox', { name: 'Post', exact: true }).fill('changed for good')
  await page.getByRole('button', { name: 'Save', exact: true }).click()
  const changed = page.getByRole('article').filter({ hasText: 'changed for good' })
  await changed.getByRole('button', { name: 'Delete post' }).click()
  const dialog = page.getByRole('dialog')
  await dialog.waitFor()
  await page.keyboard.press('Escape')
  await dialog.waitFor({ state: 'hidden' })
  expect(await changed.count()).toBe(1)
  await changed.getByRole('button', { name: 'Delete post' }).click()
  await dialog.getByRole('button', { name: 'Delete', exact: true }).click()
  await changed.waitFor({ state: 'detached' })
})

test('a Korean browser gets the page in Korean only, with the matching lang attribute', async () => {
  const { page } = await open({ locale: 'ko-KR' })
  await logIn(page, minji.email, minji.password, 'ko')
  expect(await page.evaluate(() => document.documentElement.lang)).toBe('ko')
  const text = await page.evaluate(() =>
    [...document.querySelectorAll('nav, button')]
      .map((element) => element.textContent ?? '')
      .join(' '),
  )
  expect(text).not.toMatch(/Log out|Popular|Share|Follow\b/)
})

test('an expired token is renewed and the feed appears without an error', async () => {
  const { page } = await open()
  await logIn(page, minji.email, minji.password)
  const expireOnce = (route: Route) =>
    route.fulfill({
      status: 401,
      headers: { 'x-token-refresh-needed': 'true', 'content-type': 'application/json' },
      body: '{"statusCode":401,"resultCode":"FAIL","code":"JWT_EXPIRED","message":"expired","path":"/","traceId":"0"}',
    })
  await page.route('**/api/timeline/posts/most-popular**', expireOnce, { times: 1 })
  await page.getByRole('link', { name: 'Most Popular now' }).first().click()
  await page.getByRole('heading', { level: 1, name: 'Most Popular now' }).waitFor()
  await page.getByRole('article').first().waitFor()
})

test.each([320, 390, 768, 1_280])('at %i px no page overflows its width', async (width) => {
  const { page } = await open({ viewport: { width, height: 800 } })
  await logIn(page, minji.email, minji.password)
  for (const path of [
    '/',
    '/popular',
    '/commented',
    '/recent',
    '/me',
    '/profile',
    '/connections',
    '/search?keyword=post',
    '/notifications',
  ]) {
    await page.goto(path)
    await page.getByRole('heading', { level: 1 }).first().waitFor()
    const { scroll, client } = await page.evaluate(() => ({
      scroll: document.documentElement.scrollWidth,
      client: document.documentElement.clientWidth,
    }))
    expect(scroll, `${path} at ${width} px`).toBeLessThanOrEqual(client)
  }
})

test('the keyboard reaches the skip link and toggles a like', async () => {
  const { page } = await open({ viewport: DESKTOP })
  await logIn(page, minji.email, minji.password)
  await page.getByRole('article').first().waitFor()
  await page.evaluate(() => (document.activeElement as HTMLElement | null)?.blur())
  await page.goto('/popular')
  await page.getByRole('article').first().waitFor()
  await page.keyboard.press('Tab')
  expect(await page.evaluate(() => document.activeElement?.textContent)).toBe('Skip to content')
  const like = page.getByRole('button', { name: /^Like, \d+/ }).first()
  const before = await like.getAttribute('aria-pressed')
  await like.focus()
  await page.keyboard.press('Space')
  await expect
    .poll(() =>
      page
        .getByRole('button', { name: /^Like, \d+/ })
        .first()
        .getAttribute('aria-pressed'),
    )
    .not.toBe(before)
})

test('on a phone, the drawer contains the logout button', async () => {
  const { page } = await open({ viewport: PHONE })
  await logIn(page, minji.email, minji.password)
  await page.getByRole('button', { name: 'Menu' }).click()
  await page.getByRole('button', { name: 'Log out' }).last().click()
  await page.getByRole('button', { name: 'Log in', exact: true }).waitFor()
})
