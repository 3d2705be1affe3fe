-- A step that a person added to the timeline of one case, and the rule it follows, written as scenario files write theirs.
create table step_additions (
  step_id  uuid primary key references steps on delete cascade,
  rule     jsonb not null,
  reason   text not null check (reason <> ''),
  added_on date not null,
  added_by text not null
);
