import { column, heightOf, paragraph, type Paragraph } from './drawing.ts'
import { h, type Html } from './page.ts'
import { durationWords, events, said, sentence } from './words.ts'
import type { Procedure, Step, TimeLimit } from '../../procedures/judicial/procedure.ts'

/** « Au plus tard 3 mois après », and after what. */
export function limitWords(procedure: Procedure, limit: TimeLimit): { when: string; from: string } {
  const awaited = procedure.etapes.flatMap((step) => step.delais ?? []).find(({ id }) => id === limit.apres_delai)
  const from =
    limit.apres_delai === undefined
      ? eventWords(procedure, limit.a_compter_de ?? '')
      : `la fin du délai pour ${lowered(awaited?.titre ?? sentence(limit.apres_delai))}`
  return { when: whenWords(limit), from }
}

function whenWords({ duree, compte, nature }: TimeLimit): string {
  if (duree === null) return 'Délai à relever sur la décision ou sur le texte, depuis'
  if (compte === 'jour_meme_ou_ouvrable_suivant') return 'Le jour même ou le jour ouvrable suivant'
  const duration = durationWords(duree, compte === 'jours_ouvrables')
  if (!duration) return nature === 'pas_avant' ? 'Pas avant' : 'Au plus tard'
  return `${nature === 'pas_avant' ? 'Pas avant' : 'Au plus tard'} ${duration} ${compte === 'a_rebours' ? 'avant' : 'après'}`
}

/** An event of a procedure in words: the title of its step, or its own name. */
export function eventWords(procedure: Procedure, id: string): string {
  return lowered(procedure.etapes.find((step) => step.id === id)?.titre ?? events[id] ?? sentence(id))
}

const lowered = (text: string): string => text.charAt(0).toLowerCase() + text.slice(1)

/** Who acts, in four kinds, for the mark beside a step. */
export function actorKind(by: string): 'creditor' | 'debtor' | 'court' | 'officer' | 'other' {
  if (/commissaire|huissier|officier/.test(by)) return 'officer'
  if (/juge|tribunal|greff|président|magistrat|juridiction/.test(by)) return 'court'
  if (/débiteur/.test(by)) return 'debtor'
  return /créancier/.test(by) ? 'creditor' : 'other'
}

/** The procedure drawn for a wide screen and for a narrow one: steps down a line, time limits and where they start. */
export function procedureDrawings(procedure: Procedure): Html {
  return h`<figure class="drawing steps-drawn"><div class="wide">${draw(procedure, 760, 14)}</div><div class="small">${draw(procedure, 360, 13)}</div></figure>`
}

interface Row {
  step: Step
  index: number
  limit?: TimeLimit
  texts: Paragraph[]
  y: number
  height: number
}

const pad = 10

function draw(procedure: Procedure, width: number, size: number): Html {
  const wide = width > 500
  const lanes = lanesOf(procedure)
  const laneGap = wide ? 12 : 8
  const spine = 18 + lanes.count * laneGap
  const left = spine + 24
  const rows = rowsOf(procedure, width - left, size, wide)
  const last = rows.at(-1)
  const height = (last ? last.y + last.height : 0) + 6
  const stepRow = (id: string) => rows.find((row) => row.limit === undefined && row.step.id === id)
  return h`<svg viewBox="0 0 ${width} ${height}" role="img" aria-label="Schéma\u00a0: ${said(procedure.titre)}. Le détail est écrit sous le schéma.">
<defs><marker id="fleche-${width}" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="8" markerHeight="8" orient="auto"><path class="tip" d="M0 0 8 4 0 8z"/></marker></defs>
<line class="axis" x1="${spine}" x2="${spine}" y1="20" y2="${(stepRow(procedure.etapes.at(-1)?.id ?? '')?.y ?? 0) + 20}"/>
${rows.map((row) => (row.limit ? limitHtml(row, left + (wide ? 24 : 10), width) : stepHtml(row, spine, left, width)))}
${lanes.arcs.map(({ limit, from, lane }) => {
  const [start, end] = [stepRow(from), rows.find((row) => row.limit === limit)]
  if (!start || !end) return ''
  const x = spine - 16 - lane * laneGap
  const [y1, y2] = [start.y + 20, end.y + end.height / 2]
  return h`<path class="arc" marker-end="url(#fleche-${width})" d="M${spine - 11} ${y1}H${x + 5}Q${x} ${y1} ${x} ${y1 + (y2 > y1 ? 5 : -5)}V${y2 - (y2 > y1 ? 5 : -5)}Q${x} ${y2} ${x + 5} ${y2}H${left + (wide ? 22 : 8)}"/>`
})}</svg>`
}

function rowsOf(procedure: Procedure, width: number, size: number, wide: boolean): Row[] {
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

function stepHtml({ step, index, texts, y, height }: Row, spine: number, left: number, width: number): Html {
  return h`<rect class="step" x="${left}" y="${y}" width="${width - left - 1}" height="${height}" rx="6"/><rect class="${actorKind(step.par)}" x="${left}" y="${y}" width="5" height="${height}" rx="2"/>
<circle class="node" cx="${spine}" cy="${y + 20}" r="11"/><text class="number" font-size="12" text-anchor="middle" x="${spine}" y="${y + 24}">${index + 1}</text>
${column(texts, left + pad + 6, y + pad - 3)}`
}

function limitHtml({ limit, texts, y, height }: Row, left: number, width: number): Html {
  return h`<rect class="limit${limit?.confirme === 'non' ? ' open' : ''}" x="${left}" y="${y}" width="${width - left - 1}" height="${height}" rx="6"/>${column(texts, left + pad, y + pad - 3)}`
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
    .sort((a, b) => a.high - a.low - (b.high - b.low) || a.low - b.low)
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
