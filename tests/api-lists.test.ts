import { beforeAll, describe, expect, test } from 'vitest'
import { schema } from '../api/graphql/schema.ts'
import type { Viewer } from '../api/auth.ts'
import { copyCases } from '../scripts/bench/portfolio-rows.ts'
import { openAgency } from '../scripts/demo/people.ts'
import type { Sql } from '../schema/db.ts'
import { useApi } from './api.ts'
import { addInvoices, creditorOf, day, invoice } from './house.ts'

const api = useApi()
const creditors = { ours: '', other: '' }
const global = (type: string, id: string) => Buffer.from(`${type}:${id}`).toString('base64')

/** Five cases: two of one sum, two of one due date, two of another creditor. */
beforeAll(async () => {
  await openAgency(api.sql, day('2026-09-01'))
  creditors.ours = await creditorOf(api, day('2026-09-01'), { name: 'Papeterie Rhône-Alpes' })
  creditors.other = await creditorOf(api, day('2026-09-01'), { name: 'Scierie Martin' })
  for (const [on, creditorId, number, name, total, due_on] of [
    ['2026-09-02', creditors.ours, 'A-1', 'Garage du Pont', '500.00', '2026-08-31'],
    ['2026-09-02', creditors.ours, 'A-2', 'Hôtel des Voyageurs', '500.00', '2026-07-31'],
    ['2026-09-03', creditors.ours, 'A-3', 'Librairie Saint-Nizier', '90.00', '2026-08-31'],
    ['2026-09-04', creditors.other, 'B-1', 'Fleurs & Jardins', '2000.00', '2026-08-15'],
    ['2026-09-05', creditors.other, 'B-2', 'Garage Martin', '700.00', '2026-06-30'],
  ] as const) {
    const buyer = { name, address: { lines: ['3 rue de la Gare'], postal_code: '69003', city: 'Lyon', country: 'FR' } }
    const invoices = [invoice({ number, issued_on: '2026-06-01', due_on, total, buyer })]
    await addInvoices(api, { creditorId, on, invoices })
  }
})

const list = async (args: string, viewer: Partial<Viewer> = { role: 'amicable' }) => {
  const { body } = await api.ask(
    viewer,
    `{ cases${args && `(${args})`} { totalCount edges { cursor node { number nextOn balance { amount } anchorOn } } pageInfo { hasNextPage endCursor } } }`,
  )
  return body
}
const numbers = async (args: string, viewer?: Partial<Viewer>): Promise<string[]> => {
  const body = await list(args, viewer)
  expect(body.errors).toBeUndefined()
  return body.data.cases.edges.map(({ node }: { node: { number: string } }) => node.number.slice(-1))
}

const act = async (mutation: string) => {
  const { body } = await api.ask(
    { role: 'admin' },
    `mutation { act: ${mutation} { __typename ... on Refusal { message } } }`,
  )
  expect(body.data.act).toEqual({ __typename: expect.stringContaining('Payload') })
}

describe('a line of the list', () => {
  test('shows of its case what that case shows alone, whichever way it is asked', async () => {
    const line =
      'id number debtor { id name } invoices { number payable { amount } } totalDue { amount } timeBarred { amount } nextStep { key plannedOn }'
    const { body } = await api.ask(
      {},
      `{ cases { nodes { ...line } } } fragment line on Case { ... on Case { ${line} } }`,
    )
    const lines: { number: string; debtor: { name: string } }[] = body.data.cases.nodes
    expect(lines.map(({ debtor }) => debtor.name).slice(-2)).toEqual(['Hôtel des Voyageurs', 'Garage du Pont'])
    for (const each of lines) {
      const alone = await api.ask({}, `{ case(number: "${each.number}") { ${line} } }`)
      expect(alone.body.data.case).toEqual(each)
    }
  })
})

