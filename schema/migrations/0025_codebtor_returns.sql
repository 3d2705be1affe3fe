-- Debtors bound together are served one by one, sometimes on one day: what an office answers names the one it concerns.
alter table bailiff_returns add column debtor text;             -- null: the debtor of the case
alter table bailiff_returns drop constraint bailiff_returns_procedure_id_nature_happened_on_key;
alter table bailiff_returns add constraint bailiff_returns_once
  unique nulls not distinct (procedure_id, nature, happened_on, debtor);
