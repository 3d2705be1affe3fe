import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { oweUnderTitle, underTitle } from '../procedures/money/title-ledger.ts'
import { requireAward, titleOn } from '../procedures/judicial/titles/awards.ts'
import { titleEnd } from '../procedures/judicial/titles/title-limitation.ts'
import { loadProcedure } from '../procedures/judicial/engine/procedure.ts'
import { readAward } from '../procedures/law/award.ts'
import { percentText } from '../procedures/law/claim.ts'
import type { Claim, Imputation } from '../procedures/law/interest.ts'
import { parseDay, type Day } from '../schema/days.ts'
import { amount, parseAmount } from '../schema/money.ts'
import { parseYaml } from '../schema/validate.ts'

interface Case {
  id: string
  titre: string
  procedure: string
  ouverte: string
  factures: { numero: string; montant: string; emission: string; echeance: string }[]
  evenements: { quoi: string; le: string; circonstances?: Record<string, unknown>; condamnation?: object }[]
  reglements?: { le: string; montant: string; facture?: string }[]
  avoirs?: { le: string; montant: string }[]
  le: string
  executoire: string | null
  attendu: null | {
    principal: string
    interets: string
    indemnite?: string
    penalite?: string
    frais?: string
    total: string
    trop_percu?: string
    par_jour: string
    segments: string[]
    /** « day amount: interest + principal + indemnity, excess », one a payment. */
    imputations?: string[]
    doutes: string[]
  }
}
const file = new URL('./cases/titles.yaml', import.meta.url)
const cases = parseYaml(readFileSync(file, 'utf8'), 'titles.yaml') as Case[]

const sourceOf = ({ procedure, ouverte, evenements }: Case) => ({
  id: 'p',
  caseId: 'c',
  openedOn: parseDay(ouverte),
  procedure: loadProcedure(procedure),
  zone: 'metropole' as const,
  events: evenements.map(({ quoi, le, circonstances, condamnation }) => ({
    id: `${quoi} ${le}`,
    step: quoi,
    on: parseDay(le),
    facts: { juridiction: 'commerce', ...circonstances, ...(condamnation ? { condamnation } : {}) },
  })),
})

const moved = ({ le, montant, facture }: { le: string; montant: string; facture?: string }) => ({
  date: parseDay(le),
  amount: parseAmount(montant),
  ...(facture === undefined ? {} : { invoice: facture }),
})

const ledgerOf = ({ factures, reglements = [], avoirs = [] }: Case, asOf: Day): Claim => ({
  asOf,
  currency: 'EUR',
  debtor: 'business',
  creditor: 'autres',
  rate: { kind: 'l441-10' },
  floor: 'l441-10',
  dayCount: 'act365',
  dayRule: 'start_excluded',
  imputation: 'interest_first',
  invoices: factures.map(({ numero, montant, echeance }) => ({
    number: numero,
    amount: parseAmount(montant),
    due: parseDay(echeance),
  })),
  payments: reglements.map(moved),
  creditNotes: avoirs.map(moved),
  capitalise: false,
  indemnity: true,
})

const imputationShown = (one: Imputation) =>
  `${one.date.toString()} ${amount(one.amount)}: ${[one.toInterest, one.toPrincipal, one.toIndemnity].map(amount).join(' + ')}, ${amount(one.excess)}`

