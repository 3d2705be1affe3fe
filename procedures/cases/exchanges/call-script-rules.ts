import type { Letter } from '../../../letters/letter.ts'
import { after, type Day } from '../../../schema/days.ts'
import type { Sql } from '../../../schema/db.ts'
import { DomainError } from '../../../schema/errors.ts'
import { quoted } from '../../../schema/words.ts'
import { debtorWord } from '../../amicable/scenario.ts'
import { refuseClosed, refuseDemand, refuseUndue, wrongDebtor, wrongLaw } from '../../mail/hand-letter-rules.ts'
import { type Agency, refuseUnready } from '../agency.ts'
import { creditorAwayOn } from '../creditor-closures.ts'
import { requireMandate } from '../creditors.ts'
import type { DebtorKind } from '../debtors.ts'
import type { CaseFile } from '../file/file.ts'
import type { HoldCause } from '../holds.ts'
import { refuseDemanding } from '../standstill.ts'
import { beforeFirstLetter } from './calls.ts'
import { wishesOf } from './contact-preferences.ts'
import { contactsLately, firstLetterGone, refuseCall } from './contacts.ts'
import { debtorClocks } from './debtor-clock.ts'
import { instalmentsAllowed } from './replies.ts'

/** When a script is read: the debtor calls, we call, we look for whoever decides, and what comes up once somebody speaks. */
export type CallSituation = 'incoming' | 'outgoing' | 'reaching' | 'objection' | 'agreement' | 'distress'

interface ScriptRule {
  situation: CallSituation
  /** Those it is made for; any, where absent. */
  debtors?: readonly DebtorKind[]
  /** It asks for nothing and tells no sum: it may be read whatever became of the claim. */
  asksNothing?: true
  /** The hold during which it is read. */
  during?: HoldCause
}

const companies = ['business', 'public'] as const satisfies DebtorKind[]
const payers = ['business', 'consumer'] as const satisfies DebtorKind[]

const rules: Record<string, ScriptRule> = {
  'script-appel-entrant-debiteur': { situation: 'incoming' },
  'script-appel-entrant-contestation': { situation: 'incoming' },
  'script-avocat-du-debiteur': { situation: 'incoming', asksNothing: true },
  'madagascar-appel-entrant': { situation: 'incoming' },
  'madagascar-recueil-contestation': { situation: 'incoming', asksNothing: true },
  'avant-echeance-appel-courtoisie': { situation: 'outgoing' },
  'script-j16-paiement-immediat-pro': { situation: 'outgoing', debtors: ['business'] },
  'script-j16-paiement-immediat-particulier': { situation: 'outgoing', debtors: ['consumer'] },
  'script-j16-comptable-grand-compte': { situation: 'outgoing', debtors: ['business'] },
  'script-j16-acheteur-public': { situation: 'outgoing', debtors: ['public'] },
  'script-j32-derniere-relance-pro': { situation: 'outgoing', debtors: ['business'] },
  'script-j32-derniere-relance-particulier': { situation: 'outgoing', debtors: ['consumer'] },
  'script-promesse-jour-dit': { situation: 'outgoing', during: 'promesse' },
  'madagascar-premier-appel': { situation: 'outgoing' },
  'script-identification-bon-interlocuteur': { situation: 'reaching', debtors: companies },
  'script-objection-decideur-absent': { situation: 'reaching', debtors: ['business'] },
  'script-repondeur-professionnel': { situation: 'reaching', debtors: companies },
  'script-repondeur-particulier': { situation: 'reaching', debtors: ['consumer'] },
  'script-tiers-decroche': { situation: 'reaching', asksNothing: true },
  'script-objection-deja-regle': { situation: 'objection' },
  'script-objection-tresorerie': { situation: 'objection', debtors: ['business'] },
  'script-negociation-echeancier': { situation: 'agreement', debtors: payers },
  'script-paiement-carte-securise': { situation: 'agreement', debtors: payers },
  'script-debiteur-vulnerable': { situation: 'distress', asksNothing: true },
  'script-debiteur-agressif': { situation: 'distress', asksNothing: true },
}

/** Of a script that an agency wrote itself nothing is known: every rule of a call that we make holds for it. */
export const ruleOfScript = ({ id }: Letter): ScriptRule => rules[id] ?? { situation: 'outgoing' }

/** The scripts that have a rule of their own. */
export const ruledScripts: readonly string[] = Object.keys(rules)

