import { h, raw, type Html, type Link } from './page.ts'
import { stepLetters, type Shelves } from './shelves.ts'
import { familyWord, said, sentence, stepWord } from './words.ts'
import { proceduresOf } from '../../procedures/amicable/scenario-check.ts'
import { column, heightOf, paragraph } from '../../procedures/judicial/drawings/svg.ts'
import type { Scenario, ScenarioStep } from '../../procedures/amicable/scenario.ts'

const ways: Record<string, string> = {
  lettre: 'lettre',
  lrar: 'recommandé',
  email: 'courriel',
  sms: 'SMS',
  appel: 'appel',
  visite: 'visite',
}

interface Stop {
  /** Days from the due date; null on the day of issue. */
  day: number | null
  label: string
  name: string
  way: string
  tone: number
  target: string
  first: boolean
}

/** What a step is called on a drawing: the family of its letter, or what it asks for. */
export function stepName(shelves: Shelves, step: ScenarioStep): string {
  if (step.action === 'decider') return 'Décision'
  if (step.action) {
    const procedure = shelves.procedures.find(({ id }) => proceduresOf(step).includes(id))
    return procedure ? `Demande d’accord : ${procedure.titre.toLowerCase()}` : 'Demande d’accord'
  }
  const letter = shelves.library.letters.get(stepLetters(step)[0]?.letter ?? '')
  if (!letter || letter.famille === 'appels') return sentence(step.id)
  // A country's own family says nothing of the step.
  return ['madagascar', 'international'].includes(letter.famille) ? stepWord(letter.etape) : familyWord(letter.famille)
}

/** The way a step goes, in words. */
export const stepWay = (step: ScenarioStep): string =>
  step.action
    ? step.action === 'decider'
      ? 'par une personne'
      : 'accord du créancier'
    : (ways[step.canal ?? ''] ?? step.canal ?? '')

function stopsOf(shelves: Shelves, scenario: Scenario, to: Link): Stop[] {
  return scenario.etapes.map((step) => {
    const letters = stepLetters(step).flatMap(({ letter }) => shelves.library.letters.get(letter) ?? [])
    return {
      day: step.jour === 'emission' ? null : Number(step.jour.slice(1)),
      label: step.jour === 'emission' ? 'Émission' : step.jour.replace('-', '−'),
      name: said(stepName(shelves, step)),
      way: stepWay(step),
      tone: step.action ? 7 : (letters[0]?.ton ?? 3),
      target: to(`parcours/${scenario.id}.html#${step.id}`),
      first: step.premiere_lettre === true,
    }
  })
}

/** The scenario drawn twice, across for a wide screen and down for a narrow one; the style shows one of them. */
export function scenarioDrawings(shelves: Shelves, scenario: Scenario, to: Link): Html {
  const stops = stopsOf(shelves, scenario, to)
  return h`<figure class="drawing"><div class="wide">${across(scenario, stops)}</div><div class="small">${down(scenario, stops)}</div></figure>`
}

function across(scenario: Scenario, stops: Stop[]): Html {
  const columns = stops.length + 1
  const pitch = 960 / columns
  const base = 190
  const due = stops.findIndex(({ day }) => day !== null && day >= 0)
  // The due date has a place of its own between what comes before it and what comes after.
  const placed = stops.map((stop, i) => ({
    ...stop,
    x: Math.round(pitch * (i + (i >= due ? 1.5 : 0.5))),
    y: base - 24 - stop.tone * 19,
  }))
  const dueX = Math.round(pitch * (due + 0.5))
  const texts = placed.map((stop) => [
    paragraph(stop.name, pitch - 8, 13, 'strong'),
    paragraph(stop.first ? `${stop.way}, première lettre` : stop.way, pitch - 8, 12, 'soft'),
  ])
  const height = base + 34 + Math.max(...texts.map(heightOf)) + 6
  return h`<svg viewBox="0 0 960 ${height}" role="group" aria-label="${said(scenario.titre)}">
<line class="axis" x1="0" x2="960" y1="${base}" y2="${base}"/>
<line class="due" x1="${dueX}" x2="${dueX}" y1="20" y2="${base}"/>
<text class="strong" font-size="13" text-anchor="middle" x="${dueX}" y="${base + 22}">J</text><text class="soft" font-size="12" text-anchor="middle" x="${dueX}" y="${base + 42}">échéance</text>
<polyline class="rise" points="${placed.map(({ x, y }) => `${x},${y}`).join(' ')}"/>
${placed.map(
  (stop, i) => h`<a href="${stop.target}"><line class="stem" x1="${stop.x}" x2="${stop.x}" y1="${stop.y}" y2="${base}"/>
<circle class="dot tone-${stop.tone}" cx="${stop.x}" cy="${stop.y}" r="9"/>
<text class="day" font-size="13" text-anchor="middle" x="${stop.x}" y="${base + 22}">${stop.label}</text>
${raw(column(texts[i]!, stop.x, base + 28, 'middle'))}</a>`,
)}</svg>`
}

function down(scenario: Scenario, stops: Stop[]): Html {
  let y = 8
  const rows: Html[] = []
  stops.forEach((stop, i) => {
    if (stop.day !== null && stop.day >= 0 && (stops[i - 1]?.day ?? -1) < 0) {
      rows.push(
        h`<line class="due" x1="72" x2="340" y1="${y + 6}" y2="${y + 6}"/><text class="strong" font-size="13" x="112" y="${y + 22}">J, échéance de la facture</text>`,
      )
      y += 36
    }
    const texts = [
      paragraph(stop.name, 230, 15, 'strong'),
      paragraph(stop.first ? `${stop.way}, première lettre` : stop.way, 230, 13, 'soft'),
    ]
    rows.push(h`<a href="${stop.target}"><text class="day" font-size="13" text-anchor="end" x="74" y="${y + 16}">${stop.label}</text>
<circle class="dot tone-${stop.tone}" cx="92" cy="${y + 11}" r="8"/>${raw(column(texts, 112, y))}</a>`)
    y += heightOf(texts) + 18
  })
  return h`<svg viewBox="0 0 350 ${y}" role="group" aria-label="${said(scenario.titre)}"><line class="axis" x1="92" x2="92" y1="10" y2="${y - 24}"/>${rows}</svg>`
}
