import { dayOf, serial, type Day } from '../../schema/days.ts'
import type { Doubt } from '../../schema/errors.ts'
import { amountFr, divideHalfUp, sum } from '../../schema/money.ts'
import { bearsNone, type Account } from './accounts.ts'
import type { Claim, PenaltyClause } from './claim.ts'
import { findEntry } from './values.ts'

/**
 * The contractual penalty (clause pénale) of each invoice: due once the debtor was given formal notice and the delay of
 * the clause has run, on the principal then unpaid; from the first day where non-performance is final.
 */
export function penalties(claim: Claim, accounts: Account[]): { until(day: number): void; doubts(): Doubt[] } {
  const agreed = accounts.filter((account) => account.invoice.penalty)
  const due = agreed
    .flatMap((account) => {
      const day = allowed(claim, account.invoice.penalty!, account.due) ? dueDay(claim, account) : null
      return day === null ? [] : [{ account, day }]
    })
    .toSorted((a, b) => a.day - b.day)
  const counted = new Map<Account, bigint>()
  let next = 0
  return {
    until(day) {
      for (; next < due.length && due[next]!.day < day; next++) {
        const { account } = due[next]!
        if (account.principal === 0n || account.settledFrom < Infinity) continue
        account.penalty = penaltyOf(account.invoice.penalty!, account.principal)
        counted.set(account, account.penalty)
      }
    },
    doubts: () => doubtsOf(claim, agreed, counted),
  }
}

function penaltyOf({ percent, amount: fixed }: PenaltyClause, unpaid: bigint): bigint {
  return fixed ?? divideHalfUp(unpaid * percent!, 100_000_000n)
}

/** The last day on which it is not yet due, or null while nothing makes it due. */
function dueDay(claim: Claim, { invoice, due }: Account): number | null {
  const { definitiveOn, delayDays } = invoice.penalty!
  const days = (claim.notices ?? []).map((notice) => serial(notice)).filter((day) => day > due)
  const noticed = days.length === 0 ? Infinity : Math.min(...days) + delayDays
  const day = Math.min(noticed, definitiveOn === undefined ? Infinity : Math.max(due, serial(definitiveOn)))
  // Nothing earlier may be paid once insolvency proceedings are open: no notice makes anything due any more.
  const stop = claim.stoppedOn === undefined ? Infinity : serial(claim.stoppedOn)
  return day === Infinity || day >= stop ? null : day
}

/** Whether the law lets it be added to interest and indemnity, by what the clause repairs (fr/clause-penale.yaml). */
function allowed(claim: Claim, clause: PenaltyClause, due: number): boolean {
  if (claim.law !== undefined) return true
  if (clause.covers === 'retard' && bearsNone(claim)) return true
  return rule(`cumul-${clause.covers}`, dayOf(due))?.value === 'oui'
}

const rule = (key: string, on: Day) => findEntry('clause-penale', on, key)

function doubtsOf(claim: Claim, agreed: Account[], counted: Map<Account, bigint>): Doubt[] {
  const doubts: Doubt[] = []
  for (const accounts of Map.groupBy(agreed, ({ invoice }) => invoice.penalty!.source).values()) {
    const clause = accounts[0]!.invoice.penalty!
    const cents = sum(accounts.map((account) => counted.get(account) ?? 0n))
    if (cents > 0n) doubts.push(...whenCounted(claim, clause, cents))
    const refused = accounts.filter((account) => !allowed(claim, account.invoice.penalty!, account.due))
    if (refused.length > 0) doubts.push(notCounted(claim, refused))
    const waiting = accounts.some((account) => !refused.includes(account) && waits(claim, account, counted))
    if (waiting) doubts.push(notDue(claim, clause))
  }
  return doubts
}

/** Overdue and unpaid, with nothing that makes the penalty due: to be said, for the creditor expects it. */
const waits = (claim: Claim, account: Account, counted: Map<Account, bigint>): boolean =>
  claim.stoppedOn === undefined && !counted.has(account) && account.principal > 0n && account.due < serial(claim.asOf)

function whenCounted(claim: Claim, clause: PenaltyClause, cents: bigint): Doubt[] {
  const said = `Clause pénale comptée pour ${amountFr(cents, claim.currency)} (${clause.source})`
  if (claim.law !== undefined) {
    const message = `${said}\u00a0: droit malgache, règle à vérifier avec un avocat du lieu.`
    return [{ code: 'penalty_counted', message }]
  }
  const moderation = rule('moderation', claim.asOf)
  const doubts = [
    { code: 'penalty_moderation', message: `${said}\u00a0: ${moderation?.value} (${moderation?.article}).` },
  ]
  const say = (code: string, message: string) => doubts.push({ code, message })
  const consumer = rule('consommateur', claim.asOf)
  if (claim.debtor === 'consumer' && consumer) {
    say(
      'penalty_consumer',
      `Débiteur consommateur\u00a0: la clause pénale est ${consumer.value} (${consumer.article}, à vérifier).`,
    )
  } else if (claim.debtor === 'public') {
    say('penalty_public', 'Débiteur public\u00a0: clause pénale à vérifier au regard du marché avant toute demande.')
  } else if (claim.indemnity || !bearsNone(claim)) {
    const cumul = rule(`cumul-${clause.covers}`, claim.asOf)
    say(
      'penalty_cumul',
      `La clause pénale s’ajoute aux intérêts de retard${claim.indemnity ? ' et à l’indemnité forfaitaire' : ''}\u00a0: elle doit réparer autre chose que le retard et les frais de recouvrement (${cumul?.article}, à vérifier).`,
    )
  }
  return doubts
}

function notCounted(claim: Claim, refused: Account[]): Doubt {
  const clause = refused[0]!.invoice.penalty!
  const unpaid = sum(refused.map((account) => penaltyOf(account.invoice.penalty!, account.principal)))
  const why =
    clause.covers === 'recouvrement'
      ? 'elle met des frais de recouvrement à la charge du débiteur, sans titre exécutoire'
      : 'le retard est déjà réparé par les intérêts de la même période'
  const { article } = rule(`cumul-${clause.covers}`, claim.asOf) ?? {}
  return {
    code: 'penalty_not_counted',
    message: `Clause pénale non comptée (${clause.source}, ${amountFr(unpaid, claim.currency)} au plus)\u00a0: ${why}${article ? ` (${article})` : ''}.`,
  }
}

function notDue(claim: Claim, clause: PenaltyClause): Doubt {
  const article = claim.law === undefined ? rule('exigibilite', claim.asOf)?.article : undefined
  const delay = clause.delayDays > 0 ? ` restée sans effet ${clause.delayDays} jours` : ''
  return {
    code: 'penalty_not_due',
    message: `Clause pénale non comptée (${clause.source})\u00a0: elle n’est due qu’après une mise en demeure${delay}, sauf inexécution définitive${article ? ` (${article})` : ''}.`,
  }
}
