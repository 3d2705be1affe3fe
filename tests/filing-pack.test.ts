import { readFileSync } from 'node:fs'
import { strFromU8, unzipSync } from 'fflate'
import { describe, expect, test } from 'vitest'
import { verifyFile } from '../documents/proof/verify.ts'
import { attachPostalProof } from '../procedures/cases/exhibits/exhibit-proofs.ts'
import { attachExhibit, exhibitKinds } from '../procedures/cases/exhibits/exhibits.ts'
import { recordLegalForm } from '../procedures/cases/debtors.ts'
import { recordInsolvency } from '../procedures/cases/insolvency/insolvencies.ts'
import { withdrawConsent } from '../procedures/judicial/consents/consent.ts'
import { createBailiff, findHandOver, handOver, keepAccess } from '../procedures/judicial/packs/handover.ts'
import { assembleFilingPack } from '../procedures/judicial/packs/packs.ts'
import type { Manifest } from '../documents/packs/manifest.ts'
import { legalCell, liveToSignature } from './legal.ts'
import { day, textOf, useHouse } from './house.ts'

const sample = new Uint8Array(readFileSync(new URL('../samples/Facture_FR_EN16931.pdf', import.meta.url)))

// Signed on 23 July 2026; the last letter, of 13 July, was first presented on the 15th.
const house = useHouse(async (made) => void (await liveToSignature(made)))

const { caseOf, happens, open: openAgain, openSigned, random } = legalCell(house, 'filing pack')
const on = '2026-08-03'
const open = async () => {
  const [request] = await house.sql<{ id: string }[]>`select id from consent_requests`
  return openSigned(request!.id, '2026-07-24')
}
const assemble = (procedureId: string, dayOf: string, more: Partial<Parameters<typeof assembleFilingPack>[2]> = {}) =>
  assembleFilingPack(
    house.office,
    day(dayOf),
    { procedureId, kind: 'requete', reason: 'Pièces jointes au dépôt.', ...more },
    'Hugo Marchand',
  )

describe('a pack', () => {
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
  const signedOn = async (dayOf: string) => (await openAgain('injonction-de-payer', {}, dayOf)).id
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
    await happens(id, 'ordonnance', '2026-09-01', { numero: '26/1' }, await house.office.archive.put(sample))
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
