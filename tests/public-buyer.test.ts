import { describe, expect, test } from 'vitest'
import { submitInvoice } from '../procedures/cases/intake/submissions.ts'
import { owedOn } from '../procedures/money/ledger.ts'
import { recordPublicOrder } from '../procedures/cases/public-buyers/public-orders.ts'
import { publicDue, type PublicOrder } from '../procedures/cases/public-buyers/public-term.ts'
import { requestConsent } from '../procedures/judicial/consents/consent-requests.ts'
import { type InvoiceJson, readInvoice } from '../documents/invoices/einvoice.ts'
import { examine } from '../procedures/doctor/doctor.ts'
import { openAgency } from '../scripts/demo/people.ts'
import { suspension } from '../procedures/amicable/suspension.ts'
import {
  creditorOf,
  day,
  done,
  fileOf,
  invoice,
  liveHolds,
  liveUntil,
  planned,
  textOf,
  toDebtor,
  useHouse,
} from './house.ts'

const house = useHouse()

const town: InvoiceJson['buyer'] = {
  name: 'Commune de Vaulx-en-Velin',
  siret: '21690256700013',
  siren: '216902567',
  address: { lines: ['Place de la Nation'], postal_code: '69120', city: 'Vaulx-en-Velin', country: 'FR' },
}

// Issued on Monday 11 May 2026: thirty days end on Wednesday 10 June, interest runs from Thursday 11 June, the 31st day.
async function open(
  changes: Partial<Parameters<typeof invoice>[0]> = {},
  more: { order?: PublicOrder; scenario?: string } = {},
) {
  const on = day('2026-05-12')
  await openAgency(house.sql, on)
  const creditorId = await creditorOf(house, on, { scenario: more.scenario ?? 'standard' })
  const read = invoice({
    number: 'F-1',
    issued_on: '2026-05-11',
    buyer: town,
    order_reference: '2026-3307',
    ...changes,
  })
  const submission = {
    creditorId,
    invoices: [{ read, original: null }],
    debtor: { kind: 'public' as const },
    ...(more.order ? { order: more.order } : {}),
  }
  return submitInvoice(house.sql, house.office.random, on, submission, 'test')
}

describe('the time to pay of a public buyer', () => {
  const issued = { issuedOn: day('2026-05-11'), dueOn: null }
  test.each([
    ['is thirty days from the issue while no deposit is known', {}, '2026-06-10'],
    ['starts on the day of the deposit', { dateDepot: '2026-05-15' }, '2026-06-14'],
    ['is fifty days for a hospital', { acheteur: 'sante' }, '2026-06-30'],
    ['is sixty days for a public undertaking', { acheteur: 'entreprise-publique' }, '2026-07-10'],
    ['is the contract’s where it is shorter', { delaiJours: 20 }, '2026-05-31'],
  ] as const)('%s', (_what, order, due) => {
    expect(publicDue(issued, order).dueOn.toString()).toBe(due)
  })

  test('is not shortened by an invoice « payable comptant », and never ends before a later date that it gives', () => {
    expect(publicDue({ ...issued, dueOn: day('2026-05-11') }, null).dueOn.toString()).toBe('2026-06-10')
    expect(publicDue({ ...issued, dueOn: day('2026-06-30') }, null).dueOn.toString()).toBe('2026-06-30')
  })

  test('replaces a due date that is missing, and says so', async () => {
    const { case: opened, doubts } = await open()
    expect(opened.anchorOn.toString()).toBe('2026-06-10')
    expect(doubts).toContainEqual(
      expect.objectContaining({ code: 'public_term', message: expect.stringContaining('10\u00a0juin\u00a02026') }),
    )
  })
})

test('interest runs from the 31st day at the rate of the ECB plus eight, with the 40 €', async () => {
  const { case: opened } = await open()
  const file = await fileOf(house, opened.id)
  expect(owedOn(file, day('2026-06-10'))).toMatchObject({ interest: 0n, indemnity: 0n })
  const later = owedOn(file, day('2026-07-10'))
  // 2.15 + 8 = 10.15 % of 1,000.00 € over 30 days: 1000 × 30 × 10.15 / 36500 = 8.34, at one rate for the whole delay.
  expect(later).toMatchObject({ interest: 834n, indemnity: 4000n, total: 104_834n })
  expect(later.segments).toMatchObject([{ days: 30, percent: 10_150_000n }])
})

