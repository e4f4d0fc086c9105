-- The table has the same form in every schema with creating routes. A migration of the service calls this function.
create schema idempotency;

create function idempotency.create_key_table(owner_schema text, service_role text) returns void language plpgsql as $$
begin
  execute format('create table %I.idempotency_key (
    -- Whose key it is: a member, or the address of somebody who is none yet.
    owner       text        not null,
    key         text        not null,
    -- Of the method, the path and the body that came with it first.
    fingerprint bytea       not null,
    -- What was answered; null only inside the transaction that makes it. Text, so that it is given again byte for byte.
    answer      text,
    created_at  timestamptz not null default now(),
    primary key (owner, key)
  )', owner_schema);
  execute format('create index idempotency_key_by_time on %I.idempotency_key (created_at)', owner_schema);
  execute format('grant select, insert, update, delete on %I.idempotency_key to %I', owner_schema, service_role);
end $$;
