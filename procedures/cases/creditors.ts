import { electronicFormatIBAN, isValidBIC, isValidIBAN } from 'ibantools'
import * as fr from 'stdnum/lib/cjs/fr/index.js'
import { after, type Day, dayFr } from '../../schema/days.ts'
import { json, type Sql, transaction } from '../../schema/db.ts'
import { DomainError, type Doubt } from '../../schema/errors.ts'
import { newId, type Random } from '../../schema/random.ts'
import { endUnfiledConsents } from '../judicial/consents/consent-ends.ts'
import type { Address } from './agency.ts'
import { readFeeTerms } from '../money/fees.ts'
import { type Author, record } from './journal.ts'
import { checkedNature } from './limitation/claim-limitation.ts'

export interface PartyIdentity {
  legalForm?: string | undefined
  siren?: string | null
  siret?: string | null
  vat?: string | null
  rcs?: string | undefined
  capital?: string | undefined
  address?: Address | null
  contact?: { name?: string; phone?: string; email?: string } | null
  representative?: { name: string; quality: string } | undefined
  /** The consumer ombudsman the creditor belongs to (C. conso. L616-1). */
  mediator?: { name: string; details: string } | undefined
}

export interface Creditor {
  id: string
  name: string
  /** Which legal rate is the creditor's: « particulier » for a natural person outside business, else « autres ». */
  kind: 'autres' | 'particulier'
  identity: PartyIdentity
  iban: string | null
  bic: string | null
}

/** The written agreement of CPCE R124-3 and its four statements, each required. */
export interface Mandate {
  id: string
  creditorId: string
  signedOn: Day
  basis: string
  guarantee: string
  remuneration: string
  payingOver: string
  receivesFunds: boolean
  sendsInvoices: boolean
  scenario: string
  /** The creditor's contractual late-payment rate in percent a year, as a decimal text; null for the rate of the law. */
  penaltyRate: string | null
  /** Where its contract says that interest due for a whole year bears interest (C. civ. 1343-2); absent or null: nowhere. */
  capitalisation?: string | null
  /** What this creditor sells, for the limitation of its claims (claimNatures()); absent or null where it varies. */
  claimNature?: string | null
  /** The remuneration as data, for fee statements; absent where they are not made here. */
  feeTerms?: unknown
  /** The creditor has its invoicing reviewed each month. */
  reviewsInvoicing?: boolean
  /** How many monthly payments a debtor may propose on the coupon, 0 for none; absent or null: the house's own number. */
  maxInstalments?: number | null
}

/** What may be wrong in the creditor's own numbers: shown, and never a reason to refuse the file. */
export function creditorDoubts({ name, identity, iban, bic }: Omit<Creditor, 'id' | 'kind'>): Doubt[] {
  const doubts: Doubt[] = []
  const say = (code: string, message: string) => doubts.push({ code, message })
  const siren = identity.siren?.replace(/\s/g, '') ?? ''
  const siret = identity.siret?.replace(/\s/g, '') ?? ''
  if (siret && !fr.siret.validate(siret).isValid)
    say('siret_key', `Le SIRET «\u00a0${siret}\u00a0» de ${name} n’est pas possible (quatorze chiffres et leur clé).`)
  else if (siren && !fr.siren.validate(siren).isValid)
    say('siren_key', `Le SIREN «\u00a0${siren}\u00a0» de ${name} n’est pas possible (neuf chiffres et leur clé).`)
  if (siret && siren && !siret.startsWith(siren))
    say('siren_mismatch', `Le SIREN et le SIRET de ${name} ne se correspondent pas.`)
  if (iban && !isValidIBAN(electronicFormatIBAN(iban) ?? ''))
    say('iban_key', `L’IBAN de ${name} ne passe pas le contrôle de sa clé\u00a0: aucun code de paiement n’est imprimé.`)
  if (bic && !isValidBIC(bic.replace(/\s/g, '').toUpperCase()))
    say('bic_format', `Le BIC «\u00a0${bic}\u00a0» de ${name} n’a pas la forme d’un BIC.`)
  const email = identity.contact?.email
  if (email && !/^[^\s@]+@[^\s@.]+(\.[^\s@.]+)+$/.test(email))
    say(
      'email_format',
      `Le courriel «\u00a0${email}\u00a0» de ${name} n’a pas la forme d’une adresse\u00a0: rien ne lui parviendra.`,
    )
  return doubts
}

