import type { KnownBasis } from './bases.ts'
import { paperChannel } from './examples.ts'
import { examplesHtml } from './letter-examples.ts'
import { templateHtml, templateLine } from './letter-text.ts'
import { dated, h, layout, linkFrom, toCheck, toneScale, type Html, type Link } from './page.ts'
import { basesOf, facets, type Shelves } from './shelves.ts'
import { versionsHtml } from './versions-html.ts'
import { familyWord, firstLetterWords, momentWords, said } from './words.ts'
import { nextOf, type Letter } from '../../letters/letter.ts'

// A page weighs less than 100 kB with its style: what has no bound, its versions, takes what the rest leaves.
const budget = 64_000

/** One letter: what it is for, how it looks, how it is written, what it rests on, where it serves, how it changed. */
export function letterPage(
  shelves: Shelves,
  letter: Letter,
  options: { pdf: boolean; dictionary: Record<string, string> },
): Html {
  const path = `courriers/${letter.id}.html`
  const to = linkFrom(path)
  const parts: [id: string, title: string, body: unknown][] = [
    [
      'rempli',
      'Tel que le destinataire le lit',
      [
        options.pdf && paperChannel(letter) ? pdfHtml(letter) : '',
        examplesHtml(shelves, letter, options.dictionary, to),
      ],
    ],
    ['texte', 'Le texte et ses données', texts(shelves, letter, to)],
    ['donnees', 'Ce que le dossier doit fournir', dataHtml(letter, options.dictionary, to)],
    ['bases', 'Bases légales', basesHtml(shelves, letter, to)],
    ['place', 'Avant, après, et où il sert', placeHtml(shelves, letter, to)],
  ]
  const room = budget - parts.reduce((sum, [, , body]) => sum + String(body).length, 0)
  parts.push(['versions', 'Versions', versionsHtml(shelves, letter, Math.min(room, 24_000))])
  return layout({
    path,
    title: said(letter.titre),
    description: said(letter.usage),
    trail: [
      ['Courriers', 'courriers.html'],
      [familyWord(letter.famille), `familles/${letter.famille}.html`],
    ],
    body: h`<header class="lead"><h1>${said(letter.titre)}</h1>
<p class="usage">${said(letter.usage)}</p>
<p>${toneScale(letter.ton)}</p></header>
<div class="split"><aside aria-label="En bref">${headHtml(letter, to)}
<nav class="toc" aria-label="Dans cette page"><ul>${parts.map(([id, title]) => h`<li><a href="#${id}">${title}</a></li>`)}</ul></nav></aside>
<div>${parts.map(([id, title, body]) => h`<section id="${id}" aria-labelledby="${id}-titre"><h2 id="${id}-titre">${title}</h2>${body}</section>`)}</div></div>`,
  })
}

function headHtml(letter: Letter, to: Link): Html {
  const rows = facets
    .filter(({ key }) => key !== 'ton')
    .map(({ title, folder, valuesOf, word }) => {
      const links = valuesOf(letter).map(
        (value, i) => h`${i ? ', ' : ''}<a href="${to(`${folder}/${value}.html`)}">${word(value)}</a>`,
      )
      return h`<div><dt>${title}</dt><dd>${links}</dd></div>`
    })
  return h`<dl class="head">${rows}
<div><dt>Moment</dt><dd>${letter.moment ? h`${momentWords(letter.moment)} (${letter.moment})` : 'selon le dossier, hors calendrier'}</dd></div>
<div><dt>Première lettre</dt><dd>${firstLetterWords[letter.premiere_lettre]}</dd></div>
${letter.expediteur === 'creancier' ? h`<div><dt>Expéditeur</dt><dd>le créancier, à son en-tête</dd></div>` : ''}
<div><dt>Fichier</dt><dd><code>${letter.file.split(/[\\/]/).slice(-2).join('/')}</code></dd></div>
<div><dt>Version</dt><dd><code>${letter.version.slice(0, 12)}</code></dd></div></dl>`
}

function pdfHtml(letter: Letter): Html {
  return h`<p><a class="button" href="${letter.id}.pdf" type="application/pdf">Ouvrir le PDF</a></p>
<details><summary>Voir le PDF dans la page</summary><iframe loading="lazy" src="${letter.id}.pdf" title="Le courrier en PDF"></iframe></details>`
}

