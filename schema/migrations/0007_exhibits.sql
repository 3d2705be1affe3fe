-- An exhibit may have others under its number: the attachments of an e-mail, the post's proofs of a letter (7, 7-1, 7-2).
alter table exhibits
  add column sub          int check (sub > 0),      -- 7-1: number 7, sub 1; given once, never reused
  add column parent_id    uuid references exhibits,
  add column rank         int not null default 0,   -- its place among those that came with it
  add column media_type   text not null default 'application/pdf',
  add column withdrawn_by text,
  add column withdrawn_why text,
  add constraint exhibits_withdrawn_whole check ((withdrawn_on is null) = (withdrawn_why is null) and (withdrawn_on is null) = (withdrawn_by is null)),
  add constraint exhibits_sub_of_number check (sub is null or number is not null);
alter table exhibits drop constraint exhibits_case_id_number_key;
create unique index exhibits_one_number on exhibits (case_id, number, coalesce(sub, 0)) where number is not null;
create index exhibits_by_parent on exhibits (parent_id) where parent_id is not null;

-- A number is what the court and the debtor know an exhibit by: it is never changed, and no exhibit ever disappears.
create function exhibit_numbers_are_kept() returns trigger language plpgsql as $$
begin
  if tg_op = 'DELETE' then
    raise exception 'an exhibit is withdrawn, never removed' using errcode = 'CT002';
  end if;
  if (old.number is not null and (new.number is distinct from old.number or new.sub is distinct from old.sub))
     or new.original is distinct from old.original
     or (old.withdrawn_on is not null and new.withdrawn_on is distinct from old.withdrawn_on) then
    raise exception 'an exhibit keeps its number and its original' using errcode = 'CT002';
  end if;
  return new;
end $$;
create trigger exhibit_numbers_are_kept before update or delete on exhibits for each row execute function exhibit_numbers_are_kept();

-- The creditor signed a pack that holds it: until the application is filed, taking an exhibit back voids that consent.
create function void_consent_on_withdrawal() returns trigger language plpgsql as $$
begin
  insert into consent_ends (request_id, ended_on, cause, reason, ended_by)
  select r.id, new.withdrawn_on, 'changed', 'Le dossier a changé depuis la demande d''accord (pièce retirée).', 'system'
  from consent_requests r
  where r.case_id = new.case_id
    and not exists (select from procedures p join procedure_events e on e.procedure_id = p.id
                    where p.consent_id = r.id and e.step = 'requete')
  on conflict do nothing;
  return null;
end $$;
create trigger exhibits_void_consent after update of withdrawn_on on exhibits
  for each row when (old.withdrawn_on is null and new.withdrawn_on is not null and new.number is not null)
  execute function void_consent_on_withdrawal();

-- A size that was announced is the size received: a file cut on its way is not taken for whole.
alter table uploads add column exact boolean not null default false;
