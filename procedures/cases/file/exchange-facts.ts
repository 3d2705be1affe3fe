import { type Day, dayFr } from '../../../schema/days.ts'
import { amount, sum } from '../../../schema/money.ts'
import type { Owed } from '../../law/interest.ts'
import { isMalagasy } from '../../money/ledger.ts'
import { standingOf } from '../../money/remission.ts'
import { type DueInstalment, fillInstalments } from '../exchanges/plans.ts'
import { lastPromise, promiseStanding } from '../exchanges/promise-standing.ts'
import { answeredOn } from './earlier-steps.ts'
import type { CaseFile, VisitOutcome } from './file.ts'

// What debtor, creditor and agency said to each other and agreed, in the words of letters: the part of `caseFacts` that asks what became of it.

export function latestDispute(file: CaseFile) {
  const dispute = file.disputes.at(-1)
  return (
    dispute && {
      date: dispute.raisedOn.toString(),
      canal: dispute.channel,
      motif: dispute.ground,
      montantConteste: dispute.contested === null ? undefined : amount(dispute.contested),
      repondueLe: answeredOn(file, dispute)?.toString(),
    }
  )
}

/** One that was paid, by its day or after it, or that a plan replaced is quoted no more: what speaks of a promise waits for it, or regrets it. */
export function latestPromise(file: CaseFile, onDay: Day) {
  const promise = lastPromise(file)
  const paid = promise && promiseStanding(promise, file, onDay).paid
  if (!promise || paid === promise.amount) return undefined
  return {
    date: promise.dueOn.toString(),
    montant: amount(promise.amount),
    mode: promise.means,
    auteur: promise.author,
    canal: promise.channel,
    faiteLe: promise.promisedOn.toString(),
    recu: paid ? amount(paid) : undefined,
  }
}

/** What the creditor gives up: of a remission to be paid yet, by the account of that day; of one that was met, what it took off. */
export function remissionFacts(file: CaseFile, owed: Owed, onDay: Day) {
  const remission = file.remissions.at(-1)
  const state = remission && standingOf(remission, file, onDay).state
  if (!remission || state === 'lapsed') return undefined
  const given = state === 'met' ? owed.remitted : owed.total - remission.amount
  if (given <= 0n) return undefined
  const lines = [
    owed.interest > 0n && (file.debtor.kind === 'consumer' ? 'intérêts' : 'pénalités de retard'),
    owed.indemnity > 0n && 'indemnité forfaitaire',
    owed.penalty > 0n && 'clause pénale',
    owed.costs > 0n && 'frais alloués',
    remission.amount < owed.principal && 'une partie du principal',
  ].filter((line) => line !== false)
  return {
    poste: state === 'pending' ? new Intl.ListFormat('fr').format(lines) : undefined,
    montant: amount(given),
    net: amount(remission.amount),
    date: remission.agreedOn.toString(),
    condition: `paiement le ${dayFr(remission.payBy)} au plus tard`,
  }
}

export function latestPlan(file: CaseFile, onDay: Day) {
  const plan = file.plans.at(-1)
  if (!plan) return undefined
  return {
    lignes: fillInstalments(plan, file, onDay).map((line) => ({
      rang: line.rank,
      date: line.dueOn.toString(),
      montant: amount(line.amount),
      etat: stateOf(line),
    })),
    mode: plan.means,
    total: amount(sum(plan.instalments.map((line) => line.amount))),
    dateAccord: plan.agreedOn.toString(),
    rompuLe: plan.brokenOn?.toString(),
  }
}

function stateOf({ unpaid, amount }: DueInstalment): string {
  if (unpaid === 0n) return 'payée'
  return unpaid < amount ? 'payée en partie' : 'à payer'
}

/** What was signed at a visit and not kept: Malagasy letters quote it as the calendar that it is, of one day. */
export function signedCommitment(file: CaseFile, onDay: Day) {
  const promise = lastPromise(file)
  const attestedOn = promise?.channel === 'visite' ? promise.attestedOn : null
  if (!promise || !attestedOn || !isMalagasy(file)) return undefined
  const { outcome, paid } = promiseStanding(promise, file, onDay)
  if (outcome !== 'missed' && outcome !== 'partly') return undefined
  return {
    lignes: [{ rang: 1, date: promise.dueOn.toString(), montant: amount(promise.amount - paid), etat: 'à payer' }],
    mode: promise.means,
    dateAccord: attestedOn.toString(),
  }
}

const visitEnds: Record<VisitOutcome, string> = {
  engagement: 'engagement pris',
  paiement: 'paiement annoncé ou remis',
  contestation: 'contestation exprimée',
  absent: 'aucune rencontre',
  refus: 'entretien refusé',
  inconnu: 'inconnu à cette adresse',
}

/** The last visit that was made, and who made it. */
export function latestVisit(file: CaseFile) {
  const visit = file.visits.at(-1)
  if (!visit) return {}
  return {
    agent: { nom: visit.agent },
    visite: {
      date: visit.visitedOn.toString(),
      heure: visit.visitedAt === null ? undefined : hourFr(visit.visitedAt),
      lieu: visit.place,
      personne: visit.person ?? undefined,
      constat: visit.summary.replace(/[\s.]+$/u, ''),
      resultat: visitEnds[visit.outcome],
    },
  }
}

/** Letters that propose a visit, or that the agent takes along: the one that was made before is not theirs. */
const beforeVisit = new Set([
  'visite-proposition-rendez-vous',
  'visite-proposition-particulier',
  'visite-ordre-de-mission',
  'visite-fiche-entretien',
  'visite-engagement-signe',
  'visite-recu-de-valeurs',
  'visite-remise-main-propre',
  'visite-avis-de-passage',
  'visite-report-annulation',
  'madagascar-premier-appel',
  'madagascar-descente-sur-terrain',
])

/** What to leave out of the facts of a letter that speaks of a visit to come, whose day whoever orders it gives. */
export const visitToCome = (letter: string): object =>
  beforeVisit.has(letter) ? { visite: undefined, agent: undefined } : {}

/** « 14:30:00 » as « 14 h 30 ». */
const hourFr = (at: string): string => `${Number(at.slice(0, 2))} h ${at.slice(3, 5)}`
