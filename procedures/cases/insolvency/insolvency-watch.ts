import { after, type Day, dayFr, daysBetween } from '../../../schema/days.ts'
import type { Doubt } from '../../../schema/errors.ts'
import { legalValue } from '../../law/values.ts'
import { type CaseFile, formalNotices } from '../file/file.ts'

/** What a look-up in the registers must not be too old for. */
export type Watched = 'mise-en-demeure' | 'depot'

type Looked = Pick<CaseFile, 'case' | 'insolvencyChecks' | 'insolvencies'>

const before: Record<Watched, string> = {
  'mise-en-demeure': 'la mise en demeure',
  depot: 'le dépôt',
}
const subject = 'Insolvabilité, surendettement ou décès du débiteur\u00a0: '

/** For how many days a look-up is good before such an act (fr/veille-insolvabilite.yaml). */
export const lookUpDays = (on: Day, act: Watched): number => Number(legalValue('veille-insolvabilite', on, act).value)

/** The look-up before such an act is too old, or was never made; nothing where an insolvency is on file already. */
export function lookUpDoubts(file: Looked, on: Day, act: Watched): Doubt[] {
  if (file.insolvencies.length > 0) return []
  const where = file.case.zone === 'madagascar' ? '' : ' (BODACC, surendettement)'
  const last = file.insolvencyChecks.findLast(({ checkedOn }) => !after(checkedOn, on))
  if (!last) {
    const message = `${subject}aucune recherche n’est enregistrée avant ${before[act]}${where}\u00a0; à faire.`
    return [{ code: 'insolvency_never_checked', message }]
  }
  const [age, most] = [daysBetween(last.checkedOn, on), lookUpDays(on, act)]
  if (age <= most) return []
  return [
    {
      code: 'insolvency_check_old',
      message: `${subject}dernière recherche le ${dayFr(last.checkedOn)} (${last.source}), il y a ${age} jours\u00a0; ${most} au plus avant ${before[act]} (règle de la maison), à refaire.`,
    },
  ]
}

/** Whether a doubt that was kept is about the look-up: one made since answers it. */
export const isLookUpDoubt = (message: string): boolean => message.startsWith(subject)

/** The act that the case is coming to: a filing once the last formal notice has left, a formal notice before. */
export function nextWatched(file: Pick<CaseFile, 'documents' | 'steps'>): Watched {
  const ahead = file.steps.some(({ channel, doneOn, skippedOn }) => channel === 'lrar' && !doneOn && !skippedOn)
  return !ahead && formalNotices(file).length > 0 ? 'depot' : 'mise-en-demeure'
}
