import { execFile } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { describe, expect, test } from 'vitest'
import { loadPicture } from '../procedures/amicable/load-picture.ts'
import { type PortfolioCase, readPortfolio } from '../procedures/amicable/portfolio.ts'
import { loadScenario } from '../procedures/amicable/scenario.ts'
import { simulate, type Simulation } from '../procedures/amicable/simulate.ts'
import { chooseScenario } from '../procedures/amicable/choose.ts'
import { setApprovalRule } from '../procedures/amicable/approvals.ts'
import { recordContactPreference } from '../procedures/cases/exchanges/contact-preferences.ts'
import type { CaseFile, Step } from '../procedures/cases/file/file.ts'
import { placeHold } from '../procedures/cases/holds.ts'
import { addInvoices, creditorOf, day, fileOf, invoice, liveUntil, openCase, useHouse } from './house.ts'

const courtois = fileURLToPath(new URL('../scripts/courtois.ts', import.meta.url))
const run = promisify(execFile)
const on = '2026-06-27'

// Four cases at four moments: not due yet, at its call, before its notice, on hold.
let ids: string[] = []
const house = useHouse(async (made) => {
  const first = await openCase(made, {
    on: '2026-06-01',
    invoices: [invoice({ number: 'F-1', issued_on: '2026-05-11', due_on: '2026-06-10' })],
  })
  const creditorId = await creditorOf(made, day('2026-06-01'), { name: 'Autre créancier' })
  const more = async (name: string, due: string, kind: 'business' | 'consumer') =>
    addInvoices(made, {
      creditorId,
      on: '2026-06-01',
      kind,
      invoices: [
        invoice({
          number: name,
          issued_on: '2026-05-11',
          due_on: due,
          buyer: {
            name,
            address: { lines: ['1 rue X'], postal_code: '69003', city: 'Lyon', country: 'FR' },
            contact: { email: 'x@client.example', phone: '04 00 00 00 10' },
          },
        }),
      ],
    })
  ids = [
    first,
    await more('Deux', '2026-07-20', 'business'),
    await more('Trois', '2026-06-04', 'consumer'),
    await more('Quatre', '2026-06-04', 'business'),
  ]
  await liveUntil(made, '2026-06-01', on)
  await placeHold(
    made.sql,
    made.office.random,
    day(on),
    { caseId: ids[3]!, cause: 'decision', reason: 'À revoir', reviewOn: day('2026-07-20') },
    'test',
  )
})

const fly = (scenario: string, days = 90): Promise<Simulation> =>
  simulate(readPortfolio(house.sql, day(on)), loadScenario(scenario), day(on), days)
/** « 2026-07-04 lrar » for each approach, from the simulation and from what really happened. */
const flown = (simulation: Simulation, side: 'simulated' | 'today') =>
  simulation.byDay
    .flatMap(({ day: at, [side]: load }) =>
      (['lettre', 'lrar', 'email', 'appel', 'visite', 'action'] as const).flatMap((channel) =>
        Array.from({ length: load[channel] }, () => `${at} ${channel}`),
      ),
    )
    .toSorted()
const channelOf = ({ documents }: CaseFile, { id, channel }: Step) =>
  channel === 'lettre'
    ? documents.find(({ stepId, attachedTo }) => stepId === id && attachedTo === null)!.channel
    : channel
const lived = async () => {
  const files = await Promise.all(ids.map((id) => fileOf(house, id)))
  return files
    .flatMap((file) =>
      file.steps.flatMap((step) =>
        step.doneOn && Temporal.PlainDate.compare(step.doneOn, day(on)) > 0
          ? [`${step.doneOn} ${channelOf(file, step)}`]
          : [],
      ),
    )
    .toSorted()
}

