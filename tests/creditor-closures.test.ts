import { beforeAll, describe, expect, test } from 'vitest'
import { setApprovalRule } from '../procedures/amicable/approvals.ts'
import { readPortfolio } from '../procedures/amicable/portfolio.ts'
import { loadScenario } from '../procedures/amicable/scenario.ts'
import { simulate } from '../procedures/amicable/simulate.ts'
import { closureWait, recordCreditorClosure, withdrawCreditorClosure } from '../procedures/cases/creditor-closures.ts'
import { agreeInstalments } from '../procedures/cases/exchanges/promises.ts'
import { examine } from '../procedures/doctor/doctor.ts'
import { openAgency } from '../scripts/demo/people.ts'
import { useApi } from './api.ts'
import {
  addInvoices,
  creditorOf,
  day,
  done,
  fileOf,
  invoice,
  liveOn,
  liveUntil,
  openCase,
  planned,
  toDebtor,
  useHouse,
} from './house.ts'
import { browser, formsOf } from './pages.ts'

const house = useHouse()
/** Due on Tuesday 21 July 2026: J+8 is the 29th, J+16 Thursday 6 August, J+24 Friday the 14th. */
const bill = (due = '2026-07-21') => invoice({ number: 'F-1', issued_on: '2026-06-20', due_on: due })
const open = (due?: string) => openCase(house, { on: '2026-07-02', invoices: [bill(due)] })
const creditorIdOf = async (caseId: string) => (await fileOf(house, caseId)).creditor.id
/** The three weeks of August, recorded on 15 July. */
const close = async (caseId: string, from = '2026-08-01', until = '2026-08-21') =>
  recordCreditorClosure(
    house.sql,
    house.office.random,
    day('2026-07-15'),
    {
      creditorId: await creditorIdOf(caseId),
      closedFrom: day(from),
      closedUntil: day(until),
      reason: 'congés annuels',
    },
    'test',
  )
const waits = () => house.sql<{ on: string; step: string; why: string }[]>`
  select on_day::text as on, detail ->> 'step' as step, detail ->> 'why' as why from events where kind = 'step_postponed' order by seq`

