import { existsSync, mkdirSync, renameSync, writeFileSync } from 'node:fs'
import { readdir, rm } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { type Day, daysBetween } from '../../schema/days.ts'
import type { MailBody } from './mail.ts'

export interface Parcel {
  channel: string
  address: Record<string, unknown>
  reference: string
  letter: string
  day: Day
  /** Its sending was begun before, on that day at the earliest, by a worker that could not say how it ended. */
  begunSince?: Day
  pdf: Uint8Array
  /** What goes in the same envelope, or with the same message. */
  enclosures: { letter: string; pdf: Uint8Array }[]
  mail: MailBody | null
  /** The words of a text message. */
  text?: string
}

/** Nothing left the house, for certain: to be tried again, or never when the address itself is refused. */
export class NotSent extends Error {
  readonly permanent: boolean

  constructor(message: string, options: { permanent: boolean; cause: unknown }) {
    super(message, { cause: options.cause })
    this.permanent = options.permanent
  }
}

/** A way out of the house. Returns what proves the hand-over; throws when nothing left. */
export interface Post {
  /** The channels on which sending the same document again leaves a single one. */
  repeatable: string[]
  send(parcel: Parcel): Promise<Record<string, string>>
  /** Takes away what still lies in the house of a letter sent long ago, or only counts it; answers how many files. */
  forget?(letter: { reference: string; writtenOn: Day; sentOn: Day }, keep: boolean): Promise<number>
}

/** The out-tray: one folder a day, one file a letter, for the people who print, frank and post. */
export function outTray(dir: string): Post {
  return {
    repeatable: ['lettre', 'lrar', 'lre', 'email', 'sms'],
    async send(parcel) {
      const base = `${parcel.reference.replaceAll('/', '-')}-${parcel.channel}`
      const folder = join(dir, (await placedOn(dir, base, parcel)).toString())
      mkdirSync(folder, { recursive: true })
      if (parcel.text !== undefined) return { tray: placeOrder(folder, base, parcel) }
      for (const [i, enclosure] of parcel.enclosures.entries()) {
        place(folder, `${base}-annexe-${i + 1}-${fileName(enclosure.letter)}.pdf`, enclosure.pdf)
      }
      const name = `${base}-${parcel.letter}.pdf`
      place(folder, name, parcel.pdf)
      if (parcel.channel === 'lre') placeOrder(folder, base, parcel, name)
      return { tray: `${basename(folder)}/${name}` }
    },
    async forget({ reference, writtenOn, sentOn }, keep) {
      let count = 0
      for (const day of daysUpTo(writtenOn, sentOn)) {
        const left = await namesIn(join(dir, day.toString()), `${reference.replaceAll('/', '-')}-`)
        if (keep) for (const name of left) await rm(join(dir, day.toString(), name))
        count += left.length
      }
      return count
    },
  }
}

/** The day whose folder has begun to hold it: begun again on a later day, it is completed there, and is not there twice. */
async function placedOn(dir: string, base: string, { begunSince, day }: Parcel): Promise<Day> {
  for (const earlier of begunSince ? daysUpTo(begunSince, day) : [])
    if ((await namesIn(join(dir, earlier.toString()), base)).length > 0) return earlier
  return day
}

/** What is tried again for four days is looked for no further back than a month. */
function daysUpTo(from: Day, to: Day): Day[] {
  const count = Math.max(1, Math.min(31, daysBetween(from, to) + 1))
  return Array.from({ length: count }, (_, i) => to.subtract({ days: count - 1 - i }))
}

async function namesIn(folder: string, start: string): Promise<string[]> {
  return existsSync(folder) ? (await readdir(folder)).filter((name) => name.startsWith(start)) : []
}

/**
 * What a provider of text messages or of electronic registered letters needs, for whoever hands it over: its `key` is that
 * of the letter, so that the same order given twice is one.
 */
function placeOrder(folder: string, base: string, parcel: Parcel, file?: string): string {
  const { channel, reference, address, text } = parcel
  const to = { name: address.name, ...(text === undefined ? { email: address.email } : { phone: address.phone }) }
  const order = { key: base, channel, reference, to, ...(text === undefined ? { file } : { text }) }
  place(folder, `${base}.json`, new TextEncoder().encode(`${JSON.stringify(order, null, 2)}\n`))
  return `${basename(folder)}/${base}.json`
}

let placed = 0

// Renamed into place, so that whoever empties the tray never takes half a letter; and written at once, as in the archive: a letter
// is short, and to hand each step of it to another thread takes longer than the steps.
function place(folder: string, name: string, bytes: Uint8Array): void {
  // A name of its own: a worker thought dead may still be placing the same letter.
  const temporary = join(folder, `.${name}.${process.pid}-${++placed}`)
  writeFileSync(temporary, bytes)
  renameSync(temporary, join(folder, name))
}

// An invoice's number is the debtor's supplier's: it never chooses where a file goes.
const fileName = (text: string): string => text.replace(/[^A-Za-z0-9.-]+/g, '-').slice(0, 80)
