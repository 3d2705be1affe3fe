import type { ChildProcess } from 'node:child_process'
import { existsSync } from 'node:fs'
import { chromium } from 'playwright-core'
import { afterEach, expect, test } from 'vitest'
import { ended, killAll, start } from './faults.ts'
import { openCase, ordinary, useHouse } from './house.ts'

const house = useHouse()
afterEach(killAll)

interface Served {
  url: string
  token: string
  child: ChildProcess
}

/** `courtois serve` on the house's database, once it says where it answers. */
async function serve(): Promise<Served> {
  const child = start('../scripts/courtois.ts', ['serve', '--jobs', '0'], {
    DATA_DIR: house.dir,
    DATABASE_URL: house.url,
    PORT: '0',
    NODE_ENV: 'development',
    BASE_URL: '',
    LOG_LEVEL: 'silent',
  })
  const [, url, token] = await new Promise<RegExpExecArray>((resolve, reject) => {
    let said = ''
    child.stdout!.on('data', (part) => {
      const found = /(http:\S+\/graphql)#token=(\S+)\n/.exec((said += String(part)))
      if (found) resolve(found)
    })
    child.once('exit', () => reject(new Error(`serve ended: ${said}`)))
  })
  return { url: url!, token: token!, child }
}

const ask = ({ url, token }: Served, query: string, accept: string) =>
  fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', accept, authorization: `Bearer ${token}` },
    body: JSON.stringify({ query }),
  })

async function act(at: Served, mutation: string, shown = ''): Promise<Record<string, unknown>> {
  const response = await ask(at, `mutation { act: ${mutation} { __typename ${shown} } }`, 'application/json')
  const { data } = (await response.json()) as { data: { act: { __typename: string } & Record<string, unknown> } }
  expect(data.act.__typename).toMatch(/Payload$/)
  return data.act
}

/** Resolves once a process hears what the database announces. */
async function listening(): Promise<void> {
  for (;;) {
    const heard = await house.sql`
      select 1 from pg_stat_activity where datname = current_database() and query ilike 'listen%case_events%'`
    if (heard.length > 0) return
  }
}

test('what one server records is heard by who follows the case at another, as the case stands at that moment', async () => {
  const caseId = await openCase(house, {
    on: '2026-06-11',
    invoices: [ordinary()],
  })
  const [here, there] = await Promise.all([serve(), serve()])
  const question = `subscription { caseEvents(caseId: "${btoa(`Case:${caseId}`)}") { kind case { state holds { reason releasedOn } } } }`
  const stream = (await ask(there, question, 'text/event-stream'))
    .body!.pipeThrough(new TextDecoderStream())
    .getReader()
  let heard = ''
  const line = async (kind: string) => {
    for (;;) {
      const found = new RegExp(`data: (\\{.*"kind":"${kind}".*\\})\\n`).exec(heard)
      if (found)
        return JSON.parse(found[1]!).data.caseEvents as {
          case: { state: string; holds: { releasedOn: string | null }[] }
        }
      const { value, done } = await stream.read()
      if (done) throw new Error(`the stream ended: ${heard}`)
      heard += value
    }
  }
  await listening()
  await act(here, `holdCase(input: { caseId: "${caseId}", reason: "À revoir", reviewOn: "2199-01-04" })`)
  expect((await line('case_held')).case).toMatchObject({ state: 'HELD', holds: [{ releasedOn: null }] })
  await act(here, `releaseCase(input: { caseId: "${caseId}", reason: "Revu" })`)
  expect((await line('case_released')).case).toMatchObject({
    state: 'OPEN',
    holds: [{ releasedOn: expect.any(String) }],
  })

  await stream.cancel()
  for (const { child } of [here, there]) child.kill('SIGTERM')
  await Promise.all([here, there].map(({ child }) => ended(child)))
  expect([here, there].map(({ child }) => child.exitCode)).toEqual([0, 0])
}, 60_000)

const executablePath = process.env['CHROMIUM'] ?? '/usr/bin/chromium'
const hasChromium = existsSync(executablePath)
if (!hasChromium)
  console.log(`Skipped: an open page and another server (no Chromium at ${executablePath}; set CHROMIUM).`)

test.skipIf(!hasChromium)(
  'what one server records appears on the page of a case that another keeps open',
  async () => {
    const caseId = await openCase(house, {
      on: '2026-06-11',
      invoices: [ordinary()],
    })
    const [found] = await house.sql<{ number: string; creditorId: string }[]>`
    select number, creditor_id from cases where id = ${caseId}`
    const [here, there] = await Promise.all([serve(), serve()])
    const chrome = await chromium.launch({ executablePath, args: ['--no-sandbox'] })
    try {
      const invitation = `createEntryLink(input: { creditorId: "${found!.creditorId}", name: "Inès Roche" })`
      const { url } = await act(there, invitation, '... on CreateEntryLinkPayload { url }')
      const page = await chrome.newPage()
      await page.goto(String(url))
      await page.click('button:has-text("Entrer")')
      await page.waitForURL(/\/portail$/)
      const following = page.waitForResponse(/\/suite$/)
      await page.goto(new URL(`/portail/dossiers/${found!.number}`, there.url).href)
      await following
      await listening()
      await act(
        here,
        `recordCall(input: { caseId: "${caseId}", direction: INCOMING, outcome: "message", summary: "Rappellera lundi." })`,
      )
      await page.waitForSelector('text=Rappellera lundi.')
      expect(await page.textContent('[role=status]')).toBe('Ce dossier vient d’être mis à jour.')
    } finally {
      await chrome.close()
    }
    for (const { child } of [here, there]) child.kill('SIGTERM')
    await Promise.all([here, there].map(({ child }) => ended(child)))
  },
  90_000,
)
