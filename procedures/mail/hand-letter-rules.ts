import { recipientOf as partyOf } from '../../documents/rendering/parties.ts'
import type { Channel, Letter } from '../../letters/letter.ts'
import { after, before, type Day, dayFr } from '../../schema/days.ts'
import type { Sql } from '../../schema/db.ts'
import { DomainError } from '../../schema/errors.ts'
import { quoted } from '../../schema/words.ts'
import { ruleOf } from '../amicable/approvals.ts'
import { debtorWord } from '../amicable/scenario.ts'
import { answerAwaited } from '../amicable/step-waits.ts'
import { suspension } from '../amicable/suspension.ts'
import { type Agency, refuseUnready } from '../cases/agency.ts'
import { creditorAwayOn } from '../cases/creditor-closures.ts'
import { requireMandate } from '../cases/creditors.ts'
import { wishesOf } from '../cases/exchanges/contact-preferences.ts'
import { contactsLately, isDemand, nextContactDay } from '../cases/exchanges/contacts.ts'
import { type CaseFile, firstLetter } from '../cases/file/file.ts'
import { loadProcedure, procedureIds } from '../judicial/engine/procedure.ts'
import type { Recipient } from './correspondence.ts'
import { lettersFor } from './situation-letters.ts'

/** What is written as part of an act alone, by the mutation that does it: nothing else may say that it was done. */
const actOf: Record<string, string> = {
  ...writtenBy('recordPayment', [
    ...lettersFor('paid-in-full', 'paid-in-part', 'payment-received'),
    'creancier-acompte-recu',
    'creancier-encaissement-total',
  ]),
  ...writtenBy('requestConsent', ['creancier-demande-consentement-judiciaire', ...lettersFor('consent-form')]),
  ...writtenBy('issueStatement', ['decompte-titre-executoire', ...lettersFor('statement')]),
  ...writtenBy('agreeInstalments', [
    ...lettersFor('plan-accepted', 'business-plan', 'consumer-plan'),
    'engagement-rappel-echeance',
    'engagement-echeance-manquee',
    'engagement-plan-rompu',
  ]),
  ...writtenBy('recordRemission', lettersFor('extras-remitted', 'part-remitted')),
  ...writtenBy('recordPromise', lettersFor('promise')),
  ...writtenBy('recordDispute', ['contestation-demande-pieces-creancier', ...lettersFor('dispute-received')]),
  ...writtenBy('resolveDispute', lettersFor('dispute-answered')),
  ...writtenBy('issueFeeStatement', ['creancier-facture-honoraires']),
  ...writtenBy('correctCreditor', ['creancier-changement-compte-demande', 'creancier-changement-coordonnees']),
  ...writtenBy('settleCreditorAccount', ['creancier-changement-compte-decide']),
  ...writtenBy('payOver', ['creancier-reversement-fonds']),
  ...writtenBy('issueInvoicingReview', lettersFor('invoicing-review')),
  ...writtenBy('certifyIrrecoverable', ['cloture-certificat-irrecouvrabilite']),
  ...writtenBy('recordBailiffReturn', ['creancier-retour-commissaire']),
  ...writtenBy('acknowledgePack', ['commissaire-recu-dossier']),
  ...writtenBy('adjustStep', ['mise-en-demeure-coupon-reponse-particulier', 'mise-en-demeure-coupon-reponse-pro']),
}

function writtenBy(act: string, letters: string[]): Record<string, string> {
  return Object.fromEntries(letters.map((id) => [id, act]))
}

let papers: ReadonlySet<string> | undefined

/** The letters that packs are made of. */
function packPapers(): ReadonlySet<string> {
  papers ??= new Set(
    procedureIds()
      .flatMap((id) => Object.values(loadProcedure(id).dossiers ?? {}))
      .flatMap((dossier) => dossier.papiers ?? [])
      .flatMap(({ lettre, lettre_biens }) => [lettre, lettre_biens ?? []].flatMap((each) => lettersOf(each))),
  )
  return papers
}

const lettersOf = (lettre: string | string[] | Record<string, string>): string[] =>
  typeof lettre === 'string' ? [lettre] : Object.values(lettre)

/** Whom the case keeps it as written to; those bound with the debtor are third parties to it. */
export function recipientOf({ destinataire }: Letter): Recipient {
  if (destinataire.startsWith('debiteur')) return 'debiteur'
  const own = ['creancier', 'operateur', 'juge', 'greffe', 'commissaire-de-justice', 'mandataire-judiciaire'] as const
  return own.find((known) => known === destinataire) ?? 'tiers'
}

/** Sent by the house itself; what goes to anybody else is posted by a person. */
export const isSent = (letter: Letter): boolean => ['debiteur', 'creancier'].includes(recipientOf(letter))

/** A demand to somebody bound with the debtor: guarantor, codebtor, heir, whoever answers for a minor. */
export const isToBound = (letter: Letter): boolean =>
  ['caution', 'codebiteur', 'heritier'].includes(letter.destinataire) ||
  (recipientOf(letter) === 'tiers' && letter.premiere_lettre !== 'jamais')

