import { type Day, dayFr } from '../../../schema/days.ts'
import { json, type Sql, transaction } from '../../../schema/db.ts'
import { type Conduct, progressOn, readConducts } from '../case-progress.ts'
import { nextCourtDay } from './court-days.ts'
import { recountAfter } from '../titles/interruptions.ts'
import type { Progress } from '../engine/progress.ts'
import type { StepDeadline } from '../engine/time-limits.ts'

interface Alert {
  procedureId: string
  kind: 'near' | 'late' | 'closed'
  step: string
  timeLimit: string
  expiresOn: string
  mark: number
  what: string
}

/**
 * Tells the legal cell, once each, of the time limits that are near (at the marks of the procedure's file), of those that
 * ended without the act, and of the paths that one of them closed. What no longer holds is over. After an outage the mark
 * reached is told, not those that passed. Without `ids`: every open procedure not looked at yet on that day.
 */
export async function watchDeadlines(sql: Sql, onDay: Day, ids?: string[]): Promise<void> {
  await transaction(sql, async (tx) => {
    const asked = ids ? tx`p.id = any(${ids})` : tx`(p.watched_on is null or p.watched_on < ${onDay})`
    // The cases first, as in every act on them: what lapsed changes their limitation.
    await tx`
      select 1 from cases c
      where c.closed_on is null and exists (select from procedures p where p.case_id = c.id and ${asked})
      order by c.id for update`
    const open = await tx<{ id: string }[]>`
      select p.id from procedures p join cases c on c.id = p.case_id and c.closed_on is null
      where ${asked} order by p.id for update of p`
    if (open.length === 0) return
    const watched = open.map(({ id }) => id)
    const conducts = await readConducts(tx, watched)
    const looked = [...conducts.values()].map((conduct) => ({ conduct, progress: progressOn(conduct, onDay) }))
    const found = looked.flatMap(({ conduct, progress }) => alertsOf(conduct, progress))
    const rows = json(
      tx,
      found.map(({ procedureId, timeLimit, expiresOn, ...rest }) => ({
        procedure_id: procedureId,
        time_limit: timeLimit,
        expires_on: expiresOn,
        ...rest,
      })),
    )
    const columns = tx`procedure_id uuid, kind text, step text, time_limit text, expires_on date, mark int, what text`
    await tx`
      update deadline_alerts a set over_on = ${onDay}
      where a.procedure_id = any(${watched}) and a.over_on is null
        and not exists (select from jsonb_to_recordset(${rows}) as f(${columns})
                        where f.procedure_id = a.procedure_id and f.kind = a.kind and f.step = a.step
                          and f.time_limit = a.time_limit and f.expires_on = a.expires_on and f.mark = a.mark)`
    const told = await tx<{ procedureId: string; isNew: boolean }[]>`
      insert into deadline_alerts (procedure_id, kind, step, time_limit, expires_on, mark, what, given_on)
      select f.procedure_id, f.kind, f.step, f.time_limit, f.expires_on, f.mark, f.what, ${onDay}::date
      from jsonb_to_recordset(${rows}) as f(${columns})
      on conflict (procedure_id, kind, step, time_limit, expires_on, mark) do update set over_on = null
      returning procedure_id, kind = 'closed' and xmax = 0 as is_new`
    // What lapsed interrupted no limitation.
    for (const { procedureId } of told.filter(({ isNew }) => isNew))
      await recountAfter(tx, onDay, conducts.get(procedureId)!.caseId, 'system')
    const next = looked.map(({ conduct, progress }) => ({
      id: conduct.id,
      next_on: nextCourtDay(conduct, progress, onDay)?.on.toString() ?? null,
    }))
    await tx`
      update procedures p set watched_on = ${onDay}, next_on = f.next_on
      from jsonb_to_recordset(${json(tx, next)}) as f(id uuid, next_on date) where p.id = f.id`
  })
}

function alertsOf(conduct: Conduct, { alerts, late, closed }: Progress): Alert[] {
  const about = (limit: StepDeadline) => ({
    procedureId: conduct.id,
    step: limit.step,
    timeLimit: limit.id,
    expiresOn: limit.expires.toString(),
  })
  const said = (limit: StepDeadline) => `${limit.title} (${limit.article})`
  return [
    ...alerts.map(({ limit, mark }) => ({
      ...about(limit),
      kind: 'near' as const,
      mark,
      what: `${said(limit)}\u00a0: au plus tard le ${dayFr(limit.expires)}${limit.sanction === null ? '' : `, à peine de\u00a0: ${limit.sanction}`}`,
    })),
    ...late.map((limit) => ({
      ...about(limit),
      kind: 'late' as const,
      mark: 0,
      what: `${said(limit)}\u00a0: délai dépassé depuis le ${dayFr(limit.expires)}`,
    })),
    ...(closed?.limit
      ? [
          {
            ...about(closed.limit),
            kind: 'closed' as const,
            mark: 0,
            what: `${conduct.procedure.titre}\u00a0: voie fermée depuis le ${dayFr(closed.on)}, ${closed.sanction ?? 'délai dépassé'} (${closed.article})`,
          },
        ]
      : []),
  ]
}
