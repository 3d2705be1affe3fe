import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { loadProcedure, type Procedure } from '../procedures/judicial/engine/procedure.ts'
import type { ProcedureEvent } from '../procedures/judicial/engine/time-limits.ts'
import { requirePossible } from '../procedures/judicial/engine/possible.ts'
import { type Progress, progress } from '../procedures/judicial/engine/progress.ts'
import { parseDay } from '../schema/days.ts'
import { DomainError } from '../schema/errors.ts'

const order = loadProcedure('injonction-de-payer')
const happened = (
  step: string,
  on: string,
  more: Partial<Pick<ProcedureEvent, 'id' | 'facts' | 'corrects' | 'void'>> = {},
): ProcedureEvent => ({ id: `${step} ${on}`, step, on: parseDay(on), ...more })
const on = (procedure: Procedure, events: ProcedureEvent[], day: string) => progress(procedure, events, parseDay(day))
const nextOf = (found: Progress) => found.next.map(({ step }) => step)
const dueOf = (found: Progress) => found.due.map(({ id, expires, daysLeft }) => [id, expires.toString(), daysLeft])
const refusal = (procedure: Procedure, events: ProcedureEvent[], event: ProcedureEvent, today = '2027-12-31') => {
  try {
    requirePossible(procedure, events, event, parseDay(today))
  } catch (error) {
    if (error instanceof DomainError) return error
    throw error
  }
  return null
}

const filed = happened('requete', '2026-08-03', { facts: { juridiction: 'commerce' } })
const made = happened('ordonnance', '2026-09-01')
const served = happened('signification', '2026-10-15', { facts: { aPersonne: true } })

describe('where a case stands', () => {
  test('is what was done, what runs with the days left, and what may come next, each with its article', () => {
    const found = on(order, [filed, made], '2026-10-01')
    expect(found.done.map(({ step, on: day }) => [step, day.toString()])).toEqual([
      ['requete', '2026-08-03'],
      ['ordonnance', '2026-09-01'],
    ])
    expect(dueOf(found)).toEqual([['signification', '2026-12-01', 61]])
    expect(found.next).toEqual([
      expect.objectContaining({ step: 'signification', article: 'CPC 1411', until: parseDay('2026-12-01') }),
    ])
    expect(found.why.at(-1)).toBe(
      'Signifier l’ordonnance à chaque débiteur\u00a0: au plus tard le 1er\u00a0décembre\u00a02026 (CPC 1411), il reste 61\u00a0jours.',
    )
    expect([found.closed, found.late]).toEqual([null, []])
  })

  test('does not depend on the order in which the events are told, nor on what came after the day', () => {
    const events = [filed, made, served, happened('opposition', '2026-11-10')]
    const told = JSON.stringify(on(order, events, '2026-11-05'))
    fc.assert(
      fc.property(fc.shuffledSubarray(events, { minLength: 4 }), (shuffled) => {
        expect(JSON.stringify(on(order, shuffled, '2026-11-05'))).toBe(told)
      }),
    )
    expect(JSON.stringify(on(order, events.slice(0, 3), '2026-11-05'))).toBe(told)
  })

  test('offers no enforcement while opposition is open, though its own months have run', () => {
    const abroad = happened('signification', '2026-10-15', { facts: { aPersonne: true, demeure: 'etranger' } })
    const found = on(order, [filed, made, abroad], '2026-12-20')
    // Two months of the law and two of distance: opposition runs to 15 January 2027, enforcement opened on 16 December.
    expect(dueOf(found)).toEqual([['opposition', '2027-01-15', 26]])
    expect(found.next.find(({ step }) => step === 'execution')?.from).toEqual(parseDay('2027-01-16'))
    expect(found.nextProcedures).toEqual([])
    expect(refusal(order, [filed, made, abroad], happened('execution', '2026-12-20'))).toMatchObject({
      code: 'step_too_early',
      facts: { earliest: '2027-01-16' },
    })
  })

  test('offers no enforcement after an opposition, until the judgment is served', () => {
    const opposed = [filed, made, served, happened('opposition', '2026-11-10')]
    const found = on(order, opposed, '2027-03-01')
    expect(nextOf(found)).not.toContain('execution')
    expect(found.outcomes.map(({ id, kind }) => [id, kind])).toEqual([['opposition', 'suspension']])
    expect(found.nextProcedures).toEqual([])
    expect(refusal(order, opposed, happened('execution', '2027-03-01'))).toMatchObject({
      code: 'step_ruled_out',
      article: 'CPC 1422',
    })
    const judged = [
      ...opposed,
      happened('jugement', '2027-02-01', { facts: { favorable: true } }),
      happened('signification-jugement', '2027-02-15'),
    ]
    expect(on(order, judged, '2027-03-01').nextProcedures.map(({ procedure }) => procedure)).toEqual([
      'saisie-attribution',
      'saisie-vente',
      'saisie-remunerations',
    ])
  })

  test('opens the seizures once the order has the force of a judgment', () => {
    expect(on(order, [filed, made, served], '2026-12-15').nextProcedures).toEqual([])
    const found = on(order, [filed, made, served], '2026-12-16')
    expect(found.lapsed.map(({ id }) => id)).toEqual(['opposition'])
    expect(found.outcomes).toMatchObject([{ id: 'executoire', on: parseDay('2026-12-16'), article: 'CPC 1422' }])
    expect(found.nextProcedures.map(({ procedure }) => procedure)).toContain('saisie-attribution')
  })

  test('never offers a draft', () => {
    const draft = loadProcedure('creances-incontestees')
    expect(on(draft, [happened('commandement', '2026-06-01')], '2026-06-02').doubts).toContainEqual(
      expect.objectContaining({ code: 'draft_procedure' }),
    )
  })
})

