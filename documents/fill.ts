import {
  Liquid,
  Tag,
  type Context,
  type Emitter,
  type LiquidError,
  type TagToken,
  type Template,
  type TopLevelToken,
} from 'liquidjs'
import MarkdownIt, { type Token } from 'markdown-it'
import type { Library } from '../letters/catalogue.ts'
import { dateIn, eurosIn, groupedIban } from '../letters/foreign.ts'
import { sectionFor, type Channel, type Letter, type Section } from '../letters/letter.ts'
import { dayFr, dayShortFr, parseDay } from '../schema/days.ts'
import { DomainError } from '../schema/errors.ts'
import { amountFr, parseAmount, parseCurrency } from '../schema/money.ts'
import { validate } from '../schema/validate.ts'
import { buildBloc, currencyOf, rateFr, type Block, type Run, type Table } from './blocks.ts'
import { discreetFacts } from './discreet.ts'
import type { Facts } from './facts.ts'
import { addressKeyOf, recipientOf, senderOf, type Party } from './letter-parties.ts'
import { amountInWords, daysInWords, wordsFr } from './numbers-fr.ts'
import { typographyFr } from './typography.ts'

/** How it is dressed: an ordinary letter, an act headed by its title, a form, or a sheet for a telephone operator. */
export type Presentation = 'lettre' | 'acte' | 'formulaire' | 'appel'

export interface FilledLetter {
  id: string
  version: string
  titre: string
  ton: number
  channel: Channel
  presentation: Presentation
  /** Goes to somebody who must not learn of a debt: nothing printed may tell the trade. */
  discreet: boolean
  objet: string
  sender: Party
  recipient?: Party
  blocks: Block[]
  facts: Facts
}

// What a value leaves in the template's output: a mark that Markdown does not read, looked up when all markup is known.
// So a name is never markup, whatever it holds. The marks are private-use characters, which values cannot contain.
const [open, close, blocOpen, blocClose] = ['\uE000', '\uE001', '\uE002', '\uE003']
const marks = /[\uE000-\uF8FF]/g

/** The texts of one filling, each waiting under its number. */
type Values = string[]
let values: Values = []

const markdown = new MarkdownIt({ html: false, linkify: false, typographer: false, breaks: false }).disable([
  'code',
  'fence',
  'html_block',
  'reference',
  'lheading',
  'image',
  'link',
  'autolink',
  'html_inline',
  'backticks',
])

