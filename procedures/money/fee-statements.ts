import type { Facts } from '../../documents/facts.ts'
import { after, type Day, dayFr, latest } from '../../schema/days.ts'
import { json, type Sql, transaction } from '../../schema/db.ts'
import { DomainError, type Doubt } from '../../schema/errors.ts'
import { amount, parseAmount, sum } from '../../schema/money.ts'
import { newId, type Random } from '../../schema/random.ts'
import { legalValue } from '../law/values.ts'
import type { Office } from '../office.ts'
import { writeLetter } from '../mail/correspondence.ts'
import { reachOf } from '../mail/reach.ts'
import { readFeeBasis } from './fee-basis.ts'
import { type FeeBasis, type FeeLine, feeLines, type FeeMandate, share, termsOn } from './fees.ts'
import { readCase } from '../cases/file/file.ts'
import { type Author, record } from '../cases/journal.ts'
import { lockCase, lockOpenCase } from '../cases/lock.ts'

/** What the creditor owes the agency (CPCE R124-3 3°): lines, VAT, and the document that says so. Cents. */
export interface FeeStatement {
  id: string
  number: string
  creditorId: string
  untilOn: Day
  issuedOn: Day
  currency: string
  net: bigint
  vatPercent: string
  vat: bigint
  gross: bigint
  doubts: Doubt[]
  documentId: string
  sha256: string
  lines: (Omit<FeeLine, 'subject'> & { rank: number })[]
}

/**
 * Issues to the creditor the statement of the fees earned up to a day, with VAT (CGI 278 unless the mandate says why not).
 * Nothing is charged twice, nothing is ever charged to a debtor. DomainErrors: `nothing_to_bill`, `no_case_to_bill`.
 */
export async function issueFeeStatement(
  office: Office,
  onDay: Day,
  input: { creditorId: string; until: Day; currency?: string },
  author: Author,
): Promise<{ id: string; number: string }> {
  const { creditorId, until, currency = 'EUR' } = input
  if (after(until, onDay)) {
    throw new DomainError('fees_in_future', 'Un relevé d’honoraires ne porte pas sur des jours à venir.', {
      remedy: 'Arrêtez-le aujourd’hui au plus tard.',
    })
  }
  return transaction(office.sql, async (sql) => {
    await sql`select 1 from creditors where id = ${creditorId} for no key update`
    const basis = await readFeeBasis(sql, creditorId, until, currency)
    const lines = feeLines(basis)
    const net = sum(lines.map((line) => line.amount))
    if (net <= 0n) {
      throw new DomainError('nothing_to_bill', `Aucun honoraire n'est dû par ce créancier au ${dayFr(until)}.`, {
        remedy:
          'Vérifiez la convention et les encaissements ; ce qui est à rendre vient en déduction du prochain relevé.',
        article: 'CPCE R124-3',
      })
    }
    const terms = termsOn(basis.mandates, until) ?? basis.mandates.at(-1)!.terms
    const law = terms.vat ? null : legalValue('tva', onDay)
    const vatPercent = terms.vat?.percent ?? law!.value
    const doubts = law?.doubt ? [law.doubt] : []
    const sums = { net, vat: share(net, vatPercent), vatPercent }
    const number = await nextNumber(sql, onDay.year)
    const leadCase = lines.find((line) => line.caseId !== null)?.caseId ?? basis.cases.at(-1)?.id
    if (!leadCase) {
      throw new DomainError('no_case_to_bill', "Ce créancier n'a encore confié aucun dossier.", {
        remedy: 'Émettez le relevé avec le premier dossier.',
      })
    }
    await lockCase(sql, leadCase)
    const file = await readCase(sql, leadCase)
    const written = await writeLetter(office, sql, onDay, file, {
      letter: 'creancier-facture-honoraires',
      channel: reachOf(file, 'creancier') ?? 'lettre',
      recipient: 'creancier',
      facts: feeFacts({
        ...sums,
        lines,
        basis,
        number,
        onDay,
        from: (await lastBilledDay(sql, creditorId))?.add({ days: 1 }) ?? basis.mandates[0]!.signedOn,
        mention: terms.vat?.reason ?? doubts[0]?.message,
        paymentDays: terms.paymentDays,
      }),
      author,
    })
    const id = newId(office.random)
    const statement = { ...sums, id, number, creditorId, untilOn: until, issuedOn: onDay, currency, doubts }
    await keepStatement(sql, { ...statement, documentId: written.id, lines }, author)
    const detail = { creditor: creditorId, number, net: amount(net), gross: amount(net + sums.vat) }
    await record(sql, onDay, { caseId: null, kind: 'fee_statement_issued', detail, author })
    return { id, number }
  })
}

async function lastBilledDay(sql: Sql, creditorId: string): Promise<Day | null> {
  const [row] = await sql<{ last: Day | null }[]>`
    select max(until_on) as last from fee_statements where creditor_id = ${creditorId}`
  return row!.last
}

async function keepStatement(
  sql: Sql,
  statement: Omit<FeeStatement, 'gross' | 'sha256' | 'lines'> & { lines: FeeLine[] },
  author: Author,
): Promise<void> {
  const { id, number, creditorId, untilOn, issuedOn, currency, net, vatPercent, vat, doubts, documentId } = statement
  await sql`
    insert into fee_statements (id, number, creditor_id, until_on, issued_on, currency, net, vat_percent, vat, gross, doubts, document_id, issued_by)
    values (${id}, ${number}, ${creditorId}, ${untilOn}, ${issuedOn}, ${currency}, ${net}, ${vatPercent}, ${vat}, ${net + vat},
            ${json(sql, doubts)}, ${documentId}, ${author})`
  await sql`insert into fee_lines ${sql(
    statement.lines.map((line, i) => ({
      statement_id: id,
      rank: i + 1,
      creditor_id: creditorId,
      kind: line.kind,
      subject: line.subject,
      case_id: line.caseId,
      label: line.label,
      on_day: line.onDay,
      base: line.base,
      percent: line.percent,
      amount: line.amount,
    })),
  )}`
}

