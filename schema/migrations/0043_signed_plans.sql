-- A plan is agreed, told to the debtor with an act to sign, then attested by what comes back signed: until then nothing of it
-- acknowledges the debt (C. civ. 2240).
alter table plans add column document_id uuid references documents;   -- the letter that told it, with the act
create index plans_by_document on plans (document_id);

create table plan_attestations (
  plan_id     uuid primary key references plans,
  attested_on date not null,
  signed_by   text not null check (signed_by <> ''),
  means       text not null check (means in ('formulaire', 'courriel')),
  original    text,                                 -- sha-256 of the signed act or the e-mail, where it is kept as a file
  recorded_on date not null check (attested_on <= recorded_on),
  recorded_by text not null
);
create trigger plan_attestations_are_kept before update or delete on plan_attestations for each row execute function rows_are_kept();

create policy viewer on plan_attestations for select to courtois_viewer
  using (exists (select from plans whole where whole.id = plan_attestations.plan_id));
alter table plan_attestations enable row level security;
grant select on plan_attestations to courtois_viewer;

-- A commitment signed before the agent who visits, on the spot.
alter table promise_attestations drop constraint promise_attestations_means_check;
alter table promise_attestations add constraint promise_attestations_means_check check (means in ('formulaire', 'courriel', 'sur-place'));

-- The work of the day looks for the visits ordered, and not recorded.
create index steps_visited on steps (done_on) where channel = 'visite';