class Bloc extends Tag {
  private readonly block: string
  constructor(token: TagToken, remaining: TopLevelToken[], liquid: Liquid) {
    super(token, remaining, liquid)
    this.block = /^\s*['"]([a-z-]+)['"]\s*$/.exec(token.args)?.[1] ?? ''
    if (!this.block) throw new Error("écrivez {% bloc 'nom' %}")
  }
  override render(_context: Context, emitter: Emitter): void {
    emitter.write(`\n\n${blocOpen}${this.block}${blocClose}\n\n`)
  }
}

const engines = new WeakMap<Library['clauses'], Liquid>()

/** The template language of letters: no file but the clauses, no clock, no chance, every value escaped. */
export function liquidFor(library: Pick<Library, 'clauses'>): Liquid {
  const known = engines.get(library.clauses)
  if (known) return known
  const liquid = new Liquid({
    templates: Object.fromEntries([...library.clauses.values()].map((clause) => [clause.id, clause.body.text])),
    strictVariables: true,
    strictFilters: true,
    lenientIf: true,
    ownPropertyOnly: true,
    cache: true,
    renderLimit: 2000,
    memoryLimit: 5_000_000,
    parseLimit: 500_000,
    outputEscape: keep,
  })
  for (const name of ['include', 'layout', 'block', 'tablerow', 'increment', 'decrement']) delete liquid.tags[name]
  for (const name of [
    'raw',
    'date',
    'date_to_xmlschema',
    'date_to_rfc822',
    'date_to_string',
    'date_to_long_string',
    'sample',
    'shuffle',
  ]) {
    delete liquid.filters[name]
  }
  liquid.registerTag('bloc', Bloc)
  for (const [name, filter] of Object.entries(filters)) liquid.registerFilter(name, filter)
  engines.set(library.clauses, liquid)
  return liquid
}

const filters: Record<string, (this: { context: Context }, value: unknown, argument?: unknown) => string> = {
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
  return `${open}${values.push(shown) - 1}${close}`
}

/**
 * A letter with a case's facts, as blocks that every format prints. Pure. Refuses with missing_fact (naming the key
 * and the letter's line), bad_letter, invalid_file (facts that do not fit the schema) or channel_refused.
 */
export function fill(library: Library, letter: Letter, facts: unknown, channel: Channel): FilledLetter {
  const section = sectionFor(letter, channel)
  const discreet = letter.discret === 'oui'
  const given = validate<Facts>('facts', facts, 'Les faits du courrier')
  const checked = discreet ? discreetFacts(given) : given
  const presentation = presentationOf(channel)
  const blocks = fillSection(library, letter, section, checked)
  const addressed = channel === 'lettre' || channel === 'lrar' || channel === 'lre'
  const recipient = addressed ? recipientOf(letter, checked) : recipientIfAny(letter, checked)
  if ((channel === 'lettre' || channel === 'lrar') && !recipient!.located) {
    throw missingFact(addressKeyOf(recipient!), letter, 1)
  }
  return {
    id: letter.id,
    version: letter.version,
    titre: letter.titre,
    ton: letter.ton,
    channel,
    presentation,
    discreet,
    objet: fillObjet(library, letter, checked),
    sender: senderOf(letter, checked),
    ...(recipient ? { recipient } : {}),
    blocks,
    facts: checked,
  }
}

/** The letter's object as one line of plain text. */
export function fillObjet(library: Pick<Library, 'clauses'>, letter: Letter, facts: Facts): string {
  const output = render(library, letter, { text: letter.objet, line: letter.objetLine }, facts)
  return resolve(typographyFr(output))
    .replace(/\s+/g, (space) => (space.includes('\u00a0') ? '\u00a0' : ' '))
    .trim()
}

function fillSection(library: Pick<Library, 'clauses'>, letter: Letter, section: Section, facts: Facts): Block[] {
  const output = render(library, letter, section, facts)
  return blocksOf(markdown.parse(output, {}), facts)
}

function render(library: Pick<Library, 'clauses'>, letter: Letter, section: Section, facts: Facts): string {
  values = []
  const liquid = liquidFor(library)
  try {
    return String(liquid.renderSync(parsed(liquid, section.text), facts, { globals: facts }))
  } catch (error) {
    throw explain(error, library, letter, section)
  }
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

function recipientIfAny(letter: Letter, facts: Facts): Party | undefined {
  try {
    return recipientOf(letter, facts)
  } catch (error) {
    if (error instanceof DomainError) return undefined
    throw error
  }
}

function presentationOf(channel: Channel): Presentation {
  if (channel === 'acte-prive') return 'acte'
  if (channel === 'formulaire') return 'formulaire'
  if (channel === 'script-telephone' || channel === 'visite') return 'appel'
  return 'lettre'
}

/** A fault of the template language in the editor's terms: file, line of the file, and what to do. */
export function explain(error: unknown, library: Pick<Library, 'clauses'>, letter: Letter, section: Section): unknown {
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

function missingFact(key: string, letter: Letter, line: number, file = letter.file): DomainError {
  return new DomainError(
    'missing_fact',
    `Il manque « ${key} », que le courrier « ${letter.id} » cite (${file}:${line}).`,
    {
      remedy: `Ajoutez « ${key} » aux faits, ou mettez la phrase entre {% if ${key} %} et {% endif %}.`,
      facts: { key, letter: letter.id, file, line },
    },
  )
}

/** Puts the values back in the place of their marks; a value keeps no mark of its own. */
function resolve(output: string): string {
  return output.replace(/\uE000(\d+)\uE001/g, (_, index: string) => {
    const value = values[Number(index)] ?? ''
    const nested = value.replace(/\uE000(\d+)\uE001/g, (mark, inner: string) =>
      Number(inner) < Number(index) ? resolve(mark) : '',
    )
    return nested.replace(marks, '').replace(/\s*[\r\n]+\s*/g, ' ')
  })
}

// markdown-it gives a flat list of tokens, opening and closing: read here as a tree.
function blocksOf(tokens: Token[], facts: Facts): Block[] {
  const blocks: Block[] = []
  for (let i = 0; i < tokens.length; i++) {
    const token = tokens[i]!
    const end = token.nesting === 1 ? closing(tokens, i) : i
    const inside = tokens.slice(i + 1, end)
    const block = blockOf(token, inside, facts)
    if (block) blocks.push(block)
    i = end
  }
  return blocks
}

function blockOf(token: Token, inside: Token[], facts: Facts): Block | undefined {
  switch (token.type) {
    case 'paragraph_open': {
      const bloc = new RegExp(`^${blocOpen}([a-z-]+)${blocClose}$`).exec(inside[0]?.content.trim() ?? '')
      if (bloc) return buildBloc(bloc[1]!, facts)
      const runs = runsOf(inside[0])
      return runs.some((run) => run.text.trim() !== '') ? { kind: 'paragraph', runs } : undefined
    }
    case 'heading_open':
      return { kind: 'heading', level: Number(token.tag.slice(1)), runs: runsOf(inside[0]) }
    case 'bullet_list_open':
    case 'ordered_list_open': {
      const ordered = token.type === 'ordered_list_open'
      const items = children(inside)
        .map((item) => blocksOf(item.inside, facts))
        .filter((item) => item.length > 0)
      return items.length ? { kind: 'list', ordered, start: Number(token.attrGet('start') ?? 1), items } : undefined
    }
    case 'blockquote_open':
      return { kind: 'quote', blocks: blocksOf(inside, facts) }
    case 'table_open':
      return tableOf(inside)
    case 'hr':
      return { kind: 'rule' }
    default:
      return undefined
  }
}

function tableOf(tokens: Token[]): Table {
  const rows = children(tokens).flatMap((part) => children(part.inside))
  const cells = rows.map((row) => children(row.inside))
  const [head = [], ...body] = cells
  return {
    kind: 'table',
    name: 'texte',
    columns: head.map(({ token, inside }) => ({
      label: runsOf(inside[0]),
      align: alignOf(token),
      fixed: alignOf(token) === 'right',
    })),
    rows: body.map((row) => row.map(({ inside }) => runsOf(inside[0]))),
    notes: [],
  }
}

function alignOf(token: Token): 'left' | 'right' | 'center' {
  const style = String(token.attrGet('style') ?? '')
  return style.includes('right') ? 'right' : style.includes('center') ? 'center' : 'left'
}

function children(tokens: Token[]): { token: Token; inside: Token[] }[] {
  const list: { token: Token; inside: Token[] }[] = []
  for (let i = 0; i < tokens.length; i++) {
    const end = closing(tokens, i)
    list.push({ token: tokens[i]!, inside: tokens.slice(i + 1, end) })
    i = end
  }
  return list
}

function closing(tokens: Token[], from: number): number {
  const level = tokens[from]!.level
  const end = tokens.findIndex((token, i) => i > from && token.nesting === -1 && token.level === level)
  return end < 0 ? from : end
}

function runsOf(inline: Token | undefined): Run[] {
  const runs: Run[] = []
  let [strong, em] = [0, 0]
  for (const token of inline?.children ?? []) {
    if (token.type === 'strong_open') strong++
    else if (token.type === 'strong_close') strong--
    else if (token.type === 'em_open') em++
    else if (token.type === 'em_close') em--
    else if (token.type === 'hardbreak') runs.push({ text: '', break: true })
    else {
      const source = token.type === 'softbreak' ? ' ' : token.content.replace(/[\uE002\uE003]/g, '')
      const run: Run = {
        text: source,
        ...(strong ? { strong: true as const } : {}),
        ...(em ? { em: true as const } : {}),
      }
      const last = runs.at(-1)
      if (last && !last.break && last.strong === run.strong && last.em === run.em) last.text += run.text
      else runs.push(run)
    }
  }
  for (const run of runs) if (!run.break) run.text = resolve(typographyFr(run.text))
  return runs.filter((run) => run.break || run.text !== '')
}
