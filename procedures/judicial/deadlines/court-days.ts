import { after, type Day, daysBetween } from '../../../schema/days.ts'
import { type Conduct, newsBy } from '../case-progress.ts'
import type { Progress } from '../engine/progress.ts'

/** A day that an open procedure has. */
export interface CourtDay {
  procedure: Conduct['procedure']['id']
  step: string
  title: string
  article: string
  on: Day
  /** To the last day of a period that runs; null while nothing may be done yet. */
  daysLeft: number | null
}

const askForNews = {
  title: 'Sans nouvelles d’ici là, interroger le greffe ou le commissaire de justice',
  article: 'règle de la maison',
}

/** The next day of an open procedure: the last day of an act of ours, or the first on which one is allowed, or one to ask for news. */
export function nextCourtDay(conduct: Conduct, { due, notBefore, closed }: Progress, onDay: Day): CourtDay | null {
  const procedure = conduct.procedure.id
  const acts = due
    .filter(({ effect }) => effect !== 'bars' && effect !== 'ends')
    .map(({ step, title, article, expires, daysLeft }) => ({ procedure, step, title, article, on: expires, daysLeft }))
  const opening = notBefore.map(({ step, title, article, opens }) => ({
    procedure,
    step,
    title,
    article,
    on: opens!,
    daysLeft: null,
  }))
  const found = [...acts, ...opening]
  // The court or the other side has the word: the case still has its day, on which somebody asks.
  const on = closed === null && found.length === 0 ? newsBy(conduct) : null
  if (on) return { procedure, step: 'nouvelles', ...askForNews, on, daysLeft: Math.max(0, daysBetween(onDay, on)) }
  return earliest(found)
}

export const earliest = (days: CourtDay[]): CourtDay | null =>
  days.reduce<CourtDay | null>((first, each) => (first === null || after(first.on, each.on) ? each : first), null)
