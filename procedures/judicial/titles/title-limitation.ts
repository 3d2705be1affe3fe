import { after, before, type Day, dayFr, latest, parseDay } from '../../../schema/days.ts'
import type { Sql } from '../../../schema/db.ts'
import type { Doubt } from '../../../schema/errors.ts'
import { plainWords } from '../../../schema/words.ts'
import type { CaseFile } from '../../cases/file/file.ts'
import { renewals } from '../../cases/limitation/limitation.ts'
import { type Interruption, interrupts, limitation, type Limitation } from '../../law/limitation.ts'
import { findEntry } from '../../law/values.ts'
import type { GivenFacts } from '../packs/paper-facts.ts'
import type { Procedure } from '../engine/procedure.ts'

/** A title whose own limitation runs, whatever the claim was (CPCE L111-4). */
export interface RunningTitle {
  on: Day
  /** Its last day, at the word of whoever gave the title, where something interrupted it elsewhere. */
  until: Day | null
  /** When a procedure of the house asked for it; unknown of a title obtained elsewhere. */
  askedOn?: Day
}

/** Ten years for what a court decided; the titles of other hands last as long as the claim that they state. */
export const runsTenYears = ({ papiers }: Pick<Procedure, 'papiers'>): boolean =>
  papiers?.prescription_du_titre !== 'creance'

/** What a title given by hand is, by its nature as it is written; unknown, the claim keeps its own period, the shorter one. */
export function natureRuns(nature: unknown, on: Day): 'dix-ans' | 'creance' | 'unknown' {
  const words = typeof nature === 'string' ? ` ${plainWords(nature)} ` : ''
  const names = (list: string): boolean =>
    (findEntry('titres-executoires', on, list)?.value ?? '')
      .split(', ')
      .some((name) => name !== '' && words.includes(` ${plainWords(name)} `))
  return names('creance') ? 'creance' : names('dix-ans') ? 'dix-ans' : 'unknown'
}

/**
 * The last day of a title, with its reasons. A later one told by hand stands, and is to be checked; what happened while it kept the
 * title alive starts ten years anew (C. civ. 2231, 2240 and 2244).
 */
export function titleEnd(
  { on, until }: RunningTitle,
  acts: Interruption[],
): { expires: Day; why: string[]; doubts: Doubt[] } {
  const reckoned = limitation({ kind: 'titre', due: on, interruptions: acts })
  if (!until || !after(until, reckoned.expires)) return reckoned
  const message = `Le titre du ${dayFr(on)} serait prescrit le ${dayFr(reckoned.expires)} (CPCE L111-4)\u00a0; sa prescription est dite au ${dayFr(until)}\u00a0: joindre l’acte qui l’a interrompue ou suspendue.`
  const doubts = [{ code: 'title_limitation_by_hand', message }]
  const renewed = renewedSince(reckoned.expires, until, acts)
  return renewed && after(renewed.expires, until)
    ? { expires: renewed.expires, why: [message, ...renewed.why], doubts: [...doubts, ...renewed.doubts] }
    : { expires: until, why: [message], doubts }
}

/** From the first act that found the title alive by what was told alone. */
function renewedSince(end: Day, until: Day, acts: Interruption[]): Limitation | null {
  const [first, ...later] = acts
    .filter((act) => after(act.on, end) && interrupts(act))
    .toSorted((a, b) => Temporal.PlainDate.compare(a.on, b.on))
  if (!first || after(first.on, until)) return null
  return limitation({ kind: 'titre', due: first.until ?? first.on, interruptions: later })
}

/** The title given for the papers of a procedure, where it runs for ten years of its own. */
export function givenRunning(told: unknown, onDay: Day): RunningTitle | null {
  const { date, nature, prescription } = (told ?? {}) as Record<string, unknown>
  if (typeof date !== 'string') return null
  const on = parseDay(date, 'titre.date')
  if (after(on, onDay) || natureRuns(nature, on) !== 'dix-ans') return null
  return { on, until: typeof prescription === 'string' ? parseDay(prescription, 'titre.prescription') : null }
}

/** Those that the creditor signed for, with or without their sums; of one procedure the last, which may correct the one before. */
export async function signedTitles(sql: Sql, caseId: string, onDay: Day): Promise<RunningTitle[]> {
  const rows = await sql<{ told: unknown }[]>`
    select distinct on (r.procedure) r.facts -> 'titre' as told
    from consent_requests r join consents c on c.request_id = r.id and c.decision = 'given'
    where r.case_id = ${caseId} and r.facts #>> '{titre,date}' is not null
    order by r.procedure, c.decided_on desc, r.id desc`
  return rows.flatMap(({ told }) => givenRunning(told, onDay) ?? [])
}

/**
 * The case as it is read for papers that rest on a title given by hand: the claim lives as long as the title, though its own period
 * be over. The creditor's signature then writes it into the case.
 */
export async function withTitleLimitation(
  sql: Sql,
  file: CaseFile,
  given: GivenFacts,
  acts: Interruption[],
  onDay: Day,
): Promise<CaseFile> {
  const title = file.case.zone === 'madagascar' ? null : givenRunning(given['titre'], onDay)
  if (!title) return file
  const { expires } = titleEnd(title, [...(await renewals(sql, file.case.id)), ...acts])
  if (before(expires, onDay) || !after(expires, file.case.limitationOn)) return file
  return {
    ...file,
    case: { ...file.case, limitationOn: latest(expires, file.case.limitationOn) },
    invoices: file.invoices.map((invoice) =>
      after(invoice.issuedOn, title.on) ? invoice : { ...invoice, limitationOn: latest(expires, invoice.limitationOn) },
    ),
    holds: file.holds.filter(({ cause, releasedOn }) => cause !== 'prescription' || releasedOn !== null),
  }
}