function texts(shelves: Shelves, letter: Letter, to: Link): Html {
  const { clauses } = shelves.library
  const section = (title: string, text: string | undefined) =>
    text === undefined ? '' : h`<h3>${title}</h3><div class="template">${templateHtml(text, clauses, to)}</div>`
  return h`<p class="legend"><var>donnée du dossier</var> <span class="cond">condition</span> <span class="chip clause">clause</span> <span class="chip bloc">bloc dessiné</span></p>
<p class="template-object"><strong>Objet\u00a0:</strong> ${templateLine(letter.objet, clauses, to)}</p>
<div class="template">${templateHtml(letter.body.text, clauses, to)}</div>
${section('Par SMS', letter.sms?.text)}${section('Au téléphone', letter.appel?.text)}`
}

function dataHtml(letter: Letter, dictionary: Record<string, string>, to: Link): Html {
  if (letter.donnees.length === 0)
    return h`<p>Rien de plus que les <a href="${to('donnees.html')}">données communes à tous les courriers</a>.</p>`
  return h`<p>En plus des <a href="${to('donnees.html')}">données communes</a>\u00a0:</p>
<ul class="data">${letter.donnees.map((key) => h`<li><a href="${to(`donnees.html#${key}`)}"><code>${key}</code></a>${dictionary[key] ? h` – ${said(dictionary[key])}` : ''}</li>`)}</ul>`
}

function basesHtml(shelves: Shelves, letter: Letter, to: Link): Html {
  const bases = basesOf(shelves, letter)
  const clauses = letter.clauses.flatMap((id) => shelves.library.clauses.get(id) ?? [])
  return h`${
    bases.length === 0
      ? h`<p>Aucun article cité en tête de ce courrier.</p>`
      : h`<div class="scroll" role="group" aria-label="Bases légales" tabindex="0"><table class="bases"><thead><tr><th scope="col">Article</th><th scope="col">Lu le</th><th scope="col">Où</th></tr></thead><tbody>${bases.map(
          ({
            article,
            doubtful,
            known,
          }) => h`<tr><th scope="row">${said(article)} ${doubtful || !known?.confirmed ? toCheck() : ''}</th>
<td>${readOn(known)}</td><td>${known ? h`<a href="${to(known.page)}">${said(known.where)}</a><br><small>${said(known.source)}</small>` : h`<small>cité par ce courrier seul</small>`}</td></tr>`,
        )}</tbody></table></div>`
  }
${clauses.length ? h`<h3>Clauses reproduites</h3><ul>${clauses.map((clause) => h`<li><a href="${to(`clauses/${clause.id}.html`)}">${said(clause.titre)}</a>${clause.article ? `, ${said(clause.article)}` : ''} ${clause.confirme === 'non' ? toCheck() : ''}</li>`)}</ul>` : ''}`
}

function readOn(known: KnownBasis | undefined): Html {
  if (known?.read) return dated(known.checkedOn)
  return known ? h`texte non lu<br><small>examiné le ${dated(known.checkedOn)}</small>` : h`jamais examiné`
}

function placeHtml(shelves: Shelves, letter: Letter, to: Link): Html {
  const before = shelves.before.get(letter.id) ?? []
  const uses = shelves.uses.get(letter.id) ?? []
  const link = ({ id, titre }: Letter) => h`<a href="${to(`courriers/${id}.html`)}">${said(titre)}</a>`
  const followed = (id: string) => {
    const next = shelves.library.letters.get(id)
    return next ? link(next) : h`${said(shelves.announced[id] ?? id)} <small>(à écrire)</small>`
  }
  const next = nextOf(letter).map(followed)
  const after =
    next.length > 1
      ? h`Selon le débiteur\u00a0:<ul>${next.map((each) => h`<li>${each}</li>`)}</ul>`
      : (next[0] ?? 'Fin de parcours, ou choix du gestionnaire.')
  return h`<dl class="place"><div><dt>Avant</dt><dd>${before.length ? h`<ul>${before.map((each) => h`<li>${link(each)}</li>`)}</ul>` : 'Rien ne l’annonce.'}</dd></div>
<div><dt>Après</dt><dd>${after}</dd></div>
<div><dt>Sert dans</dt><dd>${uses.length ? h`<ul>${uses.map((use) => h`<li><a href="${to(use.page)}">${said(use.title)}</a> <small>(${use.role})</small></li>`)}</ul>` : 'Aucun parcours automatique\u00a0: le gestionnaire le choisit.'}</dd></div></dl>`
}
