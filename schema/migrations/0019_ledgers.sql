-- Where the creditor's contract says that interest due for a whole year bears interest (C. civ. 1343-2); null: it does not.
alter table mandates add column capitalisation text check (btrim(capitalisation) <> '');

-- What exceeds what was owed, by payments and by credit notes; null in the statements of before, where payments alone tell it.
alter table statements add column overpaid bigint;

-- Debtors bound together are served one by one, maybe on one day.
drop index procedure_events_once;
create unique index procedure_events_once on procedure_events (procedure_id, step, happened_on, (coalesce(facts ->> 'debiteur', '')))
  where corrects is null;

-- The cells and the offices of commissaires de justice follow calendars of their own, as the creditors do.
alter table calendar_feeds add column bailiff_id uuid references bailiffs;
alter table calendar_feeds drop constraint calendar_feeds_role_check;
alter table calendar_feeds add constraint calendar_feeds_role_check check (role in ('legal', 'amicable', 'phone', 'creditor', 'bailiff'));
alter table calendar_feeds add constraint calendar_feeds_bailiff check ((role = 'bailiff') = (bailiff_id is not null));
create index calendar_feeds_by_bailiff on calendar_feeds (bailiff_id);
drop policy viewer on calendar_feeds;
create policy viewer on calendar_feeds for select to courtois_viewer
  using (creditor_id = viewer_creditor() or bailiff_id = viewer_bailiff());
grant select (bailiff_id) on calendar_feeds to courtois_viewer;
