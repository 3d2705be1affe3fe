import { folded } from './words.ts'
import { readArticles } from '../../letters/articles.ts'
import type { Library } from '../../letters/catalogue.ts'
import type { Procedure } from '../../procedures/judicial/procedure.ts'
import { lawEntries, lawIds } from '../../procedures/law/values.ts'

/** Where an article was read, and when. */
export interface KnownBasis {
  where: string
  page: string
  source: string
  checkedOn: string
  confirmed: boolean
}

const codes = /\bc\.? ?(?:civ|com|conso|pen|trav)\b|\b(?:cpce|cpc|cgi|cmf|ccp|cja|rgpd)\b/.source
const numbers = /(?<![\w/-])(?:[lrda]\.? ?)?\d+(?:-\d+)*(?![\w/-])/.source

/**
 * The articles a text names, each as one key: « L441-10 et D441-5 C. com. » and « C. com. L. 441-10 » share one. A text
 * that is no article of a code (a law, a regulation, a foreign code) is its own key.
 */
export function articleKeys(text: string): string[] {
  const plain = folded(text)
    .replace(/\([^)]*\)|\balinea \d+|\bal\. ?\d+|[;,][^;,]*\bavant le\b.*$/g, ' ')
    .trim()
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

/** For each article that a clause, a dated value or a time limit gives a source for: who has read it, the best first. */
export function basesKnown(library: Library, procedures: Procedure[]): Map<string, KnownBasis[]> {
  const found = new Map<string, { weight: number; known: KnownBasis }[]>()
  const add = (article: string | null | undefined, known: KnownBasis) => {
    if (!article) return
    const keys = articleKeys(article)
    // The text itself before a form that cites it among others; a case's journal is a source of facts, not of law.
    const weight = keys.length + (known.confirmed ? 0 : 10) + (/journal du dossier/i.test(known.source) ? 20 : 0)
    for (const key of keys) found.set(key, [...(found.get(key) ?? []), { weight, known }])
  }
  for (const { id, titre, article, source, verifie_le, confirme } of library.clauses.values()) {
    add(article, {
      where: `clause « ${titre} »`,
      page: `clauses/${id}.html`,
      source,
      checkedOn: verifie_le,
      confirmed: confirme === 'oui',
    })
  }
  for (const { id, titre, etapes } of procedures) {
    for (const { article, source, verifie_le, confirme } of etapes.flatMap((step) => step.delais ?? []))
      add(article, {
        where: titre,
        page: `procedures/${id}.html`,
        source,
        checkedOn: verifie_le,
        confirmed: confirme === 'oui',
      })
  }
  for (const id of lawIds()) {
    for (const { article, title, source, checkedOn, confirmed } of lawEntries(id))
      add(article, { where: title, page: `droit/${id}.html`, source, checkedOn: checkedOn.toString(), confirmed })
  }
  for (const { article, objet, source, verifie_le, confirme } of readArticles())
    add(article, {
      where: objet,
      page: 'droit/articles.html',
      source,
      checkedOn: verifie_le,
      confirmed: confirme === 'oui',
    })
  const best = (readings: { weight: number; known: KnownBasis }[]) =>
    readings.toSorted((a, b) => a.weight - b.weight).map(({ known }) => known)
  return new Map([...found].map(([key, readings]) => [key, best(readings)]))
}
