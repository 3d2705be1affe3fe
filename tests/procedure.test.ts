import { readFileSync } from 'node:fs'
import { strFromU8, unzipSync } from 'fflate'
import { describe, expect, test } from 'vitest'
import { verifyFile } from '../documents/proof/verify.ts'
import { attachPostalProof } from '../procedures/cases/exhibit-proofs.ts'
import { attachExhibit, exhibitKinds } from '../procedures/cases/exhibits.ts'
import { recordLegalForm } from '../procedures/cases/debtors.ts'
import { recordDispute } from '../procedures/cases/disputes.ts'
import { recordInsolvency } from '../procedures/cases/insolvencies.ts'
import { tick } from '../procedures/amicable/tick.ts'
import { progressOf } from '../procedures/judicial/case-progress.ts'
import { giveConsent, withdrawConsent } from '../procedures/judicial/consent.ts'
import { requestConsent } from '../procedures/judicial/consent-requests.ts'
import { watchDeadlines } from '../procedures/judicial/deadline-alerts.ts'
import { createBailiff, findHandOver, handOver, keepAccess } from '../procedures/judicial/handover.ts'
import { assembleFilingPack } from '../procedures/judicial/packs.ts'
import { earliestFiling, openProcedure, recordProcedureEvent } from '../procedures/judicial/procedures.ts'
import { readProcedureEvents } from '../procedures/judicial/open-procedures.ts'
import type { Manifest } from '../documents/packs/manifest.ts'
import { seededRandom } from '../schema/random.ts'
import { day, fileOf, liveToConsent, textOf, useHouse } from './house.ts'

const sample = new Uint8Array(readFileSync(new URL('../samples/Facture_FR_EN16931.pdf', import.meta.url)))

// Signed on 23 July 2026; the last letter, of 13 July, was first presented on the 15th.
const house = useHouse(async (made) => {
  const caseId = await liveToConsent(made)
  const [request] = await made.sql<
    { id: string; contentSha256: string }[]
  >`select id, content_sha256 from consent_requests where case_id = ${caseId}`
  await giveConsent(made.sql, day('2026-07-23'), {
    requestId: request!.id,
    contentSha256: request!.contentSha256,
    signedBy: 'Inès Roche',
    capacity: 'présidente',
    evidence: {},
  })
})

const random = seededRandom('procedure')
const caseOf = async () => (await house.sql<{ id: string }[]>`select id from cases`)[0]!.id
const open = async (on = '2026-07-24') => {
  const [request] = await house.sql<{ id: string }[]>`select id from consent_requests`
  return openProcedure(house.sql, random, day(on), { requestId: request!.id }, 'legal')
}
const happens = (
  procedureId: string,
  step: string,
  on: string,
  more: { today?: string; facts?: Record<string, unknown>; original?: string } = {},
) =>
  recordProcedureEvent(
    house.sql,
    random,
    day(more.today ?? on),
    {
      procedureId,
      step,
      happenedOn: day(on),
      ...(more.facts ? { facts: more.facts } : {}),
      original: more.original ?? null,
    },
    'legal',
  )
const assemble = (procedureId: string, on: string, more: Partial<Parameters<typeof assembleFilingPack>[2]> = {}) =>
  assembleFilingPack(
    house.office,
    day(on),
    { procedureId, kind: 'requete', reason: 'Pièces jointes au dépôt.', ...more },
    'Hugo Marchand',
  )
const expires = (limits: Awaited<ReturnType<typeof happens>>, id: string) =>
  limits.find((limit) => limit.id === id)?.expires.toString()

/** Past the longest of the two: eight days from the presentation of the 15th, and the date that the letter names. */
const filing = async () => earliestFiling(await fileOf(house, await caseOf())).on.toString()

