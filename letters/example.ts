import { readFileSync } from 'node:fs'
import { parseYaml } from '../schema/validate.ts'
import type { Letter } from './letter.ts'

const folder = new URL('./examples/', import.meta.url)
const cache = new Map<string, Record<string, unknown>>()

function read(name: string): Record<string, unknown> {
  let facts = cache.get(name)
  if (!facts) {
    facts = parseYaml(readFileSync(new URL(name, folder), 'utf8'), `letters/examples/${name}`) as Record<
      string,
      unknown
    >
    cache.set(name, facts)
  }
  return facts
}

/**
 * Facts that the letter can be tried with: an ordinary case of its kind, and a sample of each of its « donnees ». A
 * letter that may be the first one is shown as the first one. `droit` is the caller's to add.
 */
export function exampleFacts(letter: Letter): Record<string, unknown> {
  const { facts, samples } = structuredClone(kindOf(letter.exemple ?? caseOf(letter)))
  const wanted = new Set([...letter.donnees, ...addressees(letter)])
  if (letter.premiere_lettre !== 'jamais') wanted.delete('premiereLettre')
  for (const key of wanted) if (samples[key] !== undefined) facts[key] ??= samples[key]
  return facts
}

/** The four ways a letter is tried: as usual, too long, with nothing it can do without, and with names that attack it. */
export type ExampleSet = 'good' | 'long' | 'missing' | 'hostile'
export const exampleSets: readonly ExampleSet[] = ['good', 'long', 'missing', 'hostile']

function caseOf(letter: Letter): string {
  if (letter.droit === 'MG') return 'madagascar'
  const judged = letter.donnees.some((key) => judicial.has(key))
  if (letter.destinataire === 'debiteur-professionnel') return judged ? 'poursuite' : 'professionnel'
  if (letter.destinataire === 'debiteur-consommateur' || /particulier|consommateur/.test(letter.id))
    return judged ? 'poursuite-particulier' : 'consommateur'
  if (letter.destinataire === 'debiteur-public' || /-public(-|$)/.test(letter.id)) return 'public'
  return judged ? 'poursuite' : 'professionnel'
}

/** What a letter cites once a judge was asked: its case is then old enough for a judgment, and its service, to be behind it. */
const judicial = new Set(
  'requete audience ordonnance decision titre signification opposition acquiescement mesure'.split(' '),
)

interface Kind {
  facts: Record<string, unknown>
  samples: Record<string, unknown>
}

// A file of a kind says what differs from the kind it is like (`comme`), and from the samples (`donnees`); null takes away.
function kindOf(name: string): Kind {
  const { comme, donnees, ...facts } = read(`${name}.yaml`)
  const like = typeof comme === 'string' ? kindOf(comme) : { facts: {}, samples: read('donnees.yaml') }
  return { facts: over(like.facts, facts), samples: over(like.samples, donnees) }
}

function over(base: Record<string, unknown>, changes: unknown): Record<string, unknown> {
  const result = { ...base }
  if (!isObject(changes)) return result
  for (const [key, value] of Object.entries(changes)) {
    const was = base[key]
    if (value === null) delete result[key]
    else result[key] = isObject(was) && isObject(value) ? over(was, value) : value
  }
  return result
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const addressedBy: Partial<Record<Letter['destinataire'], string>> = {
  caution: 'caution',
  codebiteur: 'codebiteurs',
  heritier: 'heritiers',
  'commissaire-de-justice': 'commissaire',
  greffe: 'tribunal',
  juge: 'tribunal',
  'mandataire-judiciaire': 'procedureCollective',
  administration: 'autorite',
  tiers: 'tiers',
}

function addressees(letter: Letter): string[] {
  const key = letter.adresse_a ?? addressedBy[letter.destinataire]
  return key ? [key] : []
}
