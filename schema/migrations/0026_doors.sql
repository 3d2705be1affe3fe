-- A letter that lost its reason before its channel took it: it never leaves, and its row says why (proof ->> 'motif').
alter table dispatches drop constraint dispatches_state_check;
alter table dispatches add constraint dispatches_state_check
  check (state in ('ready', 'sending', 'sent', 'failed', 'withdrawn'));
create index dispatches_withdrawn on dispatches (document_id) where state = 'withdrawn';

-- Cents of a euro and of an ariary are no one scale: balances are compared within a currency.
drop index if exists cases_by_balance;
drop index if exists cases_by_balance_of_creditor;
create index cases_by_balance on cases (currency, balance, length(number), number) where closed_on is null;
create index cases_by_balance_of_creditor on cases (creditor_id, currency, balance, length(number), number) where closed_on is null;

-- A link into a space of pages (/portail, /etude, /bureau): it serves once, for a short time, and only its hash is kept. The
-- session that it opened ends when it is revoked.
create table entry_links (
  id           uuid primary key,
  token_sha256 text not null unique,
  role         text not null,
  name         text not null,
  creditor_id  uuid references creditors,
  bailiff_id   uuid references bailiffs,
  created_at   timestamptz not null,
  created_by   text not null,
  expires_at   timestamptz not null,
  used_at      timestamptz,
  session_id   text,
  revoked_at   timestamptz
);
create index entry_links_of_creditor on entry_links (creditor_id);
create index entry_links_of_bailiff on entry_links (bailiff_id);

-- How many monthly payments a debtor of this creditor may propose on the coupon: none given, the house's own number.
alter table mandates add column max_instalments int check (max_instalments between 0 and 60);
