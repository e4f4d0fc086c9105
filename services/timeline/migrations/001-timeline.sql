create schema timeline;

-- The order of a ranking at one moment, which pages by cursor follow while scores change. Rows are inserted and deleted,
-- never updated; the ids are in the order shown.
create table timeline.ranking_snapshot (
  id       bigint      generated always as identity primary key,
  ranking  text        not null,
  -- 1h, 1d, 7d or all
  span     text        not null,
  post_ids bigint[]    not null,
  taken_at timestamptz not null default now()
);
create index ranking_snapshot_by_time on timeline.ranking_snapshot (taken_at);

select event_support.create_publisher_tables('timeline', 'dailyfeed_timeline');

grant usage on schema timeline to dailyfeed_timeline;
grant select, insert, delete on timeline.ranking_snapshot to dailyfeed_timeline;
