import { test } from 'vitest'
import { complexityFromQuery } from '@pothos/plugin-complexity'
import { schema } from '../api/schema.ts'
test('x', async () => {
  for (const q of [`{ cases(first: 100) { edges { node { invoices { doubts { message } } documents { id } steps { key } events(first: 500) { case { owed { segments { why } } } } } } } }`,
   '{ cases(first: 50) { edges { node { number debtor { name } invoices { number } totalDue { amount } nextStep { key } } } } }'])
  console.log(complexityFromQuery(q, { schema, variables: {}, ctx: {} as never }))
})
