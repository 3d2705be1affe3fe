import { loadLibrary, type Library } from '../../letters/catalogue.ts'
import { exampleFacts, type ExampleSet } from '../../letters/example.ts'
import { hostileFacts, leastFacts, longFacts } from '../../letters/example-sets.ts'
import type { Letter } from '../../letters/letter.ts'
import { fill } from './fill.ts'

/** Facts to try a letter with, of one of the four sets. `law` gives the words of the law of a day (`lawTerms`). */
export function exampleOf(
  letter: Letter,
  set: ExampleSet,
  law: (day: string) => unknown,
  library?: Library,
): Record<string, unknown> {
  const facts = exampleFacts(letter)
  facts.droit ??= law(String(facts.date))
  if (set === 'long') return longFacts(facts)
  if (set === 'hostile') return hostileFacts(facts)
  return set === 'missing' ? leastOf(library ?? loadLibrary(), letter, facts).facts : facts
}

/** The fewest facts each channel of the letter prints with, and the keys without which it refuses. */
export function leastOf(
  library: Library,
  letter: Letter,
  facts: Record<string, unknown>,
): { facts: Record<string, unknown>; needed: string[] } {
  return leastFacts(facts, (least) => {
    for (const channel of letter.canaux) fill(library, letter, least, channel)
  })
}
