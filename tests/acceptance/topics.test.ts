import { readFile } from 'node:fs/promises'
import { addDays, datedTopicOf, topicDayOf } from '@dailyfeed/kafka-support/dated-topic'
import { createEventProducer } from '@dailyfeed/kafka-support/event-producer'
import { createTopicAdmin, type TopicAdmin } from '@dailyfeed/kafka-support/topic-admin'
import { type RunningInstallation, runningFileOf } from '@dailyfeed/platform/running-file'
import type { Sql } from 'postgres'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { kafkaIsMissing, startTestKafka } from '../kafka.ts'
import { type PlatformProcess, startPlatformProcess } from '../platform-process.ts'
import { ask } from '../http-client.ts'
import { connectAsOwner } from '../owner-connection.ts'
import { type Member, newMember } from './client.ts'
import { dailyfeed } from './dailyfeed.ts'

const PREFIX = 'operated'
const isMissing = await kafkaIsMissing()

describe.skipIf(isMissing)('topics over a real Kafka', () => {
  let kafka: Awaited<ReturnType<typeof startTestKafka>>
  let platform: PlatformProcess
  let topics: TopicAdmin
  let sql: Sql
  let member: Member
  let today: string

  beforeAll(async () => {
    kafka = await startTestKafka()
    platform = await startPlatformProcess({
      env: { KAFKA_BROKERS: kafka.brokers, KAFKA_TOPIC: PREFIX },
    })
    topics = createTopicAdmin({ brokers: kafka.brokers.split(',') }, 'topics-test')
    const running = JSON.parse(
      await readFile(runningFileOf(platform.dataDir), 'utf8'),
    ) as RunningInstallation
    sql = connectAsOwner(running.ownerUrl, 1)
    member = await newMember({}, platform.url)
    today = topicDayOf(new Date(), 'Asia/Seoul')
  })
  afterAll(async () => {
    await sql?.end({ timeout: 1 })
    await topics?.close()
    await platform?.stop()
    await kafka?.stop()
  })

  const run = (...args: string[]) => dailyfeed(['topics', ...args], platform.dataDir)
  async function answerOf(...args: string[]) {
    const { code, stdout, stderr } = await run(...args, '--json')
    expect([code, stderr]).toEqual([0, ''])
    return JSON.parse(stdout)
  }
  const countRecords = async () =>
    (await sql`select from activity.record where member_id = ${member.id} and type = 'POST_CREATE'`)
      .count

  test('a replay restores the lost effects of a day as its dry run predicted, and changes nothing twice', async () => {
    for (const content of ['one', 'two', 'three'])
      expect((await ask(member, { url: '/api/posts', body: { content } })).status).toBe(201)
    await expect.poll(countRecords).toBe(3)
    await sql`delete from activity.record where member_id = ${member.id} and type = 'POST_CREATE'`

    const command = ['replay', '--date', today, '--type', 'post_create']
    const unchanged = { records: 3, changed: 0, deadLettered: 0 }
    const others = { search: unchanged, content: unchanged }
    const restored = { records: 3, changed: 3, deadLettered: 0 }
    expect(await answerOf(...command, '--dry-run')).toEqual({
      services: { activity: restored, ...others },
    })
    expect(await countRecords()).toBe(0)
    expect(await answerOf(...command)).toEqual({ services: { activity: restored, ...others } })
    expect(await countRecords()).toBe(3)
    expect(await answerOf(...command)).toEqual({ services: { activity: unchanged, ...others } })
    const whole = await run('replay', '--date', today)
    expect([
      whole.code,
      whole.stdout.match(/, 0 changed something, 0 became dead letters\n/g),
    ]).toEqual([0, expect.objectContaining({ length: 3 })])
  })

  test('topics list shows records and deletability per day; yesterday to tomorrow are kept', async () => {
    const listed: { day: string; deletion: string; records: number }[] = await answerOf('list')
    expect(listed.map(({ day }) => day)).toEqual([today, addDays(today, 1)])
    expect(listed.map(({ deletion }) => deletion)).toEqual(['IN_USE', 'IN_USE'])
    expect(listed[0]?.records).toBeGreaterThanOrEqual(3)
    const refused = await run('delete', '--date', today)
    expect([refused.code, refused.stderr]).toEqual([
      1,
      `dailyfeed: the topic of ${today} is kept: publishers and listeners still need yesterday's, today's and tomorrow's\n`,
    ])
  })

  test('an old day can be deleted only after every group has read it; a second deletion is harmless', async () => {
    const day = addDays(today, -3)
    const topic = datedTopicOf(PREFIX, day)
    await topics.createTopic({
      topic,
      partitions: 6,
      replicationFactor: 1,
      retentionMilliseconds: 604_800_000,
    })
    const producer = createEventProducer({
      connection: { brokers: kafka.brokers.split(',') },
      acks: '1',
      clientId: 'topics-test',
    })
    const send = () =>
      producer.send(topic, [{ key: 'post:1', value: Buffer.from('{}') }]).then(
        () => true,
        () => false,
      )
    await expect.poll(send).toBe(true)
    await producer.close()

    const dryRun = async () => (await run('delete', '--date', day, '--dry-run')).stdout
    await expect.poll(dryRun, { interval: 500 }).toBe(`the topic of ${day} can be deleted\n`)
    expect((await answerOf('list'))[0]).toMatchObject({ day, deletion: 'POSSIBLE' })
    expect((await run('delete', '--date', day)).stdout).toBe(`the topic of ${day} is deleted\n`)
    await expect
      .poll(async () => (await run('delete', '--date', day)).stdout)
      .toBe(`there is no topic of ${day}\n`)
  })

  test('a replay of a day without a topic fails with one line that says so', async () => {
    const { code, stderr } = await run('replay', '--date', addDays(today, -9))
    expect([code, stderr]).toEqual([
      1,
      'dailyfeed: there is no topic of that day; dailyfeed topics list shows the topics that exist\n',
    ])
    for (const date of ['20261301', 'yesterday', '2026-1-1'])
      expect(await run('replay', '--date', date)).toMatchObject({
        code: 1,
        stdout: '',
        stderr: expect.stringContaining('must be a day, such as 20261120'),
      })
    expect((await run('replay')).stderr).toContain("required option '--date <day>'")
    expect((await run('replay', '--date', today, '--type', 'POST_WRITE')).stderr).toContain(
      'must be one of POST_CREATE, ',
    )
  })

  test('commands name brokers that do not answer, and writes go on', async () => {
    await Promise.all(kafka.nodes.map((node) => node.kill()))
    expect(await run('list')).toEqual({
      code: 1,
      stdout: '',
      stderr: 'dailyfeed: the brokers of KAFKA_BROKERS do not answer\n',
    })
    expect(
      (await ask(member, { url: '/api/posts', body: { content: 'without a broker' } })).status,
    ).toBe(201)
    const list = async () =>
      JSON.parse(
        (
          await dailyfeed(
            ['dead-letters', 'list', '--kind', 'PUBLISHER', '--json'],
            platform.dataDir,
          )
        ).stdout,
      ).groups
    await expect
      .poll(list)
      .toMatchObject([{ service: 'content', step: 'to kafka', status: 'PENDING', count: 1 }])
  })
})
