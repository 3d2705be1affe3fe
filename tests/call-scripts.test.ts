import { describe, expect, test } from 'vitest'
import { loadLibrary } from '../letters/catalogue.ts'
import { isScript, ruledScripts } from '../procedures/cases/exchanges/call-script-rules.ts'
import { readCalled, readScript, scriptCalled, scriptsOf } from '../procedures/cases/exchanges/call-scripts.ts'
import { recordCall } from '../procedures/cases/exchanges/calls.ts'
import { recordContactPreference } from '../procedures/cases/exchanges/contact-preferences.ts'
import { recordCreditorClosure } from '../procedures/cases/creditor-closures.ts'
import { closeCase } from '../procedures/cases/cases.ts'
import { lawEntries } from '../procedures/law/values.ts'
import { firstLetter } from '../procedures/cases/file/file.ts'
import { dayFr } from '../schema/days.ts'
import { day, fileOf, invoice, liveUntil, openCase, openOrdinary, ordinary, useHouse } from './house.ts'
import { dispute, insolvency, pay, promise } from './debtor.ts'
import { openMalagasy } from './malagasy.ts'

const house = useHouse()

const open = async (caseId: string, on: string, letter: string, given?: Record<string, unknown>) =>
  readScript(house.sql, day(on), scriptCalled(await readCalled(house.sql, caseId), letter), given)

/** Why each of these may not be read; « lu » where it may. */
const codes = async (caseId: string, on: string, ...letters: string[]) =>
  Promise.all(letters.map(async (letter) => (await open(caseId, on, letter)).refusal?.code ?? 'lu'))

const fitting = async (caseId: string) => scriptsOf(await readCalled(house.sql, caseId)).map(({ letter }) => letter.id)

/** A case whose first letter left on 18 June 2026; the next Monday is free. */
async function opened(more: Parameters<typeof openOrdinary>[1] = {}): Promise<string> {
  const caseId = await openOrdinary(house, more)
  await liveUntil(house, '2026-06-11', '2026-06-18')
  return caseId
}

const plain = (text: string | null): string => text!.replaceAll(/\s+/g, ' ')
const calm = [
  'script-avocat-du-debiteur',
  'script-debiteur-agressif',
  'script-debiteur-vulnerable',
  'script-tiers-decroche',
]

test('every script of the library has its situation, and every rule its script', () => {
  const scripts = [...loadLibrary().letters.values()].filter(isScript).map(({ id }) => id)
  expect([...ruledScripts].toSorted()).toEqual(scripts.toSorted())
})

