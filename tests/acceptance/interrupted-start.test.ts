import { expect, test } from 'vitest'
import { EXPECTED_DEMO_DATA } from '../starts/expected-demo-data.ts'
import { interruptStarts } from '../starts/interrupted-starts.ts'

test('a first start interrupted at any moment is completed by the next, with the demo data once', async () => {
  const { problems, counts, loginStatus } = await interruptStarts({ seed: 24, interruptions: 4 })
  expect(problems).toEqual([])
  expect({ ...counts }).toEqual(EXPECTED_DEMO_DATA)
  expect(loginStatus).toBe(200)
})
