import { readFile, rename, writeFile } from 'node:fs/promises'
import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { isDay } from '../schema/days.ts'
import { json, type Sql } from '../schema/db.ts'
import { DomainError } from '../schema/errors.ts'
import { isUuid } from '../schema/words.ts'

/** What was granted to a person, by ids alone: it names nobody, and outlives every backup that still holds their data. */
interface Erased {
  id: string
  debtor_id: string
  asked_on: string
  waiver: string | null
  decided_by: string
}

/** Beside the backups of a folder, whose every backup is older than something it says. */
const fileName = 'effacements.json'
export const registerBeside = (backup: string): string => join(dirname(backup), fileName)

/** Adds what the database knows to what the folder knew: nothing is ever taken out. */
export async function keepRegister(sql: Sql, into: string): Promise<void> {
  const path = join(into, fileName)
  const known = existsSync(path) ? await readRegister(path) : []
  const [row] = await sql<{ here: Erased[] }[]>`
    select coalesce(jsonb_agg(to_jsonb(e) order by e.asked_on, e.id), '[]') as here from erasures e`
  const all = [...new Map([...known, ...row!.here].map((each) => [each.id, each])).values()]
  await writeFile(`${path}.partial`, `${JSON.stringify(all, null, 2)}\n`, { mode: 0o600 })
  await rename(`${path}.partial`, path)
}

export async function readRegister(path: string): Promise<Erased[]> {
  const all: unknown = await readFile(path, 'utf8').then(JSON.parse, () => null)
  if (Array.isArray(all) && all.every(isErased)) return all
  throw new DomainError('bad_register', `${path} n’est pas un registre des effacements.`, {
    remedy: `Donnez le ${fileName} le plus récent, tel que « courtois backup » l’écrit.`,
  })
}

/** Looked at whole before anything is restored: what the database would refuse afterwards would leave a house half restored. */
function isErased(each: unknown): each is Erased {
  const { id, debtor_id: debtor, asked_on: on, waiver, decided_by: by } = Object(each) as Record<string, unknown>
  const isWaiver = waiver === null || (typeof waiver === 'string' && waiver !== '')
  return isUuid(String(id)) && isUuid(String(debtor)) && isWaiver && typeof by === 'string' && isDay(String(on))
}

/** Tells a restored database of what was granted since: the next purge does it again. Answers how many it did not know. */
export async function restoreErasures(sql: Sql, register: Erased[]): Promise<number> {
  const { count } = await sql`
    insert into erasures (id, debtor_id, asked_on, waiver, decided_by)
    select e.id, e.debtor_id, e.asked_on, e.waiver, e.decided_by
    from jsonb_to_recordset(${json(sql, register)}) as e(id uuid, debtor_id uuid, asked_on date, waiver text, decided_by text)
    join debtors d on d.id = e.debtor_id
    on conflict (id) do nothing`
  return count
}
