import type { Block, Coupon, Payment, Run, Table } from './blocks.ts'
import type { FilledLetter } from './fill.ts'
import { callFacts, contactLines, footerOf, referencesOf, taglineOf, townOf } from './head.ts'
import { ordered } from './pdf.ts'
import { dayFr, parseDay } from '../../schema/days.ts'

const fontSans = 'font-family:Arial,Helvetica,sans-serif'
const line = '#b9c0c4'

/** A filled letter as an e-mail: styles inline, tables simple, nothing fetched from elsewhere. */
export function renderHtml(filled: FilledLetter, layout: string): string {
  const references = filled.presentation === 'appel' ? callFacts(filled) : referencesOf(filled)
  const place = filled.presentation === 'lettre' ? [`${townOf(filled)}, le ${dayFr(parseDay(filled.facts.date))}`] : []
  const parts: Record<string, string> = {
    objet: escapeHtml(filled.presentation === 'appel' ? filled.titre : filled.objet),
    expediteur: [`<strong style="font-size:16px;color:#1f4555">${escapeHtml(filled.sender.name)}</strong>`]
      .concat(
        [...filled.sender.lines.slice(1), ...contactLines(filled), taglineOf(filled) ?? '']
          .filter(Boolean)
          .map(escapeHtml),
      )
      .join('<br>'),
    references: [...references.map((row) => row.join('\u00a0: ')), ...place].map(escapeHtml).join('<br>'),
    corps: ordered(filled.blocks).map(blockHtml).join('\n'),
    pied: footerOf(filled).map(escapeHtml).join('<br>'),
  }
  return layout.replace(/\[\[(\w+)\]\]/g, (_, name: string) => parts[name] ?? '')
}

export function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (c) => ({ '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' })[c]!)
}

function runsHtml(runs: Run[]): string {
  return runs
    .map((run) => {
      if (run.break) return '<br>'
      const inner = escapeHtml(run.text)
      const emphasised = run.em ? `<em>${inner}</em>` : inner
      return run.strong ? `<strong>${emphasised}</strong>` : emphasised
    })
    .join('')
}

function blockHtml(block: Block): string {
  switch (block.kind) {
    case 'paragraph':
      return `<p style="margin:0 0 16px">${runsHtml(block.runs)}</p>`
    case 'heading':
      return `<h2 style="${fontSans};font-size:15px;color:#1f4555;margin:24px 0 10px">${runsHtml(block.runs)}</h2>`
    case 'list': {
      const tag = block.ordered ? 'ol' : 'ul'
      const items = block.items.map((item) => `<li style="margin:0 0 6px">${item.map(itemHtml).join('')}</li>`)
      return `<${tag}${block.ordered && block.start !== 1 ? ` start="${block.start}"` : ''} style="margin:0 0 16px;padding-left:22px">${items.join('')}</${tag}>`
    }
    case 'quote':
      return `<blockquote style="margin:0 0 16px;padding:0 0 0 14px;border-left:3px solid ${line};font-size:14px">${block.blocks.map(blockHtml).join('')}</blockquote>`
    case 'rule':
      return `<hr style="border:0;border-top:1px solid ${line};margin:20px 0">`
    case 'table':
      return tableHtml(block)
    case 'payment':
      return paymentHtml(block)
    case 'coupon':
      return couponHtml(block)
    case 'signature':
      return `<p style="margin:24px 0 0"><strong>${escapeHtml(block.name)}</strong><br>${escapeHtml(block.quality)}<br>${escapeHtml(block.house)}</p>`
    case 'signatures':
      return `<p style="margin:24px 0 8px">Fait ${escapeHtml(block.where)}, le ${escapeHtml(block.day)}.</p>${block.parties
        .map(
          (party) =>
            `<p><strong>${escapeHtml(party.role)}</strong><br>${escapeHtml(party.name)}<br>${escapeHtml(party.quality)}</p>`,
        )
        .join('')}`
  }
}

const itemHtml = (block: Block): string => (block.kind === 'paragraph' ? runsHtml(block.runs) : blockHtml(block))

function tableHtml(table: Table): string {
  const cell = `padding:6px 8px;border-bottom:1px solid ${line};vertical-align:top`
  const head = table.columns.map(
    (column) =>
      `<th scope="col" style="${cell};text-align:${column.align};color:#1f4555">${runsHtml(column.label)}</th>`,
  )
  const rows = table.rows.map(
    (row) =>
      `<tr>${row
        .map((runs, i) => {
          const align = table.columns[i]?.align ?? 'left'
          return `<td style="${cell};text-align:${align}${align === 'right' ? ';white-space:nowrap' : ''}">${runsHtml(runs)}</td>`
        })
        .join('')}</tr>`,
  )
  const total = table.total
    ? `<tr><td colspan="${table.columns.length - 1}" style="${cell};text-align:right"><strong>${escapeHtml(table.total.label)}</strong></td><td style="${cell};text-align:right;white-space:nowrap"><strong>${escapeHtml(table.total.value)}</strong></td></tr>`
    : ''
  const notes = table.notes
    .map((note) => `<p style="${fontSans};font-size:12px;color:#5a5f63;margin:4px 0">${escapeHtml(note)}</p>`)
    .join('')
  return `<table style="${fontSans};font-size:14px;border-collapse:collapse;width:100%;margin:0 0 8px"><thead><tr>${head.join('')}</tr></thead><tbody>${rows.join('')}${total}</tbody></table>${notes}<div style="height:8px"></div>`
}

/** Label and value of a payment, in the order they are shown. */
export function paymentRows(payment: Payment): [string, string][] {
  return [
    ['Montant', payment.amount],
    ['À l’ordre de', payment.beneficiary],
    ...(payment.iban ? [['IBAN', payment.iban] as [string, string]] : []),
    ...(payment.bic ? [['BIC', payment.bic] as [string, string]] : []),
    ...(payment.address ? [['À adresser à', payment.address.join(', ')] as [string, string]] : []),
    ['Référence à rappeler', payment.reference],
    ...(payment.link ? [['Payer en ligne', payment.link] as [string, string]] : []),
  ]
}

function paymentHtml(payment: Payment): string {
  const rows = paymentRows(payment).map(
    ([label, value]) =>
      `<tr><td style="padding:3px 12px 3px 0;color:#5a5f63">${escapeHtml(label)}</td><td style="padding:3px 0"><strong>${escapeHtml(value)}</strong></td></tr>`,
  )
  return `<table style="${fontSans};font-size:14px;border:1px solid #1f4555;border-collapse:separate;padding:10px 14px;margin:0 0 16px;width:100%"><tbody>${rows.join('')}</tbody></table>`
}

function couponHtml(coupon: Coupon): string {
  const online = coupon.online
    ? `<p style="margin:0 0 8px">Répondre en ligne\u00a0: <strong>${escapeHtml(coupon.online)}</strong></p>`
    : ''
  const code = coupon.code
    ? `<p style="margin:0 0 8px">Votre code\u00a0: <strong style="font-size:18px;letter-spacing:2px">${escapeHtml(coupon.code)}</strong></p>`
    : ''
  return `<div style="${fontSans};font-size:14px;border-top:1px dashed #5a5f63;margin-top:24px;padding-top:16px"><p style="margin:0 0 8px"><strong>Votre réponse</strong>, dossier ${escapeHtml(coupon.dossier)}</p>${code}${online}<p style="margin:0">ou à ${coupon.to.map(escapeHtml).join(', ')}</p></div>`
}
