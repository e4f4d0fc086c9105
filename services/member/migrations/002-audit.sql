-- What happened to accounts, for their owners and for whoever has to find out. Nobody changes a row: the service may
-- add, and take away only by the functions below. Never a password, a token or an e-mail address.
create table member.audit (
  id          bigint      generated always as identity primary key,
  occurred_at timestamptz not null default now(),
  type        text        not null,
  -- Null for a failed sign-in at an address that nobody has.
  member_id   bigint,
  session_id  uuid,
  address     text,
  user_agent  text,
  -- Of what an administrator did: method and path.
  act         text
);
create index audit_by_member on member.audit (member_id, id desc);
create index audit_by_time on member.audit (occurred_at);

-- Roles are granted from outside of the service too: the row itself tells.
create function member.audit_role() returns trigger language plpgsql security definer set search_path = pg_catalog as $$
begin
  insert into member.audit (type, member_id) values (case new.role when 'ADMIN' then 'ADMIN_GRANTED' else 'ADMIN_REVOKED' end, new.id);
  return null;
end $$;
create trigger member_role_audited after update of role on member.member for each row when (old.role is distinct from new.role) execute function member.audit_role();

-- For the services that administrators act through. Written before the act: an attempt is told too.
create function member.audit_admin_act(admin bigint, act text, address text, user_agent text) returns void language sql security definer set search_path = pg_catalog as $$
  insert into member.audit (type, member_id, act, address, user_agent) values ('ADMIN_ACTED', admin, act, address, user_agent)
$$;

create function member.drop_old_audit(days integer) returns bigint language plpgsql security definer set search_path = pg_catalog as $$
declare
  dropped bigint;
begin
  if days < 30 then raise exception 'audit entries are kept 30 days at least'; end if;
  delete from member.audit where occurred_at < now() - make_interval(days => days);
  get diagnostics dropped = row_count;
  return dropped;
end $$;

-- Of a member who is being erased, and of nobody else.
create function member.erase_audit(erased bigint) returns void language sql security definer set search_path = pg_catalog as $$
  delete from member.audit where member_id = erased and erased in (select member_id from member.erasable_member)
$$;

revoke execute on function member.drop_old_audit(integer), member.erase_audit(bigint), member.audit_role(), member.audit_admin_act(bigint, text, text, text) from public;
grant execute on function member.audit_admin_act(bigint, text, text, text) to dailyfeed_batch, dailyfeed_activity;
grant execute on function member.drop_old_audit(integer), member.erase_audit(bigint) to dailyfeed_member;
grant select, insert on member.audit to dailyfeed_member;
