create schema batch;

-- What ran, when, and how it ended. A run that was killed is marked by the next one.
create table batch.job_run (
  id         bigint      generated always as identity primary key,
  job        text        not null,
  started_at timestamptz not null default now(),
  ended_at   timestamptz,
  outcome    text        check (outcome in ('SUCCEEDED', 'FAILED', 'ABANDONED')),
  figures    jsonb,
  error      text
);
create index job_run_by_job on batch.job_run (job, id desc);

-- One run of a job at a time, over all instances: that of the holder of the row, until it expires.
create table batch.job_lease (
  job        text        primary key,
  holder     uuid        not null,
  expires_at timestamptz not null
);

-- The last time of its schedule at which each job was begun: of several instances one begins it, however soon it is done.
create table batch.job_schedule (
  job      text        primary key,
  begun_at timestamptz not null
);

grant usage on schema batch to dailyfeed_batch;
grant select, insert, update on batch.job_run, batch.job_schedule to dailyfeed_batch;
grant select, insert, update, delete on batch.job_lease to dailyfeed_batch;
