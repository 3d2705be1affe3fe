import MarkdownIt, { type Token } from 'markdown-it'
import { type Block, buildBloc, type Run, type Table } from './blocks.ts'
import { remembered } from '../../schema/remembered.ts'
import type { Facts } from '../facts.ts'
import { blocNamed, type Rendered, withoutBlocs } from './template.ts'
import { typographyFr } from './typography.ts'

/** The Markdown that letters may use: no HTML, no code, no image, no link. */
export const letterMarkdown = new MarkdownIt({
  html: false,
  linkify: false,
  typographer: false,
  breaks: false,
}).disable([
  'code',
  'fence',
  'html_block',
  'reference',
  'lheading',
  'image',
  'link',
  'autolink',
  'html_inline',
  'backticks',
])

/** A rendered letter as blocks that every format prints; its values come back only here, when all markup is known. */
export function blocksOfMarkdown({ text, resolve }: Rendered, facts: Facts): Block[] {
  return blocksOf(tokensOf(text), { facts, resolve })
}

// A letter is written to many, and what it says to each before the values come back is the same few texts.
const tokensOf = remembered((text: string) => letterMarkdown.parse(text, {}), 200)
const typeset = remembered(typographyFr, 2000)

interface Around {
  facts: Facts
  resolve: Rendered['resolve']
}

// markdown-it gives a flat list of tokens, opening and closing: read here as a tree.
function blocksOf(tokens: Token[], around: Around): Block[] {
  const blocks: Block[] = []
  for (let i = 0; i < tokens.length; i++) {
    const token = tokens[i]!
    const end = token.nesting === 1 ? closing(tokens, i) : i
    const inside = tokens.slice(i + 1, end)
    const block = blockOf(token, inside, around)
    if (block) blocks.push(block)
    i = end
  }
  return blocks
}

function blockOf(token: Token, inside: Token[], around: Around): Block | undefined {
  switch (token.type) {
    case 'paragraph_open': {
      const bloc = blocNamed(inside[0]?.content ?? '')
      if (bloc) return buildBloc(bloc, around.facts)
      const runs = runsOf(inside[0], around)
      return runs.some((run) => run.text.trim() !== '') ? { kind: 'paragraph', runs } : undefined
    }
    case 'heading_open':
      return { kind: 'heading', level: Number(token.tag.slice(1)), runs: runsOf(inside[0], around) }
    case 'bullet_list_open':
    case 'ordered_list_open': {
      const ordered = token.type === 'ordered_list_open'
      const items = children(inside)
        .map((item) => blocksOf(item.inside, around))
        .filter((item) => item.length > 0)
      return items.length ? { kind: 'list', ordered, start: Number(token.attrGet('start') ?? 1), items } : undefined
    }
    case 'blockquote_open':
      return { kind: 'quote', blocks: blocksOf(inside, around) }
    case 'table_open':
      return tableOf(inside, around)
    case 'hr':
      return { kind: 'rule' }
    default:
      return undefined
  }
}

function tableOf(tokens: Token[], around: Around): Table {
  const rows = children(tokens).flatMap((part) => children(part.inside))
  const cells = rows.map((row) => children(row.inside))
  const [head = [], ...body] = cells
  return {
    kind: 'table',
    name: 'texte',
    columns: head.map(({ token, inside }, i) => ({
      label: runsOf(inside[0], around),
      align: alignOf(token),
      // Figures, and boxes to tick, leave the room to the words.
      fixed: alignOf(token) === 'right' || body.every((row) => row[i]?.inside[0]?.content.trim() === '☐'),
    })),
    rows: body.map((row) => row.map(({ inside }) => runsOf(inside[0], around))),
    notes: [],
  }
}

function alignOf(token: Token): 'left' | 'right' | 'center' {
  const style = String(token.attrGet('style') ?? '')
  return style.includes('right') ? 'right' : style.includes('center') ? 'center' : 'left'
}

function children(tokens: Token[]): { token: Token; inside: Token[] }[] {
  const list: { token: Token; inside: Token[] }[] = []
  for (let i = 0; i < tokens.length; i++) {
    const end = closing(tokens, i)
    list.push({ token: tokens[i]!, inside: tokens.slice(i + 1, end) })
    i = end
  }
  return list
}

function closing(tokens: Token[], from: number): number {
  const level = tokens[from]!.level
  const end = tokens.findIndex((token, i) => i > from && token.nesting === -1 && token.level === level)
  return end < 0 ? from : end
}

function runsOf(inline: Token | undefined, { resolve }: Around): Run[] {
  const runs: Run[] = []
  let [strong, em] = [0, 0]
  for (const token of inline?.children ?? []) {
    if (token.type === 'strong_open') strong++
    else if (token.type === 'strong_close') strong--
    else if (token.type === 'em_open') em++
    else if (token.type === 'em_close') em--
    else if (token.type === 'hardbreak') runs.push({ text: '', break: true })
    else {
      const source = token.type === 'softbreak' ? ' ' : withoutBlocs(token.content)
      const run: Run = {
        text: source,
        ...(strong ? { strong: true as const } : {}),
        ...(em ? { em: true as const } : {}),
      }
      const last = runs.at(-1)
      if (last && !last.break && last.strong === run.strong && last.em === run.em) last.text += run.text
      else runs.push(run)
    }
  }
  for (const [i, run] of runs.entries()) {
    if (run.break) continue
    const said = resolve(typeset(run.text))
    // « **{{ fait }}**. »: the full stop after a value in bold is a run of its own.
    run.text = said.startsWith('.') && /[.…]$/.test(runs[i - 1]?.text ?? '') ? said.slice(1) : said
  }
  return runs.filter((run) => run.break || run.text !== '')
}
