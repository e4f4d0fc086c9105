-- Posts and comments in which a blocked term was found: one row per content, opened again when it is edited.
create table activity.moderation_item (
  id         bigint      generated always as identity primary key,
  kind       text        not null check (kind in ('POST', 'COMMENT')),
  thing_id   bigint      not null,
  -- The post itself, or the one that the comment is on.
  post_id    bigint      not null,
  author_id  bigint      not null,
  -- Terms found when it was last open.
  terms      text[]      not null,
  -- Version of the content when it was last checked or decided.
  version    bigint      not null,
  -- CLEARED: its author removed the terms. REMOVED: it was deleted. DISMISSED: an administrator approved it.
  status     text        not null check (status in ('OPEN', 'CLEARED', 'REMOVED', 'DISMISSED')),
  decided_by bigint,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  unique (kind, thing_id),
  check ((status = 'DISMISSED') = (decided_by is not null))
);
create index moderation_item_open on activity.moderation_item (id) where status = 'OPEN';
-- The deletion of a post closes the items of the comments below it.
create index moderation_item_open_by_post on activity.moderation_item (post_id) where status = 'OPEN';

grant select, insert, update, delete on activity.moderation_item to dailyfeed_activity;
-- The role of an administrator is read from the primary on every call.
grant select (id, role, withdrawn_at) on member.member to dailyfeed_activity;