describe('an order', () => {
  test('puts the newest first, cases of one day by their numbers', async () => {
    expect(await numbers('')).toEqual(['5', '4', '3', '2', '1'])
    expect(await numbers('reverse: true')).toEqual(['1', '2', '3', '4', '5'])
  })

  test('puts the largest balance first, equal ones by their numbers', async () => {
    expect(await numbers('order: AMOUNT')).toEqual(['4', '5', '2', '1', '3'])
  })

  test('puts the longest overdue first', async () => {
    expect(await numbers('order: DAYS_LATE')).toEqual(['5', '2', '4', '1', '3'])
  })

  test('puts the nearest step first, by the day that nextStep shows', async () => {
    const { body } = await api.ask(
      {},
      '{ cases(order: NEXT_DATE) { edges { node { nextOn nextStep { plannedOn } } } } }',
    )
    const shown = body.data.cases.edges.map(
      ({ node }: { node: { nextOn: string; nextStep: { plannedOn: string } } }) => [
        node.nextOn,
        node.nextStep.plannedOn,
      ],
    ) as [string, string][]
    expect(shown.map(([kept]) => kept)).toEqual(shown.map(([, planned]) => planned))
    expect(shown.map(([kept]) => kept)).toEqual(shown.map(([kept]) => kept).toSorted())
  })

  test.each(['OPENED', 'NEXT_DATE', 'AMOUNT', 'DAYS_LATE'])(
    '%s is walked page by page, forth and back, without a case missed or seen twice',
    async (order) => {
      const whole = await numbers(`order: ${order}`)
      const forth: string[] = []
      let after = ''
      for (let i = 0; i < 5; i++) {
        const { data } = await list(`order: ${order}, first: 1${after}`)
        forth.push(data.cases.edges[0].node.number.slice(-1))
        after = `, after: "${data.cases.pageInfo.endCursor}"`
      }
      expect(forth).toEqual(whole)
      const { data } = await list(`order: ${order}`)
      const last = data.cases.edges.at(-1).cursor
      expect(await numbers(`order: ${order}, last: 2, before: "${last}"`)).toEqual(whole.slice(2, 4))
    },
  )

  test('refuses a cursor of another order, and one that is none', async () => {
    const { data } = await list('order: AMOUNT, first: 1')
    const codes = []
    for (const cursor of [
      data.cases.pageInfo.endCursor,
      'nonsense',
      ...['opened 2026-09-02 x', 'late 2026-13-45 2026-0001', 'late 2026-09-02 a\0'].map((text) =>
        Buffer.from(text).toString('base64url'),
      ),
    ])
      codes.push((await list(`order: DAYS_LATE, after: "${cursor}"`)).errors?.[0]?.extensions?.code)
    expect(codes).toEqual(Array(5).fill('bad_cursor'))
  })
})

describe('a filter', () => {
  test('keeps the cases of a creditor, of a debtor, of a state', async () => {
    expect(await numbers(`creditorId: "${global('Creditor', creditors.other)}"`)).toEqual(['5', '4'])
    const [found] = await api.sql<{ debtorId: string }[]>`select debtor_id from cases where number like '%3'`
    expect(await numbers(`debtorId: "${global('Debtor', found!.debtorId)}"`)).toEqual(['3'])
    expect(await numbers('state: HELD')).toEqual([])
    expect(await numbers('state: CLOSED')).toEqual([])
    expect(await numbers('state: OPEN')).toHaveLength(5)
  })

  test('keeps the sums and the days between two ends', async () => {
    expect(await numbers('amountFrom: "500.00", amountUntil: "700.00", order: AMOUNT')).toEqual(['5', '2', '1'])
    const { data } = await list('order: NEXT_DATE')
    const days = data.cases.edges.map(({ node }: { node: { nextOn: string } }) => node.nextOn) as string[]
    const [low, high] = [days[1]!, days[3]!]
    const between = days.filter((each) => each >= low && each <= high)
    expect(await numbers(`nextFrom: "${low}", nextUntil: "${high}"`)).toHaveLength(between.length)
  })

  test('of sums compares those of one currency, the euro where none is named', async () => {
    const [low] = await api.sql<{ id: string }[]>`
      update cases set currency = 'MGA' where number like '%3' returning id`
    expect(await numbers('order: AMOUNT')).toEqual(['4', '5', '2', '1'])
    expect(await numbers('order: AMOUNT, currency: "MGA"')).toEqual(['3'])
    expect(await numbers('amountUntil: "500.00"')).toEqual(['2', '1'])
    expect(await numbers('amountUntil: "500.00", currency: "MGA"')).toEqual(['3'])
    expect(await numbers('currency: "MGA"')).toEqual(['3'])
    expect(await numbers('')).toHaveLength(5)
    expect((await list('order: AMOUNT, currency: "XXX"')).errors?.[0]?.extensions).toMatchObject({
      code: expect.any(String),
      remedy: expect.any(String),
    })
    await api.sql`update cases set currency = 'EUR' where id = ${low!.id}`
  })

  test('finds by a number, an invoice, words of a debtor’s or a creditor’s name, without their accents', async () => {
    expect(await numbers('text: "2026-0004"')).toEqual(['4'])
    expect(await numbers('text: "a-3"')).toEqual(['3'])
    expect(await numbers('text: "hotel voy"')).toEqual(['2'])
    expect(await numbers('text: "garage"')).toEqual(['5', '1'])
    // Of the creditor and of a debtor.
    expect(await numbers('text: "martin"')).toEqual(['5', '4'])
    expect(await numbers('text: "personne"')).toEqual([])
  })

  test('keeps the cases on which a cell has work, for the cells alone', async () => {
    const [found] = await api.sql<{ id: string }[]>`select id from cases where number like '%1'`
    await act(`holdCase(input: { caseId: "${found!.id}", reason: "À revoir", reviewOn: "2026-09-30" })`)
    expect(await numbers('cell: AMICABLE, order: AMOUNT')).toEqual(['1'])
    await act(`releaseCase(input: { caseId: "${found!.id}", reason: "Revu" })`)
    const asCreditor = { role: 'creditor', name: 'C', creditorId: creditors.ours } as const
    expect((await list('cell: AMICABLE', asCreditor)).errors?.[0]?.extensions?.code).toBe('forbidden')
  })

  test('shows a creditor its own cases and nobody else’s, whatever it asks', async () => {
    const asCreditor = { role: 'creditor', name: 'C', creditorId: creditors.ours } as const
    for (const args of ['order: AMOUNT', 'order: DAYS_LATE', 'order: NEXT_DATE', ''])
      expect((await numbers(args, asCreditor)).toSorted()).toEqual(['1', '2', '3'])
    expect(await numbers('text: "martin"', asCreditor)).toEqual([])
    expect(await numbers('text: "B-1"', asCreditor)).toEqual([])
  })

  test('of sums or days is refused for closed cases, which have none', async () => {
    expect((await list('state: CLOSED, order: AMOUNT')).errors?.[0]?.extensions?.code).toBe('open_cases_only')
  })
})

