import type { ReadInvoice } from '../../../documents/invoices/einvoice.ts'
import { after, type Day, parseDay } from '../../../schema/days.ts'
import { json, type Sql, transaction } from '../../../schema/db.ts'
import { DomainError } from '../../../schema/errors.ts'
import { moveAnchor } from '../anchor.ts'
import type { Case } from '../cases.ts'
import { type Author, record } from '../journal.ts'
import { recountAfter } from '../../judicial/titles/interruptions.ts'
import { publicDue, type PublicOrder } from './public-term.ts'
import { caseGone } from '../lock.ts'

const days = ['dateDepot', 'serviceFait', 'debutDelai'] as const

/** What an electronic invoice to a public buyer says of the order: EN 16931 BT-13, BT-10 and BT-12. */
export function orderInInvoice(
  read: Pick<ReadInvoice, 'orderReference' | 'buyerReference' | 'contractReference'>,
): PublicOrder {
  return {
    ...(read.orderReference ? { numero: read.orderReference } : {}),
    ...(read.buyerReference ? { codeService: read.buyerReference } : {}),
    ...(read.contractReference ? { marche: read.contractReference } : {}),
  }
}

/** Completes what is known of the public order; what was said before and is not said again stays. */
export async function recordPublicOrder(
  sql: Sql,
  onDay: Day,
  input: { caseId: string; order: PublicOrder },
  author: Author,
): Promise<PublicOrder> {
  const order = checkedOrder(input.order, onDay)
  return transaction(sql, async (tx) => {
    const [found] = await tx<{ kind: string; closedOn: Day | null; publicOrder: PublicOrder | null }[]>`
      select d.kind, c.closed_on, c.public_order from cases c join debtors d on d.id = c.debtor_id
      where c.id = ${input.caseId} for update of c`
    if (!found || found.closedOn !== null) throw caseGone(input.caseId)
    if (found.kind !== 'public') {
      throw new DomainError('not_a_public_buyer', 'Le débiteur de ce dossier n’est pas un acheteur public.', {
        remedy: 'Un engagement juridique n’existe que chez un acheteur public.',
      })
    }
    const whole = { ...found.publicOrder, ...order }
    await tx`update cases set public_order = ${json(tx, whole)} where id = ${input.caseId}`
    await record(tx, onDay, { caseId: input.caseId, kind: 'public_order_recorded', detail: { ...order }, author })
    await followTerm(tx, onDay, input.caseId, found.publicOrder, author)
    await recountAfter(tx, onDay, input.caseId, author)
    return whole
  })
}

/** The due dates moved with the order: J and the steps to come move with them. */
async function followTerm(
  sql: Sql,
  onDay: Day,
  caseId: string,
  earlier: PublicOrder | null,
  author: Author,
): Promise<void> {
  const [found] = await sql<(Pick<Case, Followed> & { sendsInvoices: boolean })[]>`
    select id, scenario, zone, anchor_on, public_order,
           coalesce((select m.sends_invoices from mandates m
                     where m.creditor_id = c.creditor_id and m.signed_on <= ${onDay} and (m.ended_on is null or m.ended_on > ${onDay})
                     order by m.signed_on desc limit 1), false) as sends_invoices
    from cases c where id = ${caseId}`
  if (!found || found.zone === 'madagascar') return
  const invoices = await sql<{ issuedOn: Day; dueOn: Day }[]>`
    select issued_on, due_on from invoices where case_id = ${caseId}`
  const [oldest] = invoices
    // What was due before J is paid.
    .filter((invoice) => !after(found.anchorOn, publicDue(invoice, earlier).dueOn))
    .map((invoice) => ({ issuedOn: invoice.issuedOn, dueOn: publicDue(invoice, found.publicOrder).dueOn }))
    .toSorted((a, b) => Temporal.PlainDate.compare(a.dueOn, b.dueOn))
  if (!oldest || oldest.dueOn.equals(found.anchorOn)) return
  const { sendsInvoices } = found
  // Once a letter has left, a later J would let the next ones go before the term: it stays, and the case waits for the day.
  const [written] = await sql`select 1 from documents where case_id = ${caseId} and recipient = 'debiteur'`
  const invoice = written
    ? { ...oldest, dueOn: after(oldest.dueOn, found.anchorOn) ? found.anchorOn : oldest.dueOn }
    : oldest
  await moveAnchor(sql, onDay, found, { invoice, debtor: 'public', sendsInvoices }, author)
}
type Followed = 'id' | 'scenario' | 'zone' | 'anchorOn' | 'publicOrder'

/** Drops what is blank; refuses a day that is none or is still to come, and a time to pay that is no time. */
export function checkedOrder(order: PublicOrder, onDay: Day): PublicOrder {
  const said = Object.fromEntries(
    Object.entries(order).flatMap(([key, value]) => {
      const kept = typeof value === 'string' ? value.trim() : value
      return kept === undefined || kept === null || kept === '' ? [] : [[key, kept]]
    }),
  ) as PublicOrder
  for (const key of days) {
    const day = said[key] === undefined ? null : parseDay(said[key], key)
    if (day && after(day, onDay)) {
      throw new DomainError('day_in_future', `Le ${said[key]} (${key}) est à venir.`, {
        remedy: 'Enregistrez la date une fois l’événement passé.',
      })
    }
  }
  if (
    said.delaiJours !== undefined &&
    (!Number.isInteger(said.delaiJours) || said.delaiJours < 1 || said.delaiJours > 60)
  ) {
    throw new DomainError('bad_public_term', 'Le délai de paiement d’un acheteur public va de 1 à 60 jours.', {
      remedy: 'Indiquez le délai du contrat, ou rien pour celui de la loi.',
      article: 'CCP R. 2192-10 et R. 2192-11',
    })
  }
  return said
}

/** As letters name it; absent while nobody has said the number of the engagement. */
export function orderFacts({ publicOrder }: Pick<Case, 'publicOrder'>): object | undefined {
  if (!publicOrder?.numero) return undefined
  const { acheteur: _acheteur, ...facts } = publicOrder
  return facts
}
