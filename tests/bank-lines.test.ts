import { describe, expect, test } from 'vitest'
import { readBankStatement } from '../documents/invoices/bank-statement.ts'
import { importBankLines, settleBankLine } from '../procedures/money/bank-lines.ts'
import { addInvoices, creditorOf, day, fileOf, invoice, liveHolds, openCase, type House, useHouse } from './house.ts'

const entry = (
  amount: string,
  rest: { indicator?: string; words?: string; name?: string; reference?: string; iban?: string; status?: string },
) => `
<Ntry><Amt Ccy="EUR">${amount}</Amt><CdtDbtInd>${rest.indicator ?? 'CRDT'}</CdtDbtInd><Sts><Cd>${rest.status ?? 'BOOK'}</Cd></Sts>
<BookgDt><Dt>2026-06-12</Dt></BookgDt><AcctSvcrRef>${rest.reference ?? ''}</AcctSvcrRef>
<NtryDtls><TxDtls><Refs><EndToEndId>NOTPROVIDED</EndToEndId></Refs>
<RltdPties><Dbtr><Pty><Nm>${rest.name ?? 'GARAGE DU PONT'}</Nm></Pty></Dbtr><DbtrAcct><Id><IBAN>${rest.iban ?? 'FR7630006000011234567890189'}</IBAN></Id></DbtrAcct></RltdPties>
<RmtInf><Ustrd>${rest.words ?? ''}</Ustrd></RmtInf></TxDtls></NtryDtls></Ntry>`
const camt = (...entries: string[]) =>
  new TextEncoder().encode(`<?xml version="1.0" encoding="UTF-8"?>
<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.08"><BkToCstmrStmt><Stmt><Id>1</Id>
<Acct><Id><IBAN>FR1420041010050500013M02606</IBAN></Id></Acct>${entries.join('')}</Stmt></BkToCstmrStmt></Document>`)

