-- One creditor, one debtor, one case: who owes what to whom, what was done about it, and by whom.
-- State is rows: a hold, a consent, a service is a row with its day, its author and its reason.

create table agency (
  only_row   boolean primary key default true check (only_row),
  identity   jsonb not null                         -- name, form, address, manager… as schema/agency.schema.json
);

-- CPCE R124-2: nothing starts before the three are there.
create table agency_proofs (
  kind        text primary key check (kind in ('assurance', 'compte', 'declaration')),
  reference   text not null,
  detail      jsonb not null default '{}',
  dated_on    date not null,
  valid_until date,
  recorded_on date not null,
  recorded_by text not null
);

create table creditors (
  id         uuid primary key,
  name       text not null check (name <> ''),
  kind       text not null default 'autres' check (kind in ('autres', 'particulier')),
  identity   jsonb not null,                        -- form, siret, vat, address, contact, representative
  iban       text,
  bic        text,
  created_on date not null
);

-- CPCE R124-3: the written agreement, and the four things it must state.
create table mandates (
  id              uuid primary key,
  creditor_id     uuid not null references creditors,
  signed_on       date not null,
  basis           text not null,
  guarantee       text not null,
  remuneration    text not null,
  paying_over     text not null,
  receives_funds  boolean not null default false,   -- the debtor pays the creditor unless the agreement says otherwise
  sends_invoices  boolean not null default false,
  scenario        text not null default 'standard',
  penalty_rate    numeric(9, 6),                    -- the creditor's contractual late-payment rate, % a year
  ended_on        date,
  recorded_by     text not null
);
create unique index mandates_one_live on mandates (creditor_id) where ended_on is null;

-- As one creditor knows them: what one says of a debtor is never shown to another.
create table debtors (
  id         uuid primary key,
  creditor_id uuid not null references creditors,
  name       text not null check (name <> ''),
  kind       text not null check (kind in ('business', 'consumer', 'public')),
  identity   jsonb not null,                        -- civility, form, siret, contact, birth
  address    jsonb,
  email      text,
  phone      text,
  created_on date not null
);

create index debtors_by_creditor on debtors (creditor_id);

create table cases (
  id            uuid primary key,
  number        text not null unique,
  creditor_id   uuid not null references creditors,
  debtor_id     uuid not null references debtors,
  scenario      text not null,
  currency      text not null,
  zone          text not null default 'metropole',
  anchor_on     date not null,                      -- J: the oldest unpaid due date
  limitation_on date not null,                      -- last day to act
  opened_on     date not null,
  opened_by     text not null,
  closed_on     date,
  closed_why    text,
  check ((closed_on is null) = (closed_why is null))
);
create unique index cases_one_open on cases (creditor_id, debtor_id) where closed_on is null;
create index cases_by_debtor on cases (debtor_id);
create table case_numbers (year int primary key, last int not null);

create table invoices (
  id          uuid primary key,
  case_id     uuid not null references cases,
  number      text not null check (number <> ''),
  issued_on   date not null,
  due_on      date not null check (due_on >= issued_on),
  total       bigint not null check (total > 0),
  prepaid     bigint not null default 0,
  payable     bigint not null check (payable > 0 and payable <= 100000000000000),
  currency    text not null,
  source      jsonb not null,                       -- the invoice as read: lines, references, taxes
  missing     jsonb not null default '[]',
  doubts      jsonb not null default '[]',
  original    text,                                 -- sha-256 of the file as it came
  recorded_on date not null,
  recorded_by text not null,
  unique (case_id, number)
);

create table credit_notes (
  id          uuid primary key,
  case_id     uuid not null references cases,
  invoice_id  uuid references invoices,
  number      text not null,
  issued_on   date not null,
  amount      bigint not null check (amount > 0),
  original    text,
  recorded_on date not null,
  recorded_by text not null,
  unique (case_id, number)
);

