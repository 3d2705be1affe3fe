import { followedScenario, type Scenario } from '../../procedures/amicable/scenario.ts'
import type { CaseFile, Step } from '../../procedures/cases/file/file.ts'
import { loadLibrary } from '../../letters/catalogue.ts'
import { before, dayFr } from '../../schema/days.ts'
import { caseDrawing } from '../../procedures/judicial/drawings/drawing.ts'
import type { Procedure } from '../../procedures/judicial/engine/procedure.ts'
import type { Progress } from '../../procedures/judicial/engine/progress.ts'
import { h, type Html, raw, said } from './page.ts'

const ways: Record<string, string> = {
  lettre: 'lettre simple',
  lrar: 'lettre recommandée',
  email: 'courriel',
  sms: 'message',
  appel: 'appel',
}
const families: Record<string, string> = {
  'envoi-facture': 'Envoi de la facture',
  'avant-echeance': 'Rappel avant l’échéance',
  'relance-cordiale': 'Relance cordiale',
  'relance-ferme': 'Relance ferme',
  'mise-en-demeure': 'Mise en demeure',
  'dernier-avis': 'Dernier avis',
}

/** What a step is for whoever has never read the scenario. */
function nameOf(scenario: Scenario | null, step: Step): string {
  if (step.key.endsWith('.prevenir')) return 'Avis au créancier'
  const rule = scenario?.etapes.find(({ id }) => id === step.key)
  // Added by a person, or of a scenario whose file has changed since.
  if (!rule) return step.channel === 'appel' ? 'Appel au débiteur' : 'Étape ajoutée au dossier'
  if (rule.action) return 'Demande d’accord pour agir en justice'
  if (rule.canal === 'appel') return 'Appel au débiteur'
  if (rule.canal === 'visite') return 'Visite au débiteur'
  const id = typeof rule.lettre === 'string' ? rule.lettre : rule.lettre?.professionnel
  const letter = id === undefined ? undefined : loadLibrary().letters.get(id)
  return (letter && families[letter.famille]) ?? letter?.titre ?? step.key
}

/** A case's way through a procedure before the courts, for a wide column and for a telephone. */
export function courtPicture({ procedure, progress }: { procedure: Procedure; progress: Progress }): Html {
  const picture = (width: number) => raw(caseDrawing(procedure, progress, width))
  return h`<figure><div class="large">${picture(440)}</div><div class="small">${picture(340)}</div>
<figcaption class="meta">${said(procedure.titre)}. Rond coché\u00a0: fait. Rond à point\u00a0: délai en cours. Croix\u00a0: voie fermée. Tirets\u00a0: à venir.</figcaption></figure>`
}

type Look = 'done' | 'skipped' | 'next' | 'later'

interface Stop {
  look: Look
  name: string
  note: string
}

/** The steps with what became of them: done, skipped and why, next, and those to come. */
function stopsOf(file: CaseFile): Stop[] {
  const scenario = followedScenario(file.case.scenario)
  const held = file.holds.find((hold) => hold.releasedOn === null)
  let isNext = true
  return file.steps.map((step) => {
    const name = nameOf(scenario, step)
    const way = step.key.endsWith('.prevenir') ? '' : ways[step.channel]
    const by = way && !name.toLowerCase().includes(way) ? `, ${way}` : ''
    if (step.doneOn && isToCall(file, step))
      return {
        look: 'next',
        name,
        note: `${held ? 'Attend la fin de la suspension, prévu' : 'À passer depuis'} le ${dayFr(step.doneOn)}`,
      }
    if (step.doneOn && isToVisit(file, step))
      return {
        look: 'next',
        name,
        note: `${held ? 'Attend la fin de la suspension, prévue' : 'À faire depuis'} le ${dayFr(step.doneOn)}`,
      }
    if (step.doneOn) return { look: 'done', name, note: `Fait le ${dayFr(step.doneOn)}${by}` }
    if (step.skippedOn) return { look: 'skipped', name, note: `Sans objet\u00a0: ${said(step.skippedWhy ?? '')}` }
    const look: Look = isNext ? 'next' : 'later'
    isNext = false
    const when = held ? `Suspendu, prévu le ${dayFr(step.plannedOn)}` : `Prévu le ${dayFr(step.plannedOn)}`
    return { look, name, note: `${when}${by}` }
  })
}

