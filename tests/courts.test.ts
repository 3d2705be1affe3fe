import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { findPlace, importCourts, recordCourt } from '../procedures/judicial/courts/court-directory.ts'
import { atBench, courtOf, signedKind } from '../procedures/judicial/packs/dossiers.ts'
import { loadProcedure } from '../procedures/judicial/engine/procedure.ts'
import { competentCourt } from '../procedures/law/court.ts'
import { day, fileOf, invoice, openCase, ordinary, useHouse } from './house.ts'

const house = useHouse()
const on = day('2026-06-11')
const sample = readFileSync(new URL('../samples/juridictions.csv', import.meta.url))
const take = (file: string | Uint8Array, preview = false) =>
  importCourts(
    house.sql,
    on,
    { file: typeof file === 'string' ? new TextEncoder().encode(file) : file, source: 'essai', preview },
    'test',
  )
const court = async (postalCode: string, city: string, debtor: 'business' | 'consumer' = 'consumer') =>
  competentCourt({
    debtor,
    commercial: debtor === 'business',
    postalCode,
    city,
    on,
    imported: await findPlace(house.sql, postalCode, city),
  })

describe('the directory of courts', () => {
  test('is taken in once; the same file again changes nothing, and a preview keeps nothing', async () => {
    expect(await take(sample, true)).toMatchObject({ rows: 7, changed: 7, errors: [] })
    expect(await take(sample)).toMatchObject({ rows: 7, changed: 7, known: 0, ignored: ['ca', 'cph'] })
    expect(await take(sample)).toMatchObject({ changed: 0, known: 7 })
  })

  test('tells the court of the place, with its chambre de proximité, and no doubt on the seat', async () => {
    await take(sample)
    const found = await court('01400', "L'Abergement Clemenciat")
    expect(found).toMatchObject({ nom: 'tribunal judiciaire de Bourg-en-Bresse', ville: 'Bourg-en-Bresse' })
    expect(found.doubts.map(({ message }) => message)).toEqual([
      expect.stringContaining('chambre de proximité de Trévoux'),
      expect.stringContaining('juge des contentieux de la protection'),
    ])
    expect((await court('69003', 'Lyon CEDEX 03')).ville).toBe('Lyon')
    expect((await court('13001', 'MARSEILLE')).doubts.map(({ code }) => code)).not.toContain('court_unconfirmed')
  })

  test('knows a place by its department as well as by its name', async () => {
    await take(
      'insee;commune;tj\n01001;Saint-Denis;TJ Bourg-en-Bresse\n97411;Saint-Denis;TJ Saint-Denis de la Réunion\n2A004;Ajaccio;TJ Ajaccio',
    )
    expect((await court('97400', 'St Denis')).ville).toBe('Saint-Denis de la Réunion')
    expect((await court('20000', 'Ajaccio')).ville).toBe('Ajaccio')
    expect(await court('93200', 'Saint-Denis')).toMatchObject({
      ville: '',
      doubts: expect.arrayContaining([expect.objectContaining({ code: 'court_to_check' })]),
    })
  })

  test('says nothing where two communes of one name have different courts', async () => {
    await take('insee;commune;tj\n01001;Saint-Jean;TJ Bourg-en-Bresse\n01002;Saint-Jean;TJ Nantua')
    expect((await court('01100', 'Saint-Jean')).ville).toBe('')
  })

  test('adds the commercial court from a second file, and the twelve seats keep their name', async () => {
    await take(sample)
    await take('code commune;commune;greffe\n01001;L’Abergement-Clémenciat;Bourg-en-Bresse\n69290;Saint-Priest;Lyon')
    expect(await court('01400', 'L’Abergement-Clémenciat', 'business')).toMatchObject({
      nom: 'tribunal de commerce de Bourg-en-Bresse',
      doubts: [],
    })
    expect((await court('69800', 'Saint-Priest', 'business')).nom).toBe('tribunal des activités économiques de Lyon')
    expect((await court('01400', 'L’Abergement-Clémenciat')).ville).toBe('Bourg-en-Bresse')
  })

  test('whose columns have slipped is refused whole; one bad row is told by its number', async () => {
    const slipped = [
      'insee;commune;tj;tprx',
      ...Array.from({ length: 30 }, (_, i) => `0100${i % 10};Ville ${i};CA Lyon;TJ Lyon`),
    ]
    await expect(take(slipped.join('\n'))).rejects.toMatchObject({ code: 'courts_file_damaged' })
    expect(await house.sql`select 1 from court_places`).toEqual([])
    const rows = [
      'insee;commune;tj',
      ...Array.from({ length: 30 }, (_, i) => `010${10 + i};Ville ${i};TJ Lyon`),
      'abc;Nulle part;TJ Lyon',
    ]
    expect(await take(rows.join('\n'))).toMatchObject({ changed: 30, errors: [{ row: 32 }] })
  })
})

