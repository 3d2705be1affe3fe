import { readFileSync } from 'node:fs'
import { DomainError } from '../schema/errors.ts'
import { amount, parseAmount, sum } from '../schema/money.ts'

type Facts = Record<string, unknown>

interface Schema {
  $ref?: string
  type?: string | string[]
  enum?: string[]
  pattern?: string
  maxLength?: number
  required?: string[]
  properties?: Record<string, Schema>
  items?: Schema
}
const root = JSON.parse(readFileSync(new URL('../schema/facts.schema.json', import.meta.url), 'utf8')) as Schema & {
  $defs: Record<string, Schema>
}

const named = (schema: Schema | undefined): string | undefined => schema?.$ref?.slice('#/$defs/'.length)
const resolved = (schema: Schema | undefined): Schema => root.$defs[named(schema) ?? ''] ?? schema ?? {}

interface Place {
  key: string
  path: string
  schema: Schema
  /** The object that holds the value. */
  parent: Facts
}

/** The facts with each text that the schema knows replaced by what `change` makes of it. */
function mapTexts(
  value: unknown,
  schema: Schema | undefined,
  change: (text: string, place: Place) => string,
  place?: Place,
): unknown {
  const known = resolved(schema)
  if (typeof value === 'string' && place) return change(value, { ...place, schema: known })
  if (Array.isArray(value)) {
    return value.map((item, i) => mapTexts(item, known.items, change, { ...place!, path: `${place!.path}.${i}` }))
  }
  if (typeof value !== 'object' || value === null) return value
  const parent = value as Facts
  return Object.fromEntries(
    Object.entries(parent).map(([key, item]) => {
      const path = place ? `${place.path}.${key}` : key
      // What the law says on that day is ours, not a case's.
      const next =
        key === 'droit' && !place
          ? item
          : mapTexts(item, known.properties?.[key], change, { key, path, schema: known, parent })
      return [key, next]
    }),
  )
}

/** Whether a case may hold any words there: neither an amount, a day or a rate, nor a word of a list, nor an account. */
function isFree({ key, schema }: Place): boolean {
  return (
    schema.type === 'string' &&
    !schema.enum &&
    !schema.pattern &&
    !('format' in schema) &&
    !['iban', 'bic', 'code'].includes(key)
  )
}

/** Every free text of a case replaced by what `make` gives for it, its place and its greatest length; the rest untouched. */
export function withTexts(facts: Facts, make: (text: string, path: string, maxLength: number) => string): Facts {
  return mapTexts(facts, root, (text, place) =>
    isFree(place) && text !== '' ? make(text, place.path, place.schema.maxLength ?? 4000) : text,
  ) as Facts
}

/** Names of every trade that reads what we print: Typst, Markdown, Liquid, HTML, Word, spreadsheets, shells. */
export const attacks: readonly string[] = [
  '#panic("x") *b* $x$ <b>@ref',
  '<script>alert(1)</script> & &amp; "\'x',
  '{{ x }} {% raw %} {% if y %} {{ "z" }} {#',
  '[a](javascript:1) ![i](u) `c` _s_ ~~d~~',
  '\\ \\# --- | a | 1. > # T ## sms',
  ']] [[corps]] ${x} $& $1 %s #{x}',
  '#eval("1") #read("/etc/passwd") @preview',
  '</w:t></w:r> {ligne} {#corps} {@raw}',
  '=1+1|cmd ; DROP TABLE x -- /* */ //',
  '#set page(width: 1pt) ]; [*] <label> ~',
]

/** A case whose every name, place and reason is written to be taken for markup; names all carry the first attack. */
export function hostileFacts(facts: Facts): Facts {
  let count = 0
  return withTexts(facts, (_text, path, maxLength) => {
    const attack = path.endsWith('.nom') ? attacks[0]! : attacks[1 + (count++ % (attacks.length - 1))]!
    return attack.slice(0, maxLength).trim()
  })
}

const company = 'Établissements électromécaniques et frigorifiques du Grand Sud-Ouest réunis, Vaillant & Fils'
const person = 'Marie-Alexandrine de La Rochefoucauld-Montesquieu'
const street = [
  'Entrée B, escalier 12, appartement 1204',
  'Résidence du Parc de la Tête d’Or',
  '1242 bis avenue du Maréchal de Lattre',
  'Lieu-dit Les Quatre-Chemins-du-Moulin',
]
const town = 'SAINT-REMY-EN-BOUZEMONT-SAINT-GENEST-ET-ISSON'
const mailbox = 'comptabilite.fournisseurs.sud-ouest@etablissements-electromecaniques.example.fr'

/** A case as large as they come: long names and addresses, eight invoices with their interest, sums of seven figures. */
export function longFacts(facts: Facts): Facts {
  const long = mapTexts(facts, root, (text, { key, schema, parent, path }) => {
    if (schema === root.$defs.montant) return /^-?0+\.00$/.test(text) ? text : '1234567.89'
    if (key === 'lignes' && parent.ville !== undefined) return text
    if (key === 'nom' || key === 'denomination')
      return parent.adresse || parent.formeJuridique || path === 'agence.nom' ? company : person
    if (key === 'ville' && parent.lignes) return town
    return key === 'email' ? mailbox : text
  }) as Facts
  stretch(long)
  for (const [key, list] of Object.entries(long)) if (Array.isArray(list) && list.length > 0) long[key] = eight(list)
  const plan = long.echeancier as { lignes?: unknown[] } | undefined
  if (plan?.lignes?.length) plan.lignes = eight(plan.lignes).map((line, i) => ({ ...(line as Facts), rang: i + 1 }))
  return withAccount(long, facts)
}

