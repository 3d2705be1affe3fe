import { folded } from './words.ts'
import { readArticles, unreadArticles } from '../../letters/articles.ts'
import type { Library } from '../../letters/catalogue.ts'
import type { Procedure } from '../../procedures/judicial/engine/procedure.ts'
import { lawEntries, lawIds } from '../../procedures/law/values.ts'

/** Where an article was read, and when; or that nobody has read it, and when that was last said. */
export interface KnownBasis {
  where: string
  page: string
  source: string
  checkedOn: string
  confirmed: boolean
  /** False: the day is the one on which the article was looked at and found unread. */
  read: boolean
}

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
  const plain = folded(text).replace(asides, ' ').replace(/ +/g, ' ').trim()
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
    const weight =
      keys.length +
      (known.confirmed ? 0 : 10) +
      (known.read ? 0 : 40) +
      (/journal du dossier/i.test(known.source) ? 20 : 0)
    for (const key of keys) found.set(key, [...(found.get(key) ?? []), { weight, known }])
  }
  for (const { id, titre, article, source, verifie_le, confirme } of library.clauses.values()) {
    add(article, {
      where: `clause « ${titre} »`,
      page: `clauses/${id}.html`,
      source,
      checkedOn: verifie_le,
      confirmed: confirme === 'oui',
      read: true,
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
        read: true,
      })
  }
  for (const id of lawIds()) {
    for (const { article, title, source, checkedOn, confirmed } of lawEntries(id))
      add(article, {
        where: title,
        page: `droit/${id}.html`,
        source,
        checkedOn: checkedOn.toString(),
        confirmed,
        read: true,
      })
  }
  for (const { article, objet, source, verifie_le, confirme } of readArticles())
    add(article, {
      where: objet,
      page: 'droit/articles.html',
      source,
      checkedOn: verifie_le,
      confirmed: confirme === 'oui',
      read: true,
    })
  for (const { article, examine_le } of unreadArticles())
    add(article, {
      where: 'cité par des courriers, non lu',
      page: 'droit/articles-a-relire.html',
      source: 'texte à lire sur Légifrance',
      checkedOn: examine_le,
      confirmed: false,
      read: false,
    })
  const best = (readings: { weight: number; known: KnownBasis }[]) =>
    readings.toSorted((a, b) => a.weight - b.weight).map(({ known }) => known)
  return new Map([...found].map(([key, readings]) => [key, best(readings)]))
}

/**
 * Who has read what a basis cites: of several articles, the one that is known worst. Nothing where one of them was
 * never looked at.
 */
export function readingOf(
  bases: Map<string, KnownBasis[]>,
  article: string,
  own: ReadonlySet<string> = new Set(),
): KnownBasis | undefined {
  // A letter's own clauses first; failing those, whatever of the house has read the article.
  const readings = articleKeys(article).map((key) => {
    const known = bases.get(key) ?? []
    return known.find(({ page }) => own.has(page)) ?? known[0]
  })
  const rank = (known: KnownBasis) => (!known.read ? 2 : known.confirmed ? 0 : 1)
  const known = readings.filter((reading) => reading !== undefined)
  return known.length < readings.length ? undefined : known.toSorted((a, b) => rank(b) - rank(a))[0]
}
