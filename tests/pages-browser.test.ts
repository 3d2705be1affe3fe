import { existsSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { serve } from '@hono/node-server'
import type { AddressInfo } from 'node:net'
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { recordCall } from '../procedures/cases/exchanges/calls.ts'
import { closeCase } from '../procedures/cases/cases.ts'
import { recordDispute } from '../procedures/cases/exchanges/disputes.ts'
import { useApi } from './api.ts'
import { addInvoices, invoice, liveUntil } from './house.ts'
import { noticed } from './pages.ts'

const executablePath = process.env['CHROMIUM'] ?? '/usr/bin/chromium'
const hasChromium = existsSync(executablePath)
if (!hasChromium) console.log(`Skipped: the pages in a browser (no Chromium at ${executablePath}; set CHROMIUM).`)

/** SCREENSHOTS names a folder where each page is left to be looked at. */
const shots = process.env['SCREENSHOTS']

describe.skipIf(!hasChromium)('in a real browser', () => {
  const api = useApi()
  let letter: Awaited<ReturnType<typeof noticed>>
  let chrome: Browser
  let base: string
  let close: () => void
  const complaints: string[] = []

  beforeAll(async () => {
    letter = await noticed(api)
    const server = serve({ fetch: api.app.fetch, port: 0, hostname: '127.0.0.1' })
    await new Promise<void>((resolve) => server.once('listening', () => resolve()))
    base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
    close = () => server.close()
    chrome = await chromium.launch({ executablePath, args: ['--no-sandbox'] })
  }, 120_000)
  afterAll(async () => {
    await chrome?.close()
    close?.()
  })

  async function open(options: BrowserContextOptions = {}): Promise<Page> {
    const context = await chrome.newContext({ viewport: { width: 390, height: 844 }, locale: 'fr-FR', ...options })
    const page = await context.newPage()
    // What the policy of the page stops is told on the console: a page that asks for it is a bug of ours.
    page.on('console', (message) => {
      if (message.type() === 'error' && !message.text().includes('status of 4')) complaints.push(message.text())
    })
    page.on('pageerror', (error) => complaints.push(error.message))
    return page
  }

  /** Nothing wider than the screen, nothing to press under 24 px, one first heading, a name for every field, no label of nothing. */
  async function sound(page: Page, name: string): Promise<void> {
    if (shots) {
      mkdirSync(shots, { recursive: true })
      await page.screenshot({ path: join(shots, `${name}.png`), fullPage: true })
    }
    const faults = await page.evaluate(() => {
      const found: string[] = []
      const root = document.documentElement
      if (root.scrollWidth > root.clientWidth) found.push(`${root.scrollWidth} px wide`)
      if (document.querySelectorAll('h1').length !== 1) found.push('not one h1')
      for (const field of document.querySelectorAll<HTMLInputElement>('input:not([type=hidden]), select, textarea')) {
        if (field.labels?.length === 0) found.push(`${field.name} has no label`)
      }
      for (const each of document.querySelectorAll<HTMLElement>(
        'button, summary, input:not([type=hidden]):not([type=radio]):not([type=checkbox])',
      )) {
        const { height } = each.getBoundingClientRect()
        if (height > 0 && height < 24) found.push(`${each.textContent || each.id} is ${height} px high`)
      }
      for (const cell of document.querySelectorAll('td[data-label]')) {
        const isSaid = getComputedStyle(cell, '::before').content !== 'none'
        const isSeen = getComputedStyle(cell).visibility === 'visible'
        if (cell.textContent === '' && isSaid && isSeen) found.push(`« ${cell.getAttribute('data-label')} » of nothing`)
      }
      return found
    })
    expect([name, faults]).toEqual([name, []])
  }

  test('a letter is verified at 390 px by keyboard alone', async () => {
    const page = await open()
    await page.goto(`${base}/verifier`)
    await sound(page, 'verifier')
    await page.keyboard.press('Tab')
    expect(await page.evaluate(() => document.activeElement?.textContent)).toBe('Aller au contenu')
    await page.keyboard.press('Enter')
    await page.keyboard.press('Tab')
    await page.keyboard.type(letter.code.toLowerCase().replaceAll('-', ''))
    await page.keyboard.press('Enter')
    await page.waitForURL(`${base}/verifier/${letter.code}`)
    expect(await page.textContent('h1')).toBe('Cette lettre vient bien de nous')
    await sound(page, 'verifier-connue')
    await page.goto(`${base}/verifier/7K3M-Q2XZ-9T4C`)
    await sound(page, 'verifier-inconnue')
  })

  test('a debtor answers by keyboard alone, without JavaScript, and finds the answer again', async () => {
    const page = await open({ javaScriptEnabled: false })
    await page.goto(`${base}/r/${letter.coupon}`)
    await page.focus('#cp')
    await page.keyboard.type('69003')
    await page.keyboard.press('Enter')
    await page.waitForSelector('text=Ce qui vous est demandé')
    await page.focus('summary:has-text("Je conteste")')
    await page.keyboard.press('Enter')
    await page.keyboard.press('Tab')
    await page.keyboard.type('Trois cartons manquent à la livraison.')
    await page.keyboard.press('Tab')
    await page.keyboard.type('250,50')
    await page.keyboard.press('Tab')
    await page.keyboard.press('Tab')
    await page.keyboard.press('Enter')
    await page.waitForSelector('text=Votre réponse est enregistrée')
    expect(await page.textContent('main')).toContain('Trois cartons manquent à la livraison.')
    const again = await open()
    await again.goto(`${base}/r/${letter.coupon}`)
    await sound(again, 'coupon-code')
    await again.fill('#cp', '69003')
    await again.click('button')
    await again.waitForSelector('text=Trois cartons manquent')
    await sound(again, 'coupon-repondu')
  })

  test('every answer of the coupon stands at 390 px, light and dark', async () => {
    const other = await noticed(api, {
      number: 'F-2',
      name: 'Établissements Très-Longuement-Dénommés de la Montagne & Fils',
    })
    for (const colorScheme of ['light', 'dark'] as const) {
      const page = await open({ colorScheme })
      await page.goto(`${base}/r/${other.coupon}`)
      await page.fill('#cp', '69003')
      await page.click('button')
      await page.waitForSelector('summary')
      for (const [i, summary] of (await page.locator('summary').all()).entries()) {
        await summary.click()
        await sound(page, `coupon-${colorScheme}-${i + 1}`)
      }
    }
  }, 120_000)

  test('a creditor walks its space, wide and narrow, and drops an invoice', async () => {
    const token = () => api.token({ role: 'creditor', name: 'Inès Roche', creditorId: letter.creditorId })
    const [found] = await api.sql<{ number: string }[]>`select number from cases where id = ${letter.caseId}`
    // One that has no next step stands in the list as well.
    const ended = await addInvoices(api, {
      creditorId: letter.creditorId,
      on: api.today.toString(),
      invoices: [invoice({ number: 'F-3', issued_on: '2026-08-03', due_on: '2026-09-02' })],
      debtor: { name: 'Menuiserie Lenoir' },
    })
    await closeCase(api.sql, api.today, { caseId: ended, reason: 'Accord' }, 'amicable:Essai')
    for (const [width, colorScheme] of [
      [1280, 'light'],
      [390, 'dark'],
      [390, 'light'],
    ] as const) {
      const page = await open({ viewport: { width, height: 900 }, colorScheme })
      await page.goto(`${base}/portail/entrer?jeton=${await token()}`)
      expect(page.url()).toBe(`${base}/portail`)
      await sound(page, `portail-${width}-${colorScheme}`)
      await page.goto(`${base}/portail/dossiers`)
      await sound(page, `dossiers-${width}-${colorScheme}`)
      await page.goto(`${base}/portail/dossiers/${found!.number}`)
      // The picture is cut by nothing: every word of it stays inside its box.
      const outside = await page.$$eval(
        'svg text',
        (texts) =>
          texts.filter((text) => {
            const box = text.getBoundingClientRect()
            return box.width > 0 && box.right > text.closest('svg')!.getBoundingClientRect().right + 1
          }).length,
      )
      expect(outside).toBe(0)
      await sound(page, `dossier-${width}-${colorScheme}`)
      await page.goto(`${base}/portail/factures`)
      await page.setInputFiles('#facture', new URL('../samples/Facture_FR_EN16931.pdf', import.meta.url).pathname)
      await page.click('text=Lire la facture')
      await page.waitForSelector('text=Voici ce que nous lisons')
      await sound(page, `facture-${width}-${colorScheme}`)
    }
  }, 120_000)

  test('the page of a case follows what happens to it, and leaves fold, focus and what is marked where they are', async () => {
    const token = () => api.token({ role: 'creditor', name: 'Inès Roche', creditorId: letter.creditorId })
    const [found] = await api.sql<{ number: string }[]>`select number from cases where id = ${letter.caseId}`
    const page = await open({ viewport: { width: 1280, height: 900 } })
    await page.goto(`${base}/portail/entrer?jeton=${await token()}`)
    const listening = page.waitForResponse(/\/suite$/)
    await page.goto(`${base}/portail/dossiers/${found!.number}`)
    await listening
    await page.evaluate(() => Object.assign(window, { sameDocument: true }))
    const fold = 'summary:has-text("Le calcul des intérêts")'
    await page.click(fold)
    await page.focus('a[href^="/portail/courriers/"]')
    const focused = await page.evaluate(() => document.activeElement?.getAttribute('href'))
    const called = async (summary: string) => {
      const call = { caseId: letter.caseId, calledAt: null, direction: 'incoming' as const, person: null, summary }
      await recordCall(api.sql, api.office.random, api.today, { ...call, outcome: 'message' }, 'phone:Essai')
    }
    await called('Rappellera lundi.')
    await page.waitForSelector('text=Rappellera lundi.')
    expect(await page.textContent('[role=status]')).toBe('Ce dossier vient d’être mis à jour.')
    expect(
      await page.evaluate(() => [
        document.activeElement?.getAttribute('href'),
        document.querySelectorAll('details[open]').length,
        'sameDocument' in window,
      ]),
    ).toEqual([focused, 1, true])
    await sound(page, 'dossier-suivi-1280')

    // What is marked to be copied is not taken away: the next word of the server finds it free again.
    await page.evaluate(() => getSelection()!.selectAllChildren(document.querySelector('h1')!))
    const looked = page.waitForEvent('console', (message) => message.text() === 'looked')
    await page.evaluate(() => {
      const source = new EventSource(document.querySelector<HTMLElement>('[data-live]')!.dataset['live']!)
      const before = document.querySelector<HTMLElement>('[data-live]')!.dataset['mark']!
      source.addEventListener('message', ({ data }) => {
        if (data === before) return
        source.close()
        requestAnimationFrame(() => console.log('looked'))
      })
    })
    await called('A laissé un message.')
    await looked
    expect(await page.textContent('main')).not.toContain('A laissé un message.')
    await page.evaluate(() => getSelection()!.removeAllRanges())
    await called('Demande un délai.')
    await page.waitForSelector('text=Demande un délai.')
    expect(await page.textContent('main')).toContain('A laissé un message.')

    // Whoever left and comes back is told what happened meanwhile.
    await page.goto(`${base}/portail`)
    await called('Confirme son virement.')
    await page.goBack()
    await page.waitForSelector('text=Confirme son virement.')
  }, 120_000)

  test('what a creditor answers, announces, fetches and has reviewed stands narrow and wide', async () => {
    const other = await noticed(api, { number: 'F-4', name: 'Serrurerie Très-Longuement-Dénommée des Monts & Fils' })
    const dispute = {
      caseId: other.caseId,
      channel: 'téléphone',
      ground: 'Trois cartons manquent à la livraison.',
      contested: null,
      answerBy: api.today.add({ days: 8 }),
    }
    await recordDispute(api.sql, api.office.random, api.today, dispute, 'phone:Essai')
    const [found] = await api.sql<{ number: string }[]>`select number from cases where id = ${other.caseId}`
    const token = () => api.token({ role: 'creditor', name: 'Inès Roche', creditorId: other.creditorId })
    for (const [width, colorScheme] of [
      [1280, 'light'],
      [390, 'dark'],
    ] as const) {
      const page = await open({ viewport: { width, height: 900 }, colorScheme })
      await page.goto(`${base}/portail/entrer?jeton=${await token()}`)
      await sound(page, `portail-conteste-${width}`)
      for (const path of [
        `dossiers/${found!.number}/contestation`,
        'annonce',
        'documents',
        'revue?mois=2026-07',
        'factures',
      ]) {
        await page.goto(`${base}/portail/${path}`)
        await sound(page, `${path.split(/[?/]/).at(path.includes('contestation') ? -1 : 0)}-${width}-${colorScheme}`)
      }
    }
    // The answer is given by keyboard alone.
    const page = await open({ javaScriptEnabled: false })
    await page.goto(`${base}/portail/entrer?jeton=${await token()}`)
    await page.goto(`${base}/portail/dossiers/${found!.number}/contestation`)
    await page.focus('#reponse')
    await page.keyboard.type('Tout a été livré.')
    for (let fields = 0; fields < 4; fields++) await page.keyboard.press('Tab')
    await page.keyboard.press('Enter')
    await page.waitForSelector('text=Votre réponse')
    expect(await page.textContent('main')).toContain('Tout a été livré.')
  }, 120_000)

  test('a creditor reads the exact request and signs it, at 390 px', async () => {
    const signed = await noticed(api, { number: 'F-3', name: 'Café Bellecour' })
    await liveUntil(api, '2026-09-05', '2026-09-29')
    const token = () => api.token({ role: 'creditor', name: 'Inès Roche', creditorId: signed.creditorId })
    const page = await open()
    await page.goto(`${base}/portail/entrer?jeton=${await token()}`)
    await sound(page, 'portail-accord-demande')
    await page.click('text=Lire et répondre')
    await page.waitForSelector('text=Ce que vous signez')
    await sound(page, 'accord-a-signer')
    await page.fill('#signer-nom', 'Inès Roche')
    await page.fill('#signer-qualite', 'présidente')
    await page.check('input[name=lu]')
    await page.click('text=Signer mon accord')
    await page.waitForSelector('text=Accord donné le')
    await sound(page, 'accord-signe')
    const [kept] = await api.sql<{ decision: string; signedBy: string }[]>`select decision, signed_by from consents`
    expect(kept).toEqual({ decision: 'given', signedBy: 'Inès Roche' })
  }, 120_000)

  test('nothing was stopped by the policy, and no page threw', () => {
    expect(complaints).toEqual([])
    expect(api.errors).toEqual([])
  })
})
