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
