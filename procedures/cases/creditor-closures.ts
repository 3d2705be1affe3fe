import { after, before, type Day, dayFr, daysBetween } from '../../schema/days.ts'
import { type Sql, transaction } from '../../schema/db.ts'
import { DomainError } from '../../schema/errors.ts'
import { newId, type Random } from '../../schema/random.ts'
import { nextWorkingDay, type Zone } from '../law/calendar.ts'
import type { CaseFile } from './file/file.ts'
import { nextLimitation } from './limitation/invoice-limitations.ts'
import { type Author, record } from './journal.ts'

/** Days on which a creditor is closed, both included. */
export interface Closure {
  closedFrom: Day
  closedUntil: Day
  /** In its own words. */
  reason: string
}

export interface CreditorClosure extends Closure {
  id: string
  creditorId: string
  recordedOn: Day
  recordedBy: Author
  withdrawnOn: Day | null
}

const longest = 60

/**
 * Records days on which nobody at the creditor's answers; the timeline waits for the first working day after them.
 * DomainErrors `closure_backwards`, `closure_past`, `closure_too_long`, `reason_missing`.
 */
export async function recordCreditorClosure(
  sql: Sql,
  random: Random,
  onDay: Day,
  input: Closure & { creditorId: string },
  author: Author,
): Promise<string> {
  const { creditorId, closedFrom, closedUntil } = input
  const reason = input.reason.trim()
  refuseNonsense(onDay, { closedFrom, closedUntil, reason })
  const id = newId(random)
  await transaction(sql, async (tx) => {
    const [made] = await tx`
      insert into creditor_closures (id, creditor_id, closed_from, closed_until, reason, recorded_on, recorded_by)
      select ${id}, id, ${closedFrom}, ${closedUntil}, ${reason}, ${onDay}, ${author} from creditors where id = ${creditorId}
      returning id`
    if (!made) {
      throw new DomainError('creditor_not_found', "Ce créancier n'existe pas ou n'est pas le vôtre.", {
        remedy: 'Indiquez pour quel créancier (creditorId).',
      })
    }
    const detail = { closure: id, creditor: creditorId, from: closedFrom.toString(), until: closedUntil.toString() }
    await record(tx, onDay, { caseId: null, kind: 'creditor_closure_recorded', detail, author })
  })
  return id
}

function refuseNonsense(onDay: Day, { closedFrom, closedUntil, reason }: Closure): void {
  const facts = { from: closedFrom.toString(), until: closedUntil.toString() }
  if (before(closedUntil, closedFrom)) {
    const message = `Cette fermeture finirait le ${dayFr(closedUntil)}, avant de commencer le ${dayFr(closedFrom)}.`
    throw new DomainError('closure_backwards', message, {
      remedy: 'Donnez le premier et le dernier jour de fermeture, dans cet ordre.',
      facts,
    })
  }
  if (before(closedFrom, onDay)) {
    throw new DomainError(
      'closure_past',
      `Le ${dayFr(closedFrom)} est passé\u00a0: ce qui est parti ne se reprend pas.`,
      {
        remedy: `Faites commencer la fermeture aujourd’hui, le ${dayFr(onDay)}, ou plus tard.`,
        facts,
      },
    )
  }
  const days = daysBetween(closedFrom, closedUntil) + 1
  if (days > longest) {
    const message = `Une fermeture dure ${longest} jours au plus (reçu\u00a0: ${days})\u00a0: un dossier n’attend pas davantage.`
    throw new DomainError('closure_too_long', message, {
      remedy: 'Vérifiez les deux dates\u00a0; au-delà, convenez avec l’agence de ce qui attend, dossier par dossier.',
      facts: { ...facts, days },
    })
  }
  if (reason === '') {
    throw new DomainError('reason_missing', 'Dites pourquoi le créancier est fermé.', {
      remedy: 'Écrivez-le en quelques mots, par exemple «\u00a0congés annuels\u00a0».',
    })
  }
}

/**
 * Takes a closure back: from that day on the creditor is open. What has waited keeps its new day. `creditorId`: its own alone.
 * DomainErrors `closure_not_found`, `closure_over`.
 */
