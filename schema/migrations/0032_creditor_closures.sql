-- Days on which a creditor is closed: nobody there could answer its debtors, so the timeline waits. One taken back stays, with its end.
create table creditor_closures (
  id           uuid primary key,
  creditor_id  uuid not null references creditors,
  closed_from  date not null,
  closed_until date not null,               -- that day included
  reason       text not null check (reason <> ''),
  recorded_on  date not null,
  recorded_by  text not null,
  withdrawn_on date,
  withdrawn_by text,
  check (closed_until - closed_from between 0 and 59),
  check ((withdrawn_on is null) = (withdrawn_by is null))
);
create index creditor_closures_by_creditor on creditor_closures (creditor_id, closed_until);

create policy viewer on creditor_closures for select to courtois_viewer using (creditor_id = viewer_creditor());
alter table creditor_closures enable row level security;
grant select on creditor_closures to courtois_viewer;
