import { readdirSync, readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { loadScenario, scenarioIds, type ScenarioStep } from '../procedures/amicable/scenario.ts'
import { scenarioFaults } from '../procedures/amicable/scenario-check.ts'
import { submitInvoice } from '../procedures/cases/intake/submissions.ts'
import { recordCall } from '../procedures/cases/exchanges/calls.ts'
import type { DebtorKind } from '../procedures/cases/debtors.ts'
import { agreeInstalments } from '../procedures/cases/exchanges/promises.ts'
import { attachExhibit } from '../procedures/cases/exhibits/exhibits.ts'
import { releaseHold } from '../procedures/cases/holds.ts'
import type { Zone } from '../procedures/law/calendar.ts'
import { examine } from '../procedures/doctor/doctor.ts'
import { openAgency } from '../scripts/demo/people.ts'
import { pay, promise } from './debtor.ts'
import {
  creditorOf,
  day,
  done,
  fileOf,
  invoice,
  liveHolds,
  liveUntil,
  planned,
  textOf,
  toDebtor,
  useHouse,
} from './house.ts'
import { openMalagasy } from './malagasy.ts'

const house = useHouse()
const pdf = new Uint8Array(readFileSync(new URL('../samples/Facture_FR_EN16931.pdf', import.meta.url)))

// Due on Wednesday 10 June 2026; opened the day after the reminder's day.
async function open(
  scenario: string,
  kind: DebtorKind = 'business',
  more: { zone?: Zone; currency?: string } = {},
): Promise<string> {
  const on = day('2026-05-20')
  await openAgency(house.sql, on)
  const creditorId = await creditorOf(house, on, { scenario })
  const original = await house.office.archive.put(pdf)
  const submitted = await submitInvoice(
    house.sql,
    house.office.random,
    on,
    {
      creditorId,
      invoices: [
        {
          read: invoice({
            number: 'F-1',
            issued_on: '2026-05-11',
            due_on: '2026-06-10',
            currency: more.currency ?? 'EUR',
          }),
          original,
        },
      ],
      debtor: { kind, ...(kind === 'consumer' ? { civility: 'Madame' } : {}) },
      ...(more.zone ? { zone: more.zone } : {}),
    },
    'test',
  )
  return submitted.case.id
}
const letters = async (caseId: string) =>
  (await fileOf(house, caseId)).documents
    .filter((document) => document.attachedTo === null && document.recipient !== 'creancier')
    .map((document) => `${document.stepKey} ${document.letter}`)

/** What a step wrote to the debtor, each with its words. */
async function texts(caseId: string, ...steps: string[]): Promise<{ letter: string; text: string }[]> {
  const file = await fileOf(house, caseId)
  return Promise.all(
    steps.map(async (key) => {
      const { letter, sha256 } = toDebtor(file).find(({ stepKey }) => stepKey === key)!
      return { letter, text: await textOf(await house.office.archive.get(sha256)) }
    }),
  )
}

const agreePlan = (caseId: string, on: string, instalments: [dueOn: string, amount: bigint][]) =>
  agreeInstalments(
    house.sql,
    house.office.random,
    day(on),
    { caseId, means: 'virement', instalments: instalments.map(([dueOn, amount]) => ({ dueOn: day(dueOn), amount })) },
    'test',
  )

describe('the scenarios that ship', () => {
  test('keep every rule', () => {
    expect(scenarioIds()).toEqual(['abonnement', 'abonnement-mg', 'acheteur-public', 'standard'])
    for (const id of scenarioIds()) expect(scenarioFaults(loadScenario(id))).toEqual([])
  })

  test('take a subscription from the reminder to the creditor, through a visit', async () => {
    const caseId = await open('abonnement')
    // A paper of the creditor's own, which bears the reference of the invoice and is no letter's to enclose.
    const apart = { caseId, kind: 'menace', reference: 'F-1', datedOn: null, proves: 'la menace' } as const
    const joined = { ...apart, bytes: new TextEncoder().encode('Une note.'), fileName: 'note.txt' }
    await attachExhibit(house.office, house.sql, day('2026-05-20'), joined, 'test')
    await liveUntil(house, '2026-05-20', '2026-08-25')
    const file = await fileOf(house, caseId)
    expect(liveHolds(file)).toEqual([])
    expect(done(file)).toEqual([
      'rappel 2026-06-02',
      'premiere 2026-06-15',
      'appel 2026-06-22',
      'visite 2026-06-29',
      'relance 2026-07-06',
      'pieces 2026-07-18',
      'demeure.prevenir 2026-07-25',
      'demeure 2026-07-30',
      'judiciaire 2026-08-21',
    ])
    expect(await examine(house.office, day('2026-08-25'))).toEqual([])
    const order = file.documents.find((document) => document.letter === 'visite-ordre-de-mission')!
    expect(order).toMatchObject({ recipient: 'operateur', channel: 'acte-prive', sentOn: null })
    const text = await textOf(await house.office.archive.get(order.sha256))
    for (const words of ['29 juin 2026', '3 rue de la Gare', 'Garage du Pont']) expect(text).toContain(words)
    expect(
      file.documents.filter((document) => document.attachedTo === order.id).map((document) => document.letter),
    ).toEqual(['visite-fiche-entretien'])
    // The second letter encloses what founds the claim: the invoice, and none of the letters before it.
    const second = file.documents.find((document) => document.letter === 'relance-ferme-pieces')!
    expect(await textOf(await house.office.archive.get(second.sha256))).toContain('F-1')
    const tray = readdirSync(`${house.dir}/out`, { recursive: true })
      .map(String)
      .filter((name) => name.includes(second.reference.replaceAll('/', '-')))
    expect(tray.toSorted()).toEqual([
      expect.stringMatching(/annexe-1-piece-1\.pdf$/),
      expect.stringMatching(/relance-ferme-pieces\.pdf$/),
    ])
  })

  describe('quote a commitment of the visit in both letters that follow it', () => {
    const atVisit = { amount: 40_000n, author: 'Madame Garage', channel: 'visite' }
    const visited = async (kind: DebtorKind = 'business'): Promise<string> => {
      const caseId = await open('abonnement', kind)
      await liveUntil(house, '2026-05-20', '2026-06-30')
      return caseId
    }

    test('the promise that was made there and not kept', async () => {
      const caseId = await visited('consumer')
      await promise(house, caseId, '2026-06-30', '2026-07-10', atVisit)
      await liveUntil(house, '2026-07-01', '2026-08-12')
      expect(liveHolds(await fileOf(house, caseId))).toEqual([])
      const both = await texts(caseId, 'relance', 'pieces')
      expect(both.map(({ letter }) => letter)).toEqual([
        'engagement-promesse-non-tenue-premiere',
        'relance-ferme-pieces',
      ])
      for (const { text } of both) {
        expect(text).toContain(
          'Madame Garage nous a promis, le 30 juin 2026, lors de notre visite, le paiement de 400,00 €',
        )
        expect(text).toContain("pour le 10 juillet 2026. À ce jour, Papeterie Rhône-Alpes n'a pas reçu cette somme.")
      }
    })

    test.each([
      ['business', '22 juillet 2026', 'relance-ferme-pro'],
      ['consumer', '29 juillet 2026', 'relance-ferme-particulier'],
    ] as const)('the plan that was broken, and no promise whose place it took: %s', async (kind, ended, reminder) => {
      const caseId = await visited(kind)
      await promise(house, caseId, '2026-06-30', '2026-07-01', atVisit)
      await agreePlan(caseId, '2026-07-02', [
        ['2026-07-10', 30_000n],
        ['2026-12-10', 70_000n],
      ])
      await pay(house, caseId, '2026-07-10', '100.00')
      await liveUntil(house, '2026-07-02', '2026-09-30')
      const both = await texts(caseId, 'relance', 'pieces')
      expect(both.map(({ letter }) => letter)).toEqual([reminder, 'relance-ferme-pieces'])
      for (const { text } of both) {
        expect(text).toContain(`convenu le 2 juillet 2026 a pris fin le ${ended}`)
        expect(text).toContain("Reste due l'échéance du 10 juillet 2026 (300,00 €, payée en partie).")
        expect(text).not.toMatch(/promis|sans paiement ni réponse|pas eu de vos nouvelles/)
      }
    })

    test('and none that was kept', async () => {
      const caseId = await visited()
      await promise(house, caseId, '2026-06-30', '2026-07-10', atVisit)
      await pay(house, caseId, '2026-07-10', '400.00')
      await liveUntil(house, '2026-07-01', '2026-08-12')
      for (const { text } of await texts(caseId, 'relance', 'pieces')) expect(text).not.toMatch(/promis|échelonné/)
    })

    test('in Madagascar, a promise that was only said', async () => {
      const caseId = await openMalagasy(house)
      await liveUntil(house, '2026-05-20', '2026-06-22')
      await promise(house, caseId, '2026-06-22', '2026-06-26', { ...atVisit, amount: 100_000_000n })
      await liveUntil(house, '2026-06-23', '2026-07-20')
      for (const { text } of await texts(caseId, 'premiere', 'deuxieme')) {
        expect(text).toContain(
          'Madame Garage nous a promis, le 22 juin 2026, lors de notre visite, le paiement de 1 000 000 Ar',
        )
        expect(text).toContain("pour le 26 juin 2026. À ce jour, Papeterie Rhône-Alpes n'a pas reçu cette somme.")
      }
    })

    test('in Madagascar, a plan that was broken', async () => {
      const caseId = await openMalagasy(house)
      await liveUntil(house, '2026-05-20', '2026-06-22')
      await agreePlan(caseId, '2026-06-22', [
        ['2026-06-29', 100_000_000n],
        ['2026-07-06', 100_000_000n],
      ])
      await liveUntil(house, '2026-06-23', '2026-08-31')
      for (const { text } of await texts(caseId, 'premiere', 'deuxieme')) {
        expect(text).toContain('convenu le 22 juin 2026 a pris fin le 10 juillet 2026')
        expect(text).toContain(
          'Restent dues les échéances du 29 juin 2026 (1 000 000 Ar) et du 6 juillet 2026 (1 000 000 Ar).',
        )
      }
    })

    test('in Madagascar, none that was kept', async () => {
      const caseId = await openMalagasy(house)
      await liveUntil(house, '2026-05-20', '2026-06-22')
      await agreePlan(caseId, '2026-06-22', [['2026-06-29', 100_000_000n]])
      await pay(house, caseId, '2026-06-29', '1000000.00')
      await liveUntil(house, '2026-06-23', '2026-07-01')
      const over = { caseId, cause: 'echeancier', reason: 'Échéancier tenu ; le reste demeure dû.' } as const
      await releaseHold(house.sql, day('2026-07-01'), over, 'test')
      await liveUntil(house, '2026-07-01', '2026-08-31')
      for (const { text } of await texts(caseId, 'premiere', 'deuxieme'))
        expect(text).not.toMatch(/promis|échelonné|calendrier convenu|Aucun calendrier|pris un engagement/)
    })
  })

  test('work in Madagascar without the letter of a French code, and end before a person', async () => {
    const caseId = await open('abonnement-mg', 'business', { zone: 'madagascar' })
    await liveUntil(house, '2026-05-20', '2026-06-15')
    await recordCall(
      house.sql,
      house.office.random,
      day('2026-06-15'),
      {
        caseId,
        calledAt: null,
        direction: 'outgoing',
        person: 'le gérant',
        outcome: 'rendez-vous',
        summary: 'rendez-vous pris',
        stepKey: 'appel',
      },
      'test',
    )
    await liveUntil(house, '2026-06-16', '2026-08-20')
    expect(await letters(caseId)).toEqual([
      'rappel relance-avant-echeance-simple',
      'appel madagascar-premier-appel',
      'descente madagascar-descente-sur-terrain',
      'premiere madagascar-premiere-relance',
      'deuxieme madagascar-deuxieme-relance',
      'demeure madagascar-mise-en-demeure',
    ])
    const file = await fileOf(house, caseId)
    expect(toDebtor(file).some((document) => document.firstLetter)).toBe(false)
    expect(liveHolds(file)).toMatchObject([
      { cause: 'decision', reason: expect.stringContaining('décidez de la suite') },
    ])
    expect(planned(file)).toHaveLength(1)
    expect(await examine(house.office, day('2026-08-20'))).toEqual([])
  })

  test('send a public buyer to a decision, never to a payment order', () => {
    const { etapes } = loadScenario('acheteur-public')
    expect(etapes.at(-1)).toMatchObject({ action: 'decider' })
    expect(etapes.flatMap((step) => step.procedure ?? [])).toEqual([])
  })
})

describe('a scenario is refused', () => {
  const standard = loadScenario('standard')
  const with_ = (id: string, changes: Partial<ScenarioStep>) => ({
    ...standard,
    etapes: standard.etapes.map((step) => (step.id === id ? { ...step, ...changes } : step)),
  })
  const rules = (scenario: typeof standard) => scenarioFaults(scenario).map((fault) => `${fault.step} ${fault.rule}`)

  test.each([
    ['for a letter that does not exist', with_('demeure', { lettre: 'inventee' }), 'demeure courrier'],
    [
      'for a letter without text for its channel',
      with_('demeure', { lettre: 'relance-ferme-silence-total' }),
      'demeure canal',
    ],
    [
      'for a letter to another kind of debtor',
      with_('cordiale', { lettre: 'relance-cordiale-pro' }),
      'cordiale destinataire',
    ],
    ['for a letter of another law', with_('demeure', { lettre: 'madagascar-mise-en-demeure' }), 'demeure droit'],
    ['for a call before the first letter', with_('rappel', { jour: 'J+3' }), 'rappel premiere-lettre'],
    ['for a first letter before the due date', with_('cordiale', { jour: 'J-2' }), 'cordiale premiere-lettre'],
    [
      'for a first letter without its mentions',
      with_('cordiale', { lettre: 'relance-ferme-silence-total' }),
      'cordiale premiere-lettre',
    ],
    [
      'for a letter softer than the one before',
      with_('dernier-avis', { canal: 'lettre', lettre: 'relance-cordiale-petit-montant' }),
      'dernier-avis ton',
    ],
    ['for two approaches on one day', with_('appel', { jour: 'J+8' }), 'appel jours'],
    [
      'for telling the creditor before the step that precedes',
      with_('demeure', { prevenir: { lettre: 'creancier-information-passage-amiable', avance: 9 } }),
      'demeure prevenir',
    ],
    [
      'for a promise that its letter does not quote',
      with_('demeure', { si_promesse: 'mise-en-demeure-pro' }),
      'demeure promesse',
    ],
    ['for a procedure of another law', with_('judiciaire', { procedure: 'mg-saisie-arret' }), 'judiciaire procedure'],
    [
      'for a procedure that is still a draft',
      with_('judiciaire', { procedure: { professionnel: 'creances-incontestees' } }),
      'judiciaire procedure',
    ],
    [
      'for a payment order against a public buyer',
      with_('judiciaire', { procedure: 'injonction-de-payer' }),
      'judiciaire procedure',
    ],
    [
      'for an end that leaves the case with nothing',
      { ...standard, etapes: standard.etapes.slice(0, -1) },
      'dernier-avis suite',
    ],
    ['for two first letters', with_('demeure', { premiere_lettre: true }), 'demeure premiere-lettre'],
    ['for two steps of one name', with_('appel', { id: 'demeure' }), 'demeure etape-unique'],
  ])('%s', (_why, scenario, fault) => {
    expect(rules(scenario)).toContain(fault)
  })
})
