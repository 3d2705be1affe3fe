import { typographyFr } from '../../../documents/rendering/typography.ts'
import { dayFr, daysBetween } from '../../../schema/days.ts'
import type { Procedure } from '../engine/procedure.ts'
import type { StepDeadline } from '../engine/time-limits.ts'
import type { Progress } from '../engine/progress.ts'
import { lineHeight, paragraph, type Paragraph, standalone, xml } from './svg.ts'

type Look = 'done' | 'late' | 'running' | 'waiting' | 'next' | 'closed' | 'won' | 'after'

interface Stop {
  look: Look
  title: string
  notes: string[]
  /** How much of a running period is gone, from 0 to 1. */
  gone?: number
}

const colours: Record<Look, string> = {
  done: '#2e7d4f',
  late: '#b3541e',
  running: '#1f6fb2',
  waiting: '#6e7781',
  next: '#6e7781',
  closed: '#b3202e',
  won: '#2e7d4f',
  after: '#6e7781',
}
const looks: Record<Look, string> = {
  done: 'fait',
  late: 'en retard',
  running: 'délai en cours',
  waiting: 'pas encore permis',
  next: 'possible',
  closed: 'voie fermée',
  won: 'issue',
  after: 'suite possible',
}

/**
 * A case's way through its procedure on a day: what was done and when, the periods that run with the days left, what
 * closed the path, and what may follow. Text takes the colour of the page that holds it.
 */
export function caseDrawing(procedure: Procedure, progress: Progress, width = 560): string {
  const size = width > 480 ? 14 : 13
  const stops = stopsOf(progress)
  let y = 6
  const rows = stops.map((stop) => {
    const texts = [
      ...paragraphs(stop.title, width - 44, size + 1, 'strong'),
      ...stop.notes.flatMap((note) => paragraphs(note, width - 44, size - 1, 'soft')),
    ]
    const top = y
    const bar = stop.gone === undefined ? 0 : 10
    y += texts.reduce((height, each) => height + each.lines.length * lineHeight(each.size), 0) + bar + 14
    return { stop, texts, top, bar }
  })
  const label = stops
    .map(({ look, title, notes }) => `${title}, ${looks[look]}${notes[0] ? `, ${notes[0]}` : ''}`)
    .join(' ; ')
  // From dot to dot, so that an empty one shows the page behind it.
  const axis = rows
    .slice(1)
    .map(({ top }, i) => `<path d="M14 ${rows[i]!.top + 24}V${top + 4}" stroke="#8c959f" stroke-width="1.5"/>`)
    .join('')
  return `<svg viewBox="0 0 ${width} ${y}" role="img" aria-label="${xml(typographyFr(`Chemin du dossier, ${procedure.titre}, au ${dayFr(progress.on)}. ${label}`))}">${axis}${rows
    .map(({ stop, texts, top, bar }) => mark(stop.look, top + 14) + lines(texts, top, width, bar, stop))
    .join('')}</svg>`
}

/** The same in a file of its own: for a pack's cover, a message, a download. */
export const casePicture = (procedure: Procedure, progress: Progress, width?: number): string =>
  standalone(caseDrawing(procedure, progress, width))

function stopsOf(progress: Progress): Stop[] {
  const { done, due, late, notBefore, next, closed, outcomes, nextProcedures, on } = progress
  const stops: Stop[] = done.map(({ title, on: day, by, late: missed }) => ({
    look: missed ? 'late' : 'done',
    title,
    notes: [
      `${capital(dayFr(day))}${by ? `, par ${by}` : ''}`,
      ...(missed ? [`Après la fin du délai, le ${dayFr(missed.expires)} (${missed.article})`] : []),
    ],
  }))
  for (const limit of late) {
    stops.push({
      look: 'late',
      title: limit.title,
      notes: [`Délai dépassé depuis le ${dayFr(limit.expires)} (${limit.article})`],
    })
  }
  if (closed?.limit) {
    stops.push({
      look: 'closed',
      title: capital(closed.sanction ?? 'voie fermée'),
      notes: [
        `« ${closed.title} » devait être fait au plus tard le ${dayFr(closed.limit.expires)} (${closed.article})`,
        ...(closed.limit.confirmed ? [] : ['Délai à vérifier']),
      ],
    })
  }
  for (const outcome of outcomes) {
    // What a sanction says is said; the rest is how the path turned.
    if (closed?.limit && outcome.event === null && outcome.on.equals(closed.on)) continue
    stops.push({
      look: outcome.kind === 'succes' ? 'won' : outcome.ends ? 'closed' : 'waiting',
      title: outcome.title,
      notes: [`${capital(dayFr(outcome.on))} (${outcome.article})`],
    })
  }
  for (const limit of due) stops.push(running(limit, on))
  for (const limit of notBefore) {
    stops.push({
      look: 'waiting',
      title: limit.title,
      notes: [`Pas avant le ${dayFr(limit.opens!)} (${limit.article})`],
    })
  }
  const shown = new Set([...due.flatMap((limit) => limit.metBy), ...notBefore.map((limit) => limit.step)])
  for (const step of next) {
    if (shown.has(step.step)) continue
    stops.push({ look: 'next', title: step.title, notes: [`Par ${step.by} (${step.article})`] })
  }
  for (const { title, why, isConfirmed } of unique(nextProcedures)) {
    const notes = [capital(why), ...(isConfirmed ? [] : ['À vérifier'])]
    stops.push({ look: 'after', title: `Suite possible : ${title}`, notes })
  }
  return stops
}

