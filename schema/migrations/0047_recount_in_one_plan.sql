-- The next day of a case, counted anew at each step done: its statements planned once for the session, and for the one case that the
-- row is of. A row never changes its case.
create or replace function recount_changed_next() returns trigger language plpgsql as $$
declare
  changed uuid := coalesce(new.case_id, old.case_id);
  next    date;
begin
  perform from cases where id = changed for no key update;
  next := coalesce((select planned_on from steps where case_id = changed and done_on is null and skipped_on is null order by rank limit 1),
                   (select min(next_on) from procedures where case_id = changed), 'infinity');
  update cases set next_on = next where id = changed and next_on <> next;
  return null;
end $$;
