import { readFileSync } from 'node:fs'
import { basename } from 'node:path'
import { Liquid, Tag, type LiquidError } from 'liquidjs'
import { DomainError } from '../schema/errors.ts'
import { parseYaml, validate } from '../schema/validate.ts'
import type { Library } from './catalogue.ts'
import { exampleFacts } from './example.ts'
import { frontMatter, parseLetter, renderedClauses, type Letter, type Section } from './letter.ts'

/** One fault of a letter file, on the line an editor sees. */
export interface Fault {
  file: string
  line: number
  rule: string
  message: string
}

type FactSchema = {
  $ref?: string
  type?: string | string[]
  properties?: Record<string, FactSchema>
  items?: FactSchema
  additionalProperties?: unknown
}
const factSchema = JSON.parse(
  readFileSync(new URL('../schema/facts.schema.json', import.meta.url), 'utf8'),
) as FactSchema & {
  $defs: Record<string, FactSchema>
}
// What the library is to hold: a letter may lead to one that is still to be written.
const situations = parseYaml(
  readFileSync(new URL('./situations.yaml', import.meta.url), 'utf8'),
  'situations.yaml',
) as Record<string, string>
const common = new Set(['creancier', 'debiteur', 'agence', 'references', 'factures', 'totaux', 'date', 'droit'])
const blocs = [
  'factures',
  'decompte',
  'segments',
  'paiement',
  'coupon',
  'echeancier',
  'pieces',
  'signature',
  'signatures',
]
const filters = ['euros', 'ariary', 'montant', 'en_lettres', 'date_longue', 'date_courte', 'jours', 'taux']

/** The faults of one letter file, wherever it stands; none is an empty list. Clauses and next letters are the library's. */
export function checkLetter(text: string, file: string, library: Library): Fault[] {
  const faults: Fault[] = []
  const add = (line: number, rule: string, message: string) => void faults.push({ file, line, rule, message })
  const letter = readHead(text, file, add)
  if (!letter) return faults
  const lineOf = (key: string) => Math.max(1, text.split('\n').findIndex((row) => row.startsWith(`${key}:`)) + 1)

  if (basename(file) !== `${letter.id}.md`)
    add(lineOf('id'), 'identifiant', `le fichier doit s'appeler ${letter.id}.md`)
  if (letter.suite !== null && !library.letters.has(letter.suite) && !(letter.suite in situations)) {
    add(lineOf('suite'), 'suite-inconnue', `aucun courrier « ${letter.suite} »`)
  }
  for (const key of letter.donnees) {
    if (!factSchema.properties?.[key])
      add(lineOf('donnees'), 'donnee-inconnue', `« ${key} » n'est pas dans schema/facts.schema.json`)
  }
  for (const channel of ['sms', 'script-telephone'] as const) {
    const section = channel === 'sms' ? letter.sms : letter.appel
    const needed = letter.canaux.includes(channel) && letter.canaux.length > 1
    if (needed && !section)
      add(
        lineOf('canaux'),
        'canal-sans-texte',
        `le canal « ${channel} » demande une section « ## ${channel === 'sms' ? 'sms' : 'appel'} »`,
      )
  }
  const sections = [
    { text: letter.objet, line: letter.objetLine },
    letter.body,
    ...(letter.sms ? [letter.sms] : []),
    ...(letter.appel ? [letter.appel] : []),
  ]
  for (const section of sections) {
    checkMarkup(section, add)
    checkNames(section, library, add)
    checkFacts(section, letter, add)
  }
  if (faults.length === 0) checkLengths(letter, library, add)
  return faults.sort((a, b) => a.line - b.line)
}

type Add = (line: number, rule: string, message: string) => void

function readHead(text: string, file: string, add: Add): Letter | undefined {
  let head: unknown
  try {
    head = frontMatter(text, file).head
  } catch (error) {
    if (!(error instanceof DomainError)) throw error
    add(Number(error.facts.line ?? 0) + (error.code === 'invalid_yaml' ? 1 : 0) || 1, 'en-tete', error.message)
    return undefined
  }
  try {
    validate('letter', head, 'en-tête')
  } catch (error) {
    if (!(error instanceof DomainError)) throw error
    const lines = text.split('\n')
    for (const part of error.message.replace(/^[^:]*: /, '').split(' ; ')) {
      const key = /^\/(\w+)/.exec(part)?.[1]
      const line = key ? lines.findIndex((row) => row.startsWith(`${key}:`)) + 1 : 1
      add(line || 1, 'en-tete', part)
    }
    return undefined
  }
  return parseLetter(text, file)
}

function eachLine(section: Section, visit: (row: string, line: number) => void): void {
  section.text.split('\n').forEach((row, i) => visit(row, section.line + i))
}

