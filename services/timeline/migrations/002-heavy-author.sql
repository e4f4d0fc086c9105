-- Authors of so many followers that their posts are not pushed into cached feeds, but merged when a feed is read. A row
-- stays: feeds that were pushed to before still hold what came before it, and lack what came after.
create table timeline.heavy_author (
  author_id bigint      primary key,
  since     timestamptz not null default now()
);

grant select, insert, delete on timeline.heavy_author to dailyfeed_timeline;
