import { readFileSync } from 'node:fs'
import type { Facts } from '../../../documents/facts.ts'
import { fill } from '../../../documents/rendering/fill.ts'
import { letterOf, loadLibrary } from '../../../letters/catalogue.ts'
import { exampleFacts } from '../../../letters/example.ts'
import type { Channel, Letter } from '../../../letters/letter.ts'
import type { Day } from '../../../schema/days.ts'
import type { Sql } from '../../../schema/db.ts'
import { DomainError } from '../../../schema/errors.ts'
import { amount } from '../../../schema/money.ts'
import { readAgency } from '../../cases/agency.ts'
import { caseFacts } from '../../cases/file/facts.ts'
import type { CaseFile } from '../../cases/file/file.ts'
import { payableOn } from '../../money/ledger.ts'
import { branchOf, type Court } from '../../law/court.ts'
import { type Dossier, loadProcedure, type Paper, procedureIds } from '../engine/procedure.ts'

/** Facts that a person may give for the papers of a procedure: those the case does not compute itself. */
export type GivenFacts = Record<string, unknown>

// Sums, parties and exhibits come from the rows: a paper that said otherwise would not be the case's.
const computed = new Set(
  `date creancier debiteur agence references factures totaux droit premiereLettre relancesAnterieures actionsRealisees
  tauxPenalites paiementsRecus piecesJointes consentement prescription mandat miseEnDemeure`.split(/\s+/),
)

/** Said by the case alone, for any letter. */
export const isComputed = (key: string): boolean => computed.has(key)

const schema = JSON.parse(readFileSync(new URL('../../../schema/facts.schema.json', import.meta.url), 'utf8')) as {
  properties: Record<string, { description?: string }>
}

/** DomainError `bad_facts` for a fact that letters do not know, or that the case computes itself. */
export function requireGivable(given: GivenFacts): void {
  const unknown = Object.keys(given).filter((key) => !(key in schema.properties))
  const own = Object.keys(given).filter((key) => computed.has(key))
  if (unknown.length === 0 && own.length === 0) return
  throw new DomainError(
    'bad_facts',
    unknown.length > 0
      ? `Ces données ne sont pas de celles que citent les courriers : ${unknown.join(', ').slice(0, 200)}.`
      : `Le dossier calcule lui-même ces données : ${own.join(', ')}.`,
    {
      remedy: 'Donnez seulement des clés de schema/facts.schema.json que le dossier ne connaît pas (titre, comptes…).',
    },
  )
}

/** What threatens the claim, as a person writes it, line by line: letters join them into one sentence (« … ; … »). */
export function withoutFullStops(given: GivenFacts): GivenFacts {
  const threat = given['menaceRecouvrement'] as Record<string, unknown> | undefined
  if (!threat) return given
  const plain = (value: unknown): unknown => (typeof value === 'string' ? value.replace(/\s*[.;]\s*$/, '') : value)
  const lines = Object.entries(threat).map(([key, value]) => [key, Array.isArray(value) ? value.map(plain) : value])
  return { ...given, menaceRecouvrement: Object.fromEntries(lines) }
}

/** The letter of a paper for this kind of court, and for the measure that it is about. */
export function letterOfPaper(paper: Paper, court: Court, { mesure }: Partial<Facts>): Letter {
  const type = (mesure as { type?: string } | undefined)?.type ?? ''
  const ofGoods = procedureIds().includes(type) && loadProcedure(type).saisie?.biens === 'oui'
  const lettre = (ofGoods ? paper.lettre_biens : undefined) ?? paper.lettre
  const id = typeof lettre === 'string' ? lettre : (lettre[branchOf(court)] ?? lettre.judiciaire)
  return letterOf(loadLibrary(), id)
}

/** A paper is an act where its letter can be one, else a form, else a letter on the agency's paper. */
export function channelOfPaper(letter: Letter): 'acte-prive' | 'formulaire' | 'lettre' | 'lrar' {
  const known = ['acte-prive', 'formulaire', 'lettre', 'lrar'] as const
  return known.find((channel) => letter.canaux.includes(channel)) ?? 'lettre'
}

