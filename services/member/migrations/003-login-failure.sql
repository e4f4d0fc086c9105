-- Failed logins of the last minutes, which all processes of member-svc count together: by account and address, by account,
-- by address, and by account and browser. Unlogged: the rows are worth little after a crash, and many are written during
-- an attack.
create unlogged table member.login_failure (
  -- A hash, so that no list of tried e-mail addresses exists.
  key       text        primary key,
  failures  integer     not null,
  resets_at timestamptz not null
);
create index login_failure_by_time on member.login_failure (resets_at);

-- Seconds until no key has reached its limit any more; 0 where none has.
create function member.login_wait(keys text[], limits integer[]) returns integer language sql volatile set search_path = pg_catalog as $$
  select coalesce(max(ceil(extract(epoch from failure.resets_at - now())))::integer, 0)
  from member.login_failure as failure
  join unnest(keys, limits) as given (key, most) on given.key = failure.key
  where failure.failures >= given.most and failure.resets_at > now()
$$;

-- Counts one attempt under each key unless a key has reached its limit. Returns 0, or the seconds to wait. The rows are
-- locked in the order of their keys, so that attempts with common keys cannot deadlock.
create function member.reserve_login_attempt(keys text[], limits integer[], life interval) returns integer language plpgsql set search_path = pg_catalog as $$
declare
  wait integer;
begin
  -- Most refusals are found here, where they write and lock nothing.
  wait := member.login_wait(keys, limits);
  if wait > 0 then return wait; end if;
  insert into member.login_failure (key, failures, resets_at)
  select key, 0, now() + life from unnest(keys) as key order by key
  on conflict do nothing;
  perform from member.login_failure where key = any (keys) order by key for update;
  update member.login_failure set failures = 0, resets_at = now() + life
  where key = any (keys) and resets_at <= now();
  wait := member.login_wait(keys, limits);
  if wait > 0 then return wait; end if;
  update member.login_failure set failures = failures + 1 where key = any (keys);
  return 0;
end $$;

revoke execute on function member.login_wait(text[], integer[]), member.reserve_login_attempt(text[], integer[], interval) from public;
grant execute on function member.login_wait(text[], integer[]), member.reserve_login_attempt(text[], integer[], interval) to dailyfeed_member;
grant select, insert, update, delete on member.login_failure to dailyfeed_member;
