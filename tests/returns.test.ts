import { describe, expect, test } from 'vitest'
import { closeCase } from '../procedures/cases/cases.ts'
import { readExhibits } from '../procedures/cases/exhibits/exhibits.ts'
import { requestConsent } from '../procedures/judicial/consents/consent-requests.ts'
import { recordProcedureEvent } from '../procedures/judicial/procedures.ts'
import { readProcedureEvents } from '../procedures/judicial/open-procedures.ts'
import { orderOn, today, useHandOver } from './handed-over.ts'
import { day, fileOf } from './house.ts'

const { act, at, house, page, post, random } = useHandOver('returns')

describe('what the office answers', () => {
  test('a service records the step, opens the time limits, joins the act, tells the creditor', async () => {
    const done = await post('/retour', {
      nature: 'signification',
      date: '2026-09-14',
      remise: 'personne',
      note: 'Remis au gérant.',
      acte: await act(),
    })
    expect(done.status).toBe(303)
    const event = (await readProcedureEvents(house.sql, at.procedureId)).at(-1)!
    expect(event).toMatchObject({ step: 'signification', facts: { aPersonne: true, etude: 'SELARL Brun & Associés' } })
    const { text } = await page()
    expect(text).toContain('14 octobre 2026') // opposition: one month from a service in person
    expect(text).toContain('Signifiée (à personne, acte joint, Remis au gérant.)')
    const caseId = (await house.sql<{ id: string }[]>`select id from cases`)[0]!.id
    const exhibits = await readExhibits(house.sql, caseId)
    expect(exhibits.find((exhibit) => exhibit.kind === 'signification')).toMatchObject({ datedOn: day('2026-09-14') })
    const told = (await fileOf(house, caseId)).documents.at(-1)!
    expect(told).toMatchObject({ letter: 'creancier-retour-commissaire', recipient: 'creancier' })
    expect(await house.sql`select 1 from events where kind = 'bailiff_returned'`).toHaveLength(1)
  })

  test.each<[string, Record<string, string>, string]>([
    ['without the act', { nature: 'signification', date: '2026-09-14', remise: 'personne' }, 'se prouve par l’acte'],
    ['of a day to come', { nature: 'refus', date: '2026-09-16' }, 'est à venir'],
    ['of a day before the procedure', { nature: 'refus', date: '2026-07-23' }, 'antérieur à la procédure'],
    ['of an unreadable day', { nature: 'refus', date: '31/02/2026' }, 'n’est pas une date'],
    ['of another nature', { nature: 'sommes', date: '2026-09-14' }, 'n’attend pas de réponse'],
  ])('one %s is refused, and nothing is kept', async (_, fields, why) => {
    const { status, text } = await post('/retour', fields)
    expect(status).toBe(422)
    expect(text.replaceAll('&#39;', '’').replaceAll("'", '’')).toContain(why)
    expect(await house.sql`select 1 from bailiff_returns`).toHaveLength(0)
    expect((await readProcedureEvents(house.sql, at.procedureId)).map((event) => event.step)).toEqual([
      'requete',
      'ordonnance',
    ])
  })

  test('a service that does not say to whom is refused: the time of opposition depends on it', async () => {
    const { status, text } = await post('/retour', { nature: 'signification', date: '2026-09-14', acte: await act() })
    expect([status, text.includes('à la personne même')]).toEqual([422, true])
  })

  test('the same answer given twice is one', async () => {
    const fields = { nature: 'refus', date: '2026-09-14' }
    expect((await post('/retour', fields)).status).toBe(303)
    expect((await post('/retour', fields)).text).toContain('déjà reçu')
  })

  test('debtors bound together and served on one day are answered one by one, each with its own time limits', async () => {
    const [order] = (await readProcedureEvents(house.sql, at.procedureId)).filter(({ step }) => step === 'ordonnance')
    await recordProcedureEvent(
      house.sql,
      random,
      day(today),
      {
        procedureId: at.procedureId,
        step: 'ordonnance',
        happenedOn: day(orderOn),
        facts: { ...order!.facts, codebiteurs: ['Marc Bonnet'] },
        original: order!.original,
        corrects: order!.id,
      },
      'legal',
    )
    const { text } = await page()
    expect(text).toContain('<option value="Marc Bonnet">Marc Bonnet, codébiteur</option>')
    const served = { nature: 'signification', date: '2026-09-14' }
    expect((await post('/retour', { ...served, remise: 'personne', acte: await act() })).status).toBe(303)
    const his = { ...served, remise: 'autrement', debiteur: 'marc BONNET' }
    expect((await post('/retour', { ...his, acte: await act('Signification à Marc Bonnet') })).status).toBe(303)
    const events = (await readProcedureEvents(house.sql, at.procedureId)).filter(({ step }) => step === 'signification')
    expect(events.map(({ facts }) => [facts['debiteur'], facts['aPersonne']])).toEqual(
      expect.arrayContaining([
        [undefined, true],
        ['Marc Bonnet', false],
      ]),
    )
    const shown = (await page()).text
    expect(shown).toContain('Signifiée (à personne, acte joint)')
    expect(shown).toContain('Signifiée (Marc Bonnet, non à personne, acte joint)')
    const again = await post('/retour', { ...his, acte: await act('Signification à Marc Bonnet') })
    expect([again.status, again.text.includes('déjà')]).toEqual([422, true])
    const other = await post('/retour', { ...his, debiteur: 'Paul Ferrand', acte: await act() })
    expect([other.status, other.text.includes('Marc Bonnet')]).toEqual([422, true])
    const [told] = await house.sql<{ detail: object }[]>`
      select detail from events where kind = 'bailiff_returned' order by seq desc limit 1`
    expect(told!.detail).toMatchObject({ debtor: 'Marc Bonnet', title: 'Signifiée (Marc Bonnet)' })
  })

  test('a debtor who has gone is searched for: the case waits, and a person sees it the same day', async () => {
    await post('/retour', { nature: 'parti', date: '2026-09-14' })
    const [hold] = await house.sql`select cause, reason, review_on from holds where released_on is null`
    expect(hold).toMatchObject({ cause: 'decision', reviewOn: day(today) })
    expect((hold as { reason: string }).reason).toContain('Adresse à rechercher')
  })

  test('a debtor found gone once the case is closed is kept as it was said, and nothing waits for it', async () => {
    const [{ id: caseId }] = await house.sql<[{ id: string }]>`select id from cases`
    await closeCase(house.sql, day(today), { caseId, reason: 'irrécouvrable' }, 'legal')
    const minutes = await act('Procès-verbal de recherches infructueuses')
    expect((await post('/retour', { nature: 'parti', date: '2026-09-14', acte: minutes })).status).toBe(303)
    const kept = await house.sql`
      select r.nature, x.kind, x.dated_on from bailiff_returns r join exhibits x on x.id = r.exhibit_id`
    expect(kept).toEqual([{ nature: 'parti', kind: 'proces-verbal', datedOn: day('2026-09-14') }])
    expect(await house.sql`select 1 from events where kind = 'bailiff_returned'`).toHaveLength(1)
    expect(await house.sql`select 1 from holds where released_on is null`).toHaveLength(0)
    expect((await fileOf(house, caseId)).documents.at(-1)).toMatchObject({ recipient: 'creancier' })
  })
})

