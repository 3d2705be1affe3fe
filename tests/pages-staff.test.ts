import { existsSync, mkdirSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { serve } from '@hono/node-server'
import { type Browser, chromium, type Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Role } from '../api/auth.ts'
import { boardPage } from '../api/pages/staff-board.ts'
import { setApprovalRule } from '../procedures/amicable/approvals.ts'
import { tick } from '../procedures/amicable/tick.ts'
import { recordDispute, resolveDispute } from '../procedures/cases/exchanges/disputes.ts'
import { drain } from '../procedures/jobs/work.ts'
import { codeOf } from '../procedures/mail/coupons.ts'
import { json } from '../schema/db.ts'
import { useApi } from './api.ts'
import { addInvoices, day, fileOf, invoice, liveHolds } from './house.ts'
import { browser, formsOf, noticed, type Shown } from './pages.ts'

const api = useApi()
let letter: Awaited<ReturnType<typeof noticed>>
let number: string

beforeAll(async () => {
  letter = await noticed(api, { name: 'Garage <b>du</b> Pont' })
  ;({ number } = (await api.sql<{ number: string }[]>`select number from cases where id = ${letter.caseId}`)[0]!)
}, 120_000)

const enter = async (role: Role, guest = browser(api)): Promise<Shown> =>
  guest.go(
    `/bureau/entrer?jeton=${await api.token({ role, name: 'Nour Benali', creditorId: role === 'creditor' ? letter.creditorId : null })}`,
  )

describe('the door', () => {
  test('opens to each cell by a cookie that no script reads, and to nobody else', async () => {
    for (const role of ['research', 'phone', 'amicable', 'legal', 'admin'] as const) {
      expect((await enter(role)).text).toContain('Le 30 septembre 2026')
    }
    expect((await enter('editor')).status).toBe(403)
    expect((await enter('creditor')).status).toBe(403)
    const token = await api.token({ role: 'legal', name: 'x' })
    const response = await api.app.request(`/bureau/entrer?jeton=${token}`)
    expect(response.headers.getSetCookie()[0]).toMatch(
      /^courtois-bureau=[^;]+; Max-Age=28800; Path=\/bureau; HttpOnly; SameSite=Strict$/,
    )
  })

  test('without a session shows nothing, and a session of another space opens none', async () => {
    const guest = browser(api)
    expect((await guest.go('/bureau')).status).toBe(401)
    await guest.go(
      `/portail/entrer?jeton=${await api.token({ role: 'creditor', name: 'x', creditorId: letter.creditorId })}`,
    )
    guest.cookies.set('courtois-bureau', guest.cookies.get('courtois-portail')!)
    const page = await guest.go('/bureau')
    expect([page.status, page.html.includes('Garage')]).toEqual([401, false])
  })

  test('signs nobody in from another site, and lets its owner leave', async () => {
    const guest = browser(api)
    const token = await api.token({ role: 'legal', name: 'x' })
    const page = await guest.go(`/bureau/entrer?jeton=${token}`, { headers: { 'sec-fetch-site': 'cross-site' } })
    expect(guest.cookies.has('courtois-bureau')).toBe(false)
    const inside = await guest.submit(page, '/bureau/entrer', {})
    const kept = guest.cookies.get('courtois-bureau')!
    await guest.submit(inside, '/bureau/sortir', {})
    expect((await guest.go('/bureau')).status).toBe(401)
    // Whoever kept a copy of the cookie comes back to nothing.
    guest.cookies.set('courtois-bureau', kept)
    expect((await guest.go('/bureau')).status).toBe(401)
  })
})

describe('the board', () => {
  test('has each cell’s day, and says in words that nothing is lost', async () => {
    const page = await enter('amicable')
    expect(page.text).toContain('Aucun dossier sans suite')
    for (const cell of ['Recherche', 'Téléphone', 'Amiable', 'Juridique']) expect(page.text).toContain(cell)
    expect(page.text).toContain('Appels à passer')
    // Data is never markup.
    expect(page.html).toContain('Garage &lt;b&gt;du&lt;/b&gt; Pont')
  })

  test('has time limits by colour, and says in words how near each is', () => {
    const limit = (daysLeft: number) => ({
      on: api.today.add({ days: daysLeft }),
      daysLeft,
      what: 'Injonction de payer\u00a0: signification',
      article: 'CPC 1411',
      caseId: letter.caseId,
    })
    const cases = new Map([[letter.caseId, { number, debtor: 'Garage', phone: null }]])
    const deadlines = [-2, 0, 1, 3, 4, 15, 16].map(limit)
    const none = {
      disputes: new Map(),
      replies: new Map(),
      requests: new Map(),
      refused: new Map(),
      inDoubt: new Set<string>(),
      accounts: [],
    }
    const board = { work: [], deadlines, approvals: [], cases, ...none, open: 1, orphans: 0 }
    const agency = {
      name: 'Cabinet',
      lines: [],
      phone: '',
      email: '',
      hours: '',
      manager: { name: '', phone: '', email: '' },
    }
    const frame = {
      agency,
      name: 'Nour',
      cell: 'cellule juridique',
      token: '',
      day: api.today,
      may: () => false,
      key: () => '',
    }
    const html = String(boardPage(frame, board, null))
    expect(
      [...html.matchAll(/class="state (\w+)">([^<]+)</g)].map(([, look, words]) =>
        `${look} ${words}`.replaceAll('\u00a0', ' '),
      ),
    ).toEqual([
      'stop dépassé de 2 jours',
      'stop aujourd’hui',
      'stop dans 1 jour',
      'stop dans 3 jours',
      'wait dans 4 jours',
      'wait dans 15 jours',
      'good dans 16 jours',
    ])
  })

  test('opens the script of a call', async () => {
    const guest = browser(api)
    const page = await enter('phone', guest)
    const [, path] = /href="(\/bureau\/courriers\/[^"]+)">le script/.exec(page.html)!
    expect((await guest.go(path!)).headers.get('content-type')).toBe('application/pdf')
  })

  test('finds who calls, with what to say', async () => {
    const guest = browser(api)
    await enter('phone', guest)
    const found = await guest.go('/bureau?q=garage')
    expect(found.text).toContain(`Dossier ${number}`)
    expect(found.text).toContain('Authentifier, avant tout chiffre')
    expect((await guest.go('/bureau?q=personne')).text).toContain('Aucun dossier ne correspond')
  })

  test('costs as many statements whatever it shows', async () => {
    const guest = browser(api)
    await enter('legal', guest)
    const cost = async () => {
      api.statements()
      await guest.go('/bureau')
      return api.statements().length
    }
    await cost()
    const few = await cost()
    for (const rank of [1, 2, 3, 4]) {
      const buyer = { name: `Client ${rank}`, address: null }
      const invoices = [invoice({ number: `S-${rank}`, issued_on: '2026-09-01', due_on: '2026-10-01', buyer })]
      await addInvoices(api, { creditorId: letter.creditorId, on: '2026-09-10', invoices })
    }
    expect(await cost()).toBe(few)
    expect((await guest.go('/bureau')).text).toContain('Adresses à trouver')
  })

  test('lets the amicable cell approve a step, by a form of its own', async () => {
    const rule = { stepKeys: [], approver: 'amicable' as const, waitDays: 2, otherwise: 'attendre' as const }
    await setApprovalRule(api.sql, api.office.random, day('2026-09-29'), letter.creditorId, rule, 'test')
    await tick(api.sql, day('2026-09-30'))
    const guest = browser(api)
    const page = await enter('amicable', guest)
    const [asked] = await api.sql<{ stepId: string }[]>`
      select a.step_id from approvals a join steps s on s.id = a.step_id where a.decision is null and s.case_id = ${letter.caseId}`
    const { stepId } = asked!
    const forged = await guest.go('/bureau/approuver', {
      method: 'POST',
      body: new URLSearchParams({ jeton: 'x', etape: stepId, geste: 'approuver' }),
    })
    expect(forged.status).toBe(403)
    await guest.submit(page, '/bureau/approuver', { etape: stepId, geste: 'approuver' })
    const [kept] = await api.sql`select decision, decided_by from approvals where step_id = ${stepId}`
    expect(kept).toEqual({ decision: 'approuve', decidedBy: 'amicable:Nour Benali' })
    expect((await enter('phone')).html).not.toContain('action="/bureau/approuver"')
    expect((await fileOf(api, letter.caseId)).steps.find(({ id }) => id === stepId)!.skippedOn).toBeNull()
  })
})

