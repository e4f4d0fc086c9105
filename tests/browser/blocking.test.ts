import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, expect, inject, test } from 'vitest'
import { ask } from '../http-client.ts'
import { type Member, newMember } from '../acceptance/client.ts'
import { launchBrowser, logIn, openWindow, PHONE } from './browser.ts'

/** Members are muted and blocked on their page, and unmuted and unblocked on the security page. */
let browser: Browser
let reader: Member
let loud: Member

beforeAll(async () => {
  browser = await launchBrowser()
  reader = await newMember({ memberName: 'Reader' })
  loud = await newMember({ memberName: 'Loud' })
  await ask(reader, { method: 'POST', url: `/api/members/follow/${loud.id}` })
  await ask(loud, { url: '/api/posts', body: { title: '', content: 'listen to me' } })
})
afterAll(() => browser?.close())

test('a muted member’s posts leave the feed, and return after unmuting', async () => {
  const { page, context, pageErrors } = await openWindow(browser, inject('platformUrl'))
  await logIn(page, reader.email, reader.password)
  await page.getByText('listen to me').waitFor()
  await page.goto(`/members/${loud.handle}`)
  await page.getByRole('button', { name: 'Mute Loud' }).click()
  await page.getByRole('button', { name: 'Unmute Loud' }).waitFor()
  await page.goto('/')
  await page.getByText('Nothing here yet', { exact: false }).waitFor()
  await page.goto('/security')
  await page.getByRole('button', { name: 'Unmute Loud' }).click()
  await page.getByText('You have muted nobody.').waitFor()
  await page.goto('/')
  await page.getByText('listen to me').waitFor()
  expect(pageErrors).toEqual([])
  await context.close()
})

test('a block explains itself, leaves the blocked page, and can be undone on the security page', async () => {
  const { page, context } = await openWindow(browser, inject('platformUrl'), {
    locale: 'ko-KR',
    viewport: PHONE,
  })
  await logIn(page, reader.email, reader.password, 'ko')
  await page.goto(`/members/${loud.handle}`)
  await page.getByRole('button', { name: 'Loud 님 차단' }).click()
  const dialog = page.getByRole('dialog', { name: 'Loud 님을 차단할까요?' })
  await dialog.getByText('서로의 프로필과 글', { exact: false }).waitFor()
  await dialog.getByRole('button', { name: '차단' }).click()
  await page.getByText('아직 소식이 없습니다', { exact: false }).waitFor()
  expect((await ask(loud, { url: `/api/members/profile/@${reader.handle}` })).status).toBe(404)
  await page.goto('/security')
  await page.getByRole('button', { name: 'Loud 님 차단 해제' }).click()
  await page.getByText('차단한 회원이 없습니다.').waitFor()
  await page.goto(`/members/${loud.handle}`)
  await page.getByRole('button', { name: 'Loud 님 차단' }).waitFor()
  await context.close()
})
