-- The tables of publishing and listening have the same form in every schema. A migration of the service calls these functions.
create schema event_support;

-- The events of a service: an append-only history, partitioned by the day inside the UUIDv7, and the narrow list of
-- what is still to be delivered, one row per event and destination. A row of that list is the publisher dead letter.
create function event_support.create_publisher_tables(owner_schema text, service_role text) returns void language plpgsql as $$
begin
  execute format('create table %I.outbox (
    event_id         uuid        primary key default uuidv7(),
    activity_type    text        not null,
    message_key      text        not null,
    version          bigint      not null,
    member_id        bigint      not null,
    post_id          bigint,
    comment_id       bigint,
    target_member_id bigint,
    created_at       timestamptz not null,
    updated_at       timestamptz not null,
    occurred_at      timestamptz not null default now(),
    traceparent      text
  ) partition by range (event_id)', owner_schema);
  -- Only for a day that nobody opened: a write must never fail for want of a partition.
  execute format('create table %I.outbox_other_days partition of %I.outbox default', owner_schema, owner_schema);
  execute format('create table %I.outbox_pending (
    id              bigint      generated always as identity primary key,
    event_id        uuid        not null,
    destination     text        not null,
    status          text        not null default ''PENDING'' check (status in (''PENDING'', ''DEAD'', ''ARCHIVED'')),
    attempts        integer     not null default 0,
    last_attempt_at timestamptz,
    last_error      text,
    replay_count    integer     not null default 0
  )', owner_schema);
  execute format('create index outbox_pending_by_destination on %I.outbox_pending (destination, id) where status = ''PENDING''', owner_schema);
  execute format('create index outbox_pending_dead on %I.outbox_pending (destination, id) where status = ''DEAD''', owner_schema);
  -- One relay at a time is active: the holder of the row, until it expires.
  execute format('create table %I.outbox_lease (
    shard      smallint    primary key,
    holder     uuid        not null,
    expires_at timestamptz not null
  )', owner_schema);
  execute format('grant select, insert, update, delete on %I.outbox_lease to %I', owner_schema, service_role);
  execute format('grant select, insert, delete on %I.outbox to %I', owner_schema, service_role);
  execute format('grant select, insert, update, delete on %I.outbox_pending to %I', owner_schema, service_role);
  execute format('grant usage on schema event_support to %I', service_role);
  -- How far eventReconcileJob has asked a subscriber whether events took effect: all up to here have.
  execute format('create table %I.outbox_reconciled (
    subscriber text primary key,
    event_id   uuid not null
  )', owner_schema);
  execute format('grant select, insert, update on %I.outbox_reconciled to %I', owner_schema, service_role);
  perform event_support.open_days(owner_schema, 'outbox', 3);
end $$;

-- The lowest UUIDv7 of a moment.
create function event_support.lowest_uuid(moment timestamptz) returns uuid language sql immutable as $$
  select (rpad(lpad(to_hex((extract(epoch from moment) * 1000)::bigint), 12, '0'), 32, '0'))::uuid
$$;

-- Makes the partitions of today and the next days (UTC) of a table where they are missing. Safe to run twice and at once.
create function event_support.open_days(owner_schema text, table_name text, days_ahead integer) returns void
language plpgsql security definer set search_path = pg_catalog as $$
declare
  opened date;
  name   text;
begin
  if session_user <> 'dailyfeed_' || owner_schema and not pg_has_role(session_user, current_user, 'member') then
    raise exception 'only the service of schema % may', owner_schema using errcode = '42501';
  end if;
  if table_name not in ('outbox', 'inbox') then raise exception 'no table of days: %', table_name; end if;
  perform pg_advisory_xact_lock(7310003, hashtext(owner_schema));
  for opened in select ((now() at time zone 'UTC')::date + ahead) from generate_series(0, days_ahead) as ahead loop
    name := table_name || '_' || to_char(opened, 'YYYYMMDD');
    if to_regclass(format('%I.%I', owner_schema, name)) is null then
      begin
        execute format('create table %I.%I partition of %I.%I for values from (%L) to (%L)', owner_schema, name, owner_schema, table_name,
          event_support.lowest_uuid(opened::timestamp at time zone 'UTC'), event_support.lowest_uuid((opened + 1)::timestamp at time zone 'UTC'));
      exception when check_violation then
        null; -- rows of that day already stand in the default partition, and stay readable there
      end;
    end if;
  end loop;
