-- Money: statements that stay as they were issued, receipts, funds paid over, plans and their rule, fees, what will never be paid.

create function money_is_kept() returns trigger language plpgsql as $$
begin
  raise exception '% are kept as they were issued', tg_table_name using errcode = 'CT002';
end $$;

-- Décompte: what was owed on its day, with the reckoning. A new one is a new row.
create table statements (
  id          uuid primary key,
  case_id     uuid not null references cases,
  number      int not null,
  as_of       date not null,
  currency    text not null,
  principal   bigint not null,
  interest    bigint not null,
  indemnity   bigint not null,
  total       bigint not null,
  per_day     bigint not null,
  segments    jsonb not null,
  imputations jsonb not null,
  invoices    jsonb not null,
  doubts      jsonb not null,
  document_id uuid not null references documents,
  issued_by   text not null,
  unique (case_id, number)
);
create trigger statements_are_kept before update or delete on statements for each row execute function money_is_kept();

-- CPCE R124-6: a receipt for every payment, and funds paid over within a month of their actual encashment.
alter table payments add column encashed_on date;
alter table payments add column pay_over_by date;
alter table payments add column receipt_id uuid references documents;
alter table payments add constraint payments_funds_have_a_day check (received_by = 'creditor' or pay_over_by is not null) not valid;

-- A cheque or a debit that comes back: the payment stays, and no longer counts from that day.
create table payment_rejections (
  payment_id  uuid primary key references payments,
  case_id     uuid not null references cases,
  rejected_on date not null,
  reason      text not null check (reason <> ''),
  recorded_on date not null,
  recorded_by text not null
);
create trigger payment_rejections_are_kept before update or delete on payment_rejections for each row execute function money_is_kept();
create trigger payment_rejections_void_consent after insert on payment_rejections
  for each row execute function void_consent_on_change('paiement rejeté');

create table pay_overs (
  id          uuid primary key,
  creditor_id uuid not null references creditors,
  paid_on     date not null,
  amount      bigint not null check (amount > 0),
  currency    text not null,
  reference   text not null,
  document_id uuid not null references documents,
  recorded_by text not null
);
create table pay_over_lines (
  payment_id  uuid primary key references payments,
  pay_over_id uuid not null references pay_overs
);
create trigger pay_overs_are_kept before update or delete on pay_overs for each row execute function money_is_kept();
create trigger pay_over_lines_are_kept before update or delete on pay_over_lines for each row execute function money_is_kept();

-- Each plan bears its own rule: reminded so many days before, written to so many after, broken so many days later.
alter table plans add column remind_days int not null default 5 check (remind_days >= 0);
alter table plans add column notice_days int not null default 2 check (notice_days >= 0);
alter table plans add column grace_days int not null default 8 check (grace_days > 0);
alter table plans add column kept_on date;
alter table plans add column queued_for date;
alter table instalments add column settled_on date;
alter table instalments add column reminded_on date;
alter table instalments add column noticed_on date;
alter table instalments add column notice_until date;
create index plans_live on plans (case_id) where broken_on is null and kept_on is null;

-- CPCE R124-3 3°: the remuneration, borne by the creditor alone, as schema/fee-terms.schema.json has it.
alter table mandates add column fee_terms jsonb;
create table extra_steps (
  id          uuid primary key,
  case_id     uuid not null references cases,
  code        text not null,
  label       text not null,
  price       bigint not null check (price > 0),
  done_on     date not null,
  agreed_by   text not null,
  recorded_by text not null
);
create table fee_numbers (year int primary key, last int not null);
create table fee_statements (
  id          uuid primary key,
  number      text not null unique,
  creditor_id uuid not null references creditors,
  until_on    date not null,
  issued_on   date not null,
  currency    text not null,
  net         bigint not null check (net > 0),
  vat_percent text not null,
  vat         bigint not null,
  gross       bigint not null,
  doubts      jsonb not null default '[]',
  document_id uuid not null references documents,
  issued_by   text not null,
  check (gross = net + vat)
);
create table fee_lines (
  statement_id uuid not null references fee_statements,
  rank         int not null,
  creditor_id  uuid not null references creditors,
  kind         text not null check (kind in ('before_notice', 'success', 'subscription', 'extra_step', 'reversal')),
  subject      text not null,                       -- what is charged: a payment, a month, an extra step
  case_id      uuid references cases,
  label        text not null,
  on_day       date not null,
  base         bigint,
  percent      text,
  amount       bigint not null,
  primary key (statement_id, rank)
);
-- Whatever runs at the same time, a payment, a month or a step is charged once and credited once.
create unique index fee_lines_once on fee_lines (creditor_id, subject) where kind <> 'reversal';
create unique index fee_lines_reversed_once on fee_lines (creditor_id, subject) where kind = 'reversal';
create trigger fee_statements_are_kept before update or delete on fee_statements for each row execute function money_is_kept();
create trigger fee_lines_are_kept before update or delete on fee_lines for each row execute function money_is_kept();

-- CGI 272-1: the certificate that a claim will not be paid, with its reasons.
create table irrecoverabilities (
  id           uuid primary key,
  case_id      uuid not null unique references cases,
  certified_on date not null,
  reason       text not null check (reason <> ''),
  exhibits     jsonb not null default '[]',
  unpaid       bigint not null check (unpaid > 0),
  document_id  uuid not null references documents,
  certified_by text not null
);
create trigger irrecoverabilities_are_kept before update or delete on irrecoverabilities for each row execute function money_is_kept();
