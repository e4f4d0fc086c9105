import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, expect, inject, test } from 'vitest'
import { type Member, newMember } from '../acceptance/client.ts'
import { launchBrowser, logIn, openWindow, PHONE } from './browser.ts'

/** The security page: sessions, the audit log and withdrawal. */
let browser: Browser
let minji: Member

beforeAll(async () => {
  browser = await launchBrowser()
  minji = await newMember({ memberName: 'Kim Minji' })
})
afterAll(() => browser?.close())

test('logging out another device leaves it at the login page', async () => {
  const [here, there] = [
    await openWindow(browser, inject('platformUrl')),
    await openWindow(browser, inject('platformUrl'), { viewport: PHONE }),
  ]
  await logIn(there.page, minji.email, minji.password)
  await logIn(here.page, minji.email, minji.password)
  await here.page.getByRole('link', { name: 'Security' }).click()
  await here.page.getByText('This device').waitFor()
  await expect
    .poll(() => here.page.getByText('Logged in', { exact: true }).count(), { timeout: 10_000 })
    .toBeGreaterThanOrEqual(2)
  // The first of the other sessions is the phone's.
  await here.page
    .getByRole('button', { name: /^Log out Chrome/ })
    .first()
    .click()
  await here.page.getByText(/is logged out\.$/).waitFor()
  await there.page.reload()
  await there.page.getByRole('button', { name: 'Log in', exact: true }).waitFor()
  expect(here.pageErrors).toEqual([])
  await Promise.all([here.context.close(), there.context.close()])
})

test('withdrawal is explained, needs the password, and is undone by a login', async () => {
  const { page, context } = await openWindow(browser, inject('platformUrl'), {
    locale: 'ko-KR',
    viewport: PHONE,
  })
  await logIn(page, minji.email, minji.password, 'ko')
  await page.goto('/security')
  await page.getByText('30일 안에 다시 로그인하면', { exact: false }).waitFor()
  await page.getByRole('button', { name: '탈퇴하기' }).click()
  const dialog = page.getByRole('dialog', { name: '정말 탈퇴할까요?' })
  await dialog.getByLabel('비밀번호').fill('not the password')
  await dialog.getByRole('button', { name: '탈퇴하기' }).click()
  // The second text with this word is the error message.
  await dialog.getByText('비밀번호', { exact: false }).nth(1).waitFor()
  await dialog.getByLabel('비밀번호').fill(minji.password)
  await dialog.getByRole('button', { name: '탈퇴하기' }).click()
  await page.getByText('탈퇴했습니다.', { exact: false }).waitFor()
  await logIn(page, minji.email, minji.password, 'ko')
  await page.goto('/security')
  await page.getByText('탈퇴 취소', { exact: true }).waitFor()
  await context.close()
})
