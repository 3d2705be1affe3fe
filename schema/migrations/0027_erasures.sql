-- What a person asked to be erased before its time (RGPD, article 17), as the house granted it. It is followed by every purge
-- after it, so that what an older backup brought back goes again: it names the debtor's row, and nobody.
create table erasures (
  id         uuid primary key,
  debtor_id  uuid not null references debtors,
  asked_on   date not null,           -- what the debtor's closed cases say from before that day is what it is about
  waiver     text check (waiver <> ''),  -- why the house gives up keeping them for its own defence; null: it keeps them
  decided_by text not null
);
create index erasures_by_debtor on erasures (debtor_id);
create trigger erasures_are_kept before update or delete on erasures for each row execute function rows_are_kept();