/** The creditors already known under the SIRET of each of these: one entered twice has its cases and its funds in two places. */
export async function namesakes(sql: Sql, ids: string[]): Promise<Map<string, Doubt[]>> {
  const rows = await sql<{ id: string; siret: string; name: string; createdOn: Day }[]>`
    select c.id, o.identity ->> 'siret' as siret, o.name, o.created_on from creditors c
    join creditors o on o.id <> c.id and replace(o.identity ->> 'siret', ' ', '') = replace(c.identity ->> 'siret', ' ', '')
    where c.id = any(${ids}) order by o.created_on, o.id`
  return Map.groupBy(
    rows.map(({ id, siret, name, createdOn }) => ({
      id,
      code: 'same_siret',
      message: `Un créancier de SIRET ${siret} est déjà enregistré\u00a0: ${name}, le ${dayFr(createdOn)}.`,
    })),
    ({ id }) => id,
  )
}

export async function createCreditor(
  sql: Sql,
  random: Random,
  onDay: Day,
  input: Omit<Creditor, 'id'>,
  author: Author,
): Promise<Creditor> {
  if (input.name.trim() === '') {
    throw new DomainError('creditor_without_name', 'Un créancier doit avoir un nom.', {
      remedy: 'Indiquez sa dénomination.',
    })
  }
  const creditor = { ...input, id: newId(random) }
  await sql`
    insert into creditors (id, name, kind, identity, iban, bic, created_on)
    values (${creditor.id}, ${creditor.name}, ${creditor.kind}, ${json(sql, creditor.identity)}, ${creditor.iban}, ${creditor.bic}, ${onDay})`
  await record(sql, onDay, {
    caseId: null,
    kind: 'creditor_created',
    detail: { creditor: creditor.id, name: creditor.name },
    author,
  })
  return creditor
}

const clauses = {
  basis: 'le fondement et le montant des sommes dues',
  guarantee: 'la garantie de responsabilité civile',
  remuneration: 'la rémunération à la charge du créancier',
  payingOver: 'les conditions de reversement des fonds',
} as const

/** Records the agreement; a new one ends the one before. An agreement that lacks a clause of R124-3 is refused. */
export async function recordMandate(
  sql: Sql,
  random: Random,
  onDay: Day,
  input: Omit<Mandate, 'id'>,
  author: Author,
): Promise<Mandate> {
  requireSound(onDay, input)
  const feeTerms = input.feeTerms == null ? null : readFeeTerms(input.feeTerms)
  const nature = checkedNature(input.claimNature)
  const capitalisation = input.capitalisation?.trim() || null
  const mandate = { ...input, id: newId(random) }
  await transaction(sql, async (tx) => {
    // A submission reads the agreement that it goes by under the same lock.
    await tx`select 1 from creditors where id = ${input.creditorId} for no key update`
    const [before] = await tx<{ sameInterest: boolean }[]>`
      update mandates set ended_on = ${input.signedOn} where creditor_id = ${input.creditorId} and ended_on is null
      returning penalty_rate is not distinct from ${input.penaltyRate}::numeric
        and (capitalisation is null) = (${capitalisation}::text is null) as same_interest`
    await tx`
      insert into mandates (id, creditor_id, signed_on, basis, guarantee, remuneration, paying_over, receives_funds,
                            sends_invoices, scenario, penalty_rate, capitalisation, claim_nature, fee_terms, reviews_invoicing, max_instalments, recorded_by)
      values (${mandate.id}, ${mandate.creditorId}, ${mandate.signedOn}, ${mandate.basis}, ${mandate.guarantee},
              ${mandate.remuneration}, ${mandate.payingOver}, ${mandate.receivesFunds}, ${mandate.sendsInvoices},
              ${mandate.scenario}, ${mandate.penaltyRate}, ${capitalisation}, ${nature}, ${feeTerms === null ? null : json(tx, feeTerms)},
              ${input.reviewsInvoicing ?? false}, ${input.maxInstalments ?? null}, ${author})`
    if (before?.sameInterest === false) {
      const changed = 'Le taux convenu, ou la capitalisation convenue, a changé depuis la demande d’accord.'
      await endConsentsOf(tx, onDay, input.creditorId, changed, author)
    }
    await record(tx, onDay, {
      caseId: null,
      kind: 'mandate_recorded',
      detail: { creditor: mandate.creditorId },
      author,
    })
  })
  return mandate
}

