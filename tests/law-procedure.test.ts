import { spawnSync } from 'node:child_process'
import { describe, expect, test } from 'vitest'
import { exhibitsOf, loadProcedure, procedureIds } from '../procedures/judicial/engine/procedure.ts'
import { stepDeadlines, type ProcedureEvent } from '../procedures/judicial/engine/time-limits.ts'
import { stepLimits } from '../procedures/judicial/engine/step-limits.ts'
import { lawIds } from '../procedures/law/values.ts'
import { parseDay } from '../schema/days.ts'
import { DomainError } from '../schema/errors.ts'

const order = loadProcedure('injonction-de-payer')
const event = (step: string, on: string, facts: Record<string, unknown> = {}): ProcedureEvent => ({
  step,
  on: parseDay(on),
  facts,
})
const expiries = (events: ProcedureEvent[]) =>
  Object.fromEntries(stepDeadlines(order, events).map((limit) => [limit.id, limit.expires.toString()]))

describe('the order for payment', () => {
  test('has its steps in the order of the law', () => {
    expect(procedureIds()).toContain('injonction-de-payer')
    expect(order.etapes.map((step) => step.id)).toEqual([
      'requete',
      'ordonnance',
      'signification',
      'opposition',
      'execution',
      'jugement',
      'signification-jugement',
      'appel',
      'certificat-non-recours',
    ])
    for (const { valeur } of order.frais ?? []) if (valeur !== undefined) expect(lawIds()).toContain(valeur)
  })

  test('must be served within six months when made by 31 August 2026, three months from 1 September', () => {
    expect(expiries([event('ordonnance', '2026-08-31')]).signification).toBe('2027-03-01')
    expect(expiries([event('ordonnance', '2026-09-01')]).signification).toBe('2026-12-01')
    const [limit] = stepDeadlines(order, [event('ordonnance', '2026-09-01')])
    expect(limit).toMatchObject({
      kind: 'not_after',
      trigger: 'ordonnance',
      article: 'CPC 1411',
      sanction: 'ordonnance non avenue',
      confirmed: true,
      doubts: [],
    })
  })

  test('opens enforcement after two months, or after the month of the old law, by the date of the order', () => {
    const served = event('signification', '2026-10-01', { aPersonne: true })
    const old = stepDeadlines(order, [event('ordonnance', '2026-08-15'), served]).find(
      (limit) => limit.id === 'execution',
    )
    const recent = stepDeadlines(order, [event('ordonnance', '2026-09-15'), served]).find(
      (limit) => limit.id === 'execution',
    )
    expect([old?.kind, old?.expires.toString(), old?.opens?.toString()]).toEqual([
      'not_before',
      '2026-11-02',
      '2026-11-03',
    ])
    expect([recent?.expires.toString(), recent?.opens?.toString()]).toEqual(['2026-12-01', '2026-12-02'])
  })

  test('gives the debtor one month, longer from afar, and from the first act served in person otherwise', () => {
    const made = event('ordonnance', '2026-09-15')
    expect(expiries([made, event('signification', '2026-10-01', { aPersonne: true })]).opposition).toBe('2026-11-02')
    expect(
      expiries([made, event('signification', '2026-10-01', { aPersonne: true, demeure: 'etranger' })]).opposition,
    ).toBe('2027-01-04')
    const byPost = event('signification', '2026-10-01', { aPersonne: false })
    expect(expiries([made, byPost]).opposition).toBeUndefined()
    expect(expiries([made, byPost, event('premier-acte-a-personne', '2027-02-03')]).opposition).toBe('2027-03-03')
  })

  test('asked for its executory formula within a month before March 2022', () => {
    const events = [event('ordonnance', '2017-12-21'), event('signification', '2018-01-10', { aPersonne: true })]
    expect(expiries(events)).toMatchObject({
      signification: '2018-06-21',
      execution: '2018-02-12',
      'formule-executoire': '2018-03-12',
    })
    expect(
      expiries([event('ordonnance', '2022-03-01'), event('signification', '2022-03-10')])['formule-executoire'],
    ).toBeUndefined()
  })

  test('asks the commercial court for no lawyer and the civil court for no fee', () => {
    const at = (juridiction: string) =>
      Object.keys(
        expiries([
          event('requete', '2026-10-01', { juridiction }),
          event('invitation-avocat', '2026-11-03', { juridiction }),
        ]),
      )
    expect(at('commerce')).toEqual(['consignation-requete'])
    expect(at('judiciaire')).toEqual(['constitution-avocat'])
  })

  test('names the exhibits of each pack, by date', () => {
    expect(exhibitsOf(order, 'requete', parseDay('2026-11-22')).map((piece) => piece.type)).toContain('mise-en-demeure')
    const titles = (on: string) =>
      exhibitsOf(order, 'signification', parseDay(on))
        .map((piece) => piece.titre)
        .join(' ')
    expect(titles('2026-11-22')).toContain('formule exécutoire')
    expect(titles('2021-11-22')).not.toContain('formule exécutoire')
    expect(() => exhibitsOf(order, 'unknown', parseDay('2026-11-22'))).toThrow(DomainError)
  })

  test('doubts the version when the day of the order is not given', () => {
    const [found] = stepLimits('injonction-de-payer.execution', parseDay('2026-10-01')).limits
    expect(found!.doubts.map((doubt) => doubt.code)).toContain('version_to_check')
    expect(() => stepLimits('injonction-de-payer.ordonnance', parseDay('2026-10-01'))).toThrow(/pas de délai/)
    expect(() => stepLimits('injonction-de-payer.nothing', parseDay('2026-10-01'))).toThrow(DomainError)
    expect(() => stepLimits('nothing.requete', parseDay('2026-10-01'))).toThrow(DomainError)
  })
})

