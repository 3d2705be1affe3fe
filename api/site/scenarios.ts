import { h, layout, linkFrom, toneScale, type Html, type Link } from './page.ts'
import { scenarioDrawings, stepName, stepWay } from './scenario-drawing.ts'
import { stepLetters, type Shelves } from './shelves.ts'
import { count, laws, momentWords, said, suspensions } from './words.ts'
import { proceduresOf } from '../../procedures/amicable/scenario-check.ts'
import type { Scenario, ScenarioStep } from '../../procedures/amicable/scenario.ts'
import { amountFr, parseAmount } from '../../schema/money.ts'

/** The scenarios of the amicable phase. */
export function scenariosPage(shelves: Shelves): Html {
  const to = linkFrom('parcours.html')
  return layout({
    path: 'parcours.html',
    title: 'Les parcours amiables',
    body: h`<header class="lead"><h1>Les parcours amiables</h1><p class="usage">Un parcours dit quel courrier part quel jour, compté depuis l’échéance, et ce qui l’arrête.</p></header>
${shelves.scenarios.map((scenario) => h`<section aria-labelledby="p-${scenario.id}"><h2 id="p-${scenario.id}"><a href="parcours/${scenario.id}.html">${said(scenario.titre)}</a></h2>${scenarioDrawings(shelves, scenario, to)}</section>`)}`,
  })
}

/** One scenario: its timeline drawn, then each step with its letters, delays and warnings. */
export function scenarioPage(shelves: Shelves, scenario: Scenario): Html {
  const path = `parcours/${scenario.id}.html`
  const to = linkFrom(path)
  return layout({
    path,
    title: said(scenario.titre),
    trail: [['Parcours amiable', 'parcours.html']],
    body: h`<header class="lead"><h1><small>Parcours amiable</small> ${said(scenario.titre)}</h1>
<p class="usage">${count(scenario.etapes.length, 'étape')}${scenario.droit ? `, ${lowered(laws[scenario.droit])}` : ''}${scenario.debiteurs ? `, pour un débiteur ${scenario.debiteurs.join(' ou ')}` : ''}. Tout s’arrête en cas de ${scenario.suspendre.map((cause) => suspensions[cause] ?? cause).join(', ')}.</p></header>
${scenarioDrawings(shelves, scenario, to)}
<ol class="steps">${scenario.etapes.map((step) => stepHtml(shelves, step, to))}</ol>`,
  })
}

function stepHtml(shelves: Shelves, step: ScenarioStep, to: Link): Html {
  const letters = stepLetters(step)
  const tone = shelves.library.letters.get(letters[0]?.letter ?? '')?.ton
  return h`<li id="${step.id}"><h2>${said(stepName(shelves, step))} <small>${step.jour === 'emission' ? 'à l’émission' : step.jour}</small></h2>
<p>${capital(momentWords(step.jour))}${step.action ? '' : `, par ${stepWay(step)}`}${step.premiere_lettre ? '. C’est la première lettre : elle porte les mentions de l’article R. 124-4' : ''}. ${tone ? toneScale(tone) : ''}</p>
${letters.length ? h`<ul>${letters.map(({ letter, role }) => h`<li>${letterLink(shelves, letter, to)} <small>(${role})</small></li>`)}</ul>` : ''}
${
  step.delai
    ? h`<p class="note">Délai laissé\u00a0: ${Object.entries(step.delai)
        .map(([kind, days]) => `${kind} ${days} jours`)
        .join(
          ', ',
        )}${step.marge_postale ? `, après ${step.marge_postale} jours pour la première présentation` : ''}.</p>`
    : ''
}
${step.action ? consentHtml(shelves, step, to) : ''}</li>`
}

function consentHtml(shelves: Shelves, step: ScenarioStep, to: Link): Html {
  if (step.action === 'decider')
    return h`<p>Le dossier est soumis à une personne, qui dit la suite${step.validite ? ` sous ${step.validite} jours` : ''}.</p>`
  const procedure = shelves.procedures.find(({ id }) => proceduresOf(step).includes(id))
  const aim = procedure
    ? h`pour <a href="${to(`procedures/${procedure.id}.html`)}">${said(procedure.titre)}</a>`
    : 'pour la suite'
  return h`<p>Le créancier est seul juge d’aller plus loin\u00a0: on lui demande son accord écrit ${aim}${step.plafond_frais ? `, dans la limite de ${amountFr(parseAmount(step.plafond_frais))} de frais` : ''}${step.validite ? `. Il a ${step.validite} jours pour signer` : ''}.</p>`
}

const lowered = (text: string): string => text.charAt(0).toLowerCase() + text.slice(1)
const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1)

export function letterLink(shelves: Shelves, id: string, to: Link): Html {
  const letter = shelves.library.letters.get(id)
  if (letter) return h`<a href="${to(`courriers/${id}.html`)}">${said(letter.titre)}</a>`
  return h`${said(shelves.announced[id] ?? id)} (à écrire)`
}
