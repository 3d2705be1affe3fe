import {
  type ConsentOutcome,
  giveConsent,
  refuseConsent,
  type Signature,
  withdrawConsent,
} from '../../procedures/judicial/consents/consent.ts'
import {
  type ConsentRequest,
  readConsentRequest,
  requestConsent,
} from '../../procedures/judicial/consents/consent-requests.ts'
import { readCase } from '../../procedures/cases/file/file.ts'
import type { Sql } from '../../schema/db.ts'
import { parseAmount } from '../../schema/money.ts'
import { builder } from './builder.ts'
import { CaseType, requireCase } from './cases.ts'
import { type Context, rowsOf } from '../context.ts'
import { forgetting, inOrder, nodeId, ofVisibleCase } from '../nodes.ts'
import { once } from './once.ts'
import { centsOf, factsOf, Money, MoneyInput, rowId } from './values.ts'

type ConsentRow = ConsentRequest & ConsentOutcome

const columns = (sql: Sql) => sql`
  r.id, r.case_id, r.procedure, r.requested_on, r.expires_on, r.statement, r.content_sha256, r.content, r.pack_kind, r.facts,
  r.pdf, r.editable, d.decision, d.decided_on, d.signed_by, d.capacity, e.ended_on, e.reason as ended_why
  from consent_requests r left join consents d on d.request_id = r.id left join consent_ends e on e.request_id = r.id`

const Decision = builder.enumType('ConsentDecision', {
  values: { GIVEN: { value: 'given' }, REFUSED: { value: 'refused' } } as const,
})

const PackFile = builder.objectRef<{ name: string; sha256: string }>('PackFile').implement({
  fields: (t) => ({ name: t.exposeString('name'), sha256: t.exposeString('sha256') }),
})

/** A sum of a statement; zero where it has no such line. */
const moneyOf = ({ currency }: ConsentRequest['statement'], sum = '0.00') => ({ cents: parseAmount(sum), currency })

const StatementType = builder.objectRef<ConsentRequest['statement']>('ConsentStatement').implement({
  description: 'What the creditor signs: procedure, sums, ceiling of cost and the hash of the pack.',
  fields: (t) => ({
    title: t.exposeString('title'),
    court: t.exposeString('court'),
    debtor: t.exposeString('debtor'),
    principal: t.field({
      type: Money,
      resolve: (signed) => moneyOf(signed, signed.principal),
    }),
    interest: t.field({
      type: Money,
      resolve: (signed) => moneyOf(signed, signed.interest),
    }),
    indemnity: t.field({
      type: Money,
      resolve: (signed) => moneyOf(signed, signed.indemnity),
    }),
    penalty: t.field({
      type: Money,
      description: 'Clause pénale (C. civ. 1231-5).',
      resolve: (signed) => moneyOf(signed, signed.penalty),
    }),
    costs: t.field({
      type: Money,
      description: 'Article 700 and dépens that the title grants (CPC 696 and 700).',
      resolve: (signed) => moneyOf(signed, signed.costs),
    }),
    total: t.field({
      type: Money,
      resolve: (signed) => moneyOf(signed, signed.total),
    }),
    ceiling: t.field({
      type: Money,
      description: 'Plafond de frais.',
      resolve: (signed) => moneyOf(signed, signed.ceiling),
    }),
  }),
})

export const ConsentType = builder.loadableNode('ConsentRequest', {
  description:
    'Demande d’accord: no judicial step without a live consent of the creditor, bound to the hash of the exact pack.',
  id: { resolve: (request: ConsentRow) => request.id, parse: nodeId },
  authScopes: { role: ['amicable', 'legal', 'admin', 'creditor'] },
  load: (ids: string[], ctx) =>
    inOrder<ConsentRow>(
      ids,
      ctx.sql`select ${columns(ctx.sql)} where r.id = any(${ids}) and ${ofVisibleCase(ctx, ctx.sql`r.case_id`)}`,
    ),
  fields: (t) => ({
    procedure: t.exposeString('procedure'),
    requestedOn: t.expose('requestedOn', { type: 'Date' }),
    expiresOn: t.expose('expiresOn', { type: 'Date' }),
    statement: t.expose('statement', { type: StatementType }),
    contentSha256: t.exposeString('contentSha256', {
      description: 'To be given back by whoever signs: what was read is what is signed.',
    }),
    files: t.field({
      type: [PackFile],
      description: 'What the court would receive.',
      resolve: ({ content }) => content,
    }),
    decision: t.expose('decision', { type: Decision, nullable: true }),
    decidedOn: t.expose('decidedOn', { type: 'Date', nullable: true }),
    signedBy: t.exposeString('signedBy', { nullable: true }),
    capacity: t.exposeString('capacity', { nullable: true }),
    endedOn: t.expose('endedOn', {
      type: 'Date',
      nullable: true,
      description: 'Withdrawn, or void because the case changed.',
    }),
    endedWhy: t.exposeString('endedWhy', { nullable: true }),
    isLive: t.boolean({
      description: 'Given and still in force today.',
      resolve: ({ decision, endedOn }, _args, ctx) =>
        decision === 'given' && (endedOn === null || Temporal.PlainDate.compare(endedOn, ctx.day) > 0),
    }),
    case: t.field({ type: CaseType, resolve: ({ caseId }) => caseId }),
  }),
})
forgetting(ConsentType)

