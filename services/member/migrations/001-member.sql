create schema member;

create table member.member (
  id                 bigint      generated always as identity primary key,
  email              text        not null,
  password_hash      text,
  member_name        text        not null,
  handle             text        not null,
  display_name       text        not null default '',
  bio                text,
  location           text,
  website_url        text,
  birth_date         date,
  gender             text,
  timezone           text,
  language_code      text,
  country_code       text,
  verification_status text       not null default 'NONE',
  privacy_level      text        not null default 'PUBLIC' check (privacy_level in ('PUBLIC', 'FRIENDS_ONLY', 'PRIVATE')),
  avatar_url         text,
  cover_url          text,
  role               text        not null default 'MEMBER' check (role in ('MEMBER', 'ADMIN')),
  followers_count    integer     not null default 0 check (followers_count >= 0),
  followings_count   integer     not null default 0 check (followings_count between 0 and 1000),
  -- Incremented with each change of the member, their follows or their blocks: the version of MEMBER events.
  version            bigint      not null default 1,
  created_at         timestamptz not null default now(),
  updated_at         timestamptz not null default now(),
  withdrawn_at       timestamptz
);
create unique index member_email on member.member (lower(email));
create unique index member_handle on member.member (lower(handle));

create table member.follow (
  follower_id  bigint      not null references member.member,
  following_id bigint      not null references member.member,
  id           bigint      generated always as identity,
  created_at   timestamptz not null default now(),
  primary key (follower_id, following_id),
  check (follower_id <> following_id)
);
-- For lists of followers and followings, newest first; fan-out reads the followers.
create index follow_by_follower on member.follow (follower_id, id desc) include (following_id);
create index follow_by_following on member.follow (following_id, id desc) include (follower_id);

create table member.block (
  blocker_id bigint      not null references member.member,
  blocked_id bigint      not null references member.member,
  id         bigint      generated always as identity,
  created_at timestamptz not null default now(),
  primary key (blocker_id, blocked_id),
  check (blocker_id <> blocked_id)
);
create index block_by_blocked on member.block (blocked_id);

create table member.mute (
  muter_id   bigint      not null references member.member,
  muted_id   bigint      not null references member.member,
  id         bigint      generated always as identity,
  created_at timestamptz not null default now(),
  primary key (muter_id, muted_id),
  check (muter_id <> muted_id)
);

create table member.jwt_key (
  kid           text        primary key,
  state         text        not null check (state in ('NEXT', 'PRIMARY', 'RETIRED')),
  public_jwk    jsonb       not null,
  -- AES-256-GCM under JWT_KEY_ENCRYPTION_KEY.
  private_key   bytea       not null,
  created_at    timestamptz not null default now(),
  retired_at    timestamptz
);
-- Exactly one key signs, also when two rotations race.
create unique index jwt_key_one_primary on member.jwt_key (state) where state = 'PRIMARY';

-- The identities of members at providers of OpenID Connect.
create table member.identity (
  issuer    text        not null,
  subject   text        not null,
  member_id bigint      not null references member.member on delete cascade,
  provider  text        not null,
  -- The e-mail address that the provider had verified at that time; null where it had verified none.
  email     text,
  linked_at timestamptz not null default now(),
  constraint identity_pkey primary key (issuer, subject),
  constraint identity_one_a_provider unique (member_id, provider)
);

create table member.session (
  id           uuid        primary key,
  member_id    bigint      not null references member.member,
  user_agent   text,
  address      text,
  -- The provider by which the member signed in; null after a sign-in by password.
  provider     text,
  created_at   timestamptz not null default now(),
  last_used_at timestamptz not null default now(),
  expires_at   timestamptz not null,
  ended_at     timestamptz
);
create index session_by_member on member.session (member_id) where ended_at is null;

create table member.refresh_token (
  token_hash  bytea       primary key,
  session_id  uuid        not null references member.session on delete cascade,
  created_at  timestamptz not null default now(),
  expires_at  timestamptz not null,
  used_at     timestamptz,
  -- The hash of the token that replaced it.
  successor_hash bytea
);
create index refresh_token_by_session on member.refresh_token (session_id);

-- The numbered log of revocations: one token (token_id), or all of a session (token_id is null).
create table member.jwt_blacklist (
  number     bigint      primary key,
  token_id   uuid,
  session_id uuid        not null,
  expires_at timestamptz not null,
  revoked_at timestamptz not null default now()
);
-- The newest number. Its row is locked from the first number of a transaction to its commit, so that numbers become
-- visible in ascending order: a reader that sees one sees all before it. Transactions write to the log last.
create table member.revocation_counter (
  only_row boolean primary key default true check (only_row),
  number   bigint  not null
);
insert into member.revocation_counter (number) values (0);
create function member.number_revocation() returns trigger language plpgsql security definer set search_path = pg_catalog as $$
begin
  update member.revocation_counter set number = number + 1 returning number into new.number;
  return new;
