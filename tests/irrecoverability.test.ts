import { describe, expect, test } from 'vitest'
import { closeCase } from '../procedures/cases/cases.ts'
import { certifyIrrecoverable } from '../procedures/money/irrecoverability.ts'
import { owedOn } from '../procedures/money/ledger.ts'
import { agreeInstalments } from '../procedures/cases/exchanges/promises.ts'
import { amount } from '../schema/money.ts'
import { pay, promise } from './debtor.ts'
import { day, fileOf, invoice, liveUntil, openCase, textOf, useHouse } from './house.ts'

const house = useHouse()
const bill = (changes = {}) =>
  invoice({
    number: 'FA-10',
    issued_on: '2026-04-30',
    due_on: '2026-06-01',
    total: '1200.00',
    net: '1000.00',
    tax: '200.00',
    ...changes,
  })
const opened = async (changes = {}) => {
  const caseId = await openCase(house, { on: '2026-06-02', invoices: [bill(changes)] })
  await liveUntil(house, '2026-06-02', '2026-06-10')
  return caseId
}
const close = (caseId: string) =>
  closeCase(house.sql, day('2026-06-30'), { caseId, reason: 'débiteur disparu' }, 'test')
const certify = (caseId: string, more: object = {}) =>
  certifyIrrecoverable(
    house.office,
    day('2026-07-01'),
    {
      caseId,
      reason: 'débiteur disparu sans adresse',
      exhibits: ['procès-verbal de recherches infructueuses'],
      ...more,
    },
    'legal',
  )

describe('a certificate of irrecoverability', () => {
  test('names the invoices, their VAT, what was done and why, and is kept once with its reason', async () => {
    const caseId = await opened()
    await pay(house, caseId, '2026-06-12', '200.00')
    await close(caseId)
    const done = await certify(caseId)
    expect(amount(done.unpaid)).toBe(amount(owedOn(await fileOf(house, caseId), day('2026-07-01')).principal))
    expect((await fileOf(house, caseId)).documents.at(-1)).toMatchObject({
      letter: 'cloture-certificat-irrecouvrabilite',
      recipient: 'creancier',
      channel: 'lettre',
    })
    const text = await textOf(await house.office.archive.get(done.sha256))
    for (const words of [
      '1 000,00 € hors taxes',
      '200,00 € de TVA',
      'débiteur disparu sans adresse.',
      'procès-verbal de recherches infructueuses',
      '200,00 €',
      'article 272',
    ])
      expect(text).toContain(words)
    await expect(certify(caseId)).rejects.toMatchObject({ code: 'already_certified' })
    await expect(house.sql`update irrecoverabilities set reason = 'autre'`).rejects.toMatchObject({ code: 'CT002' })
    expect(
      await house.sql`select 1 from events where case_id = ${caseId} and kind = 'irrecoverability_certified'`,
    ).toHaveLength(1)
  })

  test('is refused while a step is to come, and says which', async () => {
    const caseId = await opened()
    await expect(certify(caseId)).rejects.toMatchObject({
      code: 'still_live',
      article: 'CGI 272-1',
      message: expect.stringMatching(/étape « .+ » prévue le/),
    })
    expect(await house.sql`select 1 from irrecoverabilities`).toHaveLength(0)
  })

  test('is refused while a promise, a plan or a dispute may still bring a payment', async () => {
    const caseId = await opened()
    await house.sql`update steps set skipped_on = '2026-06-15', skipped_why = 'essai' where done_on is null`
    await promise(house, caseId, '2026-06-20', '2026-07-05', { amount: 1_000n, author: 'gérant' })
    await agreeInstalments(
      house.sql,
      house.office.random,
      day('2026-06-20'),
      { caseId, means: 'virement', instalments: [{ dueOn: day('2026-08-01'), amount: 1_000n }] },
      'test',
    )
    await expect(certify(caseId)).rejects.toMatchObject({
      facts: { live: ['un échéancier en cours', expect.stringContaining('une promesse pour le 5')] },
    })
    await close(caseId)
    await expect(certify(caseId)).resolves.toMatchObject({ reason: 'débiteur disparu sans adresse' })
  })

  test('is refused without a reason, without anything unpaid, and where the VAT is not known', async () => {
    const caseId = await opened({ net: undefined, tax: undefined })
    await close(caseId)
    await expect(certify(caseId, { reason: ' . ' })).rejects.toMatchObject({ code: 'reason_missing' })
    await expect(certify(caseId)).rejects.toMatchObject({ code: 'vat_unknown', facts: { invoices: ['FA-10'] } })
    await expect(certify(caseId, { vat: { net: 100_000n, tax: 20_000n } })).resolves.toMatchObject({ unpaid: 120_000n })
    const paid = await openCase(house, { on: '2026-06-02', invoices: [bill({ number: 'FA-11' })] })
    await pay(house, paid, '2026-06-02', '1300.00')
    await close(paid)
    await expect(certify(paid)).rejects.toMatchObject({ code: 'nothing_unpaid' })
  })
})
