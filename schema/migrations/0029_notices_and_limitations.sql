-- A formal notice that left before the agency was asked, or by another hand: its letter is an exhibit of the case. What was told is
-- kept; another row corrects it, or says that it never was.
create table outside_notices (
  id           uuid primary key,
  case_id      uuid not null references cases,
  exhibit_id   uuid not null references exhibits,
  sender       text not null check (sender in ('creancier', 'avocat', 'commissaire')),
  form         text not null check (form in ('lrar', 'lre', 'sommation')),
  written_on   date not null,
  presented_on date check (presented_on >= written_on),  -- first presentation, or service; null: not proved
  outcome      text check (outcome in ('delivered', 'refused', 'unclaimed', 'unknown_address')),
  outcome_on   date check (outcome_on >= coalesce(presented_on, written_on)),
  delay_days   int check (delay_days between 1 and 90),  -- what it gave, from its presentation
  corrects     uuid unique references outside_notices,
  void         boolean not null default false,
  recorded_on  date not null,
  recorded_by  text not null,
  check ((outcome is null) = (outcome_on is null)),
  check (not void or corrects is not null)
);
create index outside_notices_of_case on outside_notices (case_id);
create index outside_notices_of_exhibit on outside_notices (exhibit_id);
create trigger outside_notices_are_kept before update or delete on outside_notices for each row execute function rows_are_kept();
-- Interest of a consumer, and the day on which a court may be asked, follow it.
create trigger outside_notices_void_consent after insert on outside_notices
  for each row execute function void_consent_on_change('mise en demeure enregistrée');

-- Limitation runs for each invoice from its own due date. `cases.limitation_on` is the last of these days among the invoices of
-- which something is still owed: past it, the whole claim is barred.
create table invoice_limitations (
  invoice_id uuid primary key references invoices,
  expires_on date not null,
  is_owed    boolean not null default true   -- when it was last counted
);
create index invoice_limitations_near on invoice_limitations (expires_on) where is_owed;
-- What was known until now is the day of the oldest: each case is counted anew at its next act, and no invoice is claimed too late meanwhile.
insert into invoice_limitations (invoice_id, expires_on)
  select i.id, c.limitation_on from invoices i join cases c on c.id = i.case_id;

create policy viewer on outside_notices for select to courtois_viewer
  using (exists (select from cases whole where whole.id = outside_notices.case_id));
create policy viewer on invoice_limitations for select to courtois_viewer
  using (exists (select from invoices whole where whole.id = invoice_limitations.invoice_id));
alter table outside_notices enable row level security;
alter table invoice_limitations enable row level security;
grant select on outside_notices, invoice_limitations to courtois_viewer;