function checkMarkup(section: Section, add: Add): void {
  eachLine(section, (row, line) => {
    const outside = row.replace(/\{\{.*?\}\}|\{%.*?%\}/g, '')
    if (/<\/?[a-zA-Z!]/.test(outside)) add(line, 'html', 'le HTML est interdit : écrivez en Markdown')
    if (/#(let|set|show|import|include|panic|eval|text|image|box|v|h)\b|@(preview|local)\//.test(outside)) {
      add(line, 'typst', 'le code Typst est interdit dans un courrier')
    }
    if (/!\[[^\]]*\]\(|\]\(/.test(outside))
      add(line, 'lien', 'les liens et les images Markdown ne sont pas rendus : écrivez l’adresse')
  })
}

function checkNames(section: Section, library: Library, add: Add): void {
  eachLine(section, (row, line) => {
    for (const id of renderedClauses(row))
      if (!library.clauses.has(id)) add(line, 'clause-inconnue', `aucune clause « ${id} »`)
    for (const match of row.matchAll(/\{%-?\s*bloc\s+['"]?([\w-]*)/g)) {
      if (!blocs.includes(match[1]!)) add(line, 'bloc-inconnu', `aucun bloc « ${match[1]} » (${blocs.join(', ')})`)
    }
  })
}

class Bloc extends Tag {
  override render(): void {}
}

const liquid = new Liquid({ strictFilters: true, lenientIf: true, ownPropertyOnly: true, templates: {} })
for (const name of ['include', 'layout', 'block', 'tablerow', 'increment', 'decrement']) delete liquid.tags[name]
for (const name of ['raw', 'date', 'sample', 'shuffle']) delete liquid.filters[name]
liquid.registerTag('bloc', Bloc)
// Only as long as the real ones are: this engine measures, documents/fill.ts writes.
for (const name of filters)
  liquid.registerFilter(name, (value: unknown) => (name === 'date_longue' ? '23 septembre 2026' : `${String(value)} €`))

function checkFacts(section: Section, letter: Letter, add: Add): void {
  let globals
  try {
    globals = liquid.analyzeSync(liquid.parse(section.text), { partials: false }).globals
  } catch (error) {
    if (!(error instanceof Error) || !('token' in error)) throw error
    const { token } = error as LiquidError
    add(section.line + (token.getPosition()[0] ?? 1) - 1, 'syntaxe', error.message.replace(/, (file|line):.*$/s, ''))
    return
  }
  const allowed = new Set([...common, ...letter.donnees])
  for (const [root, uses] of Object.entries(globals)) {
    for (const use of uses) {
      const line = section.line + use.location.row - 1
      const path = use.segments.filter((segment): segment is string | number => typeof segment !== 'object').map(String)
      const wrong = unknownPart(path)
      if (wrong) add(line, 'fait-inconnu', `« ${wrong} » n'est pas dans schema/facts.schema.json`)
      else if (!allowed.has(root)) add(line, 'fait-non-declare', `« ${root} » n'est pas dans « donnees »`)
    }
  }
}

/** The first name of a path that the schema does not know, with what leads to it. */
function unknownPart(path: string[]): string | undefined {
  let node: FactSchema | undefined = factSchema
  for (let i = 0; i < path.length; i++) {
    if (node?.$ref) node = factSchema.$defs[node.$ref.split('/').pop()!]
    if (!node || (node.additionalProperties && typeof node.additionalProperties === 'object')) return undefined
    const part = path[i]!
    if (node.items) {
      if (['size', 'first', 'last'].includes(part) || /^-?\d+$/.test(part))
        node = part === 'size' ? undefined : node.items
      else return path.slice(0, i + 1).join('.')
    } else if (node.properties) {
      if (!node.properties[part]) return path.slice(0, i + 1).join('.')
      node = node.properties[part]
    } else return part === 'size' ? undefined : path.slice(0, i + 1).join('.')
  }
  return undefined
}

function checkLengths(letter: Letter, library: Library, add: Add): void {
  const facts = { ...exampleFacts(letter), droit: {} }
  const templates = Object.fromEntries([...library.clauses.values()].map((clause) => [clause.id, clause.body.text]))
  const measure = (text: string) => {
    liquid.options.templates = templates
    const inlined = text.replace(/\{%-?\s*render\s+['"]([^'"]+)['"][^%]*%\}/g, (_, id: string) => templates[id] ?? '')
    return Array.from(String(liquid.parseAndRenderSync(inlined, facts)).replace(/\s+/g, ' ').trim()).length
  }
  const objet = measure(letter.objet)
  if (objet > 120) add(letter.objetLine, 'objet-trop-long', `${objet} caractères ; 120 au plus`)
  const sms = letter.sms ?? (letter.canaux.every((channel) => channel === 'sms') ? letter.body : undefined)
  if (!sms) return
  const length = measure(sms.text)
  if (length > 306) add(sms.line, 'sms-trop-long', `${length} caractères ; 306 au plus`)
}
