import { h, type Html } from './page.ts'
import type { Block, Run, Table } from '../../documents/rendering/blocks.ts'
import type { FilledLetter } from '../../documents/rendering/fill.ts'
import {
  callFacts,
  contactLines,
  footerOf,
  mentionOf,
  referencesOf,
  taglineOf,
  townOf,
} from '../../documents/rendering/head.ts'
import { paymentRows } from '../../documents/rendering/html.ts'
import { ordered } from '../../documents/rendering/pdf.ts'
import { dayFr, parseDay } from '../../schema/days.ts'

/** A filled letter as a sheet of paper: the parts and the order of its PDF, in the page's own style. */
export function filledHtml(filled: FilledLetter): Html {
  const call = filled.presentation === 'appel'
  const letter = filled.presentation === 'lettre'
  const references = call ? callFacts(filled) : referencesOf(filled)
  const paper = letter && filled.channel !== 'email'
  return h`<article class="paper" aria-label="Exemple rempli">
<div class="heads">
<p class="sender"><strong>${filled.sender.name}</strong>${lines([...filled.sender.lines.slice(1), ...contactLines(filled), taglineOf(filled) ?? ''])}</p>
${paper && filled.recipient ? h`<p class="recipient">${linesOf(filled.recipient.lines)}</p>` : ''}
</div>
${mentionOf(filled) ? h`<p class="mention">${mentionOf(filled)}</p>` : ''}
<p class="refs">${linesOf(references.map(([label, value]) => `${label}\u00a0: ${value}`))}</p>
${letter ? h`<p class="day">${townOf(filled)}, le ${dayFr(parseDay(filled.facts.date))}</p>` : ''}
<p class="object">${letter ? h`<span>Objet\u00a0: </span>` : ''}${call ? filled.titre : filled.objet}</p>
${ordered(filled.blocks).map(blockHtml)}
${footerOf(filled).length ? h`<footer>${linesOf(footerOf(filled))}</footer>` : ''}
</article>`
}

const linesOf = (texts: string[]): Html[] =>
  texts.filter(Boolean).map((text, i) => (i === 0 ? h`${text}` : h`<br>${text}`))
const lines = (texts: string[]): Html[] => texts.filter(Boolean).map((text) => h`<br>${text}`)

function runsHtml(runs: Run[]): Html[] {
  return runs.map((run) => {
    if (run.break) return h`<br>`
    const inner = run.em ? h`<em>${run.text}</em>` : h`${run.text}`
    return run.strong ? h`<strong>${inner}</strong>` : inner
  })
}

function blockHtml(block: Block): Html {
  switch (block.kind) {
    case 'paragraph':
      return h`<p>${runsHtml(block.runs)}</p>`
    case 'heading':
      return h`<p class="heading"><strong>${runsHtml(block.runs)}</strong></p>`
    case 'list': {
      const items = block.items.map(
        (item) =>
          h`<li>${item.map((inner) => (inner.kind === 'paragraph' ? h`${runsHtml(inner.runs)}` : blockHtml(inner)))}</li>`,
      )
      return block.ordered ? h`<ol start="${block.start}">${items}</ol>` : h`<ul>${items}</ul>`
    }
    case 'quote':
      return h`<blockquote>${block.blocks.map(blockHtml)}</blockquote>`
    case 'rule':
      return h`<hr>`
    case 'table':
      return tableHtml(block)
    case 'payment':
      return h`<dl class="pay">${paymentRows(block).map(([label, value]) => h`<div><dt>${label}</dt><dd>${value}</dd></div>`)}${block.qr ? h`<div><dt>Code à scanner</dt><dd>imprimé sur la lettre</dd></div>` : ''}</dl>`
    case 'coupon':
      return h`<section class="coupon" aria-label="Coupon-réponse"><p><strong>Coupon-réponse</strong>, dossier ${block.dossier}${block.code ? h`, code <strong>${block.code}</strong>` : ''}</p><ul>${block.answers.map((answer) => h`<li>${answer.text}</li>`)}</ul><p>${block.online ? h`En ligne\u00a0: ${block.online}, ou à ` : 'À '}${block.to.join(', ')}</p></section>`
    case 'signature':
      return h`<p class="signature">${linesOf([block.name, block.quality, block.house])}</p>`
    case 'signatures':
      return h`<p>Fait ${block.where}, le ${block.day}.</p><div class="parties">${block.parties.map((party) => h`<p><strong>${party.role}</strong>${lines([party.name, party.quality])}</p>`)}</div>`
  }
}

function tableHtml(table: Table): Html {
  const cell = (i: number) => (table.columns[i]?.align === 'right' ? 'num' : '')
  return h`<div class="scroll" role="group" aria-label="Tableau" tabindex="0"><table><thead><tr>${table.columns.map((column, i) => h`<th scope="col" class="${cell(i)}">${runsHtml(column.label)}</th>`)}</tr></thead>
<tbody>${table.rows.map((row) => h`<tr>${row.map((runs, i) => h`<td class="${cell(i)}">${runsHtml(runs)}</td>`)}</tr>`)}</tbody>
${table.total ? h`<tfoot><tr>${table.columns.length > 1 ? h`<th scope="row" colspan="${table.columns.length - 1}">${table.total.label}</th>` : ''}<td class="num">${table.total.value}</td></tr></tfoot>` : ''}</table></div>
${table.notes.map((note) => h`<p class="note">${note}</p>`)}`
}
