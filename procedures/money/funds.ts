import type { Facts } from '../../documents/facts.ts'
import { after, before, type Day, dayFr } from '../../schema/days.ts'
import { type Sql, transaction } from '../../schema/db.ts'
import { DomainError } from '../../schema/errors.ts'
import { amount, sum } from '../../schema/money.ts'
import { newId } from '../../schema/random.ts'
import type { Office } from '../office.ts'
import { writeLetter } from '../mail/correspondence.ts'
import { reachOf } from '../mail/reach.ts'
import { readCase } from '../cases/file/file.ts'
import { type Author, record } from '../cases/journal.ts'

/** What the agency holds for a creditor: encashed, not sent back by the bank, not paid over. Cents. */
export interface Funds {
  paymentId: string
  caseId: string
  caseNumber: string
  debtor: string
  amount: bigint
  currency: string
  encashedOn: Day
  payOverBy: Day
}

/** Funds due to each of these creditors, whenever they were encashed, the oldest case first. */
export async function fundsByCreditor(sql: Sql, ids: string[]): Promise<Map<string, Funds[]>> {
  const rows = await sql<(Funds & { creditorId: string })[]>`
    select c.creditor_id, p.id as payment_id, c.id as case_id, c.number as case_number, d.name as debtor, p.amount, c.currency,
           p.encashed_on, p.pay_over_by
    from payments p join cases c on c.id = p.case_id join debtors d on d.id = c.debtor_id
    where c.creditor_id = any(${ids}) and p.received_by = 'agency' and p.encashed_on is not null
      and not exists (select from payment_rejections r where r.payment_id = p.id)
      and not exists (select from pay_over_lines l where l.payment_id = p.id)
    order by c.number, p.encashed_on, p.id`
  return Map.groupBy(rows, (row) => row.creditorId)
}

export const encashedBy = (funds: Funds[], onDay: Day): Funds[] =>
  funds.filter(({ encashedOn }) => !after(encashedOn, onDay))

/** Those due to one creditor that were encashed by that day. */
export async function readFunds(sql: Sql, creditorId: string, onDay: Day): Promise<Funds[]> {
  return encashedBy([...(await fundsByCreditor(sql, [creditorId])).values()].flat(), onDay)
}

/** The same, with their cases taken: what the bank takes back at this moment is not paid over. */
async function lockFunds(sql: Sql, creditorId: string, onDay: Day, currency: string): Promise<Funds[]> {
  const due = async () => (await readFunds(sql, creditorId, onDay)).filter((line) => line.currency === currency)
  const taken = new Set((await due()).map(({ caseId }) => caseId))
  await sql`select 1 from cases where id = any(${[...taken]}::uuid[]) order by id for update`
  return (await due()).filter(({ caseId }) => taken.has(caseId))
}

export interface PayOver {
  id: string
  amount: bigint
  currency: string
  caseIds: string[]
}

/**
 * Pays the creditor everything held for it in that currency, in one transfer with its slip (CPCE R124-6). Fees are never
 * taken from it: they have a statement of their own. DomainErrors: `bad_pay_over`, `nothing_to_pay_over`.
 */
export async function payOver(
  office: Office,
  onDay: Day,
  input: { creditorId: string; paidOn: Day; reference: string; currency?: string },
  author: Author,
): Promise<PayOver> {
  const { creditorId, paidOn, currency = 'EUR' } = input
  const reference = input.reference.trim()
  if (after(paidOn, onDay) || reference === '') {
    throw new DomainError('bad_pay_over', 'Un reversement porte le jour et la référence d’un virement déjà fait.', {
      remedy: 'Enregistrez-le quand la banque l’a exécuté.',
    })
  }
  return transaction(office.sql, async (sql) => {
    await sql`select 1 from creditors where id = ${creditorId} for no key update`
    const funds = await lockFunds(sql, creditorId, paidOn, currency)
    if (funds.length === 0) {
      throw new DomainError(
        'nothing_to_pay_over',
        `Aucune somme encaissée au ${dayFr(paidOn)} n'est à reverser à ce créancier.`,
        {
          remedy: 'Vérifiez les encaissements : un chèque n’est reversé qu’une fois encaissé (recordEncashment).',
          article: 'CPCE R124-6',
        },
      )
    }
    // Its slip is kept in the oldest of the cases; each of them has the line in its journal.
    const file = await readCase(sql, funds[0]!.caseId)
    const total = sum(funds.map((line) => line.amount))
    const written = await writeLetter(office, sql, onDay, file, {
      letter: 'creancier-reversement-fonds',
      channel: reachOf(file, 'creancier') ?? 'lettre',
      recipient: 'creancier',
      facts: slipFacts(funds, total, paidOn, reference),
      author,
    })
    const id = newId(office.random)
    await sql`
      insert into pay_overs (id, creditor_id, paid_on, amount, currency, reference, document_id, recorded_by)
      values (${id}, ${creditorId}, ${paidOn}, ${total}, ${currency}, ${reference}, ${written.id}, ${author})`
    await sql`insert into pay_over_lines ${sql(funds.map((line) => ({ payment_id: line.paymentId, pay_over_id: id })))}`
    for (const line of funds) {
      const detail = {
        amount: amount(line.amount),
        paidOn: paidOn.toString(),
        reference,
        isLate: before(line.payOverBy, paidOn),
      }
      await record(sql, onDay, { caseId: line.caseId, kind: 'funds_paid_over', detail, author })
    }
    return { id, amount: total, currency, caseIds: [...new Set(funds.map((line) => line.caseId))] }
  })
}

const slipFacts = (funds: Funds[], total: bigint, paidOn: Day, reference: string): Partial<Facts> =>
  ({
    reversement: {
      dossiers: funds.map((line) => ({
        dossier: line.caseNumber,
        debiteur: line.debtor,
        montant: amount(line.amount),
        date: line.encashedOn.toString(),
      })),
      date: paidOn.toString(),
      brut: amount(total),
      net: amount(total),
      reference,
    },
  }) as Partial<Facts>
