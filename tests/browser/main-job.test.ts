import type { Browser, Route } from 'playwright-core'
import { afterAll, afterEach, beforeAll, expect, inject, test } from 'vitest'
import { ask } from '../http-client.ts'
import { type Member, newMember } from '../acceptance/client.ts'
import { DESKTOP, launchBrowser, logIn, openView, PHONE, type View } from './browser.ts'

let browser: Browser
let minji: Member
let sora: Member
let view: View | undefined

beforeAll(async () => {
  browser = await launchBrowser()
  ;[minji, sora] = [
    await newMember({ memberName: 'Kim Minji' }),
    await newMember({ memberName: 'Park Sora' }),
  ]
  await ask(minji, { method: 'POST', url: `/api/members/follow/${sora.id}` })
})
afterEach(async () => {
  await view?.context.close()
  view = undefined
})
afterAll(() => browser?.close())

async function open(options: Parameters<typeof openView>[2] = {}): Promise<View> {
  view = await openView(browser, inject('platformUrl'), options)
  return view
}

test('a new member signs up, lands on the feed, and is still logged in after a reload', async () => {
  const { page, complaints } = await open()
  const handle = `web_${Math.random().toString(36).slice(2, 10)}`
  await page.goto('/')
  await page.getByRole('link', { name: 'Create an account' }).click()
  // The login page asks for an e-mail address and a password too, and stands there until the code of the next page has come.
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
  expect(complaints).toEqual([])
})

test('a wrong password is answered with a sentence, and the page stays', async () => {
  const { page } = await open()
  await page.goto('/login')
  await page.getByLabel('E-mail').fill(minji.email)
  await page.getByLabel('Password', { exact: true }).fill('not this one')
  await page.getByRole('button', { name: 'Log in', exact: true }).click()
  await page.getByText('The e-mail address or the password is wrong.').waitFor()
})

test('the main job: write, see it in a follower’s feed, like, comment, reply, and find it by search', async () => {
  const word = `breadcrumb${Math.random().toString(36).slice(2, 8)}`
  const author = await openView(browser, inject('platformUrl'))
  await logIn(author.page, sora.email, sora.password)
  await author.page
    .getByRole('textbox', { name: 'What’s on your mind today?' })
    .fill(`Fresh ${word} today`)
  await author.page.getByRole('button', { name: 'Share', exact: true }).click()
  await author.page.getByText('Your post is up.').first().waitFor()

  const { page, complaints } = await open()
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
  expect(complaints).toEqual([])
})

test('editing keeps the place; deleting asks first, and Escape says no', async () => {
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

test('a feed goes on past its first page while one scrolls, and its place is there again after a look at a post', async () => {
  const { page } = await open()
  for (let n = 0; n < 45; n += 1)
    await ask(sora, { url: '/api/posts', body: { content: `scroll post number ${n}` } })
  await logIn(page, minji.email, minji.password)
  const far = page.getByText('scroll post number 12', { exact: true })
  for (let n = 0; n < 60 && !(await far.isVisible()); n += 1) {
    await page.mouse.wheel(0, 700)
    await page.waitForTimeout(50)
  }
  await far.scrollIntoViewIfNeeded()
  const before = await far.boundingBox()
  await page
    .getByRole('article')
    .filter({ has: far })
    .getByRole('link', { name: /Comments/ })
    .click()
  await page.waitForURL(/\/posts\/\d+/)
  await page.goBack()
  await far.waitFor()
  await expect
    .poll(async () => Math.abs(((await far.boundingBox())?.y ?? 9_999) - (before?.y ?? 0)), {
      timeout: 3_000,
    })
    .toBeLessThan(60)
})

test('the page speaks Korean to a Korean browser, one language at a time, and says so in lang', async () => {
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

test('a silent refresh renews a token that has ended, and the member notices nothing', async () => {
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

test.each([320, 390, 768, 1_280])(
  'at %i px nothing is cut off, and every page can be reached',
  async (width) => {
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
  },
)

test('keys alone are enough: skip link, navigation, like', async () => {
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

test('on a phone the way out is there: the drawer holds the account and logs out', async () => {
  const { page } = await open({ viewport: PHONE })
  await logIn(page, minji.email, minji.password)
  await page.getByRole('button', { name: 'Menu' }).click()
  await page.getByRole('button', { name: 'Log out' }).last().click()
  await page.getByRole('button', { name: 'Log in', exact: true }).waitFor()
})