/** DomainErrors `mandate_incomplete`, `mandate_in_future`, `bad_instalments`. */
function requireSound(onDay: Day, input: Omit<Mandate, 'id'>): void {
  const missing = (Object.keys(clauses) as (keyof typeof clauses)[]).filter((key) => input[key].trim() === '')
  if (missing.length > 0) {
    throw new DomainError(
      'mandate_incomplete',
      `La convention ne précise pas ${missing.map((key) => clauses[key]).join(', ')}.`,
      {
        remedy: 'Complétez la convention écrite avant de commencer le recouvrement.',
        article: 'CPCE R124-3',
        facts: { missing },
      },
    )
  }
  if (after(input.signedOn, onDay)) {
    throw new DomainError('mandate_in_future', `Le ${dayFr(input.signedOn)} est à venir.`, {
      remedy: 'Enregistrez la convention une fois signée, à la date de sa signature.',
      article: 'CPCE R124-3',
      facts: { signedOn: input.signedOn.toString() },
    })
  }
  const most = input.maxInstalments ?? 0
  if (!Number.isInteger(most) || most < 0 || most > 60) {
    throw new DomainError('bad_instalments', 'Un débiteur propose de 0 à 60 mensualités.', {
      remedy: 'Corrigez le nombre de mensualités que le créancier permet de proposer (0\u00a0: aucune).',
    })
  }
}

/** What a creditor was asked to sign for, in any of its cases, no longer says what is true. */
export async function endConsentsOf(
  sql: Sql,
  onDay: Day,
  creditorId: string,
  changed: string,
  author: Author,
): Promise<void> {
  const cases = await sql<{ id: string }[]>`
    select id from cases c
    where creditor_id = ${creditorId} and exists (select from consent_requests r where r.case_id = c.id)
    order by id for update`
  const ids = cases.map(({ id }) => id)
  await endUnfiledConsents(sql, onDay, ids, changed, author)
}

/** The agreement in force on that day; nothing is done for a creditor without one (CPCE R124-3). */
export async function requireMandate(sql: Sql, creditorId: string, onDay: Day): Promise<Mandate> {
  const [mandate] = await sql<Mandate[]>`
    select id, creditor_id, signed_on, basis, guarantee, remuneration, paying_over, receives_funds, sends_invoices,
           scenario, penalty_rate::text, capitalisation, claim_nature
    from mandates
    where creditor_id = ${creditorId} and signed_on <= ${onDay} and (ended_on is null or ended_on > ${onDay})
    order by signed_on desc limit 1`
  if (mandate) return mandate
  throw new DomainError(
    'no_mandate',
    `Aucune convention écrite n'est en vigueur pour ce créancier au ${dayFr(onDay)}.`,
    {
      remedy: 'Faites signer la convention de recouvrement et enregistrez-la (recordMandate).',
      article: 'CPCE R124-3',
      facts: { creditorId },
    },
  )
}
