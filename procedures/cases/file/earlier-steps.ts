import { loadLibrary } from '../../../letters/catalogue.ts'
import { kindOf } from '../../../letters/letter.ts'
import { after, before, type Day, dayShortFr } from '../../../schema/days.ts'
import { lettersFor } from '../../mail/situation-letters.ts'
import {
  type CaseFile,
  type Dispute,
  firstLetter,
  formalNotices,
  lettersToDebtor,
  type WrittenDocument,
} from './file.ts'

interface EarlierStep {
  date: string
  /** What it was, and how it went: « relance par lettre simple ». */
  canal: string
  resultat: string | undefined
  reference: string | undefined
}

/** Everything written or said to the debtor, as the creditor is told of it. */
export function everyStep(file: CaseFile): EarlierStep[] {
  return told(file, () => true, true)
}

/** What asked for payment after the due date: the first letter, reminders, formal notices, calls, visits. */
export function reminders(file: CaseFile): EarlierStep[] {
  return told(
    file,
    (document) =>
      after(document.writtenOn, file.case.anchorOn) &&
      (document.firstLetter || reminding.has(familyOf(document)) || formalNotices(file).includes(document)),
  )
}

function told(file: CaseFile, counts: (document: WrittenDocument) => boolean, incoming = false): EarlierStep[] {
  const letters = lettersToDebtor(file)
    .filter(counts)
    .map((document) => {
      const channel = channelWord[document.channel] ?? document.channel
      const [nature, gender] = natureOf(document, file)
      return {
        on: document.writtenOn,
        canal: nature === firstWord ? `${nature} (${channel})` : `${nature} par ${channel}`,
        resultat: outcome(document, gender),
        reference: document.reference,
      }
    })
  const calls = file.calls
    .filter((call) => incoming || call.direction === 'outgoing')
    .map((call) => ({
      on: call.calledOn,
      canal: call.direction === 'outgoing' ? 'appel téléphonique' : 'appel reçu du débiteur',
      // Printed in the middle of a sentence.
      resultat: call.summary.replace(/[\s.]+$/u, ''),
      reference: undefined,
    }))
  const visits = file.visits.map((visit) => ({
    on: visit.visitedOn,
    canal: 'visite sur place',
    resultat: visit.summary.replace(/[\s.]+$/u, ''),
    reference: undefined,
  }))
  return [...letters, ...calls, ...visits]
    .toSorted((a, b) => Temporal.PlainDate.compare(a.on, b.on))
    .map(({ on, ...line }) => ({ date: on.toString(), ...line }))
}

const channelWord: Record<string, string> = {
  lettre: 'lettre simple',
  lrar: 'lettre recommandée avec demande d’avis de réception',
  lre: 'lettre recommandée électronique',
  email: 'courriel',
  sms: 'message',
  formulaire: 'formulaire',
}

type Gender = '' | 'e'
const firstWord = 'première lettre'
/** What a letter is, by its family, and whether the word is feminine. */
const familyWord: Record<string, [string, Gender]> = {
  'envoi-facture': ['envoi de la facture', ''],
  'avant-echeance': ['rappel avant l’échéance', ''],
  'relance-cordiale': ['relance', 'e'],
  'relance-ferme': ['relance', 'e'],
  'mise-en-demeure': ['mise en demeure', 'e'],
  'dernier-avis': ['dernier avis', ''],
  madagascar: ['relance', 'e'],
  contestations: ['réponse à une contestation', 'e'],
  engagements: ['courrier sur un engagement de payer', ''],
  'incidents-paiement': ['courrier sur un paiement', ''],
  'rgpd-et-conformite': ['information sur les données', 'e'],
  appels: ['confirmation d’un appel', 'e'],
  visites: ['confirmation d’une visite', 'e'],
  cloture: ['avis de clôture', ''],
}
/** Letters of a family that are not what its word says. */
const letterWord: Record<string, [string, Gender]> = {
  ...saidOf(['accusé de réception d’une contestation', ''], 'dispute-received'),
  ...saidOf(['accusé de réception d’un paiement annoncé', ''], 'payment-announced'),
  ...saidOf(['accusé de réception d’une erreur de personne signalée', ''], 'wrong-person'),
  ...saidOf(['confirmation d’une nouvelle adresse', 'e'], 'address-given'),
  ...saidOf(['accusé de réception d’une proposition de paiement', ''], 'proposal-received'),
  ...saidOf(['confirmation d’un échéancier', 'e'], 'plan-accepted'),
  ...saidOf(['reçu d’un paiement', ''], 'paid-in-full', 'paid-in-part', 'payment-received'),
  'engagement-rappel-echeance': ['rappel d’une échéance du plan', ''],
  'engagement-echeance-manquee': ['relance sur une échéance du plan', 'e'],
}

