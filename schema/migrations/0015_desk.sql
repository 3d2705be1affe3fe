-- The review of the invoicing: what a creditor's invoices lack, month by month, for those whose agreement foresees it.
alter table mandates add column reviews_invoicing boolean not null default false;

create table invoicing_reviews (
  creditor_id uuid not null references creditors,
  month       date not null check (extract(day from month) = 1),
  examined    int  not null check (examined >= 0),
  findings    jsonb not null,                       -- as the letter tells them
  document_id uuid references documents,            -- null where the month brought nothing to review
  made_on     date not null,
  made_by     text not null,
  primary key (creditor_id, month)
);
create trigger invoicing_reviews_are_kept before update or delete on invoicing_reviews for each row execute function rows_are_kept();
create index invoicing_reviews_by_document on invoicing_reviews (document_id);

-- An incoming call finds its case by the last nine digits of a number, the words of a name, or a reference.
create function plain_words(name text) returns tsvector language sql immutable parallel safe as $$
  select to_tsvector('simple', translate(lower(name), 'àâäáãçéèêëîïíôöóõùûüúÿñ''’-', 'aaaaaceeeeiiioooouuuuyn   '))
$$;
create function last_digits(phone text) returns text language sql immutable parallel safe as $$
  select right(regexp_replace(phone, '[^0-9]', '', 'g'), 9)
$$;
create index debtors_by_words on debtors using gin (plain_words(name));
create index debtors_by_phone on debtors (last_digits(phone)) where phone is not null;
create index invoices_by_number on invoices (lower(number));

-- A promise is said, then confirmed in writing by a form, then attested by what the debtor signs and returns: three facts.
create table promise_confirmations (
  promise_id   uuid primary key references promises,
  document_id  uuid not null references documents,
  confirmed_on date not null,
  confirmed_by text not null
);
create index promise_confirmations_by_document on promise_confirmations (document_id);
create trigger promise_confirmations_are_kept before update or delete on promise_confirmations for each row execute function rows_are_kept();
create table promise_attestations (
  promise_id  uuid primary key references promises,
  attested_on date not null,
  signed_by   text not null check (signed_by <> ''),
  means       text not null check (means in ('formulaire', 'courriel')),
  original    text,                                 -- sha-256 of the signed form or the e-mail, where it is kept as a file
  recorded_on date not null,
  recorded_by text not null
);
create trigger promise_attestations_are_kept before update or delete on promise_attestations for each row execute function rows_are_kept();

-- What the creditor is asked for when the debtor disputes, with its clock; and what confirms to the debtor what was understood.
alter table disputes add column answer_by date;
alter table disputes add column asked_id uuid references documents;
alter table disputes add column acknowledged_id uuid references documents;
alter table disputes add column creditor_answered_on date;
alter table disputes add column creditor_answer text;
alter table disputes add constraint disputes_creditor_answer_whole check ((creditor_answered_on is null) = (creditor_answer is null));
create index disputes_by_asked on disputes (asked_id);
create index disputes_by_acknowledged on disputes (acknowledged_id);

-- « Ce n'est pas moi »: another person of that name, or an address that is no longer the debtor's.
alter table replies drop constraint replies_kind_check;
alter table replies add constraint replies_kind_check check (kind in ('paid', 'promise', 'instalments', 'dispute', 'address', 'not_me'));
