import { facetLinks } from './lists.ts'
import { h, layout, linkFrom, searchForm, type Html } from './page.ts'
import { facets, shelvesOf, type Shelves } from './shelves.ts'
import { scenarioDrawings } from './scenario-drawing.ts'
import { count, familyWord, toneWord } from './words.ts'
import type { Letter } from '../../letters/letter.ts'

/** The way in: a search, the house's timeline, the families, and the other doors. */
export function homePage(shelves: Shelves): Html {
  const to = linkFrom('index.html')
  const { letters, library, procedures, scenarios } = shelves
  const scenario = scenarios.find(({ id }) => id === 'standard') ?? scenarios[0]
  return layout({
    path: 'index.html',
    title: 'Courtois, la bibliothèque de courriers de recouvrement',
    description: `${letters.length} courriers de recouvrement, du rappel courtois au dossier judiciaire, avec leurs bases légales et leurs versions.`,
    body: h`<header class="hero"><h1>La bibliothèque</h1>
<p class="usage">${count(letters.length, 'courrier')}, du rappel courtois au dossier judiciaire, chacun avec ce qui le fonde, ce qui le précède et ce qui le suit.</p>
${searchForm(to, true)}</header>
${scenario ? h`<section aria-labelledby="calendrier"><h2 id="calendrier">De la facture à la demande d’accord</h2><p>J est le jour de l’échéance. Plus le point est haut, plus le ton est ferme. <a href="parcours/${scenario.id}.html">Le parcours en détail</a></p>${scenarioDrawings(shelves, scenario, to)}</section>` : ''}
<section aria-labelledby="familles"><h2 id="familles">Les familles</h2><ul class="families">${shelvesOf(
      facets[0]!,
      letters,
    ).map(
      ({ value, letters: own }) =>
        h`<li><a href="familles/${value}.html"><strong>${familyWord(value)}</strong> <span>${count(own.length, 'courrier')}</span> <small>${toneRange(own)}</small></a></li>`,
    )}</ul></section>
<section aria-labelledby="autres"><h2 id="autres">Autrement</h2><div class="columns">${facets.slice(1).map((facet) => h`<div>${facetLinks(facet, shelves, to)}</div>`)}</div></section>
<section aria-labelledby="droit"><h2 id="droit">Ce qui les fonde</h2><ul class="doors">
<li><a href="clauses.html"><strong>${count(library.clauses.size, 'clause')}</strong> Les mentions communes, et les courriers qui les portent</a></li>
<li><a href="procedures.html"><strong>${count(procedures.length, 'procédure')}</strong> Étapes, délais, articles et sanctions, en schémas</a></li>
<li><a href="droit.html"><strong>Le droit, daté</strong> Taux, montants et mots de la loi, selon le jour</a></li>
<li><a href="guide.html"><strong>Le guide des rédacteurs</strong> Écrire et corriger un courrier, en cinq minutes</a></li></ul></section>`,
  })
}

function toneRange(letters: Letter[]): string {
  const tones = letters.map((letter) => letter.ton)
  const [low, high] = [Math.min(...tones), Math.max(...tones)]
  return low === high ? `ton ${toneWord(low)}` : `de ${toneWord(low)} à ${toneWord(high)}`
}
