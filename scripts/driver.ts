import { registerHooks } from 'node:module'

/**
 * What postgres.js 3.4.9 does when a connection is lost or full (porsager/postgres, issues 1066, 1154, 1186, 1189, 1204, 1208 and 1216),
 * and what it keeps too long: mended as it is loaded until it is mended there. By file of its `src`: each faulty text, and the sound one.
 */
const mended: Record<string, [faulty: string, sound: string][]> = {
  connection: [
    // It writes into a socket that is gone, and the program dies of it: the query is refused as every other of a lost connection.
    [
      '    const x = socket.write(chunk, fn)\n',
      `    if (socket === null) {
      chunk = nextWriteTimer = null
      return error(Errors.connection('CONNECTION_CLOSED', options, socket)), false
    }
    const x = socket.write(chunk, fn)\n`,
    ],
    // What was left to write, and whom an answer was for, is nothing of the next connection.
    ['    clearImmediate(nextWriteTimer)\n', '    clearImmediate(nextWriteTimer)\n    chunk = nextWriteTimer = null\n'],
    [
      "    !hadError && (query || sent.length) && error(Errors.connection('CONNECTION_CLOSED', options, socket))\n",
      `    if (query || sent.length) error(Errors.connection('CONNECTION_CLOSED', options, socket))
    query = results = errorResponse = null
    result = new Result()\n`,
    ],
    // A transaction that begins on a connection that is full keeps it all the same: others would write inside it.
    [
      `      return write(toBuffer(q))
        && !q.describeFirst
        && !q.cursorFn
        && sent.length < max_pipeline
        && (!q.options.onexecute || q.options.onexecute(connection))\n`,
      `      const room = write(toBuffer(q))
      if (q.options.onexecute) return q.options.onexecute(connection), false
      return room
        && !q.describeFirst
        && !q.cursorFn
        && sent.length < max_pipeline\n`,
    ],
  ],
  // Functions made in a constructor that hold what it constructs: V8 then frees no query, nor its rows, before it looks through its whole
  // heap, and each of them is copied twice on the way there.
  query: [
    [
      '    this.resolve = x => (this.active = false, resolve(x))\n    this.reject = x => (this.active = false, reject(x))\n',
      `    this.resolve = function(x) { this.active = false, resolve(x) }
    this.reject = function(x) { this.active = false, reject(x) }\n`,
    ],
  ],
  // A transaction that lost its connection goes on in the session that came in its place, and commits what another has begun there.
  index: [
    [
      '    let savepoints = 0\n      , connection\n',
      '    let savepoints = 0\n      , connection\n      , lost = null\n',
    ],
    [
      '        new Promise((_, reject) => connection.onclose = reject)\n',
      `        new Promise((_, reject) => connection.onclose = (gone) => {
          lost = gone
          while (queries.length) queries.shift().reject(gone)
          reject(gone)
        })\n`,
    ],
    [
      '        q.catch(e => uncaughtError || (uncaughtError = e))\n',
      '        q.catch(e => uncaughtError || (uncaughtError = e))\n        if (lost) return q.reject(lost)\n',
    ],
  ],
}

const ofDriver = /\/postgres\/src\/(\w+)\.js$/

/** The text of one of its files, mended; null where it is another text than the one that is known to need it. */
export function mend(name: string, source: string): string | null {
  const faults = mended[name] ?? []
  if (!faults.every(([faulty]) => source.includes(faulty))) return null
  return faults.reduce((text, [faulty, sound]) => text.replaceAll(faulty, sound), source)
}

let isHooked = false

/** Before the driver is imported. Another version of it is left as it is, and that is said. */
export function mendDriver(): void {
  if (isHooked) return
  isHooked = true
  registerHooks({
    load(url, context, next) {
      const loaded = next(url, context)
      const name = ofDriver.exec(url)?.[1]
      if (name === undefined || !(name in mended) || loaded.source == null) return loaded
      const text =
        typeof loaded.source === 'string' ? loaded.source : Buffer.from(loaded.source as Uint8Array).toString()
      const source = mend(name, text)
      if (source !== null) return { ...loaded, source }
      process.emitWarning(`postgres.js is not the version that scripts/driver.ts mends: ${name}.js is used as it is`)
      return loaded
    },
  })
}