create table payments (
  id          uuid primary key,
  case_id     uuid not null references cases,
  invoice_id  uuid references invoices,             -- the debtor's choice (C. civ. 1342-10)
  received_on date not null,
  amount      bigint not null check (amount > 0),
  means       text not null,
  reference   text,
  received_by text not null check (received_by in ('creditor', 'agency')),
  recorded_on date not null,
  recorded_by text not null
);
create index payments_by_case on payments (case_id);

-- Why a case waits. A hold is over on released_on; one with no end has a day on which a person looks again.
create table holds (
  id          uuid primary key,
  case_id     uuid not null references cases,
  cause       text not null check (cause in ('paiement-integral', 'contestation', 'promesse', 'echeancier',
                                             'procedure-collective', 'prescription', 'decision')),
  reason      text not null,
  from_on     date not null,
  review_on   date not null,
  placed_by   text not null,
  released_on date,
  released_by text,
  release_why text,
  check ((released_on is null) = (released_by is null))
);
create index holds_live on holds (case_id) where released_on is null;

create table disputes (
  id          uuid primary key,
  case_id     uuid not null references cases,
  raised_on   date not null,
  channel     text not null,
  ground      text not null,
  contested   bigint,
  resolved_on date,
  outcome     text check (outcome in ('maintained', 'credited', 'dropped')),
  answer      text,
  recorded_by text not null
);

create table promises (
  id           uuid primary key,
  case_id      uuid not null references cases,
  promised_on  date not null,
  due_on       date not null,
  amount       bigint not null check (amount > 0),
  means        text not null,
  author       text not null,
  channel      text not null,
  recorded_by  text not null
);

create table plans (
  id          uuid primary key,
  case_id     uuid not null references cases,
  agreed_on   date not null,
  means       text not null,
  broken_on   date,
  recorded_by text not null
);
create table instalments (
  plan_id uuid not null references plans,
  rank    int not null,
  due_on  date not null,
  amount  bigint not null check (amount > 0),
  primary key (plan_id, rank)
);

create table insolvencies (
  id          uuid primary key,
  case_id     uuid not null references cases,
  nature      text not null,
  opened_on   date not null,
  published_on date,
  recorded_on date not null,
  recorded_by text not null
);

create table calls (
  id          uuid primary key,
  case_id     uuid not null references cases,
  step_id     uuid,
  called_on   date not null,
  called_at   time,
  direction   text not null check (direction in ('outgoing', 'incoming')),
  person      text,
  outcome     text not null,
  summary     text not null,
  recorded_by text not null
);

-- The timeline: one row a step of the scenario, planned when the case opens, moved only by a hold or a late start.
create table steps (
  id          uuid primary key,
  case_id     uuid not null references cases,
  key         text not null,                        -- the step's id in its scenario
  rank        int not null,
  channel     text not null,
  nominal_on  date not null,                        -- the day of the scenario
  planned_on  date not null,                        -- that day, or the next one on which a letter may be sent
  queued_for  date,
  done_on     date,
  skipped_on  date,
  skipped_why text,
  unique (case_id, key),
  check (done_on is null or skipped_on is null),
  check ((skipped_on is null) = (skipped_why is null))
);
create index steps_due on steps (planned_on) where done_on is null and skipped_on is null;

-- Every document written: what it says, from which letter at which version, with which data, made by what.
create table documents (
  id         uuid primary key,
  case_id    uuid not null references cases,
  step_id    uuid references steps,
  letter     text not null,
  version    text not null,
  channel    text not null,
  recipient  text not null,
  reference  text not null unique,
  code       text not null unique,
  coupon     text,
  first_letter boolean not null default false,      -- carries the mentions of CPCE R124-4
  facts      jsonb not null,
  renderer   text not null,
  format     text not null default 'pdf',
  sha256     text not null,
  editable   text,                                  -- sha-256 of the Word file, where there is one
  mail       text,                                  -- sha-256 of subject, text and HTML, where it leaves by e-mail
  written_on date not null,
  written_by text not null,
  attached_to uuid references documents
);
create index documents_by_case on documents (case_id, written_on);
create unique index documents_one_a_step on documents (step_id, letter);
create unique index documents_one_first_letter on documents (case_id) where first_letter;

