import { dated, h, layout, toCheck, type Html } from './page.ts'
import { basesOf, type Shelves } from './shelves.ts'
import { count, said } from './words.ts'
import { readArticles } from '../../letters/articles.ts'
import { durationWords } from '../../procedures/judicial/engine/limit-words.ts'
import { holidayEntries } from '../../procedures/law/calendar.ts'
import { limitationCauses } from '../../procedures/law/limitation.ts'
import { lawReview, plainReview, type Review } from '../../procedures/law/review.ts'
import { findEntry, lawEntries, lawIds, type LawEntry } from '../../procedures/law/values.ts'

const reasons: Record<Review['reasons'][number], string> = {
  unconfirmed: 'à vérifier',
  missing: 'valeur à compléter',
  stale: 'non relu depuis six mois',
  ended: 'période finie, sans suite',
  ending: 'période qui finit, sans suite',
}

/** The dated values of the law, with what is in force on the day of the site. */
export function lawPage(shelves: Shelves): Html {
  const reviews = reviewsOf(shelves)
  return layout({
    path: 'droit.html',
    title: 'Le droit, daté',
    body: h`<header class="lead"><h1>Le droit, daté</h1><p class="usage">Un taux, un montant ou un mot de la loi vaut pour des jours précis. Les valeurs anciennes restent\u00a0: un intérêt de 2019 se compte au taux de 2019.</p>
<p><a href="droit/a-relire.html">${count(reviews.length, 'ligne')} à relire par un juriste</a>, <a href="droit/articles.html">les articles lus pour les courriers</a>, et <a href="droit/articles-a-relire.html">les articles que des courriers citent et que personne n’a encore lus</a></p></header>
<div class="scroll" role="group" aria-label="Valeurs" tabindex="0"><table><thead><tr><th scope="col">Valeur</th><th scope="col">En vigueur au ${dated(shelves.on.toString())}</th><th scope="col">Article</th><th scope="col" class="num">Lignes</th></tr></thead><tbody>
${lawIds().map((id) => {
  const entries = lawEntries(id)
  const [first] = entries
  return h`<tr><th scope="row"><a href="droit/${id}.html">${said(first?.title ?? id)}</a></th><td>${current(id, entries, shelves)}</td><td>${first?.article ? said(first.article) : '–'}</td><td class="num">${entries.length}</td></tr>`
})}
<tr><th scope="row"><a href="droit/jours-feries.html">Jours fériés</a></th><td>–</td><td>C. trav. L.\u00a03133-1</td><td class="num">${holidayEntries().length}</td></tr>
<tr><th scope="row"><a href="droit/prescription-causes.html">Ce qui interrompt la prescription</a></th><td>–</td><td>C. civ. 2240 à 2244</td><td class="num">${limitationCauses().length}</td></tr></tbody></table></div>`,
  })
}

function current(id: string, entries: LawEntry[], shelves: Shelves): Html {
  const qualifiers = [...new Set(entries.map(({ qualifier }) => qualifier))]
  if (qualifiers.length > 4) return h`${count(qualifiers.length, 'valeur')}`
  const found = qualifiers.flatMap((qualifier) => {
    const entry = findEntry(id, shelves.on, qualifier)
    return entry && entry.qualifier === qualifier ? [entry] : []
  })
  if (found.length === 0) return h`aucune`
  return h`${found.map((entry, i) => h`${i ? h`<br>` : ''}<strong>${shown(entry)}</strong>${entry.qualifier === 'tous' ? '' : ` (${qualifierWord(entry)})`} ${entry.confirmed ? '' : toCheck()}`)}`
}

function shown({ value, unit }: LawEntry): string {
  if (value === null) return 'à compléter'
  if (/^P\d/.test(value)) return `${durationWords(value)} ${unit.replace(/^durée ?/, '')}`.trim()
  if (value === 'true' || value === 'false') return value === 'true' ? 'oui' : 'non'
  const figure = /^-?\d+(\.\d+)?$/.test(value) ? value.replace('.', ',') : value
  return unit === 'texte' ? said(figure) : said(`${figure} ${unit.replace(/^pourcent/, '%')}`)
}

const qualifiers: Record<string, string> = {
  autres: 'autres créanciers',
  particulier: 'créancier particulier',
  business: 'entre professionnels',
  consumer: 'consommateur',
  public: 'secteur public',
  tous: 'tous',
  general: 'règle générale',
  sante: 'établissements de santé',
  'entreprise-publique': 'entreprises publiques',
  'metropole_outre-mer': 'juridiction de métropole, destinataire outre-mer',
  metropole_etranger: 'juridiction de métropole, destinataire à l’étranger',
  'outre-mer_ailleurs': 'juridiction d’outre-mer, destinataire ailleurs en France',
  'outre-mer_etranger': 'juridiction d’outre-mer, destinataire à l’étranger',
}
// A word of the files that has no better one reads without its joints.
const qualifierWord = ({ qualifier }: LawEntry): string =>
  qualifiers[qualifier] ?? said(qualifier.replace(/[-_]/g, ' '))

