import type { Sql } from '../../../schema/db.ts'

export interface PersonFile {
  kind: 'invoice' | 'letter' | 'exhibit' | 'dispute'
  name: string
  sha256: string
  /** Written to somebody else about the person. */
  toOthers: boolean
}

export interface PersonData {
  cases: string[]
  data: Record<string, unknown>
  files: PersonFile[]
}

// Sums as people read them: cents are exact integers, and so is what is divided here.
const sum = (column: string): string => `round(${column}::numeric / 100, 2)::text`

/** A list of JSON objects, one a row of a table of the case; the columns on the right are ours alone. */
const list = (from: string, columns: Record<string, string>, order: string, where = 'x.case_id = c.id'): string => `
  (select coalesce(jsonb_agg(jsonb_strip_nulls(jsonb_build_object(${Object.entries(columns)
    .map(([name, value]) => `'${name}', ${value}`)
    .join(', ')})) order by ${order}), '[]') from ${from} where ${where})`

/** A movement of the bank whose payer bears the name of that debtor, or has paid for it from the same account. */
export const paidBy = (line: string, debtor: string): string => `
  (lower(trim(${line}.payer)) = lower(trim(${debtor}.name))
   or ${line}.payer_iban in (select b.payer_iban from bank_lines b join cases k on k.id = b.case_id
                             where k.debtor_id = ${debtor}.id and b.payment_id is not null))`

