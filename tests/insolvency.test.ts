import { describe, expect, test } from 'vitest'
import { recordCall } from '../procedures/cases/exchanges/calls.ts'
import { sendLetter } from '../procedures/mail/correspondence.ts'
import { importInsolvencies } from '../procedures/cases/insolvency/insolvency-import.ts'
import { type InsolvencyInput, recordDeclaration } from '../procedures/cases/insolvency/insolvencies.ts'
import { owedOn } from '../procedures/money/ledger.ts'
import { agreeInstalments, recordPromise } from '../procedures/cases/exchanges/promises.ts'
import { giveConsent } from '../procedures/judicial/consents/consent.ts'
import { requestConsent } from '../procedures/judicial/consents/consent-requests.ts'
import { openProcedure } from '../procedures/judicial/procedures.ts'
import { insolvency } from './debtor.ts'
import { addInvoices, day, done, fileOf, invoice, liveHolds, liveOn, liveUntil, openCase, useHouse } from './house.ts'

const house = useHouse()
const opened = (changes: Partial<Parameters<typeof openCase>[1]> = {}) =>
  openCase(house, {
    on: '2026-05-25',
    invoices: [invoice({ number: 'F-1', issued_on: '2026-05-11', due_on: '2026-06-10' })],
    ...changes,
  })
const liquidation = (caseId: string, on: string, more: Partial<InsolvencyInput> = {}) =>
  insolvency(house, caseId, on, '2026-06-25', { publishedOn: day('2026-07-03'), ...more })

