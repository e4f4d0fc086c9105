create schema activity;

-- What members did, one row per message key: a newer version takes the place of the older, whatever order they arrive in.
-- Lean, since every act of every member ends here: wide columns first, the key without the prefix that all keys share.
create table activity.record (
  member_id        bigint      not null,
  occurred_at      timestamptz not null,
  created_at       timestamptz not null,
  updated_at       timestamptz not null,
  version          bigint      not null,
  post_id          bigint,
  comment_id       bigint,
  target_member_id bigint,
  -- Null while a member's own report is all that is known of it.
  event_id         uuid,
  type             text        not null,
  message_key      text        primary key
);
create index record_by_member on activity.record (member_id, occurred_at desc);
-- What followers are shown: writes, likes and follows, not reads, logins and blocks.
create index record_for_followers on activity.record (member_id, occurred_at desc)
  where type in ('POST_CREATE', 'POST_UPDATE', 'COMMENT_CREATE', 'COMMENT_UPDATE', 'LIKE_POST', 'LIKE_COMMENT', 'MEMBER_FOLLOW');

-- A group: all actions on one post, comment or member until its recipient has read it; later ones open a new group.
create table activity.notification (
  id           bigint      generated always as identity primary key,
  recipient_id bigint      not null,
  type         text        not null check (type in ('LIKE_POST', 'LIKE_COMMENT', 'COMMENT_CREATE', 'COMMENT_REPLY', 'MEMBER_FOLLOW')),
  post_id      bigint,
  comment_id   bigint,
  -- Rises with each actor who joins the group, in the order of commits: a stream resumes from it.
  number       bigint      not null,
  created_at   timestamptz not null,
  updated_at   timestamptz not null,
  read_at      timestamptz
);
create unique index notification_open on activity.notification (recipient_id, type, post_id, comment_id) nulls not distinct where read_at is null;
create index notification_by_number on activity.notification (recipient_id, number);
create sequence activity.notification_number;

-- One action of one member, counted in one group. A cancelled action stays, so that an older event cannot restore it.
create table activity.notification_actor (
  type            text        not null,
  actor_id        bigint      not null,
  -- The post or comment that was liked, the comment that was written, the member who was followed.
  subject_id      bigint      not null,
  -- Null while only the cancellation of the action has been received.
  notification_id bigint      references activity.notification,
  -- The group's number when this action joined it. Pagination that began earlier finds by it where the group was then.
  number          bigint,
  version         bigint      not null,
  active          boolean     not null,
  acted_at        timestamptz not null,
  primary key (type, actor_id, subject_id)
);
create index notification_actor_by_notification on activity.notification_actor (notification_id, number);

select event_support.create_listener_tables('activity', 'dailyfeed_activity');

grant usage on schema activity to dailyfeed_activity;
grant select, insert, update, delete on activity.record, activity.notification, activity.notification_actor to dailyfeed_activity;
grant usage on sequence activity.notification_number to dailyfeed_activity;

select idempotency.create_key_table('activity', 'dailyfeed_activity');