const sections: Record<string, string> = {
  factures: list(
    'invoices x',
    {
      numero: 'x.number',
      emise_le: 'x.issued_on',
      echeance: 'x.due_on',
      total: sum('x.total'),
      reste_a_payer_a_la_remise: sum('x.payable'),
      contenu: 'x.source',
    },
    'x.due_on, x.number',
  ),
  avoirs: list('credit_notes x', { numero: 'x.number', du: 'x.issued_on', montant: sum('x.amount') }, 'x.issued_on'),
  paiements: list(
    'payments x',
    { recu_le: 'x.received_on', montant: sum('x.amount'), moyen: 'x.means', reference: 'x.reference' },
    'x.received_on',
  ),
  mouvements_de_banque: list(
    'bank_lines x',
    {
      le: 'x.booked_on',
      montant: sum('x.amount'),
      payeur: 'x.payer',
      compte_du_payeur: 'x.payer_iban',
      libelle: 'x.text',
      reference: 'x.bank_reference',
      rapprochement: `case when x.case_id is null then 'non rapproché' else coalesce(x.settled_why, 'rapproché') end`,
    },
    'x.booked_on, x.id',
    `(x.case_id = c.id or x.case_id is null and exists (select from debtors p where p.id = c.debtor_id and ${paidBy('x', 'p')}))`,
  ),
  promesses: list(
    'promises x',
    { faite_le: 'x.promised_on', pour_le: 'x.due_on', montant: sum('x.amount'), par: 'x.author', voie: 'x.channel' },
    'x.promised_on',
  ),
  echeanciers: list(
    'plans x left join plan_attestations a on a.plan_id = x.id',
    {
      convenu_le: 'x.agreed_on',
      signe_le: 'a.attested_on',
      signe_par: 'a.signed_by',
      rompu_le: 'x.broken_on',
      tenu_le: 'x.kept_on',
      echeances: list(
        'instalments i',
        { le: 'i.due_on', montant: sum('i.amount'), reglee_le: 'i.settled_on' },
        'i.rank',
        'i.plan_id = x.id',
      ),
    },
    'x.agreed_on',
  ),
  contestations: list(
    'disputes x',
    {
      recue_le: 'x.raised_on',
      voie: 'x.channel',
      motif: 'x.ground',
      conteste: sum('x.contested'),
      reponse_du_creancier: 'x.creditor_answer',
      reponse: 'x.answer',
      close_le: 'x.resolved_on',
    },
    'x.raised_on',
  ),
  remises_de_dette: list(
    'remissions x',
    {
      a_payer: sum('x.amount'),
      au_plus_tard_le: 'x.pay_by',
      convenue_le: 'x.agreed_on',
      retiree_le: 'x.withdrawn_on',
    },
    'x.agreed_on, x.id',
  ),
  appels: list(
    'calls x',
    {
      le: 'x.called_on',
      a: 'x.called_at',
      sens: `case x.direction when 'incoming' then 'reçu' else 'passé' end`,
      personne: 'x.person',
      issue: 'x.outcome',
      resume: 'x.summary',
    },
    'x.called_on',
  ),
  visites: list(
    'visits x',
    {
      le: 'x.visited_on',
      agent: 'x.agent',
      lieu: 'x.place',
      personne: 'x.person',
      issue: 'x.outcome',
      resume: 'x.summary',
    },
    'x.visited_on',
  ),
  reponses_par_coupon: list(
    'replies x',
    { le: 'x.replied_on', reponse: 'x.answer', en_clair: 'x.summary', suite: 'x.handled_how' },
    'x.replied_on',
  ),
  suspensions: list(
    'holds x',
    { depuis: 'x.from_on', cause: 'x.cause', motif: 'x.reason', levee_le: 'x.released_on', pourquoi: 'x.release_why' },
    'x.from_on',
  ),
  procedures_collectives_et_evenements: list(
    'insolvencies x',
    {
      nature: 'x.nature',
      ouverte_le: 'x.opened_on',
      publiee_le: 'x.published_on',
      mandataire: 'x.representative',
      source: 'x.source',
      verifie_le: 'x.checked_on',
    },
    'x.opened_on',
  ),
  courriers: list(
    'documents x left join dispatches o on o.document_id = x.id',
    {
      reference: 'x.reference',
      courrier: 'x.letter',
      voie: 'x.channel',
      destinataire: 'x.recipient',
      ecrit_le: 'x.written_on',
      parti_le: 'o.sent_on',
      presente_le: 'o.presented_on',
      issue: 'o.outcome',
      adresse: 'o.address',
      donnees_imprimees: `case when x.recipient = 'debiteur' then x.facts end`,
      empreinte_sha256: 'x.sha256',
    },
    'x.written_on, length(x.reference), x.reference',
  ),
  mises_en_demeure_d_autrui: list(
    'outside_notices x',
    {
      par: 'x.sender',
      forme: 'x.form',
      du: 'x.written_on',
      presentee_le: 'x.presented_on',
      issue: 'x.outcome',
      delai_en_jours: 'x.delay_days',
      annulee: 'x.void',
      enregistree_le: 'x.recorded_on',
    },
    'x.recorded_on, x.id',
  ),
  pieces: list(
    'exhibits x',
    {
      numero: 'x.number',
      nature: 'x.kind',
      reference: 'x.reference',
      du: 'x.dated_on',
      prouve: 'x.proves',
      ajoutee_le: 'x.added_on',
      retiree_le: 'x.withdrawn_on',
    },
    'x.number, x.id',
  ),
  procedures: list(
    'procedures x',
    {
      procedure: 'x.procedure',
      ouverte_le: 'x.opened_on',
      juridiction: `x.court ->> 'nom'`,
      evenements: list(
        'standing_procedure_events e',
        { etape: 'e.step', le: 'e.happened_on', donnees: 'e.facts' },
        'e.happened_on',
        'e.procedure_id = x.id',
      ),
    },
    'x.opened_on',
  ),
  transmissions: list(
    `hand_overs x join bailiffs b on b.id = x.bailiff_id join packs k on k.id = x.pack_id join procedures p on p.id = k.procedure_id`,
    { a: 'b.name', le: 'x.handed_on' },
    'x.handed_on',
    'p.case_id = c.id',
  ),
  journal: list('events x', { le: 'x.on_day', quoi: 'x.kind', detail: 'x.detail', par: 'x.author' }, 'x.seq'),
  consultations: list(
    'case_readings x',
    { le: 'x.on_day', par: 'x.reader', porte: 'x.door' },
    'x.on_day, x.reader, x.door',
  ),
}

