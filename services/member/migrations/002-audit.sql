-- The audit of accounts, for their owners and for investigations. Rows never change: the service may insert, and delete
-- only by the functions below. No row holds a password, a token or an e-mail address.
create table member.audit (
  id          bigint      generated always as identity primary key,
  occurred_at timestamptz not null default now(),
  type        text        not null,
  -- Null for a failed sign-in with an e-mail address that no member has.
  member_id   bigint,
  session_id  uuid,
  address     text,
  user_agent  text,
  -- Method and path of an administrator's action.
  act         text
);
create index audit_by_member on member.audit (member_id, id desc);
create index audit_by_time on member.audit (occurred_at);

-- A trigger, because roles are also granted directly in the database.
create function member.audit_role() returns trigger language plpgsql security definer set search_path = pg_catalog as $$
begin
  insert into member.audit (type, member_id) values (case new.role when 'ADMIN' then 'ADMIN_GRANTED' else 'ADMIN_REVOKED' end, new.id);
  return null;
end $$;
create trigger member_role_audited after update of role on member.member for each row when (old.role is distinct from new.role) execute function member.audit_role();

-- For the services through which administrators act. Called before the action, so that attempts are recorded too.
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

-- Deletes the entries of a member who is due for erasure, and of no other.
create function member.erase_audit(erased bigint) returns void language sql security definer set search_path = pg_catalog as $$
  delete from member.audit where member_id = erased and erased in (select member_id from member.erasable_member)
$$;

revoke execute on function member.drop_old_audit(integer), member.erase_audit(bigint), member.audit_role(), member.audit_admin_act(bigint, text, text, text) from public;
grant execute on function member.audit_admin_act(bigint, text, text, text) to dailyfeed_batch, dailyfeed_activity;
grant execute on function member.drop_old_audit(integer), member.erase_audit(bigint) to dailyfeed_member;
grant select, insert on member.audit to dailyfeed_member;
