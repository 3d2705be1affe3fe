-- What the law asks of a case and no invoice says: the nature of the claim, a rate entered by hand, a public order; who
-- is insolvent, over-indebted or dead; which court sits for which commune; and what a nightly look found left behind.

alter table mandates add column claim_nature text;              -- what this creditor sells; null where it varies
alter table cases add column claim_nature text;                 -- null: nobody said it, and the shortest period is kept
alter table cases add column limitation_doubts jsonb not null default '[]';
alter table cases add column rates jsonb not null default '[]'; -- { from, percent, source }, where the law gives none
alter table cases add column court jsonb;                       -- entered by hand, where no list tells it
alter table cases add column public_order jsonb;                -- engagement, Chorus Pro deposit… of a public buyer

-- Insolvency proceedings, over-indebtedness, death: recorded by hand or by a file, with the day it was looked up.
alter table insolvencies add column kind text not null default 'procedure-collective'
  check (kind in ('procedure-collective', 'surendettement', 'deces'));
alter table insolvencies add column source text not null default 'saisie à la main';
alter table insolvencies add column checked_on date;
alter table insolvencies add column representative text;
alter table insolvencies add column abroad boolean not null default false;
alter table insolvencies add column declare_by date;
alter table insolvencies add column declared_on date;
update insolvencies set checked_on = recorded_on;
alter table insolvencies alter column checked_on set not null;
create index insolvencies_by_case on insolvencies (case_id);
-- The same fact said twice is one fact.
delete from insolvencies a using insolvencies b
where a.case_id = b.case_id and a.kind = b.kind and a.opened_on = b.opened_on and a.id > b.id;
create unique index insolvencies_once on insolvencies (case_id, kind, opened_on);

create table insolvency_checks (
  debtor_id   uuid not null references debtors,
  checked_on  date not null,
  source      text not null check (source <> ''),
  found       boolean not null,
  recorded_on date not null,
  recorded_by text not null,
  primary key (debtor_id, checked_on, source)
);

-- The ministry's list of courts by commune, as it was imported.
create table court_places (
  insee       text primary key check (insee ~ '^[0-9][0-9AB][0-9]{3}$'),
  commune     text not null,
  plain       text not null,                        -- without accents, « st » for « saint »: what a name is looked up by
  civil       text,
  proximity   text,
  commercial  text,
  source      text not null,
  imported_on date not null,
  imported_by text not null
);
create index court_places_by_name on court_places (plain);

-- What the nightly look found, until it is found no more.
create table alarms (
  case_id    uuid not null references cases,
  code       text not null,
  message    text not null,
  remedy     text not null,
  found_on   date not null,
  settled_on date,
  primary key (case_id, code, found_on)
);
create unique index alarms_one_open on alarms (case_id, code) where settled_on is null;

alter table holds drop constraint holds_cause_check;
alter table holds add constraint holds_cause_check check (cause in ('paiement-integral', 'contestation', 'promesse', 'echeancier',
  'procedure-collective', 'surendettement', 'deces', 'prescription', 'decision'));