describe('insolvency proceedings', () => {
  test('leave nothing but the declaration: no letter, call, promise, plan or action', async () => {
    const caseId = await opened()
    await liveUntil(house, '2026-05-25', '2026-06-30')
    await liquidation(caseId, '2026-07-06')
    await liveUntil(house, '2026-07-06', '2026-12-31')
    const file = await fileOf(house, caseId)
    // The creditor was told the day before; the formal notice itself stays in the house.
    expect(done(file).at(-1)).toBe('demeure.prevenir 2026-06-29')
    const { sql, office } = house
    const on = day('2026-07-07')
    const refused = { code: 'case_at_standstill', message: expect.stringContaining('L622-21') }
    const call = { caseId, calledAt: null, direction: 'outgoing', person: null, outcome: 'x', summary: 'x' } as const
    await expect(recordCall(sql, office.random, on, call, 'test')).rejects.toMatchObject(refused)
    // The debtor may still ring.
    await recordCall(sql, office.random, on, { ...call, direction: 'incoming' }, 'test')
    const promise = { caseId, dueOn: day('2026-07-20'), amount: 100n, means: 'virement', author: 'x', channel: 'x' }
    await expect(recordPromise(sql, office.random, on, promise, 'test')).rejects.toMatchObject(refused)
    const plan = { caseId, means: 'virement', instalments: [{ dueOn: day('2026-07-20'), amount: 100n }] }
    await expect(agreeInstalments(sql, office.random, on, plan, 'test')).rejects.toMatchObject(refused)
    // A letter ordered by hand is refused too; an answer to what the debtor wrote is not.
    const order = { letter: 'relance-ferme-pieces', channel: 'lettre', recipient: 'debiteur', author: 'test' } as const
    await expect(sendLetter(office, on, caseId, order)).rejects.toMatchObject(refused)
    const consent = { file, ceiling: 0n, expiresOn: day('2026-08-01'), author: 'test' }
    await expect(
      requestConsent(office, sql, on, { ...consent, procedure: 'injonction-de-payer' }),
    ).rejects.toMatchObject({ code: 'case_suspended' })
    // Interest stops on the day of the judgment: 15 days at 2.15 + 10, and 40 €.
    expect(owedOn(file, day('2026-12-31'))).toMatchObject({ interest: 499n, indemnity: 4000n })
  })

  test.each([
    ['two months from the publication', {}, '2026-09-03'],
    ['four for a creditor abroad', { abroad: true }, '2026-11-03'],
    ['to the next working day', { publishedOn: day('2026-06-29') }, '2026-08-31'],
  ])('prompt the declaration within %s', async (_what, more, limit) => {
    const caseId = await opened()
    await liquidation(caseId, '2026-07-06', more)
    const file = await fileOf(house, caseId)
    expect(file.insolvencies[0]!.declareBy!.toString()).toBe(limit)
    expect(liveHolds(file)[0]!.reason).toContain('déclarer la créance au plus tard')
    await recordDeclaration(
      house.sql,
      day('2026-07-20'),
      { caseId, declaredOn: day('2026-07-20'), proof: 'lettre recommandée 1A 000' },
      'test',
    )
    expect((await fileOf(house, caseId)).insolvencies[0]!.declaredOn!.toString()).toBe('2026-07-20')
    const again = { caseId, declaredOn: day('2026-07-21'), proof: 'x' }
    await expect(recordDeclaration(house.sql, day('2026-07-21'), again, 'test')).rejects.toMatchObject({
      code: 'nothing_to_declare',
    })
  })

  test('recorded twice are one; the publication that comes later gives the limit', async () => {
    const caseId = await opened()
    await liquidation(caseId, '2026-07-06', { publishedOn: null })
    expect(liveHolds(await fileOf(house, caseId))[0]!.reason).toContain('BODACC, dont la date est à chercher')
    await liquidation(caseId, '2026-07-10')
    const file = await fileOf(house, caseId)
    expect(file.insolvencies).toHaveLength(1)
    expect(file.insolvencies[0]).toMatchObject({ checkedOn: day('2026-07-10'), declareBy: day('2026-09-03') })
    expect(liveHolds(file)).toHaveLength(1)
  })

  test('do not end the agreement to declare the claim when another follows, and end every other', async () => {
    const caseId = await opened()
    await liveUntil(house, '2026-05-25', '2026-06-24')
    await liquidation(caseId, '2026-07-06', { nature: 'Redressement judiciaire', representative: 'Me Martin' })
    const adresse = { lignes: ['1 rue A'], codePostal: '69001', ville: 'Lyon', pays: 'FR' }
    const file = await fileOf(house, caseId)
    const asked = await requestConsent(house.office, house.sql, day('2026-07-07'), {
      file,
      procedure: 'declaration-creance',
      ceiling: 10_000n,
      expiresOn: day('2026-08-20'),
      author: 'legal',
      facts: {
        procedureCollective: {
          nature: 'redressement judiciaire',
          jugement: '2026-06-25',
          tribunal: 'tribunal de commerce de Lyon',
          bodacc: '2026-07-03',
          mandataire: 'Me Martin',
          mandataireAdresse: adresse,
          adresse,
        },
      },
    })
    const ends = () => house.sql`select request_id from consent_ends`
    await liquidation(caseId, '2026-07-20', { openedOn: day('2026-07-15'), publishedOn: null })
    expect(await ends()).toHaveLength(0)
    const signature = {
      requestId: asked.id,
      contentSha256: asked.contentSha256,
      signedBy: 'I',
      capacity: 'p',
      evidence: {},
    }
    await giveConsent(house.sql, day('2026-07-21'), signature)
    await openProcedure(house.sql, house.office.random, day('2026-07-22'), { requestId: asked.id }, 'legal')
    await liquidation(caseId, '2026-07-23', { kind: 'deces', openedOn: day('2026-07-22'), publishedOn: null })
    expect(await ends()).toEqual([{ requestId: asked.id }])
  })

  test('of a day to come are a slip of the pen', async () => {
    const caseId = await opened()
    await expect(liquidation(caseId, '2026-06-24')).rejects.toMatchObject({ code: 'day_in_future' })
  })
})

test.each([
  ['surendettement', 'Recevabilité de la demande de surendettement', 'commission'],
  ['deces', 'Décès', 'notaire'],
] as const)('%s stops the case with a cause of its own, and leaves interest alone', async (kind, nature, word) => {
  const caseId = await opened({ kind: 'consumer', debtor: { name: 'Anne Petit' } })
  await liveOn(house, '2026-06-18')
  await liquidation(caseId, '2026-06-26', { kind, nature, publishedOn: null })
  await liveUntil(house, '2026-06-26', '2026-12-31')
  const file = await fileOf(house, caseId)
  expect(done(file).map((line) => line.split(' ')[0])).not.toContain('demeure')
  expect(liveHolds(file)).toMatchObject([{ cause: kind, reason: expect.stringContaining(word) }])
  expect(file.insolvencies[0]!.declareBy).toBeNull()
})

