import { describe, expect, test } from 'vitest'
import { codebtorsNamed } from '../procedures/cases/personal-data/codebtor-data.ts'
import { personalData } from '../procedures/cases/personal-data/personal-data.ts'
import { erase } from '../procedures/retention/erasure.ts'
import { progressOf } from '../procedures/judicial/case-progress.ts'
import { limitsForAll, progressForAll } from '../procedures/judicial/engine/codebtors.ts'
import { requestConsent } from '../procedures/judicial/consents/consent-requests.ts'
import { watchDeadlines } from '../procedures/judicial/deadlines/deadline-alerts.ts'
import { readProcedureEvents } from '../procedures/judicial/open-procedures.ts'
import { loadProcedure } from '../procedures/judicial/engine/procedure.ts'
import { openProcedure, recordProcedureEvent } from '../procedures/judicial/procedures.ts'
import { stepDeadlines } from '../procedures/judicial/engine/time-limits.ts'
import { purge } from '../procedures/retention/purge.ts'
import { seededRandom } from '../schema/random.ts'
import { sign } from './legal.ts'
import { day, fileOf, liveToConsent, useHouse } from './house.ts'

const procedure = loadProcedure('injonction-de-payer')
const told = { juridiction: 'commerce', demeure: 'metropole' }
const happened = (step: string, on: string, facts: Record<string, unknown> = {}) => ({
  id: `${step} ${on} ${String(facts['debiteur'])}`,
  step,
  on: day(on),
  facts: { ...told, ...facts },
})
const both = [
  happened('requete', '2026-08-03'),
  happened('ordonnance', '2026-09-01', { codebiteurs: ['Marc Bonnet'] }),
  happened('signification', '2026-10-15', { aPersonne: true }),
]
const served = happened('signification', '2026-11-20', {
  debiteur: 'Marc BONNET',
  aPersonne: true,
  demeure: 'metropole',
})
const shown = (limits: { title: string; expires: { toString(): string } }[]) =>
  limits.map(({ title, expires }) => `${title}: ${expires.toString()}`)

describe('an order against two debtors', () => {
  test('leaves the second its three months, whatever was served on the first', () => {
    const { due, closed } = progressForAll(procedure, both, day('2026-11-10'))
    // The month of the first ends on Sunday 15 November; the order was made on 1 September.
    expect(shown(due)).toEqual([
      'Former opposition: 2026-11-16',
      'Signifier l’ordonnance à chaque débiteur (Marc Bonnet): 2026-12-01',
    ])
    expect(closed).toBeNull()
  })

  test('gives each a month of opposition and two months before enforcement, from its own service', () => {
    const events = [...both, served]
    const limits = limitsForAll(procedure, events, (own) => stepDeadlines(procedure, own, {}))
    expect(shown(limits.filter(({ step }) => step === 'opposition' || step === 'execution'))).toEqual([
      'Former opposition: 2026-11-16',
      'Attendre deux mois, sans avis d’opposition du greffe: 2026-12-15',
      'Former opposition (Marc Bonnet): 2026-12-21',
      'Attendre deux mois, sans avis d’opposition du greffe (Marc Bonnet): 2027-01-20',
    ])
    const { done, due } = progressForAll(procedure, events, day('2026-11-25'))
    expect(done.map(({ title }) => title)).toContain('Signification de l’ordonnance à chaque débiteur (Marc Bonnet)')
    expect(shown(due)).toEqual(['Former opposition (Marc Bonnet): 2026-12-21'])
  })

  test('is non avenue against the one that was not served in time, and stands against the other', () => {
    const { closed, doubts } = progressForAll(procedure, both, day('2026-12-02'))
    expect(closed).toBeNull()
    const [said] = doubts.filter(({ code }) => code === 'closed_for_codebtor')
    expect(said!.message).toContain(
      'À l’égard de Marc Bonnet\u00a0: ordonnance non avenue depuis le 2\u00a0décembre\u00a02026',
    )
  })

  test('does not lengthen by distance for one because the other lives overseas', () => {
    const far = both.map((event) => ({ ...event, facts: { ...event.facts, demeure: 'outre-mer' } }))
    const limits = limitsForAll(procedure, [...far, served], (own) => stepDeadlines(procedure, own, {}))
    expect(shown(limits.filter(({ id }) => id.startsWith('opposition')))).toEqual([
      'Former opposition: 2026-12-15',
      'Former opposition (Marc Bonnet): 2026-12-21',
    ])
  })
})

const random = seededRandom('codebtors')
const house = useHouse(async (made) => void (await liveToConsent(made)))