// Addresses are as long as an envelope allows: four lines of 38 characters, and the longest name of a French town.
function stretch(value: unknown): void {
  if (typeof value !== 'object' || value === null) return
  if ('lignes' in value && 'ville' in value) value.lignes = street
  for (const inner of Object.values(value)) stretch(inner)
}

const eight = (list: unknown[]): unknown[] =>
  Array.from({ length: 8 }, (_, i) => structuredClone(list[i % list.length]))

function withAccount(long: Facts, before: Facts): Facts {
  const invoices = long.factures as Facts[] | undefined
  if (!invoices?.length) return long
  invoices.forEach((invoice, i) => {
    invoice.numero = `FACT-2026-GRAND-SUD-OUEST-${String(442 + i).padStart(8, '0')}`
    if (invoice.objet) invoice.objet = 'Fourniture, pose et mise en service de cent groupes frigorifiques, lot n° 12'
  })
  const totals = long.totaux as (Facts & { segments?: Facts[] }) | undefined
  if (!totals) return long
  const principal = sum(invoices.map((invoice) => parseAmount(String(invoice.solde))))
  const charged = ['interets', 'indemnite', 'penalite', 'frais'].map((key) => {
    const old = (before.totaux as Facts)[key] as string | undefined
    if (old === undefined || parseAmount(old) === 0n) return 0n
    const value = key === 'indemnite' ? parseAmount(old) * 8n : 12_345_678n
    totals[key] = amount(value)
    return value
  })
  totals.principal = amount(principal)
  totals.total = amount(principal + sum(charged))
  if (totals.segments?.length) {
    const [segment] = totals.segments
    totals.segments = invoices.map(({ numero }) => ({ ...segment, facture: numero }))
  }
  return long
}

/**
 * The fewest facts the letter prints with, and the keys it asked for one by one. `print` must refuse as `fill` does,
 * with missing_fact naming the key; refuses in turn with missing_fact a key that the whole facts lack too.
 */
export function leastFacts(facts: Facts, print: (facts: Facts) => void): { facts: Facts; needed: string[] } {
  const least = pruned(facts, root) as Facts
  if (facts.droit !== undefined) least.droit = facts.droit
  const needed: string[] = []
  for (;;) {
    try {
      print(least)
      break
    } catch (error) {
      if (!(error instanceof DomainError) || error.code !== 'missing_fact') throw error
      const key = String(error.facts['key'])
      if (needed.length > 200 || !restore(least, facts, key)) throw error
      needed.push(key)
    }
  }
  // What was asked for early may be of no use once something else is there.
  const kept = needed.filter((key) => {
    const less = withoutFact(least, key)
    try {
      print(less)
    } catch {
      return true
    }
    for (const root of Object.keys(least)) if (!(root in less)) delete least[root]
    Object.assign(least, less)
    return false
  })
  return { facts: least, needed: [...new Set(kept)] }
}

/** The facts without the one of that path, « promesse.date ». */
export function withoutFact(facts: Facts, key: string): Facts {
  const copy = structuredClone(facts)
  const parts = key.split('.')
  const last = parts.pop()!
  let holder: Facts | undefined = copy
  for (const part of parts) holder = holder?.[part] as Facts | undefined
  if (holder) delete holder[last]
  return copy
}

// Only what the schema requires.
function pruned(value: unknown, schema: Schema | undefined): unknown {
  const { properties, required = [] } = resolved(schema)
  if (typeof value !== 'object' || value === null || Array.isArray(value) || !properties) return structuredClone(value)
  const facts = value as Facts
  return Object.fromEntries(
    required.filter((key) => key in facts).map((key) => [key, pruned(facts[key], properties[key])]),
  )
}

/** Puts back one fact, « promesse.date »; a list whole; a fact that is there but not enough, whole too. False if it cannot. */
function restore(least: Facts, whole: Facts, key: string): boolean {
  let [target, source, schema]: [Facts, Facts, Schema] = [least, whole, root]
  const parts = key.split(/[.[\]]+/).filter(Boolean)
  for (const [i, part] of parts.entries()) {
    const value = source[part]
    if (value === undefined) return false
    const inner = resolved(schema).properties?.[part]
    const last = i === parts.length - 1
    if (last || typeof value !== 'object' || value === null || Array.isArray(value)) {
      const was = JSON.stringify(target[part])
      target[part] = target[part] === undefined && last ? pruned(value, inner) : structuredClone(value)
      if (JSON.stringify(target[part]) === '{}') target[part] = structuredClone(value)
      return was !== JSON.stringify(target[part])
    }
    target[part] ??= pruned(value, inner)
    ;[target, source, schema] = [target[part] as Facts, value as Facts, inner ?? {}]
  }
  return false
}
