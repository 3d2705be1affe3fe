import { beforeAll, describe, expect, test } from 'vitest'
import type { Viewer } from '../api/auth.ts'
import { openAgency } from '../scripts/demo/people.ts'
import { useApi } from './api.ts'
import { addInvoices, creditorOf, day, invoice } from './house.ts'

// What was answered is kept for as long as no transaction of the whole server begins or ends.
const api = useApi({ alone: true })
const creditors = { ours: '', other: '' }

beforeAll(async () => {
  await openAgency(api.sql, day('2026-09-01'))
  creditors.ours = await creditorOf(api, day('2026-09-01'), { name: 'Papeterie Rhône-Alpes' })
  creditors.other = await creditorOf(api, day('2026-09-01'), { name: 'Scierie Martin' })
  for (const [creditorId, number, name] of [
    [creditors.ours, 'A-1', 'Garage du Pont'],
    [creditors.other, 'B-1', 'Fleurs & Jardins'],
  ] as const) {
    const buyer = { name, address: { lines: ['3 rue de la Gare'], postal_code: '69003', city: 'Lyon', country: 'FR' } }
    const invoices = [invoice({ number, issued_on: '2026-06-01', due_on: '2026-08-31', total: '500.00', buyer })]
    await addInvoices(api, { creditorId, on: '2026-09-02', invoices })
  }
})

describe('a list asked again and again', () => {
  const question = '{ cases { edges { node { number totalDue { amount } } } } }'
  const ask = async (viewer: Partial<Viewer> = {}) => {
    api.statements()
    const { body } = await api.ask(viewer, question)
    return { text: JSON.stringify(body), statements: api.statements().length }
  }

  test('is answered by one statement while nothing is written, and anew once something is', async () => {
    const [first, second, third] = [await ask(), await ask(), await ask()]
    expect([second.text, third.text]).toEqual([first.text, first.text])
    expect([first.statements > 1, third.statements]).toEqual([true, 1])
    const [found] = await api.sql<{ id: string }[]>`select id from cases where number like '%2'`
    await api.sql`update invoices set original = original where false`
    expect((await ask()).statements).toBe(1)
    await api.sql`insert into events (case_id, on_day, kind, author) values (${found!.id}, '2026-09-30', 'note', 'test')`
    const anew = await ask()
    expect(anew.statements).toBeGreaterThan(1)
    expect((await ask()).statements).toBe(1)
  })

  test('is kept for whoever asked, and for no other', async () => {
    const asOurs = { role: 'creditor', name: 'C', creditorId: creditors.ours } as const
    const asOther = { role: 'creditor', name: 'C', creditorId: creditors.other } as const
    for (let i = 0; i < 3; i++) {
      expect((await ask(asOurs)).text).not.toContain('2026-0002')
      expect((await ask(asOther)).text).not.toContain('2026-0001')
    }
  })

  test('shows what another transaction has just committed, however late it does', async () => {
    for (let i = 0; i < 3; i++) await ask()
    let commit = () => {}
    const asked = new Promise<void>((resolve) => (commit = resolve))
    const before = await ask()
    const writing = api.sql.begin(async (sql) => {
      await sql`update debtors set name = 'Garage du Port' where name = 'Garage du Pont'`
      await asked
    })
    const names = '{ cases { edges { node { debtor { name } } } } }'
    for (let i = 0; i < 3; i++) expect(JSON.stringify(await api.ask({}, names))).toContain('Garage du Pont')
    commit()
    await writing
    expect(JSON.stringify(await api.ask({}, names))).toContain('Garage du Port')
    expect((await ask()).text).toBe(before.text)
  })
})