describe('a time limit that has passed', () => {
  test('closes the path by its sanction, says so, and shows what may follow', () => {
    expect(on(order, [filed, made], '2026-12-01').closed).toBeNull()
    const found = on(order, [filed, made], '2026-12-02')
    expect(found.closed).toMatchObject({
      on: parseDay('2026-12-02'),
      step: 'signification',
      sanction: 'ordonnance non avenue',
      article: 'CPC 1411',
    })
    expect([found.due, found.next, found.alerts]).toEqual([[], [], []])
    expect(found.nextProcedures.map(({ procedure }) => procedure)).toEqual(['injonction-de-payer', 'assignation'])
    expect(found.why.at(-1)).toContain('La voie est fermée depuis le 2\u00a0décembre\u00a02026')
  })

  test('is not missed by an act done in time and told late', () => {
    const late = happened('signification', '2026-11-30', { facts: { aPersonne: true } })
    expect(refusal(order, [filed, made], late, '2027-02-01')).toBeNull()
    const found = on(order, [filed, made, late], '2027-02-01')
    expect(found.closed).toBeNull()
    expect(found.done.at(-1)?.late).toBeNull()
  })

  test('is missed by an act done after it, which is kept as what it is', () => {
    const late = happened('signification', '2026-12-03', { facts: { aPersonne: true } })
    expect(refusal(order, [filed, made], late)).toBeNull()
    const found = on(order, [filed, made, late], '2026-12-20')
    expect(found.closed?.article).toBe('CPC 1411')
    expect(found.done.at(-1)?.late).toMatchObject({ id: 'signification' })
    expect(refusal(order, [filed, made, late], happened('execution', '2027-03-01'))).toMatchObject({
      code: 'path_closed',
      article: 'CPC 1411',
      remedy: expect.stringContaining('enregistrez-le d’abord à sa date'),
    })
  })

  test('is late and nothing more where the law has no sanction', () => {
    const wages = loadProcedure('saisie-remunerations')
    const events = [
      happened('commandement', '2026-09-01'),
      happened('inscription-commandement', '2026-09-01'),
      happened('saisie', '2026-10-05'),
      happened('inscription-saisie', '2026-10-06'),
    ]
    const found = on(wages, events, '2026-11-02')
    expect(found.late.map(({ id }) => id)).toEqual(['declaration-employeur', 'information-debiteur'])
    expect(found.closed).toBeNull()
    expect(found.doubts.map(({ code }) => code)).toContain('unconfirmed_deadline')
  })

  test('closes nothing while a fact not yet known leaves it in doubt', () => {
    const suit = loadProcedure('assignation')
    const events = [
      happened('assignation', '2026-09-01'),
      happened('jugement', '2026-10-01'),
      happened('audience', '2026-09-30'),
    ]
    const found = on(suit, events, '2027-06-01')
    expect(found.closed).toBeNull()
    expect(found.late.find(({ step }) => step === 'signification')?.doubts[0]?.code).toBe('fact_to_check')
    const byDefault = [
      ...events.slice(0, 1),
      happened('jugement', '2026-10-01', { facts: { defaut: true } }),
      events[2]!,
    ]
    expect(on(suit, byDefault, '2027-06-01').closed?.sanction).toBe('jugement non avenu')
  })

  test('may be lifted, where the law has a recourse', () => {
    const claim = loadProcedure('declaration-creance')
    const published = happened('publication', '2026-06-01', { facts: { demeure: 'metropole' } })
    const barred = on(claim, [published], '2026-09-01')
    expect(barred.closed).toMatchObject({ article: 'C. com. L622-24 et R622-24', recourse: 'releve-de-forclusion' })
    expect(nextOf(barred)).toEqual(['releve-de-forclusion'])
    expect(dueOf(barred)).toEqual([['releve-de-forclusion', '2026-12-01', 91]])
    const asked = happened('releve-de-forclusion', '2026-09-10')
    expect(refusal(claim, [published], asked)).toBeNull()
    const lifted = [published, asked, happened('releve', '2026-10-01')]
    const found = on(claim, lifted, '2026-10-05')
    expect(found.closed).toBeNull()
    expect(dueOf(found)).toEqual([['declaration-apres-releve', '2026-11-02', 28]])
    // Six months from the publication, nothing lifts it any more.
    expect(nextOf(on(claim, [published], '2026-12-01'))).toEqual(['releve-de-forclusion'])
    expect(nextOf(on(claim, [published], '2026-12-02'))).toEqual([])
    expect(nextOf(on(claim, lifted, '2026-11-10'))).toEqual([])
  })
})

