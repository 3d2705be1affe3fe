-- What was done and written on a day is counted for /metrics every few seconds: by the rows of that day, and not by all.
create index steps_done on steps (done_on) where done_on is not null;
create index documents_written on documents (written_on);
