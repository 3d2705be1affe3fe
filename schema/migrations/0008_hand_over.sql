-- Packs of every procedure: which one the creditor signs, the step that files it, the facts that a person gave for its papers.
alter table consent_requests
  add column pack_kind   text  not null default 'requete',
  add column filing_step text  not null default 'requete',
  add column facts       jsonb not null default '{}';

-- The pack that is assembled is the one that was signed, whatever the procedure calls it.
create function refuse_unsigned_pack() returns trigger language plpgsql as $$
begin
  if exists (select from procedures p join consent_requests r on r.id = p.consent_id
             where p.id = new.procedure_id and r.pack_kind = new.kind and r.content_sha256 <> new.content_sha256) then
    raise exception 'the pack is not the one that was signed' using errcode = 'CT001';
  end if;
  return new;
end $$;
create trigger packs_are_signed before insert on packs for each row execute function refuse_unsigned_pack();

create or replace function void_consent_on_change() returns trigger language plpgsql as $$
begin
  insert into consent_ends (request_id, ended_on, cause, reason, ended_by)
  select r.id, new.recorded_on, 'changed', 'Le dossier a changé depuis la demande d''accord (' || tg_argv[0] || ').', 'system'
  from consent_requests r
  where r.case_id = new.case_id
    and not exists (select from procedures p join procedure_events e on e.procedure_id = p.id
                    where p.consent_id = r.id and e.step = r.filing_step)
  on conflict do nothing;
  return null;
end $$;

-- A version is written once: what follows it is another row.
alter table packs
  add column changes  jsonb,
  add column case_json text;
create function packs_are_kept() returns trigger language plpgsql as $$
begin
  raise exception 'a pack is never changed, only followed' using errcode = 'CT002';
end $$;
create trigger packs_are_kept before update or delete on packs for each row execute function packs_are_kept();

-- What a timestamp authority (RFC 3161) said of a pack's ZIP. No row: the timestamp is awaited.
create table pack_timestamps (
  pack_id    uuid primary key references packs,
  authority  text not null,
  stamped_at timestamptz not null,
  serial     text not null,
  token      text not null,                         -- the whole response, in the archive
  trusted    boolean not null                       -- its certificate leads to the one that the house was given
);

-- The bailiff's way in: one link an office and a pack, of which only the hash is kept.
alter table hand_overs
  add column token_sha256 text unique,
  add column expires_on date;
create table hand_over_accesses (
  id           uuid primary key,
  hand_over_id uuid not null references hand_overs,
  what         text not null check (what in ('page', 'zip', 'pdf', 'case', 'timestamp', 'return', 'receipt')),
  first_byte   bigint,
  last_byte    bigint,
  on_day       date not null,
  at           timestamptz not null
);
create index hand_over_accesses_by_hand_over on hand_over_accesses (hand_over_id, at);
create table hand_over_receipts (
  hand_over_id uuid primary key references hand_overs,
  received_on  date not null,
  received_by  text not null,
  zip_sha256   text,                                -- as the office computed it; null: received, not verified
  note         text
);

-- What the bailiff answered. An answer is corrected by another, never rewritten.
create table bailiff_returns (
  id           uuid primary key,
  hand_over_id uuid not null references hand_overs,
  procedure_id uuid not null references procedures,
  nature       text not null,
  step         text,
  happened_on  date not null,
  in_person    boolean,
  found        bigint,                              -- cents seized or declared by the third party
  note         text,
  exhibit_id   uuid references exhibits,
  recorded_on  date not null,
  recorded_by  text not null,
  unique (procedure_id, nature, happened_on)
);
create index bailiff_returns_by_hand_over on bailiff_returns (hand_over_id, happened_on);
create trigger bailiff_returns_are_kept before update or delete on bailiff_returns
  for each row execute function consent_history_is_kept();

create or replace function void_consent_on_withdrawal() returns trigger language plpgsql as $$
begin
  insert into consent_ends (request_id, ended_on, cause, reason, ended_by)
  select r.id, new.withdrawn_on, 'changed', 'Le dossier a changé depuis la demande d''accord (pièce retirée).', 'system'
  from consent_requests r
  where r.case_id = new.case_id
    and not exists (select from procedures p join procedure_events e on e.procedure_id = p.id
                    where p.consent_id = r.id and e.step = r.filing_step)
  on conflict do nothing;
  return null;
end $$;
