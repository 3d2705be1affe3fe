import writeWorkbook from 'write-excel-file/node'
import { describe, expect, test } from 'vitest'
import { type AccountLine, readAccount } from '../documents/invoices/account.ts'
import { readTable } from '../documents/invoices/table.ts'
import { typedCents, typedDay } from '../documents/invoices/typed-values.ts'
import { importAccount } from '../procedures/cases/intake/account-import.ts'
import { openAgency } from '../scripts/demo/people.ts'
import { creditorOf, day, type House, useHouse } from './house.ts'

const bytes = (text: string) => new TextEncoder().encode(text)
const seller = 'Papeterie Rhône-Alpes'
const today = '2026-06-15'

const csv = `Relevé de compte au 15/06/2026;;;;;;;;
N° facture;Client;Adresse;CP;Ville;Date facture;Échéance;Montant TTC;Reste dû
F-101;Garage du Pont;3 rue de la Gare;69003;Lyon;01/03/2026;31/03/2026;1 200,00 €;1 200,00
F-102;Garage du Pont;3 rue de la Gare;69003;Lyon;01/04/2026;30/04/2026;600,00;150,00
F-103;Boulangerie Ain;1 place du Marché;1000;Bourg-en-Bresse;01/04/2026;30/04/2026;99,90;99,90
F-104;Boulangerie Ain;1 place du Marché;01000;Bourg-en-Bresse;32/04/2026;30/04/2026;50,00;50,00
F-105;Soldé SARL;2 rue Vide;69001;Lyon;01/04/2026;30/04/2026;50,00;0,00
TOTAL;;;;;;;1 999,90;1 499,90
`

const read = async (text: string | Uint8Array) =>
  readAccount(await readTable(typeof text === 'string' ? bytes(text) : text), { seller })

describe('what people type', () => {
  test.each([
    ['1 234,56 €', 123456n],
    ['1\u202f234,5', 123450n],
    ['1.234,56', 123456n],
    ['1,234.56', 123456n],
    ['(120,00)', -12000n],
    ['-3', -300n],
    ['0.125', 'bad_amount'],
    ['1234.5599999999999', 123456n],
    ['12.345.678', 1234567800n],
    ['1,234', 'ambiguous_amount'],
    ['douze', 'bad_amount'],
  ])('%s is %s', (text, wanted) => {
    if (typeof wanted === 'bigint') expect(typedCents(text)).toBe(wanted)
    else expect(() => typedCents(text)).toThrow(expect.objectContaining({ code: wanted }))
  })

  test('a day is read with the day first, and never guessed', () => {
    expect(typedDay('03/04/2026', 'x').toString()).toBe('2026-04-03')
    expect(typedDay('1.2.26', 'x').toString()).toBe('2026-02-01')
    expect(() => typedDay('04/31/2026', 'x')).toThrow(expect.objectContaining({ code: 'bad_date' }))
  })
})

describe('a statement of account', () => {
  test('is understood by its titles, wherever they stand', async () => {
    const { columns, lines } = await read(csv)
    expect(columns.map(({ field }) => field)).toEqual([
      'number',
      'debtor',
      'street',
      'postalCode',
      'city',
      'issuedOn',
      'dueOn',
      'total',
      'balance',
    ])
    const state = (line: AccountLine) => ('fault' in line ? line.fault.code : 'skipped' in line ? line.skipped : 'ok')
    expect(lines.map((line) => [line.row, line.number, state(line)])).toEqual([
      [3, 'F-101', 'ok'],
      [4, 'F-102', 'ok'],
      [5, 'F-103', 'ok'],
      [6, 'F-104', 'bad_date'],
      [7, 'F-105', 'Soldée.'],
      [8, 'TOTAL', 'Ligne de total.'],
    ])
  })

  test('keeps what is still owed, and gives a postcode its zero back', async () => {
    const { lines } = await read(csv)
    const [, part, bakery] = lines as {
      invoice: {
        payable: bigint
        total: bigint
        buyer: { address: { postalCode: string } }
        doubts: { message: string }[]
      }
    }[]
    expect([part!.invoice.total, part!.invoice.payable]).toEqual([60000n, 15000n])
    expect(bakery!.invoice.buyer.address.postalCode).toBe('01000')
    expect(bakery!.invoice.doubts.map(({ message }) => message)).toContain(
      'Le code postal 1000 n’a que quatre chiffres\u00a0: il est lu 01000.',
    )
  })

  test('says the same from a workbook, with its days and its sums', async () => {
    const cell = (value: string | number | Date) =>
      value instanceof Date ? { value, type: Date, format: 'dd/mm/yyyy' } : { value }
    const workbook = await writeWorkbook([
      ['N° facture', 'Client', 'Date facture', 'Échéance', 'Montant TTC'].map((title) => cell(title)),
      ['F-9', 'Garage du Pont', new Date(Date.UTC(2026, 2, 1)), new Date(Date.UTC(2026, 2, 31)), 1234.56].map((each) =>
        cell(each),
      ),
    ]).toBuffer()
    const { lines } = await read(new Uint8Array(workbook))
    expect(lines).toMatchObject([{ row: 2, number: 'F-9', invoice: { payable: 123456n } }])
    expect('invoice' in lines[0]! && lines[0].invoice.dueOn?.toString()).toBe('2026-03-31')
  })

  test('of Windows-1252 is read with its accents', async () => {
    const latin = Uint8Array.from('N° facture;Débiteur;Date;Montant\nF-1;Café Éole;01/02/2026;10,00\n', (c) =>
      c.charCodeAt(0),
    )
    expect((await read(latin)).lines[0]).toMatchObject({ debtor: 'Café Éole' })
  })

  test('without titles is refused with those it has, and what is no table as such', async () => {
    await expect(read('a;b;c\n1;2;3\n')).rejects.toMatchObject({
      code: 'columns_unknown',
      facts: { titles: ['a', 'b', 'c'] },
    })
    await expect(readTable(Uint8Array.of(0x50, 0x4b, 3, 4, 9, 9))).rejects.toMatchObject({ code: 'unreadable_table' })
    await expect(readTable(Uint8Array.of(1, 2, 0, 4))).rejects.toMatchObject({ code: 'unreadable_table' })
  })

  test('takes the columns that a person names', async () => {
    const rows = await readTable(bytes('Réf;Qui;Quand;Combien\nF-1;Dupont;01/02/2026;10,00\n'))
    const columns = [
      { title: 'Réf', field: 'number' as const },
      { title: 'Qui', field: 'debtor' as const },
      { title: 'Quand', field: 'issuedOn' as const },
      { title: 'Combien', field: 'total' as const },
    ]
    expect(readAccount(rows, { seller, columns }).lines[0]).toMatchObject({ number: 'F-1', debtor: 'Dupont' })
  })
})

