import { describe, expect, test } from 'vitest'
import { adjustStep, chooseScenario } from '../procedures/amicable/choose.ts'
import type { Move } from '../procedures/amicable/change.ts'
import { placeHold, releaseHold } from '../procedures/cases/holds.ts'
import { closeCase } from '../procedures/cases/cases.ts'
import { submitInvoice } from '../procedures/cases/intake/submissions.ts'
import { openAgency } from '../scripts/demo/people.ts'
import { examine } from '../procedures/doctor/doctor.ts'
import {
  creditorOf,
  day,
  done,
  fileOf,
  invoice,
  liveUntil,
  openCase,
  ordinary,
  planned,
  toDebtor,
  useHouse,
} from './house.ts'

const house = useHouse()
// Due on Wednesday 10 June 2026, opened on the 1st.
const open = (kind: 'business' | 'consumer' | 'public' = 'business') =>
  openCase(house, {
    on: '2026-06-01',
    kind,
    invoices: [ordinary()],
  })
const choose = (caseId: string, on: string, scenario: string, dryRun = false) =>
  chooseScenario(
    house.sql,
    house.office.random,
    day(on),
    { caseId, scenario, reason: 'Client abonné.', dryRun },
    'test',
  )
const adjust = (on: string, input: Omit<Parameters<typeof adjustStep>[3], 'reason'>) =>
  adjustStep(house.sql, house.office.random, day(on), { reason: 'Demande du créancier.', ...input }, 'test')
const shown = (moves: Move[]) =>
  moves.map((move) => `${move.key} ${move.change}${move.from ? ` ${move.from}` : ''}${move.to ? ` → ${move.to}` : ''}`)

