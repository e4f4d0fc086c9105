-- How much a member cares for what an author writes. No index holds the score, so that raising it moves no index entry;
-- a member has few authors, and their rows are read together.
create table activity.interest (
  member_id  bigint      not null,
  author_id  bigint      not null,
  -- Below zero while a like has been seen taken back before it was seen given.
  score      bigint      not null,
  updated_at timestamptz not null default now(),
  primary key (member_id, author_id),
  check (member_id <> author_id)
) with (fillfactor = 80);

grant select, insert, update, delete on activity.interest to dailyfeed_activity;
-- member-svc recommends by it.
grant usage on schema activity to dailyfeed_member;
grant select on activity.interest to dailyfeed_member;
