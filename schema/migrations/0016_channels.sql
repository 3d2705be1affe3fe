-- The ways out and what comes back by them: what was printed, what the post and the mail servers answered, which addresses
-- are dead, and the creditors' own systems that are told.

-- A day's letters as one file to print. A letter is in one batch, once and for ever.
create table post_batches (
  id      uuid primary key,
  number  text not null unique,                     -- « 2026-06-12-1 »
  made_on date not null,
  made_by text not null,
  letters int  not null check (letters > 0),
  pages   int  not null check (pages > 0),
  sheets  int  not null check (sheets > 0),
  sha256  text not null
);
create table post_batch_letters (
  document_id uuid primary key references documents,
  batch_id    uuid not null references post_batches,
  rank        int  not null,
  pages       int  not null check (pages > 0),
  sheets      int  not null check (sheets > 0),
  lines       jsonb not null,                       -- the address by NF Z10-011, as the separator shows it
  papers      jsonb not null,                       -- title and sha-256 of each, in the order of the envelope
  doubts      jsonb not null default '[]',
  unique (batch_id, rank)
);

-- Each thing that the post, or the provider of an electronic registered letter, says of one. The last end is the one that counts.
create table postal_events (
  rank        bigint generated always as identity primary key,
  document_id uuid not null references documents,
  state       text not null check (state in ('deposited', 'presented', 'delivered', 'refused', 'unclaimed', 'unknown_address')),
  happened_on date not null,
  recorded_on date not null,
  recorded_by text not null
);
create index postal_events_by_document on postal_events (document_id, rank);
-- What was recorded in one go before this table was there.
insert into postal_events (document_id, state, happened_on, recorded_on, recorded_by)
select document_id, 'presented', presented_on, presented_on, 'system' from dispatches where presented_on is not null
union all
select document_id, outcome, coalesce(outcome_on, presented_on), coalesce(outcome_on, presented_on), 'system'
from dispatches where outcome is not null and outcome_on is not null;

alter table dispatches drop constraint dispatches_outcome_check;
alter table dispatches add constraint dispatches_outcome_check
  check (outcome in ('delivered', 'unclaimed', 'refused', 'unknown_address', 'bounced'));

alter table contact_preferences drop constraint contact_preferences_channel_check;
alter table contact_preferences add constraint contact_preferences_channel_check
  check (channel in ('lettre', 'lre', 'email', 'sms', 'appel', 'visite'));

-- An address that sent something back is never used again for that debtor; the research cell finds another.
create table address_marks (
  id          uuid primary key,
  debtor_id   uuid not null references debtors,
  channel     text not null check (channel in ('postal', 'email')),
  value       text not null,                        -- as it is compared: capitals, no accent, no punctuation
  reason      text not null,
  document_id uuid references documents,
  marked_on   date not null,
  marked_by   text not null,
  found_on    date,                                 -- another address was validated
  unique (debtor_id, channel, value)
);
create index address_marks_open on address_marks (marked_on) where found_on is null;

create index dispatches_by_message on dispatches ((proof ->> 'messageId')) where channel = 'email';

-- A notice of non-delivery that was read, once: by the hash of the message.
create table bounces (
  sha256      text primary key,
  document_id uuid references documents,            -- null: no letter of ours has that identifier
  recipient   text,
  status      text,                                 -- RFC 3463: « 5.1.1 »
  diagnostic  text,
  kind        text not null check (kind in ('address', 'refused', 'delayed', 'unknown')),
  read_on     date not null,
  read_by     text not null
);

