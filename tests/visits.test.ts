import { describe, expect, test } from 'vitest'
import { pathPicture } from '../api/pages/portal-path.ts'
import { drain } from '../procedures/jobs/work.ts'
import { submitInvoice } from '../procedures/cases/intake/submissions.ts'
import { type Commitment, recordVisit } from '../procedures/cases/exchanges/visits.ts'
import { caseFacts } from '../procedures/cases/file/facts.ts'
import { readAgency } from '../procedures/cases/agency.ts'
import { writeByHand } from '../procedures/mail/hand-letters.ts'
import { workToday } from '../procedures/work-today.ts'
import { openAgency } from '../scripts/demo/people.ts'
import { creditorOf, day, fileOf, invoice, liveHolds, liveUntil, textOf, useHouse } from './house.ts'

const house = useHouse()

/** A subscription due on 10 June 2026, whose scenario orders a visit: in France on 29 June, in Antananarivo on 22 June. */
async function open(scenario: 'abonnement' | 'abonnement-mg'): Promise<string> {
  const on = day('2026-05-20')
  const isHere = scenario === 'abonnement'
  await openAgency(house.sql, on)
  const creditorId = await creditorOf(house, on, { scenario })
  const there = { lines: ['Lot II M 45 Ampandrana'], postal_code: '101', city: 'Antananarivo', country: 'MG' }
  const bill = { number: 'F-1', issued_on: '2026-05-11', due_on: '2026-06-10' }
  const read = invoice(
    isHere ? bill : { ...bill, currency: 'MGA', total: '2350000.00', buyer: { name: 'Hotely Rasoa', address: there } },
  )
  const original = await house.office.archive.put(new TextEncoder().encode('%PDF'))
  const submission = {
    creditorId,
    invoices: [{ read, original: isHere ? null : original }],
    debtor: { kind: 'business' as const },
    ...(isHere ? {} : { zone: 'madagascar' as const }),
  }
  return (await submitInvoice(house.sql, house.office.random, on, submission, 'test')).case.id
}

const paper = { by: 'Jean Pont', original: 'c'.repeat(64) }
const visit = (
  caseId: string,
  on: string,
  commitment?: Omit<Commitment, 'means'>,
  more: Partial<Parameters<typeof recordVisit>[3]> = {},
) =>
  recordVisit(
    house.sql,
    house.office.random,
    day(on),
    {
      caseId,
      visitedOn: day(on),
      visitedAt: '14:30',
      agent: 'Rivo Rakoto',
      place: '3 rue de la Gare, 69003 Lyon',
      person: 'le gérant',
      outcome: commitment ? 'engagement' : 'absent',
      summary: commitment ? 'Il s’engage à payer une part.' : 'Personne sur place.',
      ...(commitment ? { commitment: { ...commitment, means: 'virement' } } : {}),
      ...more,
    },
    'phone:Essai',
  )
const due = async (on: string) =>
  (await workToday(house.sql, day(on), { kinds: ['visit'], seesDeadlines: false })).map(
    ({ onDay, what, documentId }) => ({ on: onDay.toString(), what, paper: documentId !== null }),
  )
const factsOf = async (caseId: string, on: string) =>
  // oxlint-disable-next-line typescript/no-explicit-any -- the facts of a letter, of which each test looks into its own
  caseFacts(await fileOf(house, caseId), await readAgency(house.sql), day(on), {} as never) as any

describe('a commitment brought back from a visit', () => {
  test('and signed on the spot is attested that day: limitation starts anew, and no form leaves', async () => {
    const caseId = await open('abonnement')
    await liveUntil(house, '2026-05-20', '2026-06-30')
    const signed = { amount: 40_000n, dueOn: day('2026-07-10'), signed: paper }
    await visit(caseId, '2026-07-01', signed, { visitedOn: day('2026-06-30') })
    await drain(house.office, house.url)
    const file = await fileOf(house, caseId)
    expect(file.promises).toMatchObject([
      { promisedOn: day('2026-06-30'), attestedOn: day('2026-06-30'), attestedBy: 'Jean Pont', confirmationId: null },
    ])
    expect(await house.sql`select means, original from promise_attestations`).toEqual([
      { means: 'sur-place', original: paper.original },
    ])
    expect(file.case.limitationOn.toString()).toBe('2031-06-30')
    expect(liveHolds(file)).toMatchObject([{ cause: 'promesse', reviewOn: day('2026-07-11') }])
    expect(file.documents.some(({ letter }) => letter === 'engagement-promesse-attestee')).toBe(false)
  })

  test('and only said is confirmed in writing like one by telephone, and acknowledges nothing yet', async () => {
    const caseId = await open('abonnement')
    await liveUntil(house, '2026-05-20', '2026-06-30')
    await visit(caseId, '2026-07-01', { amount: 40_000n, dueOn: day('2026-07-10') }, { visitedOn: day('2026-06-30') })
    await drain(house.office, house.url)
    const file = await fileOf(house, caseId)
    const form = file.documents.find(({ letter }) => letter === 'engagement-promesse-attestee')!
    expect(file.promises).toMatchObject([{ attestedOn: null, confirmationId: form.id }])
    expect(await textOf(await house.office.archive.get(form.sha256))).toContain('Le 30 juin 2026, vous avez promis')
    expect(file.case.limitationOn.toString()).toBe('2031-06-10')
  })
})

