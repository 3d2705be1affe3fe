import postgres from 'postgres'
import { dayOf, serial } from './days.ts'

// The server is asked for ISO dates in UTC (see `connect`), so what arrives is what Temporal reads.
const types = {
  day: {
    to: 1082,
    from: [1082],
    serialize: (day: Temporal.PlainDate): string => temporalText(day, Temporal.PlainDate, 'date'),
    parse: (text: string): Temporal.PlainDate => readDay(text),
  },
  instant: {
    to: 1184,
    from: [1184],
    serialize: (instant: Temporal.Instant): string => temporalText(instant, Temporal.Instant, 'timestamptz'),
    parse: (text: string): Temporal.Instant => Temporal.Instant.from(text),
  },
  // Of no time zone, so of little use here; mapped so that no Date of the machine's zone slips in.
  dateTime: {
    to: 1114,
    from: [1114],
    serialize: (value: Temporal.PlainDateTime): string => temporalText(value, Temporal.PlainDateTime, 'timestamp'),
    parse: (text: string): Temporal.PlainDateTime => Temporal.PlainDateTime.from(text),
  },
  bigint: {
    to: 20,
    from: [20],
    serialize: (value: bigint): string => String(value),
    parse: (text: string): bigint => BigInt(text),
  },
}

interface Types extends Record<string, unknown> {
  day: Temporal.PlainDate
  instant: Temporal.Instant
  dateTime: Temporal.PlainDateTime
  bigint: bigint
}

/** What runs a query: a client or a transaction. Functions that read or write take it first. */
export type Sql = postgres.ISql<Types>
/** A pool of connections: `listen`, `begin` and `end` besides queries. */
export type Client = postgres.Sql<Types>
/** A query not yet awaited, usable as a part of another. */
export type Fragment = postgres.Fragment

/**
 * Opens a pool on a PostgreSQL URL, TCP or Unix socket (`postgres://user@%2Ffolder/name` or `?host=/folder`).
 * Columns: snake_case there, camelCase here; keys inside json values are left alone. date ⇄ Temporal.PlainDate,
 * timestamptz ⇄ Temporal.Instant, int8 (so count(*) too) ⇄ bigint, numeric → string. `undefined` as a value is refused.
 * An array of bigint goes in as `${cents.map(String)}::int8[]`: postgres.js takes `${cents}` for one int8.
 */
export function connect(
  url: string,
  options: {
    max?: number
    onnotice?: (notice: postgres.Notice) => void
    onclose?: () => void
    /** A session that holds a lock is not changed for another within the hour, as the others are. */
    lasting?: boolean
    onquery?: (text: string) => void
  } = {},
): Client {
  const { text, socket } = withoutSocket(url)
  return postgres(text, {
    ...(socket === undefined ? {} : { host: socket }),
    max: options.max ?? 10,
    // A database that was away is found again within seconds of its coming back, and not after twenty.
    backoff: (retries: number) => Math.min(3, 0.05 * 2 ** Math.min(retries, 10)),
    onnotice: options.onnotice ?? (() => {}),
    ...(options.lasting ? { max_lifetime: null } : {}),
    ...(options.onclose ? { onclose: options.onclose } : {}),
    ...(options.onquery ? { debug: (_connection: number, text: string) => options.onquery?.(text) } : {}),
    types,
    // No `value` transform: postgres.camel would rename the keys of json values as well.
    transform: { column: { from: postgres.toCamel, to: postgres.fromCamel } },
    connection: {
      application_name: 'courtois',
      TimeZone: 'UTC',
      DateStyle: 'ISO',
      // What a machine held that lost its power or its network is let go of within a minute, and not after two hours; nor after a
      // quarter of one where an answer was on its way to it.
      tcp_keepalives_idle: 30,
      tcp_keepalives_interval: 10,
      tcp_keepalives_count: 3,
      tcp_user_timeout: 60_000,
    },
  })
}

/** Runs `act` in one transaction; inside a transaction, in a savepoint. Throwing rolls it back. */
export async function transaction<T>(sql: Sql, act: (sql: Sql) => Promise<T>): Promise<T> {
  const run = 'savepoint' in sql ? (sql as postgres.TransactionSql<Types>).savepoint : (sql as Client).begin
  // Boxed, because postgres.js awaits the members of an array that comes back.
  const { value } = (await run(async (inner) => ({ value: await act(inner) }))) as { value: T }
  return value
}

/** Refuses a pool where an act counts on its caller's transaction: what is sent together would go by several connections. */
export function insideTransaction(sql: Sql): void {
  if (!('savepoint' in sql)) throw new TypeError('this act belongs in a transaction of its caller')
}

/** Runs an act in a transaction and, unless it is to be kept, undoes it whole: a preview that tells exactly what would happen. */
export async function rehearse<T>(sql: Sql, keep: boolean, act: (sql: Sql) => Promise<T>): Promise<T> {
  let outcome: { value: T } | undefined
  const undo = new Error('rehearsal')
  try {
    await transaction(sql, async (tx) => {
      outcome = { value: await act(tx) }
      if (!keep) throw undo
    })
  } catch (error) {
    if (error !== undo) throw error
  }
  return outcome!.value
}

/** A json or jsonb parameter. Never `${JSON.stringify(x)}::jsonb`, which stores a string. A bigint inside is refused. */
export function json(sql: Sql, value: unknown): postgres.Parameter {
  if (value === undefined) throw new TypeError('undefined is not a json value')
  return sql.json(value as postgres.JSONValue)
}

/** Rows are full of the same few days, and a day is immutable: each is read once. */
function readDay(text: string): Temporal.PlainDate {
  const known = read.get(text)
  if (known) return known
  const day = dayOf(serial(Temporal.PlainDate.from(text)))
  // Those of the centuries that cases are of, and no others: there is no end of days.
  if (day.year >= 1900 && day.year < 2200) read.set(text, day)
  return day
}
const read = new Map<string, Temporal.PlainDate>()

type TemporalKind = typeof Temporal.PlainDate | typeof Temporal.Instant | typeof Temporal.PlainDateTime

// A Date, or a day where an instant is due, would be turned into something plausible and wrong: refused.
function temporalText(value: unknown, kind: TemporalKind, type: string): string {
  if (typeof value === 'string') return value
  if (value instanceof kind) return value.toString()
  throw new TypeError(
    `a ${type} takes a Temporal.${kind.name} or a string, not ${Object.prototype.toString.call(value)}`,
  )
}

// postgres.js does not decode a percent-encoded folder, and takes `?host=` for a setting of the server.
function withoutSocket(url: string): { text: string; socket?: string } {
  const parsed = new URL(url)
  const folder = parsed.searchParams.get('host') ?? decodeURIComponent(parsed.hostname)
  if (!folder.startsWith('/')) return { text: url }
  parsed.searchParams.delete('host')
  const user = parsed.username && `${parsed.username}${parsed.password && `:${parsed.password}`}@`
  return {
    text: `postgres://${user}localhost${parsed.port && `:${parsed.port}`}${parsed.pathname}${parsed.search}`,
    socket: folder,
  }
}
