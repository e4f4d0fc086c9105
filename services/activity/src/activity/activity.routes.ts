import { Activity } from '@dailyfeed/contract/activity'
import { ListQuery, scrollOf } from '@dailyfeed/contract/page'
import { success, successOf } from '@dailyfeed/http-server/envelope'
import type { HttpServer } from '@dailyfeed/http-server/http-server'
import type { ActivityContext } from '../context.ts'
import { readActivitiesOfFollowings, readMyActivities } from './activity.service.ts'

/** The path, and the alias under which it is available too. */
export const ACTIVITY_PREFIXES = ['/api/member-activities', '/api/activity'] as const

const tags = ['activity']
const response = { 200: successOf(scrollOf(Activity)) }

export function activityRoutes(app: HttpServer, context: ActivityContext): void {
  for (const prefix of ACTIVITY_PREFIXES) {
    app.get(
      prefix,
      {
        schema: {
          tags,
          summary: 'List my activities, newest first',
          querystring: ListQuery,
          response,
        },
      },
      async (request) =>
        success(200, await readMyActivities(context, request.memberId, request.query)),
    )

    app.get(
      `${prefix}/followings`,
      {
        schema: {
          tags,
          summary: 'List the activities of the members I follow, newest first',
          querystring: ListQuery,
          response,
        },
      },
      async (request) =>
        success(200, await readActivitiesOfFollowings(context, request.memberId, request.query)),
    )
  }
}