/** H-2026-0001: invoices of the agency follow one another without a gap. */
async function nextNumber(sql: Sql, year: number): Promise<string> {
  const [row] = await sql<{ last: number }[]>`
    insert into fee_numbers (year, last) values (${year}, 1)
    on conflict (year) do update set last = fee_numbers.last + 1 returning last`
  return `H-${year}-${String(row!.last).padStart(4, '0')}`
}

function feeFacts(given: {
  lines: FeeLine[]
  basis: FeeBasis
  net: bigint
  vat: bigint
  vatPercent: string
  number: string
  onDay: Day
  from: Day
  mention: string | undefined
  paymentDays: number | undefined
}): Partial<Facts> {
  const { lines, basis, net, vat, onDay } = given
  const cases = new Map(basis.cases.map((found) => [found.id, found]))
  const recovered = lines.filter((line) => line.base !== null)
  const others = lines.filter((line) => line.base === null)
  const rates = new Set(recovered.map((line) => line.percent!))
  return {
    periode: { debut: given.from.toString(), fin: latest(basis.until, given.from).toString() },
    honoraires: {
      facture: given.number,
      date: onDay.toString(),
      montant: amount(net),
      ht: amount(net),
      tva: amount(vat),
      tvaTaux: given.vatPercent,
      ttc: amount(net + vat),
      ...(recovered.length > 0 ? { base: amount(sum(recovered.map((line) => line.base!))) } : {}),
      ...(rates.size === 1 ? { taux: [...rates][0]! } : {}),
      ...(others.length > 0
        ? { lignes: others.map((line) => ({ libelle: line.label, montant: amount(line.amount) })) }
        : {}),
      ...(given.mention ? { mention: given.mention } : {}),
      ...(given.paymentDays ? { echeance: onDay.add({ days: given.paymentDays }).toString() } : {}),
    },
    reversement: {
      dossiers: recovered.map((line) => ({
        dossier: cases.get(line.caseId!)!.number,
        debiteur: cases.get(line.caseId!)!.debtor,
        date: line.onDay.toString(),
        montant: amount(line.base!),
        honoraires: amount(line.amount),
      })),
    },
  } as unknown as Partial<Facts>
}

/** A step priced apart by the mandate, done with the creditor's agreement; it is charged with the next statement. */
export async function recordExtraStep(
  sql: Sql,
  random: Random,
  onDay: Day,
  input: { caseId: string; code: string; agreedBy: string },
  author: Author,
): Promise<string> {
  return transaction(sql, async (tx) => {
    await lockOpenCase(tx, input.caseId)
    const mandates = await tx<FeeMandate[]>`
      select m.signed_on, m.ended_on, m.fee_terms as terms from mandates m join cases c on c.creditor_id = m.creditor_id
      where c.id = ${input.caseId} and m.fee_terms is not null order by m.signed_on, m.id`
    const priced = termsOn(mandates, onDay)?.extraSteps?.find(({ code }) => code === input.code)
    if (!priced || input.agreedBy.trim() === '') {
      throw new DomainError(
        'step_not_priced',
        `La convention ne prévoit pas la démarche « ${input.code.slice(0, 40)} », ou l'accord du créancier manque.`,
        {
          remedy: 'Prévoyez la démarche et son prix dans la convention, et nommez qui l’a acceptée.',
          article: 'CPCE R124-3',
        },
      )
    }
    const id = newId(random)
    await tx`
      insert into extra_steps (id, case_id, code, label, price, done_on, agreed_by, recorded_by)
      values (${id}, ${input.caseId}, ${priced.code}, ${priced.label}, ${parseAmount(priced.price)}, ${onDay}, ${input.agreedBy}, ${author})`
    const detail = { code: priced.code, price: priced.price, agreedBy: input.agreedBy }
    await record(tx, onDay, { caseId: input.caseId, kind: 'extra_step_recorded', detail, author })
    return id
  })
}

/** The fee statements of those creditors, by creditor, the oldest first. */
export async function readFeeStatements(sql: Sql, creditorIds: string[]): Promise<Map<string, FeeStatement[]>> {
  const [rows, lines] = await Promise.all([
    sql<Omit<FeeStatement, 'lines'>[]>`
      select s.id, s.number, s.creditor_id, s.until_on, s.issued_on, s.currency, s.net, s.vat_percent, s.vat, s.gross, s.doubts,
             s.document_id, d.sha256
      from fee_statements s join documents d on d.id = s.document_id
      where s.creditor_id = any(${creditorIds}) order by s.issued_on, s.number`,
    sql<(FeeStatement['lines'][number] & { statementId: string })[]>`
      select statement_id, rank, kind, case_id, label, on_day, base, percent, amount from fee_lines
      where creditor_id = any(${creditorIds}) order by rank`,
  ])
  const of = Map.groupBy(lines, (line) => line.statementId)
  return Map.groupBy(
    rows.map((row) => ({ ...row, lines: of.get(row.id) ?? [] })),
    (row) => row.creditorId,
  )
}
