import { after, before, type Day } from '../../../schema/days.ts'
import type { CaseFile, Plan, PlanLine } from '../file/file.ts'
import { receivedSince } from '../../money/standing-payments.ts'

export type InstalmentState = 'kept' | 'late' | 'missed' | 'due'

/** One instalment as the payments of the case leave it on a day. Sums are cents. */
export interface DueInstalment extends PlanLine {
  /** « kept »: paid by its day; « late »: paid after; « missed »: its day has passed; « due »: still to come. */
  state: InstalmentState
  unpaid: bigint
  /** The day on which it was fully paid. */
  paidOn: Day | null
}

/** The plan in force: the latest one, unless it was broken or kept to its end. */
export function livePlan(file: Pick<CaseFile, 'plans'>): Plan | null {
  const plan = file.plans.at(-1)
  return plan && plan.brokenOn === null && plan.keptOn === null ? plan : null
}

/**
 * The instalments of the case's latest plan on that day: payments received since the agreement fill them in their order,
 * those that came back fill nothing. Empty without a plan.
 */
export function dueInstalments(file: Pick<CaseFile, 'plans' | 'payments'>, onDay: Day): DueInstalment[] {
  const plan = file.plans.at(-1)
  return plan ? fillInstalments(plan, file, onDay) : []
}

/** The same for any plan of the case. */
export function fillInstalments(plan: Plan, file: Pick<CaseFile, 'payments'>, onDay: Day): DueInstalment[] {
  const purses = receivedSince(file, plan.agreedOn, onDay).map(({ receivedOn, amount }) => ({
    receivedOn,
    left: amount,
  }))
  return plan.instalments.map((line) => {
    let unpaid = line.amount
    let paidOn: Day | null = null
    while (unpaid > 0n && purses.length > 0) {
      const purse = purses[0]!
      const part = purse.left < unpaid ? purse.left : unpaid
      purse.left -= part
      unpaid -= part
      paidOn = purse.receivedOn
      if (purse.left === 0n) purses.shift()
    }
    if (unpaid > 0n) return { ...line, unpaid, paidOn: null, state: before(line.dueOn, onDay) ? 'missed' : 'due' }
    return { ...line, unpaid, paidOn, state: paidOn && after(paidOn, line.dueOn) ? 'late' : 'kept' }
  })
}

export type PlanAct =
  | { kind: 'remind'; line: DueInstalment }
  | { kind: 'notice'; line: DueInstalment }
  | { kind: 'break'; line: DueInstalment }
  | { kind: 'kept' }

/**
 * What the plan's own rule asks for on that day; null when it asks for nothing. A missed instalment comes before the
 * reminder of the next: nobody is reminded of a later sum while an earlier one is waited for.
 */
export function planAct(plan: Plan, lines: DueInstalment[], onDay: Day): PlanAct | null {
  const line = lines.find((each) => each.unpaid > 0n)
  if (!line) return { kind: 'kept' }
  if (line.state === 'missed') {
    if (line.noticedOn === null)
      return before(onDay, line.dueOn.add({ days: plan.noticeDays })) ? null : { kind: 'notice', line }
    return line.noticeUntil !== null && after(onDay, line.noticeUntil) ? { kind: 'break', line } : null
  }
  const from = line.dueOn.subtract({ days: plan.remindDays })
  // What was agreed only days ago needs no reminder.
  const isTime = after(from, plan.agreedOn) && !before(onDay, from) && before(onDay, line.dueOn)
  return line.remindedOn === null && isTime ? { kind: 'remind', line } : null
}
