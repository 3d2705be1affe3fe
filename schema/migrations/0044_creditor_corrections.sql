-- What was corrected of a creditor, with what was there before. An account (IBAN, BIC) is the classic fraud: it waits for a second person
-- who has asked the creditor by a way known before, and is the creditor's from that day on; what was written before keeps the old one.
create table creditor_corrections (
  id          uuid primary key,
  rank        bigint generated always as identity,
  creditor_id uuid not null references creditors,
  before      jsonb not null,                -- what changes, and nothing else
  after       jsonb not null,
  reason      text not null check (reason <> ''),
  recorded_on date not null,
  recorded_by text not null,
  decided_on  date,                          -- null: an account that waits
  decided_by  text,
  is_taken    boolean,                       -- false: refused
  checked_how text,
  check ((decided_on is null) = (decided_by is null) and (decided_on is null) = (is_taken is null)),
  -- An author is « role:name »: another role of the same person is not a second one.
  check (not (after ?| array['iban', 'bic']) or is_taken is not true
         or (checked_how is not null and regexp_replace(decided_by, '^[^:]*:', '') <> regexp_replace(recorded_by, '^[^:]*:', '')))
);
create index creditor_corrections_by_creditor on creditor_corrections (creditor_id, rank);
create unique index creditor_corrections_one_awaits on creditor_corrections (creditor_id) where decided_on is null;

create policy viewer on creditor_corrections for select to courtois_viewer using (creditor_id = viewer_creditor());
alter table creditor_corrections enable row level security;
grant select on creditor_corrections to courtois_viewer;
