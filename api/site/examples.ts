import type { Shelves } from './shelves.ts'
import { fill, type FilledLetter } from '../../documents/rendering/fill.ts'
import { exampleOf } from '../../documents/rendering/example.ts'
import type { ExampleSet } from '../../letters/example.ts'
import { leastFacts, withoutFact } from '../../letters/example-sets.ts'
import { sectionFor, type Channel, type Letter } from '../../letters/letter.ts'
import { lawTerms } from '../../procedures/law/terms.ts'
import { parseDay } from '../../schema/days.ts'
import { DomainError } from '../../schema/errors.ts'

type Facts = Record<string, unknown>
export type Filled = FilledLetter | DomainError

/** The channel a letter is printed for; none for one that only goes by e-mail or SMS. */
export const paperChannel = (letter: Letter): Channel | undefined =>
  letter.canaux.find((channel) => channel !== 'sms' && channel !== 'email')

const ordinary = new WeakMap<Letter, Map<Channel, Filled>>()

/** The letter filled with its ordinary example, once for all that show it; or why it does not fill. */
export function ordinaryLetter(shelves: Shelves, letter: Letter, channel: Channel): Filled {
  const known = ordinary.get(letter) ?? new Map<Channel, Filled>()
  ordinary.set(letter, known)
  const found = known.get(channel) ?? filledWith(shelves, letter, factsOf(shelves, letter, 'good'), channel)
  known.set(channel, found)
  return found
}

export const factsOf = ({ library }: Shelves, letter: Letter, set: ExampleSet): Facts =>
  exampleOf(letter, set, termsOf, library)

/** The letter with those facts, or why it does not fill. */
export const filledWith = ({ library }: Shelves, letter: Letter, facts: Facts, channel: Channel): Filled =>
  orRefusal(() => fill(library, letter, facts, channel))

export interface Least {
  facts: Facts
  /** The keys that the letter asked for, beyond what every letter has. */
  needed: string[]
  /** What the letter answers when the last of them is not there. */
  refusal: DomainError | undefined
}

/** The fewest facts the letter prints with, and how it refuses fewer; or why even all its facts are not enough. */
export function leastFactsOf(shelves: Shelves, letter: Letter): Least | DomainError {
  return orRefusal(() => {
    const channels = tryingChannels(letter)
    const { facts, needed } = leastFacts(factsOf(shelves, letter, 'good'), (least) => {
      for (const channel of channels) fill(shelves.library, letter, least, channel)
    })
    const last = needed.at(-1)
    const fewer = last === undefined ? undefined : withoutFact(facts, last)
    const answers = fewer ? channels.map((channel) => filledWith(shelves, letter, fewer, channel)) : []
    return { facts, needed, refusal: answers.find((answer) => answer instanceof DomainError) }
  })
}

// One channel for each text of the letter: on paper, which wants an address too, where it goes on paper.
function tryingChannels(letter: Letter): Channel[] {
  const onPaper = (channel: Channel) => channel === 'lettre' || channel === 'lrar'
  const ordered = letter.canaux.toSorted((a, b) => Number(onPaper(a)) - Number(onPaper(b)))
  return [...new Map(ordered.map((channel) => [sectionFor(letter, channel), channel])).values()]
}

/** What it makes, or the refusal, to be shown in its place. */
export function orRefusal<T>(work: () => T): T | DomainError {
  try {
    return work()
  } catch (error) {
    if (error instanceof DomainError) return error
    throw error
  }
}

const terms = new Map<string, Record<string, string | boolean>>()
function termsOf(day: string): Record<string, string | boolean> {
  const known = terms.get(day) ?? lawTerms(parseDay(day))
  terms.set(day, known)
  return known
}
