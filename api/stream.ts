import { Repeater } from 'graphql-yoga'
import type { Client } from '../schema/db.ts'

/** A line of the journal, as the database announces it. */
export interface Announcement {
  id: string
  caseId: string | null
}

export interface CaseEvents {
  /** What `read` makes of every line of the journal from now on, written by any process; null is left out. */
  follow<T>(read: (announcement: Announcement) => Promise<T | null>): AsyncIterable<T>
  /** Once it resolves, no line goes by unheard: what is read after it is followed without a gap. */
  ready(): Promise<void>
  close(): Promise<void>
}

/** Follows the journal through PostgreSQL's own announcements; listens from the first follower on. */
export function caseEvents(sql: Client): CaseEvents {
  const followers = new Map<(announcement: Announcement) => void, () => void>()
  let listening: Promise<{ unlisten(): Promise<void> }> | undefined

  async function listen(): Promise<void> {
    listening ??= sql.listen('case_events', (payload) => {
      const announcement = JSON.parse(payload) as Announcement
      for (const follower of followers.keys()) follower(announcement)
    })
    try {
      await listening
    } catch (error) {
      listening = undefined
      throw error
    }
  }

  return {
    follow: (read) =>
      new Repeater(async (push, stop) => {
        // One after the other, so that events arrive in the order of the journal.
        let last: Promise<unknown> = Promise.resolve()
        const follower = (announcement: Announcement) => {
          last = last.then(async () => {
            const value = await read(announcement)
            // Not awaited: a slow reader is buffered, and does not hold up the others.
            if (value !== null) void push(value)
          })
          last.catch(stop)
        }
        followers.set(follower, stop)
        try {
          await listen()
          await stop
        } finally {
          followers.delete(follower)
        }
      }),
    ready: listen,
    async close() {
      for (const stop of followers.values()) stop()
      if (listening) await (await listening).unlisten()
    },
  }
}
