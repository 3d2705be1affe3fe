import { invoiceFromJson, type InvoiceJson } from '../../documents/invoices/einvoice.ts'
import { submitInvoice } from '../../procedures/cases/submissions.ts'
import { createCreditor, recordMandate } from '../../procedures/cases/creditors.ts'
import type { Office } from '../../procedures/office.ts'
import type { Day } from '../../schema/days.ts'
import { amount, parseAmount } from '../../schema/money.ts'
import { mandateTerms, openAgency } from './people.ts'

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
  const seller: InvoiceJson['seller'] = {
    name: 'Papeterie Rhône-Alpes',
    legal_form: 'SAS',
    siret: '55208131766522',
    siren: '552081317',
    address: { lines: ['40 cours Gambetta'], postal_code: '69007', city: 'Lyon', country: 'FR' },
    contact: { name: 'Inès Roche', email: 'compta@papeterie-ra.example', phone: '04 78 00 00 62' },
  }
  const creditor = await createCreditor(
    sql,
    random,
    today,
    {
      name: seller.name,
      kind: 'autres',
      identity: {
        legalForm: 'SAS',
        siret: seller.siret ?? null,
        siren: seller.siren ?? null,
        address: { lines: ['40 cours Gambetta'], postalCode: '69007', city: 'Lyon', country: 'FR' },
        contact: { name: 'Inès Roche', email: 'compta@papeterie-ra.example', phone: '04 78 00 00 62' },
        representative: { name: 'Inès Roche', quality: 'présidente' },
      },
      iban: 'FR1420041010050500013M02606',
      bic: 'PSSTFRPPLYO',
    },
    'demo',
  )
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
      seller,
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
