-- The id of this installation: the records that its services send to Kafka carry it, and its listeners refuse records
-- with another one, so that two installations on the same brokers do not apply each other's events.
create table event_support.installation (
  only_row boolean primary key default true check (only_row),
  id       uuid    not null default gen_random_uuid()
);
insert into event_support.installation default values;
grant usage on schema event_support to dailyfeed_member, dailyfeed_content, dailyfeed_timeline, dailyfeed_activity, dailyfeed_search;
grant select on event_support.installation to dailyfeed_member, dailyfeed_content, dailyfeed_timeline, dailyfeed_activity, dailyfeed_search;