describe('a day’s work, done on the board', () => {
  let made = 0
  /** A case of its own for each test, and the board of a cell. */
  const open = async (role: Role = 'amicable') => {
    // Each test enters anew, and the door counts who enters too often.
    await api.sql`delete from attempts`
    const fresh = await noticed(api, { number: `B-${++made}`, name: `Atelier ${made}` })
    const guest = browser(api)
    await enter(role, guest)
    return { fresh, guest, board: () => guest.go('/bureau') }
  }
  const first = { heure: '10:20', personne: 'Mme Kieffer', resume: 'Réception confirmée, aucune date.' }

  test('a call is recorded with its outcome, once however often it is sent, and leaves the list', async () => {
    const { fresh, guest, board } = await open('phone')
    const page = await board()
    const [step] = await api.sql<{ key: string }[]>`
      select s.key from documents d join steps s on s.id = d.step_id where d.case_id = ${fresh.caseId} and d.channel = 'appel'
      and not exists (select from calls k where k.step_id = s.id) order by d.written_on desc limit 1`
    const stateOf = async () => {
      const { number: asked } = (await fileOf(api, fresh.caseId)).case
      const { body } = await api.ask({ role: 'phone' }, `{ case(number: "${asked}") { steps { key state } } }`)
      const { steps } = (body as { data: { case: { steps: { key: string; state: string }[] } } }).data.case
      return steps.find(({ key }) => key === step!.key)!.state
    }
    expect(await stateOf()).toBe('LISTED')
    const form = formsOf(page.html).find(
      ({ action, hidden }) => action === '/bureau/appel' && hidden['dossier'] === fresh.caseId,
    )
    const typed = { ...first, ...form!.hidden, issue: 'sans-engagement' }
    const done = await guest.submit(page, '/bureau/appel', typed)
    expect(done.text).toContain("C'est enregistré.")
    await guest.submit(page, '/bureau/appel', typed)
    expect(await stateOf()).toBe('DONE')
    const calls = (await fileOf(api, fresh.caseId)).calls
    expect(calls.map(({ outcome, person, recordedBy }) => [outcome, person, recordedBy])).toEqual([
      ['sans-engagement', 'Mme Kieffer', 'phone:Nour Benali'],
    ])
  })

  test('a call out of hours is refused in words, with what was typed kept', async () => {
    const { fresh, guest, board } = await open('phone')
    const typed = { ...first, heure: '23:10', dossier: fresh.caseId, issue: 'message' }
    const page = await guest.submit(await board(), '/bureau/appel', typed)
    expect(page.status).toBe(422)
    expect((await fileOf(api, fresh.caseId)).calls).toEqual([])
  })

  test('a letter that was refused is written again once its cause is mended, and once', async () => {
    const { fresh, guest, board } = await open()
    const { caseId } = fresh
    const [debtor] = await api.sql<{ id: string; email: string; address: object }[]>`
      select d.id, d.email, d.address from debtors d join cases c on c.debtor_id = d.id where c.id = ${caseId}`
    await api.sql`update debtors set email = null, address = null where id = ${debtor!.id}`
    const dispute = { caseId, channel: 'courriel', ground: 'Rien reçu.', contested: null, answerBy: day('2026-10-12') }
    const id = await recordDispute(api.sql, api.office.random, api.today, dispute, 'test')
    const answer = { caseId, disputeId: id, outcome: 'maintained' as const, answer: 'Tout a été livré.' }
    await resolveDispute(api.sql, api.today, answer, 'test')
    await drain(api.office, api.url)
    const answers = () =>
      api.sql`select 1 from documents where case_id = ${caseId} and letter = 'contestation-reponse-motivee'`
    const retry = async () => guest.submit(await board(), '/bureau/courrier', { dossier: caseId, objet: id })
    expect((await board()).text).toMatch(/Écrire de nouveau Le courrier a été refusé : .*adresse/)
    await retry()
    await drain(api.office, api.url)
    expect([(await board()).text.includes('Écrire de nouveau'), await answers()]).toEqual([true, []])
    await api.sql`update debtors set email = ${debtor!.email}, address = ${json(api.sql, debtor!.address)} where id = ${debtor!.id}`
    expect((await retry()).text).toContain("C'est enregistré.")
    expect((await board()).text).not.toContain('Écrire de nouveau')
    await drain(api.office, api.url)
    expect(await answers()).toHaveLength(1)
  })

  test('a caller found is noted as an incoming call', async () => {
    const { fresh, guest } = await open('phone')
    const { number: asked } = (await fileOf(api, fresh.caseId)).case
    const page = await guest.go(`/bureau?q=${asked}`)
    await guest.submit(page, '/bureau/appel', {
      ...first,
      dossier: fresh.caseId,
      sens: 'incoming',
      issue: 'sans-engagement',
    })
    expect((await fileOf(api, fresh.caseId)).calls.map(({ direction }) => direction)).toEqual(['incoming'])
  })

  describe('what a debtor says on the phone', () => {
    const queued = async (id: string) =>
      (await api.sql`select 1 from graphile_worker.jobs where key = ${`follow-up:${id}`}`).length
    const told = async (typed: Record<string, string>) => {
      const { fresh, guest } = await open('phone')
      const { number: asked } = (await fileOf(api, fresh.caseId)).case
      const call = { ...first, dossier: fresh.caseId, sens: 'incoming' }
      const page = await guest.submit(await guest.go(`/bureau?q=${asked}`), '/bureau/appel', { ...call, ...typed })
      return { page, file: await fileOf(api, fresh.caseId) }
    }
    const promise = { issue: 'promesse', promisLe: '2026-10-09', promis: '1 000,50', moyen: 'virement' }

    test('to promise is a promise at once: the case waits, and its confirmation is queued', async () => {
      const { file } = await told(promise)
      expect(file.calls.map(({ outcome }) => outcome)).toEqual(['promesse'])
      const [kept] = file.promises
      expect(kept).toMatchObject({ amount: 100_050n, means: 'virement', author: 'Mme Kieffer', channel: 'appel' })
      expect(kept!.dueOn.toString()).toBe('2026-10-09')
      expect(liveHolds(file).map(({ cause, reviewOn }) => [cause, reviewOn.toString()])).toContainEqual([
        'promesse',
        '2026-10-10',
      ])
      expect(await queued(kept!.id)).toBe(1)
    })

    test('to dispute is a dispute at once: the case waits, and its acknowledgement is queued', async () => {
      const { file } = await told({ issue: 'contestation', motif: 'Deux cartons manquent.', conteste: '120,00' })
      const [kept] = file.disputes
      expect(kept).toMatchObject({ ground: 'Deux cartons manquent.', contested: 12_000n, channel: 'appel' })
      expect(kept!.answerBy!.toString()).toBe('2026-10-15')
      expect(liveHolds(file).map(({ cause }) => cause)).toContain('contestation')
      expect(await queued(kept!.id)).toBe(1)
    })

    test('to propose instalments waits on the board for a person, as by the coupon, and is told of', async () => {
      const { file } = await told({ issue: 'echeancier', mensualite: '200,00', premierLe: '2026-10-15' })
      const [kept] = await api.sql<{ id: string; documentId: null; summary: string; actId: string }[]>`
        select id, document_id, summary, act_id from replies where case_id = ${file.case.id}`
      expect(kept!.summary.replaceAll(/\s/g, ' ')).toBe(
        'Proposition de payer 200,00 € par mois à partir du 15 octobre 2026',
      )
      expect([kept!.documentId, await queued(kept!.id)]).toEqual([null, 1])
      expect(liveHolds(file)).toContainEqual(expect.objectContaining({ id: kept!.actId, cause: 'decision' }))
      const { body } = await api.ask({ role: 'amicable' }, '{ workToday(kinds: [REPLY]) { what case { number } } }')
      expect(body.data.workToday).toContainEqual({ what: kept!.summary, case: { number: file.case.number } })
    })

    test.each([
      [
        'a proposal too low',
        { issue: 'echeancier', mensualite: '2', premierLe: '2026-10-15' },
        'plus de 24 mensualités',
      ],
      ['a promise without its sum', { ...promise, promis: '' }, 'Il manque la somme promise'],
      ['a promise for a day gone by', { ...promise, promisLe: '2026-09-29' }, 'déjà passé'],
      ['a promise under another outcome', { ...promise, issue: 'message' }, "l'issue choisie est autre"],
      ['a dispute that says nothing', { issue: 'contestation', motif: ' ' }, 'Il manque ce qu'],
      ['a dispute of less than nothing', { issue: 'contestation', motif: 'Non', conteste: '-1' }, 'doit être positif'],
    ])('%s is refused in words, and no call is kept without it', async (_what, typed, says) => {
      const { page, file } = await told(typed)
      expect(page.status).toBe(422)
      expect(page.text).toContain(says)
      expect([file.calls, file.promises, file.disputes]).toEqual([[], [], []])
    })
  })

  test('a sending in doubt is settled by what a person found out', async () => {
    const { fresh, guest, board } = await open()
    await api.sql`update dispatches set state = 'sending', sent_on = null where document_id = ${fresh.id}`
    const page = await board()
    expect(page.text).toContain('Envois à vérifier')
    const typed = { objet: fresh.id, geste: 'parti', date: '2026-09-30', motif: 'bordereau de dépôt' }
    expect((await guest.submit(page, '/bureau/envoi', typed)).text).toContain("C'est enregistré.")
    const [sent] = await api.sql<{ state: string; proof: object }[]>`
      select state, proof from dispatches where document_id = ${fresh.id}`
    expect(sent).toEqual({ state: 'sent', proof: { constat: 'bordereau de dépôt' } })
  })

  test('a letter that came back is followed by a new address, then sent again, each by its form', async () => {
    const { fresh, guest, board } = await open()
    await api.sql`update dispatches set outcome = null, presented_on = null, outcome_on = null where document_id = ${fresh.id}`
    const told = { objet: fresh.id, etat: 'unknown_address', date: '2026-09-25', numero: '' }
    await guest.submit(await board(), '/bureau/suivi', told)
    const found = { dossier: fresh.caseId, rue: '5 place Bellecour', cp: '69002', ville: 'Lyon', source: 'RNE' }
    await guest.submit(await board(), '/bureau/adresse', found)
    const page = await board()
    expect(page.text).toContain('Courriers à renvoyer')
    await guest.submit(page, '/bureau/renvoi', { objet: fresh.id, motif: 'Siège transféré.' })
    const again = (await fileOf(api, fresh.caseId)).documents.find(({ resendOf }) => resendOf === fresh.id)!
    expect(again.letter).toMatch(/^mise-en-demeure/)
    expect([null, fresh.coupon]).not.toContain(await codeOf(api.office, again.id))
    const stale = await guest.submit(page, '/bureau/renvoi', { objet: fresh.id, motif: 'Encore.', cle: 'autre' })
    expect([stale.status, stale.text.includes('déjà été renvoyé')]).toEqual([422, true])
  })

  test('who finds a letter by the code of its coupon is kept among those who read the case', async () => {
    const { fresh } = await open()
    const entered = await api.app.request(`/bureau/entrer?jeton=${await api.token({ role: 'phone', name: 'Luc' })}`)
    const cookie = entered.headers.getSetCookie().join('; ')
    const shown = await api.app.request(`/bureau/coupon?code=${fresh.coupon}`, { headers: { cookie } })
    expect(shown.status).toBe(200)
    await api.flushReadings()
    const readings = await api.sql`
      select door from case_readings where case_id = ${fresh.caseId} and reader = 'phone:Luc'`
    expect(readings).toEqual([{ door: 'bureau' }])
  })

  test('a coupon on paper is entered by its code, and the dispute that it bears is answered', async () => {
    const { fresh, guest, board } = await open()
    expect((await guest.go('/bureau/coupon?code=7K3M-Q2XZ-9T4C')).text).toContain('Aucune lettre ne porte ce code')
    const page = await guest.go(`/bureau/coupon?code=${fresh.coupon.toLowerCase()}`)
    const typed = { kind: 'dispute', motif: 'Deux ramettes manquent.', pieces: new File(['%PDF-1.4 bon'], 'bon.pdf') }
    expect((await guest.submit(page, `/bureau/coupon/${fresh.coupon}`, typed)).text).toContain("C'est enregistré.")
    const [reply] = await api.sql<{ id: string; channel: string }[]>`
      select r.id, x.channel from replies r join disputes x on x.id = r.act_id where r.case_id = ${fresh.caseId}`
    expect(reply!.channel).toBe('coupon papier')
    const shown = await board()
    expect(shown.text).toContain('Deux ramettes manquent.')
    expect(shown.html).toMatch(/href="\/bureau\/contestations\/[^"]+">bon\.pdf</)
    const [dispute] = (await fileOf(api, fresh.caseId)).disputes
    const answer = { dossier: fresh.caseId, objet: dispute!.id, issue: 'maintained', reponse: 'Le bon est signé.' }
    await guest.submit(shown, '/bureau/contestation', answer)
    expect((await fileOf(api, fresh.caseId)).disputes[0]!.answer).toBe('Le bon est signé.')
  })

  test('a coupon on paper that says « not me » suspends the case until a person has looked', async () => {
    const { fresh, guest } = await open()
    const page = await guest.go(`/bureau/coupon?code=${fresh.coupon}`)
    expect(page.text).toContain("Ce n'est pas moi")
    await guest.submit(page, `/bureau/coupon/${fresh.coupon}`, { kind: 'not_me', motif: 'Homonyme, au 5 de la rue.' })
    const replies = await api.sql`select kind, handled_on from replies where case_id = ${fresh.caseId}`
    expect(replies).toEqual([{ kind: 'not_me', handledOn: null }])
    expect(liveHolds(await fileOf(api, fresh.caseId)).map(({ cause }) => cause)).toContain('decision')
  })

  test('each cell has its own gestures, and a forged one is refused', async () => {
    const { fresh, guest, board } = await open('research')
    const page = await board()
    expect(page.html).not.toContain('action="/bureau/appel"')
    const forms = await guest.go('/bureau')
    const jeton = /name="jeton" value="([^"]+)"/.exec(forms.html)![1]!
    const cookie = [...guest.cookies].map(([name, value]) => `${name}=${value}`).join('; ')
    const post = (fields: Record<string, string>) =>
      api.app.request('/bureau/appel', { method: 'POST', body: new URLSearchParams(fields), headers: { cookie } })
    const typed = { ...first, dossier: fresh.caseId, issue: 'message', cle: 'x' }
    expect((await post({ ...typed, jeton })).status).toBe(403)
    expect((await post({ ...typed, jeton: 'x' })).status).toBe(403)
    expect((await fileOf(api, fresh.caseId)).calls).toEqual([])
  })
})

