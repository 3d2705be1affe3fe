import { invoiceFromJson, type ReadInvoice, readInvoice } from '../../documents/invoices/einvoice.ts'
import { type Submission, submitInvoice } from '../../procedures/cases/intake/submissions.ts'
import { caseParts, type CreditNote, type Invoice, invoiceLines } from '../../procedures/cases/file/file.ts'
import { loadScenario } from '../../procedures/amicable/scenario.ts'
import type { Office } from '../../procedures/office.ts'
import { parseZone } from '../../procedures/law/calendar.ts'
import type { Sql } from '../../schema/db.ts'
import type { Doubt } from '../../schema/errors.ts'
import { builder } from './builder.ts'
import { CaseType } from './cases.ts'
import { type Context, rowsOf } from '../context.ts'
import { creditorOf } from './creditors.ts'
import { DebtorKind } from './debtors.ts'
import { once } from './once.ts'
import { orderOf, PublicOrderInput } from './public-orders.ts'
import { remedyFor } from '../remedies.ts'
import { receivedUpload } from '../uploads.ts'
import { AddressInput, addressOf, DoubtType, Money } from './values.ts'

export const InvoiceType = builder.objectRef<Omit<Invoice, 'source'>>('Invoice').implement({
  fields: (t) => ({
    number: t.exposeString('number'),
    issuedOn: t.expose('issuedOn', { type: 'Date' }),
    dueOn: t.expose('dueOn', { type: 'Date' }),
    total: t.field({
      type: Money,
      description: 'VAT included.',
      resolve: ({ total, currency }) => ({ cents: total, currency }),
    }),
    payable: t.field({
      type: Money,
      description: 'What was to pay when issued.',
      resolve: ({ payable, currency }) => ({ cents: payable, currency }),
    }),
    orderReference: t.string({
      nullable: true,
      resolve: async ({ id }, _args, ctx) => (await rowsOf(ctx, orderReferences, id))[0]?.orderReference ?? null,
    }),
    limitationOn: t.expose('limitationOn', {
      type: 'Date',
      description: 'Last day to act on it (prescription): each invoice has its own, from its own due date.',
    }),
    doubts: t.expose('doubts', { type: [DoubtType] }),
    original: t.exposeString('original', { nullable: true, description: 'SHA-256 of the file as it came.' }),
  }),
})

async function orderReferences(sql: Sql, ids: string[]): Promise<Map<string, { orderReference: string | null }[]>> {
  const rows = await sql<{ id: string; orderReference: string | null }[]>`
    select id, source ->> 'order_reference' as order_reference from invoices where id = any(${ids})`
  return new Map(rows.map((row) => [row.id, [row]]))
}

const CreditNoteType = builder.objectRef<CreditNote & { currency: string }>('CreditNote').implement({
  description: 'Avoir.',
  fields: (t) => ({
    number: t.exposeString('number'),
    issuedOn: t.expose('issuedOn', { type: 'Date' }),
    amount: t.field({ type: Money, resolve: ({ amount, currency }) => ({ cents: amount, currency }) }),
  }),
})

builder.objectFields(CaseType, (t) => ({
  invoices: t.field({
    type: [InvoiceType],
    description: 'The oldest due first.',
    extensions: { reads: [{ read: invoiceLines }] },
    resolve: (found, _args, ctx) => rowsOf(ctx, invoiceLines, found.id),
  }),
  creditNotes: t.field({
    type: [CreditNoteType],
    resolve: async ({ id, currency }, _args, ctx) =>
      (await rowsOf(ctx, caseParts.creditNotes, id)).map((note) => ({ ...note, currency })),
  }),
}))

const PartyInput = builder.inputType('PartyInput', {
  fields: (t) => ({
    name: t.string({ required: true }),
    legalForm: t.string(),
    siren: t.string(),
    siret: t.string(),
    vat: t.string(),
    address: t.field({ type: AddressInput }),
    email: t.string(),
    phone: t.string(),
  }),
})

