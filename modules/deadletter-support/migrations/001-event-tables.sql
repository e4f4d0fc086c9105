-- The tables of publishing and of listening are the same in every schema; a service's own migration asks for them here.
create schema event_support;

-- Undelivered events of one cause: the same destination, the same state, and the same error but for its numbers.
create function event_support.publisher_fingerprint(owner_schema text, destination text, status text, error text) returns text
language sql immutable parallel safe as $$
  select left(encode(sha256(convert_to(owner_schema || ' to ' || destination || ' ' || status || ' ' ||
    regexp_replace(coalesce(error, ''), '[0-9]+', '#', 'g'), 'UTF8')), 'hex'), 16)
$$;

-- What a service has to tell: an append-only history, partitioned by the day inside the UUIDv7, and the narrow list of
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
  -- The publisher dead letters: few, beside what only waits its turn.
  execute format('create index outbox_pending_undelivered on %I.outbox_pending
    (event_support.publisher_fingerprint(%L, destination, status, last_error), id)
    where status = ''DEAD'' or (status = ''PENDING'' and attempts > 0)', owner_schema, owner_schema);
  -- One relay at a time: whoever holds the row, until it expires.
  execute format('create table %I.outbox_lease (
    shard      smallint    primary key,
    holder     uuid        not null,
    expires_at timestamptz not null
  )', owner_schema);
  execute format('grant select, insert, update, delete on %I.outbox_lease to %I', owner_schema, service_role);
  execute format('grant select, insert on %I.outbox to %I', owner_schema, service_role);
  execute format('grant select, insert, update, delete on %I.outbox_pending to %I', owner_schema, service_role);
  execute format('grant usage on schema event_support to %I', service_role);
  perform event_support.open_outbox_days(owner_schema, 3);
end $$;

-- The lowest UUIDv7 of a moment.
create function event_support.lowest_uuid(moment timestamptz) returns uuid language sql immutable as $$
  select (rpad(lpad(to_hex((extract(epoch from moment) * 1000)::bigint), 12, '0'), 32, '0'))::uuid
$$;

-- Makes the partitions of today and the next days (UTC) where they are missing. Safe to run twice and at once.
create function event_support.open_outbox_days(owner_schema text, days_ahead integer) returns void
language plpgsql security definer set search_path = pg_catalog as $$
declare
  opened date;
begin
  perform pg_advisory_xact_lock(7310003, hashtext(owner_schema));
  for opened in select ((now() at time zone 'UTC')::date + ahead) from generate_series(0, days_ahead) as ahead loop
    if to_regclass(format('%I.%I', owner_schema, 'outbox_' || to_char(opened, 'YYYYMMDD'))) is null then
      begin
        execute format('create table %I.%I partition of %I.outbox for values from (%L) to (%L)',
          owner_schema, 'outbox_' || to_char(opened, 'YYYYMMDD'), owner_schema,
          event_support.lowest_uuid(opened::timestamp at time zone 'UTC'), event_support.lowest_uuid((opened + 1)::timestamp at time zone 'UTC'));
      exception when check_violation then
        null; -- rows of that day already stand in the default partition, and stay readable there
      end;
    end if;
  end loop;
end $$;

-- What a listener has taken effect of, and what it could not.
create function event_support.create_listener_tables(owner_schema text, service_role text) returns void language plpgsql as $$
begin
  execute format('create table %I.inbox (
    step     text not null,
    event_id uuid not null,
    primary key (event_id, step)
  )', owner_schema);
  execute format('create table %I.dead_letter (
    id              bigint      generated always as identity primary key,
    step            text        not null,
    event_id        uuid,
    source          text        not null,
    payload         bytea       not null,
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
  execute format('grant select, insert, update on %I.dead_letter to %I', owner_schema, service_role);
end $$;
