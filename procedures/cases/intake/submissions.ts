import { invoiceToJson, type ReadInvoice } from '../../../documents/invoices/einvoice.ts'
import { after, before, type Day, dayFr } from '../../../schema/days.ts'
import { json, type Sql, transaction } from '../../../schema/db.ts'
import { DomainError, type Doubt } from '../../../schema/errors.ts'
import { newId, type Random } from '../../../schema/random.ts'
import { whyUnsuited } from '../../amicable/change.ts'
import { loadScenario } from '../../amicable/scenario.ts'
import type { Zone } from '../../law/calendar.ts'
import { requireAgencyReady } from '../agency.ts'
import { moveAnchor } from '../anchor.ts'
import { type Creditor, type Mandate, requireMandate } from '../creditors.ts'
import { type Debtor, type DebtorKind, findOrCreateDebtor } from '../debtors.ts'
import { placeHold, releaseHold } from '../holds.ts'
import { type Author, record } from '../journal.ts'
import { recountAfter } from '../../judicial/titles/interruptions.ts'
import { checkedOrder, orderInInvoice } from '../public-buyers/public-orders.ts'
import { publicDue, type PublicOrder } from '../public-buyers/public-term.ts'
import { type Case, openCase, openCaseOf } from '../cases.ts'
import { sellerDoubts, unsettledSellers } from './sellers.ts'
import { standstill } from '../standstill.ts'

export interface Submission {
  creditorId: string
  /** One invoice is enough; several become one case on the oldest due date. Credit notes may come with them. */
  invoices: { read: ReadInvoice; original: string | null }[]
  debtor: {
    kind: DebtorKind
    name?: string
    civility?: string
    address?: Debtor['address']
    email?: string
    phone?: string
    birth?: { on: string; place: string }
  }
  /** A due date given by hand where the invoice has none. */
  dueOn?: Day
  scenario?: string
  zone?: Zone
  /** One of claimNatures(); the mandate's when absent. */
  nature?: string
  /** Of a public buyer: what the invoice does not say, or says otherwise. */
  order?: PublicOrder
}

/**
 * Opens the case of an unpaid invoice, or adds the invoice to the open case of the same creditor and debtor, where
 * it joins at the present step. Refused without the mandate (R124-3) or the agency's three facts (R124-2).
 */
