import type { AccountLine } from '../../../documents/invoices/account.ts'
import type { ReadInvoice } from '../../../documents/invoices/einvoice.ts'
import type { Day } from '../../../schema/days.ts'
import { rehearse, type Sql, transaction } from '../../../schema/db.ts'
import { DomainError, type Doubt } from '../../../schema/errors.ts'
import { amountFr, parseCurrency } from '../../../schema/money.ts'
import type { Random } from '../../../schema/random.ts'
import { submitInvoice } from './submissions.ts'
import type { DebtorKind } from '../debtors.ts'
import { type Author, record } from '../journal.ts'

/** What became, or would become, of one line of a statement of account. */
export interface ImportedLine {
  row: number
  number: string | null
  debtor: string | null
  /** `kept`: in a case. `known`: was there already. `skipped`: nothing to claim. `refused`: a fault, alone. */
  state: 'kept' | 'known' | 'skipped' | 'refused'
  payable: bigint | null
  currency: string | null
  caseId: string | null
  caseNumber: string | null
  /** Of the same file, the line that it repeats. */
  repeats: number | null
  why: string | null
  fault: DomainError | null
  doubts: Doubt[]
}

/** As many as one transaction carries in a few seconds. */
export const maxAccountLines = 2_000

/**
 * Makes cases of the lines of a statement of account, the oldest due first. A line with a fault is reported and blocks no
 * other; the same file again changes nothing; without `keep` everything is answered the same and nothing is kept.
 */
export async function importAccount(
  sql: Sql,
  random: Random,
  onDay: Day,
  input: { creditorId: string; kind: DebtorKind; lines: AccountLine[]; scenario?: string; file: string },
  keep: boolean,
  author: Author,
): Promise<ImportedLine[]> {
  if (input.lines.length > maxAccountLines) {
    throw new DomainError(
      'too_many_lines',
      `Le relevé a ${input.lines.length} lignes ; ${maxAccountLines} au plus à la fois.`,
      {
        remedy: 'Coupez le relevé en plusieurs fichiers : une ligne déjà enregistrée n’est jamais comptée deux fois.',
      },
    )
  }
  return rehearse(sql, keep, async (tx) => {
    const done: ImportedLine[] = []
    const first = new Map<string, number>()
    // A credit note needs its invoice; an older invoice sets J.
    for (const line of input.lines.toSorted(
      (a, b) => orderOf(a) - orderOf(b) || dueText(a).localeCompare(dueText(b)),
    )) {
      done.push(ofFile(await importLine(tx, random, onDay, input, line, author), line, first, keep))
    }
    const count = (state: ImportedLine['state']) => done.filter((line) => line.state === state).length
    if (count('kept') > 0) {
      await record(tx, onDay, {
        caseId: null,
        kind: 'account_imported',
        detail: {
          creditor: input.creditorId,
          file: input.file,
          kept: count('kept'),
          known: count('known'),
          refused: count('refused'),
        },
        author,
      })
    }
    return done.toSorted((a, b) => a.row - b.row)
  })
}

/** A line that says an invoice of the file again is told so by its row: the case is opened by this very file, or would be. */
function ofFile(done: ImportedLine, line: AccountLine, first: Map<string, number>, keep: boolean): ImportedLine {
  if (!('invoice' in line)) return done
  const { kind, number } = line.invoice
  const key = `${kind} ${number}`
  const repeats = first.get(key)
  if (repeats === undefined) {
    if (done.state === 'kept') first.set(key, done.row)
    return done
  }
  if (done.state === 'known')
    return { ...done, repeats, caseId: keep ? done.caseId : null, why: `Répétée\u00a0: déjà à la ligne ${repeats}.` }
  if (done.fault?.code !== 'number_already_used') return done
  const fault = new DomainError(
    'number_already_used',
    `Le numéro ${number} est déjà à la ligne ${repeats}, pour une autre somme ou un autre débiteur.`,
    { remedy: done.fault.remedy, facts: { row: repeats }, article: numbering },
  )
  return { ...done, repeats, fault }
}

/** A seller's numbers are its own, each once. */
const numbering = 'CGI, ann. II, art. 242 nonies A'

const orderOf = (line: AccountLine): number => ('invoice' in line && line.invoice.kind === 'credit_note' ? 1 : 0)
const dueText = (line: AccountLine): string =>
  'invoice' in line ? (line.invoice.dueOn ?? line.invoice.issuedOn).toString() : ''

async function importLine(
  sql: Sql,
  random: Random,
  onDay: Day,
  input: { creditorId: string; kind: DebtorKind; scenario?: string },
  line: AccountLine,
  author: Author,
): Promise<ImportedLine> {
  const { row, number, debtor } = line
  const nothing = {
    row,
    number,
    debtor,
    payable: null,
    currency: null,
    caseId: null,
    caseNumber: null,
    repeats: null,
    why: null,
    fault: null,
    doubts: [],
  }
  if ('fault' in line) return { ...nothing, state: 'refused', fault: line.fault }
  if ('skipped' in line) return { ...nothing, state: 'skipped', why: line.skipped }
  const { invoice } = line
  const said = { ...nothing, payable: invoice.payable, currency: invoice.currency, doubts: invoice.doubts }
  try {
    const known = await knownInvoice(sql, input.creditorId, invoice)
    if (known)
      return {
        ...said,
        state: 'known',
        caseId: known.caseId,
        caseNumber: known.number,
        why: `Déjà au dossier ${known.number}.`,
      }
    const submitted = await transaction(sql, (tx) =>
      submitInvoice(
        tx,
        random,
        onDay,
        {
          creditorId: input.creditorId,
          invoices: [{ read: invoice, original: null }],
          debtor: { kind: line.kind ?? input.kind },
          ...(input.scenario === undefined ? {} : { scenario: input.scenario }),
        },
        author,
      ),
    )
    return {
      ...said,
      state: 'kept',
      caseId: submitted.case.id,
      caseNumber: submitted.case.number,
      doubts: submitted.doubts,
    }
  } catch (error) {
    if (!(error instanceof DomainError)) throw error
    return { ...said, state: 'refused', fault: error }
  }
}

/** Another sum or debtor under a number that is in a case is a mistake. */
async function knownInvoice(
  sql: Sql,
  creditorId: string,
  invoice: ReadInvoice,
): Promise<{ caseId: string; number: string } | null> {
  const table = invoice.kind === 'invoice' ? sql`invoices` : sql`credit_notes`
  const sum = invoice.kind === 'invoice' ? sql`total` : sql`amount`
  const [found] = await sql<{ caseId: string; number: string; total: bigint; debtor: string }[]>`
    select i.case_id, c.number, i.${sum} as total, d.name as debtor
    from ${table} i join cases c on c.id = i.case_id join debtors d on d.id = c.debtor_id
    where c.creditor_id = ${creditorId} and i.number = ${invoice.number} limit 1`
  if (!found) return null
  const now = invoice.kind === 'invoice' ? invoice.total : invoice.payable
  if (found.total === now && found.debtor.toLowerCase() === invoice.buyer.name.toLowerCase()) return found
  throw new DomainError(
    'number_already_used',
    `Le numéro ${invoice.number} est déjà au dossier ${found.number} (${found.debtor}, ${amountFr(found.total, parseCurrency(invoice.currency))}).`,
    {
      remedy: 'Vérifiez la ligne ; une facture corrigée s’enregistre par un avoir et une nouvelle facture.',
      facts: { case: found.number },
      article: numbering,
    },
  )
}