const InvoiceInput = builder.inputType('InvoiceInput', {
  description: 'An invoice typed in; amounts are "470.15". A file says more: prefer an upload.',
  fields: (t) => ({
    number: t.string({ required: true }),
    issuedOn: t.field({ type: 'Date', required: true }),
    dueOn: t.field({ type: 'Date' }),
    currency: t.string({ required: true, defaultValue: 'EUR' }),
    total: t.string({ required: true, description: 'VAT included.' }),
    net: t.string(),
    tax: t.string(),
    prepaid: t.string(),
    orderReference: t.string(),
    buyerReference: t.string({ description: 'BT-10: of a public buyer, the code of its service.' }),
    contractReference: t.string(),
    paymentTerms: t.string(),
    description: t.string({ description: 'What was sold; needs `net`.' }),
    isCreditNote: t.boolean({ required: true, defaultValue: false }),
    precedingInvoice: t.string({ description: 'The invoice that a credit note reduces.' }),
    seller: t.field({ type: PartyInput, description: 'The creditor when absent.' }),
    buyer: t.field({ type: PartyInput, required: true }),
  }),
})
type TypedInvoice = typeof InvoiceInput.$inferInput
type TypedParty = typeof PartyInput.$inferInput

const DebtorInput = builder.inputType('DebtorInput', {
  description: 'What the invoice does not say of the debtor, or says wrongly.',
  fields: (t) => ({
    kind: t.field({ type: DebtorKind, required: true }),
    name: t.string(),
    civility: t.string(),
    address: t.field({ type: AddressInput }),
    email: t.string(),
    phone: t.string(),
  }),
})

builder.relayMutationField(
  'submitInvoice',
  {
    inputFields: (t) => ({
      creditorId: t.id({ description: 'A creditor submits for itself and may leave it out.' }),
      uploadIds: t.idList({ description: 'Files sent to requestUpload: Factur-X PDF, CII or UBL XML, JSON.' }),
      invoices: t.field({ type: [InvoiceInput], description: 'Or typed in.' }),
      debtor: t.field({ type: DebtorInput, required: true }),
      dueOn: t.field({ type: 'Date', description: 'Where the invoice has no due date of its own.' }),
      scenario: t.string({
        description:
          'When absent the debtor’s, else the mandate’s; else, where that is not for such a debtor, the standard one.',
      }),
      zone: t.string(),
      nature: t.string({
        description: 'What the claim is about, for its limitation (setClaimNature); the mandate’s when absent.',
      }),
      order: t.field({ type: PublicOrderInput, description: 'Of a public buyer: engagement, Chorus Pro deposit…' }),
      idempotencyKey: t.string({ required: true }),
    }),
  },
  {
    description:
      'One invoice is enough: it opens a case, or joins the open case of the same debtor (CPCE R124-3 and R124-2 first).',
    authScopes: { may: 'submitInvoice' },
    errors: {},
    resolve: (_root, { input }, ctx) =>
      once(ctx, 'submitInvoice', input, async (office, author) => {
        const creditorId = creditorOf(ctx, input.creditorId)
        if (input.scenario) loadScenario(input.scenario)
        const { debtor } = input
        const submission: Submission = {
          creditorId,
          invoices: [
            ...(await fromFiles(ctx, office, input.uploadIds ?? [])),
            ...(await typedIn(office.sql, creditorId, input.invoices ?? [])),
          ],
          debtor: {
            kind: debtor.kind,
            ...(debtor.name ? { name: debtor.name } : {}),
            ...(debtor.civility ? { civility: debtor.civility } : {}),
            ...(debtor.address ? { address: addressOf(debtor.address) } : {}),
            ...(debtor.email ? { email: debtor.email } : {}),
            ...(debtor.phone ? { phone: debtor.phone } : {}),
          },
          ...(input.dueOn ? { dueOn: input.dueOn } : {}),
          ...(input.scenario ? { scenario: input.scenario } : {}),
          ...(input.zone ? { zone: parseZone(input.zone) } : {}),
          ...(input.nature ? { nature: input.nature } : {}),
          ...(input.order ? { order: orderOf(input.order) } : {}),
        }
        const done = await submitInvoice(office.sql, office.random, ctx.day, submission, author)
        return { caseId: done.case.id, opened: done.opened, missing: done.missing, doubts: done.doubts }
      }),
  },
  {
    outputFields: (t) => ({
      case: t.field({ type: CaseType, resolve: ({ caseId }) => caseId }),
      opened: t.exposeBoolean('opened', { description: 'False when the invoice joined an open case.' }),
      missing: t.field({ type: [MissingType], resolve: ({ missing }) => missing as ReadInvoice['missing'] }),
      doubts: t.field({ type: [DoubtType], resolve: ({ doubts }) => doubts as Doubt[] }),
    }),
  },
)

