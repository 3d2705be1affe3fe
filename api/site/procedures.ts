import { dated, h, layout, linkFrom, raw, toCheck, type Html, type Link } from './page.ts'
import { letterLink } from './scenarios.ts'
import { procedurePapers, type Shelves } from './shelves.ts'
import { count, laws, said } from './words.ts'
import { procedureDrawing } from '../../procedures/judicial/drawings/procedure-drawing.ts'
import { eventWords, limitWords } from '../../procedures/judicial/engine/limit-words.ts'
import {
  loadProcedure,
  type CourtRule,
  type Exhibit,
  type Happening,
  type Outcome,
  type Procedure,
  type Step,
  type TimeLimit,
} from '../../procedures/judicial/engine/procedure.ts'

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
<figure class="drawing steps-drawn"><div class="wide">${raw(procedureDrawing(procedure))}</div><div class="small">${raw(procedureDrawing(procedure, 360, 13))}</div></figure></section>
${procedure.competence?.length ? h`<section aria-labelledby="competence"><h2 id="competence">Qui, et devant qui</h2>${procedure.qui ? h`<p>${said(procedure.qui)}</p>` : ''}${procedure.competence.length > 1 ? h`<p class="note">La première ligne qui convient\u00a0:</p>` : ''}<ol>${procedure.competence.map(courtHtml)}</ol></section>` : ''}
${procedure.conditions?.length ? h`<section aria-labelledby="conditions"><h2 id="conditions">Quand elle est ouverte</h2><ul>${procedure.conditions.map((each) => h`<li>${said(each.texte)} <small>${said(each.article)}</small> ${each.confirme === 'non' ? toCheck() : ''}</li>`)}</ul></section>` : ''}
<section aria-labelledby="etapes"><h2 id="etapes">Étape par étape</h2><p class="note">Écrite ici pour les faits depuis le ${dated(procedure.depuis)}\u00a0: ${said(procedure.depuis_source)}.</p><ol class="steps">${procedure.etapes.map((step) => stepHtml(shelves, procedure, step, to))}</ol></section>
${Object.entries(procedure.dossiers ?? {}).map(([id, pack]) => h`<section aria-labelledby="dossier-${id}"><h2 id="dossier-${id}">Dossier\u00a0: ${said(pack.titre)}</h2><p>Pour ${said(pack.destinataire)}. Dans l’ordre du bordereau\u00a0:</p><ol>${pack.pieces.map(exhibitHtml)}</ol></section>`)}
${procedure.issues?.length ? h`<section aria-labelledby="issues"><h2 id="issues">Comment elle finit, et ce qui peut suivre</h2><ul>${procedure.issues.map((outcome) => outcomeHtml(outcome, to))}</ul></section>` : ''}
${papers.length ? h`<section aria-labelledby="papiers"><h2 id="papiers">Ses écrits</h2><ul>${papers.map(({ letter, role }) => h`<li>${letterLink(shelves, letter, to)} <small>(${role})</small></li>`)}</ul></section>` : ''}`,
  })
}

const circumstances: Record<string, string> = {
  'debiteur public': 'débiteur public',
  'debiteur consommateur': 'débiteur consommateur',
  'objet credit-consommation': 'crédit à la consommation',
  'objet bail-habitation': 'bail d’habitation',
  'commercial true': 'créance commerciale',
  'siege alsace-moselle': 'Alsace-Moselle',
  'siege tae': 'siège d’un tribunal des activités économiques',
  'avant_proces true': 'avant tout procès',
}

function courtHtml(
  { quand, juridiction, lieu, article, note, confirme }: CourtRule,
  _i: number,
  all: CourtRule[],
): Html {
  const when = Object.entries(quand ?? {}).map(([key, value]) => circumstances[`${key} ${String(value)}`] ?? key)
  return h`<li>${when.length ? h`${when.join(', ')}\u00a0: ` : all.length > 1 ? h`sinon\u00a0: ` : ''}<strong>${said(juridiction)}</strong>, ${said(lieu)} <small>${said(article)}</small> ${confirme === 'non' ? toCheck() : ''}${note ? h`<br><small>${said(note)}</small>` : ''}</li>`
}

const turns: Record<Outcome['nature'], string> = { succes: 'abouti', echec: 'manqué', suspension: 'en attente' }

function outcomeHtml(outcome: Outcome, to: Link): Html {
  return h`<li><strong>${said(outcome.titre)}</strong> <small>(${turns[outcome.nature]}${outcome.clot ? ', fin de la voie' : ''}, ${said(outcome.article)})</small>
