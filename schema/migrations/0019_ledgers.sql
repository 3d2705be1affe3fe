-- Where the creditor's contract says that interest due for a whole year bears interest (C. civ. 1343-2); null: it does not.
alter table mandates add column capitalisation text check (btrim(capitalisation) <> '');

-- What exceeds what was owed, by payments and by credit notes; null in the statements of before, where payments alone tell it.
alter table statements add column overpaid bigint;

-- Debtors bound together are served one by one, maybe on one day.
drop index procedure_events_once;
create unique index procedure_events_once on procedure_events (procedure_id, step, happened_on, (coalesce(facts ->> 'debiteur', '')))
  where corrects is null;
