import { describe, expect, test } from 'vitest'
import type { InvoiceJson } from '../documents/invoices/einvoice.ts'
import { averageDays, type Examined, reviewInvoicing } from '../procedures/cases/intake/invoicing-review.ts'
import { issueInvoicingReview } from '../procedures/cases/intake/invoicing-reviews.ts'
import { openAgency } from '../scripts/demo/people.ts'
import { addInvoices, creditorOf, day, fileOf, invoice, liveOn, textOf, useHouse } from './house.ts'

type Changes = Omit<Partial<InvoiceJson>, 'due_on'> & { due_on?: string }

const whole: Changes = {
  net: '1000.00',
  tax: '200.00',
  total: '1200.00',
  delivered_on: '2026-09-01',
  order_reference: 'C-77',
  notes: [
    'Pénalités de retard au taux de 12,15 %. Indemnité forfaitaire pour frais de recouvrement : 40 €. Pas d’escompte pour paiement anticipé.',
    'Réserve de propriété jusqu’au complet paiement.',
  ],
  lines: [{ description: 'Ramettes', quantity: '10', unit_price: '100.00', amount: '1000.00', vat_rate: '20' }],
  vat: [{ rate: '20', basis: '1000.00', tax: '200.00', category: 'S' }],
  seller: {
    name: 'Papeterie Rhône-Alpes',
    siren: '552081317',
    vat: 'FR55552081317',
    address: { lines: ['40 cours Gambetta'], postal_code: '69007', city: 'Lyon', country: 'FR' },
  },
  buyer: {
    name: 'Garage du Pont',
    siren: '732829320',
    address: { lines: ['3 rue de la Gare'], postal_code: '69003', city: 'Lyon', country: 'FR' },
  },
}

const examined = (changes: Changes = {}, more: Partial<Examined> = {}): Examined => {
  const read = invoice({ number: 'F-1', issued_on: '2026-09-02', due_on: '2026-10-02', ...whole, ...changes })
  return { client: read.buyer.name, debtor: 'business', zone: 'metropole', dueOn: read.dueOn!, read, ...more }
}
const lacking = (one: Examined): string[] => reviewInvoicing([one]).lacks.map(({ mention }) => mention)

describe('the mentions of an invoice', () => {
  test('are all there, and nothing is said of it', () => {
    const review = reviewInvoicing([examined()])
    expect(review).toMatchObject({ examined: 1, complete: 1, lacks: [], unread: [], guarantees: [], doubts: [] })
  })

  test('are missed one by one', () => {
    const { siren: _siren, ...buyer } = whole.buyer!
    const { vat: _vat, ...seller } = whole.seller!
    expect(lacking(examined({ buyer }))).toEqual(['siren-client'])
    expect(lacking(examined({ seller }))).toEqual(['tva-vendeur'])
    expect(lacking(examined({ seller, notes: [...whole.notes!, 'TVA non applicable, art. 293 B du CGI'] }))).toEqual([])
    expect(lacking(examined({ delivered_on: null }))).toEqual(['date-operation'])
    expect(lacking(examined({ vat: [] }))).toEqual(['tva-par-taux'])
    expect(lacking(examined({ notes: ['Pas d’escompte'] }))).toEqual(['penalites', 'indemnite'])
    expect(lacking(examined({ notes: [], payment_terms: whole.notes![0]! }))).toEqual([])
    expect(lacking(examined({ lines: [{ description: 'Ramettes', amount: '1000.00' }] }))).toEqual(['detail'])
  })

  test('are those of the law of the day of the invoice, with its article', () => {
    const { siren: _siren, ...buyer } = whole.buyer!
    // The client's number came with electronic invoicing, on 1 September 2026.
    const before = { issued_on: '2026-08-31', due_on: '2026-09-30', delivered_on: '2026-08-31' }
    expect(lacking(examined({ ...before, buyer }))).toEqual([])
    const since = reviewInvoicing([examined({ buyer })])
    expect(since.doubts.map(({ message }) => message).join()).toContain('1er septembre 2027')
    const article = (issued_on: string, due_on: string) =>
      reviewInvoicing([examined({ issued_on, due_on, delivered_on: issued_on, notes: [] })]).lacks.find(
        ({ mention }) => mention === 'penalites',
      )!.article
    expect(article('2019-09-30', '2019-10-30')).toBe('C. com. L441-3')
    expect(article('2019-10-01', '2019-10-31')).toBe('C. com. L441-9')
  })

  test('are judged neither on a file without lines, nor for a consumer, nor under another law', () => {
    const review = reviewInvoicing([
      examined({ number: 'F-1', lines: [] }),
      examined({ number: 'F-2', notes: [] }, { debtor: 'consumer' }),
      examined({ number: 'F-3', notes: [] }, { zone: 'madagascar' }),
    ])
    expect(review).toMatchObject({ examined: 3, complete: 0, lacks: [], unread: ['F-1'], notJudged: ['F-2', 'F-3'] })
    expect(review.terms.map(({ number }) => number)).toEqual(['F-1'])
  })

  test('of a public buyer are its own', () => {
    const bare = examined({ notes: [], order_reference: null }, { debtor: 'public' })
    expect(lacking(bare)).toEqual(['engagement'])
    expect(
      lacking(examined({ notes: [], order_reference: null, buyer_reference: 'SVC-12' }, { debtor: 'public' })),
    ).toEqual([])
  })
})

