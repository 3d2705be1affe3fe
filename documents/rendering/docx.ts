import Docxtemplater from 'docxtemplater'
import PizZip from 'pizzip'
import { dayFr, parseDay } from '../../schema/days.ts'
import { DomainError } from '../../schema/errors.ts'
import type { Block, Run, Table } from './blocks.ts'
import type { FilledLetter } from './fill.ts'
import { printable } from '../typst/glyphs.ts'
import { callFacts, contactLines, envelopeOf, footerOf, mentionOf, referencesOf, taglineOf, townOf } from './head.ts'
import { paymentRows } from './html.ts'
import { ordered, toSign } from './pdf.ts'

/** A filled letter as a Word file, over the template letters/layout/letter.docx. Same letter and instant, same bytes. */
export function renderDocx(filled: FilledLetter, template: Uint8Array, at: Temporal.Instant): Uint8Array {
  const letter = filled.presentation === 'lettre'
  const document = openTemplate(filled.id, template)
  const facts = filled.presentation === 'appel' ? callFacts(filled) : referencesOf(filled)
  const references = rows(facts.map((row) => row.join('\u00a0: ')))
  document.render(
    clean(
      {
        titre: letter ? '' : filled.presentation === 'appel' ? filled.titre : filled.objet,
        maison: filled.presentation === 'acte' ? '' : filled.sender.name,
        expediteur:
          filled.presentation === 'acte'
            ? []
            : rows([...filled.sender.lines.slice(1), ...contactLines(filled), taglineOf(filled) ?? '']),
        mention: mentionOf(filled) ?? '',
        destinataire: letter ? rows(envelopeOf(filled)) : [],
        references,
        // In a letter they stand in a frame of their own, beside the address.
        cadre: letter ? references : [],
        lieu: letter ? `${townOf(filled)}, le ${dayFr(parseDay(filled.facts.date))}` : '',
        objet: letter ? filled.objet : '',
        sujet: filled.objet,
        auteur: filled.sender.name,
        instant: at.round('second').toString(),
        pied: footerOf(filled).join(' – '),
      },
      ordered(filled.blocks)
        .map(letter ? blockXml : formXml)
        .join(''),
    ),
  )
  const zip = document.getZip()
  // ZIP keeps local time: a local constant gives the same bytes in every time zone.
  for (const file of Object.values(zip.files)) (file as { date: Date }).date = new Date(2026, 0, 1)
  return zip.generate({ type: 'uint8array', compression: 'DEFLATE' })
}

/** An agency's own may be any file. */
function openTemplate(letter: string, template: Uint8Array): Docxtemplater {
  const bad = (what: string, more: { tag?: string; cause?: unknown }): DomainError =>
    new DomainError('bad_template', `Le modèle Word du courrier «\u00a0${letter}\u00a0» ${what}.`, {
      remedy:
        'Repartez d’une copie de letters/layout/letter.docx, dont les balises sont {lieu}, {objet}, {@corps}, {pied}…',
      facts: { letter, ...(more.tag === undefined ? {} : { tag: more.tag }) },
      cause: more.cause,
    })
  const nullGetter = ({ value: tag = '' }: { value?: string }): never => {
    throw bad(`porte une balise inconnue\u00a0: {${tag}}`, { tag })
  }
  try {
    const options = { paragraphLoop: true, linebreaks: false, errorLogging: false, nullGetter }
    return new Docxtemplater(new PizZip(template), options)
  } catch (cause) {
    throw bad('ne peut être lu', { cause })
  }
}

const rows = (lines: string[]): { ligne: string }[] => lines.filter(Boolean).map((ligne) => ({ ligne }))

function clean(data: Record<string, unknown>, corps: string): Record<string, unknown> {
  const text = JSON.stringify(data, (_, value: unknown) => (typeof value === 'string' ? printable(value) : value))
  return { ...(JSON.parse(text) as Record<string, unknown>), corps }
}

