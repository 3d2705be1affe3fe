import { before, type Day } from '../../schema/days.ts'
import { holidayEntries } from './calendar.ts'
import { courtSample } from './court.ts'
import { limitationCauses } from './limitation.ts'
import { lawEntries, lawIds, type LawEntry } from './values.ts'

/** One line of the law that a lawyer should look at, and why. */
export interface Review {
  /** The file and the line: « taux-bce 2026-07-01 ». */
  where: string
  what: string
  /** unconfirmed: never confirmed; missing: no figure; stale: not re-read for six months; ended: nothing after it; ending: nothing after it, within 45 days. */
  reasons: ('unconfirmed' | 'missing' | 'stale' | 'ended' | 'ending')[]
  source: string
  checkedOn: string
  note?: string
}

/** What in the law is unconfirmed, missing, ended or not re-read for six months on that day. */
export function lawReview(on: Day): Review[] {
  const values = lawIds().flatMap((id) => lawEntries(id).map((entry) => ({ id, entry })))
  const reviews = values.map(({ id, entry }): Review => {
    const follows = (other: LawEntry) =>
      before(entry.to!, other.from) &&
      (entry.qualifier === 'tous' || other.qualifier === 'tous' || entry.qualifier === other.qualifier)
    const isLast = entry.to !== null && !lawEntries(id).some(follows)
    const ended = isLast && before(entry.to!, on)
    const ending = isLast && !ended && before(entry.to!, on.add({ days: 45 }))
    // A closed period that was confirmed once does not change any more.
    const stale = entry.to === null || !before(entry.to, on) ? isStale(entry.checkedOn, on) : false
    return {
      where: `${id} ${entry.from}${entry.qualifier === 'tous' ? '' : ` ${entry.qualifier}`}`,
      what: `${entry.title}\u00a0: ${entry.value ?? 'à compléter'}`,
      reasons: [
        ...(entry.value === null ? (['missing'] as const) : entry.confirmed ? [] : (['unconfirmed'] as const)),
        ...(stale ? (['stale'] as const) : []),
        ...(ended ? (['ended'] as const) : []),
        ...(ending ? (['ending'] as const) : []),
      ],
      source: entry.source,
      checkedOn: entry.checkedOn.toString(),
      ...(entry.note === undefined ? {} : { note: entry.note }),
    }
  })
  const others = [
    ...holidayEntries().map((line) => ({
      where: `jours-feries ${line.date ?? `pâques${line.paques! < 0 ? '' : '+'}${line.paques}`} ${line.zones.join(' ')}`,
      what: line.nom,
      line,
    })),
    { where: 'juridictions', what: 'Échantillon de sièges de juridictions', line: courtSample() },
    ...limitationCauses().map((line) => ({ where: `prescription-causes ${line.id}`, what: line.nom, line })),
  ].map(({ where, what, line }) => plainReview(where, what, line, on))
  return [...reviews, ...others].filter((review) => review.reasons.length > 0)
}

/** The same judgment on any line that says where it was read, when and whether it was confirmed. */
export function plainReview(
  where: string,
  what: string,
  line: { source: string; verifie_le: string; confirme: 'oui' | 'non' },
  on: Day,
): Review {
  const stale = isStale(Temporal.PlainDate.from(line.verifie_le), on)
  return {
    where,
    what,
    reasons: [...(line.confirme === 'non' ? (['unconfirmed'] as const) : []), ...(stale ? (['stale'] as const) : [])],
    source: line.source,
    checkedOn: line.verifie_le,
  }
}

const isStale = (checkedOn: Day, on: Day): boolean => before(checkedOn.add({ months: 6 }), on)