describe('filing', () => {
  test('waits for the period of the last letter, counted from its first presentation', async () => {
    const { id } = await open()
    const first = await filing()
    expect(first >= '2026-07-24').toBe(true) // presented on the 15th: the eighth day is Thursday the 23rd
    const before = day(first).subtract({ days: 1 }).toString()
    for (const on of ['2026-07-24', before].filter((date) => date < first)) {
      const refusal = {
        code: 'period_not_run',
        facts: { earliest: first },
        remedy: expect.stringContaining('Attendez le'),
      }
      await expect(happens(id, 'requete', on)).rejects.toMatchObject(refusal)
      await expect(assemble(id, on)).rejects.toMatchObject(refusal)
    }
    await assemble(id, first)
    await happens(id, 'requete', first)
  })

  test('moves with a presentation that came later', async () => {
    await house.sql`update dispatches set presented_on = '2026-07-31', outcome_on = '2026-07-31' where document_id = (select id from documents where letter = 'dernier-avis-pro')`
    const { id } = await open()
    // Eight days from the 31st: Saturday 8 August, so Monday the 10th, and filing on Tuesday.
    await expect(happens(id, 'requete', '2026-08-10')).rejects.toMatchObject({
      code: 'period_not_run',
      facts: { earliest: '2026-08-11' },
    })
    await happens(id, 'requete', '2026-08-11')
  })

  test('is refused while the presentation is unknown', async () => {
    await house.sql`update dispatches set presented_on = null where document_id = (select id from documents where letter = 'dernier-avis-pro')`
    const { id } = await open()
    await expect(happens(id, 'requete', '2026-09-30')).rejects.toMatchObject({ code: 'presentation_unknown' })
    await expect(assemble(id, '2026-09-30')).rejects.toMatchObject({ code: 'presentation_unknown' })
  })

  test('is not opened against an insolvent debtor, nor over a dispute', async () => {
    const caseId = await caseOf()
    await recordDispute(
      house.sql,
      random,
      day('2026-07-24'),
      { caseId, channel: 'courriel', ground: 'vice', contested: null, answerBy: day('2026-08-03') },
      'test',
    )
    await expect(open()).rejects.toMatchObject({ code: 'case_suspended', facts: { cause: 'contestation' } })
    await recordInsolvency(
      house.sql,
      random,
      day('2026-07-24'),
      { caseId, nature: 'Liquidation judiciaire', openedOn: day('2026-07-20'), publishedOn: null },
      'test',
    )
    await house.sql`update holds set released_on = '2026-07-25', released_by = 'x'`
    await expect(open('2026-07-25')).rejects.toMatchObject({
      code: 'case_suspended',
      facts: { cause: 'procedure-collective' },
    })
  })

  test('is not assembled once insolvency proceedings have opened', async () => {
    const { id } = await open()
    await recordInsolvency(
      house.sql,
      random,
      day('2026-07-27'),
      { caseId: await caseOf(), nature: 'Liquidation judiciaire', openedOn: day('2026-07-20'), publishedOn: null },
      'test',
    )
    await expect(assemble(id, '2026-08-03')).rejects.toMatchObject({ code: 'case_suspended' })
  })
})