describe('alerts', () => {
  const at = (day: string) => on(order, [filed, made], day).alerts.map(({ daysLeft, mark }) => [daysLeft, mark])

  test('come at fifteen, seven, three and one days, and at the mark reached when one was missed', () => {
    expect(at('2026-11-15')).toEqual([])
    expect(at('2026-11-16')).toEqual([[15, 15]])
    expect(at('2026-11-23')).toEqual([[8, 15]])
    expect(at('2026-11-24')).toEqual([[7, 7]])
    expect(at('2026-11-28')).toEqual([[3, 3]])
    expect(at('2026-11-30')).toEqual([[1, 1]])
    expect(at('2026-12-01')).toEqual([[0, 1]])
    expect(at('2026-12-02')).toEqual([])
  })

  test('follow the days of the file, not of the program', () => {
    const found = on({ ...order, alertes: [40] }, [filed, made], '2026-10-25')
    expect(found.alerts).toMatchObject([{ daysLeft: 37, mark: 40 }])
  })

  test('are not given for the time of the other side', () => {
    const found = on(order, [filed, made, served], '2026-11-14')
    expect(dueOf(found)).toEqual([['opposition', '2026-11-16', 2]])
    expect(found.alerts).toEqual([])
  })
})

describe('an event', () => {
  test.each([
    ['out of order', happened('signification', '2026-09-15'), 'step_out_of_order', /Enregistrez d’abord.*Ordonnance/],
    ['of no step', happened('saisie', '2026-09-15'), 'unknown_step', /requete/],
    ['twice', happened('requete', '2026-08-03', { id: 'again' }), 'event_already_recorded', /Rien à faire/],
    ['again on another day', happened('requete', '2026-08-20'), 'event_already_recorded', /corrigez/],
    ['older than the law on file', happened('requete', '1999-01-04'), 'before_the_law', /droit de son jour/],
    ['to come', happened('ordonnance', '2028-01-03'), 'event_in_future', /quand il a eu lieu/],
  ])('%s is refused with its remedy', (_what, event, code, remedy) => {
    const found = refusal(order, [filed], event)
    expect(found?.code).toBe(code)
    expect(found?.remedy).toMatch(remedy)
  })

  test('dated before what it follows is out of order, whatever is already recorded', () => {
    expect(refusal(order, [filed], happened('ordonnance', '2026-08-02'))?.code).toBe('step_out_of_order')
    expect(refusal(order, [filed], happened('ordonnance', '2026-08-03'))).toBeNull()
  })

  test('that another excludes is refused whichever came first', () => {
    expect(refusal(order, [filed, made], happened('rejet', '2026-09-05'))?.code).toBe('step_ruled_out')
    expect(refusal(order, [filed, made], happened('rejet', '2026-08-20'))?.code).toBe('step_ruled_out')
  })

  test('of the debtor told after the enforcement that it should have stopped is kept, and the irregularity shows', () => {
    const enforced = [filed, made, served, happened('execution', '2026-12-17')]
    const opposition = happened('opposition', '2026-11-12')
    expect(refusal(order, enforced, opposition)).toBeNull()
    expect(on(order, [...enforced, opposition], '2027-01-05').doubts).toContainEqual(
      expect.objectContaining({ code: 'irregular_act' }),
    )
  })

  test('need not wait when the debtor agrees, nor come before the time that runs otherwise', () => {
    const seizure = loadProcedure('saisie-attribution')
    const seized = [happened('acte', '2026-11-02'), happened('denonciation', '2026-11-06')]
    expect(refusal(seizure, seized, happened('paiement', '2026-11-20'))).toMatchObject({
      code: 'step_too_early',
      article: 'R211-6 CPCE',
      facts: { earliest: '2026-12-08' },
    })
    const agreed = [...seized, happened('acquiescement', '2026-11-18')]
    expect(refusal(seizure, agreed, happened('paiement', '2026-11-20'))).toBeNull()
    expect(on(seizure, agreed, '2026-11-20').notBefore).toEqual([])
    const contested = [...seized, happened('contestation', '2026-12-01')]
    expect(refusal(seizure, contested, happened('paiement', '2026-12-20'))?.code).toBe('step_ruled_out')
    const rejected = [...contested, happened('rejet-contestation', '2027-02-01')]
    expect(refusal(seizure, rejected, happened('paiement', '2027-02-10'))).toBeNull()
  })

  test('of a hearing is recorded when its day is fixed, and its periods count back from it', () => {
    const suit = loadProcedure('assignation')
    const commerce = { facts: { juridiction: 'commerce' } }
    const hearing = happened('audience', '2026-12-15', commerce)
    expect(refusal(suit, [], hearing, '2026-10-01')).toBeNull()
    const found = on(suit, [hearing], '2026-11-20')
    expect(dueOf(found)).toEqual([
      ['assignation', '2026-11-30', 10],
      ['placement', '2026-12-07', 17],
    ])
    expect(found.done).toEqual([])
    expect(on(suit, [hearing, happened('assignation', '2026-11-25', commerce)], '2026-12-08').closed).toMatchObject({
      sanction: 'caducité',
      article: 'CPC 857',
    })
  })

  test('may carry the time that the order itself fixes', () => {
    const seizure = loadProcedure('mg-saisie-conservatoire')
    const asked = happened('requete', '2026-11-02')
    const silent = on(seizure, [asked, happened('ordonnance', '2026-11-10')], '2026-11-12')
    expect(silent.due).toEqual([])
    expect(silent.doubts).toContainEqual(expect.objectContaining({ code: 'limit_to_enter' }))
    const fixed = (time: string) =>
      dueOf(
        on(
          seizure,
          [asked, happened('ordonnance', '2026-11-10', { facts: { delais: { instance: time } } })],
          '2026-11-12',
        ),
      )
    expect(fixed('P1M')).toEqual([['instance', '2026-12-10', 28]])
    expect(fixed('2026-12-25')).toEqual([['instance', '2026-12-25', 43]])
    const unreadable = happened('ordonnance', '2026-11-10', { facts: { delais: { instance: 'bientôt' } } })
    expect(refusal(seizure, [asked], unreadable)?.code).toBe('bad_duration')
  })
})

