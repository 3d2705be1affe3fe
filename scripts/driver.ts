import { registerHooks } from 'node:module'

/**
 * postgres.js 3.4.9 writes into a socket that is gone when the database goes away: the program dies of it, or keeps a connection that never
 * sends again (porsager/postgres, issues 1066, 1154 and 1208). Until it is mended there, its two places are mended as it is loaded:
 * the query is refused as every other of a lost connection, and the next connection begins with nothing left to write.
 */
const mended: [string, string][] = [
  [
    '    const x = socket.write(chunk, fn)\n',
    `    if (socket === null) {
      chunk = nextWriteTimer = null
      return error(Errors.connection('CONNECTION_CLOSED', options, socket)), false
    }
    const x = socket.write(chunk, fn)\n`,
  ],
  ['    clearImmediate(nextWriteTimer)\n', '    clearImmediate(nextWriteTimer)\n    chunk = nextWriteTimer = null\n'],
]

/** The text of its `connection.js`, mended; null where it is another text than the one that is known to need it. */
export function mend(source: string): string | null {
  if (!mended.every(([faulty]) => source.includes(faulty))) return null
  return mended.reduce((text, [faulty, sound]) => text.replaceAll(faulty, sound), source)
}

/** Before the driver is imported. */
export function mendDriver(): void {
  registerHooks({
    load(url, context, next) {
      const loaded = next(url, context)
      if (!url.endsWith('/postgres/src/connection.js') || loaded.source == null) return loaded
      const source = mend(
        typeof loaded.source === 'string' ? loaded.source : Buffer.from(loaded.source as Uint8Array).toString(),
      )
      return source === null ? loaded : { ...loaded, source }
    },
  })
}