describe('an import', () => {
  let creditorId = ''
  const house: House = useHouse(async (made) => {
    await openAgency(made.sql, day(today))
    creditorId = await creditorOf(made, day(today))
  })
  const run = async (text: string, keep: boolean) => {
    const { lines } = await read(text)
    const input = { creditorId, kind: 'business' as const, lines, file: 'f'.repeat(64) }
    return importAccount(house.sql, house.office.random, day(today), input, keep, 'test')
  }
  const cases = async () => Number((await house.sql<{ count: bigint }[]>`select count(*) from cases`)[0]!.count)

  test('shows what it would do and keeps nothing, then does exactly that, one case a debtor', async () => {
    const preview = await run(csv, false)
    expect(await cases()).toBe(0)
    const kept = await run(csv, true)
    const brief = (lines: typeof kept) => lines.map(({ row, state, caseNumber }) => [row, state, caseNumber])
    expect(brief(kept)).toEqual(brief(preview))
    expect(brief(kept).slice(0, 5)).toEqual([
      [3, 'kept', '2026-0001'],
      [4, 'kept', '2026-0001'],
      [5, 'kept', '2026-0002'],
      [6, 'refused', null],
      [7, 'skipped', null],
    ])
    const [oldest] = await house.sql<
      { anchorOn: Temporal.PlainDate }[]
    >`select anchor_on from cases where number = '2026-0001'`
    expect(oldest!.anchorOn.toString()).toBe('2026-03-31')
  })

  test('of the same file twice changes nothing, and a number used for another sum is refused', async () => {
    await run(csv, true)
    const again = await run(csv, true)
    expect(again.filter(({ state }) => state === 'kept')).toEqual([])
    expect(again.filter(({ state }) => state === 'known')).toHaveLength(3)
    const changed = await run(csv.replace('1 200,00 €;1 200,00', '1 300,00 €;1 300,00'), true)
    expect(changed[0]).toMatchObject({ state: 'refused', fault: { code: 'number_already_used' } })
    expect(await cases()).toBe(2)
  })

  test('that says a line twice names the first, and no case that the preview only rehearsed', async () => {
    const [, , , again] = csv.split('\n')
    const other = again!.replace('600,00;150,00', '700,00;150,00')
    const twice = csv.replace('TOTAL', `${again}\n${other}\nTOTAL`)
    const repeated = (lines: Awaited<ReturnType<typeof run>>) => lines.filter(({ repeats }) => repeats !== null)
    expect(repeated(await run(twice, false))).toMatchObject([
      { row: 8, repeats: 4, state: 'known', caseId: null, why: 'Répétée\u00a0: déjà à la ligne 4.' },
      {
        row: 9,
        repeats: 4,
        state: 'refused',
        fault: { message: 'Le numéro F-102 est déjà à la ligne 4, pour une autre somme ou un autre débiteur.' },
      },
    ])
    const [kept] = repeated(await run(twice, true))
    const [owner] = await house.sql<{ caseId: string }[]>`select case_id from invoices where number = 'F-102'`
    expect(kept).toMatchObject({ row: 8, repeats: 4, caseId: owner!.caseId })
    expect(repeated(await run(twice, true))).toEqual([])
  })
})
