import { canonicalJson, sha256 } from '../../documents/archive.ts'
import type { BankLine } from '../../documents/invoices/bank-statement.ts'
import { type Day, dayShortFr } from '../../schema/days.ts'
import { json, rehearse, type Sql, transaction } from '../../schema/db.ts'
import { DomainError, type Doubt } from '../../schema/errors.ts'
import { amount, amountFr } from '../../schema/money.ts'
import { newId } from '../../schema/random.ts'
import type { Office } from '../office.ts'
import { readCase } from '../cases/file/file.ts'
import { type Author, record } from '../cases/journal.ts'
import { lockCase } from '../cases/lock.ts'
import { owedOn } from './ledger.ts'
import { recordPayment } from './payments.ts'

/** A case that a movement may pay, and what makes one think so. */
export interface Candidate {
  caseId: string
  caseNumber: string
  debtor: string
  /** The invoice that the payer named, if one alone. */
  invoice: string | null
  /** `named`: its number, or its invoice's, is in the payer's words. `amount`: the sum alone. `payer`: the name alone. */
  by: 'named' | 'amount' | 'payer' | 'iban'
  why: string
}

export interface MatchedLine {
  id: string | null
  line: BankLine
  /** `paid`: recorded as a payment. `doubtful`: a person must look. `known`: was there already. `debit`: money that left. */
  state: 'paid' | 'doubtful' | 'known' | 'refused'
  candidates: Candidate[]
  why: string
  caseId: string | null
  fault: DomainError | null
}

/**
 * Matches the movements of a bank statement with cases. One case named by the payer, and a sum that it owes, is a payment;
 * everything else waits for a person (settleBankLine). The same movement twice is one; without `keep` nothing is kept.
 */
export async function importBankLines(
  office: Office,
  onDay: Day,
  input: { lines: BankLine[]; receivedBy: 'creditor' | 'agency'; creditorId: string | null },
  keep: boolean,
  author: Author,
): Promise<MatchedLine[]> {
  return rehearse(office.sql, keep, async (sql) => {
    // One import at a time: two would record the same movement, or wait for each other's cases.
    await sql`select pg_advisory_xact_lock(hashtextextended('courtois:bank-lines', 0))`
    const here = { ...office, sql }
    const seen = new Map<string, number>()
    const done: MatchedLine[] = []
    for (const line of input.lines) {
      const base = keyOf(line, input)
      const rank = (seen.get(base) ?? 0) + 1
      seen.set(base, rank)
      done.push(await importLine(here, onDay, input, line, sha256(`${base} ${rank}`), author))
    }
    return done
  })
}

/** Two equal transfers of one day are two movements: the rank tells them apart, the bank's reference does it better. */
function keyOf(line: BankLine, { receivedBy, creditorId }: { receivedBy: string; creditorId: string | null }): string {
  const { account, bookedOn, amount: cents, currency, bankReference, payer, payerIban, text } = line
  const words = bankReference === null ? { payer, payerIban, text } : { bankReference }
  return canonicalJson({
    receivedBy,
    creditorId,
    account,
    on: bookedOn.toString(),
    cents: cents.toString(),
    currency,
    ...words,
  })
}

async function importLine(
  office: Office,
  onDay: Day,
  input: { receivedBy: 'creditor' | 'agency'; creditorId: string | null },
  line: BankLine,
  key: string,
  author: Author,
): Promise<MatchedLine> {
  const { sql, random } = office
  const nothing = { id: null, line, candidates: [], caseId: null, fault: null }
  const [known] = await sql<
    { id: string; caseId: string | null }[]
  >`select id, case_id from bank_lines where key = ${key}`
  if (known)
    return { ...nothing, id: known.id, caseId: known.caseId, state: 'known', why: 'Mouvement déjà enregistré.' }
  const candidates = line.amount > 0n ? await candidatesOf(sql, line, input.creditorId) : []
  const id = newId(random)
  await sql`
    insert into bank_lines (id, key, account, booked_on, amount, currency, payer, payer_iban, text, bank_reference, received_by,
                            creditor_id, doubts, candidates, recorded_on, recorded_by)
    values (${id}, ${key}, ${line.account}, ${line.bookedOn}, ${line.amount}, ${line.currency}, ${line.payer}, ${line.payerIban},
            ${line.text}, ${line.bankReference}, ${input.receivedBy}, ${input.creditorId}, ${json(sql, line.doubts)},
            ${json(sql, candidates)}, ${onDay}, ${author})`
  const kept = { ...nothing, id, candidates }
  try {
    const certain = await certainOf(sql, onDay, line, candidates)
    if ('doubt' in certain) return { ...kept, state: 'doubtful', why: certain.doubt }
    await transaction(sql, (tx) =>
      pay(
        { ...office, sql: tx },
        onDay,
        { id, line, receivedBy: input.receivedBy, why: certain.candidate.why },
        certain.candidate,
        author,
      ),
    )
    return { ...kept, state: 'paid', caseId: certain.candidate.caseId, why: certain.candidate.why }
  } catch (error) {
    if (!(error instanceof DomainError)) throw error
    return { ...kept, state: 'doubtful', why: error.message, fault: error }
  }
}