/** Every dated line of one value. */
export function lawValuePage(id: string): Html {
  const entries = lawEntries(id)
  const title = entries[0]?.title ?? id
  const qualified = entries.some(({ qualifier }) => qualifier !== 'tous')
  return lawTable(
    id,
    title,
    [...(qualified ? ['Pour'] : []), 'Du', 'Au', 'Valeur', 'Texte et source', 'Relu le'],
    entries.toReversed().map(
      (
        entry,
      ) => h`<tr>${qualified ? h`<th scope="row">${qualifierWord(entry)}</th>` : ''}<td>${dated(entry.from.toString())}</td><td>${entry.to ? dated(entry.to.toString()) : 'en vigueur'}</td>
<td><strong>${shown(entry)}</strong></td><td>${entry.article ? h`${said(entry.article)}<br>` : ''}<small>${said(entry.source)}${entry.note ? `. ${said(entry.note)}` : ''}</small></td><td>${dated(entry.checkedOn.toString())} ${entry.confirmed ? '' : toCheck()}</td></tr>`,
    ),
  )
}

export function holidaysPage(): Html {
  return lawTable(
    'jours-feries',
    'Jours fériés',
    ['Jour', 'Date', 'Zones', 'Texte et source', 'Relu le'],
    holidayEntries().map(
      (line) =>
        h`<tr><th scope="row">${said(line.nom)}</th><td>${line.date ?? `Pâques ${line.paques! < 0 ? '−' : '+'} ${Math.abs(line.paques!)} j`}</td><td>${line.zones.join(', ')}</td><td>${said(line.article)}<br><small>${said(line.source)}</small></td><td>${dated(line.verifie_le)} ${line.confirme === 'non' ? toCheck() : ''}</td></tr>`,
    ),
  )
}

export function limitationPage(): Html {
  return lawTable(
    'prescription-causes',
    'Ce qui interrompt la prescription',
    ['Cause', 'Interrompt', 'Texte et source', 'Relu le'],
    limitationCauses().map(
      (line) =>
        h`<tr><th scope="row">${said(line.nom)}</th><td>${line.interrompt}</td><td>${said(line.article)}<br><small>${said(line.source)}</small></td><td>${dated(line.verifie_le)} ${line.confirme === 'non' ? toCheck() : ''}</td></tr>`,
    ),
  )
}

/** What a lawyer should look at, on the day of the site: the law and the time limits of procedures. */
export function reviewPage(shelves: Shelves): Html {
  return lawTable(
    'a-relire',
    'À relire par un juriste',
    ['Où', 'Quoi', 'Pourquoi', 'Source', 'Relu le'],
    reviewsOf(shelves).map(
      (review) =>
        h`<tr><th scope="row"><code>${review.where}</code></th><td>${said(review.what)}${review.note ? h`<br><small>${said(review.note)}</small>` : ''}</td><td>${review.reasons.map((reason) => reasons[reason]).join(', ')}</td><td><small>${said(review.source)}</small></td><td>${dated(review.checkedOn)}</td></tr>`,
    ),
  )
}

/** The articles that were read for the letters that cite them. */
export function articlesPage(): Html {
  return lawTable(
    'articles',
    'Articles lus pour les courriers',
    ['Article', 'Ce qu’il dit', 'Source', 'Lu le'],
    readArticles().map(
      (line) =>
        h`<tr><th scope="row">${said(line.article)}</th><td>${said(line.objet)}</td><td><small>${said(line.source)}</small></td><td>${dated(line.verifie_le)} ${line.confirme === 'non' ? toCheck() : ''}</td></tr>`,
    ),
  )
}

/** The articles that letters cite and whose text nobody has read, the most cited first, and when that was last said. */
export function unreadPage(shelves: Shelves): Html {
  const unread = new Map<string, { examined: string | undefined; letters: number }>()
  for (const letter of shelves.letters)
    for (const { article, known } of basesOf(shelves, letter))
      if (!known?.read)
        unread.set(article, { examined: known?.checkedOn, letters: (unread.get(article)?.letters ?? 0) + 1 })
  const rows = [...unread].sort(([a, n], [b, m]) => m.letters - n.letters || a.localeCompare(b, 'fr'))
  return lawTable(
    'articles-a-relire',
    'Articles cités et non lus',
    ['Article', 'Examiné le', 'Courriers'],
    rows.map(
      ([article, { examined, letters }]) =>
        h`<tr><th scope="row">${said(article)} ${toCheck()}</th><td>${examined ? dated(examined) : 'jamais'}</td><td class="num">${letters}</td></tr>`,
    ),
  )
}

function reviewsOf({ on, procedures }: Shelves): Review[] {
  const limits = procedures.flatMap((procedure) =>
    procedure.etapes.flatMap((step) =>
      (step.delais ?? []).map((limit) =>
        plainReview(`${procedure.id}.${step.id}`, `${limit.titre} (${limit.article})`, limit, on),
      ),
    ),
  )
  return [...lawReview(on), ...limits.filter(({ reasons: found }) => found.length > 0)]
}

function lawTable(id: string, title: string, heads: string[], rows: Html[]): Html {
  return layout({
    path: `droit/${id}.html`,
    title: said(title),
    trail: [['Droit', 'droit.html']],
    body: h`<header class="lead"><h1>${said(title)}</h1><p>${count(rows.length, 'ligne')}</p></header>
<div class="scroll" role="group" aria-label="${said(title)}" tabindex="0"><table><thead><tr>${heads.map((head) => h`<th scope="col">${head}</th>`)}</tr></thead><tbody>${rows}</tbody></table></div>`,
  })
}