describe('the scripts of a case', () => {
  test('are those of its law and its debtor', async () => {
    const business = await fitting(await opened())
    expect(business).toContain('script-objection-tresorerie')
    expect(business).not.toContain('script-repondeur-particulier')
    expect(business.filter((id) => id.startsWith('madagascar-'))).toEqual([])
    const malagasy = await openMalagasy(house)
    expect((await fitting(malagasy)).toSorted()).toEqual([
      'madagascar-appel-entrant',
      'madagascar-premier-appel',
      'madagascar-recueil-contestation',
    ])
    expect(await codes(malagasy, '2026-06-22', 'script-objection-deja-regle', 'madagascar-appel-entrant')).toEqual([
      'wrong_law',
      'lu',
    ])
  })

  test('are refused by name where another debtor is meant, or no script is', async () => {
    const caseId = await opened({ kind: 'consumer' })
    const asked = ['script-j16-paiement-immediat-pro', 'script-repondeur-professionnel', 'relance-cordiale-particulier']
    expect(await codes(caseId, '2026-06-22', ...asked)).toEqual(['wrong_debtor', 'wrong_debtor', 'channel_refused'])
    expect((await open(caseId, '2026-06-22', asked[0]!)).refusal!.message).toMatch(/débiteur consommateur/)
    await expect(open(caseId, '2026-06-22', 'script-inconnu')).rejects.toMatchObject({ code: 'unknown_letter' })
  })

  test('are filled in from the case, recall its first letter, and leave nothing behind', async () => {
    const caseId = await opened()
    const rows = () => house.sql`
      select (select count(*) from documents) as documents, (select count(*) from events) as events, (select count(*) from calls) as calls`
    const before = await rows()
    const { reference } = firstLetter(await fileOf(house, caseId))!
    const recalled = ['script-objection-tresorerie', 'script-objection-deja-regle', 'script-negociation-echeancier']
    for (const letter of [...recalled, 'script-j16-paiement-immediat-pro', 'script-appel-entrant-debiteur']) {
      const { text, refusal } = await open(caseId, '2026-06-22', letter)
      expect([letter, refusal]).toEqual([letter, null])
      expect(text).toContain(reference)
    }
    expect(await rows()).toEqual(before)
  })

  test('know what was said before: calls, wishes, the creditor’s bounds, a dispute while it is open', async () => {
    const caseId = await opened({ mandate: { maxInstalments: 6 } })
    const call = { caseId, calledAt: '10:00', direction: 'incoming' as const, person: 'Mme Roux', outcome: 'autre' }
    const summary = 'Elle attend un client.'
    await recordCall(house.sql, house.office.random, day('2026-06-19'), { ...call, summary }, 'phone:Essai')
    const wish = { caseId, channel: 'sms' as const, wish: 'refuse' as const, reason: 'au téléphone' }
    await recordContactPreference(house.sql, house.office.random, day('2026-06-19'), wish, 'phone:Essai')
    expect(plain((await open(caseId, '2026-06-22', 'script-debiteur-agressif')).text)).toMatch(
      /19 juin 2026 \(Elle attend un client\)/,
    )
    expect(plain((await open(caseId, '2026-06-22', 'script-negociation-echeancier')).text)).toContain('6 mois au plus')
    await dispute(house, caseId, '2026-06-22', '2026-07-06', 'La couleur n’est pas la bonne.')
    const heard = await open(caseId, '2026-06-22', 'script-appel-entrant-contestation')
    expect(plain(heard.text)).toMatch(/La couleur n.est pas la bonne/)
    await house.sql`update disputes set resolved_on = '2026-06-24', outcome = 'dropped', answer = 'Il renonce.' where case_id = ${caseId}`
    const again = await open(caseId, '2026-06-25', 'script-appel-entrant-contestation')
    expect(plain(again.text)).not.toMatch(/La couleur/)
  })

  test('that lack a fact name it: an act records it, or a person gives it', async () => {
    const caseId = await opened()
    const card = await open(caseId, '2026-06-22', 'script-paiement-carte-securise')
    expect(card.refusal).toMatchObject({ code: 'facts_missing', facts: { missing: ['lienPaiement'] } })
    expect(card.missing).toMatchObject([{ key: 'lienPaiement', act: null }])
    const link = 'https://payer.creancier.example/7'
    const filled = await open(caseId, '2026-06-22', 'script-paiement-carte-securise', { lienPaiement: link })
    expect(filled.text).toContain(link)
    const untrue = await open(caseId, '2026-06-22', 'script-paiement-carte-securise', { totaux: { total: '1.00' } })
    expect(untrue.refusal).toMatchObject({ code: 'bad_facts' })
    const promised = await open(caseId, '2026-06-22', 'script-promesse-jour-dit')
    expect(promised.missing).toMatchObject([{ key: 'promesse', act: 'recordPromise' }])
  })
})

describe('a script that we call with', () => {
  const ours = 'script-j16-paiement-immediat-pro'

  test('waits for the first letter; one for whoever calls does not', async () => {
    const caseId = await openOrdinary(house)
    const theirs = ['script-appel-entrant-debiteur', 'script-objection-tresorerie', 'script-negociation-echeancier']
    expect(await codes(caseId, '2026-06-15', ours, 'script-repondeur-professionnel')).toEqual([
      'call_before_first_letter',
      'call_before_first_letter',
    ])
    expect(await codes(caseId, '2026-06-15', ...theirs, ...calm)).toEqual([...theirs, ...calm].map(() => 'lu'))
  })

  test('asks for nothing before the due date, but for the courtesy call', async () => {
    const caseId = await openCase(house, { on: '2026-05-20', invoices: [ordinary()] })
    const asked = ['avant-echeance-appel-courtoisie', ours, 'script-objection-tresorerie']
    expect(await codes(caseId, '2026-06-02', ...asked)).toEqual(['lu', 'not_due', 'not_due'])
    await liveUntil(house, '2026-06-11', '2026-06-18')
    expect(await codes(caseId, '2026-06-22', 'avant-echeance-appel-courtoisie')).toEqual(['not_so'])
  })

  test('obeys what a call obeys: Sundays, the week’s number, the debtor’s wish, the creditor’s closures', async () => {
    const caseId = await opened()
    const { sql, office } = house
    const [{ creditorId }] = await sql<[{ creditorId: string }]>`select creditor_id from cases where id = ${caseId}`
    expect(await codes(caseId, '2026-06-21', ours)).toEqual(['call_on_closed_day'])
    const closure = { creditorId, closedFrom: day('2026-07-01'), closedUntil: day('2026-07-03'), reason: 'inventaire' }
    await recordCreditorClosure(sql, office.random, day('2026-06-19'), closure, 'test')
    expect(await codes(caseId, '2026-07-02', ours)).toEqual(['creditor_closed'])
    const call = { caseId, direction: 'outgoing' as const, person: null, outcome: 'sans-reponse', summary: 'rien' }
    for (const on of ['2026-06-22', '2026-06-23', '2026-06-24'])
      await recordCall(sql, office.random, day(on), { ...call, calledAt: '10:00' }, 'phone:Essai')
    expect(await codes(caseId, '2026-06-25', ours, 'script-objection-tresorerie')).toEqual(['contact_cap', 'lu'])
    const wish = { caseId, channel: 'appel' as const, wish: 'refuse' as const, reason: 'par lettre' }
    await recordContactPreference(sql, office.random, day('2026-06-24'), wish, 'phone:Essai')
    expect(await codes(caseId, '2026-07-06', ours, 'script-appel-entrant-debiteur')).toEqual(['channel_unwanted', 'lu'])
  })

  test('waits while the case waits, but on the day of a promise', async () => {
    const caseId = await opened()
    await promise(house, caseId, '2026-06-22', '2026-06-29')
    expect(await codes(caseId, '2026-06-29', ours, 'script-promesse-jour-dit')).toEqual(['case_held', 'lu'])
    expect(plain((await open(caseId, '2026-06-29', 'script-promesse-jour-dit')).text)).toMatch(/1.000,00.€/)
    await dispute(house, caseId, '2026-06-29', '2026-07-13')
    expect(await codes(caseId, '2026-06-29', 'script-promesse-jour-dit', 'script-appel-entrant-contestation')).toEqual([
      'case_held',
      'lu',
    ])
  })
})