describe('what a list is ordered by', () => {
  const balances = async () => {
    const rows = await api.sql<{ kept: bigint; next: unknown; found: bigint; planned: unknown }[]>`
      select c.balance as kept, c.next_on as next,
             (select coalesce(sum(i.payable), 0) from invoices i where i.case_id = c.id)::bigint
             - (select coalesce(sum(p.amount), 0) from payments p
                where p.case_id = c.id and not exists (select from payment_rejections r where r.payment_id = p.id))::bigint as found,
             (select s.planned_on from steps s where s.case_id = c.id and s.done_on is null and s.skipped_on is null order by s.rank limit 1) as planned
      from cases c order by c.number`
    for (const { kept, next, found, planned } of rows) expect([kept, next]).toEqual([found, planned])
    return rows.map(({ kept }) => kept)
  }

  test('follows payments, payments that come back, and steps that move', async () => {
    const [found] = await api.sql<{ id: string }[]>`select id from cases where number like '%5'`
    await act(
      `recordPayment(input: { caseId: "${found!.id}", receivedOn: "2026-09-20", amount: { amount: "650.00" }, means: "cheque", idempotencyKey: "p1" })`,
    )
    expect((await balances()).at(-1)).toBe(5000n)
    expect(await numbers('order: AMOUNT')).toEqual(['4', '2', '1', '3', '5'])
    const [paid] = await api.sql<{ id: string }[]>`select id from payments`
    await act(
      `rejectPayment(input: { paymentId: "${paid!.id}", rejectedOn: "2026-09-25", reason: "sans provision", idempotencyKey: "r1" })`,
    )
    expect((await balances()).at(-1)).toBe(70000n)
    await act(`holdCase(input: { caseId: "${found!.id}", reason: "Attente", reviewOn: "2026-10-10" })`)
    expect(await numbers('state: HELD')).toEqual(['5'])
    await act(`releaseCase(input: { caseId: "${found!.id}", reason: "Reprise" })`)
    await balances()
  })
})

describe('what is kept beside a case, when two write to it at once', () => {
  test('is of what both wrote, whichever ends first', async () => {
    const [found] = await api.sql<{ id: string; balance: bigint }[]>`
      select id, balance from cases where number like '%4'`
    const owed = (sql: Sql, number: string) => sql`
      insert into invoices (id, case_id, number, issued_on, due_on, total, payable, currency, source, recorded_on, recorded_by)
      values (gen_random_uuid(), ${found!.id}, ${number}, '2026-07-01', '2026-08-31', 100, 100, 'EUR', '{}', '2026-09-30', 'test')`
    let written = () => {}
    let end = () => {}
    const isWritten = new Promise<void>((resolve) => (written = resolve))
    const isOver = new Promise<void>((resolve) => (end = resolve))
    const first = api.sql.begin(async (sql) => {
      await owed(sql, 'W-1')
      written()
      await isOver
    })
    await isWritten
    const second = owed(api.sql, 'W-2').execute()
    for (let waits = false; !waits;) {
      const [row] = await api.sql<{ waits: boolean }[]>`
        select exists (select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock') as waits`
      waits = row!.waits
    }
    end()
    await first
    await second
    const [after] = await api.sql<{ balance: bigint }[]>`select balance from cases where id = ${found!.id}`
    expect(after!.balance).toBe(found!.balance + 200n)
    await api.sql`delete from invoices where number like 'W-%'`
    const [back] = await api.sql<{ balance: bigint }[]>`select balance from cases where id = ${found!.id}`
    expect(back!.balance).toBe(found!.balance)
  })
})

