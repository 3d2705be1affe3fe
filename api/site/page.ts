import { html, raw } from 'hono/html'
import type { HtmlEscapedString } from 'hono/utils/html'
import { dayFr } from '../../schema/days.ts'
import { toneWord, tones } from './words.ts'

export type Html = HtmlEscapedString

/** Hono's escaping template; nothing of ours in it waits, so it is never a promise. */
export const h = html as (strings: TemplateStringsArray, ...values: unknown[]) => Html
export { raw }

/** From the address of a page to the address of another, relative, so that a folder and a server both serve them. */
export const linkFrom =
  (page: string) =>
  (target: string): string =>
    '../'.repeat(page.split('/').length - 1) + target

export type Link = (target: string) => string

export interface Page {
  /** « courriers/x.html ». */
  path: string
  title: string
  description?: string
  /** Where we are, from the home page down, this page aside. */
  trail?: [title: string, target: string][]
  /** Script files of the site, by name. */
  scripts?: string[]
  body: unknown
}

const sections: [title: string, target: string, folder: string][] = [
  ['Courriers', 'courriers.html', 'courriers/'],
  ['Clauses', 'clauses.html', 'clauses/'],
  ['Parcours amiable', 'parcours.html', 'parcours/'],
  ['Procédures', 'procedures.html', 'procedures/'],
  ['Droit', 'droit.html', 'droit/'],
  ['Données', 'donnees.html', 'donnees/'],
  ['Guide', 'guide.html', 'guide/'],
]

/** The frame of every page: language, skip link, search, menu, trail. */
export function layout({ path, title, description, trail = [], scripts = [], body }: Page): Html {
  const to = linkFrom(path)
  const home = path === 'index.html'
  return h`<!doctype html>
<html lang="fr">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${home ? title : `${title} – Courtois`}</title>
${description ? h`<meta name="description" content="${description}">` : ''}
<link rel="icon" href="${to('icone.svg')}" type="image/svg+xml">
<link rel="stylesheet" href="${to('site.css')}">
${scripts.map((script) => h`<script src="${to(script)}" defer></script>`)}
</head>
<body>
<a class="skip" href="#contenu">Aller au contenu</a>
<header class="top">
<a class="brand" href="${to('index.html')}"${home ? raw(' aria-current="page"') : ''}>Courtois</a>
<nav aria-label="Rubriques"><ul>${sections.map(
    ([name, target, folder]) =>
      h`<li><a href="${to(target)}"${path === target ? raw(' aria-current="page"') : path.startsWith(folder) ? raw(' aria-current="true"') : ''}>${name}</a></li>`,
  )}</ul></nav>
${home || path === 'courriers.html' ? '' : searchForm(to)}
</header>
<main id="contenu" tabindex="-1">
${trail.length ? h`<nav class="trail" aria-label="Fil d’Ariane"><ol>${[['Accueil', 'index.html'], ...trail].map(([name, target]) => h`<li><a href="${to(target!)}">${name}</a></li>`)}</ol></nav>` : ''}
${body}
</main>
<footer class="foot"><p>Une bibliothèque de travail : les textes n’ont pas été relus par un avocat. « À vérifier » marque ce que personne n’a encore confirmé.</p></footer>
</body>
</html>
`
}

export function searchForm(to: Link, large = false): Html {
  return h`<form role="search" class="search${large ? ' large' : ''}" action="${to('courriers.html')}">
<label for="q">Chercher dans les courriers</label>
<input id="q" type="search" name="q" placeholder="${large ? 'pénalités, échéancier, caution…' : 'pénalités…'}" autocomplete="off"><button>Chercher</button>
</form>`
}

/** The seven degrees as a scale, the letter's own marked; the words say it too. */
export function toneScale(tone: number): Html {
  return h`<span class="tone tone-${tone}"><span class="scale" aria-hidden="true">${tones.map((_, i) => h`<i${i + 1 === tone ? raw(' class="on"') : ''}></i>`)}</span> Ton ${tone} sur 7, ${toneWord(tone)}</span>`
}

/** « À vérifier », for what nobody confirmed. */
export const toCheck = (): Html => h`<span class="check">à vérifier</span>`

/** « 21 novembre 2026 », readable by machines too. */
export const dated = (day: string): Html =>
  h`<time datetime="${day}">${dayFr(Temporal.PlainDate.from(day.slice(0, 10)))}</time>`
