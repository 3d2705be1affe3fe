import type { Facts } from '../../../documents/facts.ts'
import { fill } from '../../../documents/rendering/fill.ts'
import { renderText } from '../../../documents/rendering/text.ts'
import { letterOf, loadLibrary } from '../../../letters/catalogue.ts'
import type { Letter } from '../../../letters/letter.ts'
import type { Day } from '../../../schema/days.ts'
import type { Sql } from '../../../schema/db.ts'
import { DomainError } from '../../../schema/errors.ts'
import type { GivenFacts } from '../../judicial/packs/paper-facts.ts'
import { factsMissing, handLetterFacts, type MissingFact, missingFacts } from '../../mail/hand-letter-facts.ts'
import { letterFor } from '../../mail/situation-letters.ts'
import { claimableOn } from '../../money/claimable.ts'
import { legalValue } from '../../law/values.ts'
import { isWorkingDay } from '../../law/calendar.ts'
import { type Agency, readAgency } from '../agency.ts'
import {
  type Called,
  type CallSituation,
  isScript,
  refuseScript,
  ruleOfScript,
  unfitScript,
} from './call-script-rules.ts'
import { type WishedChannel, wishesOf } from './contact-preferences.ts'
import type { DebtorClock } from './debtor-clock.ts'
import { caseFacts } from '../file/facts.ts'
import { type CaseFile, readCase } from '../file/file.ts'
import { standstill } from '../standstill.ts'

/** What the person on the phone reads when a debtor calls: the library's script, filled in from the case as it stands. */
export function incomingScript(file: CaseFile, agency: Agency, onDay: Day): string | null {
  // A closed case has nothing to ask.
  if (file.case.closedOn) return null
  // Every script asks for the sum, which nobody may do any more (insolvency, death, prescription).
  if (standstill(file, onDay)) return null
  const contested = file.disputes.some((dispute) => dispute.resolvedOn === null)
  const id = letterFor(file, contested ? 'dispute-call-received' : 'call-received')
  return renderText(filled(id, caseFacts(file, agency, onDay, references)))
}

const references = { lettre: 'appel' } as Facts['references']

const filled = (id: string, facts: unknown) =>
  fill(loadLibrary(), letterOf(loadLibrary(), id), facts, 'script-telephone')

/**
 * The text of the call scripts written for the timeline, by document, from the facts kept with them. A script of an older version of its
 * letter is left out: what was kept is its PDF.
 */
export async function writtenScripts(sql: Sql, documentIds: string[]): Promise<Map<string, string[]>> {
  const rows = await sql<{ id: string; letter: string; version: string; facts: unknown }[]>`
    select id, letter, version, facts from documents where id = any(${documentIds}) and channel = 'appel'`
  const { letters } = loadLibrary()
  return new Map(
    rows.flatMap(({ id, letter, version, facts }) =>
      letters.get(letter)?.version === version ? [[id, [renderText(filled(letter, facts))]] as const] : [],
    ),
  )
}

/** What the scripts of one case are filled from, read once for all of them. */
export async function readCalled(sql: Sql, caseId: string): Promise<Called> {
  const [file, agency] = await Promise.all([readCase(sql, caseId), readAgency(sql)])
  return { file, agency }
}

/** A script made for a case: of its law and its debtor. */
export interface CaseScript {
  called: Called
  letter: Letter
  situation: CallSituation
}

const scriptOf = (called: Called, letter: Letter): CaseScript => ({
  called,
  letter,
  situation: ruleOfScript(letter).situation,
})

/** The scripts made for this case, in the order of the library. */
export const scriptsOf = (called: Called): CaseScript[] =>
  [...loadLibrary().letters.values()]
    .filter((letter) => isScript(letter) && unfitScript(called.file, letter) === null)
    .map((letter) => scriptOf(called, letter))

/** Any script, fitting or not; DomainError for one that the library does not have. */
export const scriptCalled = (called: Called, id: string): CaseScript => scriptOf(called, letterOf(loadLibrary(), id))