const xml = (text: string): string =>
  printable(text).replace(/[&<>"]/g, (c) => ({ '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' })[c]!)

const runXml = (text: string, style = ''): string =>
  `<w:r><w:rPr>${style}</w:rPr><w:t xml:space="preserve">${xml(text)}</w:t></w:r>`

function runsXml(runs: Run[], style = ''): string {
  return runs
    .map((run) =>
      run.break
        ? '<w:r><w:br/></w:r>'
        : runXml(run.text, `${run.strong ? '<w:b/>' : ''}${run.em ? '<w:i/>' : ''}${style}`),
    )
    .join('')
}

const paragraph = (inner: string, properties = ''): string => `<w:p><w:pPr>${properties}</w:pPr>${inner}</w:p>`
const bold = '<w:b/>'

// A line to write on, as wide as the page whatever the reader's font.
const toFillIn = (runs: Run[]): boolean =>
  /^…{40,}$/.test(
    runs
      .map((run) => run.text)
      .join('')
      .trim(),
  )
const dottedLine = paragraph(
  '<w:r><w:tab/></w:r>',
  '<w:tabs><w:tab w:val="right" w:leader="dot" w:pos="9600"/></w:tabs>',
)

// A form or an act: room under a line to sign, a new page where the text has a rule.
function formXml(block: Block): string {
  if (block.kind === 'rule') return paragraph('<w:r><w:br w:type="page"/></w:r>')
  return blockXml(block) + (toSign(block) ? paragraph('').repeat(2) : '')
}

function blockXml(block: Block): string {
  switch (block.kind) {
    case 'paragraph':
      return toFillIn(block.runs) ? dottedLine : paragraph(runsXml(block.runs))
    case 'heading':
      return paragraph(runsXml(block.runs), '<w:pStyle w:val="Heading2"/>')
    case 'list':
      return block.items.map((item, i) => itemXml(item, block.ordered ? `${block.start + i}.` : '–')).join('')
    case 'quote':
      return block.blocks
        .map((inner) =>
          inner.kind === 'paragraph' ? paragraph(runsXml(inner.runs), '<w:pStyle w:val="Quote"/>') : blockXml(inner),
        )
        .join('')
    case 'rule':
      return paragraph('', '<w:pBdr><w:bottom w:val="single" w:sz="4" w:space="1" w:color="B9C0C4"/></w:pBdr>')
    case 'table':
      return tableXml(block)
    case 'payment':
      return (
        gridXml(
          paymentRows(block).map(([label, value]) => [runXml(label), runXml(value, bold)]),
          [2600, 7000],
          [],
        ) + paragraph('')
      )
    case 'coupon':
      return [
        paragraph(runXml('Coupon-réponse', bold), '<w:pStyle w:val="Heading2"/><w:pageBreakBefore/>'),
        paragraph(runXml(`Dossier ${block.dossier} · ${block.creditor} / ${block.debtor}`)),
        block.code ? paragraph(runXml(block.code, `${bold}<w:sz w:val="30"/>`)) : '',
        ...block.answers.map(
          (answer) => paragraph(runXml(`☐ ${answer.text}`)) + paragraph(runXml('.'.repeat(90))).repeat(answer.lines),
        ),
        paragraph(
          runXml(
            `À renvoyer à\u00a0: ${block.to.join(', ')}${block.online ? ` ou en ligne\u00a0: ${block.online}` : ''}`,
          ),
        ),
        paragraph(runXml('Date et signature\u00a0:')),
      ].join('')
    case 'signature':
      return [runXml(block.name, bold), runXml(block.quality), runXml(block.house)]
        .map((run) => paragraph(run, '<w:pStyle w:val="Signature"/>'))
        .join('')
    case 'signatures':
      return (
        paragraph(runXml(`Fait ${block.where}, le ${block.day}, en autant d’exemplaires que de parties.`)) +
        gridXml(
          [
            block.parties.map((party) =>
              [
                runXml(party.role, bold),
                runXml(party.name),
                runXml(party.quality),
                runXml('Signature, précédée de « lu et approuvé »'),
              ].join('<w:r><w:br/></w:r>'),
            ),
          ],
          [4800, 4800],
          [],
        ) +
        paragraph('')
      )
  }
}

function itemXml(item: Block[], mark: string): string {
  return item
    .map((block, i) =>
      block.kind === 'paragraph'
        ? paragraph(
            `${i === 0 && !isBox(block) ? `${runXml(mark)}<w:r><w:tab/></w:r>` : ''}${runsXml(block.runs)}`,
            '<w:pStyle w:val="ListParagraph"/>',
          )
        : blockXml(block),
    )
    .join('')
}

// A line to tick opens with its own box: no dash before it.
function isBox(block: Block): boolean {
  const [first] = block.kind === 'paragraph' ? block.runs : []
  return first !== undefined && 'text' in first && first.text.startsWith('☐')
}

function tableXml(table: Table): string {
  const aligns = table.columns.map((column) => column.align)
  const fixed = table.columns.filter((column) => column.fixed).length
  const widths = table.columns.map((column) =>
    column.fixed ? 1450 : Math.max(1600, Math.floor((9600 - fixed * 1450) / Math.max(1, table.columns.length - fixed))),
  )
  const head = table.columns.map((column) => runsXml(column.label, bold))
  const body = table.rows.map((row) => row.map((runs) => runsXml(runs)))
  const total = table.total
    ? [[...table.columns.slice(2).map(() => ''), runXml(table.total.label, bold), runXml(table.total.value, bold)]]
    : []
  const notes = table.notes.map((note) => paragraph(runXml(note), '<w:pStyle w:val="Note"/>')).join('')
  return gridXml([head, ...body, ...total], widths, aligns) + (notes || paragraph(''))
}

function gridXml(cells: string[][], widths: number[], aligns: string[]): string {
  const line =
    '<w:bottom w:val="single" w:sz="4" w:space="0" w:color="B9C0C4"/><w:insideH w:val="single" w:sz="4" w:space="0" w:color="B9C0C4"/>'
  const row = (values: string[]) =>
    `<w:tr><w:trPr><w:cantSplit/>${heightToSign(values)}</w:trPr>${values
      .map((inner, i) => {
        const align = aligns[i] === 'right' ? '<w:jc w:val="right"/>' : ''
        return `<w:tc><w:tcPr><w:tcW w:w="${widths[i] ?? 1450}" w:type="dxa"/></w:tcPr>${paragraph(inner, `<w:pStyle w:val="Cell"/>${align}`)}</w:tc>`
      })
      .join('')}</w:tr>`
  return `<w:tbl><w:tblPr><w:tblW w:w="9600" w:type="dxa"/><w:tblBorders>${line}</w:tblBorders><w:tblLayout w:type="autofit"/></w:tblPr><w:tblGrid>${widths
    .map((width) => `<w:gridCol w:w="${width}"/>`)
    .join('')}</w:tblGrid>${cells.map(row).join('')}</w:tbl>`
}

// Whoever signs in a cell has the height of a hand, in twentieths of a point.
function heightToSign(values: string[]): string {
  const words = values.map((value) => value.replace(/<[^>]*>/g, ' ')).join(' ')
  if (/Signature, précédée/.test(words)) return '<w:trHeight w:val="2000"/>'
  return /^\s*(date et )?signature/i.test(words) ? '<w:trHeight w:val="900"/>' : ''
}
