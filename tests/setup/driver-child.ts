// Loses the connection of a transaction that then goes on, and begins one on a connection that is full; tells what became of both.
import { connect, transaction } from '../../schema/db.ts'

const [url] = process.argv.slice(2) as [string]
const sql = connect(url, { max: 1 })
const other = connect(url, { max: 1 })
const codeOf = (error: unknown) => (error as { code?: string }).code ?? String(error)
const written = async () =>
  (await other<{ what: string }[]>`select what from told order by what`).map(({ what }) => what)

await other`create table told (what text)`
const { promise: back, resolve: goOn } = Promise.withResolvers<void>()
const { promise: tried, resolve: hasTried } = Promise.withResolvers<string>()
const first = transaction(sql, async (tx) => {
  await tx`insert into told values ('first, before')`
  const [me] = await tx<{ pid: number }[]>`select pg_backend_pid() as pid`
  await other`select pg_terminate_backend(${me!.pid}, 5000)`
  await back
  await tx`insert into told values ('first, after')`.then(
    () => hasTried('written'),
    (error) => hasTried(codeOf(error)),
  )
})
const lost = await first.then(() => 'kept', codeOf)
const undone = await transaction(sql, async (tx) => {
  await tx`insert into told values ('second')`
  goOn()
  await tried
  // Long enough for the first to have committed, had it been let.
  await tx`select 1`
  await tx`select 1`
  throw Object.assign(new Error('undone'), { code: 'undone' })
}).catch(codeOf)
console.log(JSON.stringify({ lost, tried: await tried, undone, left: await written() }))

await sql`select 1`
// As many as the driver sends without waiting for an answer.
const full = await Promise.all([
  ...Array.from({ length: 100 }, () => sql`select 1`.execute()),
  transaction(sql, async (tx) => {
    await tx`insert into told values ('third')`
    throw Object.assign(new Error('undone'), { code: 'undone' })
  }),
]).catch(codeOf)
const [{ pid }] = await sql<[{ pid: number }]>`select pg_backend_pid() as pid`
const [{ state }] = await other<[{ state: string }]>`select state from pg_stat_activity where pid = ${pid}`
console.log(JSON.stringify({ full, state, left: await written() }))
process.exit()
