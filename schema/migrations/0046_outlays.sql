-- What a procedure has cost up to now (débours): the creditor accepted a ceiling when it signed, and whoever goes beyond says why.
create table outlays (
  id            uuid primary key,
  procedure_id  uuid not null references procedures,
  spent_on      date not null check (spent_on <= recorded_on),
  amount        bigint not null check (amount > 0),     -- with VAT, cents of the case
  label         text not null,
  original      text,                                   -- the bill, in the archive
  over_why      text,                                   -- beyond the ceiling
  recorded_on   date not null,
  recorded_by   text not null,
  cancelled_on  date,
  cancelled_why text,
  check ((cancelled_on is null) = (cancelled_why is null))
);
create index outlays_of_procedure on outlays (procedure_id);

create policy viewer on outlays for select to courtois_viewer
  using (viewer_bailiff() is null and exists (select from procedures whole where whole.id = outlays.procedure_id));
alter table outlays enable row level security;
grant select on outlays to courtois_viewer;