describe('enforcing what was served', () => {
  const seize = async (on: string) =>
    requestConsent(house.office, house.sql, day(on), {
      file: await fileOf(house, (await house.sql<{ id: string }[]>`select id from cases`)[0]!.id),
      procedure: 'saisie-attribution',
      ceiling: 30_000n,
      expiresOn: day(on).add({ days: 20 }),
      facts: { comptes: [{ etablissement: 'Banque du Rhône' }] },
      bailiffId: at.bailiffId,
      author: 'test',
    })
  const served = async () =>
    post('/retour', { nature: 'signification', date: '2026-09-14', remise: 'personne', acte: await act() })

  test('waits for the service, then for the time that the law leaves to the debtor', async () => {
    await expect(seize(today)).rejects.toMatchObject({ code: 'not_enforceable' })
    await served()
    // Orders made since 1 September 2026: two months from the service, CPC 1422.
    await expect(seize('2026-11-14')).rejects.toMatchObject({
      code: 'not_enforceable',
      message: expect.stringContaining('2026'),
    })
    const request = await seize('2026-11-17')
    expect(request.packKind).toBe('mission')
  })

  test('is refused while an opposition is pending', async () => {
    await served()
    await recordProcedureEvent(
      house.sql,
      random,
      day('2026-10-01'),
      { procedureId: at.procedureId, step: 'opposition', happenedOn: day('2026-10-01') },
      'legal',
    )
    await expect(seize('2026-12-01')).rejects.toMatchObject({
      code: 'not_enforceable',
      message: expect.stringContaining('opposition'),
    })
  })

  test('is not asked with a day that has passed', async () => {
    await served()
    const file = await fileOf(house, (await house.sql<{ id: string }[]>`select id from cases`)[0]!.id)
    await expect(
      requestConsent(house.office, house.sql, day('2026-11-17'), {
        file,
        procedure: 'saisie-attribution',
        ceiling: 0n,
        expiresOn: day('2026-11-16'),
        author: 'test',
      }),
    ).rejects.toMatchObject({ code: 'expiry_in_past' })
  })
})
