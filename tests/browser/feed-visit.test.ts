import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, expect, inject, test } from 'vitest'
import { ask } from '../http-client.ts'
import { type Member, newMember } from '../acceptance/client.ts'
import { type BrowserWindow, DESKTOP, launchBrowser, logIn, openWindow } from './browser.ts'

/** Positions in a feed: kept by back, started anew by a link. */
let browser: Browser
let reader: Member
let author: Member
let opened: BrowserWindow

beforeAll(async () => {
  browser = await launchBrowser()
  reader = await newMember({ memberName: 'Reader' })
  author = await newMember({ memberName: 'Author' })
  await ask(reader, { method: 'POST', url: `/api/members/follow/${author.id}` })
  for (let n = 0; n < 45; n += 1) await write(`scroll post number ${n}`)
  opened = await openWindow(browser, inject('platformUrl'))
  await logIn(opened.page, reader.email, reader.password)
})
afterAll(() => browser?.close())

const write = (content: string) => ask(author, { url: '/api/posts', body: { content } })
const topOf = async (page: Page, text: string) =>
  (await page.getByText(text, { exact: true }).boundingBox())?.y
const openFeed = (page: Page) =>
  page.getByRole('link', { name: "My follow's news" }).first().click()

/** Scrolls until a post of the second page of the feed is on the page. */
async function scrollTo(page: Page, text: string) {
  const post = page.getByText(text, { exact: true })
  await expect
    .poll(
      async () => {
        await page.mouse.wheel(0, 700)
        return post.isVisible()
      },
      { timeout: 30_000 },
    )
    .toBe(true)
  await post.scrollIntoViewIfNeeded()
  return post
}

test('scrolling loads the next page, and back from a post restores the position', async () => {
  const { page } = opened
  await openFeed(page)
  const post = await scrollTo(page, 'scroll post number 12')
  const before = await topOf(page, 'scroll post number 12')
  expect(before).toBeDefined()
  await page
    .getByRole('article')
    .filter({ has: post })
    .getByRole('link', { name: /Comments/ })
    .click()
  await page.waitForURL(/\/posts\/\d+/)
  await page.goBack()
  await expect
    .poll(
      async () => {
        const top = await topOf(page, 'scroll post number 12')
        return top === undefined ? 9_999 : Math.abs(top - (before ?? 0))
      },
      { timeout: 10_000 },
    )
    .toBeLessThan(60)
})

test('a link to the feed starts at its top with the newest posts, and back does not', async () => {
  const { page } = opened
  await openFeed(page)
  await page.getByText('scroll post number 44', { exact: true }).waitFor()
  await page.getByRole('link', { name: 'Profile' }).first().click()
  await page.getByRole('heading', { level: 1, name: 'Profile' }).waitFor()
  await write('written while the feed was closed')
  await page.goBack()
  await page.getByText('scroll post number 44', { exact: true }).waitFor()
  expect(await page.getByText('written while the feed was closed').count()).toBe(0)
  await page.getByRole('link', { name: 'Profile' }).first().click()
  await page.getByRole('heading', { level: 1, name: 'Profile' }).waitFor()
  await openFeed(page)
  await page.getByText('written while the feed was closed').waitFor()
})

test('a click on the current feed’s link reloads it from the top', async () => {
  const { page, pageErrors } = opened
  await openFeed(page)
  await scrollTo(page, 'scroll post number 20')
  await write('written while the feed was open')
  await openFeed(page)
  await page.getByText('written while the feed was open').waitFor()
  expect(await page.evaluate(() => window.scrollY)).toBe(0)
  expect(pageErrors).toEqual([])
})

test('the comments link of a post scrolls to its comments', async () => {
  const { page } = opened
  await openFeed(page)
  const content = Array.from({ length: 60 }, (_, n) => `line ${n}`).join('\n')
  await write(content)
  await openFeed(page)
  const card = page.getByRole('article').filter({ hasText: 'line 10' }).first()
  await card.getByRole('link', { name: /Comments/ }).click()
  await page.waitForURL(/\/posts\/\d+#comments/)
  // The post is higher than the window, so its comments are visible only after scrolling.
  const top = () => topOf(page, 'Comments')
  await expect.poll(top, { timeout: 10_000 }).toBeLessThan(DESKTOP.height)
  expect(await page.evaluate(() => window.scrollY)).toBeGreaterThan(0)
})