describe('under a title', () => {
  test.each(cases)('$id: $titre', (each) => {
    const on = parseDay(each.le)
    const title = titleOn([sourceOf(each)], on)
    if (each.attendu === null) return expect(title).toBeNull()
    const { attendu: wanted } = each
    expect(title?.enforceableOn?.toString() ?? null).toBe(each.executoire)
    const issuedOn = new Map(each.factures.map(({ numero, emission }) => [numero, parseDay(emission)]))
    const found = oweUnderTitle(underTitle({ ...title!, award: title!.award! }, ledgerOf(each, on), issuedOn))
    expect({
      principal: amount(found.principal),
      interets: amount(found.interest),
      indemnite: amount(found.indemnity),
      penalite: amount(found.penalty),
      frais: amount(found.costs),
      total: amount(found.total),
      trop_percu: amount(found.overpaid),
      par_jour: amount(found.perDay),
      segments: found.segments.map(
        (one) => `${one.from.toString()}/${one.to.toString()} ${percentText(one.percent)} ${amount(one.amount)}`,
      ),
      doutes: found.doubts.map(({ code }) => code),
      ...(wanted.imputations ? { imputations: found.imputations.map(imputationShown) } : {}),
    }).toEqual({ indemnite: '0.00', penalite: '0.00', frais: '0.00', trop_percu: '0.00', ...wanted })
  })

  test('the day from which the rate is raised is told with the segment, and with the day it comes from', () => {
    const [order] = cases
    const on = parseDay('2025-09-01')
    const title = titleOn([sourceOf(order!)], on)!
    const issuedOn = new Map([['F-1', parseDay('2024-12-10')]])
    const { segments } = oweUnderTitle(underTitle({ ...title, award: title.award! }, ledgerOf(order!, on), issuedOn))
    expect(segments.at(-1)!.why).toMatch(
      /majoré de 5 points depuis le 14\u00a0juillet\u00a02025, décision exécutoire le 13\u00a0mai/,
    )
  })

  test('an invoice that came after it keeps its own terms, beside what the title grants', () => {
    const order = cases[0]!
    const later = { numero: 'F-9', montant: '500.00', emission: '2025-05-01', echeance: '2025-12-01' }
    const more = { ...order, factures: [...order.factures, later] }
    const on = parseDay('2025-09-01')
    const title = titleOn([sourceOf(more)], on)!
    const issuedOn = new Map(more.factures.map(({ numero, emission }) => [numero, parseDay(emission)]))
    const found = oweUnderTitle(underTitle({ ...title, award: title.award! }, ledgerOf(more, on), issuedOn))
    expect(amount(found.total)).toBe('10799.02')
    expect(found.doubts.map(({ code }) => code)).toContain('title_before_invoice')
  })

  test('nothing of it is claimed once the invoices that it judged are barred, as those of a title that is no court’s', () => {
    const order = cases[0]!
    const on = parseDay('2025-09-01')
    const title = titleOn([sourceOf(order)], on)!
    const issuedOn = new Map(order.factures.map(({ numero }) => [numero, parseDay('2024-12-10')]))
    const ledger = ledgerOf(order, on)
    const total = (barredAfter: Day) => {
      const invoices = ledger.invoices.map((invoice) => ({ ...invoice, barredAfter }))
      const found = oweUnderTitle(underTitle({ ...title, award: title.award! }, { ...ledger, invoices }, issuedOn))
      return { claimed: found.total, hasBarred: found.barred.length > 0 }
    }
    expect(total(on)).toMatchObject({ hasBarred: false })
    expect(total(on).claimed).toBeGreaterThan(0n)
    expect(total(parseDay('2025-08-31'))).toEqual({ claimed: 0n, hasBarred: true })
  })

  test('a judgment for the debtor gives nothing', () => {
    const judged = structuredClone({ ...cases[1]! })
    judged.evenements[1]!.circonstances = { favorable: false }
    expect(titleOn([sourceOf(judged)], parseDay('2024-09-01'))).toBeNull()
  })
})

describe('what a decision grants is refused', () => {
  const on = parseDay('2025-03-10')
  const plain = { principal: '100.00', interets: { taux: 'legal', depuis: '2025-02-03' } }

  test.each([
    ['a rate of its own without its figure', { ...plain, interets: { taux: 'fixe', depuis: '2025-02-03' } }],
    ['a figure beside the legal rate', { ...plain, interets: { ...plain.interets, pourcentage: '3' } }],
    [
      'interest of its own beside interest from each due date',
      { ...plain, interets: { taux: 'legal', depuis: 'echeances' }, interetsLiquides: '5.00' },
    ],
    ['a negative interest of its own', { ...plain, interetsLiquides: '-5.00' }],
    ['capitalisation ordered from no day', { ...plain, capitalisation: { ordonnee: true } }],
    ['a day enforceable before it was made', { ...plain, executoireLe: '2025-03-09' }],
    ['payments deducted before they came', { ...plain, reglementsJusquau: '2025-03-11' }],
    ['a negative sum', { ...plain, principal: '-1.00' }],
  ])('%s', (_what, told) => {
    expect(() => readAward(told, on)).toThrow(expect.objectContaining({ code: expect.stringMatching(/^bad_/) }))
  })

  test('with an act that is no decision, or with a word it does not know', () => {
    const procedure = loadProcedure('injonction-de-payer')
    const refused = (step: string, told: object) => () => requireAward(procedure, step, on, { condamnation: told })
    expect(refused('signification', plain)).toThrow(expect.objectContaining({ code: 'award_without_title' }))
    expect(refused('ordonnance', { ...plain, interet: '3' })).toThrow(expect.objectContaining({ code: 'invalid_file' }))
    expect(refused('ordonnance', plain)).not.toThrow()
  })
})

describe('the last day of a title told by hand', () => {
  // A judgment of 3 February 2012 would be barred on 3 February 2022; a seizure of 2021, known to its giver alone, carried it to 2031.
  const title = { on: parseDay('2012-02-03'), until: parseDay('2031-05-20') }
  const paid = (on: string) => ({ on: parseDay(on), cause: 'paiement-partiel' })
  const seized = (on: string) => ({ on: parseDay(on), cause: 'execution-forcee' })
  test.each([
    ['stands while nothing happens', [], '2031-05-20'],
    ['is carried on by a payment made while it ran: ten years from that day', [paid('2026-03-12')], '2036-03-12'],
    ['is carried on by each act after another', [paid('2026-03-12'), seized('2035-11-08')], '2045-11-08'],
    ['is not moved by an act of its first ten years, which it already counts', [seized('2020-06-15')], '2031-05-20'],
    ['is not revived by a payment after it', [paid('2031-05-21')], '2031-05-20'],
    ['is not moved by a formal notice', [{ on: parseDay('2026-03-12'), cause: 'mise-en-demeure' }], '2031-05-20'],
  ])('%s', (_what, acts, expires) => {
    const found = titleEnd(title, acts)
    expect(found.expires.toString()).toBe(expires)
    expect(found.doubts.map(({ code }) => code)).toContain('title_limitation_by_hand')
  })
})
