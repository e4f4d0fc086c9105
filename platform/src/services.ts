import type { InProcessRevocations } from '@dailyfeed/access-token/revocations'
import { readActivityConfigOrThrow } from '@dailyfeed/activity/config'
import { startActivityService } from '@dailyfeed/activity/activity-service'
import { readBatchConfigOrThrow } from '@dailyfeed/batch/config'
import { startBatchService } from '@dailyfeed/batch/batch-service'
import type { ServiceName } from '@dailyfeed/contract/services'
import { readContentConfigOrThrow } from '@dailyfeed/content/config'
import { startContentService } from '@dailyfeed/content/content-service'
import type { WriteSignal } from '@dailyfeed/outbox/write-signal'
import { readGatewayConfigOrThrow } from '@dailyfeed/gateway/config'
import { startGatewayService } from '@dailyfeed/gateway/gateway-service'
import type { ServicesInProcess } from '@dailyfeed/gateway/upstreams'
import type { RunningService } from '@dailyfeed/http-server/running-service'
import { readImageConfigOrThrow } from '@dailyfeed/image/config'
import { startImageService } from '@dailyfeed/image/image-service'
import { readMemberConfigOrThrow } from '@dailyfeed/member/config'
import { startMemberService } from '@dailyfeed/member/member-service'
import { readSearchConfigOrThrow } from '@dailyfeed/search/config'
import { startSearchService } from '@dailyfeed/search/search-service'
import { readTimelineConfigOrThrow } from '@dailyfeed/timeline/config'
import { startTimelineService } from '@dailyfeed/timeline/timeline-service'

interface SharedParts {
  revocations: InProcessRevocations
  writes: WriteSignal
  /** Services that have started, to which the gateway passes requests without a socket. */
  inProcess?: ServicesInProcess
}

type Start = (env: NodeJS.ProcessEnv, shared: SharedParts) => Promise<RunningService>

/** Starts each service with its own reader of settings, as in a process of its own. */
export const starters: Record<ServiceName, Start> = {
  member: async (env, options) => startMemberService(readMemberConfigOrThrow(env), options),
  content: async (env, options) => startContentService(readContentConfigOrThrow(env), options),
  timeline: async (env, options) => startTimelineService(readTimelineConfigOrThrow(env), options),
  activity: async (env, options) => startActivityService(readActivityConfigOrThrow(env), options),
  search: async (env, options) => startSearchService(readSearchConfigOrThrow(env), options),
  image: async (env, options) => startImageService(readImageConfigOrThrow(env), options),
  batch: async (env, options) => startBatchService(readBatchConfigOrThrow(env), options),
  gateway: async (env, { inProcess }) =>
    startGatewayService(readGatewayConfigOrThrow(env), inProcess),
}
