import { articleKeys } from '../../letters/article-keys.ts'
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
