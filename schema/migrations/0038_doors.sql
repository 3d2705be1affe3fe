-- A link for one request of consent and one person: it is of no space, so that no other door knows whose it would be.
alter table entry_links add column consent_request_id uuid references consent_requests;
alter table entry_links add constraint entry_links_one_purpose
  check (consent_request_id is null or (creditor_id is null and bailiff_id is null));
create index entry_links_of_consent on entry_links (consent_request_id);

-- A creditor sees those of its requests; of the secret in them, even the hash stays in the house.
create policy viewer on entry_links for select to courtois_viewer
  using (viewer_bailiff() is null and exists (select from consent_requests whole where whole.id = entry_links.consent_request_id));
alter table entry_links enable row level security;
grant select (id, role, name, consent_request_id, created_at, created_by, expires_at, used_at, revoked_at) on entry_links to courtois_viewer;

-- The letter as its creditor is given it, without the code that answers in its debtor's place: made once, known by its hash.
alter table coupons add column copy text;
create index coupons_by_copy on coupons (copy);
