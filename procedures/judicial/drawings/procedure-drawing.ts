import { typographyFr } from '../../../documents/rendering/typography.ts'
import { actorKind } from '../engine/happenings.ts'
import { limitWords } from '../engine/limit-words.ts'
import type { Procedure, Step, TimeLimit } from '../engine/procedure.ts'
import { column, heightOf, ink, paragraph, type Paragraph, standalone, xml } from './svg.ts'

interface Row {
  step: Step
  index: number
  limit?: TimeLimit
  texts: Paragraph[]
  y: number
  height: number
}

const pad = 10

/**
 * The law of a procedure, drawn: its steps down a line, their time limits and where each starts. Colours come from the style
 * of the page that holds it (`.drawing`).
 */
export function procedureDrawing(procedure: Procedure, width = 760, size = 14): string {
  const wide = width > 500
  const lanes = lanesOf(procedure)
  const laneGap = wide ? 12 : 8
  const spine = 18 + lanes.count * laneGap
  const left = spine + 24
  const rows = rowsOf(procedure, width - left, size, wide)
  const last = rows.at(-1)
  const height = (last ? last.y + last.height : 0) + 6
  const stepRow = (id: string) => rows.find((row) => row.limit === undefined && row.step.id === id)
  const arcs = lanes.arcs.map(({ limit, from, lane }) => {
    const [start, end] = [stepRow(from), rows.find((row) => row.limit === limit)]
    if (!start || !end) return ''
    const x = spine - 16 - lane * laneGap
    const [y1, y2] = [start.y + 20, end.y + end.height / 2]
    return `<path class="arc" marker-end="url(#fleche-${width})" d="M${spine - 11} ${y1}H${x + 5}Q${x} ${y1} ${x} ${y1 + (y2 > y1 ? 5 : -5)}V${y2 - (y2 > y1 ? 5 : -5)}Q${x} ${y2} ${x + 5} ${y2}H${left + (wide ? 22 : 8)}"/>`
  })
  return `<svg viewBox="0 0 ${width} ${height}" role="img" aria-label="Schéma\u00a0: ${xml(typographyFr(procedure.titre))}. Le détail est écrit sous le schéma.">
<defs><marker id="fleche-${width}" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="8" markerHeight="8" orient="auto"><path class="tip" d="M0 0 8 4 0 8z"/></marker></defs>
<line class="axis" x1="${spine}" x2="${spine}" y1="20" y2="${(stepRow(procedure.etapes.at(-1)?.id ?? '')?.y ?? 0) + 20}"/>
${rows.map((row) => (row.limit ? limitSvg(row, left + (wide ? 24 : 10), width) : stepSvg(row, spine, left, width))).join('\n')}
${arcs.join('')}</svg>`
}

/** The same in a file of its own, in light colours. */
export const procedurePicture = (procedure: Procedure): string =>
  standalone(procedureDrawing(procedure)).replace('<defs>', `<style>${style}</style><defs>`)

const style =
  `text{fill:${ink}}.soft{fill:#57606a}.strong,.doubt,.number{font-weight:600}.sanction{fill:#a40e26}.doubt{fill:#7d4e00}
.axis{stroke:#57606a;stroke-width:1.5}.arc{fill:none;stroke:#57606a;stroke-width:1.5}.tip{fill:#57606a}.node{fill:#1f4e79}text.number{fill:#fff}
.step{fill:#fff;stroke:#d0d7de}.limit{fill:#f2f4f7}.limit.open{fill:#fff8e6;stroke:#b58105;stroke-dasharray:5 4}
.creditor{fill:#2e7d4f}.court{fill:#7a3b8f}.officer{fill:#1f6fb2}.debtor{fill:#b3541e}.other{fill:#57606a}`.replaceAll(
    '\n',
    '',
  )

function rowsOf(procedure: Procedure, width: number, size: number, wide: boolean): Row[] {
  const said = typographyFr
  let y = 4
  const rows: Row[] = []
  const add = (row: Omit<Row, 'y' | 'height'>) => {
    const height = heightOf(row.texts) + pad * 2 - 4
    rows.push({ ...row, y, height })
    y += height + 10
  }
  procedure.etapes.forEach((step, index) => {
    const room = width - 2 * pad - 6
    add({
      step,
      index,
      texts: [
        paragraph(said(step.titre), room, size + 2, 'strong'),
        paragraph(
          said(`${step.par.charAt(0).toUpperCase()}${step.par.slice(1)}, ${step.article}`),
          room,
          size - 1,
          'soft',
        ),
      ],
    })
    for (const limit of step.delais ?? []) {
      const inner = room - (wide ? 24 : 10)
      const { when, from } = limitWords(procedure, limit)
      add({
        step,
        index,
        limit,
        texts: [
          paragraph(said(limit.titre), inner, size, 'plain'),
          paragraph(said(`${when} : ${from}`), inner, size, 'strong'),
          paragraph(said(limit.version), inner, size - 1, 'soft'),
          paragraph(
            said(`${limit.article}${limit.sanction ? `. Sinon : ${limit.sanction}` : ''}`),
            inner,
            size - 1,
            limit.sanction ? 'sanction' : 'soft',
          ),
          ...(limit.confirme === 'non' ? [paragraph('À vérifier', inner, size - 1, 'doubt')] : []),
        ],
      })
    }
  })
  return rows
}

function stepSvg({ step, index, texts, y, height }: Row, spine: number, left: number, width: number): string {
  return `<rect class="step" x="${left}" y="${y}" width="${width - left - 1}" height="${height}" rx="6"/><rect class="${actorKind(step.par)}" x="${left}" y="${y}" width="5" height="${height}" rx="2"/>
<circle class="node" cx="${spine}" cy="${y + 20}" r="11"/><text class="number" font-size="12" text-anchor="middle" x="${spine}" y="${y + 24}">${index + 1}</text>
${column(texts, left + pad + 6, y + pad - 3)}`
}

function limitSvg({ limit, texts, y, height }: Row, left: number, width: number): string {
  return `<rect class="limit${limit?.confirme === 'non' ? ' open' : ''}" x="${left}" y="${y}" width="${width - left - 1}" height="${height}" rx="6"/>${column(texts, left + pad, y + pad - 3)}`
}

/** Each time limit that another step starts gets an arc, in the first lane free over the steps it spans. */
function lanesOf(procedure: Procedure): { arcs: { limit: TimeLimit; from: string; lane: number }[]; count: number } {
  const order = procedure.etapes.map(({ id }) => id)
  const spans = procedure.etapes.flatMap((step, at) =>
    (step.delais ?? []).flatMap((limit) => {
      const start = order.indexOf(limit.a_compter_de ?? '')
      return start < 0 || start === at
        ? []
        : [{ limit, from: limit.a_compter_de!, low: Math.min(start, at), high: Math.max(start, at) }]
    }),
  )
  // Arcs that leave the same step share a lane: they are one line that forks.
  const lanes: { from: string; low: number; high: number }[][] = []
  const arcs = spans
    .toSorted((a, b) => a.high - a.low - (b.high - b.low) || a.low - b.low)
    .map(({ limit, from, low, high }) => {
      let lane = lanes.findIndex((taken) =>
        taken.every((other) => other.from === from || high < other.low || low > other.high),
      )
      if (lane < 0) lane = lanes.push([]) - 1
      lanes[lane]!.push({ from, low, high })
      return { limit, from, lane }
    })
  return { arcs, count: Math.max(1, lanes.length) }
}
