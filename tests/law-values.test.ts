import { describe, expect, test } from 'vitest'
import { competentCourt } from '../procedures/law/court.ts'
import { serviceCost } from '../procedures/law/costs.ts'
import { limitation } from '../procedures/law/limitation.ts'
import { lawReview } from '../procedures/law/review.ts'
import { lawTerms, termDoubts } from '../procedures/law/terms.ts'
import { findEntry, lawEntries, lawIds, legalCost, legalValue } from '../procedures/law/values.ts'
import { parseDay } from '../schema/days.ts'
import { DomainError } from '../schema/errors.ts'

const on = parseDay

describe('a legal value', () => {
  test('is that of the day and of the kind of creditor', () => {
    expect(legalValue('interet-legal', on('2025-12-31'), 'autres').value).toBe('2.76')
    expect(legalValue('interet-legal', on('2026-01-01'), 'autres')).toMatchObject({
      value: '2.62',
      confirmed: true,
      doubt: null,
    })
    expect(legalValue('interet-legal', on('2026-01-01'), 'particulier').value).toBe('6.67')
    expect(legalValue('interet-legal', on('2009-07-01'), 'autres').value).toBe('3.79')
    expect(legalValue('penalites-points', on('2008-12-31')).value).toBe('7')
    expect(legalValue('penalites-points', on('2009-01-01')).value).toBe('10')
  })

  test('says when nobody confirmed it', () => {
    expect(legalValue('taux-bce', on('2026-11-21'))).toMatchObject({
      value: '2.40',
      confirmed: false,
      doubt: { code: 'unconfirmed_value' },
    })
  })

  test('stops with its name and the day when it is missing', () => {
    for (const [id, day] of [
      ['taux-bce', '2027-01-01'],
      ['interet-legal', '1999-12-31'],
      ['indemnite-forfaitaire', '2012-12-31'],
    ]) {
      const missing = () => legalValue(id!, on(day!))
      expect(missing).toThrow(DomainError)
      expect(missing).toThrow(new RegExp(`${id}.*${day}`))
    }
    expect(() => legalValue('nothing', on('2026-01-01'))).toThrow(DomainError)
  })

  test('may be a cost that is still to be found, never guessed', () => {
    expect(legalCost('greffe-injonction-payer', on('2017-12-21'), 'commerce')).toMatchObject({
      cents: null,
      doubt: { code: 'missing_value' },
    })
    expect(legalCost('greffe-injonction-payer', on('2026-11-21'), 'commerce')).toMatchObject({
      cents: 3347n,
      doubt: { code: 'unconfirmed_value' },
    })
    expect(legalCost('greffe-injonction-payer', on('2026-11-21'), 'judiciaire')).toMatchObject({
      cents: 0n,
      doubt: null,
    })
    expect(serviceCost(47_015n, on('2026-11-21'))).toMatchObject({ cents: 4151n })
    expect(serviceCost(47_015n, on('2017-12-21')).cents).toBeNull()
  })

  test('leaves no gap and no overlap between the semesters of the rates', () => {
    for (const [id, kind] of [
      ['interet-legal', 'autres'],
      ['interet-legal', 'particulier'],
      ['taux-bce', undefined],
    ] as const) {
      for (let day = on('2000-01-01'); day.year < 2027; day = day.add({ months: 1 })) {
        expect(findEntry(id, day, kind)?.value, `${id} ${day}`).toMatch(/^\d+\.\d\d$/)
      }
    }
  })

  test('is read, checked and dated in every file', () => {
    expect(
      lawIds()
        .flatMap(lawEntries)
        .filter((entry) => entry.source.trim() === ''),
    ).toEqual([])
    const reviews = lawReview(on('2026-11-22'))
    expect(reviews.some((review) => review.where.startsWith('taux-bce 2026-07-01'))).toBe(true)
    expect(reviews.some((review) => review.reasons.includes('stale'))).toBe(false)
    expect(lawReview(on('2027-06-01')).some((review) => review.reasons.includes('stale'))).toBe(true)
    const endOf = (reason: 'ended' | 'ending', day: string) =>
      lawReview(on(day))
        .filter((review) => review.reasons.includes(reason))
        .map((review) => review.where)
    const rates = ['interet-legal 2026-07-01 particulier', 'interet-legal 2026-07-01 autres', 'taux-bce 2026-07-01']
    expect(endOf('ended', '2027-01-01')).toEqual(rates)
    // 45 days before they end, while there is time to look the next ones up.
    expect(endOf('ending', '2026-11-16')).toEqual([])
    expect(endOf('ending', '2026-11-17')).toEqual(rates)
    expect(endOf('ended', '2026-12-31')).toEqual([])
  })
})

