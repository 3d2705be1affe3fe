-- The journal as a chain: each line of a case carries the hash of the one before it, so that a line changed, taken away or
-- slipped in is seen by anybody who holds an export, without this database.

alter table events add column seq int;
alter table events add column prev text;                        -- hash of the line before it; empty for the first
alter table events add column hash text;

-- What is hashed, as text that can be checked elsewhere.
create function event_text(e events) returns text language sql immutable as $$
  select jsonb_build_array(e.seq, e.prev, e.case_id, e.on_day, e.kind, e.author, e.detail)::text
$$;

create function chain_event() returns trigger language plpgsql as $$
declare
  given  text := new.hash;
  before events;
begin
  -- Two acts on one case wait for each other here, or both would follow the same line.
  perform pg_advisory_xact_lock(hashtextextended('events:' || coalesce(new.case_id::text, 'house'), 0));
  if new.case_id is null then
    select * into before from events where case_id is null order by seq desc limit 1;
  else
    select * into before from events where case_id = new.case_id order by seq desc limit 1;
  end if;
  new.seq := coalesce(before.seq, 0) + 1;
  new.prev := coalesce(before.hash, '');
  new.hash := encode(sha256(convert_to(event_text(new), 'UTF8')), 'hex');
  -- A line brought back from an export must come to the hash that it had.
  if given is not null and given <> new.hash then
    raise exception 'the journal of this export does not come to its own hashes' using errcode = 'CT003';
  end if;
  return new;
end $$;

alter table events disable trigger events_are_kept;
do $$
declare
  line events;
  last_case uuid;
  last_hash text := '';
  rank int := 0;
begin
  for line in select * from events order by case_id nulls first, id loop
    if rank = 0 or line.case_id is distinct from last_case then
      rank := 0; last_hash := ''; last_case := line.case_id;
    end if;
    rank := rank + 1;
    line.seq := rank; line.prev := last_hash;
    last_hash := encode(sha256(convert_to(event_text(line), 'UTF8')), 'hex');
    update events set seq = rank, prev = line.prev, hash = last_hash where id = line.id;
  end loop;
end $$;
alter table events enable trigger events_are_kept;

alter table events alter column seq set not null;
alter table events alter column prev set not null;
alter table events alter column hash set not null;
create unique index events_chain on events (case_id, seq) nulls not distinct;
create trigger chain_event before insert on events for each row execute function chain_event();