builder.objectFields(CaseType, (t) => ({
  consents: t.field({
    type: [ConsentType],
    description: 'The newest first.',
    resolve: (found, _args, ctx) => rowsOf(ctx, consents, found.id),
  }),
}))

async function consents(sql: Sql, ids: string[]): Promise<Map<string, ConsentRow[]>> {
  const rows = await sql<
    ConsentRow[]
  >`select ${columns(sql)} where r.case_id = any(${ids}) order by r.requested_on desc, r.id`
  return Map.groupBy(rows, (row) => row.caseId)
}

builder.relayMutationField(
  'requestConsent',
  {
    inputFields: (t) => ({
      caseId: t.id({ required: true }),
      procedure: t.string({ required: true, defaultValue: 'injonction-de-payer' }),
      ceiling: t.field({ type: MoneyInput, required: true, description: 'Plafond de frais put to the creditor.' }),
      expiresOn: t.field({ type: 'Date', description: 'Thirty days from today when absent.' }),
      facts: t.field({
        type: 'JSON',
        description:
          'Facts for its papers that the case does not hold (schema/facts.schema.json): titre, comptes, menaceRecouvrement… A title obtained elsewhere is counted once signed for when it says what it grants, with the last day of the payments that it deducted: { "titre": { "date": "2026-06-25", "condamnation": { … "reglementsJusquau": "2026-06-25" } } } (schema/award.schema.json).',
      }),
      bailiffId: t.id({ description: 'The office that a mission is addressed to.' }),
      idempotencyKey: t.string({ required: true }),
    }),
  },
  {
    description:
      'Writes the application and its bordereau, freezes them, and asks the creditor to agree. Replaces an open request.',
    authScopes: { may: 'requestConsent' },
    errors: {},
    resolve: (_root, { input }, ctx) =>
      once(ctx, 'requestConsent', input, async (office, author) => {
        const found = await requireCase(ctx, input.caseId, office.sql)
        await office.sql`select 1 from cases where id = ${found.id} for update`
        const request = await requestConsent(office, office.sql, ctx.day, {
          file: await readCase(office.sql, found.id),
          procedure: input.procedure,
          ceiling: centsOf(input.ceiling, found.currency, 0n),
          expiresOn: input.expiresOn ?? ctx.day.add({ days: 30 }),
          ...(input.facts ? { facts: factsOf(input.facts) } : {}),
          ...(input.bailiffId ? { bailiffId: rowId('Bailiff', input.bailiffId) } : {}),
          author,
        })
        return { requestId: request.id }
      }),
  },
  { outputFields: (t) => ({ request: t.field({ type: ConsentType, resolve: ({ requestId }) => requestId }) }) },
)

function signature(
  ctx: Context,
  author: string,
  input: { requestId: string; contentSha256: string; signedBy: string; capacity: string },
): Signature {
  return {
    requestId: rowId('ConsentRequest', input.requestId),
    contentSha256: input.contentSha256,
    signedBy: input.signedBy,
    capacity: input.capacity,
    author,
    evidence: { authenticated: author, means: 'GraphQL', at: ctx.clock.now().toString({ smallestUnit: 'second' }) },
    ...(ctx.viewer?.creditorId ? { creditorId: ctx.viewer.creditorId } : {}),
  }
}

for (const [name, decide, description] of [
  [
    'giveConsent',
    giveConsent,
    'Signs the exact pack, sum, ceiling of cost and procedure; any change to the case voids it.',
  ],
  ['refuseConsent', refuseConsent, 'Refuses judicial action.'],
] as const) {
  builder.relayMutationField(
    name,
    {
      inputFields: (t) => ({
        requestId: t.id({ required: true }),
        contentSha256: t.string({ required: true, description: 'The hash of the pack that the signatory read.' }),
        signedBy: t.string({ required: true }),
        capacity: t.string({ required: true, description: '« gérante », « directeur financier »…' }),
        idempotencyKey: t.string(),
      }),
    },
    {
      description,
      authScopes: { may: name },
      errors: {},
      resolve: (_root, { input }, ctx) =>
        once(ctx, name, input, async (office, author) => {
          const signed = signature(ctx, author, input)
          await decide(office.sql, ctx.day, signed)
          return { requestId: signed.requestId }
        }),
    },
    { outputFields: (t) => ({ request: t.field({ type: ConsentType, resolve: ({ requestId }) => requestId }) }) },
  )
}

builder.relayMutationField(
  'withdrawConsent',
  {
    inputFields: (t) => ({
      requestId: t.id({ required: true }),
      reason: t.string({ required: true }),
      idempotencyKey: t.string(),
    }),
  },
  {
    description: 'The creditor changes its mind: nothing judicial may follow.',
    authScopes: { may: 'withdrawConsent' },
    errors: {},
    resolve: (_root, { input }, ctx) =>
      once(ctx, 'withdrawConsent', input, async (office, author) => {
        const creditorId = ctx.viewer?.creditorId
        const request = await readConsentRequest(
          office.sql,
          rowId('ConsentRequest', input.requestId),
          creditorId ?? undefined,
        )
        await withdrawConsent(
          office.sql,
          ctx.day,
          { requestId: request.id, reason: input.reason, ...(creditorId ? { creditorId } : {}) },
          author,
        )
        return { requestId: request.id }
      }),
  },
  { outputFields: (t) => ({ request: t.field({ type: ConsentType, resolve: ({ requestId }) => requestId }) }) },
)
