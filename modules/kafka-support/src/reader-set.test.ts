import { expect, test } from 'vitest'
import { captureLog } from './kafka-fixture.ts'
import { ReaderSet } from './reader-set.ts'
import type { TopicReader } from './topic-reader.ts'

function readersUnderTest() {
  const opened: string[] = []
  const closed: string[] = []
  const problems = new Map<string, string>()
  const opening: PromiseWithResolvers<void>[] = []
  const { log, warnings } = captureLog()
  const readers = new ReaderSet({
    async open(topic): Promise<TopicReader> {
      opened.push(topic)
      const isOpen = opening.shift()
      await isOpen?.promise
      return {
        topic,
        startedAt: 0,
        fault: () => undefined,
        partitions: () => [],
        isRetrying: () => false,
        close: async () => void closed.push(topic),
      }
    },
    problemOf: ({ topic }) => problems.get(topic),
    log,
    service: 'activity',
  })
  return { readers, opened, closed, problems, opening, warnings }
}

test('reconcile opens missing readers, closes unwanted ones and replaces those with a problem', async () => {
  const { readers, opened, closed, problems, warnings } = readersUnderTest()
  await readers.reconcile(new Set(['a', 'b']))
  expect(readers.topics).toEqual(['a', 'b'])
  problems.set('b', 'its stream ended')
  await readers.reconcile(new Set(['b', 'c']))
  expect(readers.topics).toEqual(['b', 'c'])
  expect(opened.sort()).toEqual(['a', 'b', 'b', 'c'])
  expect(closed.sort()).toEqual(['a', 'b'])
  expect([readers.restarts, warnings]).toEqual([1, ['reader replaced']])
})

test('a reader that opens after stopOpening() is closed again', async () => {
  const { readers, opened, closed, opening } = readersUnderTest()
  const isOpen = Promise.withResolvers<void>()
  opening.push(isOpen)
  const reconciling = readers.reconcile(new Set(['a']))
  readers.stopOpening()
  isOpen.resolve()
  await reconciling
  await readers.reconcile(new Set(['b']))
  expect([opened, closed, readers.topics]).toEqual([['a'], ['a'], []])
})
