import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import { readTable } from '../documents/invoices/table.ts'
import { openPortfolio } from '../scripts/demo/portfolio.ts'
import { invoice } from './house.ts'
import { useApi } from './api.ts'

const api = useApi()
let caseIds: string[] = []
let creditorId = ''
beforeAll(async () => {
  const opened = await openPortfolio(api.office, api.today, {
    count: 2,
    dueFrom: api.today.subtract({ days: 40 }),
    daysApart: 3,
  })
  caseIds = opened.map(({ caseId }) => caseId)
  creditorId = (await api.sql<{ id: string }[]>`select id from creditors`)[0]!.id
})

const act = async (name: string, input: object, fields: string) => {
  const type = `${name[0]!.toUpperCase()}${name.slice(1)}`
  const { body } = await api.ask(
    { role: 'legal' },
    `mutation ($input: ${type}Input!) { ${name}(input: $input) { ... on ${type}Payload { ${fields} } ... on Refusal { code message remedy } } }`,
    { input },
  )
  return body.data?.[name] ?? body
}
const address = { lines: ['1 rue du Port'], postalCode: '69002', city: 'Lyon' }
const codes = (doubts: { code: string }[]) => doubts.map(({ code }) => code)

describe('a creditor', () => {
  const created = (changes: object) =>
    act('createCreditor', { name: 'Scierie Bonnet', address, ...changes }, 'creditor { doubts { code message } }')

  test('whose SIREN, SIRET or IBAN cannot be is kept, and shows it', async () => {
    const sound = await created({ siret: '55208131766522', iban: 'FR14 2004 1010 0505 0001 3M02 606' })
    expect(sound.creditor.doubts).toEqual([])
    const wrong = await created({ siren: '552081318', iban: 'FR1420041010050500013M02607' })
    expect(codes(wrong.creditor.doubts)).toEqual(['siren_key', 'iban_key'])
    expect(codes((await created({ siret: '55208131766523' })).creditor.doubts)).toEqual(['siret_key'])
    expect(codes((await created({ siren: '732829320', siret: '55208131766522' })).creditor.doubts)).toEqual([
      'siren_mismatch',
    ])
  })

  test('whose name is fifty thousand characters long is refused, and so is one with a NUL', async () => {
    const long = await created({ name: 'x'.repeat(50_000) })
    expect(long).toMatchObject({ code: 'text_too_long', message: expect.stringContaining('« name » dépasse 300') })
    expect(await created({ address: { ...address, lines: ['y'.repeat(301)] } })).toMatchObject({
      code: 'text_too_long',
    })
    expect(await created({ name: 'Scierie\u0000Bonnet' })).toMatchObject({ code: 'bad_character' })
    expect(await api.sql`select 1 from creditors where length(name) > 300`).toHaveLength(0)
  })

  test('has no mandate signed on a day to come', async () => {
    const terms = { basis: 'a', guarantee: 'b', remuneration: 'c', payingOver: 'd' }
    const refused = await act('recordMandate', { creditorId, signedOn: '2026-10-01', ...terms }, 'creditor { name }')
    expect(refused).toMatchObject({ code: 'mandate_in_future' })
    expect(await api.sql`select 1 from mandates where ended_on is null`).toHaveLength(1)
  })
})

test('a payment dated before its invoice is an advance, counted and shown as a doubt', async () => {
  const [row] = await api.sql<{ on: string }[]>`
    select (issued_on - 1)::text as on from invoices where case_id = ${caseIds[0]!}`
  const input = {
    caseId: caseIds[0],
    receivedOn: row!.on,
    amount: { amount: '10.00' },
    means: 'virement',
    idempotencyKey: 'a',
  }
  const paid = await act(
    'recordPayment',
    input,
    'case { owed { imputations { toPrincipal { amount } } doubts { code message } } }',
  )
  expect(paid.case.owed.imputations).toEqual([{ toPrincipal: { amount: '10.00' } }])
  expect(codes(paid.case.owed.doubts)).toContain('payment_before_invoice')
})

test('a debtor that nobody looked up, or long ago, is a doubt of its case, and work before a formal notice', async () => {
  const doubts = async () => {
    const { body } = await api.ask(
      { role: 'legal' },
      'query ($id: ID!) { node(id: $id) { ... on Case { doubts { code message } } } }',
      {
        id: Buffer.from(`Case:${caseIds[1]}`).toString('base64'),
      },
    )
    return body.data.node.doubts
  }
  const work = async () => {
    const { body } = await api.ask(
      { role: 'research' },
      '{ workToday(kinds: [INSOLVENCY_TO_LOOK_UP]) { case { id } } }',
    )
    return body.data.workToday.length
  }
  expect(codes(await doubts())).toEqual(['insolvency_never_checked'])
  await api.sql`update steps set planned_on = ${api.today.add({ days: 2 })} where case_id = ${caseIds[1]!} and channel = 'lrar' and rank = (select min(rank) from steps where case_id = ${caseIds[1]!} and channel = 'lrar')`
  const before = await work()
  const check = (checkedOn: string) =>
    act('recordInsolvencyCheck', { caseId: caseIds[1], checkedOn, source: 'BODACC' }, 'case { number }')
  // Thirty days are allowed before a formal notice: from 30 August on is recent enough on 30 September, 31 days are not.
  await check('2026-08-30')
  const [old] = await doubts()
  expect(old).toMatchObject({ code: 'insolvency_check_old', message: expect.stringContaining('il y a 31 jours') })
  expect(await work()).toBe(before)
  await check('2026-09-25')
  expect(await doubts()).toEqual([])
  expect(await work()).toBe(before - 1)
})

test('a NUL in the number of an invoice is not dropped in silence', () => {
  const read = invoice({ number: 'FA\u000010', issued_on: '2026-05-11', due_on: '2026-06-10' })
  expect(read.number).toBe('FA10')
  expect(codes(read.doubts)).toContain('number_controls')
})

test('a cell of a table that goes on for ever is refused by its row', async () => {
  const table = new TextEncoder().encode(`Nom;Montant\nDupont;1,00\n${'x'.repeat(2_001)};2,00\n`)
  const reading = readTable(table)
  await expect(reading).rejects.toMatchObject({ code: 'text_too_long', facts: { row: 3 } })
})

test('« tick --until » a day that is past is refused', () => {
  const dir = mkdtempSync(join(tmpdir(), 'courtois-tick-'))
  const { DATABASE_URL: _url, ...env } = process.env
  const run = spawnSync(process.execPath, ['scripts/courtois.ts', 'tick', '--until', '2020-01-01'], {
    env: { ...env, DATA_DIR: dir },
    encoding: 'utf8',
  })
  rmSync(dir, { recursive: true, force: true })
  expect(run.status).toBe(1)
  expect(run.stderr).toContain('est passé')
})
