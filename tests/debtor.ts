import { recordDispute } from '../procedures/cases/exchanges/disputes.ts'
import { recordInsolvency } from '../procedures/cases/insolvency/insolvencies.ts'
import { recordPromise } from '../procedures/cases/exchanges/promises.ts'
import { recordPayment } from '../procedures/money/payments.ts'
import { parseAmount } from '../schema/money.ts'
import { day, type House } from './house.ts'

// What a debtor does and what befalls it, recorded on the day it happens; `more` says what is out of the ordinary.

/** Pays the creditor « 400.00 » by transfer. */
export const pay = (
  { office }: House,
  caseId: string,
  on: string,
  sum: string,
  more: Partial<Parameters<typeof recordPayment>[2]> = {},
) =>
  recordPayment(
    office,
    day(on),
    {
      caseId,
      receivedOn: day(on),
      amount: parseAmount(sum),
      means: 'virement',
      reference: null,
      receivedBy: 'creditor',
      ...more,
    },
    'test',
  )

/** Promises 1,000 € on the telephone. */
export const promise = (
  { sql, office }: House,
  caseId: string,
  on: string,
  dueOn: string,
  more: Partial<Parameters<typeof recordPromise>[3]> = {},
): Promise<string> =>
  recordPromise(
    sql,
    office.random,
    day(on),
    {
      caseId,
      dueOn: day(dueOn),
      amount: 100_000n,
      means: 'virement',
      author: 'M. Pont',
      channel: 'téléphone',
      ...more,
    },
    'test',
  )

/** Disputes the whole claim by e-mail. */
export const dispute = (
  { sql, office }: House,
  caseId: string,
  on: string,
  answerBy: string,
  ground = 'article manquant',
): Promise<string> =>
  recordDispute(
    sql,
    office.random,
    day(on),
    { caseId, channel: 'courriel', ground, contested: null, answerBy: day(answerBy) },
    'test',
  )

/** Insolvency proceedings opened against it on an earlier day, not published yet. */
export const insolvency = (
  { sql, office }: House,
  caseId: string,
  on: string,
  openedOn: string,
  more: Partial<Parameters<typeof recordInsolvency>[3]> = {},
): Promise<string> =>
  recordInsolvency(
    sql,
    office.random,
    day(on),
    { caseId, nature: 'Liquidation judiciaire', openedOn: day(openedOn), publishedOn: null, ...more },
    'test',
  )
