import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  type LocalOpenSearch,
  startLocalOpenSearch,
} from '@dailyfeed/platform/opensearch/local-opensearch'
import { provideOpenSearch } from '@dailyfeed/platform/opensearch/opensearch-distribution'

/** For `skipIf`: `npm test` reports the skipped tests, and fails for them under CI=true. */
export const openSearchIsMissing = async (): Promise<boolean> =>
  'reason' in (await provideOpenSearch(process.env, () => {}))

/** A server for one run of tests, with an empty data folder. */
export async function startTestOpenSearch(): Promise<LocalOpenSearch> {
  const distribution = await provideOpenSearch(process.env, () => {})
  if ('reason' in distribution) throw new Error(distribution.reason)
  const folder = await mkdtemp(join(tmpdir(), 'dailyfeed-opensearch-'))
  const openSearch = await startLocalOpenSearch({ distribution, folder })
  return {
    ...openSearch,
    async stop() {
      await openSearch.server.kill()
      await rm(folder, { recursive: true, force: true })
    },
  }
}
