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
    const sound = await created({ siret: '73282932000074', iban: 'FR14 2004 1010 0505 0001 3M02 606' })
    expect(sound.creditor.doubts).toEqual([])
    const wrong = await created({ siren: '552081318', iban: 'FR1420041010050500013M02607' })
    expect(codes(wrong.creditor.doubts)).toEqual(['siren_key', 'iban_key'])
    expect(codes((await created({ siret: '55208131766523' })).creditor.doubts)).toEqual(['siret_key'])
    expect(codes((await created({ siren: '552081317', siret: '73282932000082' })).creditor.doubts)).toContain(
      'siren_mismatch',
    )
  })

  test('whose e-mail or BIC cannot be, or whose SIRET is another creditor’s too, shows it', async () => {
    expect(codes((await created({ email: 'compta@', bic: 'XX' })).creditor.doubts)).toEqual([
      'bic_format',
      'email_format',
    ])
    const [doubt] = (await created({ siret: '55208131766522', email: 'a@b.example', bic: 'PSSTFRPPLYO' })).creditor
      .doubts
    expect(doubt).toMatchObject({ code: 'same_siret', message: expect.stringContaining('Papeterie Rhône-Alpes') })
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
  expect(await act('recordPayment', input, 'case { number }')).toMatchObject({ code: 'payment_to_confirm' })
  const paid = await act(
    'recordPayment',
    { ...input, confirmed: true },
    'case { owed { imputations { toPrincipal { amount } } doubts { code message } } }',
  )
  expect(paid.case.owed.imputations).toEqual([{ toPrincipal: { amount: '10.00' } }])
  expect(codes(paid.case.owed.doubts)).toContain('payment_before_invoice')
})

describe('a question that cannot be read', () => {
  const pay = 'mutation ($input: RecordPaymentInput!) { recordPayment(input: $input) { __typename } }'
  const input = {
    caseId: 'x',
    receivedOn: '2026-08-20',
    amount: { amount: '1.00' },
    means: 'virement',
    idempotencyKey: 'q',
  }
  test.each<[string, string, object, string, RegExp]>([
    ['a word out of place', '{ me { ', {}, 'query_unreadable', /ne se lit pas/],
    ['an unknown field', '{ moi }', {}, 'unknown_field', /«\u00a0moi\u00a0»/],
    ['an unknown field of an input', pay, { input: { ...input, payeur: 'x' } }, 'unknown_field', /payeur/],
    ['a field that is missing', pay, { input: { ...input, means: undefined } }, 'value_missing', /means/],
    ['no value', pay, {}, 'value_missing', /input/],
    [
      'a day that is none',
      pay,
      { input: { ...input, receivedOn: '2026-02-30' } },
      'bad_date',
      /input\.receivedOn.*jour/,
    ],
    ['an unknown argument', '{ workToday(kinds: [PAY_OVER]) { on(x: "2026-02-30") } }', {}, 'unknown_field', /x/],
    ['another type', pay, { input: { ...input, confirmed: 'oui' } }, 'bad_value', /input\.confirmed.*Boolean/],
    ['a field without its fields', '{ creditors }', {}, 'selection_missing', /creditors/],
  ])('by %s is told in French, with a code and a remedy', async (_what, query, variables, code, message) => {
    const { body } = await api.ask({ role: 'legal' }, query, variables)
    const [fault] = body.errors!
    expect(fault).toMatchObject({ message: expect.stringMatching(message), extensions: { code } })
    expect(fault!.extensions!.remedy).toMatch(/\.$/)
    expect(fault!.message).not.toMatch(/Expected|Cannot|Unknown/)
  })
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

test('a payment of more than is owed is recorded once it is confirmed, and nothing of it before', async () => {
  const input = {
    caseId: caseIds[1],
    receivedOn: api.today.toString(),
    amount: { amount: '900000.00' },
    means: 'virement',
    idempotencyKey: 'b',
  }
  const refused = await act('recordPayment', input, 'left { amount }')
  expect(refused).toMatchObject({ code: 'payment_to_confirm', remedy: expect.stringContaining('confirmed: true') })
  expect(await api.sql`select 1 from payments where case_id = ${caseIds[1]!}`).toHaveLength(0)
  await act('recordPayment', { ...input, confirmed: true }, 'left { amount }')
  expect(await api.sql`select 1 from payments where case_id = ${caseIds[1]!}`).toHaveLength(1)
})