test('what a day took up late is told with its reason, to the cells alone', async () => {
  const [step] = await api.sql<{ id: string; plannedOn: Temporal.PlainDate }[]>`
    select s.id, s.planned_on from steps s join cases c on c.id = s.case_id
    where c.number like '%2' and s.done_on is null and s.skipped_on is null order by s.rank limit 1`
  const late = step!.plannedOn.add({ days: 4 })
  await api.sql`update steps set done_on = ${late} where id = ${step!.id}`
  const question = `{ catchUp(on: "${late.toString()}") { case { number } plannedOn doneOn daysLate why next } }`
  expect((await api.ask({ role: 'amicable' }, question)).body.data.catchUp).toMatchObject([
    {
      case: { number: '2026-0002' },
      plannedOn: step!.plannedOn.toString(),
      doneOn: late.toString(),
      daysLate: 4,
      why: null,
    },
  ])
  const asCreditor = { role: 'creditor', name: 'C', creditorId: creditors.ours } as const
  expect((await api.ask(asCreditor, question)).body.errors?.[0]?.extensions?.code).toBe('forbidden')
})

test('an invoice without what the house has of its creditor is not asked for it', async () => {
  const { body } = await api.ask(
    { role: 'amicable' },
    `mutation { submitInvoice(input: { creditorId: "${global('Creditor', creditors.ours)}", debtor: { kind: BUSINESS }, idempotencyKey: "s1",
       invoices: [{ number: "A-9", issuedOn: "2026-08-01", dueOn: "2026-08-31", total: "120.00", buyer: { name: "Atelier Kieffer" } }] }) {
       ... on SubmitInvoicePayload { missing { field } } ... on Refusal { message } } }`,
  )
  const asked = body.data.submitInvoice.missing.map(({ field }: { field: string }) => field)
  expect(asked).toEqual(expect.arrayContaining(['buyer.address', 'order_reference']))
  expect(asked.filter((field: string) => /^(iban|seller\.)/.test(field))).toEqual([])
})

test('every act that may be tried again takes a key, but those that make nothing leave and nothing due', () => {
  const without = Object.values(schema.getMutationType()!.getFields()).filter((field) => {
    const input = field.args[0]!.type.toString().replace('!', '')
    const type = schema.getType(input) as unknown as { getFields(): Record<string, unknown> }
    return !('idempotencyKey' in type.getFields())
  })
  expect(without.map(({ name }) => name).toSorted()).toEqual([
    'createCalendarFeed',
    'createConsentLink',
    'createEntryLink',
    'createWebhook',
    'endWebhook',
    'requestUpload',
    'resumeWebhook',
    'revokeCalendarFeed',
  ])
})

describe('among thousands of cases', () => {
  beforeAll(async () => {
    const [like] = await api.sql<{ id: string }[]>`select id from cases where number like '%1'`
    await copyCases(api.sql, { like: like!.id, from: 0, count: 4000, due: 0, today: api.today })
  }, 60_000)

  test.each([
    '',
    'reverse: true',
    'order: AMOUNT',
    'order: NEXT_DATE',
    'order: DAYS_LATE',
    'state: CLOSED',
    'state: HELD',
    'cell: RESEARCH',
    'cell: AMICABLE',
    'cell: LEGAL',
    'order: AMOUNT, amountUntil: "100.00"',
    'order: AMOUNT, currency: "MGA"',
    'order: NEXT_DATE, nextFrom: "2026-10-10"',
  ])('a page of cases(%s) reads no table from end to end', async (args) => {
    api.statements()
    const { body } = await api.ask({}, `{ cases(first: 20${args && `, ${args}`}) { edges { node { number } } } }`)
    expect(body.errors).toBeUndefined()
    const texts = api.statements().filter((text) => /^\s*select/.test(text))
    expect(texts.length).toBeGreaterThan(0)
    for (const text of texts) {
      const plan = await api.sql.unsafe(`explain (generic_plan) ${text}`).simple()
      expect(plan.map((row) => Object.values(row)[0]).join('\n')).not.toMatch(
        /Seq Scan on (cases|debtors|steps|invoices)/,
      )
    }
  })
})
