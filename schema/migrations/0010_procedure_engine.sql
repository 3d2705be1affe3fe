-- What happened in a procedure is never rewritten: a correction is another row, which replaces one row, or says that it never
-- took place. What court, debtor or third party do is imposed: it is recorded with or without the creditor's agreement of today.
alter table procedure_events
  add column corrects uuid unique references procedure_events,
  add column void     boolean not null default false,
  add column imposed  boolean not null default false,
  add constraint procedure_events_void_corrects check (not void or corrects is not null),
  drop constraint procedure_events_procedure_id_step_happened_on_key;
create unique index procedure_events_once on procedure_events (procedure_id, step, happened_on) where corrects is null;

create function procedure_events_are_kept() returns trigger language plpgsql as $$
begin
  raise exception 'an event of a procedure is corrected by another, never rewritten' using errcode = 'CT002';
end $$;
create trigger procedure_events_are_kept before update or delete on procedure_events
  for each row execute function procedure_events_are_kept();

-- What counts: a filing that never took place has filed nothing.
create view standing_procedure_events as
  select e.* from procedure_events e
  where not e.void and not exists (select from procedure_events x where x.corrects = e.id);

create or replace function void_consent_on_change() returns trigger language plpgsql as $$
begin
  insert into consent_ends (request_id, ended_on, cause, reason, ended_by)
  select r.id, new.recorded_on, 'changed', 'Le dossier a changé depuis la demande d''accord (' || tg_argv[0] || ').', 'system'
  from consent_requests r
  where r.case_id = new.case_id
    and not exists (select from procedures p join standing_procedure_events e on e.procedure_id = p.id
                    where p.consent_id = r.id and e.step = r.filing_step)
  on conflict do nothing;
  return null;
end $$;

create or replace function void_consent_on_withdrawal() returns trigger language plpgsql as $$
begin
  insert into consent_ends (request_id, ended_on, cause, reason, ended_by)
  select r.id, new.withdrawn_on, 'changed', 'Le dossier a changé depuis la demande d''accord (pièce retirée).', 'system'
  from consent_requests r
  where r.case_id = new.case_id
    and not exists (select from procedures p join standing_procedure_events e on e.procedure_id = p.id
                    where p.consent_id = r.id and e.step = r.filing_step)
  on conflict do nothing;
  return null;
end $$;

create or replace function refuse_without_consent() returns trigger language plpgsql as $$
declare
  request uuid;
  on_day  date;
begin
  if tg_table_name = 'procedures' then
    request := new.consent_id; on_day := new.opened_on;
    if not exists (select from consent_requests r where r.id = request and r.case_id = new.case_id and r.procedure = new.procedure) then
      raise exception 'the consent is for another case or procedure' using errcode = 'CT001';
    end if;
  elsif tg_table_name = 'procedure_events' then
    select p.consent_id, new.happened_on into request, on_day from procedures p where p.id = new.procedure_id;
    -- A hearing is fixed before its day: what is recorded of the future is agreed to on the day it is recorded.
    on_day := least(on_day, new.recorded_on);
    if new.imposed then
      on_day := (select c.decided_on from consents c where c.request_id = request and c.decision = 'given');
      if on_day is not null then return new; end if;
    end if;
  else
    select p.consent_id, new.assembled_on into request, on_day from procedures p where p.id = new.procedure_id;
    if new.kind = 'requete' and new.content_sha256 is distinct from
       (select r.content_sha256 from consent_requests r where r.id = request) then
      raise exception 'the pack is not the one that was signed' using errcode = 'CT001';
    end if;
  end if;
  if not live_consent(request, on_day) then
    raise exception 'no live consent of the creditor on %', on_day using errcode = 'CT001';
  end if;
  return new;
end $$;

-- What the legal cell was told of time limits, once each: near its end (by mark: 15, 7, 3, 1 days…), ended without the act,
-- or ended with the path closed by it. A row is over when the act is done or the path leaves it.
create table deadline_alerts (
  id           bigint generated always as identity primary key,
  procedure_id uuid not null references procedures,
  kind         text not null check (kind in ('near', 'late', 'closed')),
  step         text not null,
  time_limit   text not null,
  expires_on   date not null,
  mark         int  not null default 0,
  what         text not null,
  given_on     date not null,
  over_on      date,
  unique (procedure_id, kind, step, time_limit, expires_on, mark)
);
create index deadline_alerts_open on deadline_alerts (procedure_id) where over_on is null;
alter table procedures add column watched_on date;

-- Calendars that a program follows by an address nobody can guess. Only the hash of the address is kept.
create table calendar_feeds (
  id           uuid primary key,
  token_sha256 text not null unique,
  role         text not null check (role in ('legal', 'creditor')),
  creditor_id  uuid references creditors,
  label        text not null,
  created_on   date not null,
  created_by   text not null,
  revoked_on   date,
  revoked_by   text,
  check ((role = 'creditor') = (creditor_id is not null)),
  check ((revoked_on is null) = (revoked_by is null))
);
