import { after, type Day } from '../../schema/days.ts'
import { type Sql, transaction } from '../../schema/db.ts'
import { DomainError } from '../../schema/errors.ts'
import { amount, amountFr, type Currency, parseAmount, parseCurrency, sum } from '../../schema/money.ts'
import { newId, type Random } from '../../schema/random.ts'
import { type Author, record } from '../cases/journal.ts'
import { lockCase } from '../cases/lock.ts'
import { readProcedure } from './open-procedures.ts'

/** What was spent in a procedure (débours): a fee of the court, an act of the bailiff. Cents of the case, VAT included. */
export interface Outlay {
  id: string
  procedureId: string
  spentOn: Day
  amount: bigint
  label: string
  /** SHA-256 of the bill. */
  original: string | null
  /** Why it goes beyond the ceiling that the creditor accepted. */
  overWhy: string | null
  recordedOn: Day
}

/** Those that stand, by procedure, the oldest first. */
export async function readOutlays(sql: Sql, procedureIds: string[]): Promise<Map<string, Outlay[]>> {
  const rows = await sql<Outlay[]>`
    select id, procedure_id, spent_on, amount, label, original, over_why, recorded_on
    from outlays where procedure_id = any(${procedureIds}) and cancelled_on is null order by spent_on, recorded_on, id`
  return Map.groupBy(rows, (row) => row.procedureId)
}

/** The most that the creditor agreed to spend on each procedure when it signed. */
export async function readCeilings(
  sql: Sql,
  procedureIds: string[],
): Promise<Map<string, { cents: bigint; currency: Currency }[]>> {
  const rows = await sql<{ id: string; ceiling: string; currency: string }[]>`
    select p.id, coalesce(r.statement ->> 'ceiling', '0.00') as ceiling, c.currency
    from procedures p join consent_requests r on r.id = p.consent_id join cases c on c.id = p.case_id where p.id = any(${procedureIds})`
  return new Map(
    rows.map(({ id, ceiling, currency }) => [id, [{ cents: parseAmount(ceiling), currency: parseCurrency(currency) }]]),
  )
}

/** `overWhy` is said where the sum goes beyond what the creditor accepted: what is spent is spent, and told. */
export type OutlayInput = Omit<Outlay, 'id' | 'recordedOn'>

/**
 * Records what was spent. Beyond the ceiling that the creditor signed, it is refused until somebody says why. DomainErrors:
 * `bad_outlay`, `beyond_ceiling`.
 */
export async function recordOutlay(
  sql: Sql,
  random: Random,
  onDay: Day,
  input: OutlayInput,
  author: Author,
): Promise<{ id: string; caseId: string }> {
  const [label, overWhy] = [input.label.trim(), input.overWhy?.trim() || null]
  if (input.amount <= 0n || label === '' || after(input.spentOn, onDay)) {
    throw new DomainError('bad_outlay', 'Une dépense a un montant positif, un objet et un jour passé.', {
      remedy: 'Recopiez la facture du greffe ou du commissaire de justice.',
    })
  }
  const { procedureId } = input
  return transaction(sql, async (tx) => {
    const { caseId } = await readProcedure(tx, procedureId)
    await lockCase(tx, caseId)
    const spent = (await readOutlays(tx, [procedureId])).get(procedureId) ?? []
    const [ceiling] = (await readCeilings(tx, [procedureId])).get(procedureId)!
    const total = sum([...spent.map((each) => each.amount), input.amount])
    const isBeyond = total > ceiling!.cents
    if (isBeyond && overWhy === null) {
      const fr = (cents: bigint) => amountFr(cents, ceiling!.currency)
      throw new DomainError(
        'beyond_ceiling',
        `Les frais de cette procédure atteindraient ${fr(total)}\u00a0; le créancier en a accepté ${fr(ceiling!.cents)} au plus.`,
        {
          remedy:
            'Demandez-lui d’abord son accord\u00a0; si la dépense est faite, enregistrez-la en disant pourquoi (overCeiling).',
          facts: { total: amount(total), ceiling: amount(ceiling!.cents) },
        },
      )
    }
    const id = newId(random)
    await tx`
      insert into outlays (id, procedure_id, spent_on, amount, label, original, over_why, recorded_on, recorded_by)
      values (${id}, ${procedureId}, ${input.spentOn}, ${input.amount}, ${label}, ${input.original}, ${isBeyond ? overWhy : null},
              ${onDay}, ${author})`
    const detail = { outlay: id, label, amount: amount(input.amount), total: amount(total), beyond: isBeyond }
    await record(tx, onDay, { caseId, kind: 'outlay_recorded', detail, author })
    return { id, caseId }
  })
}

/** Takes back one entered wrongly; the journal keeps both. DomainError `outlay_not_found`. */
export async function cancelOutlay(
  sql: Sql,
  onDay: Day,
  { outlayId, reason }: { outlayId: string; reason: string },
  author: Author,
): Promise<{ procedureId: string }> {
  const why = reason.trim()
  return transaction(sql, async (tx) => {
    const [known] = await tx<{ caseId: string }[]>`
      select p.case_id from outlays o join procedures p on p.id = o.procedure_id where o.id = ${outlayId}`
    if (known) await lockCase(tx, known.caseId)
    const [found] = await tx<{ procedureId: string; amount: bigint }[]>`
      update outlays set cancelled_on = ${onDay}, cancelled_why = ${why}
      where id = ${outlayId} and cancelled_on is null and ${why} <> '' returning procedure_id, amount`
    if (!found) {
      throw new DomainError(
        'outlay_not_found',
        'Cette dépense n’existe pas, est déjà annulée, ou son annulation n’a pas de motif.',
        { remedy: 'Relisez les dépenses de la procédure (outlays).' },
      )
    }
    const detail = { outlay: outlayId, amount: amount(found.amount), reason: why }
    await record(tx, onDay, { caseId: known!.caseId, kind: 'outlay_cancelled', detail, author })
    return { procedureId: found.procedureId }
  })
}