describe('another scenario', () => {
  test('shows what it will move before it is kept, and keeps exactly that', async () => {
    const caseId = await open()
    await liveUntil(house, '2026-06-01', '2026-06-27') // rappel, cordiale, appel are done
    const before = await fileOf(house, caseId)
    const moves = await choose(caseId, '2026-06-27', 'abonnement', true)
    expect(await fileOf(house, caseId)).toEqual(before)
    expect(shown(moves)).toEqual([
      'visite added → 2026-07-03',
      'relance added → 2026-07-11',
      'pieces added → 2026-07-23',
      'demeure.prevenir moved 2026-06-29 → 2026-07-30',
      'demeure moved 2026-07-04 → 2026-08-04',
      'judiciaire moved 2026-07-28 → 2026-08-26',
      'dernier-appel skipped 2026-07-13',
      'dernier-avis skipped 2026-07-20',
    ])
    expect(shown(await choose(caseId, '2026-06-27', 'abonnement'))).toEqual(shown(moves))
    const file = await fileOf(house, caseId)
    expect(file.case.scenario).toBe('abonnement')
    expect(done(file)).toEqual(done(before))
    expect(file.documents).toEqual(before.documents)
    expect(planned(file)).toEqual(moves.flatMap((move) => (move.to ? [`${move.key} ${move.to}`] : [])))
    expect(
      await house.sql`select detail ->> 'from' as was, detail ->> 'reason' as reason from events where kind = 'scenario_chosen'`,
    ).toEqual([{ was: 'standard', reason: 'Client abonné.' }])
    await liveUntil(house, '2026-06-28', '2026-07-12')
    expect(done(await fileOf(house, caseId)).slice(3)).toEqual(['visite 2026-07-03', 'relance 2026-07-11'])
    expect(await examine(house.office, day('2026-07-12'))).toEqual([])
  })

  test('and back again: what was left out returns, what was done does not', async () => {
    const caseId = await open()
    await liveUntil(house, '2026-06-01', '2026-06-27')
    const before = planned(await fileOf(house, caseId))
    await choose(caseId, '2026-06-27', 'abonnement')
    await choose(caseId, '2026-06-27', 'standard')
    expect(planned(await fileOf(house, caseId))).toEqual(before)
  })

  test('before the first letter keeps the first letter first', async () => {
    const caseId = await open('consumer')
    await choose(caseId, '2026-06-02', 'abonnement')
    await liveUntil(house, '2026-06-02', '2026-06-23')
    const file = await fileOf(house, caseId)
    expect(done(file)).toEqual(['rappel 2026-06-02', 'premiere 2026-06-15', 'appel 2026-06-22'])
    expect(toDebtor(file).find((letter) => letter.firstLetter)!.letter).toBe('relance-cordiale-abonnement')
  })

  test('on hold waits, and then keeps its intervals', async () => {
    const caseId = await open()
    await liveUntil(house, '2026-06-01', '2026-06-19') // cordiale on the 18th
    await placeHold(
      house.sql,
      house.office.random,
      day('2026-06-20'),
      { caseId, cause: 'contestation', reason: 'Livraison discutée', reviewOn: day('2026-07-10') },
      'test',
    )
    await choose(caseId, '2026-06-30', 'abonnement')
    expect(planned(await fileOf(house, caseId))[0]).toBe('appel 2026-06-24') // six days after the letter, as the scenario wants
    await liveUntil(house, '2026-06-30', '2026-06-30')
    expect(done(await fileOf(house, caseId))).toEqual(['rappel 2026-06-02', 'cordiale 2026-06-18'])
    await releaseHold(
      house.sql,
      day('2026-07-01'),
      { caseId, cause: 'contestation', reason: 'Contestation abandonnée' },
      'test',
    )
    expect(planned(await fileOf(house, caseId))[0]).toBe('appel 2026-07-06') // eleven days lost, and Sunday the 5th
  })

  test('is refused for another kind of debtor, another law, itself, or without a reason', async () => {
    const caseId = await open()
    await expect(choose(caseId, '2026-06-02', 'acheteur-public')).rejects.toMatchObject({ code: 'scenario_unsuited' })
    await expect(choose(caseId, '2026-06-02', 'abonnement-mg')).rejects.toMatchObject({ code: 'scenario_unsuited' })
    await expect(choose(caseId, '2026-06-02', 'standard')).rejects.toMatchObject({ code: 'scenario_unchanged' })
    await expect(choose(caseId, '2026-06-02', 'inconnu')).rejects.toMatchObject({ code: 'unknown_scenario' })
    await expect(
      chooseScenario(
        house.sql,
        house.office.random,
        day('2026-06-02'),
        { caseId, scenario: 'abonnement', reason: ' ' },
        'test',
      ),
    ).rejects.toMatchObject({ code: 'reason_needed' })
  })
})

describe('a case that opens', () => {
  const later = { number: 'F-2', issued_on: '2026-09-01', due_on: '2026-10-01' }
  const submit = (creditorId: string, kind: 'business' | 'public', scenario?: string) =>
    submitInvoice(
      house.sql,
      house.office.random,
      day('2026-09-02'),
      {
        creditorId,
        invoices: [{ read: invoice(later), original: null }],
        debtor: { kind },
        ...(scenario === undefined ? {} : { scenario }),
      },
      'test',
    )

  test('follows the scenario chosen for its debtor, before that of the mandate', async () => {
    const caseId = await open()
    const chosen = { caseId, scenario: 'abonnement', reason: 'Client abonné.', forDebtor: true }
    const keep = (dryRun: boolean) =>
      chooseScenario(house.sql, house.office.random, day('2026-06-02'), { ...chosen, dryRun }, 'test')
    await keep(true)
    expect(await house.sql`select scenario from debtors`).toEqual([{ scenario: null }])
    await keep(false)
    // For those to come alone, once this one follows it.
    expect(await keep(false)).toEqual([])
    const { case: first } = await fileOf(house, caseId)
    await closeCase(house.sql, day('2026-06-03'), { caseId, reason: 'payé' }, 'test')
    const { case: next, doubts } = await submit(first.creditorId, 'business')
    expect(next).toMatchObject({ scenario: 'abonnement', debtorId: first.debtorId })
    expect(doubts).toEqual([])
    expect((await fileOf(house, next.id)).steps.map(({ key }) => key)).toContain('visite')
  })

  test('against a debtor that the mandate’s scenario is not for follows another, and says so', async () => {
    await openAgency(house.sql, day('2026-09-01'))
    const creditorId = await creditorOf(house, day('2026-09-01'), { scenario: 'abonnement' })
    const opened = await submit(creditorId, 'public')
    expect(opened.case.scenario).toBe('standard')
    expect(opened.doubts).toContainEqual({
      code: 'scenario_unsuited',
      message: "Le scénario « abonnement » n'est pas fait pour un débiteur public. Le dossier suit « standard ».",
    })
    await expect(submit(creditorId, 'business', 'acheteur-public')).rejects.toMatchObject({ code: 'scenario_unsuited' })
  })
})