describe('while the creditor is closed', () => {
  test('its debtor is left in peace: the step waits for the first working day after, and those behind it keep their intervals', async () => {
    const caseId = await open()
    await close(caseId)
    const { limitationOn } = (await fileOf(house, caseId)).case
    await liveUntil(house, '2026-07-02', '2026-08-21')
    const waiting = await fileOf(house, caseId)
    expect(done(waiting)).toEqual(['rappel 2026-07-13', 'cordiale 2026-07-29'])
    expect(planned(waiting).slice(0, 3)).toEqual([
      'appel 2026-08-22',
      'demeure.prevenir 2026-08-25',
      'demeure 2026-08-31',
    ])
    expect(await waits()).toEqual([
      {
        on: '2026-08-06',
        step: 'appel',
        why: 'Le créancier est fermé jusqu’au 21\u00a0août\u00a02026 (congés annuels)\u00a0: pas avant le 22\u00a0août\u00a02026.',
      },
    ])
    expect(await examine(house.office, day('2026-08-21'))).toEqual([])
    await liveUntil(house, '2026-08-22', '2026-09-07')
    const after = await fileOf(house, caseId)
    expect(done(after).slice(2)).toEqual([
      'appel 2026-08-22',
      'demeure.prevenir 2026-08-25',
      'demeure 2026-08-31',
      'dernier-appel 2026-09-07',
    ])
    expect(after.case.limitationOn).toEqual(limitationOn)
  })

  test('another creditor’s debtor is approached as if nothing were', async () => {
    const closed = await open()
    await close(closed)
    const creditorId = await creditorOf(house, day('2026-07-02'), { name: 'Autre créancier' })
    const other = await addInvoices(house, { creditorId, on: '2026-07-02', invoices: [bill()] })
    await liveUntil(house, '2026-07-02', '2026-08-14')
    expect(done(await fileOf(house, closed)).at(-1)).toBe('cordiale 2026-07-29')
    expect(done(await fileOf(house, other)).slice(2)).toEqual([
      'appel 2026-08-06',
      'demeure.prevenir 2026-08-10',
      'demeure 2026-08-14',
    ])
  })

  test('a flight says the same as what then happens, step by step', async () => {
    const caseId = await open()
    await close(caseId)
    await liveUntil(house, '2026-07-02', '2026-07-15')
    const from = day('2026-07-16')
    const { byDay } = await simulate(readPortfolio(house.sql, from), loadScenario('standard'), from, 54)
    const flown = byDay.flatMap(({ day: on, simulated: { lettre, lrar, email, appel } }) =>
      lettre + lrar + email + appel > 0 ? [on.toString()] : [],
    )
    await liveUntil(house, '2026-07-16', '2026-09-07')
    expect(
      done(await fileOf(house, caseId)).flatMap((step) => (step.startsWith('rappel') ? [] : [step.split(' ')[1]!])),
    ).toEqual(flown)
    expect(flown).toEqual(['2026-07-29', '2026-08-22', '2026-08-25', '2026-08-31', '2026-09-07'])
  })

  test('what precedes the due date waits alone, and is left out where the due date would come first', async () => {
    const soon = await open('2026-08-12')
    await close(soon, '2026-08-01', '2026-08-05')
    await liveUntil(house, '2026-07-02', '2026-08-20')
    expect(done(await fileOf(house, soon))).toEqual(['rappel 2026-08-06', 'cordiale 2026-08-20'])
    const creditorId = await creditorOf(house, day('2026-07-02'), { name: 'Fermé plus longtemps' })
    const late = await addInvoices(house, { creditorId, on: '2026-07-02', invoices: [bill('2026-08-12')] })
    await close(late)
    await liveUntil(house, '2026-07-02', '2026-08-22')
    const file = await fileOf(house, late)
    expect(file.steps.find(({ key }) => key === 'rappel')?.skippedWhy).toContain('fermé jusqu’au 21\u00a0août')
    expect(done(file)).toEqual(['cordiale 2026-08-22'])
    expect(planned(file)[0]).toBe('appel 2026-08-31')
  })

  test('a claim near its limitation does not wait', async () => {
    const caseId = await open()
    await close(caseId)
    await house.sql`update cases set limitation_on = '2026-09-10' where id = ${caseId}`
    await house.sql`update invoice_limitations set expires_on = '2026-09-10'`
    await liveUntil(house, '2026-07-02', '2026-08-14')
    expect(done(await fileOf(house, caseId)).slice(2)).toEqual([
      'appel 2026-08-06',
      'demeure.prevenir 2026-08-10',
      'demeure 2026-08-14',
    ])
    expect(await waits()).toEqual([])
  })

  test('who let the time to approve a step pass while closed is asked again once open', async () => {
    const caseId = await open()
    await close(caseId)
    const rule = { approver: 'creditor', waitDays: 1, otherwise: 'envoyer' } as const
    const creditorId = await creditorIdOf(caseId)
    await setApprovalRule(
      house.sql,
      house.office.random,
      day('2026-07-15'),
      creditorId,
      { ...rule, stepKeys: ['appel'] },
      'test',
    )
    await liveUntil(house, '2026-07-02', '2026-08-22')
    expect(await house.sql`select asked_on::text, decision from approvals`).toEqual([
      { askedOn: '2026-08-22', decision: null },
    ])
    await liveUntil(house, '2026-08-23', '2026-08-24')
    expect(done(await fileOf(house, caseId)).at(-1)).toBe('appel 2026-08-24')
  })

  test('the notice of a missed instalment waits for it too, and the reminder of one does not', async () => {
    const caseId = await open()
    await liveUntil(house, '2026-07-02', '2026-07-29')
    const instalments = [{ dueOn: day('2026-08-10'), amount: 50_000n }]
    const plan = { caseId, means: 'virement', rule: {}, instalments }
    await agreeInstalments(house.sql, house.office.random, day('2026-07-30'), plan, 'test')
    await close(caseId)
    await liveUntil(house, '2026-07-30', '2026-08-25')
    const letters = toDebtor(await fileOf(house, caseId)).map(({ letter, writtenOn }) => `${letter} ${writtenOn}`)
    expect(letters.filter((each) => each.startsWith('engagement-echeance-manquee'))).toEqual([
      'engagement-echeance-manquee 2026-08-24',
    ])
    expect(letters.some((each) => each.startsWith('engagement-rappel-echeance 2026-08-0'))).toBe(true)
  })

  test('taken back, it stops nothing more; what has waited keeps its day', async () => {
    const caseId = await open()
    const creditorId = await creditorIdOf(caseId)
    const id = await close(caseId)
    await withdrawCreditorClosure(house.sql, day('2026-07-20'), { id, creditorId }, 'test')
    await liveUntil(house, '2026-07-02', '2026-08-06')
    expect(done(await fileOf(house, caseId)).at(-1)).toBe('appel 2026-08-06')
    const again = await close(caseId)
    await liveOn(house, '2026-08-10')
    const moved = planned(await fileOf(house, caseId))
    expect(moved[0]).toBe('demeure.prevenir 2026-08-22')
    await withdrawCreditorClosure(house.sql, day('2026-08-11'), { id: again, creditorId }, 'test')
    expect(planned(await fileOf(house, caseId))).toEqual(moved)
    expect(await house.sql`select withdrawn_on::text from creditor_closures order by 1`).toEqual([
      { withdrawnOn: '2026-07-20' },
      { withdrawnOn: '2026-08-11' },
    ])
  })
})

