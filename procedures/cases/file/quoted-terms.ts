import { loadLibrary } from '../../../letters/catalogue.ts'
import type { Day } from '../../../schema/days.ts'
import type { Doubt } from '../../../schema/errors.ts'
import { termDoubts } from '../../law/terms.ts'

/** What a letter of that day quotes of the dated law (`droit.…`, its clauses included) and nobody has confirmed. */
export function quotedDoubts(letterId: string, on: Day): Doubt[] {
  const library = loadLibrary()
  const letter = library.letters.get(letterId)
  if (!letter || letter.droit === 'MG') return []
  const texts = [letter.source, ...letter.clauses.map((id) => library.clauses.get(id)?.text ?? '')]
  const quoted = new Set(texts.flatMap((text) => [...text.matchAll(/\bdroit\.(\w+)/g)].map(([, key]) => key!)))
  const doubts = termDoubts(on)
  return [...quoted].flatMap((key) => doubts[key] ?? [])
}