describe('the days', () => {
  test('from delivery to invoice run to the end of the month of the delivery', () => {
    const spans = (delivered_on: string, issued_on: string) =>
      reviewInvoicing([examined({ delivered_on, issued_on, due_on: issued_on })]).toInvoice.map(
        ({ days, limitOn }) => `${days} ${limitOn}`,
      )
    expect(spans('2026-09-02', '2026-09-30')).toEqual(['28 null'])
    expect(spans('2026-09-30', '2026-10-01')).toEqual(['1 2026-09-30'])
    // Invoiced before delivery: nothing was waited for.
    expect(spans('2026-09-12', '2026-09-02')).toEqual([])
  })

  test('to pay may be sixty, or forty-five end of month if the contract says so, and no more', () => {
    const judged = (due_on: string) => {
      const { terms, toStipulate } = reviewInvoicing([examined({ issued_on: '2026-09-02', due_on })])
      return [terms[0]!.limitOn?.toString() ?? null, toStipulate.length]
    }
    expect(judged('2026-11-01')).toEqual([null, 0])
    expect(judged('2026-11-02')).toEqual([null, 1])
    // 2 September: end of month then 45 days is 14 November; 45 days then end of month is 31 October.
    expect(judged('2026-11-14')).toEqual([null, 1])
    expect(judged('2026-11-15')).toEqual(['2026-11-14', 0])
  })

  test('are averaged to whole days, and nothing has no average', () => {
    const span = (days: number) => ({ number: 'F', client: 'C', days, limitOn: null })
    expect(averageDays([span(10), span(11)])).toBe(11)
    expect(averageDays([])).toBeNull()
  })
})

test('the guarantees advised are those that the invoices show to be missing', () => {
  const { guarantees } = reviewInvoicing([
    examined({ number: 'F-1', notes: [], order_reference: null }),
    examined({ number: 'F-2' }),
  ])
  expect(guarantees.map(({ measure }) => measure.split(' ').slice(0, 4).join(' '))).toEqual([
    'Faire signer une commande',
    'Si vous livrez des',
    'Demander à Garage du',
  ])
  expect(guarantees[0]!.why).toBe('Une facture sur 2 ne cite ni commande ni contrat.')
})

