import type { Fragment, Sql } from '../../schema/db.ts'

/**
 * Every hash that a row names, with its case, what it is, and whether its row was purged: then the bytes are to be gone, and
 * the hash alone stays as proof. What accounts rest on goes with the accounts (`accountPapers`). What was made on the day of
 * the purge or later is none of it: a case lives on in what still happens to it.
 */
export const namedFiles = (sql: Sql): Fragment => sql`
  (select sha256, case_id, case when made_on < purged_on then purged_on end as gone_on, what from (with papers as (
     select d.*, case when d.id in ${sql.unsafe(accountPapers)} then c.accounts_purged_on else c.purged_on end as gone_on
     from documents d join cases c on c.id = d.case_id),
   paths as (select p.id, p.case_id, c.purged_on as gone_on from procedures p join cases c on c.id = p.case_id),
   requests as (select r.*, c.purged_on as gone_on from consent_requests r join cases c on c.id = r.case_id)
   select sha256, case_id, gone_on as purged_on, written_on as made_on, 'Le document ' || reference as what from papers
   union all select editable, case_id, gone_on, written_on, 'Le fichier Word de ' || reference from papers
   union all select mail, case_id, gone_on, written_on, 'Le courriel de ' || reference from papers
   union all select k.copy, p.case_id, p.gone_on, p.written_on, 'La copie pour le créancier de ' || p.reference from coupons k join papers p on p.id = k.document_id
   union all select i.original, i.case_id, c.accounts_purged_on, i.recorded_on, 'L’original de la facture ' || i.number from invoices i join cases c on c.id = i.case_id
   union all select n.original, n.case_id, c.accounts_purged_on, n.recorded_on, 'L’original de l’avoir ' || n.number from credit_notes n join cases c on c.id = n.case_id
   union all select e.original, e.case_id, c.purged_on, e.added_on, 'L’original de la pièce « ' || e.reference || ' »' from exhibits e join cases c on c.id = e.case_id
   union all select e.pdf, e.case_id, c.purged_on, e.added_on, 'La pièce « ' || e.reference || ' »' from exhibits e join cases c on c.id = e.case_id
   union all select a.original, p.case_id, c.purged_on, a.recorded_on, 'La promesse signée, rendue le ' || a.attested_on
             from promise_attestations a join promises p on p.id = a.promise_id join cases c on c.id = p.case_id
   union all select a.original, p.case_id, c.purged_on, a.recorded_on, 'L’échéancier signé, rendu le ' || a.attested_on
             from plan_attestations a join plans p on p.id = a.plan_id join cases c on c.id = p.case_id
   union all select f.sha256, d.case_id, c.purged_on, f.received_on, 'Le document joint à la contestation du ' || d.raised_on
             from dispute_documents f join disputes d on d.id = f.dispute_id join cases c on c.id = d.case_id
   union all select pdf, case_id, gone_on, requested_on, 'La demande d’accord du ' || requested_on from requests
   union all select editable, case_id, gone_on, requested_on, 'Le fichier Word de la demande d’accord du ' || requested_on from requests
   union all select part ->> 'sha256', case_id, gone_on, requested_on, 'Le contenu signé « ' || coalesce(part ->> 'name', '?') || ' »' from requests, jsonb_array_elements(content) part
   union all select part ->> 'docx', case_id, gone_on, requested_on, 'Le fichier Word de « ' || coalesce(part ->> 'name', '?') || ' »' from requests, jsonb_array_elements(content) part
   union all select part -> 'original' ->> 'sha256', case_id, gone_on, requested_on, 'L’original de « ' || coalesce(part ->> 'name', '?') || ' »' from requests, jsonb_array_elements(content) part
   union all select s.proof_pdf, r.case_id, r.gone_on, s.decided_on, 'La preuve de l’accord du ' || s.decided_on from consents s join requests r on r.id = s.request_id
   union all select e.original, p.case_id, p.gone_on, e.recorded_on, 'L’acte « ' || e.step || ' » du ' || e.happened_on from procedure_events e join paths p on p.id = e.procedure_id
   union all select o.original, p.case_id, p.gone_on, o.recorded_on, 'La facture de « ' || o.label || ' », du ' || o.spent_on from outlays o join paths p on p.id = o.procedure_id
   union all select k.pdf, p.case_id, p.gone_on, k.assembled_on, 'Le dossier de pièces « ' || k.kind || ' » (PDF)' from packs k join paths p on p.id = k.procedure_id
   union all select k.zip, p.case_id, p.gone_on, k.assembled_on, 'Le dossier de pièces « ' || k.kind || ' » (ZIP)' from packs k join paths p on p.id = k.procedure_id
   union all select k.case_json, p.case_id, p.gone_on, k.assembled_on, 'Le dossier joint à « ' || k.kind || ' »' from packs k join paths p on p.id = k.procedure_id
   union all select t.token, p.case_id, null, null, 'L’horodatage de « ' || k.kind || ' »'
             from pack_timestamps t join packs k on k.id = t.pack_id join paths p on p.id = k.procedure_id
   union all select b.sha256, null, (select min(d.gone_on) from post_batch_letters l join papers d on d.id = l.document_id where l.batch_id = b.id), b.made_on,
                    'Le lot de courrier n° ' || b.number from post_batches b
   union all select sha256, null, purged_on, asked_on, 'Le fichier reçu « ' || file_name || ' »' from uploads) named)`

/** Receipts, funds paid over, fees, statements, certificates, reviews: what the accounts rest on. */
export const accountPapers = `
  (select receipt_id from payments where receipt_id is not null
   union all select document_id from pay_overs
   union all select document_id from fee_statements
   union all select document_id from statements
   union all select document_id from irrecoverabilities
   union all select document_id from invoicing_reviews where document_id is not null)`
