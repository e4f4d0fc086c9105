import { readFileSync } from 'node:fs'
import sharp from 'sharp'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type ImageFixture, imageFixture } from '../image-fixture.ts'
import { type HostileImage, hostileImages } from './hostile-images-fixture.ts'

let images: ImageFixture
let attacks: HostileImage[]

beforeAll(async () => {
  attacks = await hostileImages()
  images = await imageFixture()
}, 300_000)
afterAll(() => images.close())

const megabytes = () =>
  Number(/VmRSS:\s+(\d+)/.exec(readFileSync('/proc/self/status', 'utf8'))?.[1]) / 1_024
const attack = async ({ bytes }: HostileImage) => {
  const { status, body } = await images.upload(7, bytes)
  return status === 201 ? 'ACCEPTED' : body.code
}

/** The time of an ordinary image of the largest size, on this machine as busy as it is now. */
async function timeOfHonestImage(): Promise<number> {
  const size = { width: 5_000, height: 5_000 }
  const honest = await sharp({ create: { ...size, channels: 3, background: 'teal' } })
    .jpeg()
    .toBuffer()
  const startedAt = performance.now()
  expect((await images.upload(7, honest)).status).toBe(201)
  return performance.now() - startedAt
}

test('each of more than 40 hostile files is refused with its code or made harmless', async () => {
  expect(attacks.length).toBeGreaterThan(40)
  const outcomes = []
  let slowest = 0
  for (const one of attacks) {
    const startedAt = performance.now()
    const outcome = await attack(one)
    outcomes.push([one.name, outcome])
    slowest = Math.max(slowest, performance.now() - startedAt)
  }
  expect(outcomes).toEqual(attacks.map(({ name, expected }) => [name, expected]))
  // The slowest accepted file, a progressive JPEG of 25 megapixels, takes about three times as long.
  expect(slowest).toBeLessThan(20 * (await timeOfHonestImage()))
}, 300_000)

test.runIf(process.platform === 'linux')(
  '20 simultaneous uploads of the largest size are all answered, in bounded memory',
  async () => {
    const largest = attacks.filter(({ name }) => name.includes('25 megapixels'))
    const before = megabytes()
    let most = 0
    const watch = setInterval(() => {
      most = Math.max(most, megabytes())
    }, 5)
    const outcomes = await Promise.all(
      Array.from({ length: 20 }, (_, n) => largest[n % largest.length] as HostileImage).map(attack),
    )
    clearInterval(watch)
    expect(new Set(outcomes)).toEqual(new Set(['ACCEPTED', 'CORRUPTED_IMAGE']))
    expect(most - before).toBeLessThan(300)
  },
  300_000,
)

test('uploads beyond the queue are 503 with Retry-After, and later ones succeed', async () => {
  const large = attacks.find(({ name }) => name === 'PNG of 25 megapixels') as HostileImage
  const answers = await Promise.all(Array.from({ length: 60 }, () => images.upload(7, large.bytes)))
  const refused = answers.filter(({ status }) => status !== 201)
  expect(refused.length).toBeGreaterThan(0)
  expect(
    refused.map(({ status, body, headers }) => [status, body.code, headers.get('retry-after')]),
  ).toEqual(refused.map(() => [503, 'SERVICE_UNAVAILABLE', '2']))
  expect((await images.upload(7, large.bytes)).status).toBe(201)
}, 300_000)
