import { readFileSync } from 'node:fs'
import { basesKnown, readingOf, type KnownBasis } from './bases.ts'
import { channels, familyWord, laws, recipients, stepWord, toneWord } from './words.ts'
import type { Library } from '../../letters/catalogue.ts'
import { nextOf, type Letter } from '../../letters/letter.ts'
import type { History } from '../../letters/replay.ts'
import { loadScenario, scenarioIds, type Scenario, type ScenarioStep } from '../../procedures/amicable/scenario.ts'
import { loadProcedure, procedureIds, type Procedure } from '../../procedures/judicial/engine/procedure.ts'
import type { Day } from '../../schema/days.ts'
import { parseYaml } from '../../schema/validate.ts'

/** Where a letter serves: a step of a scenario, or a paper of a procedure. */
export interface Use {
  page: string
  title: string
  role: string
}

/** All that the pages show, read once: letters in their order, and who speaks of whom. */
export interface Shelves {
  on: Day
  library: Library
  letters: Letter[]
  /** Null where there is no history to read. */
  history: History | null
  scenarios: Scenario[]
  procedures: Procedure[]
  uses: Map<string, Use[]>
  before: Map<string, Letter[]>
  clauseUses: Map<string, Letter[]>
  /** Where each article was read, by its key, the best reading first. */
  bases: Map<string, KnownBasis[]>
  /** Titles of letters that are announced and not yet written. */
  announced: Record<string, string>
}

export interface ShelvesOptions {
  library: Library
  on: Day
  history: History | null
}

/** Reads scenarios and procedures, and ties each to the letters it uses. */
export function readShelves({ library, on, history }: ShelvesOptions): Shelves {
  const letters = [...library.letters.values()].sort(byPlace)
  const scenarios = scenarioIds().map(loadScenario)
  const procedures = procedureIds().map(loadProcedure)
  const uses = new Map<string, Use[]>()
  const use = (id: string | null | undefined, entry: Use) => {
    if (id) uses.set(id, [...(uses.get(id) ?? []), entry])
  }
  for (const scenario of scenarios) {
    const entry = { page: `parcours/${scenario.id}.html`, title: scenario.titre }
    for (const step of scenario.etapes)
      for (const { letter, role } of stepLetters(step)) use(letter, { ...entry, role: `${step.jour}, ${role}` })
  }
  for (const procedure of procedures) {
    const entry = { page: `procedures/${procedure.id}.html`, title: procedure.titre }
    for (const { letter, role } of procedureLetters(procedure)) use(letter, { ...entry, role })
  }
  const before = new Map<string, Letter[]>()
  const clauseUses = new Map<string, Letter[]>()
  for (const letter of letters) {
    for (const next of nextOf(letter)) before.set(next, [...(before.get(next) ?? []), letter])
    for (const clause of letter.clauses) clauseUses.set(clause, [...(clauseUses.get(clause) ?? []), letter])
  }
  const bases = basesKnown(library, procedures)
  const situations = new URL('../../letters/situations.yaml', import.meta.url)
  const announced = parseYaml(readFileSync(situations, 'utf8'), 'letters/situations.yaml') as Record<string, string>
  return { on, library, letters, history, scenarios, procedures, uses, before, clauseUses, bases, announced }
}

/** The letters a step of a scenario sends, and for whom. */
export function stepLetters(step: ScenarioStep): { letter: string; role: string }[] {
  const each = (value: string | object | undefined, what: string) =>
    value === undefined
      ? []
      : typeof value === 'string'
        ? [{ letter: value, role: what }]
        : Object.entries(value as Record<string, string>).map(([kind, letter]) => ({
            letter,
            role: `${what}, ${kind}`,
          }))
  return [
    ...each(step.lettre, 'courrier de l’étape'),
    ...each(step.si_promesse, 'après une promesse non tenue'),
    ...(step.joindre ?? []).flatMap((joined) => each(joined, 'pièce jointe')),
    ...(step.prevenir
      ? [{ letter: step.prevenir.lettre, role: `avis au créancier, ${step.prevenir.avance} jours avant` }]
      : []),
  ]
}

/** The papers a procedure is made of. */
export function procedurePapers(procedure: Procedure): { letter: string; role: string }[] {
  return Object.values(procedure.dossiers ?? {}).flatMap(({ titre, papiers = [] }) =>
    papiers.flatMap(({ titre: paper, lettre }) =>
      typeof lettre === 'string'
        ? [{ letter: lettre, role: `${titre} : ${paper}` }]
        : Object.entries(lettre).map(([kind, letter]) => ({ letter, role: `${titre} : ${paper}, débiteur ${kind}` })),
    ),
  )
}

