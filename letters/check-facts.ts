import { readFileSync } from 'node:fs'
import type { LiquidError } from 'liquidjs'
import type { Library } from './catalogue.ts'
import { engineOf, nodesOf } from './check-engine.ts'
import type { Add, Subject } from './check-subject.ts'
import { renderedClauses, type Letter, type Section } from './letter.ts'

type FactSchema = {
  $ref?: string
  type?: string | string[]
  enum?: string[]
  pattern?: string
  format?: string
  properties?: Record<string, FactSchema>
  items?: FactSchema
  additionalProperties?: unknown
}
const factSchema = JSON.parse(
  readFileSync(new URL('../schema/facts.schema.json', import.meta.url), 'utf8'),
) as FactSchema & { $defs: Record<string, FactSchema> }
const commonFacts = ['creancier', 'debiteur', 'agence', 'references', 'factures', 'totaux', 'date', 'droit']

// Facts that the layout and the blocks print without the body naming them.
const printed: Record<string, string[]> = {
  echeancier: ['echeancier'],
  pieces: ['piecesJointes'],
  paiement: ['lienPaiement'],
  decompte: ['tauxPenalites'],
  'decompte-termes': ['tauxPenalites'],
  segments: ['tauxPenalites'],
}

// Where the layout finds whom a letter goes to, when « adresse_a » does not say.
const addressees: Partial<Record<Letter['destinataire'], string[]>> = {
  caution: ['caution'],
  codebiteur: ['codebiteurs'],
  heritier: ['heritiers'],
  'commissaire-de-justice': ['commissaire'],
  greffe: ['tribunal'],
  juge: ['tribunal'],
  'mandataire-judiciaire': ['procedureCollective', 'plan'],
  administration: ['autorite', 'surendettement', 'tribunal'],
  tiers:
    'tiers notaire avocatCreancier avocatDebiteur tiersSaisi assurance assuranceCredit maitreOuvrage correspondant expert employeur cession garantie mediation comptes succession location registre'.split(
      ' ',
    ),
}

interface Use {
  root: string
  path: string[]
  line: number
}

/** Whether a section can be read as a template; a fault of syntax is named on its line. */
export function readable(section: Section, library: Library, add: Add): boolean {
  try {
    nodesOf(section.text, library)
    return true
  } catch (error) {
    if (!(error instanceof Error) || !('token' in error)) throw error
    const { token } = error as LiquidError
    add(section.line + (token.getPosition()[0] ?? 1) - 1, 'syntaxe', error.message.replace(/, (file|line):.*$/s, ''))
    return false
  }
}

const uses = new WeakMap<Section, Use[]>()

// The facts a readable section cites itself, clauses apart.
function usesOf(section: Section, library: Library): Use[] {
  const known = uses.get(section) ?? analysed(section, library)
  uses.set(section, known)
  return known
}

function analysed(section: Section, library: Library): Use[] {
  const nodes = nodesOf(section.text, library) as unknown as ReturnType<ReturnType<typeof engineOf>['parse']>
  const { globals } = engineOf(library).analyzeSync(nodes, { partials: false })
  return Object.entries(globals).flatMap(([root, uses]) =>
    uses.map((use) => ({
      root,
      path: use.segments.filter((part): part is string | number => typeof part !== 'object').map(String),
      line: section.line + use.location.row - 1,
    })),
  )
}

/** Keys of « donnees » that are no fact. */
export function checkDeclared({ letter, lineOf, add }: Subject): void {
  for (const key of letter.donnees) {
    if (!factSchema.properties?.[key])
      add(lineOf('donnees'), 'donnee-inconnue', `« ${key} » n'est pas dans schema/facts.schema.json`)
  }
}

/** Placeholders: unknown to schema/facts.schema.json, used and not declared, declared and not used. */
export function checkFacts({ letter, library, parts, lineOf, add }: Subject): void {
  const allowed = new Set([...commonFacts, ...letter.donnees])
  // « consentement » says that the letter does not leave without one, cited or not.
  const used = new Set([
    'devise',
    'consentement',
    ...(letter.adresse_a ? [letter.adresse_a] : (addressees[letter.destinataire] ?? [])),
  ])
  if (letter.canaux.some((channel) => channel === 'lrar' || channel === 'lre')) used.add('numeroRecommande')
  for (const { section } of parts) {
    for (const { root, path, line } of usesOf(section, library)) {
      used.add(root)
      const wrong = unknownPart(path)
      if (wrong) add(line, 'fait-inconnu', `« ${wrong} » n'est pas dans schema/facts.schema.json`)
      else if (!allowed.has(root)) add(line, 'fait-non-declare', `« ${root} » n'est pas dans « donnees » : ajoutez-le`)
    }
    for (const id of clausesOf(section.text, library)) {
      for (const { root } of usesOf(library.clauses.get(id)!.body, library)) used.add(root)
    }
    for (const match of section.text.matchAll(/\{%-?\s*bloc\s+'([\w-]+)'/g)) {
      for (const key of printed[match[1]!] ?? []) used.add(key)
    }
  }
  for (const key of letter.donnees) {
    if (factSchema.properties?.[key] && !used.has(key))
      add(lineOf('donnees'), 'donnee-inutilisee', `« ${key} » est déclaré et ne sert pas : citez-le ou ôtez-le`)
  }
}

/** Unknown facts of a clause. */
export function checkClauseFacts(section: Section, library: Library, add: Add): void {
  for (const { path, line } of usesOf(section, library)) {
    const wrong = unknownPart(path)
    if (wrong && path.length > 1) add(line, 'fait-inconnu', `« ${wrong} » n'est pas dans schema/facts.schema.json`)
  }
}

/** Clauses a text includes, those of its clauses too. */
export function clausesOf(text: string, library: Library, found = new Set<string>()): Set<string> {
  for (const id of renderedClauses(text)) {
    const clause = library.clauses.get(id)
    if (!clause || found.has(id)) continue
    found.add(id)
    clausesOf(clause.body.text, library, found)
  }
  return found
}

// The first part of a path that the published shape of the facts does not have.
function unknownPart(path: string[]): string | undefined {
  let node: FactSchema | undefined = factSchema
  for (let i = 0; i < path.length; i++) {
    node = resolveRef(node)
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

/** What the published shape of the facts says of a fact, « factures.0.objet »; nothing of one it does not have. */
export function shapeOf(path: string[]): FactSchema | undefined {
  let node: FactSchema | undefined = factSchema
  for (const part of path) {
    const of = resolveRef(node)
    node = of?.items ?? of?.properties?.[part]
  }
  return resolveRef(node)
}

function resolveRef(node: FactSchema | undefined): FactSchema | undefined {
  const name = node?.$ref?.split('/').pop()
  return name ? factSchema.$defs[name] : node
}
