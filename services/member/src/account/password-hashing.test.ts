import { expect, test } from 'vitest'
import { createPasswordHashing } from './password-hashing.ts'

test('closing while a hash is being made leaves no unhandled rejection', async () => {
  const first = createPasswordHashing()
  const known = await first.hash('right')
  await first.close()

  const unhandled: unknown[] = []
  const onRejection = (reason: unknown) => void unhandled.push(reason)
  process.on('unhandledRejection', onRejection)
  try {
    // The control: a rejection that nothing handles is reported.
    void Promise.reject(new Error('control'))
    await expect.poll(() => unhandled.length).toBe(1)

    const hashing = createPasswordHashing()
    // Beside the comparison, the hash for unknown accounts is being made.
    const verified = hashing.verify(known, 'right').catch(() => 'closed')
    await new Promise(setImmediate)
    await hashing.close()
    expect([true, 'closed']).toContain(await verified)
    // Rejections are reported before the event loop takes its next turn.
    await new Promise(setImmediate)
    await new Promise(setImmediate)
    expect(unhandled).toHaveLength(1)
  } finally {
    process.off('unhandledRejection', onRejection)
  }
})
