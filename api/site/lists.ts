import { h, layout, linkFrom, toneScale, type Html, type Link } from './page.ts'
import { facets, shelvesOf, type Facet, type Shelves } from './shelves.ts'
import { count, familyWord, momentWords, said } from './words.ts'
import type { Letter } from '../../letters/letter.ts'

/** All letters, by family; with a script, the words sought and the filters that combine. */
export function lettersPage(shelves: Shelves): Html {
  const path = 'courriers.html'
  const to = linkFrom(path)
  const families = shelvesOf(facets[0]!, shelves.letters)
  return layout({
    path,
    title: 'Les courriers',
    description: `Les ${shelves.letters.length} courriers de la bibliothèque, par famille, étape, ton, destinataire, canal et droit.`,
    scripts: ['liste.js', 'site.js'],
    body: h`<header class="lead"><h1>Les courriers</h1></header>
<form role="search" class="search large" id="recherche" action="courriers.html">
<label for="q">Chercher dans les courriers</label>
<input id="q" type="search" name="q" placeholder="pénalités, échéancier, caution…" autocomplete="off"><button>Chercher</button>
<fieldset id="filtres" hidden><legend>Filtrer</legend>${facets.map(
      (facet) =>
        h`<label>${facet.title}<select name="${facet.key}"><option value="">indifférent</option>${shelvesOf(facet, shelves.letters).map(({ value, letters }) => h`<option value="${value}">${facet.word(value)} (${letters.length})</option>`)}</select></label>`,
    )}<button type="reset">Tout voir</button></fieldset>
</form>
<p id="etat" role="status" aria-live="polite">${count(shelves.letters.length, 'courrier')}</p>
<ol id="resultats" hidden></ol><p><button id="suite" type="button" hidden>Voir la suite</button></p>
<div id="liste">${families.map(
      ({ value, letters }) =>
        h`<section aria-labelledby="f-${value}"><h2 id="f-${value}"><a href="${to(`familles/${value}.html`)}">${familyWord(value)}</a> <small>${letters.length}</small></h2><ul class="plain">${letters.map((letter) => h`<li><a href="courriers/${letter.id}.html">${said(letter.titre)}</a>`)}</ul></section>`,
    )}</div>
<p><a href="${to('index.html#autres')}">Par étape, ton, destinataire, canal ou droit</a></p>`,
  })
}

/** The letters of one family, step, tone, recipient, channel or law. */
export function facetPage(shelves: Shelves, facet: Facet, value: string, letters: Letter[]): Html {
  const path = `${facet.folder}/${value}.html`
  const to = linkFrom(path)
  return layout({
    path,
    title: `${facet.title}\u00a0: ${facet.word(value)}`,
    trail: [['Courriers', 'courriers.html']],
    body: h`<header class="lead"><h1><small>${facet.title}</small> ${facet.word(value)}</h1><p>${count(letters.length, 'courrier')}</p></header>
${letterCards(letters, to)}
<nav aria-label="${facet.title}">${facetLinks(facet, shelves, to, value)}</nav>`,
  })
}

/** Letters with what they are for; the long ones of a channel by title alone, so that the page stays light. */
export function letterCards(letters: Letter[], to: Link): Html {
  if (letters.length > 90) {
    const families = shelvesOf(facets[0]!, letters)
    return h`${families.map(({ value, letters: own }) => h`<section aria-labelledby="f-${value}"><h2 id="f-${value}">${familyWord(value)}</h2><ul class="plain">${own.map((letter) => h`<li><a href="${to(`courriers/${letter.id}.html`)}">${said(letter.titre)}</a></li>`)}</ul></section>`)}`
  }
  return h`<ul class="cards">${letters.map((letter) => h`<li><h2><a href="${to(`courriers/${letter.id}.html`)}">${said(letter.titre)}</a></h2><p>${said(letter.usage)}</p><p class="meta">${toneScale(letter.ton)}${letter.moment ? h` <span>${momentWords(letter.moment)}</span>` : ''}</p></li>`)}</ul>`
}

/** A facet's values, as links with their numbers of letters. */
export function facetLinks(facet: Facet, shelves: Shelves, to: Link, current?: string): Html {
  return h`<h3>${facet.title}</h3><ul class="facet">${shelvesOf(facet, shelves.letters).map(
    ({ value, letters }) =>
      h`<li><a href="${to(`${facet.folder}/${value}.html`)}"${value === current ? h` aria-current="page"` : ''}>${facet.word(value)} <small>${letters.length}</small></a></li>`,
  )}</ul>`
}