describe('a flight', () => {
  test('counts a case whose claim is barred already, though it is held for that', async () => {
    const before = await fly('standard')
    await house.sql`update cases set limitation_on = '2026-06-01' where id = ${ids[3]!}`
    await house.sql`update holds set cause = 'prescription' where case_id = ${ids[3]!}`
    const after = await fly('standard')
    expect(after.deadlines.late).toHaveLength(before.deadlines.late.length + 1)
    expect(after.deadlines.today.missed).toBe(before.deadlines.today.missed + 1)
  })

  test('is what then really happens, day by day, when nobody pays or answers', async () => {
    const simulation = await fly('standard', 60)
    expect(simulation.texts).toEqual([])
    await liveUntil(house, '2026-06-28', '2026-08-25')
    expect(await lived()).toEqual(flown(simulation, 'today'))
    expect(await lived()).toEqual(flown(simulation, 'simulated'))
    expect((await lived()).length).toBeGreaterThan(15)
  }, 120_000)

  test('is what happens to debtors who chose how to be reached, and under a creditor that wants to see what leaves', async () => {
    const wish = (caseId: string, channel: 'appel' | 'email', how: 'refuse' | 'prefere') =>
      recordContactPreference(
        house.sql,
        house.office.random,
        day(on),
        { caseId, channel, wish: how, reason: 'Dit au téléphone.' },
        'test',
      )
    await wish(ids[0]!, 'appel', 'refuse')
    await wish(ids[1]!, 'email', 'prefere')
    const { creditorId } = (await fileOf(house, ids[1]!)).case
    const asked = { approver: 'creditor', waitDays: 2, otherwise: 'envoyer' } as const
    const rule = { ...asked, stepKeys: ['cordiale', 'appel', 'demeure'] }
    await setApprovalRule(house.sql, house.office.random, day(on), creditorId, rule, 'test')
    const without = await fly('standard', 60)
    await liveUntil(house, '2026-06-28', '2026-08-25')
    expect(await lived()).toEqual(flown(without, 'today'))
    expect((await fileOf(house, ids[0]!)).steps.find(({ key }) => key === 'dernier-appel')).toMatchObject({
      skippedWhy: expect.stringContaining('refuse'),
    })
  }, 120_000)

  test('of another scenario is what happens once every case has it', async () => {
    const simulation = await fly('abonnement', 45)
    for (const caseId of ids)
      await chooseScenario(
        house.sql,
        house.office.random,
        day(on),
        { caseId, scenario: 'abonnement', reason: 'essai' },
        'test',
      )
    await house.sql`update invoices set original = null`
    await liveUntil(house, '2026-06-28', '2026-07-20')
    const until = '2026-07-18'
    expect((await lived()).filter((act) => act.slice(0, 10) < until)).toEqual(
      flown(simulation, 'simulated').filter((act) => act.slice(0, 10) < until),
    )
  }, 120_000)

  test('writes nothing and sends nothing', async () => {
    const state = () =>
      house.sql`select (select count(*) from events) as events, (select count(*) from documents) as documents, (select sum(rank) from steps) as ranks, (select count(*) from graphile_worker.jobs) as jobs`
    const before = await state()
    await fly('abonnement')
    expect(await state()).toEqual(before)
  })

  test('counts what it costs by the list of the house, and what would change', async () => {
    const { totals, texts, cases, byDay } = await fly('abonnement')
    expect(cases).toEqual({ open: 4, moved: 4, unsuited: 0, waiting: 0, unread: 0 })
    expect(byDay).toHaveLength(90)
    const { simulated } = totals
    expect(simulated.cost).toBe(
      BigInt(
        simulated.lettre * 190 +
          simulated.lrar * 850 +
          simulated.email * 2 +
          simulated.appel * 350 +
          simulated.visite * 4500 +
          simulated.action * 600,
      ),
    )
    expect(totals.today.visite).toBe(0)
    expect(simulated.visite).toBe(4)
    expect(texts).toContainEqual({ letter: 'visite-ordre-de-mission', simulated: 4, today: 0, cases: 4 })
    expect(texts).toContainEqual({ letter: 'dernier-avis-pro', simulated: 0, today: 3, cases: 3 })
  })

  test('names each text by the cases that would have it or lose it, though as many gain it as lose it', async () => {
    const { etapes, ...standard } = loadScenario('standard')
    const swapped = { professionnel: 'dernier-avis-particulier', consommateur: 'dernier-avis-pro' }
    const scenario = {
      ...standard,
      id: 'essai',
      etapes: etapes.map((step) => (step.id === 'dernier-avis' ? { ...step, lettre: swapped } : step)),
    }
    const { texts } = await simulate(readPortfolio(house.sql, day(on)), scenario, day(on), 90)
    expect(texts).toEqual([
      { letter: 'dernier-avis-particulier', simulated: 3, today: 1, cases: 4 },
      { letter: 'dernier-avis-pro', simulated: 1, today: 3, cases: 4 },
    ])
  })

  test('leaves to their own scenario the cases that it does not suit, and names what would wait for nothing', async () => {
    const simulation = await fly('acheteur-public', 200)
    expect(simulation.cases).toMatchObject({ moved: 0, unsuited: 4 })
    expect(simulation.totals.simulated).toEqual(simulation.totals.today)
    // The creditor that never answers leaves its case with nothing, thirty days after the request.
    expect(simulation.orphans).toMatchObject({ count: 4, today: 4 })
    expect(simulation.orphans.first[0]).toMatchObject({ why: expect.stringContaining('créancier') })
  })

  test('sees prescription coming', async () => {
    await house.sql`update cases set limitation_on = '2026-07-10'`
    const { deadlines } = await fly('standard')
    expect(deadlines).toMatchObject({ met: 0, missed: 4 })
    expect(deadlines.late).toHaveLength(4)
  })

  test('of one creditor sees its own cases', async () => {
    const [row] = await house.sql<{ creditorId: string }[]>`select creditor_id from cases where id = ${ids[0]!}`
    const { cases } = await simulate(
      readPortfolio(house.sql, day(on), row!.creditorId),
      loadScenario('standard'),
      day(on),
      30,
    )
    expect(cases.open).toBe(1)
  })

  test('is refused for no day at all and for more than two years', async () => {
    await expect(fly('standard', 0)).rejects.toMatchObject({ code: 'bad_horizon' })
    await expect(fly('standard', 731)).rejects.toMatchObject({ code: 'bad_horizon' })
  })

  test('draws the load of each day', async () => {
    const picture = loadPicture(await fly('abonnement'))
    expect(picture.match(/<rect /g)!.length).toBeGreaterThan(10)
    expect(picture).toContain('recommandés')
    expect(picture).not.toMatch(/NaN|undefined|Infinity/)
  })

  test('takes ten times as long for ten times the cases, and no more', async () => {
    const four: PortfolioCase[] = []
    for await (const page of readPortfolio(house.sql, day(on))) four.push(...page)
    const many = (count: number) => [Array.from({ length: count }, (_, i) => ({ ...four[i % 4]!, number: String(i) }))]
    const time = async (count: number) => {
      const portfolio = many(count)
      const start = performance.now()
      await simulate(portfolio, loadScenario('abonnement'), day(on), 90)
      return performance.now() - start
    }
    await time(300)
    const [small, large] = [await time(600), await time(6000)]
    expect(large / small).toBeLessThan(25)
  })
})

