import { before, type Day, dayFr, latest } from '../../../schema/days.ts'
import { DomainError, type Doubt } from '../../../schema/errors.ts'
import type { Zone } from '../../law/calendar.ts'
import { addDuration, durationFr, parseDuration } from '../../law/deadline.ts'
import { type Interruption, limitation, limitationKinds } from '../../law/limitation.ts'
import { findEntry, legalValue } from '../../law/values.ts'
import type { DebtorKind } from '../debtors.ts'

/** What a claim is about, for its limitation; « vente » is any sale or service, and depends on who owes. */
export const claimNatures = (): string[] => ['vente', ...limitationKinds()]

/** Kinds that an invoice may be of, when nobody says: the shortest of them is kept. */
const ofAnInvoice = ['conso', 'commercial', 'public', 'transport', 'maritime', 'telecom', 'loyer_habitation']

interface Claim {
  zone: Zone
  debtor: DebtorKind
  nature: string | null
  due: Day
  /** The acknowledgements of the debt, in any order: each counts only if the one before it kept the claim alive. */
  interruptions?: Interruption[]
}
export interface CaseLimitation {
  expires: Day
  why: string[]
  doubts: Doubt[]
}

/**
 * The last day to act on a claim. An unknown nature takes the shortest period that an invoice may have, and says so; under
 * Malagasy law, which is not on file, a time of caution runs until a person enters the day with its source.
 */
export function claimLimitation(claim: Claim): CaseLimitation {
  if (claim.zone === 'madagascar') return caution(claim)
  const { nature, due } = claim
  const of = (kind: string) => limitation({ kind, due, interruptions: claim.interruptions ?? [] })
  if (nature !== null) {
    const { expires, why, doubts } = of(nature === 'vente' ? saleKind[claim.debtor] : nature)
    return { expires, why, doubts }
  }
  const [shortest] = ofAnInvoice
    .filter((kind) => findEntry('prescription', due, kind)?.value != null)
    .map(of)
    .toSorted((a, b) => Temporal.PlainDate.compare(a.expires, b.expires))
  if (!shortest) return of(saleKind[claim.debtor])
  const message =
    `Nature de la créance non dite\u00a0: la prescription la plus courte est retenue, ${durationFr(shortest.duration)} ` +
    `(${shortest.article}), jusqu’au ${dayFr(shortest.expires)}. Indiquez la nature (setClaimNature) si elle en a une plus longue.`
  return {
    expires: shortest.expires,
    why: [message, ...shortest.why],
    doubts: [{ code: 'unknown_nature', message }, ...shortest.doubts],
  }
}

const saleKind = { business: 'commercial', consumer: 'conso', public: 'public' } as const

function caution({ due, interruptions = [] }: Claim): CaseLimitation {
  const time = legalValue('mg-prescription', due, 'precaution')
  const length = parseDuration(time.value)
  const expires = interruptions
    .map(({ on }) => on)
    .toSorted((a, b) => Temporal.PlainDate.compare(a, b))
    .reduce((end, on) => (before(end, on) ? end : latest(end, addDuration(on, length))), addDuration(due, length))
  const message =
    `Prescription malgache non renseignée\u00a0: par précaution, la créance n’est plus réclamée après le ${dayFr(expires)}. ` +
    'La date exacte reste à saisir, avec sa source.'
  return { expires, why: [message], doubts: [{ code: 'limitation_unknown', message }] }
}

/** DomainError `unknown_nature` for a word that is none of the natures. */
export function checkedNature(nature: string | null | undefined): string | null {
  if (nature == null || nature === '') return null
  if (claimNatures().includes(nature)) return nature
  throw new DomainError('unknown_nature', `La nature de créance « ${nature.slice(0, 40)} » n’est pas connue.`, {
    remedy: `Indiquez une des natures suivantes\u00a0: ${claimNatures().join(', ')}.`,
  })
}
