-- The last view that was counted of each member and post, or comment: another one within 30 minutes is not counted, at
-- any process, also when its first write is repeated because its answer was lost. Rows are deleted after that time.
create table timeline.recent_view (
  member_id  bigint      not null,
  post_id    bigint      not null,
  -- 0 for a view of the post itself.
  comment_id bigint      not null,
  counted_at timestamptz not null,
  primary key (member_id, post_id, comment_id)
);
create index recent_view_by_time on timeline.recent_view (counted_at);

grant select, insert, update, delete on timeline.recent_view to dailyfeed_timeline;