describe('a statement of a bank', () => {
  test('gives each booked movement with its payer and words, and leaves pending ones out', async () => {
    const { format, lines } = await readBankStatement(
      camt(
        entry('100.00', { words: 'FACTURE F 1', reference: 'R1' }),
        entry('55.10', { indicator: 'DBIT', words: 'REJET' }),
        entry('9.00', { status: 'PDNG' }),
      ),
    )
    expect(format).toBe('camt.053')
    expect(lines.map(({ amount, payer, text, bankReference }) => [amount, payer, text, bankReference])).toEqual([
      [10000n, 'GARAGE DU PONT', 'FACTURE F 1', 'R1'],
      [-5510n, 'GARAGE DU PONT', 'REJET', null],
    ])
  })

  test('splits an entry that groups transfers when their sums agree, and doubts it when they do not', async () => {
    const grouped = (first: string) => `
<Ntry><Amt Ccy="EUR">30.00</Amt><CdtDbtInd>CRDT</CdtDbtInd><Sts>BOOK</Sts><BookgDt><Dt>2026-06-12</Dt></BookgDt><AcctSvcrRef>G</AcctSvcrRef>
<NtryDtls><TxDtls><Amt Ccy="EUR">${first}</Amt><RmtInf><Ustrd>A</Ustrd></RmtInf></TxDtls><TxDtls><Amt Ccy="EUR">20.00</Amt><RmtInf><Ustrd>B</Ustrd></RmtInf></TxDtls></NtryDtls></Ntry>`
    const agreed = await readBankStatement(camt(grouped('10.00')))
    expect(agreed.lines.map(({ amount, bankReference }) => [amount, bankReference])).toEqual([
      [1000n, 'G/1'],
      [2000n, 'G/2'],
    ])
    const doubtful = await readBankStatement(camt(grouped('11.00')))
    expect(doubtful.lines).toMatchObject([{ amount: 3000n, doubts: [{ code: 'grouped_entry' }] }])
  })

  test('never takes for a debtor’s payment what is undone, in another currency, or on the other side', async () => {
    const part = (amount: string, rest = '') =>
      `<TxDtls><Refs><AcctSvcrRef>NOTPROVIDED</AcctSvcrRef></Refs>${amount}${rest}<RmtInf><Ustrd>F-1</Ustrd></RmtInf></TxDtls>`
    const whole = (inside: string, rest = '') => `
<Ntry><NtryRef>NOTPROVIDED</NtryRef><Amt Ccy="EUR">10.00</Amt><CdtDbtInd>CRDT</CdtDbtInd>${rest}<Sts><Cd>BOOK</Cd></Sts><BookgDt><Dt>2026-06-12</Dt></BookgDt>
<NtryDtls>${inside}</NtryDtls></Ntry>`
    const amt = (sum: string, of = 'EUR') => `<Amt Ccy="${of}">${sum}</Amt>`
    const read = async (...entries: string[]) =>
      (await readBankStatement(camt(...entries))).lines.map((line) => [
        line.amount,
        line.bankReference,
        line.doubts.map(({ code }) => code).join(),
      ])
    // Reversed by the bank, or a transfer of ours that came back.
    expect(await read(whole(part(''), '<RvslInd>true</RvslInd>'))).toEqual([[1000n, null, 'returned_entry']])
    const returned = '<RtrInf><Rsn><Cd>AC04</Cd></Rsn></RtrInf>'
    expect(await read(whole(part('', returned)))).toEqual([[1000n, null, 'returned_entry']])
    const mixed = part(amt('15.00'), '<CdtDbtInd>CRDT</CdtDbtInd>') + part(amt('5.00'), '<CdtDbtInd>DBIT</CdtDbtInd>')
    expect(await read(whole(mixed))).toEqual([
      [1500n, null, ''],
      [-500n, null, ''],
    ])
    const dollars = part(amt('4.00', 'USD')) + part(amt('6.00', 'USD'))
    expect(await read(whole(dollars))).toEqual([[1000n, null, 'grouped_entry']])
  })

  test.each([
    [
      'Société Générale',
      'date_comptabilisation;libellé_complet_operation;montant_operation;devise;\n12/06/2026;VIR F-1;470,15;EUR;',
    ],
    [
      'Crédit Agricole',
      'Téléchargement du 14/06/2026;\n\nDate;Libellé;Débit euros;Crédit euros;\n12/06/2026;VIR F-1;;470,15;',
    ],
    [
      'La Banque Postale',
      'Numéro Compte   ;0123\nDate;Libellé;Montant(EUROS);Montant(FRANCS)\n12/06/2026;VIR F-1;470,15;3083,98',
    ],
    ['a workbook saved with a byte order mark', '\ufeffDate;Libellé;Montant\r\n12/06/2026;VIR F-1;"\u202f470,15 €"'],
  ])('is read under the titles of %s', async (_bank, table) => {
    const { lines, faults } = await readBankStatement(new TextEncoder().encode(table))
    expect([lines.map(({ amount, currency, text }) => [amount, currency, text]), faults]).toEqual([
      [[47015n, 'EUR', 'VIR F-1']],
      [],
    ])
  })

  test('as a table keeps the currency that it says', async () => {
    const table =
      'Date;Libellé;Montant;Devise\n12/06/2026;F-1;1,00;USD\n12/06/2026;F-1;1,00;€\n12/06/2026;F-1;1,00;sous'
    const { lines, faults } = await readBankStatement(new TextEncoder().encode(table))
    expect(lines.map(({ currency }) => currency)).toEqual(['USD', 'EUR'])
    expect(faults).toMatchObject([{ row: 4, fault: { code: 'unknown_currency' } }])
  })

  test('as a table keeps a faulty row aside with its number', async () => {
    const { lines, faults } = await readBankStatement(
      new TextEncoder().encode(
        'Date;Libellé;Débit;Crédit\n12/06/2026;VIR F-1;;100,00\n31/31/2026;X;;5,00\n13/06/2026;PRLV REJETE;12,00;0,00\n',
      ),
    )
    expect(lines.map(({ row, amount }) => [row, amount])).toEqual([
      [2, 10000n],
      [4, -1200n],
    ])
    expect(faults).toMatchObject([{ row: 3, fault: { code: 'bad_date' } }])
  })

  test('that is another XML is refused by name', async () => {
    await expect(readBankStatement(new TextEncoder().encode('<Document><X/></Document>'))).rejects.toMatchObject({
      code: 'not_a_bank_statement',
    })
  })
})

