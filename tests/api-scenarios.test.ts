import { beforeAll, expect, test } from 'vitest'
import { openPortfolio } from '../scripts/demo/portfolio.ts'
import { useApi } from './api.ts'

const api = useApi()
let caseId = ''
let creditorId = ''
beforeAll(async () => {
  const opened = await openPortfolio(api.office, api.today, {
    count: 6,
    dueFrom: api.today.subtract({ days: 12 }),
    daysApart: 4,
  })
  caseId = opened[0]!.caseId
  creditorId = (await api.sql<{ id: string }[]>`select id from creditors`)[0]!.id
})

const choose = `mutation ($input: ChooseScenarioInput!) { chooseScenario(input: $input) {
  ... on Refusal { code remedy } ... on ChooseScenarioPayload { dryRun moves { key change from to why } case { scenario { id } steps { key state } } } } }`
const adjust = `mutation ($input: AdjustStepInput!) { adjustStep(input: $input) {
  ... on Refusal { code remedy article } ... on AdjustStepPayload { dryRun moves { key change from to } } } }`

test('a manager sees what another scenario would move, keeps it once, and a repeat gets the same answer', async () => {
  const input = { caseId, scenario: 'abonnement', reason: 'Client abonné', idempotencyKey: 'k1' }
  const shown = await api.ask({ role: 'amicable' }, choose, { input: { ...input, idempotencyKey: null, dryRun: true } })
  expect(shown.body.errors).toBeUndefined()
  expect(shown.body.data.chooseScenario).toMatchObject({ dryRun: true, case: { scenario: { id: 'standard' } } })
  const kept = await api.ask({ role: 'amicable' }, choose, { input })
  expect(kept.body.data.chooseScenario).toMatchObject({
    dryRun: false,
    moves: shown.body.data.chooseScenario.moves,
    case: { scenario: { id: 'abonnement' } },
  })
  expect((await api.ask({ role: 'amicable' }, choose, { input })).body).toEqual(kept.body)
  expect(
    (await api.ask({ role: 'amicable' }, choose, { input: { ...input, idempotencyKey: 'k2' } })).body.data
      .chooseScenario,
  ).toMatchObject({ code: 'scenario_unchanged' })
  expect((await api.ask({ role: 'phone' }, choose, { input })).body.data.chooseScenario.code).toBe('forbidden')
})

test('a step is adjusted with a reason, and refused in words', async () => {
  const input = { caseId, change: 'SKIP', stepKey: 'visite', reason: 'Le débiteur est à l’étranger', dryRun: true }
  const { body } = await api.ask({ role: 'admin' }, adjust, { input })
  expect(body.data.adjustStep.moves).toEqual([expect.objectContaining({ key: 'visite', change: 'SKIPPED', to: null })])
  const refused = await api.ask({ role: 'admin' }, adjust, { input: { ...input, stepKey: 'premiere' } })
  expect(refused.body.data.adjustStep).toMatchObject({ code: 'first_letter_needed', article: 'CPCE R124-4' })
})

test('a scenario is flown over the portfolio, the creditor’s own over its own', async () => {
  const query = `query ($yaml: String, $scenario: String) { simulateScenario(scenario: $scenario, yaml: $yaml, days: 60) {
    openCases movedCases byDay { day simulated { letters cost { amount currency } } } total { visits cost { amount } } orphanCount texts { letter simulated today } picture } }`
  const { body } = await api.ask({ role: 'amicable' }, query, { scenario: 'abonnement' })
  expect(body.errors).toBeUndefined()
  expect(body.data.simulateScenario).toMatchObject({
    openCases: 6,
    movedCases: 6,
    total: { visits: expect.any(Number) },
  })
  expect(body.data.simulateScenario.byDay).toHaveLength(60)
  expect(body.data.simulateScenario.picture).toContain('<svg')
  expect(
    (await api.ask({ role: 'creditor', creditorId }, query, { scenario: 'abonnement' })).body.data.simulateScenario
      .openCases,
  ).toBe(6)
  const stranger = '00000000-0000-4000-8000-000000000009'
  expect(
    (await api.ask({ role: 'creditor', creditorId: stranger }, query, { scenario: 'abonnement' })).body.data
      .simulateScenario.openCases,
  ).toBe(0)
  expect((await api.ask({ role: 'amicable' }, query, { yaml: 'id: x' })).body.errors![0]!.extensions!.code).toBe(
    'invalid_file',
  )
  expect((await api.ask({ role: 'bailiff', bailiffId: stranger }, query, {})).body.errors![0]!.extensions!.code).toBe(
    'forbidden',
  )
  expect((await api.ask(null, query, {})).body.errors).toBeDefined()
})