describe('the command line', () => {
  const courtois = (args: string[], input = '') =>
    spawnSync(process.execPath, [new URL('../scripts/courtois.ts', import.meta.url).pathname, ...args], {
      input,
      encoding: 'utf8',
    })

  test('prints a time limit, with the law of its step', () => {
    const plain = courtois(['deadline', '--from', '2026-02-14', '--duration', '3m', '--json'])
    expect(JSON.parse(plain.stdout)).toMatchObject({ from: '2026-02-14', raw: '2026-05-14', expires: '2026-05-15' })
    const step = courtois(['deadline', 'injonction-de-payer.signification', '--from', '2026-08-31'])
    expect(JSON.parse(step.stdout)).toMatchObject({
      raw: '2027-02-28',
      expires: '2027-03-01',
      article: 'CPC 1411',
      counted_from: { event: 'ordonnance', on: '2026-08-31' },
    })
  })

  test('prints every limit of a step, and what the others wait for', () => {
    const wages = courtois(['deadline', 'saisie-remunerations.saisie', '--from', '2026-11-20'])
    expect(JSON.parse(wages.stdout)).toMatchObject({
      kind: 'not_before',
      limits: [{ id: 'saisie-ouverture' }, { id: 'saisie', expires: '2027-02-22', article: 'L212-6 CPCE' }],
      missing: [{ id: 'registre-saisie', ask: expect.stringContaining('--event saisie=') as string }],
    })
    const mistyped = ['injonction-de-payer.execution', '--from', '2026-10-01', '--event', 'ordonnnance=2026-08-15']
    expect(courtois(['deadline', ...mistyped])).toMatchObject({ status: 1, stdout: '' })
    expect(courtois(['deadline', '--from', '9999-12-31', '--duration', '1m'])).toMatchObject({ status: 1, stdout: '' })
  })

  test('exits 1 with a sentence on a refusal, 2 on a wrong usage', () => {
    const refused = courtois(['deadline', '--from', '2026-02-30', '--duration', '3m'])
    expect([refused.status, refused.stdout]).toEqual([1, ''])
    expect(refused.stderr).not.toContain('at ')
    expect(courtois(['deadline', '--duration', '3m']).status).toBe(2)
    expect(courtois(['deadline', '--from', '2026-02-14']).status).toBe(2)
    expect(courtois(['interest'], 'not json').status).toBe(1)
    expect(courtois(['law', 'burn']).status).toBe(2)
  })

  test('computes a claim and lists what a lawyer should look at', () => {
    const claim = {
      as_of: '2026-01-01',
      debtor: 'business',
      rate: { kind: 'contract', percent: '10' },
      invoices: [{ number: 'F', amount: '10000.00', due: '2025-01-01' }],
    }
    expect(JSON.parse(courtois(['interest'], JSON.stringify(claim)).stdout)).toMatchObject({ total: '11000.00' })
    const reviews = JSON.parse(courtois(['law', 'check', '--day', '2026-11-22', '--json']).stdout) as {
      where: string
      source: string
    }[]
    expect(reviews.some((review) => review.where.startsWith('taux-bce'))).toBe(true)
    expect(reviews.find(({ source }) => source === 'non lu')).toMatchObject({ reasons: ['unconfirmed'] })
    expect(courtois(['law', 'check', '--day', '2026-11-22']).stdout).toMatch(
      /\d+ citations, \d+ lues dans leur texte, \d+ rapportées par une autre source, \d+ non lues \(à confirmer\), 0 sans date\.$/m,
    )
  })
})
