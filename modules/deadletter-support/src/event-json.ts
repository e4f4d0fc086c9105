import { EVENT_SCHEMA_VERSION } from '@dailyfeed/code/member-activity-event'
import type { Fragment, Sql } from 'postgres'

/**
 * The JSON text of a MemberActivityEvent, of a row of the outbox named `outbox`. Made by PostgreSQL: parsing twelve columns
 * into objects, dates among them, and printing them again was most of what a relay did.
 */
export const eventJson = (sql: Sql): Fragment => sql`(
  select row_to_json(event)::text from (
    select outbox.event_id as "eventId", ${EVENT_SCHEMA_VERSION}::integer as "schemaVersion", outbox.message_key as "messageKey", outbox.version,
           outbox.activity_type as "memberActivityType", outbox.member_id as "memberId", outbox.post_id as "postId", outbox.comment_id as "commentId",
           outbox.target_member_id as "targetMemberId", outbox.created_at as "createdAt", outbox.updated_at as "updatedAt", outbox.occurred_at as "occurredAt"
  ) event)`
