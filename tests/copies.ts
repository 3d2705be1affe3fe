import type { Client } from '../schema/db.ts'

type Row = Record<string, unknown>

/**
 * As many likenesses of a case with all that hangs on it, its debtor among them: what points at a copied row is copied in its
 * turn, under ids of its own. Answers, for each copy, which id stands for which.
 */
export async function copyWhole(
  sql: Client,
  caseId: string,
  from: number,
  count: number,
): Promise<Map<string, string>[]> {
  const [{ debtorId }] = await sql<[{ debtorId: string }]>`select debtor_id from cases where id = ${caseId}`
  const rows = await hangingOn(
    sql,
    new Map([
      ['debtors', [debtorId]],
      ['cases', [caseId]],
    ]),
  )
  const ids = [...rows.values()].flat().flatMap(({ id }) => (typeof id === 'string' ? [id] : []))
  const shapes = new Map<string, Shape>()
  for (const table of rows.keys()) shapes.set(table, await shapeOf(sql, table))
  const copies: Map<string, string>[] = []
  for (let n = from; n < from + count; n++) {
    const pairs = await sql<{ id: string; copy: string }[]>`
      select id, md5(id || ${` ${n}`})::uuid as copy from unnest(${ids}::text[]) as id`
    const copy = new Map(pairs.map(({ id, copy: own }) => [id, own]))
    await sql.begin(async (tx) => {
      // The rows were let in once, by whatever watches over them.
      await tx`set local session_replication_role = replica`
      for (const [table, found] of rows) {
        const { columns, unique } = shapes.get(table)!
        if (found.length === 0) continue
        const own = found.map((row) => renamed(row, copy, unique, n))
        const list = sql.unsafe(columns.map((name) => `"${name}"`).join(', '))
        await tx`
          insert into ${sql(table)} (${list})
          select ${list} from jsonb_populate_recordset(null::${sql(table)}, ${sql.json(own as never)}) on conflict do nothing`
      }
      await tx`set local session_replication_role = origin`
      await tx`update invoices set original = original where case_id = ${copy.get(caseId)!}`
    })
    copies.push(copy)
  }
  return copies
}

/** The rows of each table, those that are pointed at before those that point. */
async function hangingOn(sql: Client, ids: Map<string, string[]>): Promise<Map<string, Row[]>> {
  const keys = await sql<{ child: string; column: string; parent: string }[]>`
    select c.conrelid::regclass::text as child, a.attname as "column", c.confrelid::regclass::text as parent
    from pg_constraint c join pg_attribute a on a.attrelid = c.conrelid and a.attnum = c.conkey[1]
    where c.contype = 'f' and c.connamespace = 'public'::regnamespace`
  const rows = new Map<string, Map<string, Row>>()
  const take = async (table: string, column: string, among: string[]): Promise<string[]> => {
    const known = rows.get(table) ?? new Map<string, Row>()
    rows.set(table, known)
    const found = await sql<
      { row: Row }[]
    >`select to_jsonb(t) as row from ${sql(table)} t where ${sql(column)} = any(${among})`
    const fresh = found.filter(({ row }) => !known.has(JSON.stringify(row)))
    for (const { row } of fresh) known.set(JSON.stringify(row), row)
    return fresh.flatMap(({ row }) => (typeof row['id'] === 'string' ? [row['id']] : []))
  }
  const waiting: [string, string[]][] = []
  for (const [table, among] of ids) waiting.push([table, await take(table, 'id', among)])
  for (const [parent, among] of waiting)
    for (const key of keys.filter((each) => each.parent === parent && among.length > 0 && each.child !== 'cases'))
      waiting.push([key.child, await take(key.child, key.column, among)])
  return new Map([...rows].map(([table, found]) => [table, [...found.values()]]))
}

interface Shape {
  columns: string[]
  /** Texts that no two rows share. */
  unique: string[]
}

async function shapeOf(sql: Client, table: string): Promise<Shape> {
  const [shape] = await sql<[Shape]>`
    select array(select attname::text from pg_attribute where attrelid = ${table}::regclass and attnum > 0 and not attisdropped
                 and attidentity = '' and attgenerated = '') as columns,
           array(select a.attname::text from pg_index i join pg_attribute a on a.attrelid = i.indrelid and a.attnum = i.indkey[0]
                 where i.indrelid = ${table}::regclass and i.indisunique and i.indnkeyatts = 1 and a.atttypid = 'text'::regtype) as unique`
  return shape
}

function renamed(row: Row, copy: Map<string, string>, unique: string[], n: number): Row {
  return Object.fromEntries(
    Object.entries(row).map(([name, value]) => [
      name,
      typeof value !== 'string' ? value : unique.includes(name) ? `${value}-${n}` : (copy.get(value) ?? value),
    ]),
  )
}
