import type { Liquid, LiquidError, Template } from 'liquidjs'
import type { Library } from '../../letters/catalogue.ts'
import { dateIn, eurosIn, groupedIban, groupedSiren } from '../../letters/foreign.ts'
import { type Filters, letterLanguage } from '../../letters/language.ts'
import type { Letter, Section } from '../../letters/letter.ts'
import { dayFr, dayShortFr, parseDay } from '../../schema/days.ts'
import { DomainError } from '../../schema/errors.ts'
import { amountFr, parseAmount, parseCurrency } from '../../schema/money.ts'
import { currencyOf, rateFr } from './blocks.ts'
import type { Facts } from '../facts.ts'
import { amountInWords, daysInWords, wordsFr } from './numbers-fr.ts'

// What a value leaves in the template's output: a mark that Markdown does not read, looked up when all markup is known.
// So a name is never markup, whatever it holds. The marks are private-use characters, which values cannot contain.
const [open, close, blocOpen, blocClose] = ['\uE000', '\uE001', '\uE002', '\uE003']
const marks = /[\uE000-\uF8FF]/g

/** A text of a letter with its tags done and its values still apart. */
export interface Rendered {
  /** Markdown, where each value is a mark. */
  text: string
  /** Puts the values back in the place of their marks, in any piece of the text; a value keeps no mark of its own. */
  resolve(piece: string): string
}

// The values of the text being rendered: a template is done in one go, and one engine serves all.
let filling: string[] = []

/** Does a template's tags. Refuses with missing_fact (naming the key and the line) or bad_letter. */
export function renderTemplate(
  library: Pick<Library, 'clauses'>,
  letter: Letter,
  section: Section,
  facts: Facts,
): Rendered {
  const values: string[] = (filling = [])
  const liquid = liquidFor(library)
  try {
    const text = String(liquid.renderSync(parsed(liquid, section.text), facts, { globals: facts }))
    return { text, resolve: (piece) => resolve(piece, values) }
  } catch (error) {
    throw explain(error, library, letter, section)
  }
}

/** The block that a paragraph of rendered Markdown stands for, if it is one: « paiement », « releve »… */
export const blocNamed = (paragraph: string): string | undefined => blocPattern.exec(paragraph.trim())?.[1]
const blocPattern = new RegExp(`^${blocOpen}([a-z-]+)${blocClose}$`)

/** A piece of Markdown without the marks of a block that was not alone in its paragraph. */
export const withoutBlocs = (piece: string): string => piece.replace(/[\uE002\uE003]/g, '')

const engines = new WeakMap<Library['clauses'], Liquid>()

function liquidFor({ clauses }: Pick<Library, 'clauses'>): Liquid {
  let liquid = engines.get(clauses)
  if (!liquid) {
    const bloc = (name: string) => `\n\n${blocOpen}${name}${blocClose}\n\n`
    liquid = letterLanguage(clauses, { strictVariables: true, outputEscape: keep, bloc, filters })
    engines.set(clauses, liquid)
  }
  return liquid
}

const templates = new WeakMap<Liquid, Map<string, Template[]>>()

/** A letter is written to many: its text is parsed once for a library. */
function parsed(liquid: Liquid, text: string): Template[] {
  let known = templates.get(liquid)
  if (!known) templates.set(liquid, (known = new Map()))
  let found = known.get(text)
  if (!found) known.set(text, (found = liquid.parse(text)))
  return found
}

const filters: Record<string, Filters> = {
  // A letter written for euros may serve a case in ariary (a receipt, a reminder): its sums are then those of the case.
  euros(value) {
    return amountFr(parseAmount(text(value)), currencyOf(this.context.globals as Partial<Facts>))
  },
  ariary: (value) => amountFr(parseAmount(text(value)), 'MGA'),
  montant(value) {
    return amountFr(parseAmount(text(value)), currencyOf(this.context.globals as Partial<Facts>))
  },
  en_lettres(value, currency) {
    if (typeof value === 'number') return wordsFr(BigInt(value))
    const unit =
      currency === undefined ? currencyOf(this.context.globals as Partial<Facts>) : parseCurrency(text(currency))
    return amountInWords(parseAmount(text(value)), unit)
  },
  date_longue: (value) => dayFr(parseDay(text(value))),
  date_courte: (value) => dayShortFr(parseDay(text(value))),
  date_langue: (value, language) => dateIn(text(language), text(value)),
  euros_langue: (value, language) => eurosIn(text(language), text(value)),
  iban: (value) => groupedIban(text(value)),
  siren: (value) => groupedSiren(text(value)),
  jours: (value) => daysInWords(Number(value)),
  taux: (value) => rateFr(text(value)),
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : String(value)
}

function keep(value: unknown): string {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
    throw new DomainError(
      'bad_letter',
      `Un groupe de faits ne s'écrit pas (${Object.keys(value).slice(0, 5).join(', ')}).`,
      {
        remedy: 'Citez l’une de ses parties, par exemple {{ promesse.date | date_longue }}.',
      },
    )
  }
  const shown = value === null || value === undefined ? '' : Array.isArray(value) ? value.join(', ') : text(value)
  if (shown === '') return ''
  // Inside a « capture » the value already holds marks of this filling: they stay.
  return `${open}${filling.push(shown) - 1}${close}`
}

// A value with the full stop that the letter puts after it: « S.A. » and what a person ended by its own have one already.
const marked = /\uE000(\d+)\uE001(\.?)/g

function resolve(output: string, values: readonly string[]): string {
  return output.replace(marked, (_, index: string, stop: string) => {
    const value = values[Number(index)] ?? ''
    const nested = value.replace(marked, (mark: string, inner: string, after: string) =>
      Number(inner) < Number(index) ? resolve(mark, values) : after,
    )
    const said = nested.replace(marks, '').replace(/\s*[\r\n]+\s*/g, ' ')
    return /[.…]$/.test(said) ? said : said + stop
  })
}

/** A fault of the template language in the editor's terms: file, line of the file, and what to do. */
function explain(error: unknown, library: Pick<Library, 'clauses'>, letter: Letter, section: Section): unknown {
  if (!(error instanceof Error) || !('token' in error)) return error
  const { token, originalError } = error as LiquidError
  const clause = token.file === undefined ? undefined : library.clauses.get(token.file)
  const row = token.getPosition()[0] ?? 1
  const file = clause?.file ?? letter.file
  const line = (clause?.body.line ?? section.line) + row - 1
  if (originalError instanceof DomainError) {
    const { code, message, remedy, facts, article } = originalError
    return new DomainError(code, `${file}:${line} : ${message}`, {
      remedy,
      facts: { ...facts, file, line },
      ...(article ? { article } : {}),
    })
  }
  const name = originalError && 'variableName' in originalError ? String(originalError.variableName) : undefined
  if (name) return missingFact(name, letter, line, file)
  const reason = error.message.replace(/, file:.*$/s, '').replace(/, line:.*$/s, '')
  return new DomainError('bad_letter', `${file}:${line} : ${reason}.`, {
    remedy: 'Corrigez la ligne indiquée du courrier.',
    facts: { letter: letter.id, file, line },
  })
}

/** A fact that a letter cites and nobody gave, in the editor’s terms. */
export function missingFact(key: string, letter: Letter, line: number, file = letter.file): DomainError {
  return new DomainError(
    'missing_fact',
    `Il manque « ${key} », que le courrier « ${letter.id} » cite (${file}:${line}).`,
    {
      remedy: `Ajoutez « ${key} » aux faits, ou mettez la phrase entre {% if ${key} %} et {% endif %}.`,
      facts: { key, letter: letter.id, file, line },
    },
  )
}
