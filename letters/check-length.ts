import type { Library } from './catalogue.ts'
import { filledOf } from './check-filled.ts'
import { clauseAt, lineAt, type Prose } from './check-prose.ts'
import { sentencesOf } from './check-sentences.ts'
import { isSms, type Add, type Subject } from './check-subject.ts'
import type { Section } from './letter.ts'

type Facts = Record<string, unknown>
const limits = { objet: 120, sms: 306, words: 40 }

/** Lengths of what is read, filled with the example and with cases that take the other branches of its conditions. */
export function checkLengths(subject: Subject, facts: Facts): void {
  const { parts, library, add } = subject
  const cases = variants(subject, facts)
  const seen = new Set<number>()
  for (const { name, section } of parts) {
    let longest = 0
    for (const each of cases) {
      const prose = filledOf(section, library, each)
      longest = Math.max(longest, Array.from(prose.text.replace(/\s+/g, ' ').trim()).length)
      if (name !== 'objet')
        checkSentences(prose, (line, rule, message) => !seen.has(line) && seen.add(line) && add(line, rule, message))
    }
    if (name === 'objet' && longest > limits.objet)
      add(section.line, 'objet-trop-long', `${longest} caractères une fois rempli ; ${limits.objet} au plus`)
    if (isSms(subject, name) && longest > limits.sms)
      add(section.line, 'sms-trop-long', `${longest} caractères une fois rempli ; ${limits.sms} au plus`)
  }
}

// The example; and a case that takes the other branches: three invoices, the first letter sent, a consumer of whom
// little else is known.
function variants({ letter, parts }: Subject, facts: Facts): Facts[] {
  const invoices = Array.isArray(facts.factures) ? facts.factures : []
  const tested = new Set<string>()
  for (const { section } of parts) {
    for (const match of section.text.matchAll(/\{%-?\s*(?:els)?if\s+([^%]*)%\}/g))
      for (const word of match[1]!.matchAll(/[a-z][A-Za-z0-9]*/g)) tested.add(word[0])
  }
  const other: Facts = { ...facts, factures: [...invoices, ...invoices, ...invoices] }
  for (const key of letter.donnees) if (tested.has(key)) delete other[key]
  other.premiereLettre = facts.premiereLettre ?? { reference: '2026-0117/1', date: facts.date }
  if (letter.destinataire === 'debiteur') other.debiteur = { ...(facts.debiteur as object), type: 'consommateur' }
  return [facts, other]
}

// Sentences of more than forty words; those that a clause makes alone are faults of the clause.
function checkSentences(prose: Prose, add: Add, ofClause = false): void {
  for (const { text, at } of sentencesOf(prose)) {
    if (!ofClause && clauseAt(prose, at) !== undefined && clauseAt(prose, at) === clauseAt(prose, at + text.length - 1))
      continue
    const words = wordsOf(text)
    if (words.length <= limits.words) continue
    const opening = words.slice(0, 6).join(' ')
    add(
      lineAt(prose, at),
      'phrase-longue',
      `${words.length} mots (« ${opening}… ») ; ${limits.words} au plus : coupez-la`,
    )
  }
}

// What stands between spaces and holds a letter or a figure; « 1 242,00 € » is one word.
function wordsOf(text: string): string[] {
  return text
    .replace(/(?<=\d)[\u202f\u00a0 ](?=\d{3}(?!\d))/g, '')
    .split(/[\s\u00a0\u202f\u200b]+/)
    .filter((word) => /[\p{L}\p{N}]/u.test(word))
}

/** A clause on its own, filled with everything there is. */
export function checkClauseLengths(section: Section, library: Library, facts: Facts, add: Add): void {
  checkSentences(filledOf(section, library, facts), add, true)
}
