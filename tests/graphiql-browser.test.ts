import { existsSync, mkdirSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { serve } from '@hono/node-server'
import { type Browser, chromium, type Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { examples } from '../api/graphql/examples.ts'
import { useApi } from './api.ts'
import { invoice, openCase } from './house.ts'

const executablePath = process.env['CHROMIUM'] ?? '/usr/bin/chromium'
const hasChromium = existsSync(executablePath)
if (!hasChromium) console.log(`Skipped: GraphiQL in a browser (no Chromium at ${executablePath}; set CHROMIUM).`)
const shots = process.env['SCREENSHOTS']

describe.skipIf(!hasChromium)('GraphiQL in a real browser', () => {
  const api = useApi()
  let chrome: Browser
  let page: Page
  let close: () => void
  const complaints: string[] = []

  beforeAll(async () => {
    await openCase(api, {
      on: '2026-09-01',
      invoices: [invoice({ number: 'F-1', issued_on: '2026-08-01', due_on: '2026-08-31' })],
    })
    const server = serve({ fetch: api.app.fetch, port: 0, hostname: '127.0.0.1' })
    await new Promise<void>((resolve) => server.once('listening', () => resolve()))
    close = () => server.close()
    chrome = await chromium.launch({ executablePath, args: ['--no-sandbox'] })
    page = await chrome.newPage({ viewport: { width: 1280, height: 900 }, locale: 'fr-FR' })
    page.on('console', (message) => {
      if (message.type() === 'error') complaints.push(message.text())
    })
    page.on('pageerror', (error) => complaints.push(error.message))
    const token = await api.token({ role: 'legal', name: 'Claire Vasseur' })
    await page.goto(`http://127.0.0.1:${(server.address() as AddressInfo).port}/graphql#token=${token}`)
    await page.waitForSelector('.graphiql-query-editor .view-lines')
  }, 120_000)
  afterAll(async () => {
    await chrome?.close()
    close?.()
  })

  const shoot = async (name: string): Promise<void> => {
    if (!shots) return
    mkdirSync(shots, { recursive: true })
    await page.screenshot({ path: join(shots, `graphiql-${name}.png`) })
  }

  test('opens with every example in a tab, and goes from one to another', async () => {
    const tabs = page.locator('.graphiql-tab-button')
    expect(await tabs.count()).toBe(examples().length)
    await shoot('open')
    for (const at of [1, 3, 0]) {
      await tabs.nth(at).click()
      const [, operation] = /(?:query|mutation|subscription) (\w+)/.exec(examples()[at]!.query)!
      await page.waitForSelector(`.graphiql-query-editor .view-lines:has-text("${operation}")`)
    }
  })

  test('runs a query as who the link says, and shows the answer', async () => {
    // GraphiQL reads the tab's operation a moment after it has shown it: pressed before that, it asks for the one of the last tab.
    const answer = page.locator('.graphiql-response .view-lines:has-text("Claire Vasseur")')
    const press = async () => {
      await page.click('button[aria-label^="Execute query"]')
      return answer.isVisible()
    }
    await expect.poll(press, { timeout: 30_000, interval: 500 }).toBe(true)
    await shoot('answer')
  })

  test('shows the documentation of the schema, down to a field', async () => {
    await page.click('button[aria-label="Show Documentation Explorer"]')
    await page.waitForSelector('.graphiql-doc-explorer')
    await page.click('.graphiql-doc-explorer a:has-text("Query")')
    await page.waitForSelector('.graphiql-doc-explorer :text("workToday")')
    await shoot('docs')
  })

  test('nothing was stopped by the policy of the page, and nothing threw', () => {
    expect(complaints).toEqual([])
    expect(api.errors).toEqual([])
  })
})
