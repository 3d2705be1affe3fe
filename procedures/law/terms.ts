import type { Day } from '../../schema/days.ts'
import type { Doubt } from '../../schema/errors.ts'
import { findEntry, lawEntries } from './values.ts'

/** The `droit` block of a letter's facts: words and articles in force that day. Keys are listed in fr/termes.yaml. */
export const lawTerms = (on: Day): Record<string, string | boolean> => terms('termes', on)

function terms(id: string, on: Day): Record<string, string | boolean> {
  const found: Record<string, string | boolean> = {}
  for (const { qualifier: key } of lawEntries(id)) {
    const value = findEntry(id, on, key)?.value
    if (value != null) found[key] = value === 'true' || value === 'false' ? value === 'true' : value
  }
  return found
}

/** The same for a Malagasy case, as far as its words are known (mg/mg-termes.yaml): no French article stands in for one. */
export const malagasyTerms = (on: Day): Record<string, string | boolean> => terms('mg-termes', on)

/** What is not confirmed among those words on that day, by key. */
export function termDoubts(on: Day): Record<string, Doubt> {
  const doubts: Record<string, Doubt> = {}
  for (const { qualifier: key } of lawEntries('termes')) {
    const doubt = findEntry('termes', on, key)?.doubt
    if (doubt) doubts[key] = doubt
  }
  return doubts
}