const courts = new Set<Recipient>(['juge', 'greffe', 'commissaire-de-justice', 'mandataire-judiciaire'])
const legalFamilies = new Set([
  'injonction-de-payer',
  'saisie-bancaire',
  'saisie-conservatoire-biens',
  'petites-creances-refere-assignation',
  'procedures-collectives',
  'commissaires-de-justice',
])

/** An extract that a registry gives to anybody. */
const isExtract = (letter: Letter): boolean => letter.famille === 'recherche' && recipientOf(letter) === 'greffe'

/** Before a court, or with whoever enforces. */
export const isJudicial = (letter: Letter): boolean => courts.has(recipientOf(letter)) && !isExtract(letter)

/** Enforcement, courts and insolvency are the legal cell's own work. */
export const isLegalLetter = (letter: Letter): boolean => legalFamilies.has(letter.famille) || isJudicial(letter)

/** Why this letter may not be written by hand in this case, by this channel; null where it may. */
export function unfit({ case: { zone }, debtor }: CaseFile, letter: Letter, channel: string): DomainError | null {
  const act = actOf[letter.id] ?? (packPapers().has(letter.id) ? 'assembleFilingPack' : undefined)
  if (act) {
    return new DomainError('written_by_act', `${quoted(letter.titre)} s’écrit avec l’acte qu’il constate.`, {
      remedy: `Faites cet acte (${act})\u00a0: il écrit le courrier.`,
      facts: { letter: letter.id, act },
    })
  }
  if (letter.canaux.every((each) => each === 'script-telephone')) {
    return new DomainError('written_by_act', `${quoted(letter.titre)} se lit pendant un appel.`, {
      remedy: 'Ouvrez-le au dossier (callScript), ou ajoutez l’appel au parcours (adjustStep), qui y joint son script.',
      facts: { letter: letter.id, act: 'adjustStep' },
    })
  }
  const law = zone === 'madagascar' ? 'MG' : 'FR'
  const crosses = (letter.droit !== 'MG' && letter.bases.length === 0) || (letter.droit === 'EU' && law === 'FR')
  if (letter.droit !== law && !crosses) return wrongLaw(letter, law)
  const kind = debtorWord[debtor.kind]
  if (recipientOf(letter) === 'debiteur' && !['debiteur', `debiteur-${kind}`].includes(letter.destinataire)) {
    return wrongDebtor(letter, kind)
  }
  if (letter.canaux.includes(channel as Channel) && channel !== 'script-telephone') return null
  return new DomainError('channel_refused', `${quoted(letter.titre)} ne s’écrit pas par « ${channel.slice(0, 40)} ».`, {
    remedy: `Choisissez parmi ses canaux\u00a0: ${letter.canaux.filter((each) => each !== 'script-telephone').join(', ')}.`,
    facts: { letter: letter.id, channels: letter.canaux },
  })
}

export const wrongLaw = (letter: Letter, law: Letter['droit']): DomainError =>
  new DomainError('wrong_law', `${quoted(letter.titre)} est du droit ${letter.droit}, et le dossier du droit ${law}.`, {
    remedy: 'Choisissez un courrier du droit de ce dossier.',
    facts: { letter: letter.id },
  })

export const wrongDebtor = (letter: Letter, kind: string): DomainError =>
  new DomainError('wrong_debtor', `${quoted(letter.titre)} n’est pas fait pour un débiteur ${kind}.`, {
    remedy: 'Choisissez la variante de ce débiteur.',
    facts: { letter: letter.id, recipient: letter.destinataire },
  })

/** A debtor is written to by the rules of the timeline, whoever orders the letter; a demand to those bound with it waits with the case. */
export async function refuseUntimely(
  sql: Sql,
  onDay: Day,
  file: CaseFile,
  agency: Agency,
  letter: Letter,
  channel: string,
): Promise<void> {
  if (isToBound(letter)) return refuseDemand(withoutFall(file), onDay)
  if (recipientOf(letter) !== 'debiteur') return
  refuseUnready(agency, onDay)
  refuseUnwished(file, letter, channel)
  if (!isDemand(letter)) return
  await requireMandate(sql, file.creditor.id, onDay)
  refuseDemand(file, onDay)
  refuseOpening(file, onDay, letter)
  await refuseUnapproved(sql, file)
  refuseAway(onDay, file)
  refuseOvertaking(file, onDay)
  refuseTooMany(onDay, file)
}

/** What fell upon the debtor itself stops nothing against a guarantor or an heir; their own letters say how far. */
const withoutFall = (file: CaseFile): CaseFile => ({
  ...file,
  insolvencies: [],
  holds: file.holds.filter(({ cause }) => !['procedure-collective', 'surendettement', 'deces'].includes(cause)),
})

