-- What becomes of a person's data: kept as long as its category says (procedures/law/fr/conservation.yaml), then dropped, the
-- hashes and the chain of the journal staying as proof; and who read them meanwhile.

alter table cases add column purged_on date;                    -- coordinates, letters, exhibits, notes are gone
alter table cases add column accounts_purged_on date;           -- invoices, receipts and the name as well
alter table cases add constraint cases_purged_closed check (purged_on is null or closed_on is not null);
alter table cases add constraint cases_accounts_purged_last check (accounts_purged_on is null or purged_on is not null);
create index cases_to_purge on cases (closed_on) where closed_on is not null;
alter table uploads add column purged_on date;                 -- a month after it was asked for, used or not

-- A line whose details are gone keeps its hash, which the line after it carries; the purge's own line says up to which.
alter table events add column purged_on date;

-- Who read a case's personal data, once a day and a door.
create table case_readings (
  case_id uuid not null references cases,
  on_day  date not null,
  reader  text not null,
  door    text not null check (door in ('graphql', 'document', 'piece', 'bureau', 'portail')),
  primary key (case_id, on_day, reader, door)
);
create index case_readings_by_day on case_readings (on_day);
create trigger case_readings_are_kept before update or delete on case_readings for each row execute function rows_are_kept();

-- A repeated request is answered with the same for a while, not for ever.
alter table idempotency_keys add column used_on date;