describe('recorded in a case', () => {
  const happens = (
    procedureId: string,
    step: string,
    on: string,
    more: Partial<Parameters<typeof recordProcedureEvent>[3]> = {},
  ) =>
    recordProcedureEvent(
      house.sql,
      random,
      day('2026-11-25'),
      { procedureId, step, happenedOn: day(on), ...more },
      'legal',
    )
  const ordered = async () => {
    const [{ id: caseId }] = await house.sql<[{ id: string }]>`select id from cases`
    const request = await requestConsent(house.office, house.sql, day('2026-07-29'), {
      file: await fileOf(house, caseId),
      procedure: 'injonction-de-payer',
      ceiling: 30_000n,
      expiresOn: day('2026-08-28'),
      author: 'test',
    })
    await sign(house, '2026-07-29', request)
    const { id } = await openProcedure(house.sql, random, day('2026-07-29'), { requestId: request.id }, 'legal')
    await happens(id, 'requete', '2026-08-03')
    await happens(id, 'ordonnance', '2026-09-01', { facts: { codebiteurs: ['Marc Bonnet', 'SCI du Pont'] } })
    return id
  }

  test('each is served once, on one day or another, and a correction stays with its debtor', async () => {
    const id = await ordered()
    await happens(id, 'signification', '2026-10-15', { facts: { aPersonne: true } })
    await happens(id, 'signification', '2026-10-15', { facts: { aPersonne: true, debiteur: 'Marc Bonnet' } })
    const again = happens(id, 'signification', '2026-10-16', { facts: { debiteur: 'marc bonnet' } })
    await expect(again).rejects.toMatchObject({ code: 'event_already_recorded' })
    const rows = await readProcedureEvents(house.sql, id)
    const his = rows.find(({ facts }) => facts['debiteur'] === 'Marc Bonnet')!
    await happens(id, 'signification', '2026-10-20', { corrects: his.id, facts: { aPersonne: true } })
    const { due, late } = await progressOf(house.sql, { id }, day('2026-11-17'))
    expect(shown(due)).toEqual([
      'Former opposition (Marc Bonnet): 2026-11-20',
      'Signifier l’ordonnance à chaque débiteur (SCI du Pont): 2026-12-01',
    ])
    expect(late).toEqual([])
  })

  test('one of them who asks what is known of him gets the acts that name him, and nothing of the others', async () => {
    const id = await ordered()
    await happens(id, 'signification', '2026-10-15', { facts: { aPersonne: true } })
    await happens(id, 'signification', '2026-10-16', { facts: { aPersonne: false, debiteur: 'Marc Bonnet' } })
    expect(await codebtorsNamed(house.sql, 'Bonnet')).toEqual([])
    const codebtors = await codebtorsNamed(house.sql, ' marc BONNET ')
    expect(codebtors).toMatchObject([{ cases: [{ number: '2026-0001' }] }])
    const given = await personalData(house.office, day('2026-11-25'), [], 'legal', codebtors)
    const data = new TextDecoder().decode(given['donnees.json'])
    const { personnes } = JSON.parse(data) as { personnes: unknown[] }
    expect(personnes).toMatchObject([
      {
        qualite: 'codébiteur',
        dossiers: [
          {
            numero: '2026-0001',
            procedures: [
              {
                actes: [
                  { etape: 'ordonnance', le: '2026-09-01' },
                  { etape: 'signification', le: '2026-10-16', donnees: { aPersonne: false } },
                ],
              },
            ],
          },
        ],
      },
    ])
    for (const other of ['SCI du Pont', 'Garage du Pont', '2026-10-15']) expect(data).not.toContain(other)
    expect(await house.sql`select kind, author from events order by seq desc limit 1`).toEqual([
      { kind: 'personal_data_given', author: 'legal' },
    ])
  })

  test('one of them who asks to be erased is told why nothing goes yet, and a waiver changes nothing', async () => {
    await ordered()
    const codebtors = await codebtorsNamed(house.sql, 'Marc Bonnet')
    const asked = { debtorIds: [], codebtors, waiver: 'erreur de personne', keep: true }
    const open = await erase(house.office, day('2026-11-25'), asked, 'legal')
    expect(open.cases).toMatchObject([{ number: '2026-0001', erased: false, kept: [{ what: 'ouvert' }] }])
    await house.sql`update cases set closed_on = '2026-11-26', closed_why = 'Créance abandonnée'`
    const { cases, purged } = await erase(house.office, day('2026-11-27'), asked, 'legal')
    expect(cases).toMatchObject([{ erased: false, kept: [{ what: 'titre', until: day('2036-11-26') }, {}] }])
    expect(purged).toMatchObject({ cases: [], rows: {} })
    expect(await codebtorsNamed(house.sql, 'Marc Bonnet')).toHaveLength(1)
    await purge(house.office, day('2036-11-28'), { until: day('2036-11-28'), keep: true }, 'purge')
    expect(await codebtorsNamed(house.sql, 'Marc Bonnet')).toEqual([])
    const [left] = await house.sql<{ rows: bigint }[]>`
      select count(*) as rows from events where detail::text ilike '%bonnet%'`
    expect(left!.rows).toBe(0n)
  })

  test('what concerns them all names nobody, and no correction passes from one to another', async () => {
    const id = await ordered()
    const filed = happens(id, 'copie-executoire', '2026-09-02', { facts: { debiteur: 'Marc Bonnet' } })
    await expect(filed).rejects.toMatchObject({ code: 'not_by_debtor' })
    const listed = happens(id, 'copie-executoire', '2026-09-02', { facts: { codebiteurs: 'Marc Bonnet' } })
    await expect(listed).rejects.toMatchObject({ code: 'bad_codebtors' })
    await happens(id, 'signification', '2026-10-15', { facts: { aPersonne: true } })
    const [own] = (await readProcedureEvents(house.sql, id)).filter(({ step }) => step === 'signification')
    const passed = happens(id, 'signification', '2026-10-16', { corrects: own!.id, facts: { debiteur: 'Marc Bonnet' } })
    await expect(passed).rejects.toMatchObject({ code: 'other_debtor' })
  })

  test('the legal cell is told of each time limit by the name of its debtor', async () => {
    const id = await ordered()
    await watchDeadlines(house.sql, day('2026-11-25'), [id])
    const told = await house.sql<
      { what: string }[]
    >`select what from deadline_alerts where over_on is null order by what`
    expect(told.map(({ what }) => /\((Marc Bonnet|SCI du Pont)\)/.exec(what)?.[1] ?? 'the debtor')).toEqual([
      'the debtor',
      'Marc Bonnet',
      'SCI du Pont',
    ])
  })
})
