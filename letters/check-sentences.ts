import type { Prose } from './check-prose.ts'

export interface Sentence {
  text: string
  at: number
  /** The words that open the list it belongs to. */
  lead: string
}

const abbreviation =
  /(?:^|[^\p{L}\p{N}])(?:\p{Lu}|art|al|Mme|Me|Mr|cf|p|n|Réf|réf|Tél|tél|Cass|com|civ|conso|pén|bull|etc|St|Ste|min|max|env|no)$/u

/** The sentences of a text, list items each on their own, with the words that open their list. */
export function sentencesOf({ text }: Prose): Sentence[] {
  const sentences: Sentence[] = []
  let lead = ''
  let unit = { at: 0, text: '' }
  const close = (item: boolean) => {
    if (unit.text.trim()) {
      const found = split(unit.text, unit.at, item ? lead : '')
      sentences.push(...found)
      const last = found.at(-1)?.text ?? ''
      if (!item) lead = /[:：]["\s*_»\u00a0\u200b]*$/.test(last) ? last : ''
    }
    unit = { at: 0, text: '' }
  }
  let item = false
  let at = 0
  for (const row of text.split('\n')) {
    const bare = row.replace(/^[\s>\u200b]*/, '')
    const opens = /^(?:[-*+] |\d+\. |\||#|☐)/.test(bare)
    if (bare === '' || opens || /^\s*>/.test(row) !== /^\s*>/.test(unit.text || row)) {
      close(item)
      if (bare !== '') item = /^(?:[-*+] |\d+\. |☐)/.test(bare)
    }
    if (unit.text === '') unit = { at, text: row }
    else unit.text += `\n${row}`
    if (row.endsWith('  ')) close(item)
    at += row.length + 1
  }
  close(item)
  return sentences
}

function split(text: string, at: number, lead: string): Sentence[] {
  const found: Sentence[] = []
  let from = 0
  for (const match of text.matchAll(
    /(?:[.!?]+|…(?!…))["»”)*_\u00a0\u200b]*(?=[\s\u200b]+["«“*_¤☐(\u200b]*[\p{Lu}¤☐])/gu,
  )) {
    if (abbreviation.test(text.slice(from, match.index)) || /…$/.test(text.slice(0, match.index))) continue
    const end = match.index + match[0].length
    found.push({ text: text.slice(from, end), at: at + from, lead })
    from = end
  }
  if (text.slice(from).trim()) found.push({ text: text.slice(from), at: at + from, lead })
  return found.map((sentence) => {
    const blank = /^[\s>\u200b]*/.exec(sentence.text)![0].length
    return { ...sentence, text: sentence.text.slice(blank), at: sentence.at + blank }
  })
}