-- The way out of the house: handed to the post, to the mail server or to the phone cell, once.
create table dispatches (
  document_id      uuid primary key references documents,
  channel          text not null,
  address          jsonb not null,
  state            text not null default 'ready' check (state in ('ready', 'sending', 'sent', 'failed')),
  sent_on          date,
  proof            jsonb,
  registered_number text,
  presented_on     date,                            -- first presentation by the post
  outcome          text check (outcome in ('delivered', 'unclaimed', 'refused', 'unknown_address')),
  outcome_on       date
);

create table exhibits (
  id         uuid primary key,
  case_id    uuid not null references cases,
  number     int,                                   -- given once, in the conventional order, never reused
  kind       text not null,
  reference  text not null,
  dated_on   date,
  proves     text not null,
  original   text not null,
  original_name text not null,
  pdf        text not null,
  pages      int not null check (pages > 0),
  flags      jsonb not null default '[]',
  document_id uuid references documents,
  added_on   date not null,
  added_by   text not null,
  withdrawn_on date,
  unique (case_id, number)
);

create table bailiffs (
  id       uuid primary key,
  name     text not null,
  identity jsonb not null
);

-- What the creditor is asked to sign: procedure, sums, ceiling of cost, and the hash of the pack's content.
create table consent_requests (
  id             uuid primary key,
  case_id        uuid not null references cases,
  procedure      text not null,
  requested_on   date not null,
  expires_on     date not null,
  statement      jsonb not null,
  content_sha256 text not null,
  content        jsonb not null,                    -- the files of the content: name, sha256, pages
  pdf            text not null,
  editable       text,
  requested_by   text not null
);
create table consents (
  request_id uuid primary key references consent_requests,
  decision   text not null check (decision in ('given', 'refused')),
  decided_on date not null,
  signed_by  text not null,
  capacity   text not null,
  content_sha256 text not null,
  proof      jsonb not null,
  proof_pdf  text
);
create table consent_ends (
  request_id uuid primary key references consent_requests,
  ended_on   date not null,
  cause      text not null check (cause in ('withdrawn', 'changed')),
  reason     text not null,
  ended_by   text not null
);

create table procedures (
  id         uuid primary key,
  case_id    uuid not null references cases,
  procedure  text not null,
  consent_id uuid not null references consent_requests,
  court      jsonb not null,
  opened_on  date not null,
  opened_by  text not null,
  unique (consent_id)
);
create table procedure_events (
  id           uuid primary key,
  procedure_id uuid not null references procedures,
  step         text not null,
  happened_on  date not null,
  facts        jsonb not null default '{}',
  original     text,
  recorded_on  date not null,
  recorded_by  text not null,
  unique (procedure_id, step, happened_on)
);

create table packs (
  id             uuid primary key,
  procedure_id   uuid not null references procedures,
  kind           text not null,                     -- the step it serves: requete, signification…
  version        int not null,
  content_sha256 text not null,
  pdf            text not null,
  zip            text not null,
  manifest       jsonb not null,
  assembled_on   date not null,
  assembled_by   text not null,
  reason         text,
  unique (procedure_id, kind, version)
);
create table hand_overs (
  id         uuid primary key,
  pack_id    uuid not null references packs,
  bailiff_id uuid not null references bailiffs,
  handed_on  date not null,
  handed_by  text not null,
  revoked_on date,
  unique (pack_id, bailiff_id)
);
create table downloads (
  id           uuid primary key,
  hand_over_id uuid not null references hand_overs,
  file         text not null,
  downloaded_on date not null
);

create table idempotency_keys (
  actor   text not null,
  key     text not null,
  act     text not null,
  request text not null,
  result  jsonb not null,
  primary key (actor, key)
);