export function refuseClosed({ case: { closedOn } }: CaseFile): void {
  if (!closedOn) return
  throw new DomainError(
    'case_closed',
    `Le dossier est clos depuis le ${dayFr(closedOn)}\u00a0: rien n’est plus demandé.`,
    {
      remedy: 'Seuls une réponse, une attestation ou un courrier au créancier peuvent encore partir.',
    },
  )
}

export function refuseDemand(file: CaseFile, onDay: Day): void {
  refuseClosed(file)
  const stop = suspension(file, onDay)
  if (!stop) return
  throw new DomainError('case_held', `Le dossier est suspendu\u00a0: ${stop.reason}`, {
    remedy:
      'Attendez la fin de cette suspension, ou réglez d’abord ce qui l’a causée\u00a0; une réponse au débiteur peut partir.',
    facts: { cause: stop.cause },
  })
}

/** The first letter is that of the timeline; nothing that bears its mentions precedes the due date. */
function refuseOpening(file: CaseFile, onDay: Day, letter: Letter): void {
  if (file.case.zone === 'madagascar' || letter.premiere_lettre === 'jamais') return
  refuseUndue(file, onDay)
  if (firstLetter(file)) return
  const step = file.steps.find(({ doneOn, skippedOn }) => doneOn === null && skippedOn === null)
  throw new DomainError(
    'first_letter_missing',
    'La première lettre au débiteur n’est pas écrite\u00a0: elle seule peut ouvrir.',
    {
      remedy: step
        ? `Le parcours l’écrit (prochaine étape «\u00a0${step.key}\u00a0», le ${dayFr(step.plannedOn)}).`
        : 'Donnez un parcours au dossier (chooseScenario)\u00a0: il l’écrit.',
      article: 'CPCE R124-4',
      facts: { letter: letter.id, act: 'chooseScenario' },
    },
  )
}

export function refuseUndue({ case: { anchorOn } }: CaseFile, onDay: Day): void {
  if (after(onDay, anchorOn)) return
  throw new DomainError('not_due', `Rien n’est échu avant le ${dayFr(anchorOn)}.`, {
    remedy: 'Attendez l’échéance, ou choisissez un courrier d’avant l’échéance.',
  })
}

/** A creditor that sees each step before it leaves sees this one too. */
async function refuseUnapproved(sql: Sql, file: CaseFile): Promise<void> {
  const rule = await ruleOf(sql, file.creditor.id)
  if (!rule || rule.stepKeys.length > 0) return
  throw new DomainError('approval_needed', 'Chaque envoi au débiteur de ce créancier attend une approbation.', {
    remedy: 'Ajoutez ce courrier au parcours (adjustStep)\u00a0: il y est soumis à l’approbation.',
    facts: { approver: rule.approver },
  })
}

function refuseAway(onDay: Day, file: CaseFile): void {
  const away = creditorAwayOn(onDay, file)
  if (away) throw later('creditor_closed', away.why, away.until)
}

function refuseOvertaking(file: CaseFile, onDay: Day): void {
  const until = answerAwaited(file)
  if (until === null || before(until, onDay)) return
  throw later(
    'answer_awaited',
    `La lettre précédente laisse répondre jusqu'au ${dayFr(until)}.`,
    until.add({ days: 1 }),
  )
}

function refuseTooMany(onDay: Day, file: CaseFile): void {
  const { on, why } = nextContactDay(contactsLately(file, onDay), 'ecrit', onDay)
  if (why !== null) throw later('too_many_approaches', why, on)
}

const later = (code: string, why: string, on: Day): DomainError =>
  new DomainError(code, why, { remedy: `Écrivez ce courrier le ${dayFr(on)}.`, facts: { on: on.toString() } })

function refuseUnwished(file: CaseFile, letter: Letter, channel: string): void {
  // An answer that is owed goes by post to whoever refuses every other way.
  if (channel === 'lettre' && !isDemand(letter)) return
  if (wishesOf(file).get(channel) !== 'refuse') return
  throw new DomainError('channel_unwanted', `Le débiteur refuse d'être joint par ce canal (${channel}).`, {
    remedy: 'Choisissez un autre canal de ce courrier.',
    facts: { channel },
  })
}

/** The day and reference of the letter that opened with whoever this one goes to: the debtor's own was never sent to it. */
export async function openedWith(
  sql: Sql,
  caseId: string,
  letter: Letter,
  facts: Parameters<typeof partyOf>[1],
  opens: (id: string) => boolean,
): Promise<{ reference: string; date: string } | undefined> {
  const { key } = partyOf(letter, facts)
  const who = [facts[key]].flat()[0] as { nom?: unknown } | undefined
  if (typeof who?.nom !== 'string') return undefined
  const rows = await sql<{ letter: string; reference: string; writtenOn: Day }[]>`
    select letter, reference, written_on from documents
    where case_id = ${caseId} and recipient = 'tiers' and ${who.nom} in (facts #>> array[${key}, 'nom'], facts #>> array[${key}, '0', 'nom'])
    order by written_on, reference`
  const first = rows.find((row) => opens(row.letter))
  return first && { reference: first.reference, date: first.writtenOn.toString() }
}
