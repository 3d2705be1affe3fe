import type { Address as PrintedAddress, Facts } from '../../documents/facts.ts'
import { before, type Day, latest, parseDay } from '../../schema/days.ts'
import { json, type Sql } from '../../schema/db.ts'
import { amount, parseAmount } from '../../schema/money.ts'
import type { Address } from '../cases/agency.ts'
import type { CaseFile } from '../cases/file/file.ts'
import { record } from '../cases/journal.ts'
import { checkDays, type ReplyKind } from '../cases/exchanges/replies.ts'
import type { Office } from '../office.ts'
import { writeLetter } from './correspondence.ts'
import { isPosted, reachOf } from './reach.ts'
import { letterFor } from './situation-letters.ts'

/** A reply as it was kept, with the letter whose coupon it came by, if any: only a proposal is made by telephone. Amounts of `answer` are decimal, as in « 470.15 ». */
interface Kept {
  kind: ReplyKind
  answer: Record<string, unknown>
  summary: string
  repliedOn: Day
  isHandled: boolean
  reference: string
  /** Where that letter went, and the address it bore. */
  sentTo: { email?: string; lines?: string[]; postalCode?: string | null } | null
  addressed: PrintedAddress | null
}

interface Order {
  letter: string
  channel: 'email' | 'lettre' | null
  facts: Record<string, unknown>
}

/** What is written about a reply, once each: its confirmation to who gave it, and to the creditor what it has to know or to answer. */
export async function writeAboutReply(
  office: Office,
  sql: Sql,
  onDay: Day,
  file: CaseFile,
  id: string,
  to: 'debiteur' | 'creancier',
): Promise<void> {
  const [kept] = await sql<Kept[]>`
    select r.kind, r.answer, r.summary, r.replied_on, r.handled_on is not null as is_handled, d.reference,
           o.address as sent_to, d.facts #> '{debiteur,adresse}' as addressed
    from replies r left join documents d on d.id = r.document_id left join dispatches o on o.document_id = d.id
    where r.id = ${id}`
  const order = kept && !file.case.closedOn ? (to === 'debiteur' ? confirmation : told)(file, kept, onDay) : null
  if (!order?.channel) return
  const { letter, channel, facts } = order
  const detail = { reply: id, letter }
  const [done] = await sql`
    select 1 from events where case_id = ${file.case.id} and kind = 'reply_followed' and detail @> ${json(sql, detail)}`
  if (done) return
  await writeLetter(office, sql, onDay, file, {
    letter,
    channel,
    recipient: to,
    facts: facts as Partial<Facts>,
    author: 'system',
  })
  await record(sql, onDay, { caseId: file.case.id, kind: 'reply_followed', detail, author: 'system' })
}

/** To who answered; a promise and a dispute have their own letters. */
function confirmation(file: CaseFile, kept: Kept, onDay: Day): Order | null {
  const channel = reachOf(file, 'debiteur')
  const dateLimite = checkedBy(kept, onDay)
  switch (kept.kind) {
    case 'paid':
      return {
        letter: letterFor(file, 'payment-announced'),
        channel,
        facts: { contestation: said(kept), dateLimite },
      }
    case 'instalments':
      if (isAccepted(file, kept)) return null
      return { letter: letterFor(file, 'proposal-received'), channel, facts: { ...proposed(kept), dateLimite } }
    case 'not_me': {
      const facts = { contestation: said(kept), dateLimite }
      return { letter: letterFor(file, 'wrong-person'), channel: backTo(file, kept), facts }
    }
    case 'address':
      return { letter: letterFor(file, 'address-given'), channel, facts: { adresse: moved(kept) } }
    default:
      return null
  }
}