describe('a correction', () => {
  const wrong = happened('signification', '2026-10-15', { id: 'wrong', facts: { aPersonne: true } })
  const right = happened('signification', '2026-10-20', { corrects: 'wrong', facts: { aPersonne: true } })

  test('is another event: the first remains, and no longer counts', () => {
    expect(refusal(order, [filed, made, wrong], right)).toBeNull()
    const events = [filed, made, wrong, right]
    expect(dueOf(on(order, events, '2026-11-01'))).toEqual([['opposition', '2026-11-20', 19]])
    expect(on(order, events, '2026-11-01').done.map(({ step }) => step)).toEqual([
      'requete',
      'ordonnance',
      'signification',
    ])
  })

  test('may say that it never took place, and what did may then be recorded', () => {
    const never = happened('signification', '2026-10-15', { id: 'never', corrects: 'wrong', void: true })
    expect(refusal(order, [filed, made, wrong], never)).toBeNull()
    expect(dueOf(on(order, [filed, made, wrong, never], '2026-11-01'))).toEqual([['signification', '2026-12-01', 30]])
    expect(refusal(order, [filed, made, wrong, never], { ...served, id: 'again' })).toBeNull()
  })

  test('is itself corrected, not the event a second time', () => {
    const again = happened('signification', '2026-10-21', { corrects: 'wrong' })
    expect(refusal(order, [filed, made, wrong, { ...right, id: 'right' }], again)?.code).toBe('already_corrected')
    expect(refusal(order, [filed, made, wrong, { ...right, id: 'right' }], { ...again, corrects: 'right' })).toBeNull()
    expect(refusal(order, [filed, made, wrong], { ...again, corrects: 'nothing' })?.code).toBe('corrected_not_found')
    expect(
      refusal(order, [filed, made, wrong], happened('opposition', '2026-10-21', { corrects: 'wrong' }))?.code,
    ).toBe('other_step')
  })

  test('does not take from under an act what it rests on', () => {
    const later = happened('ordonnance', '2026-10-30', { corrects: made.id! })
    expect(refusal(order, [filed, made, served], later)).toMatchObject({
      code: 'correction_breaks_order',
      remedy: expect.stringContaining('Signification'),
    })
  })
})
