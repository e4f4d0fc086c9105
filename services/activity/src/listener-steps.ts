import type { ListenerStep } from '@dailyfeed/deadletter-support/listener'
import { notifyMembers } from './notification/notification.listener.ts'
import { recordActivities } from './record/record.listener.ts'

/** In this order, each with failures and dead letters of its own. */
export const listenerSteps: readonly ListenerStep[] = [recordActivities, notifyMembers]