export interface ReadScript {
  /** Null where it is refused. */
  text: string | null
  refusal: DomainError | null
  /** What it cannot be read without and the case does not know; a person may give what no act records. */
  missing: MissingFact[]
}

/** The script filled in from the case as it stands, or why it may not be read in it today. Keeps nothing. */
export async function readScript(
  sql: Sql,
  onDay: Day,
  script: CaseScript,
  given: GivenFacts = {},
): Promise<ReadScript> {
  try {
    await refuseScript(sql, onDay, script.called, script.letter)
    return await fillScript(sql, onDay, script, given)
  } catch (error) {
    if (error instanceof DomainError) return { text: null, refusal: error, missing: [] }
    throw error
  }
}

async function fillScript(
  sql: Sql,
  onDay: Day,
  { called, letter }: CaseScript,
  given: GivenFacts,
): Promise<ReadScript> {
  const { file, agency } = called
  // What tells no sum waits for no rate.
  const countedOn = ruleOfScript(letter).asksNothing ? claimableOn(file, onDay).countedOn : onDay
  const order = { letter, channel: 'script-telephone', given }
  const added = await handLetterFacts(sql, countedOn, file, agency, order)
  const facts = { ...added, ...exchangeFacts(called), date: onDay.toString() } as Partial<Facts>
  const missing = missingFacts(countedOn, file, agency, order, facts)
  if (missing.length > 0) return { text: null, refusal: factsMissing(letter, missing), missing }
  const text = renderText(filled(letter.id, caseFacts(file, agency, countedOn, references, facts)))
  return { text, refusal: null, missing }
}

const channelWords: Record<WishedChannel, string> = {
  lettre: 'lettre',
  lre: 'recommandé électronique',
  email: 'courriel',
  sms: 'SMS',
  appel: 'téléphone',
  visite: 'visite',
}

/** What was said between us and the debtor, as whoever telephones needs it: of a dispute, only one that is still open. */
function exchangeFacts({ file }: Called): Record<string, unknown> {
  const wishes = wishesOf(file)
  const call = file.calls.at(-1)
  const wished = (isRefused: boolean) =>
    [...wishes]
      .filter(([, wish]) => (wish === 'refuse') === isRefused)
      .map(([channel]) => channelWords[channel as WishedChannel])
  const { mandate } = file
  return {
    ...(file.disputes.at(-1)?.resolvedOn === null ? {} : { contestation: undefined }),
    ...(call && {
      appel: {
        date: call.calledOn.toString(),
        personne: call.person ?? undefined,
        resume: call.summary.replace(/[\s.]+$/u, ''),
      },
    }),
    ...(wishes.size > 0 && { preferencesContact: { canaux: wished(false), refuses: wished(true) } }),
    ...(mandate?.maxInstalments && {
      bornesNegociation: { dureeMois: mandate.maxInstalments, date: mandate.signedOn.toString() },
    }),
  }
}

export interface CallHours {
  /** HH:MM by the debtor's clock. */
  from: string
  until: string
  timeZones: string[]
  /** The same for whoever calls: in a country that has several clocks, by the first and by the last of them. */
  opensAt: Temporal.Instant
  closesAt: Temporal.Instant
}

/** Between which hours a debtor may be called on that day of its own; null on Sundays and holidays. */
export function callHours({ zone, timeZones }: DebtorClock, onDay: Day): CallHours | null {
  if (!isWorkingDay(onDay, zone)) return null
  const at = (what: string) => legalValue('contacts', onDay, what).value
  const [from, until] = [at('appel-debut'), at(onDay.dayOfWeek === 6 ? 'samedi-fin' : 'appel-fin')]
  const instants = (plainTime: string) =>
    timeZones
      .map((timeZone) => onDay.toZonedDateTime({ timeZone, plainTime }).toInstant())
      .toSorted(Temporal.Instant.compare)
  return { from, until, timeZones, opensAt: instants(from)[0]!, closesAt: instants(until).at(-1)! }
}
