-- A file on its way in: asked for, then received once by a signed PUT, then used by an act. The bytes are in the archive.
create table uploads (
  id          uuid primary key,
  actor       text not null,                        -- who asked: nobody else may use it
  file_name   text not null,
  max_bytes   bigint not null check (max_bytes > 0),
  expires_at  timestamptz not null,
  asked_on    date not null,
  sha256      text,
  bytes       bigint,
  received_on date,
  check ((sha256 is null) = (received_on is null))
);