function saidOf(said: [string, Gender], ...situations: Parameters<typeof lettersFor>): typeof letterWord {
  return Object.fromEntries(lettersFor(...situations).map((id) => [id, said]))
}

/** Of the family of what answers a dispute, and no answer to one: it is acknowledged, or something is asked or offered first. */
const beforeAnswer = new Set([
  ...lettersFor('dispute-received', 'payment-announced', 'wrong-person'),
  'contestation-demande-pieces-debiteur',
  'contestation-formulaire-motif',
  'contestation-facture-refusee-plateforme',
  'contestation-partie-non-contestee',
  'contestation-expertise-amiable',
  'contestation-proposition-mediation',
  'contestation-information-mediateur-consommation',
])
const reminding = new Set(['relance-cordiale', 'relance-ferme', 'mise-en-demeure', 'dernier-avis', 'madagascar'])

/** What a letter was to its reader, by the name of the family that holds such; empty where the library has it no more. */
export function familyOf({ letter }: WrittenDocument): string {
  const known = loadLibrary().letters.get(letter)
  return known ? kindOf(known) : ''
}

function natureOf(document: WrittenDocument, file: CaseFile): [string, Gender] {
  if (document.resendOf !== null) return ['nouvel envoi', '']
  if (document.id === firstLetter(file)?.id) return [firstWord, 'e']
  const family = familyOf(document)
  // A registered letter is a formal notice, be it on a broken plan.
  if (family !== 'dernier-avis' && formalNotices(file).includes(document)) return familyWord['mise-en-demeure']!
  return letterWord[document.letter] ?? familyWord[family] ?? ['courrier', '']
}

/** The letters that answer a dispute, and none beside it, in their order. */
export const disputeAnswers = (
  file: CaseFile,
  { raisedOn, ground }: Pick<Dispute, 'raisedOn' | 'ground'>,
): WrittenDocument[] =>
  file.documents.filter(
    (document) =>
      (document.ofDispute === null || document.ofDispute === `${raisedOn.toString()} ${ground}`) &&
      document.recipient === 'debiteur' &&
      document.withdrawnWhy === null &&
      familyOf(document) === 'contestations' &&
      !beforeAnswer.has(document.letter) &&
      !before(document.writtenOn, raisedOn),
  )

/** The day of the letter that answered a dispute now closed; null where none did, and nobody may say that one did. */
export function answeredOn(file: CaseFile, dispute: Dispute): Day | null {
  const { resolvedOn } = dispute
  if (resolvedOn === null) return null
  const answers = disputeAnswers(file, dispute)
  const answer = answers.findLast(({ writtenOn }) => !after(writtenOn, resolvedOn)) ?? answers[0]
  return answer?.writtenOn ?? null
}

/** What became of it, agreeing with the word that it follows. */
export function outcome(document: Pick<WrittenDocument, 'outcome' | 'presentedOn'>, e: Gender = 'e'): string {
  if (document.outcome === 'delivered') return `distribué${e}`
  if (document.outcome === 'unclaimed') return `présenté${e}, non réclamé${e}`
  if (document.outcome === 'refused') return `refusé${e} par le destinataire`
  if (document.outcome === 'unknown_address') return `revenu${e}, destinataire inconnu à l’adresse`
  if (document.outcome === 'bounced') return `non remis${e}`
  return document.presentedOn ? `présenté${e} le ${dayShortFr(document.presentedOn)}` : `envoyé${e}`
}