export async function withdrawCreditorClosure(
  sql: Sql,
  onDay: Day,
  input: { id: string; creditorId: string | null },
  author: Author,
): Promise<string> {
  return transaction(sql, async (tx) => {
    const [found] = await tx<{ creditorId: string; closedUntil: Day }[]>`
      select creditor_id, closed_until from creditor_closures
      where id = ${input.id} and withdrawn_on is null and (${input.creditorId}::uuid is null or creditor_id = ${input.creditorId})
      for update`
    if (!found) {
      throw new DomainError(
        'closure_not_found',
        'Cette fermeture n’existe pas, est déjà retirée, ou n’est pas la vôtre.',
        {
          remedy: 'Reprenez son identifiant dans la liste (Creditor.closures).',
        },
      )
    }
    if (before(found.closedUntil, onDay)) {
      throw new DomainError('closure_over', `Cette fermeture a pris fin le ${dayFr(found.closedUntil)}.`, {
        remedy: 'Il n’y a rien à retirer\u00a0: elle reste inscrite pour ce qu’elle a fait attendre.',
      })
    }
    await tx`update creditor_closures set withdrawn_on = ${onDay}, withdrawn_by = ${author} where id = ${input.id}`
    const detail = { closure: input.id, creditor: found.creditorId }
    await record(tx, onDay, { caseId: null, kind: 'creditor_closure_withdrawn', detail, author })
    return found.creditorId
  })
}

/** Every closure of these creditors, those taken back too; the first one first. */
export async function closuresOf(sql: Sql, creditorIds: string[]): Promise<Map<string, CreditorClosure[]>> {
  const rows = await sql<CreditorClosure[]>`
    select id, creditor_id, closed_from, closed_until, reason, recorded_on, recorded_by, withdrawn_on
    from creditor_closures where creditor_id = any(${creditorIds}) order by closed_from, recorded_on, id`
  return Map.groupBy(rows, ({ creditorId }) => creditorId)
}

export interface NamedClosure extends CreditorClosure {
  /** Whose days they are. */
  creditor: string
}

/** The days still to come on which any creditor is closed, the nearest first. */
export async function allClosuresAhead(sql: Sql, onDay: Day): Promise<NamedClosure[]> {
  return sql<NamedClosure[]>`
    select x.id, x.creditor_id, x.closed_from, x.closed_until, x.reason, x.recorded_on, x.recorded_by, x.withdrawn_on, p.name as creditor
    from creditor_closures x join creditors p on p.id = x.creditor_id
    where x.withdrawn_on is null and x.closed_until >= ${onDay} order by x.closed_from, p.name, x.id`
}

/** The days still to come on which the creditor of a case is closed. */
export const closuresAhead = ({ closures }: Pick<CaseFile, 'closures'>, onDay: Day): Closure[] =>
  closures.filter(({ closedUntil }) => !before(closedUntil, onDay))

const closedOn = (closures: readonly Closure[], day: Day): Closure | undefined =>
  closures.find(({ closedFrom, closedUntil }) => !before(day, closedFrom) && !after(day, closedUntil))

/**
 * Until when what would be said to a debtor on that day waits for its creditor, and why: the first working day on which it is open. Null
 * where it is open; and where the last step, moved by as much, would come after limitation.
 */
export function closureWait(
  closures: readonly Closure[],
  onDay: Day,
  { zone, nominalOn, lastOn, limitationOn }: { zone: Zone; nominalOn: Day; lastOn: Day; limitationOn: Day },
): { until: Day; why: string } | null {
  const first = closedOn(closures, onDay)
  if (!first) return null
  let until = onDay
  for (let closed: Closure | undefined = first; closed; closed = closedOn(closures, until))
    until = nextWorkingDay(closed.closedUntil.add({ days: 1 }), zone)
  if (after(lastOn.add({ days: daysBetween(nominalOn, until) }), limitationOn)) return null
  const why = `Le créancier est fermé jusqu’au ${dayFr(first.closedUntil)} (${first.reason})\u00a0: pas avant le ${dayFr(until)}.`
  return { until, why }
}

/** The first day on which the debtor may be approached, where the creditor is closed on this one; null where it is open. */
export const creditorAwayOn = (onDay: Day, file: CaseFile): ReturnType<typeof closureWait> =>
  closureWait(closuresAhead(file, onDay), onDay, {
    zone: file.case.zone,
    nominalOn: onDay,
    lastOn: onDay,
    limitationOn: nextLimitation(file, onDay),
  })