describe('the order of a public buyer', () => {
  test('is read in the invoice: BT-13, BT-10 and BT-12', async () => {
    const ubl = `<Invoice xmlns="urn:oasis:names:specification:ubl:schema:xsd:Invoice-2"
      xmlns:cbc="urn:oasis:names:specification:ubl:schema:xsd:CommonBasicComponents-2"
      xmlns:cac="urn:oasis:names:specification:ubl:schema:xsd:CommonAggregateComponents-2">
      <cbc:ID>F-9</cbc:ID><cbc:IssueDate>2026-05-11</cbc:IssueDate><cbc:InvoiceTypeCode>380</cbc:InvoiceTypeCode>
      <cbc:DocumentCurrencyCode>EUR</cbc:DocumentCurrencyCode><cbc:BuyerReference>SERV-12</cbc:BuyerReference>
      <cac:OrderReference><cbc:ID>2026-3307</cbc:ID></cac:OrderReference>
      <cac:ContractDocumentReference><cbc:ID>M-2026-04</cbc:ID></cac:ContractDocumentReference>
      <cac:AccountingSupplierParty><cac:Party><cac:PartyName><cbc:Name>Papeterie Rhône-Alpes</cbc:Name></cac:PartyName></cac:Party></cac:AccountingSupplierParty>
      <cac:AccountingCustomerParty><cac:Party><cac:PartyName><cbc:Name>Commune de Vaulx-en-Velin</cbc:Name></cac:PartyName></cac:Party></cac:AccountingCustomerParty>
      <cac:LegalMonetaryTotal><cbc:TaxInclusiveAmount currencyID="EUR">100.00</cbc:TaxInclusiveAmount>
      <cbc:PayableAmount currencyID="EUR">100.00</cbc:PayableAmount></cac:LegalMonetaryTotal></Invoice>`
    const read = await readInvoice(new TextEncoder().encode(ubl))
    expect(read).toMatchObject({
      orderReference: '2026-3307',
      buyerReference: 'SERV-12',
      contractReference: 'M-2026-04',
    })
    const { case: opened } = await open({ buyer_reference: 'SERV-12', contract_reference: 'M-2026-04' })
    expect((await fileOf(house, opened.id)).case.publicOrder).toEqual({
      numero: '2026-3307',
      codeService: 'SERV-12',
      marche: 'M-2026-04',
    })
  })

  test('stops the letters by name while nobody gives it, and lets them go on once it is recorded', async () => {
    const { case: opened } = await open({ order_reference: null })
    await liveUntil(house, '2026-05-12', '2026-06-03')
    const held = await fileOf(house, opened.id)
    expect(toDebtor(held)).toEqual([])
    expect(liveHolds(held)).toEqual([
      expect.objectContaining({ cause: 'decision', reason: expect.stringContaining('engagementPublic') }),
    ])
    await recordPublicOrder(
      house.sql,
      day('2026-06-03'),
      { caseId: opened.id, order: { numero: '2026-3307', depot: 'CPP-556677', dateDepot: '2026-05-12' } },
      'test',
    )
    await liveUntil(house, '2026-06-04', '2026-06-25')
    const file = await fileOf(house, opened.id)
    expect(done(file).map((line) => line.split(' ')[0])).toContain('cordiale')
    const letter = toDebtor(file).find((document) => document.stepKey === 'cordiale')!
    const text = await textOf(await house.office.archive.get(letter.sha256))
    for (const words of ['2026-3307', 'CPP-556677', '12 mai 2026']) expect(text).toContain(words)
  })

  test('moves J, the limitation and the steps with the due date that a later deposit gives', async () => {
    const { case: opened } = await open({ due_on: '2026-06-10' })
    expect(opened.limitationOn.toString()).toBe('2030-06-10')
    const before = planned(await fileOf(house, opened.id))
    await recordPublicOrder(
      house.sql,
      day('2026-05-25'),
      { caseId: opened.id, order: { dateDepot: '2026-05-21' } },
      'test',
    )
    const file = await fileOf(house, opened.id)
    expect(file.case.anchorOn.toString()).toBe('2026-06-20')
    expect(file.case.limitationOn.toString()).toBe('2030-06-20')
    expect(planned(file)).not.toEqual(before)
  })

  test('known once letters have left stops them until the day it gives, and says which', async () => {
    const { case: opened } = await open({ due_on: '2026-06-10' })
    await liveUntil(house, '2026-05-12', '2026-06-18')
    expect(toDebtor(await fileOf(house, opened.id)).length).toBeGreaterThan(0)
    const order = { dateDepot: '2026-06-15' }
    await recordPublicOrder(house.sql, day('2026-06-18'), { caseId: opened.id, order }, 'test')
    expect(suspension(await fileOf(house, opened.id), day('2026-06-20'))).toMatchObject({
      cause: 'decision',
      reason: expect.stringContaining('F-1'),
      reviewOn: day('2026-07-16'),
    })
  })

  test('is refused for a debtor who is none, for a day to come and for a term the law does not know', async () => {
    const { case: opened } = await open()
    const record = (order: PublicOrder) =>
      recordPublicOrder(house.sql, day('2026-06-01'), { caseId: opened.id, order }, 'test')
    await expect(record({ dateDepot: '2026-06-02' })).rejects.toMatchObject({ code: 'day_in_future' })
    await expect(record({ delaiJours: 90 })).rejects.toMatchObject({ code: 'bad_public_term' })
    await house.sql`update debtors set kind = 'business'`
    await expect(record({ numero: '1' })).rejects.toMatchObject({ code: 'not_a_public_buyer' })
  })
})

