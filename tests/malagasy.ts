import { readFileSync } from 'node:fs'
import { submitInvoice } from '../procedures/cases/intake/submissions.ts'
import type { Mandate } from '../procedures/cases/creditors.ts'
import type { DebtorKind } from '../procedures/cases/debtors.ts'
import { openAgency } from '../scripts/demo/people.ts'
import { creditorOf, day, type House, invoice } from './house.ts'

/** 2,350,000 Ar due on Wednesday 10 June 2026 in Antananarivo; answers the id of the case. */
export async function openMalagasy(
  house: House,
  kind: DebtorKind = 'business',
  mandate: Partial<Mandate> = {},
): Promise<string> {
  const on = day('2026-05-20')
  await openAgency(house.sql, on)
  const creditorId = await creditorOf(house, on, { scenario: 'abonnement-mg', ...mandate })
  const read = invoice({
    number: 'F-1',
    issued_on: '2026-05-11',
    due_on: '2026-06-10',
    currency: 'MGA',
    total: '2350000.00',
    buyer: {
      name: 'Hotely Rasoa',
      address: { lines: ['Lot II M 45 Ampandrana'], postal_code: '101', city: 'Antananarivo', country: 'MG' },
    },
  })
  const original = await house.office.archive.put(
    readFileSync(new URL('../samples/Facture_FR_EN16931.pdf', import.meta.url)),
  )
  const submission = { creditorId, invoices: [{ read, original }], debtor: { kind }, zone: 'madagascar' as const }
  return (await submitInvoice(house.sql, house.office.random, on, submission, 'test')).case.id
}
