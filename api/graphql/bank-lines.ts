import { readBankStatement } from '../../documents/invoices/bank-statement.ts'
import { type Candidate, importBankLines, settleBankLine } from '../../procedures/money/bank-lines.ts'
import type { Day } from '../../schema/days.ts'
import { DomainError, type Doubt } from '../../schema/errors.ts'
import { builder } from './builder.ts'
import { CaseType, requireCase } from './cases.ts'
import { rowId, DoubtType, Money } from './values.ts'
import { once } from './once.ts'
import { receivedUpload } from '../uploads.ts'

const CandidateType = builder.objectRef<Candidate>('PaymentCandidate').implement({
  description: 'A case that a movement may pay, and what makes one think so.',
  fields: (t) => ({
    caseNumber: t.exposeString('caseNumber'),
    debtor: t.exposeString('debtor'),
    invoice: t.exposeString('invoice', { nullable: true, description: 'The one invoice that the payer named.' }),
    why: t.exposeString('why'),
    case: t.field({ type: CaseType, resolve: ({ caseId }) => caseId }),
  }),
})

const BankLineState = builder.enumType('BankLineState', {
  values: {
    PAID: { value: 'paid', description: 'Recorded as a payment.' },
    DOUBTFUL: { value: 'doubtful', description: 'A person has to look (settleBankLine).' },
    KNOWN: { value: 'known', description: 'Was there already; nothing changes.' },
    REFUSED: { value: 'refused', description: 'The line of the file cannot be read.' },
  } as const,
})

/** As the idempotency key keeps it. */
interface LineRow {
  id: string | null
  row: number
  state: 'paid' | 'doubtful' | 'known' | 'refused'
  bookedOn: string | null
  cents: string | null
  currency: string | null
  payer: string | null
  text: string
  why: string
  remedy: string | null
  candidates: Candidate[]
  caseId: string | null
}

const ImportedType = builder.objectRef<LineRow>('ImportedBankLine').implement({
  fields: (t) => ({
    lineId: t.exposeID('id', { nullable: true, description: 'For settleBankLine; null in a preview.' }),
    row: t.exposeInt('row', { description: 'The line of the table, or the rank of the entry.' }),
    state: t.field({ type: BankLineState, resolve: ({ state }) => state }),
    bookedOn: t.field({
      type: 'Date',
      nullable: true,
      resolve: ({ bookedOn }) => (bookedOn === null ? null : Temporal.PlainDate.from(bookedOn)),
    }),
    amount: t.field({
      type: Money,
      nullable: true,
      description: 'Negative when the money left.',
      resolve: ({ cents, currency }) => (cents === null ? null : { cents: BigInt(cents), currency: currency! }),
    }),
    payer: t.exposeString('payer', { nullable: true }),
    text: t.exposeString('text'),
    why: t.exposeString('why'),
    remedy: t.exposeString('remedy', { nullable: true }),
    candidates: t.expose('candidates', { type: [CandidateType] }),
    case: t.field({ type: CaseType, nullable: true, resolve: ({ caseId }) => caseId }),
  }),
})

const ReceivedBy = builder.enumType('AccountHolder', {
  values: {
    AGENCY: { value: 'agency', description: 'The agency’s dedicated account (R124-6).' },
    CREDITOR: { value: 'creditor' },
  } as const,
})

