import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { hostname, tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, test } from 'vitest'

// A temporary folder of its own: nothing here may meet the engines of other tests.
const temporary = mkdtempSync(join(tmpdir(), 'courtois-engines-'))
afterAll(() => rmSync(temporary, { recursive: true, force: true }))
const program = fileURLToPath(new URL('./setup/engine-child.ts', import.meta.url))
const start = (): ChildProcess =>
  spawn(process.execPath, [program], { env: { ...process.env, TMPDIR: temporary }, stdio: ['pipe', 'pipe', 'pipe'] })
const folders = () => readdirSync(temporary).filter((name) => name.startsWith('courtois-typst-'))

/** A process that no longer is. */
let dead: number
beforeAll(() => {
  dead = spawnSync(process.execPath, ['-e', '']).pid
})

test('an engine whose program is killed ends without a word, and the next one removes what it left', async () => {
  const first = start()
  let complaints = ''
  first.stderr!.on('data', (text: Buffer) => (complaints += text.toString('utf8')))
  await once(first.stdout!, 'data')
  const left = folders()
  expect(left).toHaveLength(1)
  first.kill('SIGKILL')
  // Its compiling process holds the same standard error: when that closes, it is gone too.
  await once(first, 'close')
  expect(complaints).toBe('')
  expect(folders()).toEqual(left)

  const second = start()
  await once(second.stdout!, 'data')
  expect(folders()).not.toContain(left[0])
  expect(folders()).toHaveLength(1)
  second.stdin!.end()
  await once(second, 'close')
  expect(folders()).toEqual([])
})

test('the folder of a living engine, of another machine or of somebody unknown is left alone', async () => {
  const make = (name: string, owner?: string) => {
    mkdirSync(join(temporary, name))
    if (owner) writeFileSync(join(temporary, name, 'owner'), owner)
    return join(temporary, name)
  }
  const living = make(`courtois-typst-${process.pid}-aaaaaa`, `${process.pid}@${hostname()}`)
  const elsewhere = make(`courtois-typst-${dead}-bbbbbb`, `${dead}@another-machine`)
  const unknown = make(`courtois-typst-${dead}-cccccc`)
  const gone = make(`courtois-typst-${dead}-dddddd`, `${dead}@${hostname()}`)
  const engine = start()
  await once(engine.stdout!, 'data')
  engine.stdin!.end()
  await once(engine, 'close')
  expect([living, elsewhere, unknown, gone].map((folder) => existsSync(folder))).toEqual([true, true, true, false])
})