/** All its letters: its papers, and those that go with its steps. */
function procedureLetters(procedure: Procedure): { letter: string; role: string }[] {
  const around = procedure.etapes.flatMap((step) =>
    (step.courriers ?? []).map((letter) => ({ letter, role: step.titre })),
  )
  return [...procedurePapers(procedure), ...around]
}

export interface Facet {
  key: string
  title: string
  /** Folder of its pages: « familles/relance-cordiale.html ». */
  folder: string
  valuesOf(letter: Letter): string[]
  word(value: string): string
}

/** The ways into the library, in the order they are shown. */
export const facets: readonly Facet[] = [
  { key: 'famille', title: 'Famille', folder: 'familles', valuesOf: (letter) => [letter.famille], word: familyWord },
  { key: 'etape', title: 'Étape', folder: 'etapes', valuesOf: (letter) => [letter.etape], word: stepWord },
  {
    key: 'ton',
    title: 'Ton',
    folder: 'tons',
    valuesOf: (letter) => [String(letter.ton)],
    word: (tone) => `${tone}, ${toneWord(Number(tone))}`,
  },
  {
    key: 'destinataire',
    title: 'Destinataire',
    folder: 'destinataires',
    valuesOf: (letter) => [letter.destinataire],
    word: wordOf(recipients),
  },
  { key: 'canal', title: 'Canal', folder: 'canaux', valuesOf: (letter) => letter.canaux, word: wordOf(channels) },
  { key: 'droit', title: 'Droit', folder: 'droits', valuesOf: (letter) => [letter.droit], word: wordOf(laws) },
]

function wordOf(words: Record<string, string>): (value: string) => string {
  return (value) => words[value] ?? value
}

/** The values of a facet that have letters, with their letters, in the facet's own order. */
export function shelvesOf(facet: Facet, letters: readonly Letter[]): { value: string; letters: Letter[] }[] {
  const found = new Map<string, Letter[]>()
  for (const letter of letters)
    for (const value of facet.valuesOf(letter)) found.set(value, [...(found.get(value) ?? []), letter])
  const order = orders[facet.key] ?? []
  const rank = (value: string) => (order.includes(value) ? order.indexOf(value) : order.length)
  return [...found]
    .map(([value, list]) => ({ value, letters: list }))
    .sort((a, b) => rank(a.value) - rank(b.value) || (a.value < b.value ? -1 : 1))
}

// The order of a case's life, which is not that of the alphabet.
const familyOrder =
  `envoi-facture avant-echeance relance-cordiale appels visites relance-ferme mise-en-demeure dernier-avis
  engagements contestations recherche incidents-paiement garants-et-tiers procedures-collectives creancier injonction-de-payer
  saisie-bancaire saisie-conservatoire-biens petites-creances-refere-assignation cloture madagascar international
  rgpd-et-conformite commissaires-de-justice`.split(/\s+/)
const orders: Record<string, string[]> = {
  famille: familyOrder,
  etape:
    `envoi-facture avant-echeance relance mise-en-demeure negociation contestation recherche garantie procedure-collective
    relation-creancier judiciaire execution cloture`.split(/\s+/),
  destinataire: Object.keys(recipients),
  canal: Object.keys(channels),
  droit: Object.keys(laws),
}

function byPlace(a: Letter, b: Letter): number {
  const rank = (letter: Letter) =>
    familyOrder.includes(letter.famille) ? familyOrder.indexOf(letter.famille) : familyOrder.length
  return (
    rank(a) - rank(b) ||
    (a.famille < b.famille ? -1 : a.famille > b.famille ? 1 : 0) ||
    a.ton - b.ton ||
    (a.id < b.id ? -1 : 1)
  )
}

/** A letter's legal bases, each with where and when its article was read. */
export function basesOf(
  shelves: Shelves,
  letter: Letter,
): { article: string; doubtful: boolean; known: KnownBasis | undefined }[] {
  const own = new Set(letter.clauses.map((id) => `clauses/${id}.html`))
  return letter.bases.map((basis) => {
    const doubtful = /\?\s*$/.test(basis)
    const article = basis.replace(/\s*\?\s*$/, '')
    return { article, doubtful, known: readingOf(shelves.bases, article, own) }
  })
}
