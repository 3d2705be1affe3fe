import type { Day } from '../../../schema/days.ts'
import { type CaseFile, formalNotices } from '../file/file.ts'
import type { OutsideNotice } from '../file/file-rows.ts'

/** A formal notice, whoever sent it. */
export interface Notice extends Pick<
  OutsideNotice,
  'id' | 'reference' | 'writtenOn' | 'presentedOn' | 'outcomeOn' | 'delayDays'
> {
  sender: OutsideNotice['sender'] | 'agence'
  form: OutsideNotice['form']
  outcome: string | null
  registeredNumber: string | null
  /** When it left, where the house sent it. */
  sentOn: Day | null
  /** The date that the letter itself named to answer by. */
  answerBy: Day | null
}

/** Those of the house and the others, in the order in which they were written. */
export function allNotices(file: Pick<CaseFile, 'documents' | 'outsideNotices'>): Notice[] {
  const ours = formalNotices(file).map((letter): Notice => {
    const { id, reference, writtenOn, presentedOn, outcome, outcomeOn, delayDays, registeredNumber, sentOn, answerBy } =
      letter
    const days = { writtenOn, sentOn, presentedOn, outcomeOn, delayDays, answerBy }
    return {
      id,
      reference,
      registeredNumber,
      ...days,
      outcome,
      sender: 'agence',
      form: letter.channel === 'lre' ? 'lre' : 'lrar',
    }
  })
  const others = file.outsideNotices.map((given): Notice => ({
    ...given,
    registeredNumber: given.form === 'sommation' ? null : given.reference,
    sentOn: given.writtenOn,
    answerBy: null,
  }))
  return [...ours, ...others].toSorted((a, b) => Temporal.PlainDate.compare(a.writtenOn, b.writtenOn))
}

/** Those that put the debtor in default or still may: what came back from an unknown address was no notice to anybody. */
export const standingNotices = (file: Pick<CaseFile, 'documents' | 'outsideNotices'>): Notice[] =>
  allNotices(file).filter(({ outcome }) => outcome !== 'unknown_address')