-- What happened, in order. Nothing is ever changed or removed here.
create table events (
  id      bigint generated always as identity primary key,
  case_id uuid references cases,
  on_day  date not null,
  kind    text not null,
  detail  jsonb not null default '{}',
  author  text not null
);
create index events_by_case on events (case_id, id);

create function events_are_kept() returns trigger language plpgsql as $$
begin
  raise exception 'the journal is append-only' using errcode = 'CT002';
end $$;
create trigger events_are_kept before update or delete on events for each statement execute function events_are_kept();

create function announce_event() returns trigger language plpgsql as $$
begin
  perform pg_notify('case_events', json_build_object('id', new.id::text, 'caseId', new.case_id)::text);
  return null;
end $$;
create trigger announce_event after insert on events for each row execute function announce_event();

-- No path to court without a live consent: given, not withdrawn, not voided by a change.
create function live_consent(request uuid, on_day date) returns boolean language sql stable as $$
  select exists (
    select from consents c
    where c.request_id = request and c.decision = 'given' and c.decided_on <= on_day
      and not exists (select from consent_ends e where e.request_id = request and e.ended_on <= on_day))
$$;

create function refuse_without_consent() returns trigger language plpgsql as $$
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
    -- What the judge, the debtor or the registry do, they do with or without the creditor's agreement of today.
    if new.step in ('ordonnance', 'opposition', 'avis-opposition', 'invitation-consigner', 'invitation-avocat',
                    'premier-acte-a-personne', 'jugement', 'rejet-injonction', 'contestation') then
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
create trigger procedures_need_consent before insert on procedures for each row execute function refuse_without_consent();
create trigger procedure_events_need_consent before insert on procedure_events for each row execute function refuse_without_consent();
create trigger packs_need_consent before insert on packs for each row execute function refuse_without_consent();

-- A signature is for the very request it answers, in its time, and is never rewritten.
create function refuse_wrong_signature() returns trigger language plpgsql as $$
begin
  if tg_op <> 'INSERT' then
    raise exception 'a consent is kept as it was given' using errcode = 'CT002';
  end if;
  if not exists (select from consent_requests r
                 where r.id = new.request_id and r.content_sha256 = new.content_sha256
                   and new.decided_on between r.requested_on and r.expires_on
                   and not exists (select from consent_ends e where e.request_id = r.id and e.ended_on <= new.decided_on)) then
    raise exception 'the signature does not answer a live request' using errcode = 'CT001';
  end if;
  return new;
end $$;
create trigger consents_are_bound before insert or update or delete on consents for each row execute function refuse_wrong_signature();

create function consent_history_is_kept() returns trigger language plpgsql as $$
begin
  raise exception 'what ended a consent is kept' using errcode = 'CT002';
end $$;
create trigger consent_ends_are_kept before update or delete on consent_ends for each row execute function consent_history_is_kept();
create trigger consent_requests_are_kept before update or delete on consent_requests for each row execute function consent_history_is_kept();

-- Until the application is filed, any change to what was signed voids the consent.
create function void_consent_on_change() returns trigger language plpgsql as $$
begin
  insert into consent_ends (request_id, ended_on, cause, reason, ended_by)
  select r.id, new.recorded_on, 'changed', 'Le dossier a changé depuis la demande d''accord (' || tg_argv[0] || ').', 'system'
  from consent_requests r
  where r.case_id = new.case_id
    and not exists (select from procedures p join procedure_events e on e.procedure_id = p.id
                    where p.consent_id = r.id and e.step = 'requete')
  on conflict do nothing;
  return null;
end $$;
create trigger payments_void_consent after insert on payments for each row execute function void_consent_on_change('paiement enregistré');
create trigger credit_notes_void_consent after insert on credit_notes for each row execute function void_consent_on_change('avoir enregistré');
create trigger invoices_void_consent after insert on invoices for each row execute function void_consent_on_change('facture ajoutée');
