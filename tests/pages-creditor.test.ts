import { beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { recordDispute } from '../procedures/cases/exchanges/disputes.ts'
import { queueFollowUp } from '../procedures/mail/follow-up-queue.ts'
import { issueInvoicingReview } from '../procedures/cases/intake/invoicing-reviews.ts'
import { recordPayment } from '../procedures/money/payments.ts'
import { drain } from '../procedures/jobs/work.ts'
import { useApi } from './api.ts'
import { addInvoices, creditorOf, day, fileOf, invoice, textOf } from './house.ts'
import { browser, noticed } from './pages.ts'

// What a creditor does in its space beside reading: answer a dispute, tell its customers, fetch its papers.
const api = useApi()
let letter: Awaited<ReturnType<typeof noticed>>
let number: string
let desk: ReturnType<typeof browser>
const one = async <T>(rows: PromiseLike<T[]>): Promise<T> => (await rows)[0]!

const sign = async (creditorId: string) => {
  const guest = browser(api)
  await guest.go(`/portail/entrer?jeton=${await api.token({ role: 'creditor', name: 'Inès Roche', creditorId })}`)
  return guest
}
beforeAll(async () => {
  letter = await noticed(api, { name: 'Garage <b>du</b> Pont' })
  ;({ number } = await one(api.sql<{ number: string }[]>`select number from cases where id = ${letter.caseId}`))
}, 120_000)
beforeEach(async () => {
  desk = await sign(letter.creditorId)
})

describe('a dispute', () => {
  const path = () => `/portail/dossiers/${number}/contestation`

  test('asks the creditor for its documents against a clock, from the first page on', async () => {
    expect((await desk.go(path())).status).toBe(404)
    const dispute = {
      caseId: letter.caseId,
      channel: 'téléphone',
      ground: 'Rien <i>reçu</i>.',
      contested: null,
      answerBy: day('2026-10-08'),
    }
    const id = await recordDispute(api.sql, api.office.random, api.today, dispute, 'phone:Essai')
    await queueFollowUp(api.sql, api.today, { dispute: id })
    await drain(api.office, api.url)
    expect((await desk.go('/portail')).text).toMatch(
      /conteste : votre réponse et vos pièces sont attendues avant le 3 octobre 2026 encore 3 jours/,
    )
    const page = await desk.go(path())
    expect(page.html).toContain('Rien &lt;i&gt;reçu&lt;/i&gt;.')
    expect((await desk.go(`/portail/dossiers/${number}`)).text).toContain('Votre réponse est attendue')
  })

  test('is answered once, with exhibits, and by nobody else', async () => {
    const other = await sign(await creditorOf(api, day('2026-07-02'), { name: 'Imprimerie Delmas' }))
    expect((await other.go(path())).status).toBe(404)
    const page = await desk.go(path())
    expect((await desk.submit(page, path(), { reponse: ' ' })).text).toContain('Il manque votre réponse')
    const file = new File([new Uint8Array([0x4d, 0x5a, 0x90, 0, 3, 0, 0, 0, 4])], 'bon.exe')
    expect((await desk.submit(page, path(), { reponse: 'Livré.', livraison: file })).status).toBe(422)
    expect((await fileOf(api, letter.caseId)).disputes[0]!.creditorAnsweredOn).toBeNull()
    const slip = new File(['Livré le 2 juillet, signé M. Pont.'], 'bon.txt', { type: 'text/plain' })
    const after = await desk.submit(page, path(), { reponse: 'Tout a été livré le 2 juillet.', livraison: slip })
    expect(after.text).toContain('Votre réponse : Tout a été livré le 2 juillet.')
    const kept =
      await api.sql`select kind, original_name from exhibits where case_id = ${letter.caseId} and added_by = 'creditor:Inès Roche'`
    expect(kept).toEqual([{ kind: 'bon-de-livraison', originalName: 'bon.txt' }])
    expect((await desk.go(path())).status).toBe(404)
    expect((await desk.go('/portail')).text).not.toContain('votre réponse et vos pièces')
  })
})

describe('the notice to customers', () => {
  test('goes once to those whose invoices are not due, and to those that were chosen', async () => {
    const open = (name: string, due_on: string) => {
      const buyer = { name, address: { lines: ['1 rue du Lac'], postal_code: '69003', city: 'Lyon', country: 'FR' } }
      const invoices = [invoice({ number: `A-${name}`, issued_on: '2026-09-20', due_on, buyer })]
      return addInvoices(api, { creditorId: letter.creditorId, on: '2026-09-25', invoices })
    }
    const told = await open('Boulangerie Aubry', '2026-10-31')
    const left = await open('Fleurs Vidal', '2026-10-31')
    const late = await open('Café Bellecour', '2026-09-28')
    const page = await desk.go('/portail/annonce')
    expect(page.text).toContain('Boulangerie Aubry')
    expect(page.text).not.toContain('Café Bellecour')
    const sent = await desk.submit(page, '/portail/annonce', { client: told })
    expect(sent.text).toContain('1 annonce part.')
    await desk.submit(page, '/portail/annonce', { client: late })
    await drain(api.office, api.url)
    await desk.submit(page, '/portail/annonce', { client: told })
    await drain(api.office, api.url)
    const rows = await api.sql<
      { caseId: string }[]
    >`select case_id from documents where letter = 'facture-annonce-delegation-gestion'`
    expect(rows.map(({ caseId }) => caseId)).toEqual([told])
    expect((await desk.go('/portail/annonce')).text).toMatch(/Déjà avertis Boulangerie Aubry, le 30 septembre 2026/)
    expect(left).not.toBe(told)
  })
})

describe('the papers', () => {
  test('are found in one place: receipts, fees, certificates, and who speaks for each side', async () => {
    const empty = await desk.go('/portail/documents')
    for (const none of ['Aucun relevé', 'Aucun certificat', 'Inès Roche, 04 78 00 00 62'])
      expect(empty.text).toContain(none)
    const payment = {
      caseId: letter.caseId,
      invoiceId: null,
      receivedOn: api.today,
      amount: 20_000n,
      means: 'virement',
      reference: null,
      receivedBy: 'agency' as const,
      encashedOn: api.today,
    }
    await api.sql`update mandates set receives_funds = true`
    await recordPayment(api.office, api.today, payment, 'test')
    const page = await desk.go('/portail/documents')
    const [, path] = /href="(\/portail\/courriers\/[^"]+)"/.exec(page.html)!
    expect((await desk.go(path!)).headers.get('content-type')).toBe('application/pdf')
    const other = await sign(await creditorOf(api, day('2026-07-02'), { name: 'Tout Autre' }))
    expect((await other.go('/portail/documents')).html).not.toContain(path!)
    expect((await other.go(path!)).status).toBe(404)
  })

  test('a letter with a coupon comes without its code, and says so; what was sent stays what it was', async () => {
    const path = `/portail/courriers/${letter.id}`
    const bytesOf = async (url: string, headers: Record<string, string>) =>
      new Uint8Array(await (await api.app.request(url, { headers })).arrayBuffer())
    const cookie = [...desk.cookies].map(([name, value]) => `${name}=${value}`).join('; ')
    const copy = await bytesOf(path, { cookie })
    const said = (await textOf(copy)).replaceAll(/\s/g, '')
    expect(said).not.toContain(letter.coupon)
    expect(said).toContain('Copie:lecodederéponse,remisauseuldébiteur,yestmasqué.')
    const { sha256 } = await one(api.sql<{ sha256: string }[]>`select sha256 from documents where id = ${letter.id}`)
    const of = async (role: 'creditor' | 'amicable') => ({
      authorization: `Bearer ${await api.token(role === 'creditor' ? { role, name: 'x', creditorId: letter.creditorId } : { role })}`,
    })
    expect(await bytesOf(`/documents/${letter.id}`, await of('creditor'))).toEqual(copy)
    const sent = await bytesOf(`/documents/${letter.id}`, await of('amicable'))
    expect((await textOf(sent)).replaceAll(/\s/g, '')).toContain(letter.coupon)
    expect(await api.office.archive.put(sent)).toBe(sha256)
    const [hidden] = await api.sql<{ found: boolean }[]>`
      select exists (select from documents d where row_to_json(d)::text like ${`%${letter.coupon}%`}) as found`
    expect(hidden).toEqual({ found: false })
  })

  test('the totals of the first page follow what happens', async () => {
    const page = await desk.go('/portail')
    expect(page.text).toMatch(/200,00 € recouvrés/)
    expect(page.text).toContain('septembre 2026 91 jours')
    const again = {
      caseId: letter.caseId,
      invoiceId: null,
      receivedOn: api.today,
      amount: 5_000n,
      means: 'virement',
      reference: null,
      receivedBy: 'creditor' as const,
    }
    await recordPayment(api.office, api.today, again, 'test')
    expect((await desk.go('/portail')).text).toMatch(/250,00 € recouvrés/)
  })
})

