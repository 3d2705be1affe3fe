import { readFileSync } from 'node:fs'
import MarkdownIt from 'markdown-it'
import { dressed } from './letter-text.ts'
import { h, layout, raw, type Html } from './page.ts'
import type { Shelves } from './shelves.ts'
import { count, said } from './words.ts'

/** The editors' guide, as it stands beside the letters, with a place for each of its headings. */
export function guidePage(): Html {
  const text = readFileSync(new URL('../../letters/GUIDE.md', import.meta.url), 'utf8')
  const markdown = new MarkdownIt({ html: false })
  const titles: string[] = []
  markdown.renderer.rules['heading_open'] = (tokens, i) => {
    const { tag } = tokens[i]!
    const title = tokens[i + 1]!.content
    if (tag === 'h2') titles.push(title)
    return `<${tag} id="${placeOf(title)}">`
  }
  const [, heading = '', body = ''] = /^(<h1.*?<\/h1>)([^]*)$/.exec(dressed(markdown.render(text)))!
  return layout({
    path: 'guide.html',
    title: 'Le guide des rédacteurs',
    body: h`<header class="lead">${raw(heading)}</header><div class="split"><aside aria-label="Sommaire"><nav class="toc" aria-label="Dans cette page"><ul>${titles.map((title) => h`<li><a href="#${placeOf(title)}">${said(title)}</a></li>`)}</ul></nav></aside><div class="prose">${raw(body)}</div></div>`,
  })
}

// As Git hosts name a heading, so that the links of the text lead to it in both places.
const placeOf = (title: string): string =>
  title
    .toLowerCase()
    .replace(/[^\p{L}\p{N} -]/gu, '')
    .replaceAll(' ', '-')

/** What each key of a letter's facts means, as the schema of facts says it. */
export function readDictionary(): Record<string, string> {
  interface Node {
    description?: string
    $ref?: string
  }
  const url = new URL('../../schema/facts.schema.json', import.meta.url)
  const schema = JSON.parse(readFileSync(url, 'utf8')) as {
    properties: Record<string, Node>
    $defs?: Record<string, Node>
  }
  const described = ({ description, $ref }: Node): string =>
    description ?? schema.$defs?.[$ref?.split('/').pop() ?? '']?.description ?? ''
  return Object.fromEntries(Object.entries(schema.properties).map(([key, node]) => [key, described(node)]))
}

const common = ['creancier', 'debiteur', 'agence', 'references', 'factures', 'totaux', 'date', 'droit']

/** The dictionary of facts, with how many letters ask for each. */
export function dataPage(shelves: Shelves, dictionary: Record<string, string>): Html {
  const uses = (key: string) => shelves.letters.filter((letter) => letter.donnees.includes(key)).length
  const rows = (keys: string[], own: boolean) =>
    keys.map(
      (key) =>
        h`<tr id="${key}"><th scope="row"><code>${key}</code></th><td>${said(dictionary[key] ?? '')}</td>${own ? h`<td class="num">${uses(key)}</td>` : ''}</tr>`,
    )
  const others = Object.keys(dictionary)
    .filter((key) => !common.includes(key))
    .sort()
  const table = (id: string, title: string, keys: string[], own: boolean) =>
    h`<section aria-labelledby="${id}"><h2 id="${id}">${title}</h2><div class="scroll" role="group" aria-label="${title}" tabindex="0"><table><thead><tr><th scope="col">Clé</th><th scope="col">Sens</th>${own ? h`<th scope="col" class="num">Courriers</th>` : ''}</tr></thead><tbody>${rows(keys, own)}</tbody></table></div></section>`
  return layout({
    path: 'donnees.html',
    title: 'Les données des courriers',
    body: h`<header class="lead"><h1>Les données des courriers</h1><p class="usage">Ce qu’un courrier peut citer. Une donnée absente l’arrête en la nommant\u00a0: il ne part jamais avec un blanc.</p></header>
${table('communes', 'Communes à tous les courriers', common, false)}${table('propres', `Propres à certains courriers (${count(others.length, 'clé')})`, others, true)}`,
  })
}
