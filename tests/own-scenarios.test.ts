import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, expect, test, vi } from 'vitest'
import { adjustStep, chooseScenario } from '../procedures/amicable/choose.ts'
import { readPortfolio } from '../procedures/amicable/portfolio.ts'
import { checkOwnScenarios, loadScenario, scenarioIds } from '../procedures/amicable/scenario.ts'
import { simulate } from '../procedures/amicable/simulate.ts'
import { examine } from '../procedures/doctor/doctor.ts'
import { useApi } from './api.ts'
import { courtois } from './cli.ts'
import { browser } from './pages.ts'
import { day, fileOf, liveHolds, liveUntil, openCase, ordinary, planned } from './house.ts'
import { root as house } from './root.ts'

const root = mkdtempSync(join(tmpdir(), 'courtois-scenarios-'))
afterAll(() => rmSync(root, { recursive: true, force: true }))
afterEach(() => vi.unstubAllEnvs())
const api = useApi({ today: '2026-06-12' })

const standard = readFileSync(join(house, 'procedures/amicable/standard.yaml'), 'utf8')
const named = (id: string, more: (text: string) => string = (text) => text) =>
  more(standard.replace('id: standard', `id: ${id}`).replace(/^titre: .*$/m, `titre: Le parcours ${id} de l’agence`))

/** A folder of scenarios, which the house reads until the test ends. */
function folder(name: string, files: Record<string, string>): string {
  const path = join(root, name)
  mkdirSync(path)
  for (const [file, text] of Object.entries(files)) writeFileSync(join(path, file), text)
  vi.stubEnv('SCENARIOS_DIR', path)
  return path
}

test('an agency’s scenarios extend ours, and one of the same name takes our place', async () => {
  folder('two', { 'maison.yaml': named('maison'), 'standard.yaml': named('standard'), 'LISEZMOI.md': 'Nos parcours' })
  expect(scenarioIds()).toEqual(['abonnement', 'abonnement-mg', 'acheteur-public', 'maison', 'standard'])
  expect(loadScenario('standard').titre).toBe('Le parcours standard de l’agence')
  expect(() => checkOwnScenarios()).not.toThrow()
  const listed = await api.ask({ role: 'amicable' }, '{ scenarios { id title } }')
  expect(listed.body.data.scenarios).toContainEqual({ id: 'maison', title: 'Le parcours maison de l’agence' })
})

test.each([
  [
    'a letter that does not exist',
    named('m', (text) => text.replace('mise-en-demeure-pro', 'inventee')),
    /m\.yaml : ligne 25, « demeure » : le courrier « inventee »/,
  ],
  ['a text that is not YAML', named('m', (text) => text.replace('etapes:', 'etapes: [')), /m\.yaml : .* line \d+/],
  [
    'a step with a word too many',
    named('m', (text) => text.replace('canal: lrar', 'canal: pigeon')),
    /m\.yaml : \/etapes\/4\/canal doit être/,
  ],
  ['the name of another', named('autre'), /m\.yaml : ce fichier porte le scénario « autre »/],
])('a file with %s is refused with its place', (why, text, message) => {
  folder(`bad ${why.replace(/\W/g, '-')}`, { 'm.yaml': text })
  expect(() => checkOwnScenarios()).toThrow(message)
})

test('the house does not start with a scenario that breaks a rule, nor with a folder that has none', async () => {
  const env = {
    SCENARIOS_DIR: folder('broken', { 'm.yaml': named('m', (text) => text.replace('J+24', 'J+2')) }),
    DATA_DIR: root,
  }
  const refused = await courtois(['work'], { cwd: root, env })
  expect([refused.code, refused.err]).toEqual([1, expect.stringContaining('« demeure » (J+2) ne vient pas après')])
  const nothing = await courtois(['work'], { cwd: root, env: { ...env, SCENARIOS_DIR: join(root, 'nowhere') } })
  expect([nothing.code, nothing.err]).toEqual([1, expect.stringContaining('SCENARIOS_DIR nomme un dossier')])
})

test('a case whose scenario is taken away keeps its steps, says so, and goes on with another', async () => {
  folder('gone', { 'maison.yaml': named('maison') })
  const on = day('2026-06-11')
  const caseId = await openCase(api, { on: '2026-06-11', invoices: [ordinary()], mandate: { scenario: 'maison' } })
  const { creditor } = await fileOf(api, caseId)
  const keys = async () => planned(await fileOf(api, caseId)).map((step) => step.split(' ')[0])
  const before = await keys()
  const asked = `query ($id: ID!) { node(id: $id) { ... on Case { number scenario { id } steps { key } } } }`
  const id = Buffer.from(`Case:${caseId}`).toString('base64')
  const query = (await api.ask({ role: 'amicable' }, asked, { id })).body
  expect(query.data.node).toMatchObject({ scenario: { id: 'maison' } })

  vi.stubEnv('SCENARIOS_DIR', '')
  const adjust = adjustStep(
    api.sql,
    api.office.random,
    on,
    { caseId, change: 'skip', stepKey: 'appel', reason: 'Essai' },
    'test',
  )
  await expect(adjust).rejects.toMatchObject({ code: 'scenario_gone' })
  const { cases, orphans } = await simulate(readPortfolio(api.sql, on), loadScenario('abonnement'), on, 90)
  expect([cases, orphans.today]).toEqual([{ open: 1, moved: 1, unsuited: 0, waiting: 0, unread: 1 }, 0])
  expect((await examine(api.office, on)).map(({ code }) => code)).toEqual(Array(7).fill('unknown_step'))
  const { data, errors } = (await api.ask({ role: 'amicable' }, asked, { id })).body
  expect(data.node).toMatchObject({ scenario: null, steps: query.data.node.steps })
  expect(errors?.map(({ extensions }) => extensions?.code)).toEqual(['scenario_gone'])
  const desk = browser(api)
  await desk.go(`/portail/entrer?jeton=${await api.token({ role: 'creditor', creditorId: creditor.id })}`)
  expect((await desk.go(`/portail/dossiers/${query.data.node.number}`)).text).toContain('Étape ajoutée au dossier')

  await liveUntil(api, '2026-06-12', '2026-06-18')
  expect(await keys()).toEqual(before)
  expect(liveHolds(await fileOf(api, caseId))).toMatchObject([
    { cause: 'decision', reason: expect.stringContaining('« maison »') },
  ])
  const choice = { caseId, scenario: 'standard', reason: 'Le nôtre est parti' }
  const moves = await chooseScenario(api.sql, api.office.random, day('2026-06-18'), choice, 'test')
  expect(moves.filter(({ change }) => change === 'added' || change === 'skipped')).toEqual([])
  expect(await keys()).toEqual(before)
})
