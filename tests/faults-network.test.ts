/** @module-tag fault */
import { spawnSync } from 'node:child_process'
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, expect, test } from 'vitest'
import { examine } from '../procedures/doctor/doctor.ts'
import { type Client, connect } from '../schema/db.ts'
import { startThrowaway } from '../schema/embedded.ts'
import { migrate } from '../schema/migrate.ts'
import { seededRandom } from '../schema/random.ts'
import { openOffice } from '../scripts/office.ts'
import { seededChance, events, idle, killAll, nothingLostNorTwice, openDebts, seed, start } from './faults.ts'
import { day } from './house.ts'

const letters = Number(process.env['FAULTS_LETTERS'] ?? 60)
const on = day('2026-06-11')

const ip = (...args: string[]) => spawnSync('ip', args, { encoding: 'utf8' })

/** A machine of its own, as far as its network goes: a namespace with one cable to ours, in the range kept for such trials (RFC 2544). */
interface Machine {
  name: string
  cable: string
  here: string
  there: string
}
const machines: Machine[] = []
function plugIn(rank: number): Machine | null {
  const name = `ct${process.pid}${rank}`
  const at = (host: number): string => `198.18.${process.pid % 256}.${4 * rank + host}`
  const machine = { name, cable: name, here: at(1), there: at(2) }
  if (ip('netns', 'add', name).status !== 0) return null
  machines.push(machine)
  const steps = [
    ['link', 'add', name, 'type', 'veth', 'peer', 'name', 'eth0', 'netns', name],
    ['addr', 'add', `${machine.here}/30`, 'dev', name],
    ['link', 'set', name, 'up'],
    ['-n', name, 'addr', 'add', `${machine.there}/30`, 'dev', 'eth0'],
    ['-n', name, 'link', 'set', 'eth0', 'up'],
  ]
  return steps.every((step) => ip(...step).status === 0) ? machine : null
}
afterEach(async () => {
  await killAll()
  for (const { name, cable } of machines.splice(0)) {
    ip('link', 'del', cable)
    ip('netns', 'del', name)
  }
})

/** The workers of that machine whose sign of life the database sees: a lock held by a session that does nothing else. */
async function alive(sql: Client, { there }: Machine): Promise<number> {
  const [row] = await sql<{ signs: number }[]>`
    select count(*)::int as signs from pg_locks l join pg_stat_activity a using (pid)
    where l.locktype = 'advisory' and l.granted and a.client_addr = ${there}::inet and a.state = 'idle'`
  return row!.signs
}

test.skipIf(seed === undefined)(
  'of two machines that tick and work at once each is cut off the network in turn: nothing is lost nor written twice',
  async ({ skip }) => {
    const [one, other] = [plugIn(0), plugIn(1)]
    if (one === null || other === null) return skip('making network namespaces takes root, and Linux')
    const dataDir = mkdtempSync(join(tmpdir(), 'courtois-network-'))
    chmodSync(dataDir, 0o755)
    const hba = join(dataDir, 'hba.conf')
    writeFileSync(hba, 'local all all trust\nhost all all 198.18.0.0/15 trust\n')
    const settings = `listen_addresses=${one.here},${other.here} hba_file=${hba}`
    const database = await startThrowaway({ name: 'network', settings })
    await migrate(database.url)
    const sql = connect(database.url, { max: 4 })
    const office = await openOffice({
      sql,
      dataDir,
      random: seededRandom('network'),
      baseUrl: 'https://courtois.example',
    })
    try {
      await openDebts({ sql, office, url: database.url, dir: dataDir }, on, letters)
      const below = seededChance()
      const begun = events(sql, 4 + below(letters))
      const working = [one, other].map((machine) => {
        const url = `postgres://courtois@${machine.here}/network`
        const within = ['ip', 'netns', 'exec', machine.name]
        return start('./setup/worker-child.ts', [url, dataDir, on.toString()], {}, 'ignore', within)
      })
      await begun
      const turns = below(2) === 0 ? [one, other] : [other, one]
      for (const [turn, machine] of turns.entries()) {
        // The first is away until the house has done without it, the second for less than the house waits.
        const seconds = turn === 0 ? 75 + below(30) : 5 + below(20)
        ip('link', 'set', machine.cable, 'down')
        console.log(`machine ${machine.name} is cut off for ${seconds} s`)
        await sql`select pg_sleep(${seconds})`
        if (turn === 0) expect(await alive(sql, machine)).toBe(0)
        ip('link', 'set', machine.cable, 'up')
        await expect.poll(() => alive(sql, machine), { timeout: 120_000, interval: 500 }).toBe(1)
        expect((await examine({ ...office, sql }, on)).map(({ code }) => code)).toEqual([])
      }
      expect(working.map((child) => child.exitCode ?? child.signalCode)).toEqual([null, null])
      await idle(sql)
      await nothingLostNorTwice(sql, dataDir)
      const [row] = await sql<{ done: number; documents: number; held: number }[]>`
        select (select count(*) from steps where done_on = ${on})::int as done, (select count(*) from documents)::int as documents,
               (select count(*) from holds)::int as held`
      expect(row).toEqual({ done: letters, documents: letters * 2, held: 0 })
      expect((await examine({ ...office, sql }, on)).map(({ code }) => code)).toEqual([])
    } finally {
      await killAll()
      await office.typst.close()
      await sql.end({ timeout: 1 })
      await database.stop()
      rmSync(dataDir, { recursive: true, force: true })
    }
  },
  400_000 + letters * 2_000,
)
