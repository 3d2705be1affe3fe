import type { Day } from '../schema/days.ts'
import { type Sql, transaction } from '../schema/db.ts'
import { DomainError } from '../schema/errors.ts'
import { newId } from '../schema/random.ts'
import { aboutCase } from '../schema/trace.ts'
import { type Author, record } from './cases/journal.ts'
import type { Office } from './office.ts'
import { opened, requireOwnSecret } from './sealed.ts'

/** What a creditor's system may be told of: case, state and ids, and nothing that says who somebody is or what is owed. */
export const webhookTypes = [
  'case.opened',
  'letter.sent',
  'payment.recorded',
  'payment.rejected',
  'promise.recorded',
  'dispute.recorded',
  'dispute.resolved',
  'consent.requested',
  'consent.given',
  'consent.refused',
  'consent.withdrawn',
  'procedure.opened',
  'procedure.event',
  'case.closed',
] as const
export type WebhookType = (typeof webhookTypes)[number]

export interface WebhookEndpoint {
  id: string
  creditorId: string
  url: string
  /** Empty: all. */
  events: WebhookType[]
  /** Attempts that failed since the last one that succeeded. */
  failures: number
  createdOn: Day
  createdBy: string
  disabledOn: Day | null
  disabledWhy: string | null
  endedOn: Day | null
}
export interface WebhookDelivery {
  id: string
  endpointId: string
  caseId: string
  type: WebhookType
  state: 'waiting' | 'delivered' | 'failed'
  attempts: number
  status: number | null
  error: string | null
  triedAt: Temporal.Instant | null
}

/** A system that has not answered so many attempts in a row is left alone, and somebody is told. */
const mostFailures = 20
/** With the worker's waits, from seconds to hours: about two days. */
const mostAttempts = 14
const mostEndpoints = 5

/** Registers an address of a creditor's own system; its secret is shown this once. */
export async function createWebhook(
  office: Office,
  onDay: Day,
  input: { creditorId: string; url: string; events: WebhookType[] },
  author: Author,
): Promise<{ endpoint: WebhookEndpoint; secret: string }> {
  const { creditorId, url } = input
  requireHooks(office).check(url)
  const secret = `whsec_${Buffer.from(office.random.bytes(32)).toString('base64')}`
  return transaction(office.sql, async (sql) => {
    await sql`select pg_advisory_xact_lock(hashtextextended(${`webhooks:${creditorId}`}, 0))`
    const [creditor] = await sql`select 1 from creditors where id = ${creditorId}`
    if (!creditor) {
      throw new DomainError('creditor_not_found', "Ce créancier n'existe pas.", {
        remedy: 'Vérifiez son identifiant.',
      })
    }
    const live = (await readWebhooks(sql, creditorId)).filter(({ endedOn }) => endedOn === null)
    if (live.length >= mostEndpoints) {
      throw new DomainError('too_many_webhooks', `Un créancier a ${mostEndpoints} adresses au plus.`, {
        remedy: 'Mettez fin à l’une d’elles (endWebhook).',
      })
    }
    const id = newId(office.random)
    const events = [...new Set(input.events)]
    await sql`
      insert into webhook_endpoints (id, creditor_id, url, secret, events, created_on, created_by)
      values (${id}, ${creditorId}, ${url}, ${office.vault.seal(secret, id)}, ${events}, ${onDay}, ${author})`
    await requireOwnSecret(sql, office.vault)
    const detail = { webhook: id, creditor: creditorId }
    await record(sql, onDay, { caseId: null, kind: 'webhook_created', detail, author })
    return { endpoint: (await readWebhooks(sql, creditorId)).find((one) => one.id === id)!, secret }
  })
}

/** The addresses of a creditor, or all of them; the oldest first. */
export async function readWebhooks(sql: Sql, creditorId: string | null): Promise<WebhookEndpoint[]> {
  return sql`
    select id, creditor_id, url, events, failures, created_on, created_by, disabled_on, disabled_why, ended_on
    from webhook_endpoints where ${creditorId}::uuid is null or creditor_id = ${creditorId} order by created_on, id`
}

/** Nothing more goes there; what was told stays in its log. */
export async function endWebhook(
  sql: Sql,
  onDay: Day,
  input: { id: string; creditorId: string | null },
  author: Author,
): Promise<void> {
  await transaction(sql, async (tx) => {
    await lockOwn(tx, input)
    await tx`update webhook_endpoints set ended_on = ${onDay} where id = ${input.id}`
    await tx`
      select graphile_worker.remove_job('webhook:' || d.id) from webhook_deliveries d
      where d.endpoint_id = ${input.id} and d.state = 'waiting'`
    await tx`
      update webhook_deliveries set state = 'failed', error = 'adresse retirée' where endpoint_id = ${input.id} and state = 'waiting'`
    await record(tx, onDay, { caseId: null, kind: 'webhook_ended', detail: { webhook: input.id }, author })
  })
}

