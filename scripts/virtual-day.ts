import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { houseClock } from '../api/cron.ts'
import { type Day, parseDay } from '../schema/days.ts'
import { isAbsent } from '../documents/archive.ts'
import { dataDir } from './database.ts'

const file = (): string => join(dataDir(), 'virtual-day')

/** The day of a development server (`serve --day`), which `tick --until` moves on while it runs; null on a real database. */
export function virtualDay(): Day | null {
  if (process.env['DATABASE_URL'] || process.env['NODE_ENV'] === 'production') return null
  try {
    return parseDay(readFileSync(file(), 'utf8').trim(), 'virtual-day')
  } catch (error) {
    if (isAbsent(error)) return null
    throw error
  }
}

/** The day that commands act on: the development server's where one runs, else today in Paris. */
export const houseDay = (): Day => virtualDay() ?? houseClock().today()

export const setVirtualDay = (day: Day): void => writeFileSync(file(), `${day.toString()}\n`)
export const forgetVirtualDay = (): void => rmSync(file(), { force: true })