describe('the monthly letter', () => {
  const house = useHouse(async (prepared) => {
    await openAgency(prepared.sql, day('2026-09-01'))
  })
  const opened = async (terms: Parameters<typeof creditorOf>[2]) => {
    const creditorId = await creditorOf(house, day('2026-09-01'), { sendsInvoices: true, ...terms })
    const late = invoice({ number: 'F-9', issued_on: '2026-09-10', due_on: '2026-12-31', delivered_on: '2026-08-20' })
    const caseId = await addInvoices(house, { creditorId, on: '2026-09-10', invoices: [late] })
    return { creditorId, caseId }
  }
  const reviews = (creditorId: string) => house.sql<{ month: string; examined: number; written: boolean }[]>`
    select month::text, examined, document_id is not null as written from invoicing_reviews where creditor_id = ${creditorId} order by month`

  test('leaves once a month, by itself, for a creditor whose agreement foresees it', async () => {
    const { creditorId, caseId } = await opened({ reviewsInvoicing: true })
    await liveOn(house, '2026-09-30')
    expect(await reviews(creditorId)).toEqual([])
    await liveOn(house, '2026-10-01')
    await liveOn(house, '2026-10-02')
    expect(await reviews(creditorId)).toEqual([{ month: '2026-09-01', examined: 1, written: true }])
    const [letter] = (await fileOf(house, caseId)).documents.filter(
      ({ letter: id }) => id === 'creancier-audit-facturation',
    )
    const text = await textOf(await house.office.archive.get(letter!.sha256))
    expect(text).toContain('confiées en septembre 2026')
    expect(text).toContain('taux des pénalités de retard C. com. L441-9')
    expect(text).toContain('vingt et un jours après, au lieu du 31 août 2026 au plus tard')
    expect(text).toContain('alors que le plafond tombait le 14 novembre 2026')
    expect(text).not.toContain('Aucune cause')
  })

  test('makes up for months that an outage took, and keeps a month without invoices as seen', async () => {
    const { creditorId } = await opened({ reviewsInvoicing: true })
    await liveOn(house, '2026-12-05')
    expect(await reviews(creditorId)).toEqual([
      { month: '2026-09-01', examined: 1, written: true },
      { month: '2026-10-01', examined: 0, written: false },
      { month: '2026-11-01', examined: 0, written: false },
    ])
  })

  test('begins with the month in which the agreement was recorded, however long ago it was signed', async () => {
    const { creditorId } = await opened({ reviewsInvoicing: true, signedOn: day('2024-03-01') })
    await liveOn(house, '2026-09-30')
    expect(await reviews(creditorId)).toEqual([])
    await liveOn(house, '2026-11-02')
    expect((await reviews(creditorId)).map(({ month }) => month)).toEqual(['2026-09-01', '2026-10-01'])
  })

  test('keeps no new case of its creditor waiting while it is made', async () => {
    const { creditorId, caseId } = await opened({})
    const input = { creditorId, month: day('2026-09-01') }
    const other = invoice({
      number: 'F-10',
      issued_on: '2026-09-12',
      due_on: '2026-12-31',
      buyer: {
        name: 'Scierie Blanc',
        address: { lines: ['2 rue Haute'], postal_code: '69003', city: 'Lyon', country: 'FR' },
      },
    })
    let made!: ReturnType<typeof issueInvoicingReview>
    await house.sql.begin(async (held) => {
      await held`select 1 from cases where id = ${caseId} for update`
      made = issueInvoicingReview(house.office, day('2026-10-01'), input, 'test')
      const waiting = () => house.sql`
        select 1 from pg_stat_activity where datname = current_database() and cardinality(pg_blocking_pids(pid)) > 0`
      await expect.poll(waiting, { timeout: 20_000 }).toHaveLength(1)
      await addInvoices(house, { creditorId, on: '2026-10-01', invoices: [other] })
    })
    expect(await made).toMatchObject({ examined: 1, documentId: expect.any(String) })
  })

  test('is not written for others, nor before the month is over, nor twice', async () => {
    const { creditorId } = await opened({})
    await liveOn(house, '2026-10-01')
    expect(await reviews(creditorId)).toEqual([])
    const issue = (on: string) =>
      issueInvoicingReview(house.office, day(on), { creditorId, month: day('2026-09-15') }, 'test')
    await expect(issue('2026-09-30')).rejects.toMatchObject({ code: 'month_not_over' })
    await issue('2026-10-01')
    await expect(issue('2026-10-02')).rejects.toMatchObject({ code: 'review_already_made' })
  })
})