const caseData = `jsonb_strip_nulls(jsonb_build_object(
  'numero', c.number, 'creancier', (select name from creditors where id = c.creditor_id), 'devise', c.currency, 'ouvert_le', c.opened_on,
  'clos_le', c.closed_on, 'motif_de_cloture', c.closed_why, 'nature_de_la_creance', c.claim_nature, 'prescription', c.limitation_on, 'purge_le', c.purged_on))
  || jsonb_build_object(${Object.entries(sections)
    .map(([name, query]) => `'${name}', ${query}`)
    .join(',\n  ')})`

const personData = `jsonb_strip_nulls(jsonb_build_object('nom', d.name, 'qualite', d.kind, 'identite', d.identity, 'adresse', d.address,
  'courriel', d.email, 'telephone', d.phone, 'enregistre_le', d.created_on))
  || jsonb_build_object(
  'souhaits', ${list('contact_preferences x', { voie: 'x.channel', souhait: 'x.wish', origine: 'x.reason', le: 'x.recorded_on' }, 'x.rank', 'x.debtor_id = d.id')},
  'adresses_ecartees', ${list('address_marks x', { adresse: 'x.value', motif: 'x.reason', le: 'x.marked_on' }, 'x.marked_on', 'x.debtor_id = d.id')},
  'recherches_de_procedure_collective', ${list('insolvency_checks x', { le: 'x.checked_on', source: 'x.source', trouve: 'x.found' }, 'x.checked_on', 'x.debtor_id = d.id')},
  'dossiers', (select coalesce(jsonb_agg(${caseData} order by c.number), '[]') from cases c where c.debtor_id = d.id))`

/** All the rows about these debtors, under the names that people give things, and the files that go with them. */
export async function dataOf(sql: Sql, debtorIds: string[]): Promise<PersonData[]> {
  const rows = await sql<{ id: string; cases: string[]; data: Record<string, unknown> }[]>`
    select d.id, array(select id from cases where debtor_id = d.id order by number) as cases, ${sql.unsafe(personData)} as data
    from debtors d where d.id = any(${debtorIds}) order by d.created_on, d.id`
  return Promise.all(rows.map(async ({ cases, data }) => ({ cases, data, files: await filesOf(sql, cases) })))
}

async function filesOf(sql: Sql, cases: string[]): Promise<PersonFile[]> {
  return sql<PersonFile[]>`
    select * from (
      select 'invoice' as kind, number as name, original as sha256, false as to_others from invoices where case_id = any(${cases})
      union all select 'invoice', number, original, false from credit_notes where case_id = any(${cases})
      union all select 'letter', reference, sha256, recipient <> 'debiteur' from documents where case_id = any(${cases})
      union all select 'exhibit', coalesce('piece-' || number || coalesce('-' || sub, '') || '-', '') || reference, pdf, false from exhibits where case_id = any(${cases})
      union all select 'dispute', f.name, f.sha256, false from dispute_documents f join disputes d on d.id = f.dispute_id where d.case_id = any(${cases})
      union all select 'letter', 'promesse-signee-' || a.attested_on, a.original, false
                from promise_attestations a join promises p on p.id = a.promise_id where p.case_id = any(${cases})
      union all select 'letter', 'echeancier-signe-' || a.attested_on, a.original, false
                from plan_attestations a join plans p on p.id = a.plan_id where p.case_id = any(${cases})
      union all select 'exhibit', e.step || '-' || e.happened_on, e.original, true
                from procedure_events e join procedures p on p.id = e.procedure_id where p.case_id = any(${cases})) x
    where sha256 is not null order by kind, name, sha256`
}
