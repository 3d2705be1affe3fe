import { h, type Html, type Link, raw } from './page.ts'
import { said } from './words.ts'
import { letterMarkdown } from '../../documents/rendering/markdown.ts'
import type { Clause } from '../../letters/letter.ts'

const blocs: Record<string, string> = {
  factures: 'tableau des factures',
  termes: 'tableau des termes',
  decompte: 'décompte',
  'decompte-termes': 'décompte',
  segments: 'détail des intérêts',
  paiement: 'comment payer',
  coupon: 'coupon-réponse',
  echeancier: 'échéancier',
  pieces: 'bordereau des pièces',
  signature: 'signature du cabinet',
  signatures: 'signatures des parties',
}

/** A text of the library as an editor reads it: its data, conditions, clauses and blocks in the places they hold. */
export function templateHtml(text: string, clauses: ReadonlyMap<string, Clause>, to: Link): Html {
  const chips: Html[] = []
  // Private-use marks stand for the tags while Markdown is read, as when a letter is filled.
  const marked = text
    .replace(/[\uE000-\uF8FF]/g, '')
    .replace(/\{\{-?([\s\S]*?)-?\}\}|\{%-?([\s\S]*?)-?%\}/g, (_, output?: string, tag?: string) => {
      const chip = output === undefined ? tagChip(tag!.trim(), clauses, to) : outputChip(output.trim())
      return `\uE000${chips.push(chip) - 1}\uE001`
    })
  const rendered = dressed(letterMarkdown.render(said(marked)))
  return raw(rendered.replace(/\uE000(\d+)\uE001/g, (_, index: string) => String(chips[Number(index)])))
}

/** Markdown's HTML in our style: tables scroll alone, columns align by class. Text of the source is escaped by then. */
export const dressed = (rendered: string): string =>
  rendered
    .replaceAll('<table>', '<div class="scroll" role="group" aria-label="Tableau" tabindex="0"><table>')
    .replaceAll('</table>', '</table></div>')
    .replaceAll('<th>', '<th scope="col">')
    .replace(
      /<(t[hd]) style="text-align:(right|center|left)">/g,
      (_, tag: string, side: string) =>
        `<${tag}${tag === 'th' ? ' scope="col"' : ''}${side === 'right' ? ' class="num"' : ''}>`,
    )
    .replaceAll('<pre>', '<pre tabindex="0">')

/** One line, such as the object of a letter. */
export const templateLine = (text: string, clauses: ReadonlyMap<string, Clause>, to: Link): Html =>
  raw(String(templateHtml(text, clauses, to)).replace(/^<p>|<\/p>\s*$/g, ''))

function outputChip(expression: string): Html {
  const [path = '', ...filters] = expression.split(/\s*\|\s*/)
  const words = filters.map((filter) => {
    const [name = '', argument = ''] = filter.split(/\s*:\s*/)
    if (name === 'default') return `sinon ${argument}`
    return argument ? `${name.replaceAll('_', ' ')} ${argument}` : name.replaceAll('_', ' ')
  })
  return h`<var>${path}${words.length ? h` <small>${words.join(', ')}</small>` : ''}</var>`
}

function tagChip(tag: string, clauses: ReadonlyMap<string, Clause>, to: Link): Html {
  const [name = '', ...rest] = tag.split(/\s+/)
  const argument = rest.join(' ')
  const quoted = /['"]([^'"]+)['"]/.exec(argument)?.[1]
  if (name === 'render') {
    const clause = quoted === undefined ? undefined : clauses.get(quoted)
    return clause
      ? h`<a class="chip clause" href="${to(`clauses/${clause.id}.html`)}">${said(clause.titre)}</a>`
      : h`<span class="chip clause">${quoted ?? argument}</span>`
  }
  if (name === 'bloc') return h`<span class="chip bloc">${blocs[quoted ?? ''] ?? quoted}</span>`
  return h`<span class="cond">${said(condition(name, argument))}</span>`
}

function condition(name: string, argument: string): string {
  const words = argument
    .replace(/\band\b/g, 'et')
    .replace(/\bor\b/g, 'ou')
    .replace(/\bcontains\b/g, 'contient')
    .replaceAll('==', '=')
    .replaceAll('!=', '≠')
    .replace(/\bin\b/g, 'parmi')
  switch (name) {
    case 'if':
      return `si ${words}`
    case 'unless':
      return `sauf si ${words}`
    case 'elsif':
      return `ou si ${words}`
    case 'else':
      return 'sinon'
    case 'case':
      return `selon ${words}`
    case 'when':
      return `quand ${words}`
    case 'for':
      return `pour chaque ${words}`
    case 'assign':
      return `soit ${words}`
    case 'capture':
      return `on note ${words}`
    default:
      return name.startsWith('end') ? 'fin' : `${name} ${words}`
  }
}
