import type { Facts } from '../../documents/facts.ts'
import { kindOf, type Letter } from '../../letters/letter.ts'
import { after, type Day, dayFr } from '../../schema/days.ts'
import type { Sql } from '../../schema/db.ts'
import { DomainError } from '../../schema/errors.ts'
import { quoted } from '../../schema/words.ts'
import type { CaseFile } from '../cases/file/file.ts'
import type { GivenFacts } from '../judicial/packs/paper-facts.ts'
import { dueOn, owedOn } from '../money/ledger.ts'
import { isJudicial, recipientOf } from './hand-letter-rules.ts'

interface Agreement {
  procedure: string
  title: string
  ceiling: string
  decidedOn: Day
  signedBy: string
  capacity: string
  decision: 'given' | 'refused'
}

/** What a debtor may be told is the creditor's decision: letters that announce a way, each by its own agreement. */
const announces: Record<string, string[]> = {
  'dernier-avis-avant-assignation': ['assignation', 'refere-provision'],
  'dernier-avis-avant-injonction': ['injonction-de-payer'],
  'dernier-avis-avant-petites-creances': ['petites-creances'],
  'dernier-avis-avant-procedure-commerciale': ['creances-incontestees'],
}

/** What a procedure says, and a letter may tell only where one was opened. */
const ofProcedures = ['ordonnance', 'decision', 'mesure', 'opposition', 'acquiescement', 'audience', 'signification']

const enforcement = new Set([
  'injonction-de-payer',
  'saisie-bancaire',
  'saisie-conservatoire-biens',
  'petites-creances-refere-assignation',
])

/**
 * Before a court or whoever enforces, nothing is written without the creditor's agreement; nothing is told of a procedure that nobody
 * opened, nor of an end, a dispute or a limitation that the case has not.
 */
export async function requireGround(
  sql: Sql,
  onDay: Day,
  file: CaseFile,
  letter: Letter,
  given: GivenFacts,
): Promise<void> {
  refuseUntrue(file, onDay, letter)
  const to = recipientOf(letter)
  const told = ofProcedures.filter((key) => given[key] !== undefined)
  const tells = enforcement.has(letter.famille) && ofProcedures.some((key) => letter.donnees.includes(key))
  const needsOpen =
    told.length > 0 || (to === 'debiteur' && enforcement.has(letter.famille)) || (to === 'creancier' && tells)
  // Whoever heads an insolvency is written to on the insolvency itself.
  const goes = isJudicial(letter) && to !== 'mandataire-judiciaire'
  if (!needsOpen && !goes && !(to === 'tiers' && enforcement.has(letter.famille))) return
  const opened = await sql<{ procedure: string }[]>`select procedure from procedures where case_id = ${file.case.id}`
  if (opened.some(({ procedure }) => isWayOf(letter, procedure))) return
  if (needsOpen) {
    throw new DomainError(
      'no_procedure',
      `${quoted(letter.titre)} parle d’une procédure, et aucune n’est ouverte dans ce dossier.`,
      {
        remedy: 'Ouvrez la procédure (openProcedure), puis enregistrez ce qui s’y est passé (recordProcedureEvent).',
        facts: { letter: letter.id, keys: told },
      },
    )
  }
  const agreed = await agreements(sql, onDay, file.case.id)
  if (!agreed.some(({ procedure }) => isWayOf(letter, procedure))) throw noAgreement(letter)
}

/** The procedures that the letters of a family are about, by how their names begin; the others may be about any. */
const waysOf: Record<string, string[]> = {
  'injonction-de-payer': ['injonction'],
  'saisie-bancaire': ['saisie', 'mainlevee'],
  'saisie-conservatoire-biens': ['saisie', 'mainlevee'],
  'petites-creances-refere-assignation': [
    'petites-creances',
    'creances-incontestees',
    'refere-provision',
    'assignation',
  ],
  'procedures-collectives': ['declaration-creance', 'revendication'],
  madagascar: ['mg-'],
}

/** Who agreed to an order for payment agreed to no seizure; hearings and judgments are of any procedure, its opposition too. */
function isWayOf({ id, famille }: Letter, procedure: string): boolean {
  if (/^(audience|jugement|condamnation)-/.test(id)) return true
  return waysOf[famille]?.some((way) => procedure.startsWith(way)) ?? true
}

/** Letters that say that everything is paid. */
const settled = new Set([
  'cloture-attestation-solde',
  'cloture-remerciement-pro',
  'cloture-remerciement-particulier',
  'cloture-remerciement-paiement-anticipe',
  'cloture-solde-plan-respecte',
  'creancier-cloture-succes',
])
const barred = new Set(['contestation-reponse-prescription-acquise', 'cloture-prescription-creancier'])

