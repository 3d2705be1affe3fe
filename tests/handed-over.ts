import type { Hono } from 'hono'
import { beforeEach } from 'vitest'
import { createApp } from '../api/server.ts'
import { createBailiff, handOver } from '../procedures/judicial/packs/handover.ts'
import { assembleFilingPack, type Pack } from '../procedures/judicial/packs/packs.ts'
import { earliestFiling, openProcedure, recordProcedureEvent } from '../procedures/judicial/procedures.ts'
import type { Day } from '../schema/days.ts'
import { seededRandom } from '../schema/random.ts'
import { secret } from './api.ts'
import { act as written } from './fixtures/pack-sample.ts'
import { day, fileOf, useHouse } from './house.ts'
import { liveToSignature } from './legal.ts'

export const today = '2026-09-15'
export const orderOn = '2026-09-10'

/**
 * An order for payment of 10 September 2026 whose pack for service was handed over to an office on the 15th: for each test, that
 * pack, the office, its link, and the pages as the office opens them.
 */
export function useHandOver(seed: string) {
  const random = seededRandom(seed)
  const house = useHouse(async (made) => {
    const requestId = await liveToSignature(made)
    const open = await openProcedure(made.sql, random, day('2026-07-24'), { requestId }, 'legal')
    const [{ id: caseId }] = await made.sql<[{ id: string }]>`select id from cases`
    const filed = earliestFiling(await fileOf(made, caseId)).on
    const happens = (step: string, on: string, original: string | null, facts = {}) =>
      recordProcedureEvent(
        made.sql,
        random,
        day(on),
        { procedureId: open.id, step, happenedOn: day(on), facts, original },
        'legal',
      )
    await happens('requete', filed.toString(), null)
    const order = await written(made.office.typst, ['Ordonnance portant injonction de payer n° 26/118'])
    await happens('ordonnance', orderOn, await made.office.archive.put(order), { numero: '26/118', montant: '1000.00' })
  })

  const at = {} as { app: Hono; today: Day; procedureId: string; bailiffId: string; pack: Pack; link: string }

  const serving = (on = today) =>
    assembleFilingPack(
      house.office,
      day(on),
      { procedureId: at.procedureId, kind: 'signification', bailiffId: at.bailiffId, reason: 'Reste à joindre.' },
      'legal',
    )

  beforeEach(async () => {
    const clock = { today: () => at.today, now: () => Temporal.Instant.from(`${at.today.toString()}T09:00:00Z`) }
    const identity = {
      adresse: { lignes: ['5 place Bellecour'], codePostal: '69002', ville: 'Lyon', pays: 'FR' },
      email: 'etude@brun.example',
    }
    at.today = day(today)
    at.app = createApp({ office: house.office, sql: house.sql, clock, secret, log: () => {} }).app
    at.procedureId = (await house.sql<{ id: string }[]>`select id from procedures`)[0]!.id
    at.bailiffId = (await createBailiff(house.sql, random, { name: 'SELARL Brun & Associés', identity })).id
    at.pack = await serving()
    const order = { packId: at.pack.id, bailiffId: at.bailiffId }
    const { token } = await handOver(house.sql, random, day(today), order, 'legal')
    at.link = `/etude/lien/${token}`
  })

  const get = (path: string, headers: Record<string, string> = {}) => at.app.request(path, { headers })
  const page = async (path = at.link) => {
    const response = await get(path)
    return {
      status: response.status,
      text: (await response.text()).replaceAll(/[\u00a0\u202f]/g, ' '),
      cookie: response.headers.get('set-cookie')?.split(';')[0] ?? '',
    }
  }
  const post = async (path: string, fields: Record<string, string | File>) => {
    const { text, cookie } = await page()
    const body = new FormData()
    body.set('jeton', /name="jeton" value="([^"]+)"/.exec(text)![1]!)
    for (const [name, value] of Object.entries(fields)) body.set(name, value)
    const response = await at.app.request(`${at.link}${path}`, { method: 'POST', body, headers: { cookie } })
    return { status: response.status, text: await response.text() }
  }
  const act = async (text = 'Acte de signification de l’ordonnance') =>
    new File([(await written(house.office.typst, [text])) as Uint8Array<ArrayBuffer>], 'acte.pdf', {
      type: 'application/pdf',
    })

  return { house, random, at, serving, get, page, post, act }
}