export async function submitInvoice(
  sql: Sql,
  random: Random,
  onDay: Day,
  input: Submission,
  author: Author,
): Promise<{ case: Case; opened: boolean; missing: ReadInvoice['missing']; doubts: Doubt[] }> {
  const invoices = input.invoices.filter(({ read }) => read.kind === 'invoice')
  const first = invoices[0] ?? input.invoices[0]
  if (!first)
    throw new DomainError('no_invoice', 'Aucune facture à enregistrer.', { remedy: 'Joignez au moins une facture.' })
  return transaction(sql, async (tx) => {
    // One submission at a time for a creditor, or two could open the same case. Its key stays free: who holds a case and writes a
    // row that points to the creditor waits for nobody here.
    const [creditor] = await tx<
      Pick<Creditor, 'name' | 'identity' | 'iban'>[]
    >`select name, identity, iban from creditors where id = ${input.creditorId} for no key update`
    await requireAgencyReady(tx, onDay)
    const mandate = await requireMandate(tx, input.creditorId, onDay)
    const order = orderOf(onDay, first.read, input)
    for (const { read } of input.invoices) {
      refuseFuture(onDay, read, mandate.sendsInvoices)
      read.doubts.push(...sellerDoubts(read, creditor!).filter(isNew(read)), ...(order ? termDoubts(read, order) : []))
    }
    const due = (read: ReadInvoice) => dueOf(read, input.dueOn, order)
    const debtor = await findOrCreateDebtor(tx, random, onDay, input.creditorId, debtorOf(first.read, input.debtor))
    const open = await openCaseOf(tx, input.creditorId, debtor.id)
    if (invoices.length === 0 && !open) {
      throw new DomainError(
        'credit_note_without_case',
        `L'avoir ${first.read.number} ne se rattache à aucun dossier ouvert.`,
        {
          remedy: "Enregistrez d'abord la facture à laquelle il se rapporte.",
          facts: { number: first.read.number },
        },
      )
    }
    const opened =
      open ??
      (await openCase(
        tx,
        random,
        onDay,
        { ...input, ...(order ? { order } : {}) },
        invoices.map(({ read }) => ({ read, dueOn: due(read) })),
        debtor,
        mandate,
        author,
      ))
    for (const { read } of input.invoices) refuseOtherCurrency(opened, read)
    for (const { read, original } of input.invoices)
      await addDocument(tx, random, onDay, opened, read, original, read.kind === 'invoice' ? due(read) : null, author)
    if (open && order) {
      // What was recorded of the order stands against what a later invoice repeats; what is said now stands against both.
      const said = { ...order, ...open.publicOrder, ...input.order }
      await tx`update cases set public_order = ${json(tx, said)} where id = ${open.id}`
    }
    if (open && invoices.length > 0) {
      await rejoin(
        tx,
        onDay,
        open,
        invoices.map(({ read }) => ({ issuedOn: read.issuedOn, dueOn: due(read) })),
        debtor.kind,
        mandate.sendsInvoices,
        author,
      )
    }
    await recountAfter(tx, onDay, opened.id, author)
    const found = (await openCaseOf(tx, input.creditorId, debtor.id))!
    const reads = input.invoices.map(({ read }) => read)
    const unsuited = open || input.scenario !== undefined ? [] : mandateUnsuited(mandate, debtor, found)
    const barred = await holdDoubtful(tx, random, onDay, found, reads)
    return {
      case: found,
      opened: !open,
      missing: reads.flatMap(({ missing }) => missing.filter(isUnknown(creditor!, debtor))),
      doubts: [...reads.flatMap(({ doubts }) => doubts), ...unsuited, ...barred],
    }
  })
}

/** Whoever opened the case by the mandate is told that it went under another scenario. */
function mandateUnsuited({ scenario }: Pick<Mandate, 'scenario'>, { kind }: Debtor, opened: Case): Doubt[] {
  const why = whyUnsuited(loadScenario(scenario), { debtor: kind, zone: opened.zone })
  return why === null ? [] : [{ code: 'scenario_unsuited', message: `${why} Le dossier suit « ${opened.scenario} ».` }]
}

/** Nothing is claimed for a creditor whose claim it may not be, nor what can no longer be claimed: the case waits at once. */
async function holdDoubtful(sql: Sql, random: Random, onDay: Day, found: Case, reads: ReadInvoice[]): Promise<Doubt[]> {
  const hold = async (about: Omit<Parameters<typeof placeHold>[3], 'caseId'>) => {
    const [held] = await sql`
      select 1 from holds where case_id = ${found.id} and cause = ${about.cause} and reason = ${about.reason} and released_on is null`
    if (!held) await placeHold(sql, random, onDay, { caseId: found.id, ...about }, 'system')
  }
  const barred = standstill({ case: found, insolvencies: [] }, onDay)
  if (barred) await hold({ cause: 'prescription', reason: barred.reason, reviewOn: onDay.add({ days: 30 }) })
  for (const { message } of await unsettledSellers(sql, found, reads)) {
    const reason = `${message} Dites à quel titre la créance est à ce créancier (affacturage, cession, nom commercial), puis reprenez le dossier, ou clôturez-le.`
    await hold({ cause: 'decision', reason, reviewOn: onDay, forPerson: true })
  }
  return barred ? [{ code: 'time_barred', message: barred.reason }] : []
}