describe('the day on which it opens', () => {
  const closed = (from: string, until: string) => ({ closedFrom: day(from), closedUntil: day(until), reason: 'congés' })
  const timeline = { nominalOn: day('2027-08-10'), lastOn: day('2027-09-01'), limitationOn: day('2027-12-31') }
  const until = (closures: ReturnType<typeof closed>[], on: string, more: Partial<typeof timeline> = {}) =>
    closureWait(closures, day(on), { zone: 'metropole', ...timeline, ...more })?.until.toString() ?? null

  test('is a working day, of one closure or of several that follow one another', () => {
    const august = closed('2027-08-01', '2027-08-21')
    // 21 August 2027 is a Saturday.
    expect(until([august], '2027-08-10')).toBe('2027-08-23')
    expect(until([august], '2027-08-21')).toBe('2027-08-23')
    expect([until([august], '2027-07-31'), until([august], '2027-08-22')]).toEqual([null, null])
    expect(until([august, closed('2027-08-23', '2027-08-24')], '2027-08-10')).toBe('2027-08-25')
    expect(until([closed('2027-12-20', '2027-12-31')], '2027-12-24', { limitationOn: day('2029-01-01') })).toBe(
      '2028-01-03',
    )
  })

  test('is not waited for where the last step would come after limitation', () => {
    const august = [closed('2027-08-01', '2027-08-21')]
    expect(until(august, '2027-08-10', { limitationOn: day('2027-09-14') })).toBe('2027-08-23')
    expect(until(august, '2027-08-10', { limitationOn: day('2027-09-13') })).toBe(null)
  })
})

