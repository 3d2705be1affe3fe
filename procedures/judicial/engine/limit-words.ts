import { happenings } from './happenings.ts'
import type { Procedure, TimeLimit } from './procedure.ts'
import { counted } from '../../../schema/words.ts'

/** « Au plus tard 3 mois après », and after what. */
export function limitWords(procedure: Procedure, limit: TimeLimit): { when: string; from: string } {
  const awaited = procedure.etapes.flatMap((step) => step.delais ?? []).find(({ id }) => id === limit.apres_delai)
  const from = awaited === undefined ? eventWords(procedure, limit.a_compter_de ?? '') : endWords(awaited.titre)
  return { when: whenWords(limit), from }
}

/** A limit that is itself a wait names its end: « Attendre la fin du délai d’opposition ». */
const endWords = (title: string): string => {
  const [, end] = /^Attendre (la fin .*)/.exec(title) ?? []
  return end ?? `la fin du délai pour ${lowered(title)}`
}

function whenWords({ duree, compte, nature }: TimeLimit): string {
  if (duree === null) return 'Délai à relever sur la décision ou sur le texte, depuis'
  if (compte === 'jour_meme_ou_ouvrable_suivant') return 'Le jour même ou le jour ouvrable suivant'
  const duration = durationWords(duree, compte === 'jours_ouvrables')
  if (!duration) return nature === 'pas_avant' ? 'Pas avant' : 'Au plus tard'
  return `${nature === 'pas_avant' ? 'Pas avant' : 'Au plus tard'} ${duration} ${compte === 'a_rebours' ? 'avant' : 'après'}`
}

/** An event of a procedure in words, within a sentence. */
export const eventWords = (procedure: Procedure, id: string): string =>
  lowered(happenings(procedure).get(id)?.titre ?? id.replaceAll('-', ' '))

const lowered = (text: string): string => text.charAt(0).toLowerCase() + text.slice(1)

/** « P1M15D » → « 1 mois et 15 jours »; empty for no time at all. */
export function durationWords(duration: string, working = false): string {
  const part = (unit: string) => Number(new RegExp(`(\\d+)${unit}`).exec(duration)?.[1] ?? 0)
  const [years, months, weeks, days] = [part('Y'), part('M'), part('W'), part('D')]
  return [
    years ? counted(years, 'an') : '',
    months ? `${months} mois` : '',
    weeks ? counted(weeks, 'semaine') : '',
    days ? counted(days, working ? 'jour ouvrable' : 'jour') : '',
  ]
    .filter(Boolean)
    .join(' et ')
}