end $$;
create trigger number_revocation before insert on member.jwt_blacklist for each row execute function member.number_revocation();

-- Processes that check tokens by a cache of the log, and the number up to which each has confirmed it.
create table member.verifier (
  id        uuid        primary key,
  confirmed bigint      not null,
  seen_at   timestamptz not null default now()
);
-- Confirms a number and returns the newest one in one statement. The row it writes is used for a second only, by logouts
-- that wait for verifiers: it need not reach the disk, and it is not written again while nothing changes.
create function member.confirm_revocations(asking uuid, up_to bigint) returns bigint language plpgsql security definer set search_path = pg_catalog as $$
declare
  newest bigint;
begin
  perform set_config('synchronous_commit', 'off', true);
  insert into member.verifier as known (id, confirmed) values (asking, up_to)
  on conflict (id) do update set confirmed = greatest(known.confirmed, excluded.confirmed), seen_at = clock_timestamp()
    where known.confirmed < excluded.confirmed or known.seen_at < clock_timestamp() - interval '400 milliseconds';
  select number into newest from member.revocation_counter;
  return newest;
end $$;
create function member.forget_verifier(asking uuid) returns void language sql security definer set search_path = pg_catalog as $$
  delete from member.verifier where id = asking
$$;

create index jwt_blacklist_by_session on member.jwt_blacklist (session_id) where token_id is null;
create index jwt_blacklist_by_token on member.jwt_blacklist (token_id) where token_id is not null;

-- The columns that other services may read. Withdrawn members are included, so that a name is never null.
create view member.public_profile as
  select id as member_id, member_name, handle, display_name, avatar_url, privacy_level, withdrawn_at is not null as withdrawn,
         case when privacy_level = 'PUBLIC' then bio end as public_bio, verification_status, updated_at
  from member.member;

-- Members due for erasure: they withdrew so long ago that no login restores them. The hour separates a login at the last
-- moment from the job; member-svc itself erases a day later, when no other service refers to them any more.
create view member.erasable_member as
  select id as member_id from member.member where withdrawn_at < now() - interval '30 days 1 hour';

-- Whether a viewer may see an author's content. Mutes are not considered: they filter feeds, and forbid nothing.
create function member.may_see(viewer bigint, author bigint) returns boolean language sql stable as $$
  select viewer = author or exists (
    select from member.public_profile p
    where p.member_id = author and not p.withdrawn
      and (p.privacy_level = 'PUBLIC' or p.privacy_level = 'FRIENDS_ONLY'
        and exists (select from member.follow where follower_id = viewer and following_id = author)
        and exists (select from member.follow where follower_id = author and following_id = viewer))
      and not exists (select from member.block where blocker_id = viewer and blocked_id = author)
      and not exists (select from member.block where blocker_id = author and blocked_id = viewer))
$$;

select event_support.create_publisher_tables('member', 'dailyfeed_member');

grant usage on schema member to dailyfeed_member, dailyfeed_content, dailyfeed_timeline, dailyfeed_activity, dailyfeed_search, dailyfeed_image, dailyfeed_batch;
grant select, insert, update, delete on member.member, member.follow, member.block, member.mute, member.jwt_key, member.session, member.refresh_token, member.jwt_blacklist, member.identity to dailyfeed_member;
grant select on member.public_profile, member.follow, member.block, member.mute to dailyfeed_member, dailyfeed_content, dailyfeed_timeline, dailyfeed_activity, dailyfeed_search;
grant select on member.erasable_member to dailyfeed_member, dailyfeed_content, dailyfeed_timeline, dailyfeed_activity, dailyfeed_search, dailyfeed_image;
grant select on member.revocation_counter to dailyfeed_member;
grant select, delete on member.verifier to dailyfeed_member;
revoke execute on function member.number_revocation(), member.confirm_revocations(uuid, bigint), member.forget_verifier(uuid) from public;
grant execute on function member.confirm_revocations(uuid, bigint), member.forget_verifier(uuid) to dailyfeed_member, dailyfeed_content, dailyfeed_timeline, dailyfeed_activity, dailyfeed_search, dailyfeed_image, dailyfeed_batch;
grant select on member.jwt_blacklist to dailyfeed_content, dailyfeed_timeline, dailyfeed_activity, dailyfeed_search, dailyfeed_image, dailyfeed_batch;
-- timeline-svc reads follows, blocks and profile changes before each request, so that its cache is never stale.
grant select on member.outbox to dailyfeed_timeline;
-- The role of an administrator is read from the primary on every call.
grant select (id, role, withdrawn_at) on member.member to dailyfeed_batch;

select idempotency.create_key_table('member', 'dailyfeed_member');