describe('the doors', () => {
  const api = useApi({ today: '2026-07-15' })
  let mine = ''
  let theirs = ''
  let caseId = ''
  beforeAll(async () => {
    await openAgency(api.sql, day('2026-07-01'))
    mine = await creditorOf(api, day('2026-07-02'), { name: 'Créancier A' })
    theirs = await creditorOf(api, day('2026-07-02'), { name: 'Créancier B' })
    caseId = await addInvoices(api, { creditorId: mine, on: '2026-07-02', invoices: [bill()] })
  })
  const fields = `__typename ... on Refusal { code remedy } `
  const record = async (viewer: Parameters<typeof api.ask>[0], input: object) => {
    const days = { from: '2026-08-01', until: '2026-08-21', reason: 'congés annuels' }
    const { body } = await api.ask(
      viewer,
      `mutation ($input: RecordCreditorClosureInput!) { recordCreditorClosure(input: $input) { ${fields}
        ... on RecordCreditorClosurePayload { creditor { id closures { id from until reason recordedBy withdrawnOn } } } } }`,
      { input: { ...days, ...input } },
    )
    return body.data.recordCreditorClosure
  }
  const withdraw = async (viewer: Parameters<typeof api.ask>[0], closureId: string) => {
    const { body } = await api.ask(
      viewer,
      `mutation ($input: WithdrawCreditorClosureInput!) { withdrawCreditorClosure(input: $input) { ${fields}
        ... on WithdrawCreditorClosurePayload { creditor { closures { id withdrawnOn } } } } }`,
      { input: { closureId } },
    )
    return body.data.withdrawCreditorClosure
  }
  const self = () => ({ role: 'creditor', name: 'Inès Roche', creditorId: mine }) as const

  test('a creditor records its own and no other’s; the cells record anybody’s; the others none', async () => {
    const own = await record(self(), {})
    const [closure] = own.creditor.closures
    expect(closure).toMatchObject({ from: '2026-08-01', until: '2026-08-21', recordedBy: 'creditor:Inès Roche' })
    expect(await record(self(), { creditorId: theirs })).toMatchObject({ code: 'creditor_not_found' })
    const stranger = { role: 'creditor', creditorId: theirs } as const
    expect(await withdraw(stranger, closure.id)).toMatchObject({ code: 'closure_not_found' })
    for (const role of ['amicable', 'legal', 'admin'] as const)
      expect(await record({ role }, { creditorId: theirs })).toMatchObject({
        creditor: { closures: expect.any(Array) },
      })
    for (const role of ['phone', 'research', 'editor', 'bailiff'] as const)
      expect(
        await record({ role, bailiffId: role === 'bailiff' ? theirs : null }, { creditorId: theirs }),
      ).toMatchObject({
        code: 'forbidden',
      })
    const back = await withdraw(self(), closure.id)
    expect(back.creditor.closures).toEqual([{ id: closure.id, withdrawnOn: '2026-07-15' }])
    expect(await withdraw(self(), closure.id)).toMatchObject({ code: 'closure_not_found' })
  })

  test.each([
    ['that ends before it begins', { from: '2026-08-21', until: '2026-08-01' }, 'closure_backwards'],
    ['that has begun', { from: '2026-07-14' }, 'closure_past'],
    ['of sixty-one days', { until: '2026-09-30' }, 'closure_too_long'],
    ['without a reason', { reason: ' ' }, 'reason_missing'],
  ])('a closure %s is refused, with what to do', async (_what, input, code) => {
    expect(await record(self(), input)).toMatchObject({ code, remedy: expect.stringMatching(/\S/) })
  })

  test('sixty days are the most', async () => {
    const { creditor } = await record(
      { role: 'legal' },
      { creditorId: theirs, from: '2026-10-01', until: '2026-11-29' },
    )
    expect(creditor.closures.at(-1)).toMatchObject({ until: '2026-11-29' })
  })

  test('in its space the creditor records its days, sees them on its case, and takes them back', async () => {
    const desk = browser(api)
    await desk.go(`/portail/entrer?jeton=${await api.token(self())}`)
    const path = '/portail/calendrier'
    const typed = {
      geste: 'inscrire-fermeture',
      du: '2026-12-24',
      au: '31/12/2026',
      motif: 'fêtes <b>de fin</b> d’année',
    }
    await desk.submit(await desk.go(path), path, typed)
    const page = await desk.go(path)
    expect(page.text).toContain('Du 24 décembre 2026 au 31 décembre 2026')
    expect(page.html).toContain('&lt;b&gt;de fin')
    const [found] = await api.sql<{ number: string }[]>`select number from cases where id = ${caseId}`
    expect((await desk.go(`/portail/dossiers/${found!.number}`)).text).toContain(
      'Vous êtes fermé du 24 décembre 2026 au 31 décembre 2026',
    )
    const refused = await desk.submit(page, path, { ...typed, du: '2026-12-31', au: '2026-12-24' })
    expect(refused.status).toBe(422)
    expect(refused.text).toContain('avant de commencer')
    const id = /name="fermeture" value="([^"]+)"/.exec(page.html)![1]!
    await desk.submit(page, path, { geste: 'retirer-fermeture', fermeture: id })
    expect((await desk.go(path)).text).not.toContain('24 décembre 2026')
  })

  test('the cells record the days of any creditor on their page, are told what is wrong with them, and take them back', async () => {
    const path = '/bureau/fermetures'
    const cell = browser(api)
    await cell.go(`/bureau/entrer?jeton=${await api.token({ role: 'amicable', name: 'Nour Benali' })}`)
    const empty = await cell.go(path)
    const typed = { geste: 'inscrire', creancier: theirs, du: '2027-02-08', au: '2027-02-07', motif: 'inventaire <b>' }
    const refused = await cell.submit(empty, path, typed)
    expect(refused.status).toBe(422)
    expect(refused.text).toContain('avant de commencer le 8 février 2027')
    expect(refused.html).toContain('value="inventaire &lt;b&gt;"')
    expect(refused.html).toMatch(new RegExp(`value="${theirs}" selected`))
    const made = await cell.submit(refused, path, { ...typed, au: '2027-02-12' })
    expect(made.text).toContain('Créancier B , du 8 février 2027 au 12 février 2027 : inventaire <b>')
    const [kept] = await api.sql<{ id: string; recordedBy: string }[]>`
      select id, recorded_by from creditor_closures where closed_from = '2027-02-08'`
    expect(kept!.recordedBy).toBe('amicable:Nour Benali')
    const form = formsOf(made.html).find(({ hidden }) => hidden['fermeture'] === kept!.id)!
    const asked = new URLSearchParams({ ...form.hidden, geste: 'retirer' })
    const gone = await cell.go(path, { method: 'POST', body: asked, headers: { 'sec-fetch-site': 'same-origin' } })
    expect([gone.text.includes("C'est enregistré."), gone.text.includes('inventaire')]).toEqual([true, false])

    const phone = browser(api)
    await phone.go(`/bureau/entrer?jeton=${await api.token({ role: 'phone', name: 'Ana Prat' })}`)
    expect((await phone.go(path)).status).toBe(403)
    expect((await phone.go('/bureau')).html).not.toContain(path)
  })
})