/** A system that was left alone is told again, and of what it missed, in order, under the same ids. */
export async function resumeWebhook(
  sql: Sql,
  onDay: Day,
  input: { id: string; creditorId: string | null },
  author: Author,
): Promise<void> {
  await transaction(sql, async (tx) => {
    await lockOwn(tx, input)
    await tx`update webhook_endpoints set failures = 0, disabled_on = null, disabled_why = null where id = ${input.id}`
    const missed = await tx<{ id: string }[]>`
      update webhook_deliveries set state = 'waiting' where endpoint_id = ${input.id} and state <> 'delivered' returning id`
    for (const { id } of missed) await queue(tx, id)
    await record(tx, onDay, { caseId: null, kind: 'webhook_resumed', detail: { webhook: input.id }, author })
  })
}

async function lockOwn(sql: Sql, { id, creditorId }: { id: string; creditorId: string | null }): Promise<void> {
  const [found] = await sql`
    select 1 from webhook_endpoints
    where id = ${id} and ended_on is null and (${creditorId}::uuid is null or creditor_id = ${creditorId}) for update`
  if (found) return
  throw new DomainError('webhook_not_found', 'Cette adresse n’existe pas, est retirée, ou ne vous est pas ouverte.', {
    remedy: 'Relisez la liste des adresses (webhooks).',
  })
}

const queue = (sql: Sql, id: string): Promise<unknown> =>
  sql`
    select graphile_worker.add_job('webhook', json_build_object('delivery', ${id}::text, 'version', 1),
                                   job_key => ${`webhook:${id}`}, max_attempts => 25)`

interface Due {
  caseId: string
  url: string
  secret: string
  payload: object
  endpointId: string
  attempt: number
  onDay: Day
}

/**
 * One attempt to tell a creditor's system. A refusal or a silence throws, so that the job is tried again, later and later, for two
 * days; the log keeps the last answer. Nothing is sent to an address that was retired or is left alone.
 */
export async function deliver(office: Office, deliveryId: string, today?: Day): Promise<void> {
  const [due] = await office.sql<Due[]>`
    select d.case_id, w.url, w.secret, d.payload, d.endpoint_id, d.attempts + 1 as attempt, d.on_day
    from webhook_deliveries d join webhook_endpoints w on w.id = d.endpoint_id
    where d.id = ${deliveryId} and d.state = 'waiting' and w.ended_on is null and w.disabled_on is null`
  if (!due) return
  aboutCase(due.caseId)
  const { url, payload, endpointId, attempt } = due
  const secret = opened(office.vault, due.secret, endpointId)
  const answer = await requireHooks(office).send({ id: deliveryId, url, secret, body: JSON.stringify(payload) })
  const done = answer.error === null
  const over = !done && attempt >= mostAttempts
  await transaction(office.sql, async (sql) => {
    await sql`
      update webhook_deliveries
      set attempts = ${attempt}, status = ${answer.status}, error = ${answer.error}, tried_at = ${answer.at},
          state = ${done ? 'delivered' : over ? 'failed' : 'waiting'}
      where id = ${deliveryId}`
    const [after] = await sql<{ failures: number }[]>`
      update webhook_endpoints set failures = ${done ? sql`0` : sql`failures + 1`} where id = ${endpointId} returning failures`
    if (after!.failures >= mostFailures) await leaveAlone(sql, today ?? due.onDay, endpointId, answer.error!)
  })
  if (!done && !over) throw new Error(`webhook ${deliveryId}: ${answer.error}`)
}

async function leaveAlone(sql: Sql, onDay: Day, id: string, why: string): Promise<void> {
  const [fresh] = await sql`
    update webhook_endpoints set disabled_on = ${onDay}, disabled_why = ${why} where id = ${id} and disabled_on is null returning id`
  if (!fresh) return
  await sql`update webhook_deliveries set state = 'failed' where endpoint_id = ${id} and state = 'waiting'`
  await record(sql, onDay, { caseId: null, kind: 'webhook_left_alone', detail: { webhook: id, why }, author: 'system' })
}

/** The last deliveries to some addresses, by address, the newest first. */
export async function deliveriesOf(sql: Sql, ids: string[]): Promise<Map<string, WebhookDelivery[]>> {
  const rows = await sql<WebhookDelivery[]>`
    select d.id, d.endpoint_id, d.case_id, d.type, d.state, d.attempts, d.status, d.error, d.tried_at
    from unnest(${ids}::uuid[]) as asked(id)
    cross join lateral (select * from webhook_deliveries x where x.endpoint_id = asked.id order by x.rank desc limit 100) d
    order by d.endpoint_id, d.rank desc`
  return Map.groupBy(rows, ({ endpointId }) => endpointId)
}

function requireHooks({ hooks }: Office): NonNullable<Office['hooks']> {
  if (hooks) return hooks
  throw new DomainError('no_webhooks', 'Cette maison n’appelle pas d’autres systèmes.', {
    remedy: 'Demandez à l’exploitant.',
  })
}
