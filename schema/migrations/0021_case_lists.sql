-- Lists of cases by next date, amount and days late, in the order and from the place asked for, by an index: a page costs the
-- same among a thousand cases or a million. What no index could tell is kept beside the case by whatever changes it.

-- The next day that an open procedure has, as the daily look at its time limits found it (procedures/judicial/deadline-alerts.ts);
-- those that are there already are looked at once more.
alter table procedures add column next_on date;
update procedures set watched_on = null;

alter table cases
  add column next_on date not null default 'infinity',  -- of the next step neither done nor skipped; past them, of its procedures
  add column balance bigint not null default 0;     -- invoices less credit notes and payments that stand, never under zero

-- The case is taken before it is counted: what another transaction did to it meanwhile is then among what is counted.
create function recount_next(ids uuid[]) returns void language sql as $$
  select from unnest(ids) as asked (id) join cases c on c.id = asked.id order by c.id for no key update of c;
  update cases c set next_on = found.next_on
  from (select asked.id, coalesce(s.planned_on, p.next_on, 'infinity') as next_on
        from unnest(ids) as asked (id)
        left join (select distinct on (case_id) case_id, planned_on from steps
                   where case_id = any(ids) and done_on is null and skipped_on is null order by case_id, rank) s on s.case_id = asked.id
        left join (select case_id, min(next_on) as next_on from procedures where case_id = any(ids) group by case_id) p
          on p.case_id = asked.id) as found
  where c.id = found.id and c.next_on <> found.next_on
$$;
create function recount_balance(ids uuid[]) returns void language sql as $$
  select from unnest(ids) as asked (id) join cases c on c.id = asked.id order by c.id for no key update of c;
  update cases c set balance = found.balance
  from (select asked.id, greatest(0, coalesce(i.sum, 0) - coalesce(n.sum, 0) - coalesce(p.sum, 0)) as balance
        from unnest(ids) as asked (id)
        left join (select case_id, sum(payable) from invoices where case_id = any(ids) group by case_id) i on i.case_id = asked.id
        left join (select case_id, sum(amount) from credit_notes where case_id = any(ids) group by case_id) n on n.case_id = asked.id
        left join (select case_id, sum(amount) from payments p
                   where case_id = any(ids) and not exists (select from payment_rejections r where r.payment_id = p.id)
                   group by case_id) p on p.case_id = asked.id) as found
  where c.id = found.id and c.balance <> found.balance
$$;

create function recount_added_next() returns trigger language plpgsql as $$
begin
  perform recount_next((select array_agg(distinct case_id) from added));
  return null;
end $$;
create function recount_changed_next() returns trigger language plpgsql as $$
begin
  perform recount_next(array[old.case_id, new.case_id]);
  return null;
end $$;
create function recount_added_balance() returns trigger language plpgsql as $$
begin
  perform recount_balance((select array_agg(distinct case_id) from added));
  return null;
end $$;
create function recount_changed_balance() returns trigger language plpgsql as $$
begin
  perform recount_balance(array[old.case_id, new.case_id]);
  return null;
end $$;

-- Rows are added by the dozen, and changed one by one.
create trigger recount_added after insert on steps referencing new table as added
  for each statement execute function recount_added_next();
create trigger recount_changed after update of planned_on, rank, done_on, skipped_on on steps
  for each row when ((old.planned_on, old.rank, old.done_on, old.skipped_on) is distinct from (new.planned_on, new.rank, new.done_on, new.skipped_on))
  execute function recount_changed_next();
create trigger recount_removed after delete on steps for each row execute function recount_changed_next();
create trigger recount_changed after update of next_on on procedures
  for each row when (old.next_on is distinct from new.next_on) execute function recount_changed_next();

do $$
declare
  sums text;
begin
  foreach sums in array array['invoices', 'credit_notes', 'payments', 'payment_rejections'] loop
    execute format('create trigger recount_added after insert on %I referencing new table as added
                    for each statement execute function recount_added_balance()', sums);
    execute format('create trigger recount_changed after update or delete on %I
                    for each row execute function recount_changed_balance()', sums);
  end loop;
end $$;

-- By the thousand: each of those asked for is looked up among all of them.
do $$
declare
  batch uuid[];
begin
  for batch in select array_agg(id) from (select id, row_number() over () / 1000 as part from cases) as numbered group by part loop
    perform recount_next(batch), recount_balance(batch);
  end loop;
end $$;

-- Cases of one day or one sum stand in the order of their numbers.
drop index cases_newest;
drop index cases_newest_by_creditor;
create index cases_newest on cases (opened_on, length(number), number);
create index cases_newest_of_creditor on cases (creditor_id, opened_on, length(number), number);
create index cases_closed on cases (opened_on, length(number), number) where closed_on is not null;
create index cases_closed_of_creditor on cases (creditor_id, opened_on, length(number), number) where closed_on is not null;
create index cases_next on cases (next_on, length(number), number) where closed_on is null;
create index cases_next_of_creditor on cases (creditor_id, next_on, length(number), number) where closed_on is null;
create index cases_by_balance on cases (balance, length(number), number) where closed_on is null;
create index cases_by_balance_of_creditor on cases (creditor_id, balance, length(number), number) where closed_on is null;
create index cases_late on cases (anchor_on, length(number), number) where closed_on is null;
create index cases_late_of_creditor on cases (creditor_id, anchor_on, length(number), number) where closed_on is null;

-- The work of the day: debtors without a postal address to write to, limitations that come near, notices that will leave.
create index debtors_without_address on debtors (id)
  where address is null or coalesce(address ->> 'city', '') = '' or jsonb_array_length(address -> 'lines') = 0;
create index cases_near_limitation on cases (limitation_on) where closed_on is null;

-- What a day took up that was planned before it: the few that were late.
create index steps_done_late on steps (done_on) where skipped_on is null and done_on > planned_on;
create index steps_registered on steps (planned_on) where channel = 'lrar' and done_on is null and skipped_on is null;
create index documents_to_call on documents (written_on) where channel = 'appel';

-- Names of creditors, in the words of a search, as those of debtors are.
create index creditors_by_words on creditors using gin (plain_words(name));

-- A bailiff sees the procedures whose pack was handed over to it, and not the others of the same case.
create function viewer_handed_procedures() returns setof uuid language sql stable security definer set search_path = public, pg_temp as $$
  select k.procedure_id from hand_overs h join packs k on k.id = h.pack_id
  where h.bailiff_id = viewer_bailiff() and h.revoked_on is null
$$;
alter policy viewer on procedures
  using (exists (select from cases whole where whole.id = procedures.case_id)
         and (viewer_bailiff() is null or id in (select viewer_handed_procedures())));
-- A view reads as its owner, who sees every row, unless it is told to read as whoever asks.
alter view standing_procedure_events set (security_invoker = true);
