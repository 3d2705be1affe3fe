-- What comes in by the bank, by visits, by wishes of the debtor; and the letters that somebody asked to see first.

-- Each movement of a bank account, once: matched with a case, or left to a person.
create table bank_lines (
  id             uuid primary key,
  key            text not null unique,              -- same account, day, sum, words and rank: the same movement
  account        text,
  booked_on      date not null,
  amount         bigint not null,
  currency       text not null,
  payer          text,
  payer_iban     text,
  text           text not null,
  bank_reference text,
  received_by    text not null check (received_by in ('creditor', 'agency')),
  creditor_id    uuid references creditors,         -- whose account it is, where it is not the agency's
  doubts         jsonb not null default '[]',
  candidates     jsonb not null default '[]',       -- cases that it may pay, with why
  case_id        uuid references cases,
  payment_id     uuid references payments,
  settled_on     date,                              -- null: a person has to look
  settled_by     text,
  settled_why    text,
  recorded_on    date not null,
  recorded_by    text not null,
  check ((settled_on is null) = (settled_by is null))
);
create index bank_lines_open on bank_lines (booked_on) where settled_on is null;

create table visits (
  id          uuid primary key,
  case_id     uuid not null references cases,
  step_id     uuid references steps,
  visited_on  date not null,
  visited_at  time,
  agent       text not null,
  place       text not null,
  person      text,
  outcome     text not null check (outcome in ('engagement', 'paiement', 'contestation', 'absent', 'refus', 'inconnu')),
  summary     text not null,
  recorded_by text not null
);
create index visits_by_case on visits (case_id, visited_on);

-- How a debtor wishes to be reached. The last word on a channel counts; none of them is taken away.
create table contact_preferences (
  id          uuid primary key,
  debtor_id   uuid not null references debtors,
  channel     text not null check (channel in ('lettre', 'email', 'sms', 'appel', 'visite')),
  wish        text not null check (wish in ('accepte', 'prefere', 'refuse')),
  reason      text not null,
  recorded_on date not null,
  recorded_by text not null,
  rank        bigint generated always as identity
);
create index contact_preferences_by_debtor on contact_preferences (debtor_id, channel, rank desc);

-- « Show me before it leaves »: a creditor or the amicable cell asks to approve some steps.
create table approval_rules (
  id          uuid primary key,
  creditor_id uuid not null references creditors,
  step_keys   text[] not null,                      -- empty: every step that writes to the debtor
  approver    text not null check (approver in ('creditor', 'amicable')),
  wait_days   int  not null check (wait_days between 0 and 30),
  otherwise   text not null check (otherwise in ('envoyer', 'attendre')),
  set_on      date not null,
  set_by      text not null,
  ended_on    date
);
create unique index approval_rules_one_live on approval_rules (creditor_id) where ended_on is null;
create table approvals (
  step_id    uuid primary key references steps,
  rule_id    uuid not null references approval_rules,
  asked_on   date not null,
  answer_by  date not null,
  decision   text check (decision in ('approuve', 'refuse', 'delai')),
  decided_on date,
  decided_by text,
  reason     text,
  check ((decision is null) = (decided_on is null))
);
create index approvals_open on approvals (answer_by) where decision is null;
