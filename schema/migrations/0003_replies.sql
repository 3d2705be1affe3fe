-- What a debtor answered by the code of the coupon. A promise, a dispute or an address became the act that exists (act_id);
-- a payment to check or instalments to agree wait here for a person of the agency.
create table replies (
  id          uuid primary key,
  case_id     uuid not null references cases,
  document_id uuid not null references documents,   -- the letter that bore the coupon
  kind        text not null check (kind in ('paid', 'promise', 'instalments', 'dispute', 'address')),
  answer      jsonb not null,                       -- what was typed, as understood
  summary     text not null,                        -- the same in one French sentence, as confirmed to the debtor
  act_id      uuid,
  replied_on  date not null,
  handled_on  date,
  handled_by  text,
  handled_how text,
  check ((handled_on is null) = (handled_by is null) and (handled_on is null) = (handled_how is null))
);
create index replies_by_case on replies (case_id, replied_on);
create index replies_waiting on replies (replied_on) where handled_on is null;
-- One answer a coupon, and one new address beside it: a second post of the same form finds the first.
create unique index replies_one_an_answer on replies (document_id, (kind = 'address'));

create index documents_by_coupon on documents (coupon) where coupon is not null;

-- How often somebody tried something: shared by every process, so that a second server is no second chance. `who` is a
-- keyed hash: no address of a visitor is kept.
create table attempts (
  place text not null,
  who   text not null,
  since timestamptz not null,
  count int not null,
  primary key (place, who)
);
create index attempts_by_age on attempts (since);
