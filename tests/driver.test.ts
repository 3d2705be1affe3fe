import { readFileSync } from 'node:fs'
import { afterEach, expect, test } from 'vitest'
import { mend } from '../scripts/driver.ts'
import { useDatabase } from './database.ts'
import { killAll, says, start } from './faults.ts'

const database = useDatabase()
afterEach(killAll)

test.each([
  ['connection', 'socket.write(chunk, fn)', 'if (socket === null)'],
  ['index', 'connection.onclose = reject', 'lost = gone'],
  ['query', 'this.resolve = x =>', 'this.resolve = function(x)'],
])('%s.js of the driver is the one that has to be mended: another is left as it is', (name, faulty, sound) => {
  const source = readFileSync(new URL(`../node_modules/postgres/src/${name}.js`, import.meta.url), 'utf8')
  expect(mend(name, source)).toContain(sound)
  expect(mend(name, source.replace(faulty, `${faulty} `))).toBe(null)
})

test('a transaction that lost its connection writes nothing more, nor commits what another began in its place', async () => {
  const [, lost, full] = await says(start('./setup/driver-child.ts', [database.url]), /(\{.*\})\n(\{.*\})/)
  const gone = { lost: 'CONNECTION_CLOSED', tried: 'CONNECTION_CLOSED' }
  expect(JSON.parse(lost!)).toEqual({ ...gone, undone: 'undone', left: [] })
  // One that begins on a connection that is full keeps it, and is undone like any other.
  expect(JSON.parse(full!)).toEqual({ full: 'undone', state: 'idle', left: [] })
})

test('one connection that many share answers each its own, refuses them all when it is lost, and comes back for the next', async () => {
  const [, told] = await says(start('./setup/one-connection-child.ts', [database.url]), /(\{.*\})\n/)
  const { together, lost, after, isAnother } = JSON.parse(told!)
  expect([together, after, isAnother]).toEqual([{ 'its own': 300 }, { 'its own': 300 }, true])
  // Those that had not left yet are answered by the connection that came in its place; nobody waits for ever.
  const { 'its own': answered = 0, ...refused } = lost as Record<string, number>
  const ends = ['57P01', 'CONNECTION_CLOSED', 'ECONNRESET', 'EPIPE']
  expect(ends).toEqual(expect.arrayContaining(Object.keys(refused)))
  const refusals = Object.values(refused).reduce((sum, count) => sum + count, 0)
  expect(refusals).toBeGreaterThan(0)
  expect(answered + refusals).toBe(301)
})
