-- A hold whose cause would end by itself on its day, and which a person alone may end (an invoice of another seller).
alter table holds add column for_person boolean not null default false;
