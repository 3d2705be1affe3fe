-- What a debtor sends along with a dispute: kept as it came, shown to the creditor and to the house, and no exhibit of the
-- creditor's until somebody makes it one.
create table dispute_documents (
  id          uuid primary key,
  dispute_id  uuid not null references disputes,
  sha256      text not null,
  name        text not null,
  media_type  text not null,                        -- by its content, whatever its name says
  bytes       bigint not null check (bytes > 0),
  received_on date not null,
  received_by text not null
);
create index dispute_documents_by_dispute on dispute_documents (dispute_id);
create trigger dispute_documents_are_kept before update or delete on dispute_documents for each row execute function rows_are_kept();

-- A letter that did not arrive, written again to another address by a person: another document, which recalls the first.
create table resendings (
  document_id uuid primary key references documents,        -- the new letter
  of_id       uuid not null unique references documents,    -- the one that did not arrive; once
  reason      text not null,
  asked_on    date not null,
  asked_by    text not null,
  check (document_id <> of_id)
);
create trigger resendings_are_kept before update or delete on resendings for each row execute function rows_are_kept();

create policy viewer on dispute_documents for select to courtois_viewer
  using (exists (select from disputes whole where whole.id = dispute_documents.dispute_id));
create policy viewer on resendings for select to courtois_viewer
  using (exists (select from documents whole where whole.id = resendings.document_id));
alter table dispute_documents enable row level security;
alter table resendings enable row level security;
grant select on dispute_documents, resendings to courtois_viewer;

-- A session that its owner left is over, although its cookie was signed for longer; kept until it would have ended by itself.
create table ended_sessions (
  id    text primary key,
  until timestamptz not null
);