${outcome.suites?.length ? h`<ul>${outcome.suites.map((next) => h`<li><a href="${to(`procedures/${next.procedure}.html`)}">${said(loadProcedure(next.procedure).titre)}</a>\u00a0: ${said(next.pourquoi)} <small>${said(next.article)}</small> ${next.confirme === 'non' ? toCheck() : ''}</li>`)}</ul>` : ''}</li>`
}

/** What must have come before, and what rules it out, in a sentence. */
function turnOf(procedure: Procedure, rule: Happening): string {
  const named = (ids: string[], or: string) => ids.map((id) => eventWords(procedure, id)).join(or)
  return [
    rule.apres?.length ? `après ${named(rule.apres, ', ')}` : '',
    rule.apres_un_de?.length ? `après ${named(rule.apres_un_de, ' ou ')}` : '',
    rule.sans?.length ? `impossible après ${named(rule.sans, ' ou ')}` : '',
    rule.sauf?.length ? `sauf ${named(rule.sauf, ' ou ')}` : '',
  ]
    .filter(Boolean)
    .join('\u00a0; ')
}

function stepHtml(shelves: Shelves, procedure: Procedure, step: Step, to: Link): Html {
  const costs = (step.frais ?? []).flatMap((id) => procedure.frais?.find((cost) => cost.id === id) ?? [])
  const turn = turnOf(procedure, step)
  return h`<li id="${step.id}"><h3>${said(step.titre)}</h3><p class="meta">${said(step.par)}, ${said(step.article)}</p>
${turn ? h`<p class="note">${said(`${turn.charAt(0).toUpperCase()}${turn.slice(1)}`)}.</p>` : ''}
${step.note ? h`<p>${said(step.note)}</p>` : ''}
${step.delais?.length ? h`<div class="scroll" role="group" aria-label="Délais" tabindex="0"><table><thead><tr><th scope="col">Délai</th><th scope="col">Quand</th><th scope="col">Texte</th><th scope="col">Relu le</th></tr></thead><tbody>${step.delais.map((limit) => limitHtml(procedure, limit))}</tbody></table></div>` : ''}
${step.evenements?.length ? h`<p class="note">S’y enregistrent aussi\u00a0:</p><ul>${step.evenements.map((event) => h`<li>${said(event.titre)}${event.par && event.par !== step.par ? h`, par ${said(event.par)}` : ''}</li>`)}</ul>` : ''}
${costs.length ? h`<p class="note">Frais\u00a0:</p><ul>${costs.map((cost) => h`<li>${cost.valeur ? h`<a href="${to(`droit/${cost.valeur}.html`)}">${said(cost.titre)}</a>` : said(cost.titre)}, avancés par ${said(cost.avance_par)}, à la charge finale de\u00a0: ${said(cost.charge_finale)} <small>${said(cost.article)}</small> ${cost.confirme === 'non' ? toCheck() : ''}${cost.note ? h`<br><small>${said(cost.note)}</small>` : ''}</li>`)}</ul>` : ''}
${step.courriers?.length ? h`<p class="note">Courriers\u00a0:</p><ul>${step.courriers.map((letter) => h`<li>${letterLink(shelves, letter, to)}</li>`)}</ul>` : ''}</li>`
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
