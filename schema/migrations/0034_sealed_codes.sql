-- A copy of the database alone opens no debtor's page and signs no message: codes of coupons and secrets of webhooks are kept sealed
-- by keys made from the secret of the house, which is not here. A code is found by its keyed hash.

-- The secret that everything below was sealed by, named and not told; one for the whole house.
create table house_key (
  only_one boolean primary key default true check (only_one),
  id       text not null
);

create table coupons (
  document_id uuid primary key references documents,
  mark        text,
  sealed      text,
  clear       text,                                 -- of before; sealed when the program next starts, which knows the secret
  revoked_on  date,
  check ((mark is null) = (sealed is null) and (clear is null or sealed is null))
);
create index coupons_by_mark on coupons (mark);
create index coupons_in_clear on coupons (document_id) where clear is not null;

insert into coupons (document_id, clear) select id, coupon from documents where coupon is not null;

-- The facts of a letter keep all but the code: it is put back when the letter is made again.
alter table documents disable trigger documents_are_kept;
update documents set facts = facts #- '{references,coupon}' where facts #> '{references,coupon}' is not null;
alter table documents enable trigger documents_are_kept;
alter table documents drop column coupon;

-- What a debtor proposes by telephone waits for a person like what a coupon says, and bears no letter's code.
alter table replies alter column document_id drop not null;
