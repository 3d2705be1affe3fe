-- What a case asks of each table is found by an index, so that a letter costs the same among a thousand cases or a million.

create index approval_rules_by_creditor on approval_rules (creditor_id);
create index approvals_by_rule on approvals (rule_id);
create index bailiff_returns_by_exhibit on bailiff_returns (exhibit_id);
create index bank_lines_by_case on bank_lines (case_id);
create index bank_lines_by_creditor on bank_lines (creditor_id);
create index bank_lines_by_payment on bank_lines (payment_id);
create index calendar_feeds_by_creditor on calendar_feeds (creditor_id);
create index calls_by_case on calls (case_id);
create index consent_requests_by_case on consent_requests (case_id);
create index credit_notes_by_invoice on credit_notes (invoice_id);
create index disputes_by_case on disputes (case_id);
create index documents_by_carrier on documents (attached_to);
create index downloads_by_hand_over on downloads (hand_over_id);
create index exhibits_by_case on exhibits (case_id);
create index exhibits_by_document on exhibits (document_id);
create index exhibits_by_whole on exhibits (parent_id);
drop index exhibits_by_parent;
create index extra_steps_by_case on extra_steps (case_id);
create index fee_lines_by_case on fee_lines (case_id);
create index fee_lines_by_creditor on fee_lines (creditor_id);
create index fee_statements_by_creditor on fee_statements (creditor_id);
create index fee_statements_by_document on fee_statements (document_id);
create index hand_over_receipts_by_document on hand_over_receipts (document_id);
create index hand_overs_by_bailiff on hand_overs (bailiff_id);
create index holds_by_case on holds (case_id);
create index irrecoverabilities_by_document on irrecoverabilities (document_id);
create index mandates_by_creditor on mandates (creditor_id);
create index pay_over_lines_by_pay_over on pay_over_lines (pay_over_id);
create index pay_overs_by_creditor on pay_overs (creditor_id);
create index pay_overs_by_document on pay_overs (document_id);
create index payment_rejections_by_case on payment_rejections (case_id);
create index payments_by_invoice on payments (invoice_id);
create index payments_by_receipt on payments (receipt_id);
create index penalty_clauses_by_creditor on penalty_clauses (creditor_id);
create index penalty_clauses_by_invoice on penalty_clauses (invoice_id);
create index plans_by_case on plans (case_id);
create index procedure_events_by_procedure on procedure_events (procedure_id);
create index procedures_by_case on procedures (case_id);
create index promises_by_case on promises (case_id);
create index statements_by_document on statements (document_id);
create index visits_by_step on visits (step_id);
create index webhook_endpoints_by_creditor on webhook_endpoints (creditor_id);

-- Looked at whenever a program starts (markEarlierReturns): by those few, not by every letter ever sent.
create index dispatches_unknown on dispatches (document_id) where outcome = 'unknown_address';

-- The lists of cases, newest first: everybody's, and one creditor's.
create index cases_newest on cases (opened_on, id);
create index cases_newest_by_creditor on cases (creditor_id, opened_on, id);
