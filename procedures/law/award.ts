import { after, type Day, parseDay } from '../../schema/days.ts'
import { DomainError } from '../../schema/errors.ts'
import { parseAmount } from '../../schema/money.ts'
import { validate } from '../../schema/validate.ts'
import { parsePercent, type Rate } from './claim.ts'

/** What a decision grants: it alone is enforced, whatever the invoices would give. Sums in cents. */
export interface Award {
  principal: bigint
  rate: Exclude<Rate, { kind: 'none' }>
  /** Interest runs after this day; null: after the due date of each invoice. */
  from: Day | null
  /** C. civ. 1343-2: the day from which interest is capitalised; null where the decision orders none, absent where nobody said. */
  capitalisedFrom?: Day | null
  /** Interest that the decision counted itself; more runs after `from`. */
  liquidated: bigint
  indemnity: bigint
  penalty: bigint
  article700: bigint
  /** Costs of the proceedings (dépens), liquidated. */
  costs: bigint
  /** Last day of the payments that it has deducted. */
  paidUntil: Day | null
  /** When it became enforceable, even provisionally. */
  enforceableOn: Day | null
}

/** Everything that it grants, interest to come apart. */
export const awardedSum = ({ principal, liquidated, indemnity, penalty, article700, costs }: Award): bigint =>
  principal + liquidated + indemnity + penalty + article700 + costs

interface AwardJson {
  principal: string
  interets: { taux: 'legal' | 'l441-10' | 'commande-publique' | 'fixe'; pourcentage?: string; depuis: string }
  capitalisation?: { ordonnee: boolean; depuis?: string }
  interetsLiquides?: string
  indemnite?: string
  clausePenale?: string
  article700?: string
  depens?: string
  reglementsJusquau?: string
  executoireLe?: string
}

/**
 * Reads what was recorded with a decision of that day (schema/award.schema.json). DomainError `invalid_file`, `bad_award`, and
 * those of sums, rates and days.
 */
export function readAward(json: unknown, decidedOn: Day): Award {
  const told = validate<AwardJson>('award', json, 'condamnation')
  const sum = (text: string | undefined) => (text === undefined ? 0n : parseAmount(text))
  const day = (text: string | undefined, what: string) => (text === undefined ? null : parseDay(text, what))
  const { interets, capitalisation } = told
  const award: Award = {
    principal: parseAmount(told.principal),
    rate: readRate(interets),
    from: interets.depuis === 'echeances' ? null : parseDay(interets.depuis, 'depuis'),
    ...(capitalisation ? { capitalisedFrom: readCapitalisation(capitalisation) } : {}),
    liquidated: sum(told.interetsLiquides),
    indemnity: sum(told.indemnite),
    penalty: sum(told.clausePenale),
    article700: sum(told.article700),
    costs: sum(told.depens),
    paidUntil: day(told.reglementsJusquau, 'reglementsJusquau'),
    enforceableOn: day(told.executoireLe, 'executoireLe'),
  }
  const { principal, liquidated, indemnity, penalty, article700, costs } = award
  const negative = [principal, liquidated, indemnity, penalty, article700, costs].some((one) => one < 0n)
  if (negative) throw bad('Une condamnation ne porte pas de somme négative.', 'Relisez les montants du dispositif.')
  if (liquidated > 0n && award.from === null)
    throw bad(
      'Des intérêts liquidés par la décision et des intérêts comptés depuis les échéances feraient double emploi.',
      'Donnez dans interets.depuis le jour jusqu’auquel la décision les a arrêtés.',
    )
  if (award.paidUntil && after(award.paidUntil, decidedOn))
    throw bad(
      'Un titre ne déduit pas de règlement postérieur à lui.',
      'Relisez reglementsJusquau et le jour de la décision.',
    )
  if (award.enforceableOn && after(decidedOn, award.enforceableOn))
    throw bad('Un titre n’est pas exécutoire avant d’être rendu.', 'Relisez executoireLe et le jour de la décision.')
  return award
}

function readRate({ taux, pourcentage }: AwardJson['interets']): Award['rate'] {
  if ((taux === 'fixe') !== (pourcentage !== undefined))
    throw bad(
      'Un pourcentage va avec le taux «\u00a0fixe\u00a0», et avec lui seul.',
      'Donnez pourcentage avec taux «\u00a0fixe\u00a0».',
    )
  return taux === 'fixe' ? { kind: 'contract', percent: parsePercent(pourcentage!) } : { kind: taux }
}

function readCapitalisation({ ordonnee, depuis }: NonNullable<AwardJson['capitalisation']>): Day | null {
  if (ordonnee !== (depuis !== undefined))
    throw bad(
      'Une capitalisation ordonnée l’est depuis un jour\u00a0; refusée, elle n’en a pas.',
      'Donnez depuis (le jour de la demande en justice, ou celui que dit la décision) avec ordonnee.',
    )
  return depuis === undefined ? null : parseDay(depuis, 'capitalisation.depuis')
}

const bad = (message: string, remedy: string): DomainError =>
  new DomainError('bad_award', message, { remedy, article: 'CPCE L111-2' })
