import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { examples } from '../api/graphql/examples.ts'
import { textOf } from './house.ts'

const executablePath = process.env['CHROMIUM'] ?? '/usr/bin/chromium'
const hasChromium = existsSync(executablePath)
if (!hasChromium) console.log(`Skipped: the tour of README.md (no Chromium at ${executablePath}; set CHROMIUM).`)

/** SCREENSHOTS names a folder where each page is left to be looked at. */
const shots = process.env['SCREENSHOTS']
const root = new URL('../', import.meta.url).pathname
const sample = (name: string): string => join(root, 'samples', name)

/** The tour of README.md, in its order and with its own words: a program, its command line, and a browser. */
describe.skipIf(!hasChromium)('a new user, with README alone', () => {
  let dataDir: string
  let server: ChildProcess
  let base: string
  let adminToken: string
  let chrome: Browser
  const printed: string[] = []
  const complaints: string[] = []

  const environment = () => ({
    ...process.env,
    DATA_DIR: dataDir,
    DATABASE_URL: '',
    PORT: '0',
    BASE_URL: '',
    NODE_ENV: 'development',
    LOG_LEVEL: 'warn',
  })
  /** A command of the line, and what it prints. */
  async function courtois(...args: string[]): Promise<string> {
    const child = spawn(process.execPath, [join(root, 'scripts/courtois.ts'), ...args], { env: environment() })
    let out = ''
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (part: Buffer) => (out += part.toString()))
    const [code] = (await once(child, 'close')) as [number]
    expect(`${args[0]} ${code}\n${code === 0 ? '' : out}`).toBe(`${args[0]} 0\n`)
    return out.trim()
  }
  /** A tab of GraphiQL, with the ids filled in; what it answers, refusals included. */
  async function tab(name: string, input: object = {}): Promise<Record<string, unknown>> {
    const { query, variables } = examples().find((each) => each.name.endsWith(name))!
    const given = JSON.parse(variables!) as { input: object }
    const response = await fetch(`${base}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${adminToken}` },
      body: JSON.stringify({ query, variables: { input: { ...given.input, ...input } } }),
    })
    const { data, errors } = (await response.json()) as {
      data: Record<string, Record<string, unknown>>
      errors?: unknown
    }
    expect([name, errors]).toEqual([name, undefined])
    const [answer] = Object.values(data)
    expect([name, answer!['__typename'], answer!['message']]).toEqual([
      name,
      expect.stringContaining('Payload'),
      undefined,
    ])
    return answer!
  }
  const idOf = (value: unknown): string => (value as { id: string }).id

  beforeAll(async () => {
    dataDir = mkdtempSync(join(tmpdir(), 'courtois-walk-'))
    const { start } = (JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { scripts: { start: string } })
      .scripts
    server = spawn(process.execPath, [...start.split(' ').slice(1), '--day', '2026-10-05'], {
      cwd: root,
      env: environment(),
    })
    server.stderr!.on('data', (part: Buffer) => printed.push(part.toString()))
    for await (const line of createInterface({ input: server.stdout! })) {
      printed.push(line)
      if (line.includes('Un autre rôle')) break
    }
    const [, address = '', token = ''] =
      /GraphQL\s+(http:\/\/[^/]+)\/graphql#token=(\S+)/.exec(printed.join('\n')) ?? []
    if (!token) throw new Error(`the server did not start: ${printed.join('\n')}`)
    ;[base, adminToken] = [address, token]
    chrome = await chromium.launch({ executablePath, args: ['--no-sandbox'] })
  }, 60_000)
  afterAll(async () => {
    await chrome?.close()
    server?.kill('SIGTERM')
    if (server && server.exitCode === null) await once(server, 'close')
    rmSync(dataDir, { recursive: true, force: true })
  })

  async function open(options: BrowserContextOptions = {}): Promise<Page> {
    const context = await chrome.newContext({ viewport: { width: 1280, height: 900 }, locale: 'fr-FR', ...options })
    const page = await context.newPage()
    page.on('console', (message) => {
      if (message.type() === 'error' && !message.text().includes('status of 4')) complaints.push(message.text())
    })
    page.on('pageerror', (error) => complaints.push(error.message))
    return page
  }
  async function shoot(page: Page, name: string): Promise<void> {
    if (!shots) return
    mkdirSync(shots, { recursive: true })
    for (const [width, colorScheme] of [
      [1280, 'light'],
      [390, 'dark'],
    ] as const) {
      await page.setViewportSize({ width, height: 900 })
      await page.emulateMedia({ colorScheme })
      await page.screenshot({ path: join(shots, `tour-${name}-${width}-${colorScheme}.png`), fullPage: true })
    }
    await page.emulateMedia({ colorScheme: null })
    await page.setViewportSize({ width: 1280, height: 900 })
  }
  /** The post's word on each registered letter that waits for it, as the amicable cell enters it on its board. */
  async function delivered(board: Page, on: string, name: string): Promise<void> {
    await board.goto(`${base}/bureau`)
    await board.click('summary:has-text("Noter le suivi de la Poste")')
    const form = board.locator('form[action="/bureau/suivi"]').first()
    await form.locator('[name=etat]').selectOption('Distribuée')
    await form.locator('[name=date]').fill(on)
    await form.locator('[name=numero]').fill('1A 000 000 0000 0')
    await shoot(board, name)
    await form.getByRole('button').click()
    await board.waitForSelector('text=C’est enregistré')
  }

  test('goes from an invoice dropped to an order served', async () => {
    // The agency, a creditor, its agreement.
    await courtois('agency', sample('agence.yaml'))
    const creditorId = idOf((await tab('ouvrir-un-creancier'))['creditor'])
    await tab('enregistrer-la-convention', { creditorId })
    const who = ['--role', 'creditor', '--creditor', creditorId, '--name', 'Inès Roche']
    const entry = new URL(await courtois('token', ...who, '--link'))

    // The creditor enters by its link, which serves nobody a second time, and drops an invoice.
    const creditor = await open()
    const address = `${base}${entry.pathname}${entry.search}`
    await creditor.goto(address)
    await shoot(creditor, '00-entrer')
    await creditor.click('button:has-text("Entrer")')
    await creditor.waitForURL(`${base}/portail`)
    const stranger = await open()
    await stranger.goto(address)
    expect(await stranger.textContent('h1')).toBe('Ce lien a déjà servi')
    await shoot(stranger, '00-deja-servi')
    await stranger.close()
    await shoot(creditor, '01-portail')
    await creditor.click('text=Envoyer une facture')
    await creditor.setInputFiles('#facture', sample('Facture_PR-2026-118.pdf'))
    await creditor.click('text=Lire la facture')
    await creditor.waitForSelector('text=Rien ne manque et rien n’est douteux')
    await creditor.check('text=Un professionnel')
    await shoot(creditor, '02-facture')
    await creditor.click('text=Confier cette facture')
    await creditor.waitForSelector('text=La facture est enregistrée')
    const number = /dossiers\/([\d-]+)/.exec(creditor.url())![1]!

    // The clock goes on: first letter, call, formal notice.
    await courtois('tick', '--until', '2026-10-28')
    await creditor.goto(`${base}/portail/dossiers/${number}`)
    await shoot(creditor, '03-dossier')
    const board = await open()
    await board.goto(`${base}/bureau/entrer?jeton=${adminToken}`)
    await delivered(board, '2026-10-28', '04-bureau-suivi')

    // The debtor disputes by the coupon of the letter, with a file.
    await board.fill('#q', number)
    await board.click('button:has-text("Trouver")')
    await board.click('summary:has-text("Ce qu’il a reçu de nous")')
    await shoot(board, '04-bureau-courriers')
    const letters = await board.$$eval('a[href*="/bureau/courriers/"]', (links) =>
      links.map((link) => ({ href: (link as HTMLAnchorElement).href, text: link.textContent })),
    )
    const { href } = letters.find(({ text }) => /coupon/i.test(text))!
    const printedCoupon = await textOf(new Uint8Array(await (await board.request.get(href)).body()))
    const coupon = /code de réponse ([0-9A-Z]{4}-[0-9A-Z]{4}-[0-9A-Z]{4})/i.exec(printedCoupon)![1]!
    const debtor = await open({ javaScriptEnabled: false })
    await debtor.goto(`${base}/r`)
    await debtor.fill('#code', coupon)
    await debtor.fill('#cp', '69006')
    await debtor.click('text=Continuer')
    await debtor.click('summary:has-text("Je conteste")')
    await debtor.fill('#dispute-motif', 'Six cartouches manquent à la livraison.')
    await debtor.setInputFiles('#dispute-pieces', sample('Facture_PR-2026-118.pdf'))
    await shoot(debtor, '05-coupon')
    await debtor.click('text=Envoyer ma contestation')
    await debtor.waitForSelector('text=Votre réponse est enregistrée')
    await shoot(debtor, '06-coupon-repondu')

    // The creditor answers, with its documents; the agency answers the debtor.
    await creditor.goto(`${base}/portail`)
    await creditor.click(`a[href="/portail/dossiers/${number}/contestation"]`)
    expect(await creditor.textContent('main')).toContain('Facture_PR-2026-118.pdf')
    await creditor.fill('#reponse', 'Le bon de livraison signé porte les six cartouches : tout a été livré.')
    await creditor.setInputFiles('#livraison', sample('Facture_PR-2026-118.pdf'))
    await shoot(creditor, '07-contestation')
    await creditor.click('text=Envoyer ma réponse')
    await creditor.waitForSelector('text=Votre réponse')
    await board.goto(`${base}/bureau#amiable`)
    await board.click('summary:has-text("Répondre à la contestation")')
    const form = board.locator('form[action="/bureau/contestation"]')
    await form.locator('[name=reponse]').fill('Le bon de livraison signé le 10 août porte les six cartouches.')
    await shoot(board, '08-bureau-contestation')
    await form.getByRole('button').click()
    await board.waitForSelector('text=C’est enregistré')

    // The timeline goes on where it stopped, to the last notice and the request for consent.
    await courtois('tick', '--until', '2026-11-20')
    await delivered(board, '2026-11-20', '09-bureau-dernier-avis')
    await courtois('tick', '--until', '2026-12-07')
    await creditor.goto(`${base}/portail`)
    await shoot(creditor, '10-portail-accord')
    await creditor.click('text=Lire et répondre')
    await creditor.fill('#signer-nom', 'Inès Roche')
    await creditor.fill('#signer-qualite', 'présidente')
    await creditor.check('input[name=lu]')
    await shoot(creditor, '11-accord')
    const requestId = /accords\/([^/?]+)/.exec(creditor.url())![1]!
    await creditor.click('text=Signer mon accord')
    await creditor.waitForSelector('text=Accord donné le')

    // The legal cell: application, order, pack for service.
    const procedureId = idOf((await tab('ouvrir-la-procedure', { requestId }))['procedure'])
    await tab('inscrire-un-acte', { procedureId, step: 'requete', happenedOn: '2026-12-07', idempotencyKey: 'a1' })
    await courtois('tick', '--until', '2026-12-21')
    const { uploadId, url } = await tab('envoyer-un-fichier')
    await fetch(String(url), { method: 'PUT', body: readFileSync(sample('Facture_PR-2026-118.pdf')) })
    await tab('inscrire-un-acte', {
      procedureId,
      uploadId,
      step: 'ordonnance',
      happenedOn: '2026-12-18',
      facts: { numero: '26/118' },
      idempotencyKey: 'a2',
    })
    const bailiffId = idOf((await tab('enregistrer-une-etude'))['bailiff'])
    const packId = idOf((await tab('assembler-un-dossier', { procedureId, bailiffId }))['pack'])
    const { link } = await tab('remettre-le-dossier', { packId, bailiffId })

    // The bailiff fetches the pack, gives a receipt, returns the service.
    const bailiff = await open()
    await bailiff.goto(String(link))
    await shoot(bailiff, '12-etude')
    const downloading = bailiff.waitForEvent('download')
    await bailiff.click('text=Le dossier complet')
    const zip = readFileSync((await (await downloading).path())!)
    expect(zip.subarray(0, 2).toString()).toBe('PK')
    await bailiff.reload()
    await bailiff.fill('#recu-nom', 'Maître Brun')
    await bailiff.click('text=Donner le reçu >> nth=-1')
    await bailiff.waitForSelector('text=Reçu donné')
    await bailiff.selectOption('#nature', { index: 1 })
    await bailiff.fill('#date', '2026-12-21')
    await bailiff.check('text=À la personne même')
    await bailiff.setInputFiles('#acte', sample('Facture_PR-2026-118.pdf'))
    await shoot(bailiff, '13-etude-retour')
    await bailiff.click('text=Envoyer la réponse')
    await bailiff.waitForSelector('text=Vos réponses')
    await shoot(bailiff, '14-etude-signifiee')

    // Whom it concerns reads it: on the case, that the order is served.
    await creditor.goto(`${base}/portail/dossiers/${number}`)
    expect((await creditor.textContent('main'))!.toLowerCase()).toContain('signification')
    await shoot(creditor, '15-dossier-signifie')
    expect(complaints).toEqual([])
    expect(printed.join('').includes('"level":50')).toBe(false)
  }, 180_000)
})
