import { seed } from '@dailyfeed/cli/seed/seed'
import { PORT_OFFSETS } from '@dailyfeed/code/ports'
import { runningFileOf } from '@dailyfeed/platform/running-file'
import { startPlatformProcess } from '@dailyfeed/tests/platform-process'
import { readFile } from 'node:fs/promises'
import postgres from 'postgres'
import { startConstantServer } from './constant-server.ts'
import { type Figure, ratioFigure } from './figure.ts'
import { requestsPerSecond } from './load.ts'

const FOLLOWINGS = 200
const SIZE = { members: 5_000, posts: 100_000, follows: 50_000, seed: 1 }

/**
 * The following feed, a page of 20, warm, of a member with 200 followings among 100,000 posts: direct to timeline-svc and
 * through the gateway, against the same HTTP server sending the same bytes and headers as a constant.
 */
export async function feedBench(): Promise<Figure[]> {
  const platform = await startPlatformProcess()
  try {
    const { ownerUrl } = JSON.parse(await readFile(runningFileOf(platform.dataDir), 'utf8')) as { ownerUrl: string }
    await seed(ownerUrl, SIZE, () => {})
    const authorization = await readerOf(platform.url, ownerUrl)
    const path = '/api/timeline/posts/followings'
    const direct = `http://127.0.0.1:${platform.port + PORT_OFFSETS.timeline}${path}`

    const page = await fetch(direct, { headers: { authorization } })
    const constant = await startConstantServer({ body: await page.text(), headers: Object.fromEntries(page.headers) })
    try {
      // Each twice, the ceiling around them: a machine that drifts shows in it first.
      const ceilings = [await requestsPerSecond(constant.url, {})]
      const directs = [await requestsPerSecond(direct, { authorization })]
      const throughGateway = await requestsPerSecond(`${platform.url}${path}`, { authorization })
      directs.push(await requestsPerSecond(direct, { authorization }))
      ceilings.push(await requestsPerSecond(constant.url, {}))
      const ceiling = mean(ceilings)
      return [
        ratioFigure('following feed, page of 20, warm, direct', mean(directs), ceiling, 'requests/s', 0.7),
        ratioFigure('the same through the gateway, of direct', throughGateway, mean(directs), 'requests/s', 0.35),
      ]
    } finally {
      await constant.stop()
    }
  } finally {
    await platform.stop()
  }
}

const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length

/** Signs a reader up, lets them follow, and returns their bearer. */
async function readerOf(url: string, ownerUrl: string): Promise<string> {
  const account = { email: 'reader@example.com', password: 'a bench reads many feeds', memberName: 'Reader', handle: 'bench_reader' }
  const json = { method: 'POST', headers: { 'content-type': 'application/json' } }
  await fetch(`${url}/api/authentication/signup`, { ...json, body: JSON.stringify(account) })
  const login = await fetch(`${url}/api/authentication/login`, { ...json, body: JSON.stringify(account) })
  const sql = postgres(ownerUrl, { max: 1, onnotice() {} })
  await sql`
    insert into member.follow (follower_id, following_id)
    select reader.id, followed.id from member.member reader, (select id from member.member where handle <> 'bench_reader' order by id limit ${FOLLOWINGS}) followed
    where reader.handle = 'bench_reader'`
  await sql.end()
  return login.headers.get('authorization') ?? ''
}
