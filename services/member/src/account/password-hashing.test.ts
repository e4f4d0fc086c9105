import { expect, test } from 'vitest'
import { createPasswordHashing } from './password-hashing.ts'

test('a service that ends while it hashes leaves no promise that nobody hears', async () => {
  const first = createPasswordHashing()
  const known = await first.hash('right')
  await first.close()

  const heard: unknown[] = []
  const hear = (reason: unknown) => void heard.push(reason)
  process.on('unhandledRejection', hear)
  try {
    const ending = createPasswordHashing()
    // The hash to compare with where there is none has begun beside it.
    const verified = ending.verify(known, 'right').catch(() => 'ended')
    await new Promise((resolve) => setTimeout(resolve, 5))
    await ending.close()
    expect([true, 'ended']).toContain(await verified)
    await new Promise((resolve) => setTimeout(resolve, 20))
    expect(heard).toEqual([])
  } finally {
    process.off('unhandledRejection', hear)
  }
})