test('the scenario of public buyers is lived from the reminder to the last notice, each letter in the words of their law', async () => {
  const order = { depot: 'CPP-556677', dateDepot: '2026-05-12' }
  const { case: opened } = await open({ due_on: '2026-06-10' }, { order, scenario: 'acheteur-public' })
  await liveUntil(house, '2026-05-12', '2026-10-10')
  const file = await fileOf(house, opened.id)
  // Deposited on 12 May: thirty days end on Thursday 11 June.
  expect(done(file)).toEqual([
    'rappel 2026-06-03',
    'cordiale 2026-06-19',
    'appel 2026-07-01',
    'interets 2026-07-09',
    'demeure.prevenir 2026-07-22',
    'demeure 2026-07-27',
    'dernier-avis 2026-08-20',
  ])
  expect(toDebtor(file).map(({ letter }) => letter)).toEqual([
    'avant-echeance-service-fait',
    'relance-cordiale-public',
    'rgpd-notice-information',
    'relance-ferme-public-interets',
    'mise-en-demeure-public',
    'dernier-avis-public',
  ])
  const texts = await Promise.all(
    toDebtor(file).map(async ({ sha256 }) => textOf(await house.office.archive.get(sha256))),
  )
  for (const text of texts) expect(text).not.toMatch(/L\.?\s?441-10/)
  expect(texts.at(-1)).toContain('2026-3307')
  const [hold] = liveHolds(file)
  expect(hold).toMatchObject({ cause: 'decision', reason: expect.stringContaining('tribunal administratif') })
  expect(await examine(house.office, day('2026-10-10'))).toEqual([])
})

test('the standard scenario of a public buyer ends before a person who is told the ways, never in a payment order', async () => {
  const { case: opened } = await open({}, { order: { depot: 'CPP-556677', dateDepot: '2026-05-12' } })
  await liveUntil(house, '2026-05-12', '2026-09-15')
  const file = await fileOf(house, opened.id)
  expect(done(file).at(-1)).toContain('dernier-avis')
  const [hold] = liveHolds(file)
  expect(hold).toMatchObject({ cause: 'decision' })
  for (const words of ['tribunal administratif', 'mandatement d’office', 'ne sont pas ouvertes'])
    expect(hold!.reason).toContain(words)
  expect(await house.sql`select 1 from consent_requests`).toEqual([])
  const request = {
    file: { ...file, holds: [] },
    procedure: 'injonction-de-payer',
    ceiling: 25_000n,
    expiresOn: day('2026-10-15'),
    author: 'test',
  }
  await expect(requestConsent(house.office, house.sql, day('2026-09-15'), request)).rejects.toMatchObject({
    code: 'closed_to_public_debtor',
  })
})