describe('the steps', () => {
  const filedOn = '2026-08-03'
  const ordered = async (on: string) => {
    const { id } = await open()
    await happens(id, 'requete', filedOn)
    return { id, limits: await happens(id, 'ordonnance', on, { today: '2027-06-01' }) }
  }

  test('of an order of 31 August 2026: six months to serve it, and enforcement after the month of opposition', async () => {
    const { id, limits } = await ordered('2026-08-31')
    expect(expires(limits, 'signification')).toBe('2027-03-01') // 28 February 2027 is a Sunday
    const served = await happens(id, 'signification', '2026-10-15', { facts: { aPersonne: true } })
    expect(expires(served, 'opposition')).toBe('2026-11-16') // the 15th is a Sunday
    expect(served.find((limit) => limit.step === 'execution')).toMatchObject({
      kind: 'not_before',
      opens: day('2026-11-17'),
      article: 'CPC 1422',
    })
  })

  test('of an order of 1 September 2026: three months to serve it, and enforcement after two', async () => {
    const { id, limits } = await ordered('2026-09-01')
    expect(expires(limits, 'signification')).toBe('2026-12-01')
    expect(limits.find((limit) => limit.id === 'signification')).toMatchObject({
      article: 'CPC 1411',
      sanction: 'ordonnance non avenue',
      confirmed: true,
    })
    const served = await happens(id, 'signification', '2026-10-15', { facts: { aPersonne: true } })
    expect(expires(served, 'opposition')).toBe('2026-11-16')
    expect(served.find((limit) => limit.step === 'execution')).toMatchObject({
      kind: 'not_before',
      opens: day('2026-12-16'),
    })
  })

  test('not served in person, opposition runs from the first act that is, which can be recorded', async () => {
    const { id } = await ordered('2026-09-01')
    const served = await happens(id, 'signification', '2026-10-15', { facts: { aPersonne: false } })
    expect(expires(served, 'opposition')).toBeUndefined()
    const seized = await happens(id, 'premier-acte-a-personne', '2027-01-12')
    expect(expires(seized, 'opposition')).toBe('2027-02-12')
  })

  test('do not let enforcement be recorded before its day', async () => {
    const { id } = await ordered('2026-09-01')
    await happens(id, 'signification', '2026-10-15', { facts: { aPersonne: true } })
    await expect(happens(id, 'execution', '2026-12-15')).rejects.toMatchObject({
      code: 'step_too_early',
      article: 'CPC 1422',
      facts: { earliest: '2026-12-16' },
    })
    await happens(id, 'execution', '2026-12-16')
  })

  test('do not lie in the future, are those of the procedure, and are recorded once', async () => {
    const { id } = await open()
    await happens(id, 'requete', filedOn)
    await expect(happens(id, 'ordonnance', '2026-08-21', { today: '2026-08-20' })).rejects.toMatchObject({
      code: 'event_in_future',
    })
    await expect(happens(id, 'saisie', '2026-08-20')).rejects.toMatchObject({
      code: 'unknown_step',
      remedy: expect.stringContaining('requete'),
    })
    await expect(happens(id, 'requete', filedOn)).rejects.toMatchObject({ code: 'event_already_recorded' })
    await expect(happens(crypto.randomUUID(), 'requete', filedOn)).rejects.toMatchObject({
      code: 'procedure_not_found',
    })
    expect(await house.sql`select 1 from procedure_events`).toHaveLength(1)
  })
})

