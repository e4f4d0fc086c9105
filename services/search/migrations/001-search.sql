create schema search;
revoke all on schema search from public;

-- Index tables are created here, and beside the current ones for a rebuild. The role of the service may not create
-- tables; these functions create, complete and swap those that it may have, and nothing else.
create function search.create_index_tables(suffix text) returns void language plpgsql as $$
begin
  -- The content of content-svc, in the form that is searched. `version` is the version that was read,
  -- `tokens` its words where PostgreSQL itself is the engine.
  execute format('create table search.%I (
    post_id    bigint      primary key,
    author_id  bigint      not null,
    created_at timestamptz not null,
    version    bigint      not null,
    tokens     tsvector    not null,
    indexed_at timestamptz not null default now()
  )', 'post_index' || suffix);
  execute format('create table search.%I (
    comment_id bigint      primary key,
    post_id    bigint      not null,
    author_id  bigint      not null,
    created_at timestamptz not null,
    version    bigint      not null,
    tokens     tsvector    not null,
    indexed_at timestamptz not null default now()
  )', 'comment_index' || suffix);
  execute format('grant select, insert, update, delete on search.%I, search.%I to dailyfeed_search', 'post_index' || suffix, 'comment_index' || suffix);
end $$;

-- Apart from the tables: an index over many rows is made several times faster at once than row by row. Without names of
-- their own, so that those of the tables to come do not clash with those in use.
create function search.create_indexes(suffix text) returns void language plpgsql as $$
declare
  one text;
begin
  foreach one in array array['post_index' || suffix, 'comment_index' || suffix] loop
    -- Rows wait in a list before they are sorted in: writing is three times faster than without, and a list this short
    -- costs a search nothing that can be measured. In kilobytes.
    execute format('create index on search.%I using gin (tokens) with (gin_pending_list_limit = 512)', one);
    -- `from:handle`, and which content of an author is not indexed yet.
    execute format('create index on search.%I (author_id, indexed_at) include (version)', one);
  end loop;
  execute format('create index on search.%I (created_at, post_id)', 'post_index' || suffix);
  execute format('create index on search.%I (created_at, comment_id)', 'comment_index' || suffix);
  execute format('create index on search.%I (post_id, comment_id)', 'comment_index' || suffix);
end $$;

-- Where the documents of the index are. Another place than before means that they are gone.
create table search.index_place (
  only_row boolean primary key default true check (only_row),
  place    text    not null
);
insert into search.index_place (place) values ('postgres');
grant select, update on search.index_place to dailyfeed_search;

select search.create_index_tables('');
select search.create_indexes('');
select event_support.create_listener_tables('search', 'dailyfeed_search');

-- Empty tables beside those in use; what a run that was cut off left is dropped.
create function search.begin_rebuild() returns void language plpgsql security definer set search_path = pg_catalog as $$
begin
  drop table if exists search.post_index_next, search.comment_index_next;
  perform search.create_index_tables('_next');
end $$;

create function search.index_rebuilt_tables() returns void language sql security definer set search_path = pg_catalog as $$
  select search.create_indexes('_next')
$$;

-- In the caller's transaction: concurrent searches wait for this moment at most.
create function search.swap_rebuilt_tables() returns void language plpgsql security definer set search_path = pg_catalog as $$
begin
  drop table search.post_index, search.comment_index;
  alter table search.post_index_next rename to post_index;
  alter table search.comment_index_next rename to comment_index;
end $$;

revoke execute on all functions in schema search from public;
grant usage on schema search to dailyfeed_search;
grant execute on function search.begin_rebuild(), search.index_rebuilt_tables(), search.swap_rebuilt_tables() to dailyfeed_search;
