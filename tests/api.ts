import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Hono } from 'hono'
import { afterAll, beforeAll } from 'vitest'
import { signToken, type Viewer } from '../api/auth.ts'
import type { RequestLine } from '../api/request-log.ts'
import { createApp, type App } from '../api/server.ts'
import { openAgency } from '../scripts/demo/people.ts'
import { openOffice } from '../scripts/office.ts'
import { parseDay, type Day } from '../schema/days.ts'
import { connect } from '../schema/db.ts'
import { seededRandom } from '../schema/random.ts'
import { useDatabase } from './database.ts'
import { addInvoices, creditorOf, type House, invoice } from './house.ts'

export interface Answer {
  status: number
  body: {
    // oxlint-disable-next-line typescript/no-explicit-any -- the shape is the query's, and each test looks into its own
    data?: any
    errors?: { message: string; extensions?: { code?: string; remedy?: string } }[]
  }
}

export interface TestApi extends House {
  app: Hono
  today: Day
  /** Statements sent to the database since the last look. */
  statements(): string[]
  errors: unknown[]
  /** What the log was told of each request. */
  lines: RequestLine[]
  /** Writes down who read what so far. */
  flushReadings(): Promise<void>
  token(viewer: Partial<Viewer>): Promise<string>
  ask(viewer: Partial<Viewer> | null, query: string, variables?: object): Promise<Answer>
}

export const secret = new TextEncoder().encode('a secret for tests only, of no use elsewhere')
export const now = Temporal.Instant.from('2026-09-30T09:00:00Z')

/** The whole server on a database of its own, on a fixed day, without listening to anything. `alone`: as in `useDatabase`. */
export function useApi(
  options: { today?: string; production?: boolean; maxUpload?: number; alone?: boolean } = {},
): TestApi {
  const database = useDatabase(options)
  const api = {} as TestApi
  let opened: App
  let folder: string
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'courtois-api-'))
    const seen: string[] = []
    const sql = connect(database.url, { max: 4, onquery: (text) => seen.push(text) })
    const office = await openOffice({ sql, dataDir: folder, random: seededRandom('api'), baseUrl: 'http://api.test' })
    const today = parseDay(options.today ?? '2026-09-30')
    const errors: unknown[] = []
    const lines: RequestLine[] = []
    opened = createApp({
      office,
      sql,
      clock: { today: () => today, now: () => now },
      secret,
      production: options.production ?? false,
      log: (error) => errors.push(error),
      onRequest: (line) => lines.push(line),
      ...(options.maxUpload ? { maxUpload: options.maxUpload } : {}),
    })
    const token = (viewer: Partial<Viewer>) =>
      signToken(secret, { role: 'admin', name: 'Essai', creditorId: null, bailiffId: null, ...viewer }, now)
    Object.assign(api, {
      app: opened.app,
      office,
      sql,
      url: database.url,
      dir: folder,
      today,
      errors,
      lines,
      flushReadings: () => opened.house.readings.flush(),
      token,
      statements: () => seen.splice(0),
      ask: async (viewer: Partial<Viewer> | null, query: string, variables?: object): Promise<Answer> => {
        const response = await opened.app.request('/graphql', {
          method: 'POST',
          headers: {
            'content-type': 'application/json',
            ...(viewer ? { authorization: `Bearer ${await token(viewer)}` } : {}),
          },
          body: JSON.stringify({ query, variables }),
        })
        return { status: response.status, body: (await response.json()) as Answer['body'] }
      },
    })
  })
  afterAll(async () => {
    await opened.close()
    await api.sql.end({ timeout: 5 })
    await api.office.typst.close()
    rmSync(folder, { recursive: true, force: true })
  })
  return api
}

/** Two creditors with a case each: the one who asks, and the one whose case he must not see. */
export async function openTwoCases(
  house: House,
  on: string,
  debtors = ['Garage du Pont', 'Imprimerie Delmas'],
): Promise<{ creditorId: string; caseId: string }[]> {
  await openAgency(house.sql, parseDay(on))
  const opened = []
  for (const [i, name] of debtors.entries()) {
    const number = `${'AB'[i]}-1`
    const creditorId = await creditorOf(house, parseDay(on), { name: `Créancier ${number}` })
    const buyer = { name, address: { lines: ['3 rue de la Gare'], postal_code: '69003', city: 'Lyon', country: 'FR' } }
    const invoices = [invoice({ number, issued_on: '2026-08-01', due_on: '2026-08-31', buyer })]
    opened.push({ creditorId, caseId: await addInvoices(house, { creditorId, on, invoices }) })
  }
  return opened
}