describe('a script that asks for payment', () => {
  const asking = ['script-appel-entrant-debiteur', 'script-negociation-echeancier', 'script-j16-paiement-immediat-pro']

  test('is closed by insolvency and by limitation; what asks for nothing is read, and tells no sum', async () => {
    const caseId = await opened()
    await house.sql`update cases set limitation_on = '2026-06-19' where id = ${caseId}`
    expect(await codes(caseId, '2026-06-22', ...asking, ...calm)).toEqual([
      ...asking.map(() => 'case_at_standstill'),
      ...calm.map(() => 'lu'),
    ])
    await house.sql`update cases set limitation_on = '2031-06-10' where id = ${caseId}`
    await insolvency(house, caseId, '2026-06-22', '2026-06-20')
    expect(await codes(caseId, '2026-06-22', ...asking)).toEqual(asking.map(() => 'case_at_standstill'))
    for (const letter of calm) {
      const { text, refusal } = await open(caseId, '2026-06-22', letter)
      expect([letter, refusal]).toEqual([letter, null])
      expect(text).not.toMatch(/€/)
    }
  })

  test('has nothing to ask once everything is paid, nor in a closed case', async () => {
    const caseId = await opened()
    await pay(house, caseId, '2026-06-19', '1100.00')
    expect(await codes(caseId, '2026-06-22', ...asking)).toEqual(['lu', 'case_held', 'case_held'])
    await closeCase(house.sql, day('2026-06-22'), { caseId, reason: 'payé' }, 'test')
    expect(await codes(caseId, '2026-06-22', ...asking)).toEqual(asking.map(() => 'case_closed'))
  })

  test('offers no instalments to a creditor that takes none', async () => {
    const caseId = await opened({ mandate: { maxInstalments: 0 } })
    expect(await codes(caseId, '2026-06-22', 'script-negociation-echeancier', 'script-objection-tresorerie')).toEqual([
      'instalments_refused',
      'lu',
    ])
  })
})

test('what tells no sum waits for no rate; the others name the value that is awaited', async () => {
  const today = lawEntries('taux-bce').at(-1)!.to!.add({ days: 5 }).toString()
  const caseId = await opened()
  expect(await codes(caseId, today, 'script-appel-entrant-debiteur', 'script-debiteur-vulnerable')).toEqual([
    'no_legal_value',
    'lu',
  ])
  expect((await open(caseId, today, 'script-debiteur-vulnerable')).text).toContain(dayFr(day(today)))
})

test('a public buyer has its own script, with the order that it is about, and no instalments', async () => {
  const town = {
    name: 'Commune de Vaulx-en-Velin',
    siret: '21690256700013',
    address: { lines: ['Place de la Nation'], postal_code: '69120', city: 'Vaulx-en-Velin', country: 'FR' },
  }
  const read = invoice({ number: 'F-1', issued_on: '2026-05-11', buyer: town, order_reference: '2026-3307' })
  const caseId = await openCase(house, { on: '2026-05-12', kind: 'public', invoices: [read] })
  await liveUntil(house, '2026-06-11', '2026-06-18')
  expect((await open(caseId, '2026-06-22', 'script-j16-acheteur-public')).text).toContain('2026-3307')
  expect(await codes(caseId, '2026-06-22', 'script-negociation-echeancier')).toEqual(['wrong_debtor'])
})
