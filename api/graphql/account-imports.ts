import { type AccountColumn, type AccountField, accountFields, readAccount } from '../../documents/invoices/account.ts'
import { readTable } from '../../documents/invoices/table.ts'
import { loadScenario } from '../../procedures/amicable/scenario.ts'
import { importAccount } from '../../procedures/cases/intake/account-import.ts'
import type { Doubt } from '../../schema/errors.ts'
import { builder } from './builder.ts'
import { CaseType } from './cases.ts'
import { creditorOf } from './creditors.ts'
import { DebtorKind } from './debtors.ts'
import { once } from './once.ts'
import { remedyFor } from '../remedies.ts'
import { receivedUpload } from '../uploads.ts'
import { DoubtType, Money } from './values.ts'

const AccountFieldType = builder.enumType('AccountField', {
  description: 'What a column of a statement of account may say.',
  values: Object.fromEntries(
    Object.entries(accountFields).map(([field, title]) => [
      field.replace(/([A-Z]|\d)/g, '_$1').toUpperCase(),
      { value: field as AccountField, description: title },
    ]),
  ) as Record<string, { value: AccountField; description: string }>,
})

const ColumnType = builder.objectRef<AccountColumn>('AccountColumn').implement({
  fields: (t) => ({
    title: t.exposeString('title', { description: 'As the file writes it.' }),
    field: t.field({
      type: AccountFieldType,
      nullable: true,
      description: 'Null: not understood, and left aside.',
      resolve: ({ field }) => field,
    }),
    sample: t.exposeString('sample'),
  }),
})

const LineState = builder.enumType('ImportedLineState', {
  values: {
    KEPT: { value: 'kept', description: 'In a case, or would be.' },
    KNOWN: { value: 'known', description: 'Was there already; nothing changes.' },
    SKIPPED: { value: 'skipped', description: 'Nothing to claim: settled, a total, a payment.' },
    REFUSED: { value: 'refused', description: 'A fault, which blocks no other line.' },
  } as const,
})

/** As the idempotency key keeps it: texts and ids. */
interface LineRow {
  row: number
  number: string | null
  debtor: string | null
  state: 'kept' | 'known' | 'skipped' | 'refused'
  cents: string | null
  currency: string | null
  caseId: string | null
  caseNumber: string | null
  why: string | null
  code: string | null
  remedy: string | null
  doubts: Doubt[]
}

const LineType = builder.objectRef<LineRow>('ImportedLine').implement({
  fields: (t) => ({
    row: t.exposeInt('row', { description: 'The line of the file, as a spreadsheet shows it.' }),
    number: t.exposeString('number', { nullable: true }),
    debtor: t.exposeString('debtor', { nullable: true }),
    state: t.field({ type: LineState, resolve: ({ state }) => state }),
    payable: t.field({
      type: Money,
      nullable: true,
      resolve: ({ cents, currency }) => (cents === null ? null : { cents: BigInt(cents), currency: currency! }),
    }),
    caseNumber: t.exposeString('caseNumber', {
      nullable: true,
      description: 'Of a preview, the number it would take.',
    }),
    why: t.exposeString('why', { nullable: true }),
    code: t.exposeString('code', { nullable: true }),
    remedy: t.string({
      nullable: true,
      resolve: ({ remedy }, _args, { viewer }) => (remedy === null ? null : remedyFor(viewer, remedy)),
    }),
    doubts: t.expose('doubts', { type: [DoubtType] }),
  }),
})

const ColumnInput = builder.inputType('AccountColumnInput', {
  fields: (t) => ({
    title: t.string({ required: true, description: 'As the file writes it.' }),
    field: t.field({ type: AccountFieldType, description: 'Null: leave the column aside.' }),
  }),
})

builder.relayMutationField(
  'importStatement',
  {
    inputFields: (t) => ({
      creditorId: t.id({ description: 'A creditor imports its own and may leave it out.' }),
      uploadId: t.id({ required: true, description: 'A CSV or XLSX file sent to requestUpload.' }),
      debtorKind: t.field({ type: DebtorKind, required: true, description: 'Of the lines that do not say it.' }),
      columns: t.field({ type: [ColumnInput], description: 'What the titles mean, where they are not understood.' }),
      scenario: t.string(),
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
      'A statement of account (relevé de compte client) becomes cases: preview it, confirm its columns, then keep it. The same file again changes nothing.',
    authScopes: { may: 'importStatement' },
    errors: {},
    resolve: (_root, { input }, ctx) =>
      once(ctx, 'importStatement', input, async (office, author) => {
        const creditorId = creditorOf(ctx, input.creditorId)
        if (input.scenario) loadScenario(input.scenario)
        const { sha256 } = await receivedUpload(ctx, office.sql, input.uploadId)
        const [creditor] = await office.sql<{ name: string }[]>`select name from creditors where id = ${creditorId}`
        const account = readAccount(await readTable(await office.archive.get(sha256)), {
          seller: creditor?.name ?? '',
          columns: (input.columns ?? []).map(({ title, field }) => ({ title, field: field ?? null })),
        })
        const lines = await importAccount(
          office.sql,
          office.random,
          ctx.day,
          {
            creditorId,
            kind: input.debtorKind,
            lines: account.lines,
            file: sha256,
            ...(input.scenario ? { scenario: input.scenario } : {}),
          },
          input.keep,
          author,
        )
        return {
          kept: input.keep,
          columns: account.columns,
          lines: lines.map(({ payable, fault, caseId, repeats: _row, ...line }): LineRow => ({
            ...line,
            cents: payable === null ? null : payable.toString(),
            // What a preview opened is undone: only its number can be shown.
            caseId: input.keep || line.state === 'known' ? caseId : null,
            why: fault?.message ?? line.why,
            code: fault?.code ?? null,
            remedy: fault?.remedy ?? null,
          })),
        }
      }),
  },
  {
    outputFields: (t) => ({
      kept: t.exposeBoolean('kept'),
      columns: t.field({ type: [ColumnType], resolve: ({ columns }) => columns as AccountColumn[] }),
      lines: t.field({
        type: [LineType],
        complexity: { field: 1, multiplier: 20 },
        resolve: ({ lines }) => lines as LineRow[],
      }),
      cases: t.field({
        type: [CaseType],
        description: 'The cases opened or joined.',
        resolve: ({ lines }) => [...new Set((lines as LineRow[]).flatMap(({ caseId }) => caseId ?? []))],
      }),
      counts: t.field({
        type: CountsType,
        resolve: ({ lines }) => {
          const count = (state: LineRow['state']) => (lines as LineRow[]).filter((line) => line.state === state).length
          return { kept: count('kept'), known: count('known'), skipped: count('skipped'), refused: count('refused') }
        },
      }),
    }),
  },
)

const CountsType = builder
  .objectRef<{ kept: number; known: number; skipped: number; refused: number }>('ImportCounts')
  .implement({
    fields: (t) => ({
      kept: t.exposeInt('kept'),
      known: t.exposeInt('known'),
      skipped: t.exposeInt('skipped'),
      refused: t.exposeInt('refused'),
    }),
  })
