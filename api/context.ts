import DataLoader from 'dataloader'
import type { Office } from '../procedures/office.ts'
import type { Day } from '../schema/days.ts'
import type { Fragment, Sql } from '../schema/db.ts'
import { DomainError } from '../schema/errors.ts'
import type { Soon } from '../schema/soon.ts'
import { authorOf, isStaff, type Viewer } from './auth.ts'
import type { ListQueue } from './list-queue.ts'
import type { IdentityProvider } from './oidc.ts'
import type { Readings } from './readings.ts'
import type { CaseEvents } from './stream.ts'

/** The clock of the house, read at the edge only. `today` is the day in Paris, or the fixed day of a development run. */
export interface Clock {
  today(): Day
  now(): Temporal.Instant
}

/** What the whole server shares. */
export interface House {
  office: Office
  /**
   * What the lists of all requests read by: one connection where the house has one for them. Their statements then go out one
   * behind the other to one process of the database, which stays awake, and wake no ten.
   */
  lists: Sql
  /** How far that connection is. */
  queue: ListQueue
  clock: Clock
  secret: Uint8Array
  /** Largest upload, in bytes. */
  maxUpload: number
  events: CaseEvents
  /** Who reads whose data. */
  readings: Readings
  /** The OpenID Connect provider, where there is one. */
  identity?: IdentityProvider
}

/** One request: who asks, on which day, with its own cache of rows. */
export interface Context extends House {
  viewer: Viewer | null
  sql: Sql
  day: Day
  loaders: Map<unknown, DataLoader<string, unknown[]>>
  /** What a list had read for all its rows before any of them was asked for it, by reader and id. */
  foreseen: Map<unknown, Map<string, unknown[]>>
}

export function contextOf(house: House, viewer: Viewer | null): Context {
  return {
    ...house,
    viewer,
    sql: house.office.sql,
    lists: house.queue.stands() ? house.office.sql : house.lists,
    day: house.clock.today(),
    loaders: new Map(),
    foreseen: new Map(),
  }
}

/** What a request reads by inside a transaction of its own: that and nothing else, lists too. */
export const readingBy = (house: House, sql: Sql): Pick<Context, 'sql' | 'lists' | 'office'> => ({
  sql,
  lists: sql === house.office.sql ? house.lists : sql,
  office: { ...house.office, sql },
})

/** Rows for any number of ids in one statement, by id. */
export type Reader<Row> = (sql: Sql, ids: string[]) => Promise<Map<string, Row[]>>

/** The rows of one id; all that a request asks of the same reader at the same moment is one statement. */
export function rowsOf<Row>(ctx: Context, read: Reader<Row>, id: string): Soon<Row[]> {
  const foreseen = ctx.foreseen.get(read)?.get(id)
  if (foreseen) return foreseen as Row[]
  let loader = ctx.loaders.get(read) as DataLoader<string, Row[]> | undefined
  if (!loader) {
    loader = new DataLoader<string, Row[]>(async (ids) => {
      const found = await read(ctx.sql, [...ids])
      return ids.map((each) => found.get(each) ?? [])
    })
    ctx.loaders.set(read, loader)
  }
  return loader.load(id)
}

/** The cases a viewer may see, as a condition on `cases c`: the one place where ownership is written. */
export function visible(ctx: Context): Fragment {
  if (isStaff(ctx.viewer)) return ctx.sql`true`
  if (ctx.viewer?.role === 'creditor') return ctx.sql`c.creditor_id = ${ctx.viewer.creditorId}`
  return ctx.sql`false`
}

/** The author of an act. */
export function author(ctx: Context): string {
  if (!ctx.viewer) throw unauthenticated()
  return authorOf(ctx.viewer)
}

/** Whose keys and uploads these are: two creditors may bear one name. */
export function actor(ctx: Context): string {
  const by = author(ctx)
  return ctx.viewer?.creditorId ? `${by}:${ctx.viewer.creditorId}` : by
}

export function unauthenticated(): DomainError {
  return new DomainError('unauthenticated', "Cette question demande un jeton d'accès.", {
    remedy: 'Ajoutez l’en-tête Authorization: Bearer … (courtois token --role ROLE).',
  })
}

export function forbidden(role: string): DomainError {
  return new DomainError('forbidden', `Le rôle « ${role} » n'ouvre pas ce droit.`, {
    remedy: 'Adressez-vous à la cellule compétente, ou demandez un jeton du rôle voulu.',
  })
}
