import { after, before, type Day, latest, sameDay } from '../../schema/days.ts'
import type { CaseFile } from '../cases/file/file.ts'
import { allNotices, type Notice } from '../cases/notices/notices.ts'
import { dueOn, isMalagasy } from '../money/ledger.ts'
import { loadProcedure, type Procedure } from './engine/procedure.ts'
import { type Progress, progress } from './engine/progress.ts'
import type { ProcedureEvent } from './engine/time-limits.ts'

/** Where one formal notice stands, read from the letters, payments and disputes of the case. */
export interface NoticeCourse {
  notice: Notice
  procedure: Procedure
  progress: Progress
}

/** The formal notices of a case, each as the procedure that the law makes of it. Nobody opens it, and nothing is told twice. */
export function noticeCourses(file: CaseFile, onDay: Day): NoticeCourse[] {
  const procedure = loadProcedure(isMalagasy(file) ? 'mg-mise-en-demeure' : 'mise-en-demeure')
  return allNotices(file)
    .filter(
      (notice) =>
        !after(notice.writtenOn, onDay) && !before(notice.writtenOn, Temporal.PlainDate.from(procedure.depuis)),
    )
    .map((notice) => ({
      notice,
      procedure,
      progress: progress(procedure, noticeEvents(file, notice), onDay, { zone: file.case.zone }),
    }))
}

const ends: Record<string, string> = {
  delivered: 'remise',
  refused: 'refus',
  unclaimed: 'non-reclame',
  unknown_address: 'inconnu',
}

/** What happened of one notice, in the words of its procedure; each on its own day. */
export function noticeEvents(file: CaseFile, notice: Notice): ProcedureEvent[] {
  const { writtenOn, sentOn, presentedOn, outcome, outcomeOn } = notice
  const sent = sentOn ?? writtenOn
  const since = ({ on }: ProcedureEvent): boolean => !before(on, sent)
  const end = outcome === null ? undefined : ends[outcome]
  return [
    ...due(file, writtenOn),
    { step: 'lettre', on: sent, facts: { public: file.debtor.kind === 'public', forme: notice.form } },
    ...(presentedOn ? [{ step: 'presentation', on: presentedOn, facts: timeGiven(notice, presentedOn) }] : []),
    ...(end ? [{ step: end, on: outcomeOn ?? presentedOn ?? sent }] : []),
    ...[...paid(file), ...disputed(file), ...insolvent(file)].filter(since),
  ]
}

/** The oldest claim that the notice could demand; its last day is that of the invoice demanded which lasts longest. */
function due(file: CaseFile, writtenOn: Day): ProcedureEvent[] {
  const demanded = file.invoices.filter((invoice) => before(dueOn(file, invoice), writtenOn))
  const [oldest] = demanded.map((invoice) => dueOn(file, invoice)).toSorted((a, b) => Temporal.PlainDate.compare(a, b))
  if (!oldest) return []
  const owed = demanded.filter(({ isOwed }) => isOwed)
  const prescription = (owed.length > 0 ? owed : demanded).map(({ limitationOn }) => limitationOn).reduce(latest)
  return [{ step: 'exigibilite', on: oldest, facts: { delais: { prescription: prescription.toString() } } }]
}

/** The time that the letter left: from its presentation, and not before the date that it named itself. */
function timeGiven({ delayDays, answerBy }: Notice, presentedOn: Day): Record<string, unknown> {
  if (answerBy && delayDays !== null && after(answerBy, presentedOn.add({ days: delayDays })))
    return { delais: { 'delai-laisse': answerBy.toString() } }
  return delayDays === null ? {} : { delais: { 'delai-laisse': `P${delayDays}D` } }
}

/** What came in, and the day on which all was paid, as the case holds it. */
function paid(file: CaseFile): ProcedureEvent[] {
  const whole = file.holds.find(({ cause, releasedOn }) => cause === 'paiement-integral' && releasedOn === null)
  const days = file.payments.flatMap(({ receivedOn, rejectedOn }) => (rejectedOn === null ? [receivedOn] : []))
  const last = days.toSorted((a, b) => Temporal.PlainDate.compare(a, b)).at(-1)
  const all = whole && last
  return [
    ...once('paiement-partiel', all ? days.filter((day) => !sameDay(day, all)) : days),
    ...(all ? [{ step: 'paiement', on: all }] : []),
  ]
}

const disputed = (file: CaseFile): ProcedureEvent[] => [
  ...once(
    'contestation',
    file.disputes.map(({ raisedOn }) => raisedOn),
  ),
  ...(file.disputes.every(({ resolvedOn }) => resolvedOn !== null)
    ? once(
        'fin-contestation',
        file.disputes.flatMap(({ resolvedOn }) => resolvedOn ?? []),
      )
    : []),
]

const insolvent = (file: CaseFile): ProcedureEvent[] =>
  file.insolvencies.flatMap(({ kind, openedOn }) =>
    kind === 'procedure-collective' ? [{ step: 'procedure-collective', on: openedOn }] : [],
  )

/** One event a day, whatever came of it. */
const once = (step: string, days: Day[]): ProcedureEvent[] =>
  [...new Map(days.map((on) => [on.toString(), on])).values()].map((on) => ({ step, on }))