end $$;

-- Drops whole days that ended more than so many days ago; of the outbox only such of which nothing is left to deliver.
-- Returns how many. A day that is in use just now is dropped another time.
create function event_support.drop_days(owner_schema text, table_name text, days_kept integer) returns integer
language plpgsql security definer set search_path = pg_catalog as $$
declare
  day     record;
  is_used boolean;
  dropped integer := 0;
begin
  if session_user <> 'dailyfeed_' || owner_schema and not pg_has_role(session_user, current_user, 'member') then
    raise exception 'only the service of schema % may', owner_schema using errcode = '42501';
  end if;
  if table_name not in ('outbox', 'inbox') or days_kept < 1 then raise exception 'nothing may be dropped so'; end if;
  for day in
    select child.relname, to_date(right(child.relname, 8), 'YYYYMMDD') as of_day
    from pg_inherits join pg_class child on child.oid = inhrelid
    where inhparent = format('%I.%I', owner_schema, table_name)::regclass and child.relname ~ ('^' || table_name || '_[0-9]{8}$')
    order by child.relname
  loop
    continue when day.of_day >= (now() at time zone 'UTC')::date - days_kept;
    if table_name = 'outbox' then
      execute format('select exists (select from %I.outbox_pending where status <> ''ARCHIVED'' and event_id >= %L and event_id < %L)', owner_schema,
        event_support.lowest_uuid(day.of_day::timestamp at time zone 'UTC'), event_support.lowest_uuid((day.of_day + 1)::timestamp at time zone 'UTC')) into is_used;
      continue when is_used;
    end if;
    begin
      execute format('drop table %I.%I', owner_schema, day.relname);
      dropped := dropped + 1;
    exception when lock_not_available then
      null;
    end;
  end loop;
  return dropped;
end $$;

-- What a listener has taken effect of, and what it could not.
create function event_support.create_listener_tables(owner_schema text, service_role text) returns void language plpgsql as $$
begin
  execute format('create table %I.inbox (
    step     text not null,
    event_id uuid not null,
    primary key (event_id, step)
  ) partition by range (event_id)', owner_schema);
  -- For ids of days that nobody opened.
  execute format('create table %I.inbox_other_days partition of %I.inbox default', owner_schema, owner_schema);
  execute format('create table %I.dead_letter (
    id              bigint      generated always as identity primary key,
    step            text        not null,
    event_id        uuid,
    source          text        not null,
    payload         bytea       not null,
    -- Of a record of Kafka: what it carried beside its value, and where it stood.
    record_key      bytea,
    headers         jsonb,
    topic           text,
    partition       integer,
    record_offset   bigint,
    error_class     text        not null,
    error_message   text        not null,
    error_stack     text,
    fingerprint     text        not null,
    status          text        not null default ''OPEN'' check (status in (''OPEN'', ''REPLAYED'', ''ARCHIVED'')),
    attempts        integer     not null default 0,
    replay_count    integer     not null default 0,
    next_attempt_at timestamptz not null default now(),
    last_replay_at  timestamptz,
    claimed_until   timestamptz,
    created_at      timestamptz not null default now()
  )', owner_schema);
  -- A redelivered event that fails again is the same dead letter.
  execute format('create unique index dead_letter_once on %I.dead_letter (step, event_id) where status = ''OPEN''', owner_schema);
  execute format('create index dead_letter_open on %I.dead_letter (next_attempt_at) where status = ''OPEN''', owner_schema);
  execute format('create index dead_letter_of_cause on %I.dead_letter (fingerprint, id) where status = ''OPEN''', owner_schema);
  execute format('grant select, insert, delete on %I.inbox to %I', owner_schema, service_role);
  execute format('grant select, insert, update, delete on %I.dead_letter to %I', owner_schema, service_role);
  execute format('grant usage on schema event_support to %I', service_role);
  perform event_support.open_days(owner_schema, 'inbox', 3);
end $$;