builder.relayMutationField(
  'importPayments',
  {
    inputFields: (t) => ({
      uploadId: t.id({ required: true, description: 'camt.053, camt.054, CSV or XLSX, sent to requestUpload.' }),
      holder: t.field({ type: ReceivedBy, required: true, description: 'Whose account it is.' }),
      creditorId: t.id({ description: 'The creditor, when the account is its own.' }),
      keep: t.boolean({
        required: true,
        defaultValue: false,
        description: 'False: a preview, which answers the same.',
      }),
      idempotencyKey: t.string(),
    }),
  },
  {
    description:
      'Matches the movements of a bank account with cases. A transfer that names one case, and no more than it owes, is a payment; the rest waits for a person. The same file again changes nothing.',
    authScopes: { may: 'importPayments' },
    errors: {},
    resolve: (_root, { input }, ctx) =>
      once(ctx, 'importPayments', input, async (office, author) => {
        const creditorId = input.creditorId ? rowId('Creditor', input.creditorId) : null
        if ((input.holder === 'creditor') !== (creditorId !== null)) {
          throw new DomainError('account_of_whom', 'Un relevé est celui de l’agence, ou celui d’un créancier nommé.', {
            remedy: 'Indiquez creditorId si le compte est celui du créancier, et lui seul.',
          })
        }
        const { sha256 } = await receivedUpload(ctx, office.sql, input.uploadId)
        const statement = await readBankStatement(await office.archive.get(sha256))
        const done = await importBankLines(
          office,
          ctx.day,
          { lines: statement.lines, receivedBy: input.holder, creditorId },
          input.keep,
          author,
        )
        const lines: LineRow[] = [
          ...done.map(({ id, line, state, candidates, why, caseId, fault }) => ({
            id: input.keep || state === 'known' ? id : null,
            row: line.row,
            state,
            bookedOn: line.bookedOn.toString(),
            cents: line.amount.toString(),
            currency: line.currency,
            payer: line.payer,
            text: line.text,
            why,
            remedy: fault?.remedy ?? null,
            candidates,
            caseId,
          })),
          ...statement.faults.map(({ row, fault }) => ({
            id: null,
            row,
            state: 'refused' as const,
            bookedOn: null,
            cents: null,
            currency: null,
            payer: null,
            text: '',
            why: fault.message,
            remedy: fault.remedy,
            candidates: [],
            caseId: null,
          })),
        ].toSorted((a, b) => a.row - b.row)
        return { kept: input.keep, format: statement.format, lines }
      }),
  },
  {
    outputFields: (t) => ({
      kept: t.exposeBoolean('kept'),
      format: t.exposeString('format', { description: 'camt.053, camt.054 or table.' }),
      lines: t.field({
        type: [ImportedType],
        complexity: { field: 1, multiplier: 20 },
        resolve: ({ lines }) => lines as LineRow[],
      }),
    }),
  },
)

interface OpenLine {
  id: string
  bookedOn: Day
  amount: bigint
  currency: string
  payer: string | null
  text: string
  doubts: Doubt[]
  candidates: Candidate[]
}

const OpenLineType = builder.objectRef<OpenLine>('BankLine').implement({
  description: 'A movement of a bank account that no case is known to explain.',
  fields: (t) => ({
    lineId: t.exposeID('id'),
    bookedOn: t.expose('bookedOn', { type: 'Date' }),
    amount: t.field({ type: Money, resolve: ({ amount, currency }) => ({ cents: amount, currency }) }),
    payer: t.exposeString('payer', { nullable: true }),
    text: t.exposeString('text'),
    doubts: t.expose('doubts', { type: [DoubtType] }),
    candidates: t.expose('candidates', { type: [CandidateType] }),
  }),
})

builder.queryFields((t) => ({
  bankLinesToSettle: t.field({
    type: [OpenLineType],
    nullable: true,
    description: 'Movements that wait for a person, the oldest first.',
    authScopes: { may: 'settleBankLine' },
    complexity: { field: 1, multiplier: 20 },
    resolve: (_root, _args, { sql }) => sql<OpenLine[]>`
      select id, booked_on, amount, currency, payer, text, doubts, candidates
      from bank_lines where settled_on is null order by booked_on, id limit 500`,
  }),
}))

builder.relayMutationField(
  'settleBankLine',
  {
    inputFields: (t) => ({
      lineId: t.id({ required: true }),
      caseId: t.id({ description: 'The case it pays; absent when it pays none.' }),
      invoiceNumber: t.string({ description: 'The invoice that the debtor chose to pay (C. civ. 1342-10).' }),
      reason: t.string({ required: true }),
      idempotencyKey: t.string(),
    }),
  },
  {
    description: 'Says what a doubtful movement is: a payment of that case, or none of ours.',
    authScopes: { may: 'settleBankLine' },
    errors: {},
    resolve: (_root, { input }, ctx) =>
      once(ctx, 'settleBankLine', input, async (office, author) => {
        const caseId = input.caseId ? (await requireCase(ctx, input.caseId, office.sql)).id : null
        await settleBankLine(
          office,
          ctx.day,
          {
            lineId: rowId('BankLine', input.lineId),
            caseId,
            invoiceNumber: input.invoiceNumber ?? null,
            reason: input.reason,
          },
          author,
        )
        return { caseId }
      }),
  },
  {
    outputFields: (t) => ({ case: t.field({ type: CaseType, nullable: true, resolve: ({ caseId }) => caseId }) }),
  },
)