/** A movement is a payment by itself only when the payer named one case, and pays no more than it owes. */
async function certainOf(
  sql: Sql,
  onDay: Day,
  line: BankLine,
  candidates: Candidate[],
): Promise<{ candidate: Candidate } | { doubt: string }> {
  if (line.amount <= 0n) return { doubt: 'Somme débitée : s’il s’agit d’un rejet, enregistrez-le (rejectPayment).' }
  if (line.doubts.length > 0) return { doubt: line.doubts[0]!.message }
  const named = candidates.filter(({ by }) => by === 'named')
  if (named.length === 0) {
    return {
      doubt:
        candidates.length > 0
          ? `Rien ne nomme le dossier ; ${candidates.length} ressemble${candidates.length > 1 ? 'nt' : ''}.`
          : 'Aucun dossier ouvert ne correspond.',
    }
  }
  if (named.length > 1) return { doubt: `Le libellé nomme ${named.length} dossiers : la répartition est à dire.` }
  const [candidate] = named as [Candidate]
  // Taken before it is read: somebody may be entering the same payment by hand.
  await lockCase(sql, candidate.caseId)
  const file = await readCase(sql, candidate.caseId)
  if (file.case.currency !== line.currency)
    return { doubt: `Le virement est en ${line.currency}, le dossier en ${file.case.currency}.` }
  const left = owedOn(file, onDay).total
  if (line.amount > left) return { doubt: `Le virement dépasse ce que doit le dossier (${amountFr(left)}).` }
  const twin = file.payments.find(
    (payment) => payment.amount === line.amount && Math.abs(payment.receivedOn.until(line.bookedOn).days) <= 5,
  )
  if (twin)
    return { doubt: `Un paiement de la même somme est déjà au dossier, reçu le ${dayShortFr(twin.receivedOn)}.` }
  return { candidate }
}

/** From the surest to the least sure. */
const ranks = ['named', 'iban', 'payer', 'amount']

async function candidatesOf(sql: Sql, line: BankLine, creditorId: string | null): Promise<Candidate[]> {
  // Banks cut, join and upper-case what people write: compared without marks.
  const words = line.text
    .toUpperCase()
    .replace(/[^A-Z0-9]+/g, ' ')
    .trim()
  const rows = await sql<(Omit<Candidate, 'why' | 'invoice'> & { invoices: string[] | null })[]>`
    with open as (
      select c.id, c.number, d.name, d.id as debtor_id from cases c join debtors d on d.id = c.debtor_id
      where c.closed_on is null and ${creditorId === null ? sql`true` : sql`c.creditor_id = ${creditorId}`}
    ), named as (
      select i.case_id, array_agg(i.number order by i.number) as invoices
      from invoices i join open o on o.id = i.case_id
      where exists (
        -- Letters ask for the reference that the invoice gives to its payment, where it gives one.
        select from unnest(array[i.number, i.source ->> 'payment_reference']) as said
        -- « 101 » may be a street, a year or a sum: a number is one when it has letters too, or six figures.
        where regexp_replace(said, '[^A-Za-z0-9]', '', 'g') ~ '^(?=.*[A-Za-z])(?=.*[0-9]).{4,}$|^[0-9]{6,}$'
          and position(' ' || trim(regexp_replace(upper(said), '[^A-Z0-9]+', ' ', 'g')) || ' ' in ' ' || ${words} || ' ') > 0)
      group by i.case_id
    ), found as (
      select o.id, 'named' as by, n.invoices from open o join named n on n.case_id = o.id
      union all
      select o.id, 'named', null from open o
      where position(' ' || replace(o.number, '-', ' ') || ' ' in ' ' || ${words} || ' ') > 0
        and not exists (select from named n where n.case_id = o.id)
      union all
      select o.id, 'iban', null from open o
      where ${line.payerIban}::text is not null and exists (
        select from bank_lines b join cases c on c.id = b.case_id
        where c.debtor_id = o.debtor_id and b.payer_iban = ${line.payerIban} and b.payment_id is not null)
      union all
      select distinct i.case_id, 'amount', null::text[] from invoices i join open o on o.id = i.case_id
      where i.payable = ${line.amount} and i.currency = ${line.currency}
      union all
      select o.id, 'payer', null from open o where ${line.payer}::text is not null and lower(o.name) = lower(${line.payer})
    )
    , best as (
      select distinct on (o.id) o.id as case_id, o.number as case_number, o.name as debtor, f.by, f.invoices
      from found f join open o on o.id = f.id
      order by o.id, array_position(${ranks}::text[], f.by)
    )
    -- Those that the payer names are all there, whatever their number: one left out would make another look certain.
    select * from best where by = 'named'
    union all
    (select * from best where by <> 'named' order by array_position(${ranks}::text[], by), case_number limit 20)`
  return rows
    .map(({ invoices, ...row }) => ({
      ...row,
      invoice: invoices?.length === 1 ? invoices[0]! : null,
      why: whyOf(row.by, invoices),
    }))
    .toSorted((a, b) => a.caseNumber.localeCompare(b.caseNumber))
}

