-- What a creditor gives up if so much is paid by a day (remise de dette, C. civ. 1350). Nothing is given up before it is paid: whether it
-- was is read from the payments, each time. What was agreed is kept; one entered wrongly is withdrawn, and says why.
create table remissions (
  id            uuid primary key,
  case_id       uuid not null references cases,
  amount        bigint not null check (amount > 0),     -- to be paid
  pay_by        date not null,                          -- received that day at the latest
  agreed_on     date not null check (agreed_on <= recorded_on),
  agreed_by     text not null,                          -- who signed for the creditor
  document_id   uuid references documents,              -- the letter that told the debtor
  recorded_on   date not null check (recorded_on <= pay_by),
  recorded_by   text not null,
  withdrawn_on  date,
  withdrawn_why text,
  check ((withdrawn_on is null) = (withdrawn_why is null))
);
create index remissions_of_case on remissions (case_id);
create index remissions_of_document on remissions (document_id);
create trigger remissions_void_consent after insert on remissions
  for each row execute function void_consent_on_change('remise convenue');

-- What a statement says was given up.
alter table statements add column remitted bigint not null default 0;

alter table holds drop constraint holds_cause_check;
alter table holds add constraint holds_cause_check check (cause in ('paiement-integral', 'contestation', 'promesse', 'echeancier',
  'procedure-collective', 'surendettement', 'deces', 'prescription', 'decision', 'remise'));

create policy viewer on remissions for select to courtois_viewer
  using (exists (select from cases whole where whole.id = remissions.case_id));
alter table remissions enable row level security;
grant select on remissions to courtois_viewer;
