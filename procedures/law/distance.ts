import type { Day } from '../../schema/days.ts'
import type { Doubt } from '../../schema/errors.ts'
import { isDistantFrance, isMetropolitan, isOverseas, type Zone } from './calendar.ts'
import { type Duration, parseDuration } from './deadline.ts'
import { legalValue } from './values.ts'

/** What distance adds to a time to appear, to oppose, to appeal (CPC 643 to 645); null when it adds nothing. */
export interface Distance {
  added: Duration | null
  why: string[]
  doubts: Doubt[]
}

/**
 * `residence`: `metropole`, `etranger`, a French zone, or `outre-mer` when no more is known. `servedAt`: where the act
 * was handed to the person himself, who then has the time of those who live there (CPC 647). Nothing is added where the
 * residence is not given, and a doubt says that it may be. DomainError `no_legal_value` for a day before the code.
 */
export function distance(request: { court: Zone; residence: unknown; servedAt?: unknown; on: Day }): Distance {
  const { court, residence, servedAt, on } = request
  const home = extension(court, residence, on)
  if (!home.added || servedAt === undefined || extension(court, servedAt, on).added) return home
  return {
    added: null,
    why: [
      'L’acte a été remis à la personne même en un lieu d’où le délai n’est pas augmenté (article 647 du code de procédure civile).',
    ],
    doubts: home.doubts,
  }
}

function extension(court: Zone, residence: unknown, on: Day): Distance {
  const seat = isMetropolitan(court) ? 'metropole' : isOverseas(court) ? 'outre-mer' : null
  const place = placeFrom(court, residence)
  if (seat === null || place === 'here') return { added: null, why: [], doubts: [] }
  if (residence === undefined) return { added: null, why: [], doubts: [noPlace] }
  if (place === null) return { added: null, why: [], doubts: [unknownPlace(residence)] }
  const law = legalValue('delai-distance', on, `${seat}_${place}`)
  const doubts = law.doubt ? [law.doubt] : []
  if (residence === 'outre-mer' && seat === 'outre-mer') doubts.push(whichIsland)
  const added = parseDuration(law.value)
  return {
    added,
    why: [
      `Le délai est augmenté de ${added.months}\u00a0mois à raison de la distance (articles ${law.article!.replace('CPC ', '')} et 645 du code de procédure civile).`,
    ],
    doubts,
  }
}

function placeFrom(court: Zone, residence: unknown): 'here' | 'outre-mer' | 'ailleurs' | 'etranger' | null {
  if (residence === 'etranger' || residence === 'madagascar') return 'etranger'
  const place = typeof residence === 'string' ? residence : ''
  const distant = place === 'outre-mer' || isDistantFrance(place)
  if (!distant && !isMetropolitan(place)) return null
  if (isMetropolitan(court)) return distant ? 'outre-mer' : 'here'
  return place === court ? 'here' : 'ailleurs'
}

const whichIsland: Doubt = {
  code: 'distance_to_check',
  message:
    'Le débiteur demeure outre-mer, comme le tribunal\u00a0: le délai n’est augmenté que s’ils ne sont pas dans la même collectivité (CPC 644), à vérifier.',
}

const noPlace: Doubt = {
  code: 'distance_to_check',
  message:
    'La demeure de celui dont le délai court n’est pas donnée\u00a0: le délai peut être augmenté à raison de la distance (CPC 643 et 644), à vérifier.',
}

const unknownPlace = (residence: unknown): Doubt => ({
  code: 'distance_to_check',
  message: `La demeure «\u00a0${String(residence).slice(0, 40)}\u00a0» n’est pas connue\u00a0: le délai peut être augmenté à raison de la distance (CPC 643 et 644), à vérifier.`,
})
