import type { Antivirus } from '../documents/antivirus.ts'
import type { Archive } from '../documents/archive.ts'
import type { SealKey } from '../documents/proof/seal.ts'
import type { TimestampAuthority } from '../documents/proof/timestamp.ts'
import type { Post } from '../documents/send/tray.ts'
import type { Hooks } from '../documents/send/webhook.ts'
import type { TypstEngine } from '../documents/typst/typst.ts'
import type { Day } from '../schema/days.ts'
import type { Sql } from '../schema/db.ts'
import type { Random } from '../schema/random.ts'
import type { Vault } from '../schema/vault.ts'

/** What an act needs when it writes a document: where rows, bytes and chance come from. */
export interface Office {
  sql: Sql
  archive: Archive
  typst: TypstEngine
  post: Post
  /** What the house seals its PDFs with: its own certificate, or the development one, shown as such. */
  seal: SealKey
  /** Who looks into each file that comes from outside; the rest of the checks are made without it. */
  antivirus?: Antivirus
  /** Who tells creditors' own systems what happens; without it none may be registered. */
  hooks?: Hooks
  /** Who dates packs (RFC 3161); without it they wait for a timestamp, and say so. */
  timestamps?: TimestampAuthority
  random: Random
  /** What seals and finds what the database must not tell by itself. */
  vault: Vault
  /** Bytes of the largest file taken in, by upload or by hand; the default of documents/exhibits/exhibits.ts when absent. */
  maxFile?: number | undefined
  /** Where debtors and creditors reach the house, for the addresses printed on paper. */
  baseUrl: string
}

/** Documents bear the day, not the second: eight in the morning in Paris, so that they can be made again. */
export function instantOf(day: Day): Temporal.Instant {
  return day.toZonedDateTime({ timeZone: 'Europe/Paris', plainTime: '08:00' }).toInstant()
}