function whyOf(by: Candidate['by'], invoices: string[] | null): string {
  if (by === 'named') return invoices ? `Le libellé nomme ${invoices.join(', ')}.` : 'Le libellé nomme le dossier.'
  if (by === 'iban') return 'Le compte du payeur a déjà payé pour ce débiteur.'
  return by === 'payer' ? 'Le payeur porte le nom du débiteur.' : 'Une facture est exactement de cette somme.'
}

interface OpenLine {
  id: string
  line: Pick<BankLine, 'bookedOn' | 'amount' | 'bankReference' | 'text'>
  receivedBy: 'creditor' | 'agency'
  why: string
}

async function pay(
  office: Office,
  onDay: Day,
  { id, line, receivedBy, why }: OpenLine,
  to: { caseId: string; invoice: string | null },
  author: Author,
): Promise<void> {
  const payment = await recordPayment(
    office,
    onDay,
    {
      caseId: to.caseId,
      receivedOn: line.bookedOn,
      amount: line.amount,
      means: 'virement',
      reference: (line.bankReference ?? line.text.slice(0, 100)) || null,
      receivedBy,
      // Naming one invoice on a transfer is the debtor's choice of what it pays (C. civ. 1342-10).
      ...(to.invoice === null ? {} : { invoiceNumber: to.invoice }),
    },
    author,
  )
  await office.sql`
    update bank_lines set case_id = ${to.caseId}, payment_id = ${payment.id}, settled_on = ${onDay}, settled_by = ${author}, settled_why = ${why}
    where id = ${id}`
}

/** A person says what a doubtful movement is: a payment of that case, or nothing to do with any. */
export async function settleBankLine(
  office: Office,
  onDay: Day,
  input: { lineId: string; caseId: string | null; invoiceNumber: string | null; reason: string },
  author: Author,
): Promise<void> {
  await transaction(office.sql, async (sql) => {
    // The case first, as in every act on it.
    const [paid] = await sql<{ creditorId: string; currency: string }[]>`
      select creditor_id, currency from cases where id = ${input.caseId} for update`
    const [found] = await sql<
      (BankLine & { id: string; receivedBy: 'creditor' | 'agency'; doubts: Doubt[]; creditorId: string | null })[]
    >`
      select id, booked_on, amount, currency, text, bank_reference, received_by, creditor_id, doubts from bank_lines
      where id = ${input.lineId} and settled_on is null for update`
    if (!found) {
      throw new DomainError('bank_line_settled', 'Ce mouvement n’existe pas, ou son sort est déjà dit.', {
        remedy: 'Consultez la liste des mouvements à rapprocher.',
      })
    }
    if (input.reason.trim() === '') {
      throw new DomainError('reason_missing', 'Dites pourquoi : le rapprochement est gardé avec son motif.', {
        remedy: 'Écrivez ce qui vous fait reconnaître, ou écarter, ce mouvement.',
      })
    }
    if (input.caseId !== null) {
      const isTheirs = found.creditorId === null || found.creditorId === paid?.creditorId
      if (!isTheirs || found.currency !== paid?.currency) {
        throw new DomainError(
          'bank_line_elsewhere',
          isTheirs
            ? `Le mouvement est en ${found.currency}, le dossier en ${paid?.currency}.`
            : 'Ce mouvement est du compte d’un autre créancier que celui du dossier.',
          { remedy: 'Choisissez un dossier du même créancier et de la même monnaie, ou écartez le mouvement.' },
        )
      }
      await pay(
        { ...office, sql },
        onDay,
        { id: found.id, line: found, receivedBy: found.receivedBy, why: input.reason },
        { caseId: input.caseId, invoice: input.invoiceNumber },
        author,
      )
      return
    }
    await sql`update bank_lines set settled_on = ${onDay}, settled_by = ${author}, settled_why = ${input.reason} where id = ${found.id}`
    await record(sql, onDay, {
      caseId: null,
      kind: 'bank_line_set_aside',
      // The reason stays in its row, which a purge reaches: the house's own journal is kept for ever.
      detail: { line: found.id, amount: amount(found.amount) },
      author,
    })
  })
}
