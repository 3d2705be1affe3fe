import { dated, h, layout, linkFrom, toCheck, type Html, type Link } from './page.ts'
import { limitWords, procedureDrawings } from './procedure-drawing.ts'
import { letterLink } from './scenarios.ts'
import { procedurePapers, type Shelves } from './shelves.ts'
import { count, laws, said } from './words.ts'
import type { Exhibit, Procedure, Step, TimeLimit } from '../../procedures/judicial/procedure.ts'

/** Every procedure, by country. */
export function proceduresPage(shelves: Shelves): Html {
  const countries = [...new Set(shelves.procedures.map(({ pays }) => pays))]
  return layout({
    path: 'procedures.html',
    title: 'Les procédures',
    body: h`<header class="lead"><h1>Les procédures</h1><p class="usage">Chaque procédure est écrite dans l’ordre de la loi\u00a0: ses étapes, qui agit, sous quel délai et à peine de quoi.</p></header>
${countries.map(
  (country) =>
    h`<section aria-labelledby="pays-${country}"><h2 id="pays-${country}">${laws[country]}</h2><ul class="cards">${shelves.procedures
      .filter(({ pays }) => pays === country)
      .map((procedure) => {
        const doubts = procedure.etapes
          .flatMap((step) => step.delais ?? [])
          .filter(({ confirme }) => confirme === 'non').length
        return h`<li><h3><a href="procedures/${procedure.id}.html">${said(procedure.titre)}</a></h3><p>${said(procedure.presentation ?? '')}</p><p class="meta">${said(procedure.article)}, ${count(procedure.etapes.length, 'étape')} ${doubts ? h`<span class="check">${count(doubts, 'délai')} à vérifier</span>` : ''} ${procedure.statut === 'projet' ? h`<span class="check">projet</span>` : ''}</p></li>`
      })}</ul></section>`,
)}`,
  })
}

/** One procedure: drawn, then step by step with sources, then its packs and its papers. */
export function procedurePage(shelves: Shelves, procedure: Procedure): Html {
  const path = `procedures/${procedure.id}.html`
  const to = linkFrom(path)
  const papers = procedurePapers(procedure)
  return layout({
    path,
    title: said(procedure.titre),
    ...(procedure.presentation ? { description: said(procedure.presentation) } : {}),
    trail: [['Procédures', 'procedures.html']],
    body: h`<header class="lead"><h1><small>Procédure</small> ${said(procedure.titre)}</h1><p class="usage">${said(procedure.presentation ?? '')}</p>
<p class="meta">${laws[procedure.pays]}, ${said(procedure.article)} ${procedure.statut === 'projet' ? h`<span class="check">projet, non publié</span>` : ''}</p></header>
<section aria-labelledby="schema"><h2 id="schema">En un schéma</h2>
<ul class="actors"><li class="creditor">le créancier</li><li class="court">le juge et son greffe</li><li class="officer">l’officier qui signifie et exécute</li><li class="debtor">le débiteur</li><li class="other">un tiers</li></ul>
${procedureDrawings(procedure)}</section>
${procedure.conditions?.length ? h`<section aria-labelledby="conditions"><h2 id="conditions">Quand elle est ouverte</h2><ul>${procedure.conditions.map((each) => h`<li>${said(each.texte)} <small>${said(each.article)}</small> ${each.confirme === 'non' ? toCheck() : ''}</li>`)}</ul></section>` : ''}
<section aria-labelledby="etapes"><h2 id="etapes">Étape par étape</h2><ol class="steps">${procedure.etapes.map((step) => stepHtml(procedure, step, to))}</ol></section>
${Object.entries(procedure.dossiers ?? {}).map(([id, pack]) => h`<section aria-labelledby="dossier-${id}"><h2 id="dossier-${id}">Dossier\u00a0: ${said(pack.titre)}</h2><p>Pour ${said(pack.destinataire)}. Dans l’ordre du bordereau\u00a0:</p><ol>${pack.pieces.map(exhibitHtml)}</ol></section>`)}
${papers.length ? h`<section aria-labelledby="papiers"><h2 id="papiers">Ses écrits</h2><ul>${papers.map(({ letter, role }) => h`<li>${letterLink(shelves, letter, to)} <small>(${role})</small></li>`)}</ul></section>` : ''}`,
  })
}

function stepHtml(procedure: Procedure, step: Step, to: Link): Html {
  const costs = (step.frais ?? []).flatMap((id) => procedure.frais?.find((cost) => cost.id === id) ?? [])
  return h`<li id="${step.id}"><h3>${said(step.titre)}</h3><p class="meta">${said(step.par)}, ${said(step.article)}</p>
${step.note ? h`<p>${said(step.note)}</p>` : ''}
${step.delais?.length ? h`<div class="scroll" role="region" aria-label="Délais" tabindex="0"><table><thead><tr><th scope="col">Délai</th><th scope="col">Quand</th><th scope="col">Texte</th><th scope="col">Relu le</th></tr></thead><tbody>${step.delais.map((limit) => limitHtml(procedure, limit))}</tbody></table></div>` : ''}
${costs.length ? h`<p class="note">Frais\u00a0:</p><ul>${costs.map((cost) => h`<li><a href="${to(`droit/${cost.valeur}.html`)}">${said(cost.titre)}</a>, avancés par ${said(cost.avance_par)}, à la charge finale de\u00a0: ${said(cost.charge_finale)} <small>${said(cost.article)}</small> ${cost.confirme === 'non' ? toCheck() : ''}</li>`)}</ul>` : ''}</li>`
}

function limitHtml(procedure: Procedure, limit: TimeLimit): Html {
  const { when, from } = limitWords(procedure, limit)
  return h`<tr><th scope="row">${said(limit.titre)}${limit.sanction ? h`<br><small class="sanction">Sinon\u00a0: ${said(limit.sanction)}</small>` : ''}</th>
<td><strong>${when}</strong><br>${said(from)}${limit.distance ? h`<br><small>plus les délais de distance</small>` : ''}</td>
<td>${said(limit.article)}<br><small>${said(limit.version)}</small></td>
<td>${dated(limit.verifie_le)} ${limit.confirme === 'non' ? toCheck() : ''}<br><small>${said(limit.source)}</small></td></tr>`
}

function exhibitHtml(piece: Exhibit): Html {
  const need =
    piece.requis === 'oui'
      ? 'requise'
      : piece.requis === 'utile'
        ? 'utile'
        : `requise si ${piece.selon ?? 'le cas le veut'}`
  const period = [piece.depuis ? `depuis le ${piece.depuis}` : '', piece.jusqu_au ? `jusqu’au ${piece.jusqu_au}` : '']
    .filter(Boolean)
    .join(', ')
  return h`<li><strong>${said(piece.titre)}</strong> <small>(${said(need)}${period ? `, ${period}` : ''})</small><br>${said(piece.quoi)}\u00a0; auprès de\u00a0: ${said(piece.aupres_de)}</li>`
}
