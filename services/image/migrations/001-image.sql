create schema image;

-- A row says that an image exists; its two files are written before the row commits and removed after it is gone.
create table image.image (
  -- 128 random bits: a public image is protected only by its unguessable address.
  id         text        primary key check (id ~ '^[0-9a-f]{32}$'),
  owner_id   bigint      not null,
  -- The size of the stored WebP, not of the uploaded file.
  bytes      integer     not null check (bytes > 0),
  width      smallint    not null check (width between 1 and 500),
  height     smallint    not null check (height between 1 and 500),
  sha256     bytea       not null check (length(sha256) = 32),
  created_at timestamptz not null default now()
);

grant usage on schema image to dailyfeed_image;
grant select, insert, delete on image.image to dailyfeed_image;

select idempotency.create_key_table('image', 'dailyfeed_image');
