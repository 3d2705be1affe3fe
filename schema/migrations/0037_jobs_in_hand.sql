-- Every ten seconds each program asks who holds jobs and whether they live: that reads the jobs in hand, and not a queue of a hundred thousand.
create index if not exists jobs_in_hand on graphile_worker._private_jobs (locked_by) where locked_by is not null;
