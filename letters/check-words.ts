import type { Entry } from './check-lexicon.ts'
import type { Letter } from './letter.ts'

const seam = /[,;:.!?()«»–—\n]/

/** The clause of the sentence around a place: what a negation or a conditional there governs. */
export function clauseAround(text: string, at: number, length: number): string {
  let [from, to] = [at, at + length]
  while (from > 0 && !seam.test(text[from - 1]!)) from--
  while (to < text.length && !seam.test(text[to]!)) to++
  return text.slice(from, to)
}

const negative =
  /(?<![\p{L}])(aucune?s?|sans|ni|jamais|nulle?s?|nullement|hormis|gratuit\p{L}*)(?![\p{L}])|(?<![\p{L}])(ne|n['’]).*?(?<![\p{L}])(pas|aucune?s?|rien|jamais|ni|plus|point|personne)(?![\p{L}])/iu

/** Whether words deny what they speak of: « aucuns frais », « n'est pas un acte ». */
export const denies = (words: string): boolean => negative.test(words)

const conditionalVerb =
  /\p{L}{2,}(rait|raient|rais|rions|riez)(?![\p{L}])|(?<![\p{L}])(peut|peuvent|pouvez|pourra|pourront|possible|possibles|éventuel\p{L}*|envisag\p{L}*)(?![\p{L}])/iu

/** Whether words name a possibility, not a fact. */
export const supposes = (words: string): boolean => conditionalVerb.test(words)

/** Whether the letter's legal bases make it say this word, or its law gives the word another sense. */
export function allowedTo(letter: Letter, entry: Entry): boolean {
  const bases = letter.bases.map((base) => base.replaceAll(' ', ''))
  return (
    entry.sauf_droit.includes(letter.droit) ||
    entry.permis_par.some((permitted) => bases.some((base) => base.includes(permitted)))
  )
}

/** The reason of a fault and its article, as the end of a message. */
export function because({ raison, article }: Entry): string {
  return [raison ? ` : ${raison}` : '', article ? ` (${article})` : ''].join('')
}