function running(limit: StepDeadline & { daysLeft: number }, on: Progress['on']): Stop {
  const [from, to] =
    limit.from.toString() < limit.expires.toString() ? [limit.from, limit.expires] : [on, limit.expires]
  const length = Math.max(1, daysBetween(from, to))
  const left =
    limit.daysLeft === 0 ? 'dernier jour' : `il reste ${limit.daysLeft}\u00a0jour${limit.daysLeft > 1 ? 's' : ''}`
  return {
    look: 'running',
    title: limit.title,
    notes: [
      `Au plus tard le ${dayFr(limit.expires)}, ${left} (${limit.article})`,
      ...(limit.sanction ? [`Sinon : ${limit.sanction}`] : []),
      ...(limit.doubts.length > 0 ? ['À vérifier'] : []),
    ],
    gone: Math.min(1, Math.max(0, 1 - limit.daysLeft / length)),
  }
}

const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1)

function unique(sequels: Progress['nextProcedures']): Progress['nextProcedures'] {
  return [...new Map(sequels.map((sequel) => [sequel.procedure, sequel])).values()]
}

const paragraphs = (text: string, width: number, size: number, kind: string): Paragraph[] => [
  paragraph(typographyFr(text), width, size, kind),
]

function lines(texts: Paragraph[], top: number, width: number, bar: number, stop: Stop): string {
  let y = top
  const written = texts.flatMap(({ lines: all, size, kind }) =>
    all.map((line) => {
      y += lineHeight(size)
      const weight = kind === 'strong' ? ' font-weight="600"' : ' fill-opacity="0.78"'
      return `<text x="36" y="${Math.round(y - size * 0.3)}" font-size="${size}" fill="currentColor"${weight}>${xml(line)}</text>`
    }),
  )
  if (bar === 0) return written.join('')
  const room = width - 44
  return `${written.join('')}<rect x="36" y="${y + 5}" width="${room}" height="5" rx="2.5" fill="#8c959f" fill-opacity="0.35"/><rect x="36" y="${y + 5}" width="${Math.max(3, Math.round(room * stop.gone!))}" height="5" rx="2.5" fill="${colours.running}"/>`
}

/** Full and ticked: done. Crossed: closed. A dot in a ring: running. Empty: to come. */
function mark(look: Look, y: number): string {
  const colour = colours[look]
  if (look === 'done' || look === 'won')
    return `<circle cx="14" cy="${y}" r="9" fill="${colour}"/><path d="M9.8 ${y}l3 3 5.4-6" fill="none" stroke="#fff" stroke-width="2"/>`
  if (look === 'closed')
    return `<circle cx="14" cy="${y}" r="9" fill="${colour}"/><path d="M10.5 ${y - 3.5}l7 7m0-7l-7 7" fill="none" stroke="#fff" stroke-width="2"/>`
  if (look === 'late')
    return `<circle cx="14" cy="${y}" r="9" fill="${colour}"/><path d="M14 ${y - 5}v6m0 3v1.6" fill="none" stroke="#fff" stroke-width="2"/>`
  const ring = `<circle cx="14" cy="${y}" r="9" fill="none" stroke="${colour}" stroke-width="2"${look === 'waiting' || look === 'after' ? ' stroke-dasharray="3 2.5"' : ''}/>`
  return look === 'running' ? `${ring}<circle cx="14" cy="${y}" r="4" fill="${colour}"/>` : ring
}