/** What the case knows of the insolvency, as letters say it; a person gives the names of those in charge. */
export function insolvencyFacts(file: CaseFile, onDay: Day, given: GivenFacts): Partial<Facts> {
  const [opened] = file.insolvencies
  if (!opened) return {}
  const owed = payableOn(file, onDay)
  return {
    procedureCollective: {
      nature: opened.nature,
      jugement: opened.openedOn.toString(),
      ...(opened.publishedOn ? { bodacc: opened.publishedOn.toString() } : {}),
      ...(given.procedureCollective as object | undefined),
    },
    declaration: {
      date: onDay.toString(),
      montantEchu: amount(owed.total),
      total: amount(owed.total),
      ...(given.declaration as object | undefined),
    },
  } as Partial<Facts>
}

export async function bailiffFacts(sql: Sql, bailiffId: string | undefined): Promise<Partial<Facts>> {
  if (bailiffId === undefined) return {}
  const [bailiff] = await sql<{ name: string; identity: Record<string, unknown> }[]>`
    select name, identity from bailiffs where id = ${bailiffId}`
  if (bailiff) return { commissaire: { etude: bailiff.name, ...bailiff.identity } } as Partial<Facts>
  throw new DomainError('bailiff_not_found', "Cette étude n'existe pas.", {
    remedy: 'Enregistrez-la (createBailiff), ou vérifiez son identifiant.',
  })
}

/**
 * Every fact that the papers of a pack need and nobody gave, found by writing them on trial with examples in the gaps:
 * one refusal names them all. DomainError `facts_missing`.
 */
export async function requireFacts(
  sql: Sql,
  onDay: Day,
  file: CaseFile,
  dossier: Dossier,
  court: Court,
  more: Partial<Facts>,
): Promise<void> {
  const agency = await readAgency(sql)
  const references = { lettre: 'essai', code: 'ESSAI', adresseReponse: '-', adresseVerification: '-' }
  const lacking = new Map<string, string>()
  for (const paper of dossier.papiers ?? []) {
    const letter = letterOfPaper(paper, court, more)
    const facts = caseFacts(file, agency, onDay, references as Facts['references'], more)
    for (const key of lackingOf(letter, facts, channelOfPaper(letter))) lacking.set(key, paper.titre)
  }
  if (lacking.size === 0) return
  const told = [...lacking].map(([key, paper]) => `${factInWords(key)} (${paper})`)
  throw new DomainError('facts_missing', `Il manque de quoi écrire ce dossier : ${told.join(' ; ')}.`, {
    remedy:
      'Donnez ces faits avec la demande (facts), et l’étude chargée de la mission (bailiffId) quand il manque « commissaire ».',
    facts: { missing: [...lacking.keys()] },
  })
}

/** « titre.date », with what the schema of letters says of it. */
export function factInWords(key: string): string {
  const meaning = factMeaning(key)
  return `« ${key} »${meaning ? `, ${meaning}` : ''}`
}

export const factMeaning = (key: string): string | null => schema.properties[key.split('.')[0]!]?.description ?? null

/** The facts that a letter cannot be written without and that are not there, found by writing it on trial. */
export function lackingOf(letter: Letter, facts: Facts, channel: Channel): string[] {
  const library = loadLibrary()
  const example = exampleFacts(letter)
  const trial = structuredClone(facts) as Record<string, unknown>
  const lacking: string[] = []
  for (;;) {
    try {
      fill(library, letter, trial, channel)
      return lacking
    } catch (error) {
      const key = error instanceof DomainError && error.code === 'missing_fact' ? String(error.facts['key']) : null
      if (key === null || lacking.includes(key) || !borrow(trial, example, key)) throw error
      lacking.push(key)
    }
  }
}

/** Puts the example's fact where one is missing: « titre.date » alone where the rest is known, so that each gap is named. */
function borrow(trial: Record<string, unknown>, example: Record<string, unknown>, key: string): boolean {
  const [root = '', ...path] = key.split(/[.[\]]+/).filter(Boolean)
  if (example[root] === undefined) return false
  if (path.length === 0 || typeof trial[root] !== 'object' || trial[root] === null || Array.isArray(trial[root])) {
    trial[root] = structuredClone(example[root])
    return true
  }
  const [part = '', ...deeper] = path
  const value = (example[root] as Record<string, unknown>)[part]
  const known = (trial[root] as Record<string, unknown>)[part]
  trial[root] =
    deeper.length === 0 && value !== undefined && known === undefined
      ? { ...trial[root], [part]: structuredClone(value) }
      : { ...(structuredClone(example[root]) as object), ...trial[root] }
  return true
}
