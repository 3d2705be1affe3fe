-- What is written once stays as it was written: a table with a trigger before every update and delete is one to which the
-- application's role may only add (schema/roles.ts reads the rule from these triggers).

create function rows_are_kept() returns trigger language plpgsql as $$
begin
  raise exception '% are kept as they were written', tg_table_name using errcode = 'CT002';
end $$;

create trigger documents_are_kept before update or delete on documents for each row execute function rows_are_kept();
create trigger credit_notes_are_kept before update or delete on credit_notes for each row execute function rows_are_kept();
create trigger promises_are_kept before update or delete on promises for each row execute function rows_are_kept();
create trigger calls_are_kept before update or delete on calls for each row execute function rows_are_kept();
create trigger visits_are_kept before update or delete on visits for each row execute function rows_are_kept();
create trigger contact_preferences_are_kept before update or delete on contact_preferences for each row execute function rows_are_kept();
create trigger insolvency_checks_are_kept before update or delete on insolvency_checks for each row execute function rows_are_kept();
create trigger extra_steps_are_kept before update or delete on extra_steps for each row execute function rows_are_kept();
create trigger pack_timestamps_are_kept before update or delete on pack_timestamps for each row execute function rows_are_kept();
create trigger downloads_are_kept before update or delete on downloads for each row execute function rows_are_kept();
create trigger hand_over_accesses_are_kept before update or delete on hand_over_accesses for each row execute function rows_are_kept();
create trigger hand_over_receipts_are_kept before update or delete on hand_over_receipts for each row execute function rows_are_kept();

-- A table of the same name in the session's temporary schema is not the journal.
alter function chain_event() set search_path = public, pg_temp;
alter function live_consent(uuid, date) set search_path = public, pg_temp;
alter function refuse_without_consent() set search_path = public, pg_temp;
alter function refuse_wrong_signature() set search_path = public, pg_temp;
alter function refuse_unsigned_pack() set search_path = public, pg_temp;
alter function void_consent_on_change() set search_path = public, pg_temp;
alter function void_consent_on_withdrawal() set search_path = public, pg_temp;

-- Whoever reads the view reads it with its own rights.
alter view standing_procedure_events set (security_invoker = true);

-- The office's receipt as a paper: what it holds, and when it fetched it.
alter table hand_over_receipts add column document_id uuid references documents;

-- A receipt that could not be written (a rate not published yet) is tried again each day (CPCE R124-6).
alter table payments add column receipt_tried_on date;
create index payments_unreceipted on payments (recorded_on) where received_by = 'agency' and receipt_id is null;