/** To the creditor; what a person has settled meanwhile is not asked any more, and a dispute has its own letter. */
function told(file: CaseFile, kept: Kept, onDay: Day): Order | null {
  const channel = reachOf(file, 'creancier')
  if (kept.kind === 'promise')
    return { letter: 'creancier-promesse-recue', channel, facts: { promesse: promised(kept) } }
  if (kept.isHandled) return null
  const dateLimite = checkedBy(kept, onDay)
  switch (kept.kind) {
    case 'paid':
      return { letter: 'creancier-paiement-direct-a-declarer', channel, facts: { dateLimite } }
    case 'instalments':
      if (isAccepted(file, kept)) return null
      return { letter: 'creancier-proposition-echeancier', channel, facts: { ...proposed(kept), dateLimite } }
    case 'not_me':
      return { letter: 'creancier-personne-a-verifier', channel, facts: { contestation: said(kept), dateLimite } }
    case 'address':
      return hasMoved(kept)
        ? { letter: 'creancier-adresse-du-debiteur', channel, facts: { adresse: moved(kept) } }
        : null
    default:
      return null
  }
}

/** A plan was agreed since, and has its own letter. */
const isAccepted = ({ plans }: CaseFile, { repliedOn }: Kept): boolean =>
  plans.some(({ agreedOn }) => !before(agreedOn, repliedOn))

/** The day up to which the case waits for the check that was promised. */
const checkedBy = ({ repliedOn }: Kept, onDay: Day) => ({
  date: latest(repliedOn.add({ days: checkDays }), onDay).toString(),
})

/** What was answered, in the words that were typed where there are any. */
function said({ kind, answer, summary, repliedOn, reference }: Kept) {
  const words = kind === 'not_me' ? String(answer['explanation']) : summary
  return { date: repliedOn.toString(), motif: words, resume: words, reference }
}

/** The calendar that the proposal comes to: so much a month from that day, and what is left in the end. */
function proposed({ answer, repliedOn, summary }: Kept) {
  const [monthly, owed] = [parseAmount(String(answer['monthly'])), parseAmount(String(answer['owed']))]
  const first = parseDay(String(answer['firstOn']))
  const count = Number((owed + monthly - 1n) / monthly)
  const lignes = Array.from({ length: count }, (_, i) => ({
    rang: i + 1,
    date: first.add({ months: i }).toString(),
    montant: amount(i + 1 < count ? monthly : owed - monthly * BigInt(count - 1)),
  }))
  return {
    proposition: { date: repliedOn.toString(), resume: summary },
    echeancier: { lignes, total: amount(owed) },
  }
}

const promised = ({ answer, repliedOn, reference }: Kept) => ({
  date: String(answer['on']),
  montant: String(answer['owed']),
  mode: String(answer['means']),
  faiteLe: repliedOn.toString(),
  canal: `coupon de la lettre ${reference}`,
})

const given = ({ answer }: Kept): Address => answer['address'] as Address

function moved(kept: Kept) {
  const { lines, postalCode, city, country } = given(kept)
  return {
    visee: { lignes: lines, codePostal: postalCode ?? '', ville: city ?? '', pays: country },
    ...(kept.addressed ? { anterieure: kept.addressed } : {}),
    source: `coupon de la lettre ${kept.reference}`,
    date: kept.repliedOn.toString(),
  }
}

function hasMoved(kept: Kept): boolean {
  const { visee, anterieure } = moved(kept)
  const words = (address?: PrintedAddress) => JSON.stringify([address?.lignes, address?.codePostal, address?.ville])
  return words(visee) !== words(anterieure)
}

/**
 * The way the letter itself went, and no other: an e-mail on file may be that of the one who is looked for. Null where the
 * case has another address since.
 */
function backTo(file: CaseFile, { sentTo }: Kept): 'email' | 'lettre' | null {
  if (sentTo?.email !== undefined) return sentTo.email === file.debtor.email ? reachOf(file, 'debiteur') : null
  const { address } = file.debtor
  const isSame = sentTo?.lines?.join('\n') === address?.lines.join('\n') && sentTo?.postalCode === address?.postalCode
  return isSame && isPosted(file) ? 'lettre' : null
}
