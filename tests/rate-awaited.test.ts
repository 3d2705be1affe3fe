import { beforeAll, describe, expect, test } from 'vitest'
import { claimableOn } from '../procedures/money/claimable.ts'
import { recordPayment, rejectPayment } from '../procedures/money/payments.ts'
import { payableOn } from '../procedures/money/ledger.ts'
import { lawEntries } from '../procedures/law/values.ts'
import { dayFr } from '../schema/days.ts'
import { amountFr } from '../schema/money.ts'
import { useApi } from './api.ts'
import { addInvoices, fileOf, invoice } from './house.ts'
import { browser, noticed } from './pages.ts'

// The first days of a semester whose rate nobody entered yet, whichever that is on file.
const last = lawEntries('taux-bce').at(-1)!.to!
const today = last.add({ days: 5 })
const api = useApi({ today: today.toString() })
let letter: Awaited<ReturnType<typeof noticed>>
let number: string
const plain = (text: string): string => text.replaceAll(/[\u00a0\u202f]/g, ' ').replaceAll('’', "'")
const sumOn = async () => plain(amountFr(payableOn(await fileOf(api, letter.caseId), last).total, 'EUR'))

beforeAll(async () => {
  letter = await noticed(api)
  const [found] = await api.sql<{ number: string }[]>`select number from cases where id = ${letter.caseId}`
  number = found!.number
}, 120_000)

describe('while the rate of the day is awaited', () => {
  test('the creditor reads its cases as they stood on the last day that can be counted, and is told so', async () => {
    const desk = browser(api)
    const token = await api.token({ role: 'creditor', name: 'Inès Roche', creditorId: letter.creditorId })
    await desk.go(`/portail/entrer?jeton=${token}`)
    for (const path of ['/portail', '/portail/dossiers', `/portail/dossiers/${number}`]) {
      const { status, text } = await desk.go(path)
      expect([path, status]).toEqual([path, 200])
      expect(text).toContain(await sumOn())
      expect(text).toContain(plain(`Les intérêts sont comptés jusqu’au ${dayFr(last)}`))
    }
  })

  test('the debtor may still answer its letter, on the same sum', async () => {
    const guest = browser(api)
    const page = await guest.submit(await guest.go(`/r/${letter.coupon}`), '/r', { code: letter.coupon, cp: '69003' })
    expect(page.status).toBe(200)
    expect(page.text).toContain(plain(`Total dû au ${dayFr(last)} ${await sumOn()}`))
  })

  test('who answers the telephone finds the case, and is told to name no sum', async () => {
    const staff = browser(api)
    await staff.go(`/bureau/entrer?jeton=${await api.token({ role: 'amicable', name: 'Nour Benali' })}`)
    const { status, text } = await staff.go('/bureau?q=garage')
    expect(status).toBe(200)
    expect(text).toContain("n'annoncez pas de somme")
    expect(text).not.toContain('Que dire')
  })

  test('the account itself stops with the name of what is missing', async () => {
    const { body } = await api.ask(
      { role: 'legal' },
      `{ case(number: "${number}") { balance { amount } totalDue { amount } } }`,
    )
    expect(body).toMatchObject({
      data: { case: { balance: { amount: '1000.00' }, totalDue: null } },
      errors: [{ extensions: { code: 'no_legal_value', facts: { id: 'taux-bce' } } }],
    })
  })

  test('what is paid meanwhile is taken off at once', async () => {
    const before = payableOn(await fileOf(api, letter.caseId), last).total
    await recordPayment(
      api.office,
      today,
      {
        caseId: letter.caseId,
        receivedOn: today,
        amount: 30_000n,
        means: 'virement',
        reference: null,
        receivedBy: 'creditor',
      },
      'test',
    )
    const guest = browser(api)
    const page = await guest.submit(await guest.go(`/r/${letter.coupon}`), '/r', { code: letter.coupon, cp: '69003' })
    expect(page.text).toContain(plain(`Réglé depuis, à déduire ${amountFr(30_000n, 'EUR')}`))
    expect(page.text).toContain(plain(`Total dû au ${dayFr(last)} ${amountFr(before - 30_000n, 'EUR')}`))
  })

  test('a cheque that came back since has paid nothing, and an invoice that fell due since is asked for', async () => {
    const { caseId, creditorId } = letter
    const toRecover = async () => claimableOn(await fileOf(api, caseId), today).toRecover
    const before = await toRecover()
    const cheque = { caseId, receivedOn: last.subtract({ days: 3 }), amount: 20_000n, means: 'chèque', reference: null }
    const { id } = await recordPayment(api.office, today, { ...cheque, receivedBy: 'creditor' }, 'test')
    expect(await toRecover()).toBeLessThan(before)
    const returned = { paymentId: id, rejectedOn: today, reason: 'Sans provision' }
    expect(await rejectPayment(api.office, today, returned, 'test')).toEqual({ caseId, left: null })
    expect(await toRecover()).toBe(before)

    const issued = { issued_on: last.subtract({ days: 20 }).toString(), due_on: last.add({ days: 2 }).toString() }
    const due = invoice({ number: 'F-9', ...issued, total: '500.00' })
    expect(await addInvoices(api, { creditorId, on: today.toString(), invoices: [due] })).toBe(caseId)
    expect(await toRecover()).toBe(before + 50_000n)
  })
})
