import { letterOf, loadLibrary } from '../../letters/catalogue.ts'
import type { Wish } from '../cases/exchanges/contact-preferences.ts'
import type { DebtorKind } from '../cases/debtors.ts'
import { forDebtor, type ScenarioStep } from './scenario.ts'

type StepChannel = NonNullable<ScenarioStep['canal']>

/** What decides the channel of an approach: what the debtor wishes, by channel, and whether an e-mail would reach it. */
export interface Reach {
  kind: DebtorKind
  wishes: ReadonlyMap<string, Wish>
  hasEmail: boolean
}

/** The step's channel, or the one that the debtor wishes in its place; null when none is left. The first letter is a letter. */
export function wishedChannel({ kind, wishes, hasEmail }: Reach, rule: ScenarioStep): StepChannel | null {
  const canal = rule.canal!
  if (wishes.size === 0) return canal
  const { canaux } = letterOf(loadLibrary(), forDebtor(rule.lettre, kind)!)
  if (canal === 'lettre' && !rule.premiere_lettre && wishes.get('email') === 'prefere' && hasEmail)
    return canaux.includes('email') ? 'email' : canal
  if (canal === 'lrar' && wishes.get('lre') === 'prefere' && hasEmail && canaux.includes('lre')) return 'lre'
  if (wishes.get(canal) !== 'refuse') return canal
  return (canal === 'email' || canal === 'sms') && canaux.includes('lettre') ? 'lettre' : null
}
