import type { Day } from '../../schema/days.ts'
import type { Doubt } from '../../schema/errors.ts'
import { findEntry, lawEntries } from './values.ts'

/** The `droit` block of a letter's facts: words and articles in force that day. Keys are listed in fr/termes.yaml. */
export function lawTerms(on: Day): Record<string, string | boolean> {
  const terms: Record<string, string | boolean> = {}
  for (const { qualifier: key } of lawEntries('termes')) {
    const value = findEntry('termes', on, key)?.value
    if (value != null) terms[key] = value === 'true' || value === 'false' ? value === 'true' : value
  }
  return terms
}

/** What is not confirmed among those words on that day, by key. */
export function termDoubts(on: Day): Record<string, Doubt> {
  const doubts: Record<string, Doubt> = {}
  for (const { qualifier: key } of lawEntries('termes')) {
    const doubt = findEntry('termes', on, key)?.doubt
    if (doubt) doubts[key] = doubt
  }
  return doubts
}