describe('a file of insolvencies', () => {
  const csv = (text: string) => new TextEncoder().encode(text)
  const take = (file: Uint8Array, preview = false) =>
    importInsolvencies(
      house.sql,
      house.office.random,
      day('2026-07-06'),
      { file, source: 'BODACC du 3 juillet', preview },
      'test',
    )

  async function portfolio() {
    const first = await opened()
    const { case: found } = await fileOf(house, first)
    const buyer = {
      name: 'Atelier Moreau',
      siren: '732829320',
      address: { lines: ['1 rue du Port'], postal_code: '69002', city: 'Lyon', country: 'FR' },
    }
    const second = await addInvoices(house, {
      creditorId: found.creditorId,
      on: '2026-05-25',
      invoices: [invoice({ number: 'F-2', issued_on: '2026-05-11', due_on: '2026-06-10', buyer })],
    })
    return { first, second, number: found.number }
  }
  const rows = (number: string) =>
    csv(
      [
        'N° de dossier;SIREN;Débiteur;Code postal;Nature;Date du jugement;Parution;Mandataire;Vérifié le;Tribunal',
        `;732 829 320;;;Liquidation judiciaire;25/06/2026;03/07/2026;SELARL Martin;04/07/2026;Lyon`,
        `${number};;;;rien;;;;04/07/2026;`,
        ';12345;;;Redressement judiciaire;25/06/2026;;;;',
        ';;Garage du Pont;69003;en vacances;25/06/2026;;;;',
        ';999999999;;;Sauvegarde;2026-06-25;;;;',
        '',
        ';732829320;;;Sauvegarde;;;;;',
      ].join('\r\n'),
    )

  test('records what it can, tells bad rows by their number, and the same file again changes nothing', async () => {
    const { first, second, number } = await portfolio()
    const report = await take(rows(number))
    expect(report).toMatchObject({ rows: 6, checked: 1, known: 0 })
    expect(report.ignored).toEqual(['tribunal'])
    expect(report.recorded).toMatchObject([{ row: 2, debtor: 'Atelier Moreau', what: 'Liquidation judiciaire' }])
    expect(report.unmatched).toMatchObject([{ row: 6 }])
    expect(report.errors.map(({ row }) => row)).toEqual([4, 5, 8])
    const held = await fileOf(house, second)
    expect(held.insolvencies).toMatchObject([
      {
        declareBy: day('2026-09-03'),
        representative: 'SELARL Martin',
        checkedOn: day('2026-07-04'),
        source: 'BODACC du 3 juillet',
      },
    ])
    expect(liveHolds(held)).toHaveLength(1)
    expect(liveHolds(await fileOf(house, first))).toEqual([])
    const before = await house.sql`select count(*)::int as events from events`
    expect(await take(rows(number))).toMatchObject({ recorded: [], checked: 0, known: 2 })
    expect(await house.sql`select count(*)::int as events from events`).toEqual(before)
  })

  test('in a preview says the same and keeps nothing', async () => {
    const { second, number } = await portfolio()
    const preview = await take(rows(number), true)
    expect((await fileOf(house, second)).insolvencies).toEqual([])
    expect(await house.sql`select 1 from insolvency_checks`).toEqual([])
    expect(await take(rows(number))).toEqual(preview)
  })

  test('in Windows-1252 with commas and quotes is read as well', async () => {
    const { second } = await portfolio()
    const text =
      'siren,nature,date,v\u00e9rifi\u00e9 le\n732829320,"Liquidation judiciaire, simplifi\u00e9e",2026-06-25,2026-07-04\n'
    await take(Uint8Array.from(Buffer.from(text, 'latin1')))
    expect((await fileOf(house, second)).insolvencies).toMatchObject([{ nature: 'Liquidation judiciaire, simplifiée' }])
  })

  test.each([
    ['without headings that tell whom and what', 'a;b\n1;2\n', 'columns_missing'],
    ['that is no text', 'siren;nature\0', 'unreadable_table'],
    ['with a quote left open', 'siren;nature\n"732829320;rien\n', 'unreadable_table'],
  ])('%s is refused whole', async (_why, text, code) => {
    await expect(take(csv(text))).rejects.toMatchObject({ code })
  })
})
