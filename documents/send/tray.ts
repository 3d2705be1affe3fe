import { mkdir, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type Day } from '../../schema/days.ts'

export interface Parcel {
  channel: string
  address: Record<string, unknown>
  reference: string
  letter: string
  day: Day
  bytes: Uint8Array
}

/** A way out of the house. Returns what proves the hand-over; throws when nothing left. */
export interface Post {
  /** The channels on which sending the same document again leaves a single one. */
  repeatable: string[]
  send(parcel: Parcel): Promise<Record<string, string>>
}

/** The out-tray: one folder a day, one file a letter, for the people who print, frank and post. */
export function outTray(dir: string): Post {
  return {
    repeatable: ['lettre', 'lrar', 'email', 'sms'],
    async send(parcel) {
      const folder = join(dir, parcel.day.toString())
      await mkdir(folder, { recursive: true })
      const name = `${parcel.reference.replaceAll('/', '-')}-${parcel.channel}-${parcel.letter}.pdf`
      const temporary = join(folder, `.${name}`)
      await writeFile(temporary, parcel.bytes)
      await rename(temporary, join(folder, name))
      return { tray: `${parcel.day.toString()}/${name}` }
    },
  }
}