-- A creditor's own system: told of each event of its cases, without a name, a sum or an address.
create table webhook_endpoints (
  id           uuid primary key,
  creditor_id  uuid not null references creditors,
  url          text not null,
  secret       text not null,                       -- « whsec_… »; shown once, needed to sign
  events       text[] not null,                     -- empty: all
  failures     int not null default 0,              -- attempts failed since the last that succeeded
  created_on   date not null,
  created_by   text not null,
  disabled_on  date,
  disabled_why text,
  ended_on     date
);
create index webhook_endpoints_live on webhook_endpoints (creditor_id) where ended_on is null;
create table webhook_deliveries (
  id           text primary key,                    -- one event, one endpoint, one id: the same at each attempt
  endpoint_id  uuid not null references webhook_endpoints,
  case_id      uuid not null references cases,
  type         text not null,
  payload      jsonb not null,
  state        text not null default 'waiting' check (state in ('waiting', 'delivered', 'failed')),
  attempts     int not null default 0,
  status       int,                                 -- of the last attempt; null when nobody answered
  error        text,
  tried_at     timestamptz,
  on_day       date not null,
  rank         bigint generated always as identity
);
create index webhook_deliveries_by_endpoint on webhook_deliveries (endpoint_id, rank desc);

-- Queued in the transaction of the event itself: none is lost, none is told of what was undone.
create function webhook_type(kind text) returns text language sql immutable as $$
  select case kind
    when 'case_opened' then 'case.opened'
    when 'letter_sent' then 'letter.sent'
    when 'payment_recorded' then 'payment.recorded'
    when 'payment_rejected' then 'payment.rejected'
    when 'promise_recorded' then 'promise.recorded'
    when 'dispute_recorded' then 'dispute.recorded'
    when 'dispute_resolved' then 'dispute.resolved'
    when 'consent_requested' then 'consent.requested'
    when 'consent_given' then 'consent.given'
    when 'consent_refused' then 'consent.refused'
    when 'consent_withdrawn' then 'consent.withdrawn'
    when 'procedure_opened' then 'procedure.opened'
    when 'procedure_event' then 'procedure.event'
    when 'case_closed' then 'case.closed'
  end
$$;
create function tell_webhooks() returns trigger language plpgsql as $$
declare
  told text := webhook_type(new.kind);
  one  record;
begin
  for one in
    select w.id, md5(w.id::text || new.case_id::text || new.seq::text) as key, c.number
    from webhook_endpoints w join cases c on c.creditor_id = w.creditor_id
    where c.id = new.case_id and w.ended_on is null and (w.events = '{}' or told = any(w.events))
  loop
    insert into webhook_deliveries (id, endpoint_id, case_id, type, on_day, payload)
    values ('msg_' || one.key, one.id, new.case_id, told, new.on_day, jsonb_build_object(
      'type', told, 'on', new.on_day,
      'data', jsonb_strip_nulls(jsonb_build_object(
        'case', one.number, 'caseId', encode(convert_to('Case:' || new.case_id, 'UTF8'), 'base64'), 'event', new.seq,
        'reference', new.detail ->> 'reference', 'channel', new.detail ->> 'channel',
        'procedure', new.detail ->> 'procedure', 'step', new.detail ->> 'step'))))
    on conflict do nothing;
    continue when not found;
    perform graphile_worker.add_job('webhook', json_build_object('delivery', 'msg_' || one.key, 'version', 1),
                                    job_key => 'webhook:msg_' || one.key, max_attempts => 25);
  end loop;
  return null;
end $$;
create trigger tell_webhooks after insert on events for each row
  when (new.case_id is not null and webhook_type(new.kind) is not null) execute function tell_webhooks();
alter function tell_webhooks() set search_path = public, pg_temp;

create index address_marks_by_document on address_marks (document_id);
create index bounces_by_document on bounces (document_id);
create index webhook_deliveries_by_case on webhook_deliveries (case_id);

create trigger post_batches_are_kept before update or delete on post_batches for each row execute function rows_are_kept();
create trigger post_batch_letters_are_kept before update or delete on post_batch_letters for each row execute function rows_are_kept();
create trigger postal_events_are_kept before update or delete on postal_events for each row execute function rows_are_kept();
create trigger bounces_are_kept before update or delete on bounces for each row execute function rows_are_kept();
