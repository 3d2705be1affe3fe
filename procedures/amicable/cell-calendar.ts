import { before, type Day, dayFr } from '../../schema/days.ts'
import type { Fragment, Sql } from '../../schema/db.ts'
import { amountFr, type Currency } from '../../schema/money.ts'
import type { FeedDay } from '../judicial/deadlines/court-calendar.ts'

/** What waits for a cell, or will: the day it is for may be past. */
interface Waiting {
  kind: keyof typeof titles
  id: string
  onDay: Day
  /** What is known of it in a few words. */
  what: string | null
  amount: bigint | null
  number: string
  currency: Currency
  debtor: string
  creditor: string
}

const titles = {
  promesse: 'Promesse',
  approbation: 'Envoi à approuver',
  contestation: 'Contestation sans réponse du créancier',
  'contestation-repondue': 'Contestation à trancher',
  suspension: 'Suspension à revoir',
  appel: 'Appel prévu',
  'appel-ecrit': 'Appel à passer',
  rappel: 'Rappeler',
}

/** Promises that nothing has answered, steps to approve, disputes that nobody settled, and the holds that rest on neither. */
export const amicableDays = (sql: Sql, onDay: Day): Promise<FeedDay[]> =>
  daysOf(
    sql,
    onDay,
    sql`
      select 'promesse', p.id, p.case_id, p.due_on, p.author || ' : ' || p.means, p.amount from promises p
      where p.due_on >= ${onDay}::date - 7
        and not exists (select from payments r where r.case_id = p.case_id and r.received_on >= p.promised_on)
      union all
      select 'approbation', s.id, s.case_id, a.answer_by, replace(s.key, '-', ' '), null
      from approvals a join steps s on s.id = a.step_id and s.done_on is null and s.skipped_on is null
      where a.decision is null
      union all
      select case when x.creditor_answered_on is null then 'contestation' else 'contestation-repondue' end,
             x.id, x.case_id, coalesce(x.answer_by, x.raised_on), x.ground, x.contested
      from disputes x where x.resolved_on is null
      union all
      select 'suspension', h.id, h.case_id, h.review_on, h.reason, null from holds h
      where h.released_on is null and h.cause not in ('promesse', 'contestation')`,
  )

/** How far ahead planned calls are shown: what comes later still moves. A rule of the house, in days. */
const callsAhead = 30

/** Calls of the month to come in cases that nothing holds, those whose script is written, and debtors to call back. */
export const phoneDays = (sql: Sql, onDay: Day): Promise<FeedDay[]> =>
  daysOf(
    sql,
    onDay,
    sql`
      select 'appel', s.id, s.case_id, s.planned_on, replace(s.key, '-', ' '), null::bigint from steps s
      where s.channel = 'appel' and s.done_on is null and s.skipped_on is null
        and s.planned_on <= ${onDay}::date + ${callsAhead}::int
        and not exists (select from holds h where h.case_id = s.case_id and h.released_on is null)
      union all
      select 'appel-ecrit', coalesce(d.step_id, d.id), d.case_id, d.written_on, null, null from documents d
      where d.channel = 'appel'
        and not exists (select from calls k where k.case_id = d.case_id and (k.step_id = d.step_id or k.called_on >= d.written_on))
        and not exists (select from holds h where h.case_id = d.case_id and h.released_on is null)
      union all
      select 'rappel', k.id, k.case_id, k.called_on, coalesce(k.person || ' : ', '') || k.summary, null from calls k
      where k.outcome = 'a-rappeler'
        and not exists (select from calls later where later.case_id = k.case_id and later.id <> k.id
                        and (later.called_on, coalesce(later.called_at, '00:00')) > (k.called_on, coalesce(k.called_at, '00:00')))`,
  )

async function daysOf(sql: Sql, onDay: Day, waiting: Fragment): Promise<FeedDay[]> {
  const found = await sql<Waiting[]>`
    select w.kind, w.id, w.on_day, w.what, w.amount, c.number, c.currency, d.name as debtor, k.name as creditor
    from (${waiting}) as w (kind, id, case_id, on_day, what, amount)
    join cases c on c.id = w.case_id and c.closed_on is null
    join debtors d on d.id = c.debtor_id join creditors k on k.id = c.creditor_id`
  return found.map((each) => dayOf(each, onDay))
}

/** What should have been done by now stands on today, and says since when. */
function dayOf(
  { kind, id, onDay: on, what, amount, number, currency, debtor, creditor }: Waiting,
  today: Day,
): FeedDay {
  const isLate = before(on, today)
  const sum = amount === null ? '' : ` (${amountFr(amount, currency)})`
  return {
    uid: `${kind.split('-')[0]!}-${id}`,
    on: isLate ? today : on,
    title: `${titles[kind]}${sum} – ${debtor} (${number})`,
    description: [
      `${creditor} contre ${debtor}, dossier ${number}`,
      ...(what === null ? [] : [what]),
      ...(isLate ? [`Attend depuis le ${dayFr(on)}.`] : []),
    ],
    marks: [],
  }
}
