import { canonicalJson } from '../../documents/archive.ts'
import type { Facts } from '../../documents/facts.ts'
import type { Day } from '../../schema/days.ts'
import { type Sql, transaction } from '../../schema/db.ts'
import { DomainError } from '../../schema/errors.ts'
import type { Creditor, PartyIdentity } from '../cases/creditors.ts'
import { readCase } from '../cases/file/file.ts'
import { type Author, personOf } from '../cases/journal.ts'
import { lockCase } from '../cases/lock.ts'
import type { Office } from '../office.ts'
import { writeLetter } from './correspondence.ts'
import { reachOf } from './reach.ts'

/**
 * Days for which an earlier contact is still the known one when an account is asked for: who means to steal payments changes the
 * e-mail first. The house's prudence, no rule of law.
 */
const knownDays = 90

type Reach = Pick<PartyIdentity, 'contact' | 'address'>
type Fields = Record<string, unknown>

export interface CreditorChange {
  askedOn: Day
  askedBy: Author
  reason: string
  /** The account that was there, and the one asked for; absent where none is. */
  account?: { before: Fields; after: Fields } | undefined
  /** How the creditor is reached, before and after; absent where that stays. */
  reach?: { before: PartyIdentity; after: PartyIdentity } | undefined
  decision?: { on: Day; by: Author; isTaken: boolean; checkedHow: string } | undefined
}

/** For the journal: the letter by which the creditor was told, or why it could not be. */
export type Told = { letter: string } | { untold: string }

/** Whether the creditor is from now on reached in another way than before. */
export const isReachedOtherwise = (before: PartyIdentity, after: PartyIdentity): boolean =>
  changedWords(before, after).length > 0

/**
 * Tells a creditor, where it was reached before, that its account or its contact is to change, or what became of that; in the
 * transaction of the change. What cannot be written is said in the journal, and holds nothing up.
 */
export async function tellCreditorOfChange(
  office: Office,
  onDay: Day,
  creditor: Creditor,
  change: CreditorChange,
  author: Author,
): Promise<Told> {
  try {
    // A savepoint of its own: what is refused leaves nothing behind.
    return await transaction(office.sql, (sql) => write(office, sql, onDay, creditor, change, author))
  } catch (error) {
    if (!(error instanceof DomainError) || error.code.startsWith('typst_')) throw error
    return { untold: error.message }
  }
}

async function write(
  office: Office,
  sql: Sql,
  onDay: Day,
  creditor: Creditor,
  change: CreditorChange,
  author: Author,
): Promise<Told> {
  const caseId = await lastCase(sql, creditor.id)
  if (caseId === null)
    return { untold: 'Ce créancier n’a encore confié aucun dossier, dont un courrier porte le numéro.' }
  await lockCase(sql, caseId)
  const file = await readCase(sql, caseId)
  const reach = change.account ? await reachKnown(sql, creditor, change.askedOn) : change.reach!.before
  const told = (address: Reach['address']) => ({
    ...file,
    creditor: { ...creditor, identity: { ...creditor.identity, contact: reach.contact, address } },
  })
  const channel = reachOf(told(reach.address), 'creancier')
  if (channel === null) return { untold: 'Aucune adresse de ce créancier n’était connue avant la demande.' }
  // A letter by e-mail bears an address too, be it the new one.
  const { reference } = await writeLetter(office, sql, onDay, told(reach.address ?? file.creditor.identity.address), {
    letter: letterOfChange(change),
    channel,
    recipient: 'creancier',
    facts: changeFacts(change),
    author,
  })
  return { letter: reference }
}

const letterOfChange = ({ account, decision }: CreditorChange): string =>
  decision
    ? 'creancier-changement-compte-decide'
    : account
      ? 'creancier-changement-compte-demande'
      : 'creancier-changement-coordonnees'

/** A letter has a case, and this one has no debtor: it is kept with the creditor's last one. */
async function lastCase(sql: Sql, creditorId: string): Promise<string | null> {
  const [found] = await sql<{ id: string }[]>`
    select id from cases where creditor_id = ${creditorId}
    order by closed_on is not null, zone = 'madagascar', opened_on desc, number desc limit 1`
  return found?.id ?? null
}

/** How the creditor was reached before whatever was corrected of it shortly before the demand, and since. */
async function reachKnown(sql: Sql, creditor: Creditor, askedOn: Day): Promise<Reach> {
  const corrected = await sql<{ before: Reach }[]>`
    select before from creditor_corrections
    where creditor_id = ${creditor.id} and recorded_on > ${askedOn.subtract({ days: knownDays })} and before ?| array['contact', 'address']
    order by rank desc`
  return corrected.reduce<Reach>((known, { before }) => ({ ...known, ...before }), creditor.identity)
}

function changeFacts({ askedOn, askedBy, reason, account, reach, decision }: CreditorChange): Partial<Facts> {
  const words = reach ? changedWords(reach.before, reach.after) : []
  const email = words.includes('courriel') ? reach?.after.contact?.email : undefined
  return {
    changementCreancier: {
      date: askedOn.toString(),
      enregistrePar: personOf(askedBy),
      motif: reason,
      ...(account && accountFacts(account)),
      ...(words.length > 0 && { coordonnees: words }),
      ...(email && { courriel: maskedEmail(email) }),
      ...(decision && {
        decision: {
          date: decision.on.toString(),
          par: personOf(decision.by),
          confirme: decision.isTaken,
          verification: decision.checkedHow,
        },
      }),
    },
  }
}

/** The two IBANs; the two BICs where the IBAN stays. */
function accountFacts({ before, after }: { before: Fields; after: Fields }) {
  const text = (value: unknown) => (typeof value === 'string' && value !== '' ? value : undefined)
  if (!('iban' in after)) return { bicAncien: text(before['bic']), bicNouveau: text(after['bic']) }
  const [ibanAncien, ibanNouveau] = [text(before['iban']), text(after['iban'])]
  return { ibanAncien: ibanAncien && maskedIban(ibanAncien), ibanNouveau: ibanNouveau && maskedIban(ibanNouveau) }
}

function changedWords(before: PartyIdentity, after: PartyIdentity): string[] {
  const pairs: [string, unknown, unknown][] = [
    ['courriel', before.contact?.email, after.contact?.email],
    ['téléphone', before.contact?.phone, after.contact?.phone],
    ['adresse postale', before.address, after.address],
  ]
  return pairs.flatMap(([word, was, is]) => (canonicalJson(was ?? null) === canonicalJson(is ?? null) ? [] : [word]))
}

/** « FR76 •••• 0189 »: enough to know one’s account by, and not to use it. */
function maskedIban(iban: string): string {
  const characters = iban.replace(/\s/g, '')
  return `${characters.slice(0, 4)}\u00a0••••\u00a0${characters.slice(-4)}`
}

/** « c••••@papeterie.example »: the domain is what betrays a stranger. */
const maskedEmail = (email: string): string => email.replace(/^(.).*(?=@)/u, '$1••••')
