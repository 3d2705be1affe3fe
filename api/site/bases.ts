import { folded } from './words.ts'
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

/** « L441-10 C. com. » and « C. com. L. 441-10 » are one article: its words in one order, without dots. */
export function basisKey(article: string): string {
  return folded(article)
    .replaceAll('.', ' ')
    .replace(/\barticles?\b/g, ' ')
    .replace(/\b([lrda])\s+(?=\d)/g, '$1')
    .split(/[\s,]+/)
    .filter(Boolean)
    .sort()
    .join(' ')
}

/** Every article that a clause, a dated value or a time limit of a procedure gives a source and a day for. */
export function basesKnown(library: Library, procedures: Procedure[]): Map<string, KnownBasis> {
  const found = new Map<string, KnownBasis>()
  const add = (article: string | null | undefined, known: KnownBasis) => {
    if (!article) return
    const key = basisKey(article)
    if (!found.has(key) || (known.confirmed && !found.get(key)!.confirmed)) found.set(key, known)
  }
  for (const { id, titre, article, source, verifie_le, confirme } of library.clauses.values()) {
    add(article, { where: `clause « ${titre} »`, page: `clauses/${id}.html`, source, checkedOn: verifie_le, confirmed: confirme === 'oui' })
  }
  for (const { id, titre, etapes } of procedures) {
    for (const { article, source, verifie_le, confirme } of etapes.flatMap((step) => step.delais ?? []))
      add(article, { where: titre, page: `procedures/${id}.html`, source, checkedOn: verifie_le, confirmed: confirme === 'oui' })
  }
  for (const id of lawIds()) {
    for (const { article, title, source, checkedOn, confirmed } of lawEntries(id))
      add(article, { where: title, page: `droit/${id}.html`, source, checkedOn: checkedOn.toString(), confirmed })
  }
  return found
}