describe('the record of the steps', () => {
  const filedOn = '2026-08-03'
  const ordered = async (today = '2027-06-01') => {
    const { id } = await open()
    await happens(id, 'requete', filedOn)
    await happens(id, 'ordonnance', '2026-09-01', { today })
    return id
  }
  const rows = () => house.sql<{ id: string; step: string; happenedOn: { toString(): string }; void: boolean }[]>`
    select id, step, happened_on, void from procedure_events order by recorded_on, happened_on, id`
  const alerts = () => house.sql<{ kind: string; step: string; mark: number; givenOn: { toString(): string } }[]>`
    select kind, step, mark, given_on from deadline_alerts where over_on is null order by id`
  const correct = async (
    procedureId: string,
    step: string,
    on: string,
    more: { void?: boolean; today?: string } = {},
  ) => {
    const [wrong] = (await readProcedureEvents(house.sql, procedureId)).filter((event) => event.step === step)
    return recordProcedureEvent(
      house.sql,
      random,
      day(more.today ?? '2027-06-01'),
      {
        procedureId,
        step,
        happenedOn: day(on),
        corrects: wrong!.id,
        void: more.void === true,
        facts: { aPersonne: true },
      },
      'legal',
    )
  }

  test('refuses an order before its application, with what to record first', async () => {
    const { id } = await open()
    await expect(happens(id, 'ordonnance', '2026-08-10')).rejects.toMatchObject({
      code: 'step_out_of_order',
      article: 'CPC 1409 et 1410',
      remedy: expect.stringContaining('Requête'),
    })
    await happens(id, 'requete', filedOn)
    await expect(happens(id, 'ordonnance', '2026-08-02', { today: '2026-08-10' })).rejects.toMatchObject({
      code: 'step_out_of_order',
    })
    await happens(id, 'ordonnance', '2026-08-10')
  })

  test('takes a service told late as done on its own day, and reopens what seemed closed', async () => {
    const id = await ordered()
    await watchDeadlines(house.sql, day('2027-06-02'))
    expect(await alerts()).toMatchObject([{ kind: 'closed', step: 'signification' }])
    await happens(id, 'signification', '2026-11-30', { today: '2027-06-03', facts: { aPersonne: true } })
    expect(await alerts()).toEqual([])
    expect((await progressOf(house.sql, { id }, day('2027-06-03'))).closed).toBeNull()
  })

  test('does nothing of ours on a path that a sanction closed', async () => {
    const id = await ordered()
    await happens(id, 'signification', '2026-12-02', { today: '2027-06-01', facts: { aPersonne: true } })
    await expect(happens(id, 'execution', '2027-03-01', { today: '2027-06-01' })).rejects.toMatchObject({
      code: 'path_closed',
      article: 'CPC 1411',
    })
    await happens(id, 'opposition', '2027-01-04', { today: '2027-06-01' })
  })

  test('corrects by another row: the first stays, and no longer counts', async () => {
    const id = await ordered()
    await happens(id, 'signification', '2026-10-15', { today: '2027-06-01', facts: { aPersonne: true } })
    expect(expires(await correct(id, 'signification', '2026-10-20'), 'opposition')).toBe('2026-11-20')
    expect((await rows()).filter((row) => row.step === 'signification')).toHaveLength(2)
    expect((await readProcedureEvents(house.sql, id)).map((event) => event.step)).toEqual([
      'requete',
      'ordonnance',
      'signification',
    ])
    expect(await readProcedureEvents(house.sql, id, 'all')).toHaveLength(4)
    const journal = await house.sql<
      { kind: string }[]
    >`select kind from events where kind like 'procedure_event%' order by seq`
    expect(journal.at(-1)?.kind).toBe('procedure_event_corrected')
  })

  test('says that an event never took place, and takes it again when it did', async () => {
    const id = await ordered()
    await happens(id, 'signification', '2026-10-15', { today: '2027-06-01', facts: { aPersonne: true } })
    await correct(id, 'signification', '2026-10-15', { void: true })
    expect((await readProcedureEvents(house.sql, id)).map((event) => event.step)).toEqual(['requete', 'ordonnance'])
    const again = await happens(id, 'signification', '2026-10-15', { today: '2027-06-01', facts: { aPersonne: true } })
    expect(expires(again, 'opposition')).toBe('2026-11-16')
  })

  test('takes a step again on its first day, whatever day its correction or its withdrawal had', async () => {
    const id = await ordered()
    const told = { today: '2027-06-01', facts: { aPersonne: true } }
    await happens(id, 'signification', '2026-10-15', told)
    await correct(id, 'signification', '2026-10-20')
    await correct(id, 'signification', '2026-10-20', { void: true })
    await happens(id, 'signification', '2026-10-15', told)
    await correct(id, 'signification', '2026-10-16', { void: true })
    expect(expires(await happens(id, 'signification', '2026-10-15', told), 'opposition')).toBe('2026-11-16')
  })

  test('does not let two people record the same step twice at once', async () => {
    const { id } = await open()
    await happens(id, 'requete', filedOn)
    const both = await Promise.allSettled([
      happens(id, 'ordonnance', '2026-08-10'),
      happens(id, 'ordonnance', '2026-08-11'),
    ])
    expect(both.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected'])
  })

  test('is never rewritten nor erased (CT002)', async () => {
    const { id } = await open()
    await happens(id, 'requete', filedOn)
    await expect(house.sql`update procedure_events set happened_on = '2026-08-04'`).rejects.toMatchObject({
      code: 'CT002',
    })
    await expect(house.sql`delete from procedure_events`).rejects.toMatchObject({ code: 'CT002' })
  })

  test('of ours stops when the debtor is insolvent, while court and debtor still act', async () => {
    const { id } = await open()
    await happens(id, 'requete', '2026-08-03')
    await happens(id, 'ordonnance', '2026-09-10')
    const opening = { nature: 'Liquidation judiciaire', openedOn: day('2026-09-10'), publishedOn: null }
    await recordInsolvency(house.sql, random, day('2026-09-14'), { caseId: await caseOf(), ...opening }, 'test')
    expect(await house.sql`select 1 from consent_ends`).toHaveLength(0)
    await expect(happens(id, 'signification', '2026-09-15')).rejects.toMatchObject({ code: 'case_at_standstill' })
    await happens(id, 'signification', '2026-09-11', { today: '2026-09-15' })
    await happens(id, 'opposition', '2026-09-16')
  })

  test('lets court and debtor act after the creditor withdrew its agreement, and nobody for it', async () => {
    const id = await ordered()
    await happens(id, 'signification', '2026-10-15', { today: '2026-10-15', facts: { aPersonne: true } })
    const [request] = await house.sql<{ id: string }[]>`select id from consent_requests`
    await withdrawConsent(
      house.sql,
      day('2026-10-20'),
      { requestId: request!.id, reason: 'Accord trouvé.' },
      'creditor',
    )
    await expect(happens(id, 'execution', '2026-12-16')).rejects.toMatchObject({ code: 'no_live_consent' })
    await happens(id, 'opposition', '2026-11-10', { today: '2026-12-16' })
  })

  test('tells the legal cell of a time limit once at each mark, through the tick', async () => {
    const id = await ordered('2026-09-01')
    expect(await alerts()).toEqual([])
    const told: string[] = []
    for (let today = day('2026-11-14'); today.toString() <= '2026-12-03'; today = today.add({ days: 1 })) {
      await tick(house.sql, today)
      await tick(house.sql, today)
      for (const row of await alerts())
        if (row.givenOn.toString() === today.toString()) told.push(`${today.toString()} ${row.kind} ${row.mark}`)
    }
    expect(told).toEqual([
      '2026-11-16 near 15',
      '2026-11-24 near 7',
      '2026-11-28 near 3',
      '2026-11-30 near 1',
      '2026-12-02 closed 0',
    ])
    expect(
      await house.sql`select 1 from deadline_alerts where procedure_id = ${id} and step = 'signification'`,
    ).toHaveLength(5)
  })

  test('tells it at once when an outage missed the marks, and ends it when the act is recorded', async () => {
    const id = await ordered('2026-09-01')
    await tick(house.sql, day('2026-11-27'))
    expect(await alerts()).toMatchObject([{ kind: 'near', mark: 7 }])
    await happens(id, 'signification', '2026-11-26', { today: '2026-11-27', facts: { aPersonne: true } })
    expect(await alerts()).toEqual([])
  })
})

describe('a pack', () => {
  const on = '2026-08-03'
  const manifestOf = async (zip: string): Promise<Manifest> =>
    JSON.parse(strFromU8(unzipSync(await house.office.archive.get(zip))['manifest.json']!)) as Manifest

  test('assembled twice is two versions of one content', async () => {
    const { id } = await open()
    const [one, two] = [await assemble(id, on), await assemble(id, '2026-08-04')]
    expect([one.version, two.version]).toEqual([1, 2])
    expect(one.contentSha256).toBe(two.contentSha256)
    expect(one.zip).not.toBe(two.zip)
    for (const { zip, pdf } of [one, two]) {
      expect(await verifyFile(await house.office.archive.get(zip))).toMatchObject({ ok: true, kind: 'zip' })
      expect(await verifyFile(await house.office.archive.get(pdf))).toMatchObject({ ok: true, kind: 'pdf' })
    }
  })

  test('assembled twice at the same moment is still versions 1 and 2', async () => {
    const { id } = await open()
    const made = await Promise.all([assemble(id, on), assemble(id, on)])
    expect(made.map((pack) => pack.version).toSorted((a, b) => a - b)).toEqual([1, 2])
  })

  test('with pieces missing is refused, and each is named with where to get it', async () => {
    const { id } = await open()
    const refusal = await assemble(id, on, { reason: ' ' }).catch(
      (error: unknown) =>
        error as { code: string; message: string; facts: { missing: { what: string; from: string }[] } },
    )
    expect(refusal).toMatchObject({ code: 'pack_incomplete', remedy: expect.stringContaining('motif écrit') })
    const { missing } = (refusal as { facts: { missing: { what: string; from: string }[] } }).facts
    expect(missing.map((piece) => piece.what)).toEqual(
      expect.arrayContaining([
        'Mandat de recouvrement et pouvoir',
        'Extrait Kbis du créancier',
        'Extrait Kbis du débiteur',
        'Factures impayées',
      ]),
    )
    expect(missing.every((piece) => piece.from !== '')).toBe(true)
    expect(await house.sql`select 1 from packs`).toHaveLength(0)
  })

  test('with pieces missing and a written reason says both in its manifest, with who wrote it', async () => {
    const { id } = await open()
    const manifest = await manifestOf((await assemble(id, on, { reason: 'Le Kbis suit par RPVA.' })).zip)
    expect(manifest.reason).toEqual({ by: 'Hugo Marchand', text: 'Le Kbis suit par RPVA.' })
    expect(manifest.missing.map((piece) => piece.what)).toContain('Extrait Kbis du créancier')
  })

  const papers = ['mandat', 'kbis', 'kbis-debiteur', 'contrat', 'bon-de-livraison', 'facture'] as const
  const join = async (kind: (typeof papers)[number]) =>
    attachExhibit(
      house.office,
      house.sql,
      day('2026-07-23'),
      {
        caseId: await caseOf(),
        kind,
        reference: exhibitKinds[kind],
        datedOn: null,
        proves: 'ce qu’elle dit',
        bytes: sample,
        fileName: `${kind}.pdf`,
      },
      'test',
    )
  const prove = (documentId: string, proof: 'depot' | 'reception') =>
    attachPostalProof(
      house.office,
      house.sql,
      day('2026-07-24'),
      { documentId, proof, datedOn: day('2026-07-24'), bytes: sample, fileName: `${proof}.pdf` },
      'La Poste',
    )
  /** A new agreement, on the file as it now is. */
  const signedOn = async (dayOf: string) => {
    const request = await requestConsent(house.office, house.sql, day(dayOf), {
      file: await fileOf(house, await caseOf()),
      procedure: 'injonction-de-payer',
      ceiling: 30_000n,
      expiresOn: day('2026-09-30'),
      author: 'test',
    })
    await giveConsent(house.sql, day(dayOf), {
      requestId: request.id,
      contentSha256: request.contentSha256,
      signedBy: 'Inès Roche',
      capacity: 'présidente',
      evidence: {},
    })
    return (await openProcedure(house.sql, random, day(dayOf), { requestId: request.id }, 'legal')).id
  }
  const withoutReason = (procedureId: string) =>
    assembleFilingPack(house.office, day(on), { procedureId, kind: 'requete' }, 'legal')
  const lacks = async (procedureId: string) => {
    const refusal: unknown = await withoutReason(procedureId).catch((error: unknown) => error)
    return (refusal as { facts: { missing: { what: string; from: string; remedy: string }[] } }).facts.missing
  }

  test('holds what was signed and nothing later: what joined the case since is named, with how it comes in', async () => {
    const { id } = await open()
    await join('kbis')
    expect(await lacks(id)).toContainEqual({
      what: 'Extrait Kbis du créancier',
      from: expect.any(String),
      remedy: expect.stringContaining('Redemander l’accord'),
    })
  })

  test('with every piece needs no reason, once each registered letter has its own two proofs', async () => {
    for (const kind of papers) await join(kind)
    const form = { caseId: await caseOf(), legalForm: 'SARL', source: 'extrait Kbis joint' }
    await recordLegalForm(house.sql, day('2026-07-24'), form, 'legal')
    const letters = await house.sql<{ id: string; reference: string }[]>`
      select id, reference from documents where channel = 'lrar' and attached_to is null order by written_on, reference`
    expect(letters.length).toBeGreaterThan(1)
    const last = letters.at(-1)!
    for (const { id } of letters) {
      await prove(id, 'depot')
      if (id !== last.id) await prove(id, 'reception')
    }
    const waiting = await signedOn('2026-07-24')
    expect(await lacks(waiting)).toEqual([
      {
        what: expect.stringMatching(
          new RegExp(`^Avis de réception, ou pli rendu, de la lettre recommandée ${last.reference} du`),
        ),
        from: expect.stringContaining('l’opérateur postal'),
        remedy: expect.stringContaining('l’avis de réception signé'),
      },
    ])
    await prove(last.id, 'reception')
    expect(await lacks(waiting)).toEqual([expect.objectContaining({ remedy: expect.stringContaining('Redemander') })])
    const manifest = await manifestOf((await withoutReason(await signedOn('2026-07-27'))).zip)
    expect(manifest.missing).toEqual([])
    expect(manifest.reason).toBeUndefined()
  })

  test('for service waits for the order, then gives its last day with the article', async () => {
    const { id } = await open()
    await happens(id, 'requete', on)
    await expect(assemble(id, on, { kind: 'signification' })).rejects.toMatchObject({ code: 'order_not_recorded' })
    await happens(id, 'ordonnance', '2026-09-01', {
      original: await house.office.archive.put(sample),
      facts: { numero: '26/1' },
    })
    const adresse = { lignes: ['5 place Bellecour'], codePostal: '69002', ville: 'Lyon', pays: 'FR' }
    const bailiff = await createBailiff(house.sql, random, { name: 'SELARL Brun', identity: { adresse } })
    const pack = await assemble(id, '2026-09-02', { kind: 'signification', bailiffId: bailiff.id })
    const manifest = await manifestOf(pack.zip)
    expect(manifest.summary).toContainEqual({
      label: expect.stringContaining('Signifier'),
      value: expect.stringMatching(/1er.décembre.2026 \(CPC 1411\)/),
    })
    expect(manifest.files.map((file) => file.role)).toEqual(
      expect.arrayContaining(['instruction', 'order', 'application', 'bordereau', 'exhibit']),
    )
    const text = await textOf(await house.office.archive.get(pack.pdf))
    expect(text).toContain('1er décembre 2026')
    expect(text).toContain('SELARL Brun')
  })

  test('is handed over under a live agreement, and not once the debtor is insolvent', async () => {
    const { id } = await open()
    const pack = await assemble(id, on)
    const bailiff = await createBailiff(house.sql, random, { name: 'A', identity: {} })
    const hand = (day_: string) =>
      handOver(house.sql, random, day(day_), { packId: pack.id, bailiffId: bailiff.id }, 'legal')
    await happens(id, 'requete', on)
    await hand(on)
    const caseId = await caseOf()
    const later = day(on).add({ days: 1 })
    const opening = { caseId, nature: 'Liquidation judiciaire', openedOn: later, publishedOn: null }
    await recordInsolvency(house.sql, random, later, opening, 'test')
    await expect(hand(later.toString())).rejects.toMatchObject({
      code: 'case_at_standstill',
      facts: { cause: 'procedure-collective' },
    })
    const [request] = await house.sql<{ id: string }[]>`select id from consent_requests`
    await withdrawConsent(house.sql, later, { requestId: request!.id, reason: 'Non.' }, 'test')
    await expect(hand(later.toString())).rejects.toMatchObject({ code: 'no_live_consent' })
    expect(await house.sql`select 1 from hand_overs where handed_on = ${later}`).toHaveLength(0)
  })

  test('is handed to one bailiff; to another it does not exist', async () => {
    const { id } = await open()
    const pack = await assemble(id, on)
    const [mine, other] = [
      await createBailiff(house.sql, random, { name: 'A', identity: {} }),
      await createBailiff(house.sql, random, { name: 'B', identity: {} }),
    ]
    const fetch = async (bailiffId: string, packId = pack.id) => {
      const found = await findHandOver(house.sql, { packId, bailiffId, onDay: day(on) })
      const at = Temporal.Instant.from(`${on}T09:00:00Z`)
      await keepAccess(house.sql, random, { day: day(on), at }, found, 'zip', { first: 0, last: 9 })
      return found.zip
    }
    await expect(fetch(mine.id)).rejects.toMatchObject({ code: 'pack_not_found' })
    await handOver(house.sql, random, day(on), { packId: pack.id, bailiffId: mine.id }, 'legal')
    expect(await fetch(mine.id)).toBe(pack.zip)
    await expect(fetch(other.id)).rejects.toMatchObject({ code: 'pack_not_found' })
    await expect(fetch(mine.id, crypto.randomUUID())).rejects.toMatchObject({ code: 'pack_not_found' })
    await expect(
      handOver(house.sql, random, day(on), { packId: pack.id, bailiffId: crypto.randomUUID() }, 'legal'),
    ).rejects.toMatchObject({ code: 'nothing_to_hand_over' })
    expect(await house.sql`select 1 from downloads`).toHaveLength(1)
    await house.sql`update hand_overs set revoked_on = ${day(on)}`
    await expect(fetch(mine.id)).rejects.toMatchObject({ code: 'pack_not_found' })
  })
})
