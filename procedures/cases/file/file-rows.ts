import type { InvoiceJson } from '../../../documents/invoices/einvoice.ts'
import type { Day } from '../../../schema/days.ts'
import type { Doubt } from '../../../schema/errors.ts'
import type { ScenarioStep } from '../../amicable/scenario.ts'
import type { DisputeFile } from '../exchanges/dispute-documents.ts'

// The rows of a case as they are read, with what other tables say of each.

export interface Invoice {
  id: string
  number: string
  issuedOn: Day
  dueOn: Day
  total: bigint
  prepaid: bigint
  payable: bigint
  currency: string
  /** The invoice as it was read: references, lines, taxes. */
  source: InvoiceJson
  doubts: Doubt[]
  original: string | null
  /** The last day to act on it, and whether something of it was owed when that was counted. */
  limitationOn: Day
  isOwed: boolean
}
export interface CreditNote {
  number: string
  invoiceId: string | null
  issuedOn: Day
  amount: bigint
  original: string | null
}
export interface Payment {
  id: string
  invoiceId: string | null
  receivedOn: Day
  amount: bigint
  means: string
  reference: string | null
  receivedBy: 'creditor' | 'agency'
  /** The bank has definitively credited it; null for a cheque whose fate is not known. */
  encashedOn: Day | null
  /** Last day to pay over what the agency received (CPCE R124-6). */
  payOverBy: Day | null
  /** The day a cheque or a debit came back: from then on it has paid nothing. */
  rejectedOn: Day | null
  rejectedWhy: string | null
}
export interface Hold {
  id: string
  cause: string
  reason: string
  fromOn: Day
  reviewOn: Day
  placedBy: string
  releasedOn: Day | null
  releaseWhy: string | null
}
export interface Step {
  id: string
  key: string
  rank: number
  channel: string
  nominalOn: Day
  plannedOn: Day
  doneOn: Day | null
  skippedOn: Day | null
  skippedWhy: string | null
  /** The rule of a step that a person added to this case; null for those of its scenario. */
  added: ScenarioStep | null
}
export interface WrittenDocument {
  id: string
  stepId: string | null
  stepKey: string | null
  letter: string
  version: string
  channel: string
  recipient: string
  reference: string
  code: string
  firstLetter: boolean
  format: string
  sha256: string
  editable: string | null
  writtenOn: Day
  attachedTo: string | null
  sentOn: Day | null
  registeredNumber: string | null
  presentedOn: Day | null
  outcome: string | null
  outcomeOn: Day | null
  /** Days the letter gave to act. */
  delayDays: number | null
  /** The date the letter itself named to answer by. */
  answerBy: Day | null
  /** Day and ground of the dispute that it speaks of, where it is of that family. */
  ofDispute: string | null
  /** The letter that did not arrive, which this one renews. */
  resendOf: string | null
  /** Why it never left, where its reason was gone before its channel took it. */
  withdrawnWhy: string | null
}
/** A formal notice that left before the house was asked, or by another hand. */
export interface OutsideNotice {
  id: string
  exhibitId: string
  reference: string
  sender: 'creancier' | 'avocat' | 'commissaire'
  form: 'lrar' | 'lre' | 'sommation'
  writtenOn: Day
  /** First presentation, or service of a sommation; null while nothing proves it. */
  presentedOn: Day | null
  outcome: 'delivered' | 'refused' | 'unclaimed' | 'unknown_address' | null
  outcomeOn: Day | null
  /** Days that it gave, from its presentation. */
  delayDays: number | null
}

export interface Dispute {
  id: string
  raisedOn: Day
  channel: string
  ground: string
  contested: bigint | null
  resolvedOn: Day | null
  outcome: string | null
  answer: string | null
  /** The day by which the debtor is to have an answer. */
  answerBy: Day | null
  /** The letter that asked the creditor for its documents, and what it answered. */
  askedId: string | null
  creditorAnsweredOn: Day | null
  creditorAnswer: string | null
  /** What the debtor sent along. */
  files: DisputeFile[]
}
export interface Promise_ {
  id: string
  promisedOn: Day
  dueOn: Day
  amount: bigint
  means: string
  author: string
  channel: string
  /** The form that confirmed it, and the day it left. */
  confirmationId: string | null
  confirmedOn: Day | null
  /** The day the debtor signed it, and who. */
  attestedOn: Day | null
  attestedBy: string | null
}
export interface Plan {
  id: string
  agreedOn: Day
  means: string
  /** The letter that told it to the debtor, with the act to sign. */
  documentId: string | null
  /** The day the debtor signed it, and who. */
  attestedOn: Day | null
  attestedBy: string | null
  brokenOn: Day | null
  keptOn: Day | null
  /** The plan's own rule, in days: reminded before, written to after, broken once the notice has run. */
  remindDays: number
  noticeDays: number
  graceDays: number
  instalments: PlanLine[]
}
export interface PlanLine {
  rank: number
  dueOn: Day
  amount: bigint
  remindedOn: Day | null
  noticedOn: Day | null
  /** Until when the notice of the missed instalment lets it be paid. */
  noticeUntil: Day | null
}
export interface Call {
  id: string
  /** The step of the timeline that it answers. */
  stepId: string | null
  calledOn: Day
  calledAt: string | null
  direction: string
  person: string | null
  outcome: string
  summary: string
  recordedBy: string
}
/** How a visit ends, in the words of the report. */
export type VisitOutcome = 'engagement' | 'paiement' | 'contestation' | 'absent' | 'refus' | 'inconnu'
export interface Visit {
  id: string
  /** The step of the timeline that it carries out. */
  stepId: string | null
  visitedOn: Day
  /** HH:MM, local. */
  visitedAt: string | null
  agent: string
  place: string
  person: string | null
  outcome: VisitOutcome
  summary: string
  recordedBy: string
}

export interface InsolvencyCheck {
  checkedOn: Day
  source: string
  found: boolean
}
