import { letterCards } from './lists.ts'
import { templateHtml } from './letter-text.ts'
import { dated, h, layout, linkFrom, toCheck, type Html } from './page.ts'
import type { Shelves } from './shelves.ts'
import { count, said } from './words.ts'
import { renderedClauses, type Clause } from '../../letters/letter.ts'

const byTitle = (a: Clause, b: Clause): number => a.titre.localeCompare(b.titre, 'fr') || (a.id < b.id ? -1 : 1)

/** Every clause, with its article and how many letters carry it. */
export function clausesPage(shelves: Shelves): Html {
  const clauses = [...shelves.library.clauses.values()].sort(byTitle)
  return layout({
    path: 'clauses.html',
    title: 'Les clauses',
    body: h`<header class="lead"><h1>Les clauses</h1><p class="usage">Une mention commune à plusieurs courriers est écrite une seule fois. La corriger les corrige tous.</p></header>
<div class="scroll" role="group" aria-label="Les clauses" tabindex="0"><table><thead><tr><th scope="col">Clause</th><th scope="col">Article</th><th scope="col">Relue le</th><th scope="col" class="num">Courriers</th></tr></thead>
<tbody>${clauses.map((clause) => h`<tr><th scope="row"><a href="clauses/${clause.id}.html">${said(clause.titre)}</a> ${clause.confirme === 'non' ? toCheck() : ''}</th><td>${clause.article === null ? '–' : said(clause.article)}</td><td>${dated(clause.verifie_le)}</td><td class="num">${shelves.clauseUses.get(clause.id)?.length ?? 0}</td></tr>`)}</tbody></table></div>`,
  })
}

/** One clause: its text, its source, and the letters that carry it. */
export function clausePage(shelves: Shelves, clause: Clause): Html {
  const path = `clauses/${clause.id}.html`
  const to = linkFrom(path)
  const letters = shelves.clauseUses.get(clause.id) ?? []
  const parents = [...shelves.library.clauses.values()]
    .filter((other) => renderedClauses(other.body.text).includes(clause.id))
    .sort(byTitle)
  return layout({
    path,
    title: said(clause.titre),
    trail: [['Clauses', 'clauses.html']],
    body: h`<header class="lead"><h1><small>Clause</small> ${said(clause.titre)}</h1></header>
<dl class="head row"><div><dt>Article</dt><dd>${clause.article === null ? 'aucun' : said(clause.article)} ${clause.confirme === 'non' ? toCheck() : ''}</dd></div><div><dt>Source</dt><dd>${said(clause.source)}</dd></div><div><dt>Relue le</dt><dd>${dated(clause.verifie_le)}</dd></div><div><dt>Identifiant</dt><dd><code>${clause.id}</code></dd></div></dl>
<section aria-labelledby="texte"><h2 id="texte">Le texte</h2><div class="template">${templateHtml(clause.body.text, shelves.library.clauses, to)}</div>
${parents.length ? h`<p>Reprise dans ${parents.map((parent, i) => h`${i ? ', ' : ''}<a href="${to(`clauses/${parent.id}.html`)}">${said(parent.titre)}</a>`)}.</p>` : ''}</section>
<section aria-labelledby="courriers"><h2 id="courriers">${letters.length ? `Portée par ${count(letters.length, 'courrier')}` : 'Aucun courrier ne la porte'}</h2>${letterCards(letters, to)}</section>`,
  })
}
