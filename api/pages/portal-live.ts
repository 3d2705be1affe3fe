import { ReadableStream as WebStream } from 'node:stream/web'
import type { Hono, Context as HttpContext } from 'hono'
import { Repeater } from 'graphql-yoga'
import type { Sql } from '../../schema/db.ts'
import type { Viewer } from '../auth.ts'
import { contextOf, readingBy } from '../context.ts'
import type { Log } from '../errors.ts'
import { readAs } from '../reading.ts'
import type { Doors } from './guard.ts'
import { findByNumber, journalMark } from './portal-data.ts'
import type { WithDesk } from './portal-desk.ts'

/** Seconds between two looks at the session and at the journal, whatever was announced meanwhile. */
const beat = 25

/**
 * `/portail/dossiers/:number/suite`: tells the page of a case how far its journal now goes, and nothing else of it. The page
 * fetches itself anew, by its own door. It ends with the session that opened it.
 */
export function mountLive(
  app: Hono,
  house: Doors,
  withDesk: WithDesk,
  viewerOf: (c: HttpContext) => Promise<Viewer | null>,
  log: Log,
): void {
  app.get('/portail/dossiers/:number/suite', (c) =>
    // As the house: the transaction of a reader would stay open as long as the page.
    withDesk(
      c,
      async ({ ctx }) => {
        const { id } = await findByNumber(ctx, c.req.param('number'))
        const mark = async (): Promise<string | null> => {
          const viewer = await viewerOf(c)
          const asViewer = (sql: Sql) => journalMark({ ...contextOf(house, viewer), ...readingBy(house, sql) }, id)
          return viewer && readAs(house.office.sql, viewer, asViewer)
        }
        return c.body(WebStream.from(marks(house, id, mark, log)) as ReadableStream, 200, {
          'content-type': 'text/event-stream',
          'cache-control': 'no-store',
          'x-accel-buffering': 'no',
        })
      },
      'house',
    ),
  )
}

/** The mark at once, after each line of that case's journal, and at each beat; ends where there is none to tell any more. */
function marks(house: Doors, caseId: string, mark: () => Promise<string | null>, log: Log): Repeater<Uint8Array> {
  const encoder = new TextEncoder()
  return new Repeater<Uint8Array>(async (push, stop) => {
    const tell = async (): Promise<void> => {
      try {
        const now = await mark()
        if (now === null) stop()
        else void push(encoder.encode(`data: ${now}\n\n`))
      } catch (error) {
        // The page asks again by itself.
        log(error)
        stop()
      }
    }
    const lines = house.events.follow(async (line) => line.caseId === caseId || null)[Symbol.asyncIterator]()
    void stop.then(() => lines.return?.())
    const timer = setInterval(() => void tell(), beat * 1000)
    try {
      let next = lines.next()
      // The first mark is read with the ear to the journal already: a line written in between would wait for the beat.
      await house.events.ready()
      await tell()
      while (!(await next).done) {
        next = lines.next()
        await tell()
      }
    } finally {
      clearInterval(timer)
      stop()
    }
  })
}
