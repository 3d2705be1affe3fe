-- The contractual penalty (clause pénale, C. civ. 1231-5): one of the creditor's terms for a kind of debtor, or that of one
-- invoice. What was entered stays; another of the same first day takes its place.
create table penalty_clauses (
  id            uuid primary key,
  creditor_id   uuid not null references creditors,
  invoice_id    uuid references invoices,            -- null: the creditor's terms
  debtor_kind   text check (debtor_kind in ('business', 'consumer', 'public')),
  issued_from   date,                                -- the terms bind invoices issued from that day on
  percent       numeric(9, 6),                       -- of the principal unpaid when it becomes due
  amount        bigint check (amount > 0),           -- cents an invoice
  currency      text,                                -- of that sum
  covers        text not null check (covers in ('inexecution', 'retard', 'recouvrement')),
  delay_days    int not null default 0 check (delay_days between 0 and 365),
  definitive_on date,
  wording       text not null check (wording <> ''),
  source        text not null check (source <> ''),  -- where it stands: « art. 8 des conditions générales de vente »
  recorded_on   date not null,
  recorded_by   text not null,
  ended_on      date,
  ended_why     text,
  check (num_nonnulls(percent, amount) = 1),
  check ((amount is null) = (currency is null)),
  check (num_nonnulls(invoice_id, debtor_kind) = 1)
);
create unique index penalty_clauses_one_an_invoice on penalty_clauses (invoice_id) where ended_on is null and invoice_id is not null;
-- Terms follow one another by the day from which they bind: those of before still bind the older invoices.
create unique index penalty_clauses_one_a_kind on penalty_clauses (creditor_id, debtor_kind, issued_from) nulls not distinct
  where ended_on is null and invoice_id is null;

alter table statements add column penalty bigint not null default 0;
