import { describe, expect, test } from 'vitest'
import { caseFacts } from '../procedures/cases/file/facts.ts'
import { readAgency } from '../procedures/cases/agency.ts'
import type { Mandate } from '../procedures/cases/creditors.ts'
import type { DebtorKind } from '../procedures/cases/debtors.ts'
import { recordRate } from '../procedures/money/hand-rates.ts'
import { lateRate, owedOn } from '../procedures/money/ledger.ts'
import { recordPayment } from '../procedures/money/payments.ts'
import { requireAward } from '../procedures/judicial/titles/awards.ts'
import { courtOf } from '../procedures/judicial/packs/dossiers.ts'
import { loadProcedure } from '../procedures/judicial/engine/procedure.ts'
import { insolvency } from './debtor.ts'
import { day, fileOf, liveUntil, liveHolds, textOf, toDebtor, useHouse } from './house.ts'
import { openMalagasy } from './malagasy.ts'

const house = useHouse()

const open = (kind?: DebtorKind, mandate?: Partial<Mandate>) => openMalagasy(house, kind, mandate)
const rate = (caseId: string, percent: string, from: string, source = 'article 7 du contrat') =>
  recordRate(house.sql, day('2026-06-15'), { caseId, percent, from: day(from), source }, 'test')

describe('a Malagasy case', () => {
  test.each(['business', 'consumer', 'public'] as const)(
    'owes its principal alone, with a doubt and no French indemnity: %s',
    async (kind) => {
      const caseId = await open()
      await house.sql`update debtors set kind = ${kind}`
      const owed = owedOn(await fileOf(house, caseId), day('2027-06-10'))
      expect(owed).toMatchObject({ interest: 0n, indemnity: 0n, total: 235_000_000n, perDay: 0n, segments: [] })
      expect(owed.doubts).toEqual([expect.objectContaining({ code: 'no_malagasy_rate' })])
    },
  )

  test('is not opened against a public buyer, for whom no scenario of its law is written', async () => {
    await expect(open('public')).rejects.toMatchObject({
      code: 'scenario_unsuited',
      message: expect.stringContaining('Aucun autre ne l'),
    })
    expect(await house.sql`select 1 from cases`).toEqual([])
  })

  test('owes the rate of the contract as it was agreed, never raised to a French minimum, and says it is to be checked', async () => {
    const file = await fileOf(house, await open('business', { penaltyRate: '1.5' }))
    const owed = owedOn(file, day('2026-07-10'))
    // 2,350,000 × 30 × 1.5 / 36500 = 2,897.26
    expect(owed).toMatchObject({ interest: 289_726n, indemnity: 0n })
    expect(owed.segments[0]!.why).toContain('2\u202f350\u202f000\u00a0Ar')
    expect(owed.doubts).toEqual([expect.objectContaining({ code: 'rate_by_hand' })])
    expect(JSON.stringify(owed.doubts)).not.toMatch(/L\. 441|€/)
    expect(lateRate(file, day('2026-07-10'))).toMatchObject({ taux: '1.5' })
  })

  test('owes a rate entered by hand from its day, with its source in each line; a second one follows the first', async () => {
    const caseId = await open('consumer')
    await rate(caseId, '12', '2026-06-21')
    await rate(caseId, '6', '2026-07-01', 'avis de Me Rabe')
    const owed = owedOn(await fileOf(house, caseId), day('2026-07-10'))
    // 10 days at 12 %: 7,726.03; 10 days at 6 %: 3,863.01.
    expect(owed.segments).toMatchObject([
      { days: 10, percent: 12_000_000n, amount: 772_603n, why: expect.stringContaining('article 7 du contrat') },
      { days: 10, percent: 6_000_000n, amount: 386_301n, why: expect.stringContaining('avis de Me Rabe') },
    ])
    expect(owed.doubts.map(({ code }) => code)).toEqual(['rate_by_hand', 'rate_by_hand'])
  })

  test('takes no rate without a source, and a French case takes none by hand', async () => {
    const caseId = await open()
    await expect(rate(caseId, '12', '2026-06-21', ' ')).rejects.toMatchObject({ code: 'source_needed' })
    await expect(rate(caseId, 'douze', '2026-06-21')).rejects.toMatchObject({ code: 'bad_percent' })
    await house.sql`update cases set zone = 'metropole'`
    await expect(rate(caseId, '12', '2026-06-21')).rejects.toMatchObject({ code: 'rate_of_the_law' })
  })

  test('is limited by caution for a year, and says that the Malagasy period is not on file', async () => {
    const { case: found } = await fileOf(house, await open())
    expect(found.limitationOn.toString()).toBe('2027-06-10')
    expect(found.limitationDoubts).toEqual([expect.objectContaining({ code: 'limitation_unknown' })])
  })

  test('speaks of a huissier and of no French court, law or euro', async () => {
    const caseId = await open('business', { penaltyRate: '12' })
    const file = await fileOf(house, caseId)
    const facts = caseFacts(file, await readAgency(house.sql), day('2026-07-10'), {} as never)
    expect(facts['droit']).toMatchObject({ officier: 'huissier de justice' })
    expect(JSON.stringify(facts['droit'])).not.toMatch(/commissaire|441|RGPD|tribunal judiciaire/)
    const court = await courtOf(house.sql, file, day('2026-07-10'))
    expect(court.nom).not.toMatch(/tribunal judiciaire|activités économiques/)
    expect(court.doubts).not.toEqual([])
    await liveUntil(house, '2026-05-20', '2026-08-20')
    expect(liveHolds(await fileOf(house, caseId))).toMatchObject([
      { cause: 'decision', reason: expect.stringContaining('décidez') },
    ])
    const letters = toDebtor(await fileOf(house, caseId))
    expect(letters.map(({ letter }) => letter)).toContain('madagascar-mise-en-demeure')
    for (const letter of letters) {
      // The agency's own capital is in euros.
      const text = (await textOf(await house.office.archive.get(letter.sha256))).replaceAll(
        'au capital de 60 000 €',
        '',
      )
      expect(text).toContain('2 350 000')
      expect(text).not.toMatch(/€|L\. ?441|L\. ?111-8|commissaire de justice|40,00/)
    }
  })

  test('gives a receipt of its own, and tells the creditor in ariary', async () => {
    const caseId = await open('business', { penaltyRate: '12', receivesFunds: true })
    const payment = {
      caseId,
      receivedOn: day('2026-06-15'),
      amount: 100_000_000n,
      means: 'paiement mobile',
      reference: 'MVola 12',
    }
    await recordPayment(house.office, day('2026-06-15'), { ...payment, receivedBy: 'agency' }, 'test')
    const { documents } = await fileOf(house, caseId)
    expect(documents.map(({ letter }) => letter)).toEqual(['madagascar-recu-paiement', 'creancier-acompte-recu'])
    for (const { sha256 } of documents) {
      const text = (await textOf(await house.office.archive.get(sha256))).replaceAll('au capital de 60 000 €', '')
      expect(text).toContain('1 000 000 Ar')
      expect(text).not.toMatch(/€|code civil|1342|1343/)
    }
  })

  describe('once a title is recorded with its sums', () => {
    const judged = async (taux: object, more: object = {}) => {
      const caseId = await open('business', { penaltyRate: '12' })
      const file = await fileOf(house, caseId)
      const condamnation = {
        principal: '2000000.00',
        interets: { ...taux, depuis: '2026-09-01' },
        depens: '50000.00',
        ...more,
      }
      const events = ['requete', 'ordonnance', 'notification'].map((step, i) => ({
        id: step,
        step,
        on: day(`2026-09-0${i + 1}`),
        facts: step === 'ordonnance' ? { condamnation } : {},
      }))
      const procedure = loadProcedure('mg-injonction-de-payer')
      return {
        ...file,
        titles: [{ id: 'p', caseId, procedure, zone: 'madagascar' as const, openedOn: day('2026-08-20'), events }],
      }
    }

    test('owes what it grants, at its rate and with its costs, and no French article is cited', async () => {
      const file = await judged({ taux: 'fixe', pourcentage: '6' }, { capitalisation: { ordonnee: false } })
      const owed = owedOn(file, day('2026-10-01'))
      // 2,000,000 × 6 % × 30 / 365 = 9,863.01
      expect(owed).toMatchObject({
        principal: 200_000_000n,
        interest: 986_301n,
        costs: 5_000_000n,
        total: 205_986_301n,
      })
      expect(owed.doubts.map(({ code }) => code)).toEqual(['title_other_principal'])
      expect(JSON.stringify(owed.doubts)).not.toMatch(/CPCE|C\. civ|C\. mon/)
    })

    test('counts no legal rate that nobody entered, and neither the contract’s in its place nor a French one', async () => {
      const file = await judged({ taux: 'legal' })
      const bare = owedOn(file, day('2026-10-01'))
      expect(bare).toMatchObject({ principal: 200_000_000n, interest: 0n })
      expect(bare.doubts.map(({ code }) => code)).toContain('no_malagasy_rate')
      const entered = { from: '2026-01-01', percent: '5', source: 'avis de Me Rabe' }
      const owed = owedOn({ ...file, case: { ...file.case, rates: [entered] } }, day('2026-10-01'))
      // 2,000,000 × 5 % × 30 / 365 = 8,219.18
      expect(owed.interest).toBe(821_918n)
      expect(owed.segments[0]!.why).toContain('avis de Me Rabe')
    })

    test('still owes by its invoices while a contredit is pending', async () => {
      const file = await judged({ taux: 'fixe', pourcentage: '6' })
      const [source] = file.titles
      const contredit = { id: 'c', step: 'contredit', on: day('2026-09-10'), facts: {} }
      const opposed = { ...file, titles: [{ ...source!, events: [...source!.events, contredit] }] }
      expect(owedOn(opposed, day('2026-10-01')).principal).toBe(235_000_000n)
    })

    test('takes no rate of French law', () => {
      const facts = { condamnation: { principal: '1.00', interets: { taux: 'l441-10', depuis: '2026-09-01' } } }
      const refuse = () => requireAward(loadProcedure('mg-injonction-de-payer'), 'ordonnance', day('2026-09-02'), facts)
      expect(refuse).toThrow(expect.objectContaining({ code: 'bad_award' }))
    })
  })

  test('stops before insolvency without quoting the French code', async () => {
    const caseId = await open()
    await insolvency(house, caseId, '2026-06-20', '2026-06-15', {
      nature: 'Redressement',
      publishedOn: day('2026-06-18'),
    })
    const file = await fileOf(house, caseId)
    expect(liveHolds(file)[0]!.reason).toContain('avocat malgache')
    expect(liveHolds(file)[0]!.reason).not.toContain('L622')
    expect(file.insolvencies[0]!.declareBy).toBeNull()
    expect(owedOn(file, day('2026-07-10')).doubts.map(({ code }) => code)).toEqual([
      'no_malagasy_rate',
      'stopped_by_caution',
    ])
  })
})