test('the review of the invoicing is read month by month, with its letters', async () => {
  await issueInvoicingReview(
    api.office,
    day('2026-08-01'),
    { creditorId: letter.creditorId, month: day('2026-07-01') },
    'test',
  )
  const page = await desk.go('/portail/revue?mois=2026-07')
  expect(page.text).toContain('taux des pénalités de retard')
  expect(page.text).toContain('Lettres de conseil juillet 2026')
  expect((await desk.go('/portail/revue?mois=2027-99')).text).toContain('Factures confiées en')
  const query = '{ invoicingReview(month: "2026-07-15") { examined complete lacks { mention article invoices } } }'
  const { body } = await api.ask({ role: 'creditor', creditorId: letter.creditorId }, query)
  expect(body.data.invoicingReview).toMatchObject({ examined: 1, complete: 0 })
  expect(body.data.invoicingReview.lacks[0].article).toMatch(/^C\. com\. L441-9|^CGI|^C\. com\. R123/)
})

test('an invoice to an administration is confided with its order and what was sold', async () => {
  const drop = await desk.go('/portail/factures')
  const json = JSON.stringify({
    number: 'P-1',
    issued_on: '2026-07-01',
    due_on: '2026-07-31',
    currency: 'EUR',
    total: '900.00',
    seller: { name: 'Papeterie Rhône-Alpes', siren: '552081317' },
    buyer: {
      name: 'Commune de Brindas',
      address: { lines: ['1 place du Village'], postal_code: '69126', city: 'Brindas', country: 'FR' },
    },
  })
  const read = await desk.submit(drop, '/portail/factures', { facture: new File([json], 'f.json') })
  const typed = {
    type: 'public',
    engagement: 'EJ-445',
    service: 'SVC-12',
    depot: 'CPP-9',
    depose: '02/07/2026',
    nature: 'vente',
  }
  await desk.submit(read, read.path, typed)
  const kept = await one(api.sql<{ publicOrder: object; claimNature: string }[]>`
    select c.public_order, c.claim_nature from cases c join debtors d on d.id = c.debtor_id where d.name = 'Commune de Brindas'`)
  expect(kept).toMatchObject({
    publicOrder: { numero: 'EJ-445', codeService: 'SVC-12', depot: 'CPP-9', dateDepot: '2026-07-02' },
    claimNature: 'vente',
  })
})