const executablePath = process.env['CHROMIUM'] ?? '/usr/bin/chromium'
const hasChromium = existsSync(executablePath)
if (!hasChromium) console.log(`Skipped: the board in a browser (no Chromium at ${executablePath}; set CHROMIUM).`)

describe.skipIf(!hasChromium)('in a real browser', () => {
  let chrome: Browser
  let base: string
  let close: () => void
  beforeAll(async () => {
    const server = serve({ fetch: api.app.fetch, port: 0, hostname: '127.0.0.1' })
    await new Promise<void>((resolve) => server.once('listening', () => resolve()))
    base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
    close = () => server.close()
    chrome = await chromium.launch({ executablePath, args: ['--no-sandbox'] })
  })
  afterAll(async () => {
    await chrome?.close()
    close?.()
  })

  const shoot = async (page: Page, name: string): Promise<void> => {
    const folder = process.env['SCREENSHOTS']
    if (!folder) return
    mkdirSync(folder, { recursive: true })
    await page.screenshot({ path: join(folder, `${name}.png`), fullPage: true })
  }

  test('the board and a call stand wide and at 390 px, light and dark, by keyboard', async () => {
    const token = () => api.token({ role: 'amicable', name: 'Nour Benali' })
    for (const [width, colorScheme] of [
      [1280, 'light'],
      [390, 'dark'],
      [390, 'light'],
    ] as const) {
      const context = await chrome.newContext({ viewport: { width, height: 900 }, colorScheme })
      const page = await context.newPage()
      await page.goto(`${base}/bureau/entrer?jeton=${await token()}`)
      await shoot(page, `bureau-${width}-${colorScheme}`)
      await page.focus('#q')
      await page.keyboard.type('garage')
      await page.keyboard.press('Enter')
      await page.waitForSelector('text=Que dire')
      const fits = async (name: string): Promise<void> => {
        await shoot(page, `${name}-${width}-${colorScheme}`)
        const wide = await page.evaluate(
          () => document.documentElement.scrollWidth > document.documentElement.clientWidth,
        )
        expect([name, width, wide]).toEqual([name, width, false])
      }
      await fits('bureau-appel')
      await page.click('text=Scripts d’appel')
      await page.waitForSelector('h1:has-text("Scripts d’appel")')
      await page.click('summary:has-text("à ne pas lire")')
      await fits('bureau-scripts')
      await page.click('text=paiement par carte au téléphone')
      await page.waitForSelector('button:has-text("Remplir le script")')
      await fits('bureau-script-a-remplir')
      await page.click('text=Choisir un autre script')
      await page.click('text=appel entrant du débiteur')
      await page.waitForSelector('.script')
      await fits('bureau-script')
      await context.close()
    }
  }, 60_000)
})
