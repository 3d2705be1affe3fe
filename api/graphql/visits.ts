import { type Commitment, recordVisit } from '../../procedures/cases/exchanges/visits.ts'
import { caseParts, type Visit, type VisitOutcome } from '../../procedures/cases/file/file.ts'
import type { Sql } from '../../schema/db.ts'
import { DomainError } from '../../schema/errors.ts'
import { builder } from './builder.ts'
import { timeOf } from './calls.ts'
import { answersCase, CaseType, requireCase } from './cases.ts'
import { type Context, rowsOf } from '../context.ts'
import { once } from './once.ts'
import { noteReading } from '../readings.ts'
import { receivedUpload } from '../uploads.ts'
import { centsOf, MoneyInput } from './values.ts'

const VisitOutcomeType = builder.enumType('VisitOutcome', {
  values: {
    COMMITMENT: { value: 'engagement', description: 'The debtor committed itself, in writing or by word.' },
    PAID: { value: 'paiement' },
    DISPUTED: { value: 'contestation' },
    ABSENT: { value: 'absent' },
    REFUSED: { value: 'refus' },
    UNKNOWN_THERE: { value: 'inconnu', description: 'Nobody of that name at the address.' },
  } as const,
})

const VisitType = builder.objectRef<Visit>('Visit').implement({
  description: 'Visite au débiteur, « descente sur terrain ».',
  fields: (t) => ({
    visitedOn: t.expose('visitedOn', { type: 'Date' }),
    visitedAt: t.exposeString('visitedAt', { nullable: true }),
    agent: t.exposeString('agent'),
    place: t.exposeString('place'),
    person: t.exposeString('person', { nullable: true }),
    outcome: t.field({ type: VisitOutcomeType, resolve: ({ outcome }): VisitOutcome => outcome }),
    summary: t.exposeString('summary'),
    recordedBy: t.exposeString('recordedBy'),
  }),
})

builder.objectFields(CaseType, (t) => ({
  visits: t.field({
    type: [VisitType],
    resolve: (found, _args, ctx) => {
      noteReading(ctx, found.id, 'graphql')
      return rowsOf(ctx, caseParts.visits, found.id)
    },
  }),
}))

const CommitmentInput = builder.inputType('CommitmentInput', {
  description:
    'What the debtor committed itself to: signed on the spot, it is attested that day; only said, it is confirmed in writing by a form to sign and return.',
  fields: (t) => ({
    amount: t.field({ type: MoneyInput, required: true }),
    dueOn: t.field({ type: 'Date', required: true }),
    means: t.string({ required: true, defaultValue: 'virement' }),
    signedBy: t.string({ description: 'Who signed it on the spot, as written; absent when it was only said.' }),
    uploadId: t.id({ description: 'The signed paper (requestUpload), required with signedBy.' }),
  }),
})

builder.relayMutationField(
  'recordVisit',
  {
    inputFields: (t) => ({
      caseId: t.id({ required: true }),
      visitedOn: t.field({ type: 'Date', description: 'Today when absent.' }),
      visitedAt: t.string({ description: 'HH:MM.' }),
      agent: t.string({ required: true }),
      place: t.string({ required: true }),
      person: t.string({ description: 'Who was met.' }),
      outcome: t.field({ type: VisitOutcomeType, required: true }),
      summary: t.string({ required: true }),
      stepKey: t.string({ description: 'The step of the timeline it carries out.' }),
      commitment: t.field({ type: CommitmentInput }),
      idempotencyKey: t.string(),
    }),
  },
  {
    description:
      'Records a visit, and the commitment it brought back as a promise that suspends the case; signed on the spot, it acknowledges the debt (C. civ. 2240). Refused before the first letter (CPCE R124-4).',
    authScopes: { may: 'recordVisit' },
    errors: {},
    resolve: (_root, { input }, ctx) =>
      once(ctx, 'recordVisit', input, async (office, author) => {
        const { id, currency } = await requireCase(ctx, input.caseId, office.sql)
        const { commitment } = input
        await recordVisit(
          office.sql,
          office.random,
          ctx.day,
          {
            caseId: id,
            visitedOn: input.visitedOn ?? ctx.day,
            visitedAt: timeOf(input.visitedAt),
            agent: input.agent,
            place: input.place,
            person: input.person ?? null,
            outcome: input.outcome,
            summary: input.summary,
            ...(input.stepKey ? { stepKey: input.stepKey } : {}),
            ...(commitment ? { commitment: await commitmentOf(ctx, office.sql, commitment, currency) } : {}),
          },
          author,
        )
        return { caseId: id }
      }),
  },
  answersCase,
)

interface Committed extends Pick<Commitment, 'dueOn' | 'means'> {
  amount: Parameters<typeof centsOf>[0]
  signedBy?: string | null | undefined
  uploadId?: string | null | undefined
}

/** Signed, with the paper that says so, or said. */
async function commitmentOf(
  ctx: Context,
  sql: Sql,
  { amount, dueOn, means, signedBy, uploadId }: Committed,
  currency: string,
): Promise<Commitment> {
  const said = { amount: centsOf(amount, currency), dueOn, means }
  if (!signedBy && !uploadId) return said
  if (!signedBy || !uploadId) {
    throw new DomainError(
      'signature_incomplete',
      'Un engagement signé sur place se joint, avec le nom de qui l’a signé.',
      {
        remedy: 'Donnez signedBy et uploadId, ou aucun des deux si l’engagement n’a été que dit.',
        article: 'C. civ. 2240',
      },
    )
  }
  const { sha256: original } = await receivedUpload(ctx, sql, uploadId)
  return { ...said, signed: { by: signedBy, original } }
}