/** What a letter takes for granted without citing it, held against the case. */
function refuseUntrue(file: CaseFile, onDay: Day, letter: Letter): void {
  const untrue = (why: string, remedy: string): never => {
    throw new DomainError('not_so', `${quoted(letter.titre)} ne dirait pas vrai\u00a0: ${why}`, {
      remedy,
      facts: { letter: letter.id },
    })
  }
  const { limitationOn } = file.case
  if (settled.has(letter.id) && owedOn(file, onDay).total > 0n)
    untrue('tout n’est pas payé.', 'Enregistrez d’abord le paiement (recordPayment).')
  if (barred.has(letter.id) && !after(onDay, limitationOn))
    untrue(`la créance n’est pas prescrite avant le ${dayFr(limitationOn)}.`, 'Choisissez un autre courrier.')
  if (letter.id === 'contestation-reponse-prescription-non-acquise' && after(onDay, limitationOn))
    untrue(`la créance est prescrite depuis le ${dayFr(limitationOn)}.`, 'Répondez que la prescription est acquise.')
  if (letter.id === 'cloture-retrait-mandat-debiteur' && file.mandate)
    untrue('le créancier n’a pas retiré son mandat.', 'Enregistrez la fin de la convention (recordMandate).')
  const disputes = kindOf(letter) === 'contestations' && letter.donnees.includes('contestation')
  if (disputes && file.disputes.length === 0 && !letter.canaux.every((channel) => channel === 'formulaire'))
    untrue('aucune contestation n’est au dossier.', 'Enregistrez-la d’abord (recordDispute).')
  const isAhead = file.invoices.some((invoice) => !after(onDay, dueOn(file, invoice)))
  if (letter.famille === 'avant-echeance' && !isAhead)
    untrue('plus rien n’est à échoir.', 'Choisissez un courrier d’après l’échéance.')
}

/** The creditor's agreement in the words of letters: that of its own signature, never typed by anybody. */
export async function agreementFacts(
  sql: Sql,
  onDay: Day,
  file: CaseFile,
  letter: Letter,
  procedure: string | undefined,
): Promise<Partial<Facts>> {
  if (!letter.donnees.includes('consentement')) return {}
  const remission = letter.donnees.includes('remise') ? file.remissions.at(-1) : undefined
  if (remission)
    return { consentement: { date: remission.agreedOn.toString(), signataire: remission.agreedBy } } as Partial<Facts>
  const fitting = (await agreements(sql, onDay, file.case.id, wanted(letter))).filter(
    (each) =>
      (procedure === undefined || each.procedure === procedure) &&
      isWayOf(letter, each.procedure) &&
      (recipientOf(letter) !== 'debiteur' || announces[letter.id]?.includes(each.procedure)),
  )
  const [agreement, ...others] = fitting
  if (!agreement) {
    if (recipientOf(letter) === 'creancier' && wanted(letter) === 'given') return {}
    throw noAgreement(letter)
  }
  if (others.some((other) => other.procedure !== agreement.procedure)) {
    throw new DomainError('consent_ambiguous', 'Le créancier a donné plusieurs accords dans ce dossier.', {
      remedy: `Dites sur lequel ce courrier repose (procedure)\u00a0: ${fitting.map((each) => each.procedure).join(', ')}.`,
      facts: { procedures: fitting.map((each) => each.procedure) },
    })
  }
  const { title, ceiling, decidedOn, signedBy, capacity } = agreement
  return {
    consentement: {
      procedure: title,
      objet: title,
      date: decidedOn.toString(),
      signataire: signedBy,
      qualite: capacity,
      plafond: ceiling,
    },
  } as Partial<Facts>
}

const wanted = ({ id }: Letter): Agreement['decision'] => (id === 'creancier-prise-acte-refus' ? 'refused' : 'given')

/** What the creditor answered, the last first; an agreement that ended, or that nobody used in time, is none. */
function agreements(
  sql: Sql,
  onDay: Day,
  caseId: string,
  decision: Agreement['decision'] = 'given',
): Promise<Agreement[]> {
  return sql<Agreement[]>`
    select r.procedure, r.statement ->> 'title' as title, r.statement ->> 'ceiling' as ceiling,
           d.decided_on, d.signed_by, d.capacity, d.decision
    from consent_requests r join consents d on d.request_id = r.id
    where r.case_id = ${caseId} and d.decision = ${decision} and d.decided_on <= ${onDay}
      and not exists (select from consent_ends e where e.request_id = r.id)
      and (${decision} = 'refused' or r.expires_on >= ${onDay} or exists (select from procedures p where p.consent_id = r.id))
    order by d.decided_on desc, r.id desc`
}

const noAgreement = (letter: Letter): DomainError =>
  new DomainError('consent_missing', `${quoted(letter.titre)} suppose un accord du créancier que le dossier n’a pas.`, {
    remedy: 'Demandez-lui son accord pour cette procédure (requestConsent).',
    facts: { letter: letter.id },
  })