const MissingType = builder.objectRef<ReadInvoice['missing'][number]>('MissingField').implement({
  description: 'What the invoice does not say and someone must find.',
  fields: (t) => ({
    field: t.exposeString('field'),
    message: t.exposeString('message'),
    remedy: t.string({ resolve: ({ remedy }, _args, { viewer }) => remedyFor(viewer, remedy) }),
  }),
})

async function fromFiles(ctx: Context, office: Office, uploadIds: string[]): Promise<Submission['invoices']> {
  const invoices: Submission['invoices'] = []
  for (const uploadId of uploadIds) {
    const { sha256, fileName } = await receivedUpload(ctx, office.sql, uploadId)
    invoices.push({ read: await readInvoice(await office.archive.get(sha256), { fileName }), original: sha256 })
  }
  return invoices
}

async function typedIn(sql: Sql, creditorId: string, invoices: TypedInvoice[]): Promise<Submission['invoices']> {
  if (invoices.length === 0) return []
  const [creditor] = await sql<{ name: string }[]>`select name from creditors where id = ${creditorId}`
  return invoices.map((invoice) => ({
    read: invoiceFromJson(invoiceJson(invoice, creditor?.name ?? '')),
    original: null,
  }))
}

/** The shape of schema/invoice.schema.json. */
function invoiceJson(invoice: TypedInvoice, seller: string): Record<string, unknown> {
  return {
    kind: invoice.isCreditNote ? 'credit_note' : 'invoice',
    number: invoice.number,
    issued_on: invoice.issuedOn.toString(),
    due_on: invoice.dueOn?.toString() ?? null,
    currency: invoice.currency,
    total: invoice.total,
    net: invoice.net ?? null,
    tax: invoice.tax ?? null,
    prepaid: invoice.prepaid ?? null,
    seller: invoice.seller ? partyJson(invoice.seller) : { name: seller },
    buyer: partyJson(invoice.buyer),
    order_reference: invoice.orderReference ?? null,
    buyer_reference: invoice.buyerReference ?? null,
    contract_reference: invoice.contractReference ?? null,
    payment_terms: invoice.paymentTerms ?? null,
    preceding_invoice: invoice.precedingInvoice ?? null,
    ...(invoice.description && invoice.net
      ? { lines: [{ description: invoice.description, amount: invoice.net }] }
      : {}),
  }
}

function partyJson({ name, legalForm, siren, siret, vat, address, email, phone }: TypedParty): Record<string, unknown> {
  return {
    name,
    legal_form: legalForm ?? null,
    siren: siren ?? null,
    siret: siret ?? null,
    vat: vat ?? null,
    address: address
      ? {
          lines: address.lines,
          postal_code: address.postalCode ?? null,
          city: address.city ?? null,
          country: address.country,
        }
      : null,
    contact: email || phone ? { email: email ?? null, phone: phone ?? null } : null,
  }
}