export const isScript = ({ canaux }: Letter): boolean => canaux.includes('script-telephone')

/** Why this script was not made for that case, whatever the day; null where it was. */
export function unfitScript({ case: { zone }, debtor: { kind } }: CaseFile, letter: Letter): DomainError | null {
  if (!isScript(letter)) {
    return new DomainError('channel_refused', `${quoted(letter.titre)} n’est pas un script d’appel.`, {
      remedy: 'Choisissez un script du dossier (callScripts).',
      facts: { letter: letter.id },
    })
  }
  const law = zone === 'madagascar' ? 'MG' : 'FR'
  if (letter.droit !== law) return wrongLaw(letter, law)
  const { debtors } = ruleOfScript(letter)
  return debtors && !debtors.includes(kind) ? wrongDebtor(letter, debtorWord[kind]) : null
}

/** What a script is held against, and filled from. */
export interface Called {
  file: CaseFile
  agency: Agency
}

/** Why that script may not be read in this case on that day. */
export async function refuseScript(sql: Sql, onDay: Day, called: Called, letter: Letter): Promise<void> {
  const { file } = called
  const unfit = unfitScript(file, letter)
  if (unfit) throw unfit
  refuseAsking(file, onDay, letter)
  if (isOurCall(letter)) await refuseOurCall(sql, onDay, called, letter)
}

/** The rules of a call of the timeline, and those under which it is recorded, but for its hour. */
async function refuseOurCall(sql: Sql, onDay: Day, { file, agency }: Called, { famille }: Letter): Promise<void> {
  refuseUnready(agency, onDay)
  await requireMandate(sql, file.creditor.id, onDay)
  // Up to the due date nobody recovers anything yet.
  const isCourtesy = famille === 'avant-echeance' && !after(onDay, file.case.anchorOn)
  if (!isCourtesy && !(await firstLetterGone(sql, file.case.id, onDay))) throw beforeFirstLetter()
  refuseUnwished(file)
  refuseAway(onDay, file)
  await refuseTooMany(sql, onDay, file)
}

/** Read because the house calls, and so stopped by whatever stops a call; the others serve whoever calls. */
export function isOurCall(letter: Letter): boolean {
  const { situation, asksNothing } = ruleOfScript(letter)
  return (situation === 'outgoing' || situation === 'reaching') && !asksNothing
}

/** Who calls is answered while a case waits, and is asked for nothing that may not be asked. */
function refuseAsking(file: CaseFile, onDay: Day, letter: Letter): void {
  const { situation, asksNothing, during } = ruleOfScript(letter)
  if (asksNothing) return
  refuseClosed(file)
  refuseDemanding(file, onDay, isOurCall(letter) ? 'Aucun appel au débiteur' : 'Aucune demande de paiement au débiteur')
  if (situation === 'incoming') return
  if (letter.famille !== 'avant-echeance') refuseUndue(file, onDay)
  const holds = isOurCall(letter) ? file.holds.filter(({ cause }) => cause !== during) : []
  refuseDemand({ ...file, holds }, onDay)
  if (letter.id === 'script-negociation-echeancier' && instalmentsAllowed(file) === 0) throw noInstalments()
}

const noInstalments = (): DomainError =>
  new DomainError('instalments_refused', 'Le créancier n’accepte aucun étalement, par sa convention.', {
    remedy: 'Notez ce que propose le débiteur, et demandez au créancier ce qu’il en fait.',
  })

function refuseUnwished(file: CaseFile): void {
  if (wishesOf(file).get('appel') !== 'refuse') return
  throw new DomainError('channel_unwanted', 'Le débiteur refuse d’être joint par téléphone.', {
    remedy: 'Écrivez-lui, ou attendez son appel.',
    facts: { channel: 'appel' },
  })
}

function refuseAway(onDay: Day, file: CaseFile): void {
  const away = creditorAwayOn(onDay, file)
  if (!away) return
  throw new DomainError('creditor_closed', away.why, {
    remedy: 'Attendez ce jour pour appeler\u00a0; qui appelle de lui-même est écouté.',
    facts: { on: away.until.toString() },
  })
}

async function refuseTooMany(sql: Sql, onDay: Day, file: CaseFile): Promise<void> {
  const [clock] = (await debtorClocks(sql, [file.case.id])).get(file.case.id)!
  refuseCall(contactsLately(file, onDay), clock!, onDay, null)
}
