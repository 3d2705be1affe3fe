import { readFileSync } from 'node:fs'
import { beforeAll, expect, test } from 'vitest'
import { toCreditor } from '../api/remedies.ts'
import { openAgency } from '../scripts/demo/people.ts'
import { useApi } from './api.ts'
import { creditorOf, day } from './house.ts'

const api = useApi()
let creditorId = ''
beforeAll(async () => {
  await openAgency(api.sql, day('2026-09-01'))
  creditorId = await creditorOf(api, day('2026-09-01'))
})

/** An invoice that says little, submitted by one of the two who may. */
async function submitted(by: 'creditor' | 'amicable', invoice: string) {
  const viewer = { role: by, name: 'Essai', creditorId: by === 'creditor' ? creditorId : null } as const
  const { body } = await api.ask(
    viewer,
    `mutation { act: submitInvoice(input: { creditorId: "${creditorId}", idempotencyKey: "${by}${invoice.length}", debtor: { kind: BUSINESS },
       invoices: [{ issuedOn: "2026-07-01", total: "100.00", buyer: { name: "Client de ${by}" }, ${invoice} }] }) {
       __typename ... on SubmitInvoicePayload { missing { field remedy } } ... on Refusal { remedy } } }`,
  )
  expect(body.errors).toBeUndefined()
  return body.data.act as { __typename: string; remedy?: string; missing?: { field: string; remedy: string }[] }
}

test('what an invoice lacks is asked of who reads it: the agency of its creditor, the creditor of itself', async () => {
  const remedies = async (by: 'creditor' | 'amicable') => {
    const { missing } = await submitted(by, `number: "F-${by}", dueOn: "2026-08-01"`)
    return new Map(missing!.map(({ field, remedy }) => [field, remedy]))
  }
  const [toAgency, toOwner] = [await remedies('amicable'), await remedies('creditor')]
  expect(toAgency.get('order_reference')).toBe('Demandez au créancier le bon de commande ou le devis accepté.')
  expect(toOwner.get('order_reference')).toBe('Donnez-nous le bon de commande ou le devis accepté.')
  expect([...toOwner.keys()]).toEqual([...toAgency.keys()])
  for (const remedy of toOwner.values()) expect(remedy).not.toContain('créancier')
})

test('so is a refusal', async () => {
  const wrong = 'number: "F-9", dueOn: "2026-06-01"'
  expect((await submitted('amicable', wrong)).remedy).toContain('demandez une facture rectifiée au créancier')
  expect((await submitted('creditor', wrong)).remedy).toContain('donnez-nous une facture rectifiée')
})

test('whatever a reader of invoices tells the agency to do has words for the creditor', () => {
  const files = ['einvoice-check.ts', 'einvoice-doubts.ts', 'einvoice-party.ts', 'einvoice.ts', 'account.ts']
  const told = files
    .map((name) => readFileSync(new URL(`../documents/invoices/${name}`, import.meta.url), 'utf8'))
    .flatMap((text) =>
      [...text.matchAll(/'((?:Demandez|Reprenez|Vérifiez|Donnez)[^'\n]*créancier[^'\n]*)'/g)].map(
        ([, words]) => words!,
      ),
    )
  expect(told.length).toBeGreaterThan(5)
  for (const words of told) expect(toCreditor(words)).not.toMatch(/créancier/)
})
