import type { Day } from '../../schema/days.ts'
import type { Sql } from '../../schema/db.ts'

/**
 * For a select over rows that have an `id`: their jobs as one array for graphile_worker.add_jobs, each with its row for key.
 * One call and one notification, however many rows there are: job by job, a hundred thousand take minutes.
 */
export const jobsOf = (sql: Sql, task: 'step' | 'plan', onDay: Day) => sql`
  array_agg((${task}::text, json_build_object(${task}::text, id, 'day', ${onDay}::date, 'version', 1), null, null, 12,
             ${task}::text || ':' || id, null, null)::graphile_worker.job_spec order by id)`