describe('movements matched with cases', () => {
  const house: House = useHouse(async (made) => {
    await openCase(made, {
      on: '2026-06-01',
      invoices: [invoice({ number: 'FA-2026/007', issued_on: '2026-05-01', due_on: '2026-05-31' })],
    })
  })
  const caseId = async () => (await house.sql<{ id: string }[]>`select id from cases`)[0]!.id
  const run = async (file: Uint8Array, keep = true) => {
    const { lines } = await readBankStatement(file)
    return importBankLines(
      house.office,
      day('2026-06-15'),
      { lines, receivedBy: 'creditor', creditorId: null },
      keep,
      'test',
    )
  }

  test('a transfer that names the invoice is a payment of it, once, however often the file comes', async () => {
    const file = camt(entry('400.00', { words: 'REGLT FA 2026-007 MERCI', reference: 'R1' }))
    expect(await run(file, false)).toMatchObject([{ state: 'paid' }])
    expect((await fileOf(house, await caseId())).payments).toEqual([])
    expect(await run(file)).toMatchObject([{ state: 'paid', why: 'Le libellé nomme FA-2026/007.' }])
    expect(await run(file)).toMatchObject([{ state: 'known' }])
    const { payments } = await fileOf(house, await caseId())
    expect(payments).toMatchObject([{ amount: 40000n, means: 'virement', reference: 'R1' }])
    expect(payments[0]!.invoiceId).not.toBeNull()
  })

  test('two equal transfers of one day without a bank reference are two', async () => {
    const twice = camt(entry('10.00', { words: 'X' }), entry('10.00', { words: 'X' }))
    expect((await run(twice)).map(({ state }) => state)).toEqual(['doubtful', 'doubtful'])
    expect((await run(twice)).map(({ state }) => state)).toEqual(['known', 'known'])
  })

  test.each([
    ['a sum alone', { amount: '1000.00', words: 'VIREMENT', name: 'INCONNU' }, 'Rien ne nomme le dossier'],
    ['more than is owed', { amount: '5000.00', words: 'FA-2026/007' }, 'Le virement dépasse'],
    ['nobody', { amount: '12.00', words: 'ABONNEMENT', name: 'AUTRE' }, 'Aucun dossier'],
  ])('%s is left to a person', async (_what, { amount, ...rest }, why) => {
    expect(await run(camt(entry(amount, rest)))).toMatchObject([
      { state: 'doubtful', why: expect.stringContaining(why) },
    ])
    expect((await fileOf(house, await caseId())).payments).toEqual([])
  })

  test('many cases of the same sum never hide the one that the payer names', async () => {
    const [{ id: creditorId } = { id: '' }] = await house.sql<{ id: string }[]>`select creditor_id as id from cases`
    for (let i = 1; i <= 25; i++) {
      const buyer = {
        name: `Client ${i}`,
        address: { lines: ['1 rue X'], postal_code: '69001', city: 'Lyon', country: 'FR' },
      }
      const read = invoice({ number: `AB-${1000 + i}`, issued_on: '2026-05-01', due_on: '2026-05-31', buyer })
      await addInvoices(house, { creditorId, on: '2026-06-01', invoices: [read] })
    }
    const words = ['VIR AB-1024', 'VIR AB-1003 ET AB-1024', '1001 RUE X']
    const lines = await run(camt(...words.map((text) => entry('1000.00', { words: text, name: 'X' }))))
    expect(lines.map(({ state, why }) => [state, why])).toEqual([
      ['paid', 'Le libellé nomme AB-1024.'],
      ['doubtful', 'Le libellé nomme 2 dossiers : la répartition est à dire.'],
      ['doubtful', expect.stringContaining('Rien ne nomme')],
    ])
  }, 120_000)

  test('a person cannot settle a movement of another currency, or of another creditor’s account', async () => {
    const dollars = new TextDecoder().decode(camt(entry('10.00', { words: 'X' }))).replace('Ccy="EUR"', 'Ccy="USD"')
    const [line] = await run(new TextEncoder().encode(dollars))
    const answer = { lineId: line!.id!, caseId: await caseId(), invoiceNumber: null, reason: 'x' }
    await expect(settleBankLine(house.office, day('2026-06-15'), answer, 'test')).rejects.toMatchObject({
      code: 'bank_line_elsewhere',
    })
    const other = await creditorOf(house, day('2026-06-01'), { name: 'Autre' })
    const { lines } = await readBankStatement(camt(entry('11.00', { words: 'Y' })))
    const [foreign] = await importBankLines(
      house.office,
      day('2026-06-15'),
      { lines, receivedBy: 'creditor', creditorId: other },
      true,
      'test',
    )
    await expect(
      settleBankLine(house.office, day('2026-06-15'), { ...answer, lineId: foreign!.id! }, 'test'),
    ).rejects.toMatchObject({ code: 'bank_line_elsewhere' })
  })

  test('a person says which case a movement pays, and nobody says it twice', async () => {
    const [line] = await run(camt(entry('1000.00', { words: 'VIREMENT', name: 'M. LE GERANT' })))
    const answer = { lineId: line!.id!, caseId: await caseId(), invoiceNumber: null, reason: 'Confirmé par téléphone.' }
    await settleBankLine(house.office, day('2026-06-15'), answer, 'test')
    const file = await fileOf(house, await caseId())
    expect(file.payments).toMatchObject([{ amount: 100000n }])
    expect(liveHolds(file)).toHaveLength(0)
    await expect(settleBankLine(house.office, day('2026-06-15'), answer, 'test')).rejects.toMatchObject({
      code: 'bank_line_settled',
    })
    // The account that paid is known from then on.
    const [next] = await run(camt(entry('3.00', { words: 'SOLDE', name: 'X' })))
    expect(next!.candidates).toMatchObject([{ by: 'iban' }])
  })

  test('why a movement is none of ours stays where a purge reaches it, and not in the journal of the house', async () => {
    const [line] = await run(camt(entry('12.00', { words: 'CADEAU', name: 'MME DURAND' })))
    const answer = { lineId: line!.id!, caseId: null, invoiceNumber: null, reason: 'Mme Durand rembourse sa sœur.' }
    await settleBankLine(house.office, day('2026-06-15'), answer, 'test')
    const [kept] = await house.sql`
      select settled_why, (select detail ? 'line' and detail::text not like '%Durand%' from events where kind = 'bank_line_set_aside') as silent
      from bank_lines where id = ${line!.id!}`
    expect(kept).toEqual({ settledWhy: 'Mme Durand rembourse sa sœur.', silent: true })
  })
})
