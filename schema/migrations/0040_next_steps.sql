-- A list of cases shows the next step of each: one row of an index, where it was sought among all the steps of the case.
create index steps_next on steps (case_id, rank) where done_on is null and skipped_on is null;
