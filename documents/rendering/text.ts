import { dayFr, parseDay } from '../../schema/days.ts'
import { DomainError } from '../../schema/errors.ts'
import type { Block, Run, Table } from './blocks.ts'
import type { FilledLetter } from './fill.ts'
import { callFacts, contactLines, envelopeOf, footerOf, mentionOf, referencesOf, townOf } from './head.ts'
import { paymentRows } from './html.ts'
import { ordered } from './pdf.ts'

/** A filled letter as plain text, for the text part of an e-mail, a call on a screen or a reader of diffs. */
export function renderText(filled: FilledLetter): string {
  if (filled.channel === 'sms') return renderSms(filled)
  const references = filled.presentation === 'appel' ? callFacts(filled) : referencesOf(filled)
  const addressed = filled.presentation === 'lettre' && filled.channel !== 'email' ? envelopeOf(filled) : []
  const parts = [
    [...filled.sender.lines, ...contactLines(filled)].join('\n'),
    addressed.join('\n'),
    [mentionOf(filled) ?? '', ...references.map((row) => row.join('\u00a0: '))].filter(Boolean).join('\n'),
    filled.presentation === 'lettre' ? `${townOf(filled)}, le ${dayFr(parseDay(filled.facts.date))}` : '',
    filled.presentation === 'lettre'
      ? `Objet\u00a0: ${filled.objet}`
      : filled.presentation === 'appel'
        ? filled.titre
        : filled.objet,
    ...ordered(filled.blocks).map(blockText),
    footerOf(filled).length ? `--\u0020\n${footerOf(filled).join('\n')}` : '',
  ]
  return `${parts.filter(Boolean).join('\n\n')}\n`
}

/** One message, plain spaces and apostrophes so that it stays in the telephone's short alphabet; 306 characters at most. */
export function renderSms(filled: FilledLetter): string {
  const message = filled.blocks
    .map(blockText)
    .join(' ')
    .replace(/[\s\u00a0\u202f]+/g, ' ')
    .replaceAll('’', "'")
    .replaceAll('…', '...')
    .trim()
  const length = Array.from(message).length
  if (length > 306) {
    throw new DomainError('sms_too_long', `Le SMS « ${filled.id} » compte ${length} caractères ; 306 au plus.`, {
      remedy: 'Raccourcissez le texte, ou tronquez un nom long : {{ creancier.nom | truncate: 30 }}.',
      facts: { letter: filled.id, length },
    })
  }
  return message
}

const runsText = (runs: Run[]): string => runs.map((run) => (run.break ? '\n' : run.text)).join('')

function blockText(block: Block): string {
  switch (block.kind) {
    case 'paragraph':
      return runsText(block.runs)
    case 'heading':
      return runsText(block.runs).toUpperCase()
    case 'list':
      return block.items
        .map((item, i) => {
          const mark = block.ordered ? `${block.start + i}. ` : '- '
          return (
            mark +
            item
              .map(blockText)
              .join('\n')
              .replaceAll('\n', `\n${' '.repeat(mark.length)}`)
          )
        })
        .join('\n')
    case 'quote':
      return block.blocks.map(blockText).join('\n\n').replace(/^/gm, '> ')
    case 'rule':
      return '----'
    case 'table':
      return tableText(block)
    case 'payment':
      return paymentRows(block)
        .map(([label, value]) => `${label}\u00a0: ${value}`)
        .join('\n')
    case 'coupon':
      return [
        `Votre réponse, dossier ${block.dossier}${block.code ? `, code ${block.code}` : ''}\u00a0:`,
        block.online ? `en ligne\u00a0: ${block.online}` : '',
        `ou à ${block.to.join(', ')}`,
      ]
        .filter(Boolean)
        .join('\n')
    case 'signature':
      return [block.name, block.quality, block.house].join('\n')
    case 'signatures':
      return [
        `Fait ${block.where}, le ${block.day}.`,
        ...block.parties.map((party) => [party.role, party.name, party.quality].filter(Boolean).join('\n')),
      ].join('\n\n')
  }
}

// Columns set by spaces where they fit a screen; one value a line where they do not.
function tableText(table: Table): string {
  const head = table.columns.map((column) => runsText(column.label))
  const rows = table.rows.map((row) => row.map((runs) => runsText(runs).replaceAll('\n', ' – ')))
  const widths = head.map((label, i) => Math.max(label.length, ...rows.map((row) => row[i]?.length ?? 0)))
  const total = table.total ? [`${table.total.label}\u00a0: ${table.total.value}`] : []
  if (widths.reduce((a, b) => a + b + 2, 0) > 90) {
    const title = head.length === 2 && head[1] === '' && head[0] !== '' ? [head[0]!] : []
    return [...title, ...rows.map((row) => named(head, row)), ...total, ...table.notes].join('\n\n')
  }
  const set = (row: string[]) =>
    row
      .map((value, i) => (table.columns[i]?.align === 'right' ? value.padStart(widths[i]!) : value.padEnd(widths[i]!)))
      .join('  ')
      .trimEnd()
  return [set(head), ...rows.map(set), ...total, ...table.notes].join('\n')
}

// Two columns of which the second has no name hold a name and what it stands for: « Décès : 2 août 2026 ».
function named(head: string[], row: string[]): string {
  if (head.length === 2 && head[1] === '') return row.join('\u00a0: ')
  return row.map((value, i) => (head[i] ? `${head[i]}\u00a0: ${value}` : value)).join('\n')
}
