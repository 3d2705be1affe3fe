import { unaccented } from '../schema/words.ts'

const codes = [
  /\bc\.? ?(?:civ|com|conso|pen|trav|assur)\b|\b(?:cpce|cpc|cgi|cmf|ccp|cja|rgpd)\b/,
  /\b(?:loi|decret|directive|reglement(?: d'execution)?) +\d+[-/]\d+(?:\/ue)?/,
]
  .map(({ source }) => source)
  .join('|')
const numbers = /(?<![\w/-])(?:[lrd]\.? ?|a(?:\. ?)?)?\d+(?:-\d+)*(?![\w/-])/.source
// What stands beside a number and is no article: a paragraph, the day of a law, how it read before a day.
const asides =
  /\([^)]*\)|\balinea \d+|\bal\. ?\d+|§ ?\d+|(?<=\d-\d+(?:\/\w)? )du \d+(?:er)? \p{L}+ \d{4}\b|[;,][^;,]*\bavant le\b.*$/gu

/**
 * The articles a text names, each as one key: « L441-10 et D441-5 C. com. » and « C. com. L. 441-10 » share one, as do
 * « art. 19-2 loi 65-557 du 10 juillet 1965 » and « loi 65-557, art. 19-2 ». Any other text is its own key.
 */
export function articleKeys(text: string): string[] {
  const folded = unaccented(text).replaceAll('’', "'").toLowerCase()
  const plain = folded.replace(asides, ' ').replace(/ +/g, ' ').trim()
  if (/malgache|malagasy|postes/.test(plain)) return [plain]
  const parts = [...plain.matchAll(new RegExp(`(?<code>${codes})|(?<number>${numbers})`, 'g'))].map(
    ({ 0: found, groups }) => ({
      found: found.replace(/[. ]/g, ''),
      isCode: groups!.code !== undefined,
    }),
  )
  const codeFirst = parts[0]?.isCode ?? false
  // « CPC 1422 et 1423 » gives its code before its numbers, « 54 et 57 CPC » after them.
  const codeAt = (i: number) =>
    codeFirst ? parts.slice(0, i).findLast(({ isCode }) => isCode) : parts.slice(i).find(({ isCode }) => isCode)
  const keys = parts.flatMap(({ found, isCode }, i) => {
    const code = isCode ? undefined : codeAt(i)
    return code ? [`${code.found} ${found}`] : []
  })
  return keys.length ? keys : [plain]
}
