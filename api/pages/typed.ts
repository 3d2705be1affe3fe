import type { Context as HttpContext } from 'hono'
import { typedDay } from '../../documents/invoices/typed-values.ts'
import type { Day } from '../../schema/days.ts'
import { DomainError } from '../../schema/errors.ts'
import { parseAmount } from '../../schema/money.ts'

/** The fields of a posted form, as text; files are read apart. */
export type Typed = Record<string, string>

export const typedOf = (body: Record<string, unknown>): Typed =>
  Object.fromEntries(
    Object.entries(body).flatMap(([name, value]) => (typeof value === 'string' ? [[name, value]] : [])),
  )

/** A text without control characters, its lines kept; empty when nothing was typed. */
export function textOf(typed: Typed, name: string, max = 200): string {
  const text = (typed[name] ?? '').replaceAll('\r\n', '\n').replace(/[^\P{Cc}\n]/gu, ' ')
  return text.trim().slice(0, max)
}

/** What was typed into a search, `?q=`. */
export const searchOf = (c: HttpContext): string =>
  (c.req.query('q') ?? '')
    .replace(/\p{Cc}/gu, '')
    .trim()
    .slice(0, 100)

export function requiredText(typed: Typed, name: string, what: string, max = 200): string {
  const text = textOf(typed, name, max)
  if (text) return text
  throw bad(`Il manque ${what}.`, 'Remplissez ce champ, puis envoyez de nouveau.')
}

/** The lines of a street as they were typed, one under the other. */
export const linesOf = (text: string): string[] =>
  text
    .split('\n')
    .map((line) => line.trim())
    .filter(Boolean)

/** « 2026-11-22 » as date fields send it, « 22/11/2026 » as people type it where there is no such field. */
export function requiredDay(typed: Typed, name: string, what: string): Day {
  const text = requiredText(typed, name, what, 40)
  try {
    return typedDay(text, what)
  } catch {
    throw bad(`«\u00a0${text}\u00a0» n’est pas une date du calendrier.`, 'Écrivez-la comme 22/11/2026.')
  }
}

/** « 1 234,56 € » → cents. */
export function requiredAmount(typed: Typed, name: string, what: string): bigint {
  const text = requiredText(typed, name, what, 40)
  try {
    return parseAmount(text.replace(/[\s\u00a0\u202f€]/g, '').replace(',', '.'))
  } catch {
    throw bad(`«\u00a0${text}\u00a0» n’est pas un montant lisible.`, 'Écrivez-le comme 470,15.')
  }
}

const bad = (message: string, remedy: string): DomainError => new DomainError('bad_reply', message, { remedy })
