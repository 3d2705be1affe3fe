import type { Check } from './rows.ts'

/** Nothing twice, nothing without its other half, nothing without its line in the journal. */
export const doubleChecks: Check[] = [
  {
    code: 'step_written_twice',
    find: (sql) => sql`
      select c.number, s.key || ' : ' || d.letter || ' (' || string_agg(d.reference, ', ' order by d.reference) || ')' as what, null as subject
      from documents d join steps s on s.id = d.step_id join cases c on c.id = d.case_id
      group by c.number, s.key, d.letter having count(*) > 1 order by c.number`,
    say: (what) => `Une étape a écrit deux fois la même lettre : ${what}.`,
    remedy: 'Vérifiez ce qui est parti ; prévenez le débiteur si les deux lui sont arrivées.',
  },
  {
    code: 'two_first_letters',
    find: (sql) => sql`
      select c.number, string_agg(d.reference, ', ' order by d.reference) as what, null as subject
      from documents d join cases c on c.id = d.case_id where d.first_letter group by c.number having count(*) > 1 order by c.number`,
    say: (what) => `Le dossier a plusieurs premières lettres (R124-4 CPCE) : ${what}.`,
    remedy: 'La plus ancienne fait foi ; les suivantes doivent la rappeler.',
  },
  {
    code: 'two_approaches_a_day',
    find: (sql) => sql`
      select min(c.number) as number, d.written_on || ' (' || string_agg(d.reference, ', ' order by d.reference) || ')' as what, null as subject
      from documents d join cases c on c.id = d.case_id
      where d.recipient = 'debiteur' and d.attached_to is null and d.step_id is not null and d.channel in ('lettre', 'lrar', 'lre', 'email', 'sms')
      group by c.debtor_id, d.written_on having count(*) > 1 order by 1`,
    say: (what) => `Deux démarches écrites au même débiteur le même jour : ${what}.`,
    remedy: 'Cherchez pourquoi le calendrier a avancé deux fois ; une lettre par jour au plus.',
  },
  {
    code: 'letter_sent_twice',
    find: (sql) => sql`
      select c.number, e.detail ->> 'reference' as what, null as subject from events e join cases c on c.id = e.case_id
      where e.kind = 'letter_sent' and e.detail ? 'reference' group by c.number, e.detail ->> 'reference' having count(*) > 1 order by 1, 2`,
    say: (what) => `Le journal dit partie deux fois la lettre ${what}.`,
    remedy: 'Cherchez auprès du canal si elle est arrivée deux fois ; si oui, écrivez-le au débiteur.',
  },
  {
    code: 'letter_without_dispatch',
    find: (sql) => sql`
      select c.number, d.reference || ' (' || d.channel || ')' as what, d.id as subject
      from documents d join cases c on c.id = d.case_id
      where d.channel in ('lettre', 'lrar', 'lre', 'email', 'sms') and d.recipient in ('debiteur', 'creancier') and d.attached_to is null
        and not exists (select from dispatches o where o.document_id = d.id) order by d.reference`,
    say: (what) => `La lettre ${what} est écrite et n'a pas d'envoi.`,
    remedy: 'Voyez au journal si elle est partie ; sinon renvoyez-la, ou écrivez pourquoi elle reste.',
  },
  {
    code: 'dispatch_without_letter',
    find: (sql) => sql`
      select null as number, o.document_id::text as what, o.document_id as subject
      from dispatches o where not exists (select from documents d where d.id = o.document_id) order by 2`,
    say: (what) => `Un envoi n'a plus de document : ${what}.`,
    remedy: 'Restaurez la base depuis sa sauvegarde : un document envoyé ne disparaît pas.',
  },
  {
    code: 'journal_incomplete',
    find: (sql) => sql`
      select c.number, x.what, null as subject
      from (
        select d.case_id, 'la lettre ' || d.reference as what from documents d
        where not exists (select from events e where e.case_id = d.case_id and e.kind = 'letter_written' and e.detail ->> 'reference' = d.reference and e.detail ->> 'sha256' = d.sha256)
        union all
        select d.case_id, 'l''envoi de ' || d.reference from dispatches o join documents d on d.id = o.document_id
        where o.state = 'sent' and not exists (select from events e where e.case_id = d.case_id and e.kind = 'letter_sent' and e.detail ->> 'reference' = d.reference)
        union all
        select d.case_id, 'le refus de ' || d.reference from dispatches o join documents d on d.id = o.document_id
        where o.state = 'failed' and not exists (select from events e where e.case_id = d.case_id and e.kind = 'letter_refused' and e.detail ->> 'reference' = d.reference)
        union all
        select d.case_id, 'le retrait de ' || d.reference from dispatches o join documents d on d.id = o.document_id
        where o.state = 'withdrawn' and not exists (select from events e where e.case_id = d.case_id and e.kind = 'letter_withheld' and e.detail ->> 'reference' = d.reference)
        union all
        select s.case_id, 'l''étape ' || s.key from steps s
        where s.done_on is not null and not exists (select from events e where e.case_id = s.case_id and e.kind = 'step_done' and e.detail ->> 'step' = s.key)
        union all
        select r.case_id, 'la demande d''accord du ' || r.requested_on from consent_requests r
        where not exists (select from events e where e.case_id = r.case_id and e.kind = 'consent_requested' and e.detail ->> 'request' = r.id::text)
        union all
        select r.case_id, 'la réponse du créancier du ' || s.decided_on from consents s join consent_requests r on r.id = s.request_id
        where not exists (select from events e where e.case_id = r.case_id and e.kind = 'consent_' || s.decision and e.detail ->> 'request' = r.id::text)
        union all
        select r.case_id, 'le retrait de l''accord du ' || s.ended_on from consent_ends s join consent_requests r on r.id = s.request_id
        where s.cause = 'withdrawn' and not exists (select from events e where e.case_id = r.case_id and e.kind = 'consent_withdrawn' and e.detail ->> 'request' = r.id::text)
        union all
        select p.case_id, 'le dossier de pièces « ' || k.kind || ' »' from packs k join procedures p on p.id = k.procedure_id
        where not exists (select from events e where e.case_id = p.case_id and e.kind = 'pack_assembled' and e.detail ->> 'pack' = k.id::text)
        union all
        select h.case_id, 'la suspension du ' || h.from_on from holds h
        where not exists (select from events e where e.case_id = h.case_id and e.kind = 'case_held' and e.on_day = h.from_on)
        union all
        select c.id, 'la clôture' from cases c
        where c.closed_on is not null and not exists (select from events e where e.case_id = c.id and e.kind = 'case_closed')) x
      join cases c on c.id = x.case_id order by c.number, x.what`,
    say: (what) => `Le journal ne dit rien de ceci : ${what}.`,
    remedy: 'Cherchez qui a écrit sans passer par un acte ; le journal ne se réécrit pas, il se complète.',
  },
  {
    code: 'consent_unbound',
    find: (sql) => sql`
      select c.number, 'la réponse du ' || s.decided_on as what, r.id as subject
      from consents s join consent_requests r on r.id = s.request_id join cases c on c.id = r.case_id
      where s.content_sha256 <> r.content_sha256 or s.proof ->> 'contentSha256' is distinct from r.content_sha256
         or s.proof ->> 'signedPdfSha256' is distinct from r.pdf
      union all
      select c.number, 'le dossier de pièces « ' || k.kind || ' » v' || k.version, r.id
      from packs k join procedures p on p.id = k.procedure_id join consent_requests r on r.id = p.consent_id join cases c on c.id = p.case_id
      where k.kind = r.pack_kind and k.content_sha256 <> r.content_sha256
      order by 1, 2`,
    say: (what) => `Ce qui est signé n'est pas ce qui était demandé : ${what}.`,
    remedy: 'Ne déposez rien sur cet accord : faites une nouvelle demande, et comparez avec la sauvegarde.',
  },
  {
    code: 'consent_outdated',
    find: (sql) => sql`
      select distinct c.number, 'demandé le ' || r.requested_on || ', ' || x.what as what, r.id as subject
      from consent_requests r join cases c on c.id = r.case_id
      join (select case_id, recorded_on, 'un paiement le ' || recorded_on as what from payments
            union all select case_id, recorded_on, 'un avoir le ' || recorded_on from credit_notes
            union all select case_id, recorded_on, 'une facture le ' || recorded_on from invoices) x
        on x.case_id = r.case_id and x.recorded_on > r.requested_on
      where not exists (select from consent_ends e where e.request_id = r.id)
        and not exists (select from procedures p join standing_procedure_events f on f.procedure_id = p.id
                        where p.consent_id = r.id and f.step = r.filing_step and f.recorded_on <= x.recorded_on)
      order by 1, 2`,
    say: (what) => `L'accord est tenu pour vivant alors que le dossier a changé : ${what}.`,
    remedy: 'courtois doctor --repair l’éteint ; faites ensuite une nouvelle demande d’accord.',
  },
  {
    code: 'procedure_without_consent',
    find: (sql) => sql`
      select c.number, p.procedure || ', ouverte le ' || p.opened_on as what, p.id as subject
      from procedures p join cases c on c.id = p.case_id
      where not live_consent(p.consent_id, p.opened_on) order by c.number`,
    say: (what) => `Une procédure n'a pas l'accord vivant du créancier : ${what}.`,
    remedy: 'Arrêtez toute démarche judiciaire sur ce dossier et demandez l’accord.',
  },
]