describe('the words of the law', () => {
  test('are those of the day of the letter', () => {
    expect(lawTerms(on('2017-12-21'))).toMatchObject({
      officier: 'huissier de justice',
      penalitesArticle: 'L. 441-6 du code de commerce',
      tribunalCivil: 'tribunal d’instance',
      parquet: 'tribunal de grande instance',
      rgpd: false,
      formuleExecutoire: 'sur demande du créancier',
    })
    expect(lawTerms(on('2026-11-22'))).toMatchObject({
      officier: 'commissaire de justice',
      penalitesArticle: 'L. 441-10 du code de commerce',
      tribunalCivil: 'tribunal judiciaire',
      rgpd: true,
      formuleExecutoire: 'apposée d’office',
      lreArticle: 'article L. 100 du code des postes et des communications électroniques',
    })
    expect(Object.keys(termDoubts(on('2017-12-21')))).toEqual([
      'lreArticle',
      'delaiCreancePosterieure',
      'delaiSaisineJuridiction',
      'delaiConsultationPlan',
      'delaiAvisVente',
      'delaiDenonciationSurete',
      'delaiPubliciteDefinitive',
      'delaiDeclarationSaisies',
      'delaiConsignation',
      'delaiPaiementPublicCondamne',
      'delaiPaiementCheque',
      'delaiCertificatCheque',
      'delaiProvisionsCopropriete',
      'delaiCommandementCommercial',
      'delaiCommandementHabitation',
      'delaiSignificationHeritiers',
      'delaiOppositionVenteLot',
      'delaiFondEuropeen',
      'delaiOppositionServicesSociaux',
      'delaiEnergie',
      'delaiEnergieAide',
      'delaiEnergieMesure',
      'delaiRetractation',
      'delaiRemboursementDenonce',
      'delaiGarantieTravaux',
      'delaiRemboursementPrelevement',
    ])
  })
})

describe('limitation', () => {
  const due = on('2021-11-01')

  test('ends five years after the due date between merchants, two with a consumer, week-end or not', () => {
    expect(limitation({ kind: 'commercial', due }).expires.toString()).toBe('2026-11-01')
    expect(limitation({ kind: 'conso', due })).toMatchObject({ article: 'C. conso. L. 218-2' })
    expect(limitation({ kind: 'conso', due }).expires.toString()).toBe('2023-11-01')
  })

  test('starts anew when the debtor acknowledges, not when he is put on notice, and never once it is over', () => {
    const with_ = (cause: string, day: string) =>
      limitation({ kind: 'commercial', due, interruptions: [{ on: on(day), cause }] }).expires.toString()
    expect(with_('reconnaissance', '2023-05-10')).toBe('2028-05-10')
    expect(with_('mise-en-demeure', '2023-05-10')).toBe('2026-11-01')
    expect(with_('depot-requete', '2026-10-31')).toBe('2026-11-01')
    expect(with_('reconnaissance', '2026-11-02')).toBe('2026-11-01')
  })

  test('waits for the end of a court case and through a mediation', () => {
    const interruptions = [{ on: on('2023-01-01'), cause: 'demande-en-justice', until: on('2024-06-30') }]
    expect(limitation({ kind: 'commercial', due, interruptions }).expires.toString()).toBe('2029-06-30')
    const suspensions = [{ from: on('2026-10-01'), to: on('2026-10-10'), cause: 'médiation', article: 'C. civ. 2238' }]
    expect(limitation({ kind: 'commercial', due, suspensions }).expires.toString()).toBe('2027-04-10')
  })

  test('refuses a kind it does not know and a time before its data', () => {
    expect(() => limitation({ kind: 'gaming', due })).toThrow(DomainError)
    expect(() => limitation({ kind: 'commercial', due: on('2008-06-18') })).toThrow(/prescription/)
  })
})

describe('the competent court', () => {
  const ask = (more: Partial<Parameters<typeof competentCourt>[0]>) =>
    competentCourt({
      debtor: 'business',
      commercial: true,
      postalCode: '69003',
      city: 'LYON CEDEX 03',
      on: on('2026-11-22'),
      ...more,
    })

  test('is the one of the day', () => {
    expect(ask({})).toMatchObject({
      nom: 'tribunal des activités économiques de Lyon',
      ville: 'Lyon',
      doubts: [{ code: 'court_unconfirmed' }],
    })
    expect(ask({ on: on('2017-12-21') }).nom).toBe('tribunal de commerce de Lyon')
    expect(ask({ commercial: false }).nom).toBe('tribunal judiciaire de Lyon')
    expect(ask({ commercial: false, on: on('2017-12-21') }).nom).toBe('tribunal d’instance de Lyon')
    expect(ask({ postalCode: '76600', city: 'Le Havre' }).nom).toBe('tribunal des activités économiques du Havre')
    expect(ask({ postalCode: '33000', city: 'Bordeaux' }).nom).toBe('tribunal de commerce de Bordeaux')
  })

  test('is a chamber of the civil court in Alsace-Moselle', () => {
    const court = ask({ postalCode: '67000', city: 'Strasbourg' })
    expect(court).toMatchObject({
      nom: 'tribunal judiciaire de Strasbourg',
      formation: 'président de la chambre commerciale',
    })
  })

  test('is to be looked up when the place is not in the sample', () => {
    for (const place of [
      { city: 'Trifouilly', postalCode: '69999' },
      { city: 'Lyon', postalCode: '33000' },
      { city: 'Haguenau', postalCode: '67500' },
    ]) {
      const court = ask(place)
      expect(court.ville).toBe('')
      expect(court.doubts.map((doubt) => doubt.message).join(' ')).toContain('Juridiction à vérifier')
    }
    expect(ask({ debtor: 'public' }).doubts.map((doubt) => doubt.code)).toContain('public_debtor')
  })
})
