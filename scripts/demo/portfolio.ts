import { invoiceFromJson, type InvoiceJson } from '../../documents/invoices/einvoice.ts'
import { submitInvoice } from '../../procedures/cases/intake/submissions.ts'
import { createCreditor, recordMandate } from '../../procedures/cases/creditors.ts'
import type { Office } from '../../procedures/office.ts'
import type { Day } from '../../schema/days.ts'
import { amount, parseAmount } from '../../schema/money.ts'
import { mandateTerms, openAgency, papeterie } from './people.ts'

const towns = [
  ['69003', 'Lyon'],
  ['13001', 'Marseille'],
  ['33000', 'Bordeaux'],
  ['75011', 'Paris'],
  ['59000', 'Lille'],
  ['67000', 'Strasbourg'],
] as const
const trades = [
  'Boulangerie Fabre',
  'Garage du Pont',
  'Librairie Saint-Nizier',
  'Imprimerie Delmas',
  'Fleurs & Jardins',
  'Atelier Kieffer',
  'Transports Gil',
  'Hôtel des Voyageurs',
]

/** Opens so many cases of one creditor on `today`, the first due on `dueFrom`, each next one so many days later. */
export async function openPortfolio(
  office: Office,
  today: Day,
  { count, dueFrom, daysApart }: { count: number; dueFrom: Day; daysApart: number },
): Promise<{ caseId: string; total: bigint }[]> {
  const { sql, random } = office
  const opened: { caseId: string; total: bigint }[] = []
  await openAgency(sql, today.subtract({ days: 100 }))
  const creditor = await createCreditor(sql, random, today, papeterie.creditor, 'demo')
  await recordMandate(
    sql,
    random,
    today,
    {
      creditorId: creditor.id,
      signedOn: today.subtract({ days: 100 }),
      ...mandateTerms,
      receivesFunds: false,
      sendsInvoices: false,
      scenario: 'standard',
      penaltyRate: null,
    },
    'demo',
  )
  for (let i = 0; i < count; i++) {
    const due = dueFrom.add({ days: i * daysApart })
    const [postalCode, city] = towns[i % towns.length]!
    const total = parseAmount('180.00') + BigInt(i) * 3_517n
    const read = invoiceFromJson({
      number: `PR-${1000 + i}`,
      issued_on: due.subtract({ days: 30 }).toString(),
      due_on: due.toString(),
      currency: 'EUR',
      total: amount(total),
      seller: papeterie.seller,
      buyer: {
        name: `${trades[i % trades.length]} ${city} n° ${i + 1}`,
        address: { lines: [`${i + 1} rue de la Gare`], postal_code: postalCode, city, country: 'FR' },
        contact: { email: `compta${i}@client.example`, phone: `04 00 00 00 ${10 + i}` },
      },
      iban: creditor.iban,
      bic: creditor.bic,
      lines: [{ description: 'Fournitures de bureau', amount: amount(total) }],
    } satisfies InvoiceJson)
    const { case: found } = await submitInvoice(
      sql,
      random,
      today,
      {
        creditorId: creditor.id,
        invoices: [{ read, original: null }],
        debtor: { kind: 'business' },
      },
      'demo',
    )
    opened.push({ caseId: found.id, total })
  }
  return opened
}
