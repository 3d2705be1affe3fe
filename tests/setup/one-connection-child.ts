// Many ask at once by one connection, which is ended under them and replaced in its time; tells what became of each question.
import { connect } from '../../schema/db.ts'

const [url] = process.argv.slice(2) as [string]
const one = connect(url, { max: 1 })
const other = connect(url, { max: 1 })
const codeOf = (error: unknown) => (error as { code?: string }).code ?? String(error)
/** How many questions came to each end. */
const counted = (ends: string[]) =>
  Object.fromEntries(
    Array.from(
      Map.groupBy(ends, (each) => each),
      ([end, all]) => [end, all.length],
    ),
  )
const pidOf = async () => (await one<[{ pid: number }]>`select pg_backend_pid() as pid`)[0].pid
const ask = (i: number) =>
  one<[{ i: number; days: unknown[] }]>`select ${i}::int as i, ${['2026-09-30']}::date[] as days`.then(
    ([row]) => (row.i === i && String(row.days) === '2026-09-30' ? 'its own' : 'of another'),
    codeOf,
  )
const many = () => Promise.all(Array.from({ length: 300 }, (_, i) => ask(i)))

const together = counted(await many())
const before = await pidOf()
const locked = other.begin(async (tx) => {
  await tx`select pg_advisory_xact_lock(7)`
  // In flight: the first waits for us, and the others behind it.
  const waiting = one`select pg_advisory_xact_lock(7)`.then(() => 'its own', codeOf)
  const behind = many()
  for (let waits = false; !waits;) {
    const [row] = await tx<[{ waits: boolean }]>`
      select exists (select from pg_stat_activity where pid = ${before} and wait_event_type = 'Lock') as waits`
    waits = row.waits
  }
  await tx`select pg_terminate_backend(${before}, 5000)`
  return counted([await waiting, ...(await behind)])
})
const lost = await locked
const after = counted(await many())
console.log(JSON.stringify({ together, lost, after, isAnother: (await pidOf()) !== before }))
process.exit()
