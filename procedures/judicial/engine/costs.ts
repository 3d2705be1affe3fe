import type { Day } from '../../../schema/days.ts'
import type { Doubt } from '../../../schema/errors.ts'
import { amount, amountFr, divideHalfUp } from '../../../schema/money.ts'
import type { CaseFile } from '../../cases/file/file.ts'
import { payableOn } from '../../money/ledger.ts'
import { parsePercent } from '../../law/claim.ts'
import { serviceCost } from '../../law/costs.ts'
import { branchOf, type Court } from '../../law/court.ts'
import { proportionalDuty } from '../../law/proportional.ts'
import { findEntry, legalCost } from '../../law/values.ts'
import type { Cost, Procedure } from './procedure.ts'

/** What acting should cost; « à compléter » where the tariff of the day is not known. */
export interface Costs {
  facts: { nature: string; montant?: string; avance: string; supporte: string }
  doubts: Doubt[]
}

const common = {
  avance: 'le cabinet, selon la convention',
  supporte: 'le débiteur s’il y est condamné, à défaut le cabinet',
}

/** What the creditor is told of the costs before it agrees: those of the tariff of the day, and by name those to be asked for. */
export function filingCosts(file: CaseFile, procedure: Procedure, court: Court, onDay: Day): Costs {
  const isCommercial = branchOf(court) === 'commerce'
  return procedure.id === 'injonction-de-payer'
    ? orderCosts(file, isCommercial, onDay)
    : actCosts(file, procedure, isCommercial, onDay)
}

function orderCosts(file: CaseFile, isCommercial: boolean, onDay: Day): Costs {
  const greffe = legalCost('greffe-injonction-payer', onDay, isCommercial ? 'commerce' : 'judiciaire')
  const service = serviceCost(payableOn(file, onDay).principal, onDay)
  const total = greffe.cents === null || service.cents === null ? null : greffe.cents + service.cents
  return {
    facts: {
      nature: 'frais de greffe et de signification',
      ...(total === null ? {} : { montant: amount(total) }),
      ...common,
    },
    doubts: [...(greffe.doubt ? [greffe.doubt] : []), ...service.doubts],
  }
}

interface Line {
  title: string
  /** With VAT; null: to be asked for. */
  cents: bigint | null
  isDuty: boolean
  text: string
  doubt: Doubt | null
}

function actCosts(file: CaseFile, procedure: Procedure, isCommercial: boolean, onDay: Day): Costs {
  const concerned = (procedure.frais ?? []).filter((cost) => concerns(cost, isCommercial))
  const lines = concerned.map((cost) => lineOf(cost, file, onDay))
  const advanced = lines.filter(({ isDuty }) => !isDuty)
  const known = advanced.filter(({ cents }) => cents !== null)
  const isWhole = advanced.length > 0 && known.length === advanced.length
  const told = lines.map(({ text }) => text).join(' ; ')
  return {
    facts: {
      nature: known.length > 0 ? known.map(({ title }) => title.toLowerCase()).join(', ') : 'frais de l’acte',
      ...(isWhole ? { montant: amount(known.reduce((sum, { cents }) => sum + cents!, 0n)) } : {}),
      ...common,
    },
    doubts: [
      ...lines.flatMap(({ doubt }) => doubt ?? []),
      ...(isWhole ? [] : [{ code: 'unknown_cost', message: partly(procedure, told) }]),
    ],
  }
}

const partly = ({ titre }: Procedure, told: string): string =>
  told === ''
    ? `Le coût de «\u00a0${titre}\u00a0» n’est pas tarifé ici : un devis est à demander avant d’agir.`
    : `Le coût de «\u00a0${titre}\u00a0» n’est pas connu en entier. ${told}. Un devis est à demander avant d’agir.`

/** What the debtor pays to the office itself is no cost to agree to; the registry of a commercial court is one before that court alone. */
function concerns({ avance_par: by, si }: Cost, isCommercial: boolean): boolean {
  return by === 'le créancier' && (si?.['juridiction'] !== 'commerce' || isCommercial)
}

function lineOf(cost: Cost, file: CaseFile, onDay: Day): Line {
  const { titre: title, valeur, pour, note } = cost
  const isDuty = valeur === 'droits-proportionnels'
  const owed = payableOn(file, onDay).total
  const found = isDuty
    ? proportionalDuty(owed, onDay, 'creancier')
    : valeur === undefined || pour === undefined
      ? { cents: null, doubt: null }
      : legalCost(valeur, onDay, pour)
  const cents = withVat(found.cents, onDay)
  if (cents === null)
    return { title, cents, isDuty, text: `${title} : ${note ?? 'tarif à demander'}`.replace(/\.$/, ''), doubt: null }
  const when = isDuty ? `, si tout est recouvré${found.doubt ? ', à vérifier' : ''}` : ''
  return {
    title,
    cents,
    isDuty,
    text: `${title} : ${amountFr(cents)} TTC${when} (${cost.article})`,
    doubt: isDuty ? null : found.doubt,
  }
}

/** Tariffs of offices are before tax; without the rate of the day the sum is not told. */
function withVat(cents: bigint | null, onDay: Day): bigint | null {
  const vat = findEntry('tva', onDay)?.value
  if (cents === null || vat == null) return null
  return cents + divideHalfUp(cents * parsePercent(vat), 100_000_000n)
}