/** What the invoice does not say and the house has of the parties is not asked for again. */
const isUnknown =
  ({ iban, identity }: Pick<Creditor, 'identity' | 'iban'>, debtor: Pick<Debtor, 'identity' | 'address'>) =>
  ({ field }: ReadInvoice['missing'][number]): boolean => {
    const known: Record<string, unknown> = {
      iban,
      'seller.address': identity.address,
      'seller.siren': identity.siren ?? identity.siret,
      'buyer.address': debtor.address?.city && debtor.address.lines.length > 0,
      'buyer.siren': debtor.identity.siren ?? debtor.identity.siret,
    }
    return !known[field]
  }

/** A doubt that a preview has already shown is not said twice. */
const isNew =
  ({ doubts }: ReadInvoice) =>
  ({ code }: Doubt): boolean =>
    !doubts.some((doubt) => doubt.code === code)

/**
 * A further invoice joins at the present step. J follows the oldest unpaid one, and prescription each of them; a case that waited to be
 * closed because all was paid goes on; before the first letter, the timeline is laid anew from that J.
 */
async function rejoin(
  sql: Sql,
  onDay: Day,
  found: Case,
  invoices: { issuedOn: Day; dueOn: Day }[],
  debtor: DebtorKind,
  sendsInvoices: boolean,
  author: Author,
): Promise<void> {
  const [oldest] = invoices.toSorted((a, b) => Temporal.PlainDate.compare(a.dueOn, b.dueOn))
  const [paid] =
    await sql`select 1 from holds where case_id = ${found.id} and cause = 'paiement-integral' and released_on is null`
  if (paid)
    await releaseHold(
      sql,
      onDay,
      { caseId: found.id, cause: 'paiement-integral', reason: 'Une nouvelle facture a rejoint le dossier.' },
      author,
    )
  if (!oldest || (!paid && !before(oldest.dueOn, found.anchorOn))) return
  await moveAnchor(sql, onDay, found, { invoice: oldest, debtor, sendsInvoices }, author)
}

function refuseOtherCurrency(found: Case, read: ReadInvoice): void {
  if (read.currency === found.currency) return
  throw new DomainError(
    'other_currency',
    `${read.number} est en ${read.currency}, le dossier ${found.number} en ${found.currency} : leurs sommes ne s'ajoutent pas.`,
    {
      remedy: 'Traitez les sommes de chaque monnaie dans un dossier à part, ou convertissez-les par avenant.',
      facts: { number: read.number, currency: read.currency },
    },
  )
}

async function addDocument(
  sql: Sql,
  random: Random,
  onDay: Day,
  found: Pick<Case, 'id' | 'number'>,
  read: ReadInvoice,
  original: string | null,
  dueOn: Day | null,
  author: Author,
): Promise<void> {
  if (read.kind === 'credit_note') {
    const rows = await sql`
      insert into credit_notes (id, case_id, invoice_id, number, issued_on, amount, original, recorded_on, recorded_by)
      values (${newId(random)}, ${found.id},
              (select id from invoices where case_id = ${found.id} and number = ${read.precedingInvoice}),
              ${read.number}, ${read.issuedOn}, ${read.payable}, ${original}, ${onDay}, ${author})
      on conflict (case_id, number) do nothing
      returning id`
    if (rows.length === 0) {
      throw new DomainError(
        'credit_note_already_recorded',
        `L'avoir ${read.number} est déjà dans le dossier ${found.number}.`,
        {
          remedy: 'Vérifiez le numéro ; un avoir ne se déduit qu’une fois.',
          facts: { number: read.number, case: found.number },
        },
      )
    }
  } else {
    const rows = await sql`
      insert into invoices (id, case_id, number, issued_on, due_on, total, prepaid, payable, currency, source, missing, doubts,
                            original, recorded_on, recorded_by)
      values (${newId(random)}, ${found.id}, ${read.number}, ${read.issuedOn}, ${dueOn}, ${read.total},
              ${read.prepaid}, ${read.payable}, ${read.currency}, ${json(sql, invoiceOnly(read))}, ${json(sql, read.missing)},
              ${json(sql, read.doubts)}, ${original}, ${onDay}, ${author})
      on conflict (case_id, number) do nothing
      returning id`
    if (rows.length === 0) {
      throw new DomainError(
        'invoice_already_recorded',
        `La facture ${read.number} est déjà dans le dossier ${found.number}.`,
        {
          remedy: 'Vérifiez le numéro ; une facture ne peut être réclamée deux fois.',
          facts: { number: read.number, case: found.number },
        },
      )
    }
  }
  await record(sql, onDay, {
    caseId: found.id,
    kind: `${read.kind}_recorded`,
    detail: { number: read.number, original },
    author,
  })
}