test('a court entered by hand stands in the case, marked as to be checked', async () => {
  const caseId = await openCase(house, {
    on: '2026-06-11',
    invoices: [
      invoice({
        number: 'F-1',
        issued_on: '2026-05-11',
        due_on: '2026-06-10',
        buyer: {
          name: 'Garage du Pont',
          address: { lines: ['1 rue'], postal_code: '38200', city: 'Vienne', country: 'FR' },
        },
      }),
    ],
  })
  expect(await courtOf(house.sql, await fileOf(house, caseId), on)).toMatchObject({ ville: '' })
  const entered = {
    caseId,
    name: 'tribunal de commerce de Vienne',
    bench: 'président du tribunal',
    city: 'Vienne',
    source: 'annuaire de la justice',
  }
  await expect(recordCourt(house.sql, on, { ...entered, source: ' ' }, 'test')).rejects.toMatchObject({
    code: 'court_incomplete',
  })
  await recordCourt(house.sql, on, entered, 'test')
  expect(await courtOf(house.sql, await fileOf(house, caseId), on)).toMatchObject({
    nom: 'tribunal de commerce de Vienne',
    ville: 'Vienne',
    doubts: [expect.objectContaining({ code: 'court_by_hand', message: expect.stringContaining('annuaire') })],
  })
})

describe('who hears a pack', () => {
  const heard = (id: string, postalCode: string, city: string, debtor: 'business' | 'consumer') => {
    const procedure = loadProcedure(id)
    const found = competentCourt({ debtor, commercial: debtor === 'business', postalCode, city, on })
    return atBench(found, procedure.dossiers![signedKind(procedure)]!).formation
  }
  test.each([
    ['injonction-de-payer', '69003', 'Lyon', 'business', 'président du tribunal'],
    ['injonction-de-payer', '69003', 'Lyon', 'consumer', 'président du tribunal'],
    ['refere-provision', '69003', 'Lyon', 'consumer', 'président du tribunal'],
    ['assignation', '69003', 'Lyon', 'business', ''],
    ['assignation', '69003', 'Lyon', 'consumer', ''],
    ['assignation', '67000', 'Strasbourg', 'business', 'chambre commerciale'],
    ['saisie-conservatoire-creances', '69003', 'Lyon', 'business', 'président du tribunal'],
    ['saisie-conservatoire-creances', '69003', 'Lyon', 'consumer', 'juge de l’exécution'],
    ['saisie-conservatoire-biens', '69003', 'Lyon', 'consumer', 'juge de l’exécution'],
    ['saisie-conservatoire-biens', '67000', 'Strasbourg', 'business', 'président de la chambre commerciale'],
  ] as const)('of %s in %s %s against a %s is: %s', (id, postalCode, city, debtor, bench) => {
    expect(heard(id, postalCode, city, debtor)).toBe(bench)
  })

  const benchOf = (court: Parameters<typeof atBench>[0], id: string) =>
    atBench(court, loadProcedure(id).dossiers![signedKind(loadProcedure(id))]!)

  test.each(['première chambre', 'président du tribunal', 'président de la chambre commerciale'])(
    'is whom a person typed, where one did: %s',
    async (bench) => {
      const caseId = await openCase(house, { on: '2026-06-11', invoices: [ordinary()], kind: 'consumer' })
      const court = { caseId, name: 'tribunal judiciaire de Vienne', city: 'Vienne', source: 'annuaire de la justice' }
      await recordCourt(house.sql, on, { ...court, bench }, 'test')
      const entered = await courtOf(house.sql, await fileOf(house, caseId), on)
      for (const id of ['assignation', 'saisie-conservatoire-creances', 'injonction-de-payer'])
        expect(benchOf(entered, id)).toMatchObject({ nom: 'tribunal judiciaire de Vienne', formation: bench })
      // Whose bench nobody typed is addressed as each act wants.
      await recordCourt(house.sql, on, { ...court, bench: null }, 'test')
      const open = await courtOf(house.sql, await fileOf(house, caseId), on)
      expect(benchOf(open, 'saisie-conservatoire-creances').formation).toBe('juge de l’exécution')
      expect(benchOf(open, 'assignation').formation).toBe('')
    },
  )

  test.each([
    ['2019-12-31', 'tribunal de grande instance de Lyon', 'tribunal d’instance de Villeurbanne'],
    ['2020-01-01', 'tribunal judiciaire de Lyon', 'tribunal judiciaire de Lyon'],
  ])(
    'on %s, the juge de l’exécution of Villeurbanne sits at the %s, and small claims at the %s',
    (day_, jex, small) => {
      const where = { debtor: 'consumer' as const, commercial: false, postalCode: '69100', city: 'Villeurbanne' }
      const court = competentCourt({ ...where, on: day(day_) })
      expect(benchOf(court, 'saisie-conservatoire-creances')).toMatchObject({
        nom: jex,
        formation: 'juge de l’exécution',
      })
      expect(court.nom.replace("'", '’')).toBe(small)
    },
  )
})
