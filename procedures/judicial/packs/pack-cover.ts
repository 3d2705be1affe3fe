import { before, type Day, dayFr, dayShortFr, parseDay } from '../../../schema/days.ts'
import { amountFr, parseAmount, parseCurrency } from '../../../schema/money.ts'
import { counted } from '../../../schema/words.ts'
import type { CaseFile } from '../../cases/file/file.ts'
import { isLookUpDoubt, lookUpDoubts } from '../../cases/insolvency/insolvency-watch.ts'
import { nextLimitation } from '../../cases/limitation/invoice-limitations.ts'
import { payableOn } from '../../money/ledger.ts'
import { centsOf } from '../../money/sums.ts'
import type { ConsentStatement } from '../consents/consent-requests.ts'
import type { GivenFacts } from './paper-facts.ts'
import { earliestFiling } from '../procedures.ts'
import type { Progress } from '../engine/progress.ts'
import type { StepDeadline } from '../engine/time-limits.ts'

// What the cover of a pack says of its case.

/** The time limit that ends first: what whoever opens the pack must read before anything else. */
export function nextLimit(
  { due }: Progress,
  onDay: Day,
  { insolvencies }: Pick<CaseFile, 'insolvencies'>,
): { label: string; value: string } | undefined {
  const [first = declaration(insolvencies[0])] = due
  if (!first) return undefined
  const left = onDay.until(first.expires).days
  const when = left < 0 ? 'passée' : left === 0 ? 'aujourd’hui' : `dans ${counted(left, 'jour')}`
  return {
    label: `Prochaine date limite : ${first.title}`,
    value: `${dayFr(first.expires)}, ${when} (${first.article})`,
  }
}

/** The last day to declare, which the case knows from the publication before anybody enters it in the procedure. */
function declaration(insolvency: CaseFile['insolvencies'][number] | undefined) {
  if (!insolvency?.declareBy || insolvency.declaredOn) return undefined
  return { title: 'Déclarer la créance', expires: insolvency.declareBy, article: 'C. com. L622-24 et R622-24' }
}

/** What is enforced, and where the debtor's money or goods are. */
export function titleLines(given: GivenFacts): { label: string; value: string }[] {
  const { titre, comptes, tiersSaisi, employeur } = given as {
    titre?: { nature?: string; juridiction?: string; date?: string; numero?: string; signification?: string }
    comptes?: { etablissement: string; agence?: string }[]
    tiersSaisi?: { nom?: string }
    employeur?: { nom?: string }
  }
  const title = titre && [
    titre.nature,
    titre.juridiction,
    titre.date && `du ${dayShortFr(parseDay(titre.date))}`,
    titre.numero && `n° ${titre.numero}`,
  ]
  const third = comptes?.map(({ etablissement }) => etablissement).join(', ') || tiersSaisi?.nom || employeur?.nom
  return [
    ...(title ? [{ label: 'Titre', value: title.filter(Boolean).join(', ') }] : []),
    ...(titre?.signification ? [{ label: 'Signifié le', value: dayFr(parseDay(titre.signification)) }] : []),
    ...(third ? [{ label: 'Entre les mains de', value: third }] : []),
  ]
}

/** Sums and days: those of the statement that was signed, or of the day. */
export function summary(
  file: CaseFile,
  onDay: Day,
  signed: ConsentStatement | null,
  ceiling: string,
  running: StepDeadline[],
  { waits, toCourt }: { waits: boolean; toCourt: boolean },
): { label: string; value: string }[] {
  const currency = parseCurrency(file.case.currency)
  const owed = payableOn(file, onDay)
  const money = (value: bigint) => amountFr(value, currency)
  const sums = signed ? centsOf(signed) : owed
  const until = signed ? parseDay(signed.statementOn) : onDay
  const [insolvency] = file.insolvencies
  // C. com. L622-28: the opening day is the last that bears interest.
  const stopped = dayShortFr(insolvency && before(insolvency.openedOn, until) ? insolvency.openedOn : until)
  const first = file.documents.find((document) => document.firstLetter)
  const isMalagasy = file.case.zone === 'madagascar'
  return [
    { label: 'Principal', value: money(sums.principal) },
    ...(sums.interest > 0n ? [{ label: `Intérêts arrêtés au ${stopped}`, value: money(sums.interest) }] : []),
    ...(sums.indemnity > 0n ? [{ label: 'Indemnité forfaitaire', value: money(sums.indemnity) }] : []),
    ...(sums.penalty > 0n ? [{ label: 'Clause pénale', value: money(sums.penalty) }] : []),
    ...(sums.costs > 0n ? [{ label: 'Article 700 et dépens', value: money(sums.costs) }] : []),
    { label: toCourt ? 'Total demandé' : 'Total dû', value: money(sums.total) },
    ...(owed.perDay > 0n ? [{ label: 'Intérêts à courir, par jour', value: money(owed.perDay) }] : []),
    { label: 'Plafond de frais accepté', value: money(parseAmount(ceiling)) },
    { label: 'Échéance la plus ancienne', value: dayFr(file.case.anchorOn) },
    ...(first
      ? [
          {
            label: isMalagasy ? 'Première lettre' : 'Première lettre (CPCE R124-4)',
            value: `${first.reference}, ${dayFr(first.writtenOn)}`,
          },
        ]
      : []),
    ...(signed && waits ? [{ label: 'Dépôt possible à partir du', value: dayFr(earliestFiling(file).on) }] : []),
    { label: 'Prescription', value: dayFr(nextLimitation(file, onDay)) },
    ...running.map((limit) => ({
      label: `Dernier jour : ${limit.title}`,
      value: `${dayFr(limit.expires)} (${limit.article})`,
    })),
  ]
}

/** What a person has yet to look at, of the invoices, the statement, the registers and the time limits. */
export function doubtsOf(file: CaseFile, onDay: Day, statement: ConsentStatement, limits: StepDeadline[]): string[] {
  const invoices = file.invoices.flatMap((invoice) =>
    invoice.doubts.map((doubt) => `${invoice.number} : ${doubt.message}`),
  )
  const law = limits.flatMap((limit) => limit.doubts.map((doubt) => doubt.message))
  const costs = new Set(statement.costDoubts)
  const signed = statement.doubts.filter((message) => !isLookUpDoubt(message) && !costs.has(message))
  const looked = lookUpDoubts(file, onDay, 'depot').map(({ message }) => message)
  return [...new Set([...invoices, ...signed, ...looked, ...law])]
}
