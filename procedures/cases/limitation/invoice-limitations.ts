import { after, before, type Day, sameDay } from '../../../schema/days.ts'
import { json, type Sql } from '../../../schema/db.ts'
import type { Zone } from '../../law/calendar.ts'
import type { Interruption } from '../../law/limitation.ts'
import type { DebtorKind } from '../debtors.ts'
import type { CaseFile } from '../file/file.ts'
import { type CaseLimitation, claimLimitation } from './claim-limitation.ts'
import { publicDue, type PublicOrder } from '../public-buyers/public-term.ts'

/** What starts limitation anew, for the invoices named alone where some are: a payment acknowledges what it pays (C. civ. 2240). */
export interface Renewal extends Interruption {
  invoices?: string[]
}

export interface InvoiceClaim {
  id: string
  number: string
  issuedOn: Day
  dueOn: Day
  limitationOn: Day
  /** Whether something of it was owed when it was last counted. */
  isOwed: boolean
}

/** What the limitation of a case is counted from. */
export interface CaseClaim {
  zone: Zone
  debtor: DebtorKind
  nature: string | null
  publicOrder: PublicOrder | null
  anchorOn: Day
  limitationOn: Day
  invoices: InvoiceClaim[]
}

/** The last day of a title, and the day on which the house asked for it: what was barred by then is no part of it. */
export interface TitleLimitation extends CaseLimitation {
  on: Day
  askedOn?: Day
}

export interface CountedClaims {
  /** The last day of each invoice, and whether something of it is owed. */
  each: Map<string, { expires: Day; isOwed: boolean }>
  /** That of the invoice still owed which lasts longest: past it, nothing of the case may be claimed. */
  whole: CaseLimitation
}

/**
 * Limitation runs for each invoice from its own due date (C. civ. 2224, C. com. L110-4). A title lengthens that of the invoices issued
 * by its day and alive when it was asked for. `owed`: ids of those of which something is owed; what was known before where it cannot
 * be counted.
 */
export function countClaims(
  claim: CaseClaim,
  acts: Renewal[],
  title: TitleLimitation | null = null,
  owed: ReadonlySet<string> | null = null,
): CountedClaims {
  const { zone, debtor, nature } = claim
  const known = acts.map((act) => ({ act, on: act.on, only: act.invoices && new Set(act.invoices) }))
  const counted = claim.invoices.map((invoice) => {
    const due = dueDay(claim, invoice)
    const interruptions = known.flatMap(({ act, on, only }) =>
      !before(on, due) && (only === undefined || only.has(invoice.id)) ? [act] : [],
    )
    const own = claimLimitation({ zone, debtor, nature, due, interruptions })
    const limits = title !== null && covers(title, invoice, own) ? title : own
    return { invoice, isOwed: owed?.has(invoice.id) ?? invoice.isOwed, limits }
  })
  const left = counted.filter(({ isOwed }) => isOwed)
  const [longest] = (left.length > 0 ? left : counted).toSorted((a, b) =>
    Temporal.PlainDate.compare(b.limits.expires, a.limits.expires),
  )
  return {
    each: new Map(counted.map(({ invoice, isOwed, limits }) => [invoice.id, { expires: limits.expires, isOwed }])),
    whole: longest?.limits ?? claimLimitation({ zone, debtor, nature, due: claim.anchorOn, interruptions: acts }),
  }
}

function covers({ on, askedOn, expires }: TitleLimitation, { issuedOn }: InvoiceClaim, own: CaseLimitation): boolean {
  const wasBarred = askedOn !== undefined && before(own.expires, askedOn)
  return !wasBarred && !after(issuedOn, on) && after(expires, own.expires)
}

function dueDay({ debtor, zone, publicOrder }: CaseClaim, invoice: InvoiceClaim): Day {
  return debtor === 'public' && zone !== 'madagascar' ? publicDue(invoice, publicOrder).dueOn : invoice.dueOn
}

/** Writes them down where they changed; whether any day did. */
export async function keepClaims(
  sql: Sql,
  caseId: string,
  claim: CaseClaim,
  { each, whole }: CountedClaims,
): Promise<boolean> {
  const isChanged = ({ id, limitationOn }: InvoiceClaim): boolean => !sameDay(each.get(id)!.expires, limitationOn)
  const rows = claim.invoices.map(({ id }) => {
    const { expires, isOwed } = each.get(id)!
    return { invoice_id: id, expires_on: expires.toString(), is_owed: isOwed }
  })
  await sql`
    insert into invoice_limitations (invoice_id, expires_on, is_owed)
    select * from jsonb_to_recordset(${json(sql, rows)}) as rows (invoice_id uuid, expires_on date, is_owed boolean)
    on conflict (invoice_id) do update set expires_on = excluded.expires_on, is_owed = excluded.is_owed
    where (invoice_limitations.expires_on, invoice_limitations.is_owed) is distinct from (excluded.expires_on, excluded.is_owed)`
  await sql`
    update cases set limitation_on = ${whole.expires}, limitation_doubts = ${json(sql, whole.doubts)}
    where id = ${caseId} and (limitation_on, limitation_doubts) is distinct from (${whole.expires}, ${json(sql, whole.doubts)}::jsonb)`
  return claim.invoices.some(isChanged) || !sameDay(whole.expires, claim.limitationOn)
}

type Limited = Pick<CaseFile, 'case' | 'insolvencies'> & { invoices: Pick<InvoiceClaim, 'limitationOn' | 'isOwed'>[] }

/**
 * Out of reach while another invoice of the case is not; where the whole case is barred, `standstill` says so. Of what is declared in
 * insolvency proceedings, the day of their opening judges.
 */
export function isBarredInvoice(
  { case: { limitationOn: whole }, insolvencies }: Pick<Limited, 'case' | 'insolvencies'>,
  { limitationOn, isOwed }: Limited['invoices'][number],
  onDay: Day,
): boolean {
  const opened = insolvencies.find(({ kind }) => kind === 'procedure-collective')?.openedOn
  const by = opened && before(opened, onDay) ? opened : onDay
  return isOwed && before(limitationOn, by) && before(limitationOn, whole)
}

/** The day by which somebody must act: the first that comes among the invoices still owed. */
export function nextLimitation(file: Pick<Limited, 'case' | 'invoices'>, onDay: Day): Day {
  const coming = file.invoices.flatMap(({ limitationOn, isOwed }) =>
    isOwed && !before(limitationOn, onDay) ? [limitationOn] : [],
  )
  return coming.toSorted((a, b) => Temporal.PlainDate.compare(a, b))[0] ?? file.case.limitationOn
}
