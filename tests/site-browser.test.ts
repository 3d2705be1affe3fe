import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { serve, type ServerType } from '@hono/node-server'
import { type Browser, chromium, type Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { loadLibrary } from '../letters/catalogue.ts'
import { parseDay } from '../schema/days.ts'
import { buildSite } from '../scripts/commands/site.ts'
import { useApi } from './api.ts'

const executablePath = process.env['CHROMIUM'] ?? '/usr/bin/chromium'
const installed = existsSync(executablePath)
if (!installed)
  console.warn(
    `The site is not walked through in a browser: no Chromium at ${executablePath} (set CHROMIUM to its path).`,
  )

const args = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
]
/** A busy machine takes its time: what is waited for is what is shown, not how soon. */
const poll = <T>(look: () => T) => expect.poll(look, { timeout: 30_000 })
const letters = [...loadLibrary().letters.values()]

describe.skipIf(!installed)('the site in a browser (skipped without Chromium)', () => {
  const api = useApi()
  let browser: Browser
  let server: ServerType
  let base: string
  let folder: string
  const noises: string[] = []

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'courtois-walk-'))
    browser = await chromium.launch({ executablePath, args })
    server = serve({ fetch: (request) => api.app.fetch(request), port: 0, hostname: '127.0.0.1' })
    await new Promise((resolve) => server.once('listening', resolve))
    base = `http://127.0.0.1:${(server.address() as AddressInfo).port}/bibliotheque/`
  }, 120_000)
  afterAll(async () => {
    await browser?.close()
    await new Promise((resolve) => server?.close(resolve))
    rmSync(folder, { recursive: true, force: true })
  })

  const open = async (
    path: string,
    options: { width?: number; scheme?: 'light' | 'dark'; from?: string } = {},
  ): Promise<Page> => {
    const page = await browser.newPage({
      viewport: { width: options.width ?? 1200, height: 900 },
      colorScheme: options.scheme ?? 'light',
    })
    page.on('console', (message) => message.type() === 'error' && noises.push(`${page.url()} ${message.text()}`))
    page.on('pageerror', (error) => noises.push(`${page.url()} ${error.message}`))
    await page.goto((options.from ?? base) + path)
    return page
  }
  const status = (page: Page) => page.locator('#etat')

  test('« penalites », typed without accents, finds « pénalités »', async () => {
    const page = await open('index.html')
    await page.getByRole('searchbox').fill('penalites')
    await page.keyboard.press('Enter')
    await page.waitForURL(/courriers\.html\?q=penalites/)
    await page.locator('#resultats mark').first().waitFor()
    expect(await page.locator('#resultats mark').allTextContents()).toContain('pénalités')
    expect(await status(page).textContent()).toMatch(/^\d+ courriers pour « penalites »/)
    await page.close()
  })

  test('filters combine, with each other and with words, and the address keeps them', async () => {
    const page = await open('courriers.html')
    await page.locator('select[name=famille]').selectOption('mise-en-demeure')
    await page.locator('select[name=canal]').selectOption('lrar')
    await page.locator('select[name=destinataire]').selectOption('debiteur-professionnel')
    const expected = letters.filter(
      (letter) =>
        letter.famille === 'mise-en-demeure' &&
        letter.canaux.includes('lrar') &&
        letter.destinataire === 'debiteur-professionnel',
    )
    await poll(() => page.locator('#liste li:visible').count()).toBe(expected.length)
    expect(await status(page).textContent()).toBe(`${expected.length} courrier${expected.length > 1 ? 's' : ''}`)
    expect(page.url()).toContain('famille=mise-en-demeure')

    await page.getByRole('searchbox').fill('penalites')
    await page.locator('#resultats li').first().waitFor()
    await poll(async () => Number.parseInt((await status(page).textContent())!, 10)).toBeLessThanOrEqual(
      expected.length,
    )
    const shown = await page
      .locator('#resultats a')
      .evaluateAll((links) => links.map((link) => link.getAttribute('href')!.replace(/^.*\/|\.html$/g, '')))
    expect(shown.filter((id) => !expected.some((letter) => letter.id === id))).toEqual([])

    await page.reload()
    expect(await page.locator('select[name=famille]').inputValue()).toBe('mise-en-demeure')
    await page.getByRole('button', { name: 'Tout voir' }).click()
    await poll(() => page.locator('#liste li:visible').count()).toBe(letters.length)
    await page.close()
  })

  test('a letter shows what changed in it, word by word', async () => {
    const page = await open('courriers/mise-en-demeure-pro.html#versions')
    const words = page.locator('#versions')
    await words.waitFor()
    const closed = words.locator('details:not([open]) > summary')
    while ((await closed.count()) > 0) await closed.first().click()
    if ((await words.locator('li').count()) > 1)
      expect(await words.locator('ins:visible, del:visible').count()).toBeGreaterThan(0)
    await page.close()
  })

  test('its four cases are chosen with the keyboard, one shown at a time, without a script', async () => {
    const context = await browser.newContext({ javaScriptEnabled: false })
    const page = await context.newPage()
    await page.goto(`${base}courriers/mise-en-demeure-pro.html`)
    const shown = () => page.locator('.sets .paper:visible').count()
    expect(await shown()).toBe(1)
    for (const title of ['Long', 'Minimal', 'Hostile']) {
      await page.getByText(title, { exact: true }).focus()
      await page.keyboard.press('Enter')
      await poll(() => page.locator('.sets details[open] > summary').allTextContents()).toEqual([title])
      expect(await shown()).toBe(1)
    }
    await context.close()
  })

  test('opened from a folder it reads, filters and finds words as well', async () => {
    const out = join(folder, 'site')
    await buildSite({ out, on: parseDay('2026-11-22'), pdf: false, history: false })
    const page = await open('courriers.html?q=penalites', { from: `${pathToFileURL(out).href}/` })
    await page.locator('#resultats li').first().waitFor()
    expect(Number.parseInt((await status(page).textContent())!, 10)).toBeGreaterThan(10)
    await page.locator('select[name=famille]').selectOption('appels')
    const calls = letters.filter(({ famille }) => famille === 'appels').length
    await poll(async () => Number.parseInt((await status(page).textContent())!, 10)).toBeLessThanOrEqual(calls)
    await page.close()
  }, 120_000)

  test('without a script every letter is in the list', async () => {
    const context = await browser.newContext({ javaScriptEnabled: false })
    const page = await context.newPage()
    await page.goto(`${base}courriers.html`)
    expect(await page.locator('#liste li').count()).toBe(letters.length)
    expect(await page.locator('select[name=famille]').isVisible()).toBe(false)
    await context.close()
  })

  test('the keyboard goes first to the skip link, then into the page', async () => {
    const page = await open('courriers/mise-en-demeure-pro.html')
    await page.keyboard.press('Tab')
    expect(await page.evaluate(() => document.activeElement?.textContent)).toBe('Aller au contenu')
    await page.keyboard.press('Enter')
    expect(await page.evaluate(() => document.activeElement?.id)).toBe('contenu')
    await page.close()
  })

  test('on a telephone as on a desk, light or dark, nothing sticks out and every field has a name', async () => {
    const own = `index courriers clauses parcours procedures droit donnees guide parcours/standard droit/interet-legal
      familles/saisie-bancaire clauses/l111-8 procedures/injonction-de-payer procedures/saisie-conservatoire-creances`
    const paths = [...own.split(/\s+/), ...letters.filter((_, i) => i % 60 === 0).map(({ id }) => `courriers/${id}`)]
    for (const [width, scheme] of [
      [390, 'dark'],
      [1200, 'light'],
    ] as const) {
      const page = await open('index.html', { width, scheme })
      for (const path of paths) {
        await page.goto(`${base}${path}.html`)
        const faults = await page.evaluate(() => [
          ...(document.documentElement.scrollWidth > window.innerWidth ? ['wider than the screen'] : []),
          ...[...document.querySelectorAll('svg text')]
            .filter((text) => {
              if (text.getClientRects().length === 0) return false
              const [box, view] = [
                (text as SVGTextElement).getBBox(),
                (text as SVGTextElement).ownerSVGElement!.viewBox.baseVal,
              ]
              return box.x < -0.5 || box.x + box.width > view.width + 0.5 || box.y + box.height > view.height + 1
            })
            .map((text) => `out of its drawing: ${text.textContent}`),
          ...[...document.querySelectorAll('input, select')]
            .filter((field) => (field as HTMLInputElement).labels?.length === 0)
            .map((field) => `no label: ${field.outerHTML}`),
          ...[...document.querySelectorAll('a, button')]
            .filter((each) => !each.textContent?.trim())
            .map((each) => `no name: ${each.outerHTML}`),
        ])
        expect(faults, `${path} at ${width}`).toEqual([])
      }
      await page.close()
    }
  }, 120_000)

  test('no page has anything to complain of in the console', () => {
    expect(noises).toEqual([])
  })
})
