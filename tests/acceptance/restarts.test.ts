import { expect, test } from 'vitest'
import { startRestartEnvironment } from '../restarts/environment.ts'
import { startRestartLoad } from '../restarts/load.ts'

/** A small part of `npm run test:restarts`. */
test('no request fails while content-svc and the gateway are restarted under load', async () => {
  const environment = await startRestartEnvironment({ replicated: ['content', 'gateway'] })
  try {
    const load = await startRestartLoad({ url: environment.url, requestsPerSecond: 30 })
    await Promise.all([environment.restart('content'), environment.restart('gateway')])
    await load.stop()
    expect(load.report.failures).toEqual([])
    expect([...load.report.answered.keys()]).toEqual(
      expect.arrayContaining(['post', 'feed', 'search', 'login', 'upload', 'comment']),
    )
  } finally {
    await environment.stop()
  }
})