describe('a visit that was ordered', () => {
  test('is in the work of the day with its papers, and on the creditor’s path, until somebody has recorded it', async () => {
    const caseId = await open('abonnement')
    await liveUntil(house, '2026-05-20', '2026-06-29')
    const path = async () => String(pathPicture(await fileOf(house, caseId))).replaceAll(/<[^>]+>|\s+/g, ' ')
    const ordered = { on: '2026-06-29', what: 'Garage du Pont : 3 rue de la Gare, 69003 Lyon', paper: true }
    expect(await due('2026-06-29')).toEqual([ordered])
    expect(await due('2026-07-14')).toEqual([])
    expect(await path()).toMatch(/À faire depuis le/)
    await visit(caseId, '2026-06-30', undefined, { stepKey: 'visite' })
    expect(await due('2026-06-30')).toEqual([])
    expect(await path()).not.toMatch(/À faire depuis le/)
  })

  test('waits while the case does', async () => {
    const caseId = await open('abonnement')
    await liveUntil(house, '2026-05-20', '2026-06-29')
    await house.sql`
      insert into holds (id, case_id, cause, reason, from_on, review_on, placed_by)
      values (gen_random_uuid(), ${caseId}, 'decision', 'Attendre.', '2026-06-29', '2026-07-10', 'test')`
    expect(await due('2026-06-30')).toEqual([])
  })
})

describe('a visit that was made', () => {
  test('is a part of the case: told among the steps taken, and quoted by what follows', async () => {
    const caseId = await open('abonnement')
    await liveUntil(house, '2026-05-20', '2026-06-30')
    await visit(caseId, '2026-06-30', undefined, { stepKey: 'visite' })
    const file = await fileOf(house, caseId)
    const step = file.steps.find(({ key }) => key === 'visite')!
    expect(file.visits).toMatchObject([{ stepId: step.id, agent: 'Rivo Rakoto', outcome: 'absent' }])
    const facts = await factsOf(caseId, '2026-07-06')
    const told = { date: '2026-06-30', canal: 'visite sur place', resultat: 'Personne sur place' }
    expect(facts.actionsRealisees).toContainEqual(told)
    expect(facts.relancesAnterieures).toContainEqual(told)
    expect(facts.agent).toEqual({ nom: 'Rivo Rakoto' })
    expect(facts.visite).toEqual({
      date: '2026-06-30',
      heure: '14 h 30',
      lieu: '3 rue de la Gare, 69003 Lyon',
      personne: 'le gérant',
      constat: 'Personne sur place',
      resultat: 'aucune rencontre',
    })
  })

  test('is not the one that a letter proposes next', async () => {
    const caseId = await open('abonnement')
    await liveUntil(house, '2026-05-20', '2026-06-29')
    await visit(caseId, '2026-06-29', undefined, { stepKey: 'visite' })
    const facts = { visite: { date: '2026-07-09' }, agent: { nom: 'Lova Rabe' }, delaiJours: 3 }
    const order = { caseId, letter: 'visite-proposition-rendez-vous', channel: 'lettre', facts, dryRun: false }
    await writeByHand(house.office, day('2026-07-03'), order, 'amicable:Essai')
    const proposed = (await fileOf(house, caseId)).documents.find(({ letter }) => letter === order.letter)!
    const text = await textOf(await house.office.archive.get(proposed.sha256))
    expect(text).toContain('9 juillet 2026')
    expect(text).not.toContain('29 juin 2026')
  })

  test('is quoted by the Malagasy letters that follow, with what was signed there and not kept', async () => {
    const caseId = await open('abonnement-mg')
    await liveUntil(house, '2026-05-20', '2026-06-22')
    const signed = { amount: 100_000_000n, dueOn: day('2026-06-26'), signed: paper }
    await visit(caseId, '2026-06-23', signed, { place: 'Ampandrana' })
    await liveUntil(house, '2026-06-23', '2026-07-20')
    const file = await fileOf(house, caseId)
    const textsOf = async (key: string) =>
      textOf(await house.office.archive.get(file.documents.find(({ stepKey }) => stepKey === key)!.sha256))
    const first = await textsOf('premiere')
    expect(first).toContain('Nous nous sommes présentés le 23 juin 2026')
    for (const text of [first, await textsOf('deuxieme')])
      expect(text).toContain(
        'Le gérant nous a promis, le 23 juin 2026, lors de notre visite, le paiement de 1 000 000 Ar',
      )
  })
})