/** The step of a call puts it on the list of those to make: it is made once somebody has recorded it. */
const isToCall = ({ calls }: CaseFile, { channel, doneOn }: Step): boolean =>
  channel === 'appel' && doneOn !== null && !calls.some(({ calledOn }) => !before(calledOn, doneOn))

/** A visit likewise: its step writes the order of mission. */
const isToVisit = ({ visits }: CaseFile, { channel, doneOn }: Step): boolean =>
  channel === 'visite' && doneOn !== null && !visits.some(({ visitedOn }) => !before(visitedOn, doneOn))

const words: Record<Look, string> = { done: 'fait', skipped: 'sans objet', next: 'prochaine étape', later: 'à venir' }

/** The path drawn from top to bottom, once for a wide column and once for a telephone; the style shows one of them. */
export function pathPicture(file: CaseFile): Html {
  const stops = stopsOf(file)
  if (stops.length === 0) return h`<p class="meta">Aucune étape n’est prévue.</p>`
  return h`<figure><div class="large">${drawn(stops, 440)}</div><div class="small">${drawn(stops, 340)}</div>
<figcaption class="meta">Rond plein\u00a0: fait. Rond cerclé\u00a0: prochaine étape. Rond barré\u00a0: sans objet, avec le motif.</figcaption></figure>`
}

function drawn(stops: Stop[], width: number): Html {
  let y = 4
  const rows = stops.map((stop) => {
    // By the wide letters of the fonts that a browser falls back on: what does not fit is cut off.
    const title = wrapped(stop.name, Math.floor((width - 40) / 10))
    const lines = wrapped(stop.note, Math.floor((width - 40) / 8.2))
    const top = y
    y += title.length * 21 + lines.length * 20 + 15
    return { svg: row(stop, title, lines, top), dot: top + 14 }
  })
  const first = rows[0]!.dot
  const last = rows.at(-1)!.dot
  const label = stops.map((stop) => `${stop.name}, ${words[stop.look]}`).join(' ; ')
  return h`<svg viewBox="0 0 ${width} ${y}" role="img" aria-label="Étapes du dossier. ${label}"><line class="axis" x1="14" x2="14" y1="${first}" y2="${last}"/>${rows.map(({ svg }) => svg)}</svg>`
}

function row({ look }: Stop, title: string[], lines: string[], top: number): Html {
  const y = top + 14
  const mark =
    look === 'done'
      ? h`<path class="tick" d="M9.5 ${y}l3.2 3.2 6-6.4"/>`
      : look === 'skipped'
        ? h`<path class="crossed" d="M9 ${y + 5}l10-10"/>`
        : look === 'next'
          ? h`<circle class="done" cx="14" cy="${y}" r="4"/>`
          : ''
  return h`<circle class="${look}" cx="14" cy="${y}" r="${look === 'later' ? 7 : 10}"/>${mark}
${title.map((line, i) => h`<text x="38" y="${top + 19 + i * 21}" font-size="16" class="${look === 'skipped' || look === 'later' ? 'soft strong' : 'strong'}">${line}</text>`)}
${lines.map((line, i) => h`<text x="38" y="${top + 19 + title.length * 21 + i * 20}" font-size="14" class="soft">${line}</text>`)}`
}

/** A text cut into lines of so many letters at most, between words. */
function wrapped(text: string, letters: number): string[] {
  const lines: string[] = []
  for (const word of text.split(' ')) {
    const line = lines.at(-1)
    if (line !== undefined && line.length + 1 + word.length <= letters) lines[lines.length - 1] = `${line} ${word}`
    else lines.push(word)
  }
  return lines
}
