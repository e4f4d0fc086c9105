create schema content;

create table content.post (
  id         bigint      generated always as identity primary key,
  author_id  bigint      not null,
  title      text        not null default '',
  content    text        not null,
  version    bigint      not null default 1,
  created_at timestamptz not null default now(),
  -- Of the author's last edit; views, likes and replies do not touch it.
  updated_at timestamptz not null default now(),
  deleted_at timestamptz
);
-- The following feed asks each author for the newest posts.
create index post_by_author on content.post (author_id, id desc) where deleted_at is null;
create index post_by_time on content.post (created_at, id) where deleted_at is null;

-- Narrow, apart from the text, and made with the first like, comment or view: a counter that moves rewrites only this.
create table content.post_counter (
  post_id           bigint      primary key references content.post,
  post_created_at   timestamptz not null,
  view_count        bigint      not null default 0 check (view_count >= 0),
  like_count        integer     not null default 0 check (like_count >= 0),
  comment_count     integer     not null default 0 check (comment_count >= 0),
  last_commented_at timestamptz
) with (fillfactor = 80);
create index post_counter_by_popularity on content.post_counter ((view_count + 2 * like_count) desc, post_id desc);
create index post_counter_by_comments on content.post_counter (comment_count desc, post_id desc);
create index post_counter_by_activity on content.post_counter (last_commented_at desc, post_id desc) where last_commented_at is not null;

-- A like that was taken back stays as a row, so that its version goes on rising: like, unlike, like keeps its order.
create table content.post_like (
  post_id    bigint      not null references content.post,
  member_id  bigint      not null,
  liked      boolean     not null default true,
  version    bigint      not null default 1,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  primary key (post_id, member_id)
);
create index post_like_by_member on content.post_like (member_id, post_id) where liked;

create table content.comment (
  id          bigint      generated always as identity primary key,
  post_id     bigint      not null references content.post,
  parent_id   bigint      references content.comment,
  depth       smallint    not null check (depth between 0 and 2),
  author_id   bigint      not null,
  content     text        not null,
  like_count  integer     not null default 0 check (like_count >= 0),
  -- Live direct replies.
  reply_count integer     not null default 0 check (reply_count >= 0),
  version     bigint      not null default 1,
  created_at  timestamptz not null default now(),
  updated_at  timestamptz not null default now(),
  deleted_at  timestamptz
);
create index comment_of_post on content.comment (post_id, id) where parent_id is null and deleted_at is null;
create index comment_of_parent on content.comment (parent_id, id) where deleted_at is null;
create index comment_by_author on content.comment (author_id, id desc) where deleted_at is null;

create table content.comment_like (
  comment_id bigint      not null references content.comment,
  member_id  bigint      not null,
  liked      boolean     not null default true,
  version    bigint      not null default 1,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  primary key (comment_id, member_id)
);

select event_support.create_publisher_tables('content', 'dailyfeed_content');
select event_support.create_listener_tables('content', 'dailyfeed_content');

grant usage on schema content to dailyfeed_content, dailyfeed_timeline, dailyfeed_search, dailyfeed_activity;
grant select, insert, update on content.post, content.post_counter, content.post_like, content.comment, content.comment_like to dailyfeed_content;
-- Rows go when their author is erased; a member's own deletion only marks them.
grant delete on content.post, content.post_counter, content.post_like, content.comment, content.comment_like to dailyfeed_content;
grant select on content.post, content.post_counter, content.post_like, content.comment, content.comment_like to dailyfeed_timeline, dailyfeed_search, dailyfeed_activity;
-- timeline-svc asks whether a member has just written, so that its rankings show it in their very next read.
grant select on content.outbox to dailyfeed_timeline;

select idempotency.create_key_table('content', 'dailyfeed_content');
