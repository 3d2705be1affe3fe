-- What a creditor or a bailiff reads is read as courtois_viewer, in a transaction that says for whom (api/reading.ts): a
-- question that forgot whose rows these are answers none of another's. The house's own roles see every row.

do $$ begin
  create role courtois_viewer nologin;
exception when duplicate_object or unique_violation then null;   -- another database of the server has made it
end $$;

create function viewer_creditor() returns uuid language sql stable as
  $$ select nullif(current_setting('courtois.creditor', true), '')::uuid $$;
create function viewer_bailiff() returns uuid language sql stable as
  $$ select nullif(current_setting('courtois.bailiff', true), '')::uuid $$;

-- The cases of the packs handed over to a bailiff; as the owner, for the policies of those tables ask in their turn.
create function viewer_handed_cases() returns setof uuid language sql stable security definer set search_path = public, pg_temp as $$
  select p.case_id from hand_overs h join packs k on k.id = h.pack_id join procedures p on p.id = k.procedure_id
  where h.bailiff_id = viewer_bailiff() and h.revoked_on is null
$$;

create policy viewer on cases for select to courtois_viewer
  using (creditor_id = viewer_creditor() or id in (select viewer_handed_cases()));
create policy viewer on creditors for select to courtois_viewer
  using (id = viewer_creditor() or id in (select creditor_id from cases));
create policy viewer on debtors for select to courtois_viewer
  using (creditor_id = viewer_creditor() or id in (select debtor_id from cases));
create policy viewer on hand_overs for select to courtois_viewer
  using ((viewer_bailiff() is null or bailiff_id = viewer_bailiff()) and exists (select from packs k where k.id = pack_id));

-- Whoever sees the row on the right sees those that point at it.
do $$
declare
  pointing record;
begin
  for pointing in
    select * from (values
      ('alarms', 'case_id', 'cases'), ('calls', 'case_id', 'cases'), ('consent_requests', 'case_id', 'cases'),
      ('credit_notes', 'case_id', 'cases'), ('disputes', 'case_id', 'cases'), ('documents', 'case_id', 'cases'),
      ('events', 'case_id', 'cases'), ('exhibits', 'case_id', 'cases'), ('extra_steps', 'case_id', 'cases'),
      ('holds', 'case_id', 'cases'), ('insolvencies', 'case_id', 'cases'), ('invoices', 'case_id', 'cases'),
      ('irrecoverabilities', 'case_id', 'cases'), ('payment_rejections', 'case_id', 'cases'), ('payments', 'case_id', 'cases'),
      ('plans', 'case_id', 'cases'), ('procedures', 'case_id', 'cases'), ('promises', 'case_id', 'cases'),
      ('replies', 'case_id', 'cases'), ('statements', 'case_id', 'cases'), ('steps', 'case_id', 'cases'),
      ('visits', 'case_id', 'cases'),
      ('approval_rules', 'creditor_id', 'creditors'), ('calendar_feeds', 'creditor_id', 'creditors'), ('bank_lines', 'creditor_id', 'creditors'),
      ('fee_lines', 'creditor_id', 'creditors'), ('fee_statements', 'creditor_id', 'creditors'),
      ('invoicing_reviews', 'creditor_id', 'creditors'), ('mandates', 'creditor_id', 'creditors'),
      ('pay_overs', 'creditor_id', 'creditors'), ('penalty_clauses', 'creditor_id', 'creditors'),
      ('webhook_endpoints', 'creditor_id', 'creditors'),
      ('address_marks', 'debtor_id', 'debtors'), ('contact_preferences', 'debtor_id', 'debtors'),
      ('insolvency_checks', 'debtor_id', 'debtors'),
      ('approvals', 'step_id', 'steps'), ('step_additions', 'step_id', 'steps'),
      ('dispatches', 'document_id', 'documents'), ('postal_events', 'document_id', 'documents'),
      ('post_batch_letters', 'document_id', 'documents'), ('bounces', 'document_id', 'documents'),
      ('consents', 'request_id', 'consent_requests'), ('consent_ends', 'request_id', 'consent_requests'),
      ('instalments', 'plan_id', 'plans'),
      ('promise_confirmations', 'promise_id', 'promises'), ('promise_attestations', 'promise_id', 'promises'),
      ('procedure_events', 'procedure_id', 'procedures'), ('deadline_alerts', 'procedure_id', 'procedures'),
      ('packs', 'procedure_id', 'procedures'), ('bailiff_returns', 'procedure_id', 'procedures'),
      ('pack_timestamps', 'pack_id', 'packs'),
      ('downloads', 'hand_over_id', 'hand_overs'), ('hand_over_accesses', 'hand_over_id', 'hand_overs'),
      ('hand_over_receipts', 'hand_over_id', 'hand_overs'),
      ('pay_over_lines', 'pay_over_id', 'pay_overs'), ('webhook_deliveries', 'endpoint_id', 'webhook_endpoints')
    ) as known (of_table, by_column, at_table)
  loop
    execute format('create policy viewer on %I for select to courtois_viewer using (exists (select from %I whole where whole.id = %I.%I))',
                   pointing.of_table, pointing.at_table, pointing.of_table, pointing.by_column);
  end loop;
end $$;

-- Every table with a rule is closed to whoever has none, and open to its reader; the rest is closed to him, but for the lists
-- that are nobody's.
do $$
declare
  ruled text;
begin
  for ruled in select distinct tablename from pg_policies where schemaname = 'public' and policyname = 'viewer' loop
    execute format('alter table %I enable row level security', ruled);
    execute format('grant select on %I to courtois_viewer', ruled);
  end loop;
end $$;
grant usage on schema public to courtois_viewer;
grant select on agency, agency_proofs, bailiffs, court_places, standing_procedure_events to courtois_viewer;
-- A feed's address opens it: of the secret in it, even the hash stays in the house.
revoke select on calendar_feeds from courtois_viewer;
grant select (id, role, creditor_id, label, created_on, created_by, revoked_on) on calendar_feeds to courtois_viewer;