describe('one step', () => {
  test('is held back until a day, and those after it keep their intervals', async () => {
    const caseId = await open()
    await liveUntil(house, '2026-06-01', '2026-06-27')
    const moves = await adjust('2026-06-27', { caseId, change: 'hold', stepKey: 'demeure', on: day('2026-07-14') })
    expect(shown(moves)).toEqual([
      'demeure.prevenir moved 2026-06-29 → 2026-07-09',
      'demeure moved 2026-07-04 → 2026-07-15',
      'dernier-appel moved 2026-07-13 → 2026-07-22',
      'dernier-avis moved 2026-07-20 → 2026-07-30',
      'judiciaire moved 2026-07-28 → 2026-08-07',
    ])
    await expect(
      adjust('2026-06-27', { caseId, change: 'hold', stepKey: 'demeure', on: day('2026-07-01') }),
    ).rejects.toMatchObject({ code: 'hold_without_end' })
    await expect(
      adjust('2026-06-27', { caseId, change: 'hold', stepKey: 'demeure', on: day('2032-07-01') }),
    ).rejects.toMatchObject({ code: 'after_limitation' })
    const { limitationOn } = (await fileOf(house, caseId)).case
    // The step itself would come in time, and what follows it too late.
    await expect(
      adjust('2026-06-27', { caseId, change: 'hold', stepKey: 'demeure', on: limitationOn.subtract({ days: 10 }) }),
    ).rejects.toMatchObject({ code: 'after_limitation', message: expect.stringContaining('dernier-avis') })
  })

  test('is not skipped where the case would end with a letter and nothing to follow it', async () => {
    const caseId = await open()
    await expect(adjust('2026-06-02', { caseId, change: 'skip', stepKey: 'judiciaire' })).rejects.toMatchObject({
      code: 'step_refused',
      message: expect.stringContaining('« dernier-avis »'),
    })
    await adjust('2026-06-02', { caseId, change: 'skip', stepKey: 'dernier-avis' })
  })

  test('is skipped with its reason and never comes back by itself', async () => {
    const caseId = await open()
    await liveUntil(house, '2026-06-01', '2026-06-19')
    await adjust('2026-06-19', { caseId, change: 'skip', stepKey: 'demeure' })
    const file = await fileOf(house, caseId)
    expect(file.steps.filter((step) => step.key.startsWith('demeure')).map((step) => step.skippedWhy)).toEqual([
      'Passée par décision : Demande du créancier.',
      'Passée par décision : Demande du créancier.',
    ])
    expect(
      shown(await choose(caseId, '2026-06-19', 'abonnement', true)).filter((move) => move.startsWith('demeure')),
    ).toEqual([])
  })

  test('is not skipped when it is the first letter, nor when nothing would be left', async () => {
    const caseId = await open()
    await expect(adjust('2026-06-02', { caseId, change: 'skip', stepKey: 'cordiale' })).rejects.toMatchObject({
      code: 'first_letter_needed',
      article: 'CPCE R124-4',
    })
    for (const stepKey of ['rappel', 'appel', 'demeure', 'dernier-appel', 'dernier-avis'])
      await adjust('2026-06-02', { caseId, change: 'skip', stepKey })
    await liveUntil(house, '2026-06-02', '2026-06-19')
    await expect(adjust('2026-06-19', { caseId, change: 'skip', stepKey: 'judiciaire' })).rejects.toMatchObject({
      code: 'nothing_left',
    })
    await expect(adjust('2026-06-19', { caseId, change: 'skip', stepKey: 'cordiale' })).rejects.toMatchObject({
      code: 'step_not_open',
    })
  })

  test('is added, written once, and stays under another scenario', async () => {
    const caseId = await open()
    await liveUntil(house, '2026-06-01', '2026-06-26')
    const letter = {
      caseId,
      change: 'add',
      stepKey: 'silence',
      channel: 'lettre',
      letter: 'relance-ferme-silence-total',
      delay: 3,
    } as const
    expect(shown(await adjust('2026-06-26', { ...letter, on: day('2026-06-27'), dryRun: true }))).toEqual([
      'silence added → 2026-06-27',
    ])
    await adjust('2026-06-26', { ...letter, on: day('2026-06-27') })
    expect(await examine(house.office, day('2026-06-26'))).toEqual([])
    await choose(caseId, '2026-06-26', 'abonnement')
    await liveUntil(house, '2026-06-27', '2026-06-29')
    const file = await fileOf(house, caseId)
    expect(done(file)).toContain('silence 2026-06-27')
    expect(file.documents.at(-1)).toMatchObject({
      letter: 'relance-ferme-silence-total',
      stepKey: 'silence',
      delayDays: 3,
    })
  })

  test.each([
    [
      'a letter of another channel',
      { channel: 'lrar', letter: 'relance-ferme-silence-total', on: '2026-06-27' },
      'step_refused',
    ],
    [
      'a letter to another debtor',
      { channel: 'lettre', letter: 'relance-ferme-particulier', on: '2026-06-27' },
      'step_refused',
    ],
    ['a letter that does not exist', { channel: 'lettre', letter: 'inventee', on: '2026-06-27' }, 'step_refused'],
    [
      'a letter softer than the last',
      { channel: 'lettre', letter: 'relance-cordiale-petit-montant', on: '2026-07-08' },
      'step_refused',
    ],
    [
      'a second approach on the day of another',
      { channel: 'lettre', letter: 'relance-ferme-silence-total', on: '2026-07-04' },
      'step_refused',
    ],
    [
      'a day in the past',
      { channel: 'lettre', letter: 'relance-ferme-silence-total', on: '2026-06-20' },
      'step_in_past',
    ],
    [
      'a day on which the claim will have lapsed',
      { channel: 'lettre', letter: 'relance-ferme-silence-total', on: '2032-07-01' },
      'after_limitation',
    ],
    [
      'a name already used',
      { stepKey: 'demeure', channel: 'lettre', letter: 'relance-ferme-silence-total', on: '2026-06-27' },
      'bad_step',
    ],
  ] as const)('is not added: %s', async (_what, { on, ...input }, code) => {
    const caseId = await open()
    await liveUntil(house, '2026-06-01', '2026-06-26')
    await expect(
      adjust('2026-06-26', { caseId, change: 'add', stepKey: 'essai', ...input, on: day(on) }),
    ).rejects.toMatchObject({ code })
  })

  test('is not added before the first letter, once the due date is past', async () => {
    const caseId = await open()
    await expect(
      adjust('2026-06-02', {
        caseId,
        change: 'add',
        stepKey: 'essai',
        channel: 'lettre',
        letter: 'relance-cordiale-petit-montant',
        on: day('2026-06-13'),
      }),
    ).rejects.toMatchObject({ code: 'step_refused' })
  })
})