test('courtois simulate and courtois doctor answer on the command line', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'courtois-simulate-'))
  const env = { ...process.env, DATABASE_URL: house.url, DATA_DIR: dirname(house.dir), NODE_ENV: 'development' }
  const ask = (...args: string[]) =>
    run(process.execPath, [courtois, ...args], { env }).then(
      ({ stdout }) => ({ code: 0, stdout }),
      (error: { code: number; stdout: string; stderr: string }) => ({
        code: error.code,
        stdout: error.stdout + error.stderr,
      }),
    )
  try {
    const svg = join(dir, 'charge.svg')
    const answer = await ask(
      'simulate',
      '--scenario',
      'abonnement',
      '--days',
      '30',
      '--from',
      // Whatever day this runs on, it is to come: the command flies no day that is past.
      '2099-01-05',
      '--svg',
      svg,
      '--json',
    )
    const simulation = JSON.parse(answer.stdout) as {
      byDay: { simulated: { cost: string } }[]
      totals: { simulated: { visite: number; cost: string } }
    }
    expect(simulation.byDay).toHaveLength(30)
    expect(simulation.totals.simulated.cost).toMatch(/^\d+\.\d\d$/)
    expect(readFileSync(svg, 'utf8')).toContain('<svg')
    const file = join(dir, 'mien.yaml')
    writeFileSync(
      file,
      readFileSync(new URL('../procedures/amicable/standard.yaml', import.meta.url), 'utf8').replace(
        'jour: J+16',
        'jour: J+3',
      ),
    )
    expect(await ask('simulate', '--scenario', file, '--days', '30')).toMatchObject({
      code: 1,
      stdout: expect.stringContaining('appel'),
    })
    expect((await ask('simulate', '--days', '30')).code).toBe(2)
    expect(await ask('doctor', '--day', on)).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('Rien à redire'),
    })
    await house.sql`update graphile_worker._private_jobs set attempts = max_attempts`
    await house.sql`update steps set skipped_on = ${day(on)}, skipped_why = 'x' where case_id = ${ids[0]!} and done_on is null and skipped_on is null`
    const sick = await ask('doctor', '--day', on, '--json')
    expect(sick.code).toBe(1)
    expect(JSON.parse(sick.stdout)).toMatchObject([
      { code: 'orphan', message: expect.any(String), remedy: expect.any(String) },
    ])
  } finally {
    rmSync(dir, { recursive: true, force: true })
  }
}, 60_000)
