import { readdirSync, readFileSync } from 'node:fs'

/** A trigger or a unique index that the migrations put on a table: without it a fault would enter unseen. */
export interface Guard {
  table: string
  name: string
}

const migrations = new URL('./migrations/', import.meta.url)
const made = /create (?:constraint )?trigger (\w+)\s[^;]*?\son (\w+)|create unique index (\w+) on (\w+)/
const dropped = /drop (?:trigger|index) (?:if exists )?(\w+)/
const either = new RegExp(`${made.source}|${dropped.source}`, 'g')

/** What the migrations, read in their order, leave standing. Those that a loop makes, one a table, are not read here. */
export function guards(): Guard[] {
  const standing = new Map<string, Guard>()
  for (const name of readdirSync(migrations)
    .filter((each) => each.endsWith('.sql'))
    .toSorted()) {
    const text = readFileSync(new URL(name, migrations), 'utf8').replaceAll(/--.*/g, '')
    for (const [, trigger, onTable, index, ofTable, gone] of text.matchAll(either)) {
      if (gone !== undefined) for (const [key, guard] of standing) if (guard.name === gone) standing.delete(key)
      const guard = { table: (onTable ?? ofTable)!, name: (trigger ?? index)! }
      if (gone === undefined) standing.set(`${guard.table} ${guard.name}`, guard)
    }
  }
  return [...standing.values()]
}
