-- As `steps_done`: the report of what a day made up for is asked every quarter of an hour.
create index steps_skipped on steps (skipped_on) where skipped_on is not null;