/** What an invoice is due on; a missing due date is asked for, never invented. */
function dueOf(invoice: ReadInvoice, given: Day | undefined, order: PublicOrder | null): Day {
  const said = invoice.dueOn ?? given ?? null
  const due = order ? publicDue({ issuedOn: invoice.issuedOn, dueOn: said }, order).dueOn : said
  if (!due) {
    throw new DomainError('due_date_missing', `La facture ${invoice.number} ne porte pas de date d'échéance.`, {
      remedy: "Indiquez la date d'échéance convenue, avec le document qui l'établit.",
      facts: { number: invoice.number },
      article: 'C. com. L441-9',
    })
  }
  if (Temporal.PlainDate.compare(due, invoice.issuedOn) >= 0) return due
  throw new DomainError(
    'due_before_issue',
    `L'échéance du ${dayFr(due)} précède l'émission du ${dayFr(invoice.issuedOn)}.`,
    {
      remedy: 'Vérifiez les deux dates sur la facture.',
      facts: { number: invoice.number },
    },
  )
}

/** What is known of the order of a public buyer; null for any other debtor. */
function orderOf(onDay: Day, read: ReadInvoice, input: Submission): PublicOrder | null {
  if (input.debtor.kind !== 'public') return null
  return checkedOrder({ ...orderInInvoice(read), ...input.order }, onDay)
}

/** A due date that the invoice does not give, or gives before the buyer's time to pay has run, is the law's. */
function termDoubts(read: ReadInvoice, order: PublicOrder): Doubt[] {
  if (read.kind === 'credit_note') return []
  const { dueOn, doubts } = publicDue(read, order)
  if (read.dueOn?.equals(dueOn)) return []
  const message = `Échéance retenue\u00a0: le ${dayFr(dueOn)}, fin du délai de paiement d’un acheteur public.`
  return [{ code: 'public_term', message }, ...doubts]
}

/** An invoice of tomorrow is a slip of the pen, unless the agency itself is to send it on its day. */
function refuseFuture(onDay: Day, read: ReadInvoice, sendsInvoices: boolean): void {
  if (!after(read.issuedOn, onDay) || (sendsInvoices && read.kind === 'invoice')) return
  throw new DomainError('invoice_in_future', `${read.number} est daté du ${dayFr(read.issuedOn)}, qui est à venir.`, {
    remedy: 'Vérifiez la date d’émission ; envoyez la facture une fois émise.',
    facts: { number: read.number, issuedOn: read.issuedOn.toString() },
  })
}

function debtorOf(read: ReadInvoice, given: Submission['debtor']): Omit<Debtor, 'id'> {
  const buyer = read.buyer
  return {
    name: given.name ?? buyer.name,
    kind: given.kind,
    identity: {
      legalForm: buyer.legalForm,
      siret: buyer.siret,
      siren: buyer.siren,
      vat: buyer.vat,
      contact: buyer.contact,
      ...(given.civility === undefined ? {} : { civility: given.civility }),
      ...(given.birth === undefined ? {} : { birth: given.birth }),
    },
    address: given.address ?? buyer.address,
    email: given.email ?? buyer.contact?.email ?? null,
    phone: given.phone ?? buyer.contact?.phone ?? null,
  }
}

// What was found missing or doubtful has columns of its own; the rest can be read again as an invoice.
function invoiceOnly(read: ReadInvoice): unknown {
  const { source: _source, missing: _missing, doubts: _doubts, ...invoice } = invoiceToJson(read)
  return invoice
}
