import { loadScenario } from '../../procedures/amicable/scenario.ts'
import {
  type Creditor,
  createCreditor,
  creditorDoubts,
  type Mandate,
  namesakes,
  recordMandate,
} from '../../procedures/cases/creditors.ts'
import { nameQuery } from '../../procedures/cases/exchanges/callers.ts'
import { caseParts } from '../../procedures/cases/file/file.ts'
import type { Sql } from '../../schema/db.ts'
import { DomainError } from '../../schema/errors.ts'
import { builder, type Types } from './builder.ts'
import { CaseType } from './cases.ts'
import { type Context, rowsOf } from '../context.ts'
import { forgetting, inOrder, nodeId } from '../nodes.ts'
import { once } from './once.ts'
import { AddressInput, addressOf, AddressType, DoubtType, rowId } from './values.ts'

export const CreditorKind = builder.enumType('CreditorKind', {
  description: 'Which legal rate is the creditor’s (C. mon. fin. L313-2).',
  values: { BUSINESS: { value: 'autres' }, PERSON: { value: 'particulier' } } as const,
})

const own = (ctx: Context) =>
  ctx.viewer?.role === 'creditor'
    ? ctx.sql`id = ${ctx.viewer.creditorId}`
    : ctx.sql`${ctx.viewer !== null && ctx.viewer.role !== 'bailiff' && ctx.viewer.role !== 'editor'}`

const MandateType = builder.objectRef<Mandate>('Mandate').implement({
  description: 'Convention de recouvrement: the written agreement and its four statements (CPCE R124-3).',
  fields: (t) => ({
    signedOn: t.expose('signedOn', { type: 'Date' }),
    basis: t.exposeString('basis'),
    guarantee: t.exposeString('guarantee'),
    remuneration: t.exposeString('remuneration'),
    payingOver: t.exposeString('payingOver'),
    receivesFunds: t.exposeBoolean('receivesFunds'),
    sendsInvoices: t.exposeBoolean('sendsInvoices'),
    scenario: t.exposeString('scenario'),
    penaltyRate: t.exposeString('penaltyRate', {
      nullable: true,
      description: 'Contractual late-payment rate, per cent a year; null for the rate of the law.',
    }),
    capitalisation: t.string({
      nullable: true,
      description: 'Where the contract says that interest due for a whole year bears interest (C. civ. 1343-2).',
      resolve: ({ capitalisation }) => capitalisation ?? null,
    }),
    claimNature: t.string({
      nullable: true,
      description: 'What this creditor sells, for the limitation of its claims.',
      resolve: ({ claimNature }) => claimNature ?? null,
    }),
    feeTerms: t.field({
      type: 'JSON',
      nullable: true,
      description: 'The remuneration as data: schema/fee-terms.schema.json.',
      resolve: ({ feeTerms }) => feeTerms ?? null,
    }),
    reviewsInvoicing: t.boolean({
      description: 'Its invoicing is reviewed each month (C. com. L441-9 and L441-10), by an advice letter.',
      resolve: ({ reviewsInvoicing }) => reviewsInvoicing ?? false,
    }),
    maxInstalments: t.int({
      nullable: true,
      description: 'How many monthly payments its debtors may propose on the coupon; 24 when null, none when 0.',
      resolve: ({ maxInstalments }) => maxInstalments ?? null,
    }),
  }),
})

const RepresentativeType = builder
  .objectRef<{ name: string; quality: string }>('CreditorRepresentative')
  .implement({ fields: (t) => ({ name: t.exposeString('name'), quality: t.exposeString('quality') }) })

export const CreditorType = builder.loadableNode('Creditor', {
  description: 'Créancier: for whom the agency acts.',
  id: { resolve: (creditor: Creditor) => creditor.id, parse: nodeId },
  authScopes: { role: ['research', 'phone', 'amicable', 'legal', 'admin', 'creditor'] },
  load: (ids: string[], ctx) =>
    inOrder<Creditor>(
      ids,
      ctx.sql`select id, name, kind, identity, iban, bic from creditors where id = any(${ids}) and ${own(ctx)}`,
    ),
  fields: (t) => ({
    name: t.exposeString('name'),
    kind: t.expose('kind', { type: CreditorKind }),
    legalForm: t.string({ nullable: true, resolve: ({ identity }) => identity.legalForm ?? null }),
    siren: t.string({ nullable: true, resolve: ({ identity }) => identity.siren ?? null }),
    siret: t.string({ nullable: true, resolve: ({ identity }) => identity.siret ?? null }),
    vat: t.string({ nullable: true, resolve: ({ identity }) => identity.vat ?? null }),
    rcs: t.string({ nullable: true, resolve: ({ identity }) => identity.rcs ?? null }),
    capital: t.string({ nullable: true, resolve: ({ identity }) => identity.capital ?? null }),
    address: t.field({ type: AddressType, nullable: true, resolve: ({ identity }) => identity.address ?? null }),
    contactName: t.string({
      nullable: true,
      description: 'Whom the agency writes to and calls.',
      resolve: ({ identity }) => identity.contact?.name ?? null,
    }),
    representative: t.field({
      type: RepresentativeType,
      nullable: true,
      description: 'Who signs for it.',
      resolve: ({ identity }) => identity.representative ?? null,
    }),
    email: t.string({ nullable: true, resolve: ({ identity }) => identity.contact?.email ?? null }),
    phone: t.string({ nullable: true, resolve: ({ identity }) => identity.contact?.phone ?? null }),
    iban: t.exposeString('iban', { nullable: true }),
    bic: t.exposeString('bic', { nullable: true }),
    doubts: t.field({
      type: [DoubtType],
      description:
        'What may be wrong in its SIREN, SIRET, e-mail, BIC or IBAN, and whether its SIRET is another creditor’s too: no payment code is printed for an impossible IBAN.',
      resolve: async (creditor, _args, ctx) => [
        ...creditorDoubts(creditor),
        ...(await rowsOf(ctx, namesakes, creditor.id)),
      ],
    }),
    mandate: t.field({
      type: MandateType,
      nullable: true,
      resolve: async ({ id }, _args, ctx) => (await rowsOf(ctx, liveMandates, id))[0] ?? null,
    }),
  }),
})
forgetting(CreditorType)

async function liveMandates(sql: Sql, ids: string[]): Promise<Map<string, Mandate[]>> {
  const rows = await sql<Mandate[]>`
    select id, creditor_id, signed_on, basis, guarantee, remuneration, paying_over, receives_funds, sends_invoices, scenario,
           penalty_rate::text, capitalisation, claim_nature, fee_terms, reviews_invoicing, max_instalments
    from mandates where creditor_id = any(${ids}) and ended_on is null`
  return Map.groupBy(rows, (row) => row.creditorId)
}

builder.objectFields(CaseType, (t) => ({
  creditor: t.field({
    type: CreditorType,
    resolve: async (found, _args, ctx) => (await rowsOf(ctx, caseParts.creditor, found.id))[0]!,
  }),
}))

builder.queryFields((t) => ({
  creditors: t.field({
    type: [CreditorType],
    nullable: true,
    description: 'The first five hundred that the viewer may see, by name.',
    authScopes: { known: true },
    complexity: { field: 1, multiplier: 20 },
    args: { text: t.arg.string({ description: 'Words of the name, whole or begun.' }) },
    resolve: (_root, { text }, ctx) => {
      const words = nameQuery(text ?? '')
      return ctx.sql<Creditor[]>`
        select id, name, kind, identity, iban, bic from creditors
        where ${own(ctx)} and (${words} = '' or plain_words(name) @@ nullif(${words}, '')::tsquery)
        order by name collate "fr-x-icu" limit 500`
    },
  }),
}))

/** What an act answers that leaves nothing to show but its creditor. */
export const answersCreditor = {
  outputFields: (t: PothosSchemaTypes.ObjectFieldBuilder<Types, { creditorId: string }>) => ({
    creditor: t.field({ type: CreditorType, resolve: ({ creditorId }) => creditorId }),
  }),
}

/** Who a creditor is, whom to ask and who signs: as it is created, and as it is corrected. */
export const identityFields = (t: PothosSchemaTypes.InputFieldBuilder<Types, 'InputObject'>) => ({
  legalForm: t.string(),
  siren: t.string(),
  siret: t.string(),
  vat: t.string(),
  rcs: t.string({ description: 'Registre du commerce, « 123 456 789 RCS Lyon ».' }),
  capital: t.string(),
  contactName: t.string(),
  email: t.string(),
  phone: t.string(),
  representativeName: t.string({ description: 'Who signs for the creditor.' }),
  representativeQuality: t.string(),
  mediatorName: t.string({ description: 'The consumer ombudsman (C. conso. L616-1).' }),
  mediatorDetails: t.string(),
})

builder.relayMutationField(
  'createCreditor',
  {
    inputFields: (t) => ({
      name: t.string({ required: true }),
      kind: t.field({ type: CreditorKind, required: true, defaultValue: 'autres' }),
      ...identityFields(t),
      address: t.field({ type: AddressInput, required: true }),
      iban: t.string(),
      bic: t.string(),
      idempotencyKey: t.string(),
    }),
  },
  {
    authScopes: { may: 'createCreditor' },
    errors: {},
    resolve: (_root, { input }, ctx) =>
      once(ctx, 'createCreditor', input, async (office, author) => {
        const { name, kind, iban, bic } = input
        const identity = {
          ...(input.legalForm ? { legalForm: input.legalForm } : {}),
          siren: input.siren ?? input.siret?.slice(0, 9) ?? null,
          siret: input.siret ?? null,
          vat: input.vat ?? null,
          ...(input.rcs ? { rcs: input.rcs } : {}),
          ...(input.capital ? { capital: input.capital } : {}),
          address: addressOf(input.address),
          contact: contactOf(input),
          ...(input.representativeName
            ? { representative: { name: input.representativeName, quality: input.representativeQuality ?? '' } }
            : {}),
          ...(input.mediatorName
            ? { mediator: { name: input.mediatorName, details: input.mediatorDetails ?? '' } }
            : {}),
        }
        const creditor = await createCreditor(
          office.sql,
          office.random,
          ctx.day,
          { name, kind, identity, iban: iban ?? null, bic: bic ?? null },
          author,
        )
        return { creditorId: creditor.id }
      }),
  },
  answersCreditor,
)

function contactOf(input: { contactName?: string | null; email?: string | null; phone?: string | null }) {
  const contact = {
    ...(input.contactName ? { name: input.contactName } : {}),
    ...(input.email ? { email: input.email } : {}),
    ...(input.phone ? { phone: input.phone } : {}),
  }
  return Object.keys(contact).length > 0 ? contact : null
}

builder.relayMutationField(
  'recordMandate',
  {
    inputFields: (t) => ({
      creditorId: t.id({ required: true }),
      signedOn: t.field({ type: 'Date', required: true }),
      basis: t.string({ required: true, description: 'Le fondement et le montant des sommes dues.' }),
      guarantee: t.string({ required: true, description: 'La garantie de responsabilité civile.' }),
      remuneration: t.string({ required: true, description: 'La rémunération à la charge du créancier.' }),
      payingOver: t.string({ required: true, description: 'Les conditions de reversement des fonds.' }),
      receivesFunds: t.boolean({
        required: true,
        defaultValue: false,
        description: 'Whether debtors may pay the agency.',
      }),
      sendsInvoices: t.boolean({ required: true, defaultValue: false }),
      scenario: t.string({ required: true, defaultValue: 'standard' }),
      claimNature: t.string({
        description: 'What this creditor sells, for the limitation of its claims: vente, transport…',
      }),
      penaltyRate: t.string({ description: 'Contractual late-payment rate, per cent a year, « 12.15 ».' }),
      capitalisation: t.string({
        description:
          'Where the contract with its professional customers says that interest due for a whole year bears interest (C. civ. 1343-2): « CGV, article 8 ». Absent, none is capitalised before a decision orders it.',
      }),
      feeTerms: t.field({ type: 'JSON', description: 'The remuneration as data: schema/fee-terms.schema.json.' }),
      reviewsInvoicing: t.boolean({
        required: true,
        defaultValue: false,
        description: 'Have its invoicing reviewed each month, by an advice letter (C. com. L441-9 and L441-10).',
      }),
      maxInstalments: t.int({
        description:
          'How many monthly payments a debtor may propose on the coupon, 0 to 60: 0 lets them propose none; 24 when absent.',
      }),
      idempotencyKey: t.string(),
    }),
  },
  {
    description: 'Records the written agreement; a new one ends the one before (CPCE R124-3).',
    authScopes: { may: 'recordMandate' },
    errors: {},
    resolve: (_root, { input }, ctx) =>
      once(ctx, 'recordMandate', input, async (office, author) => {
        const { idempotencyKey: _key, creditorId, penaltyRate, ...clauses } = input
        const id = rowId('Creditor', creditorId)
        const [known] = await office.sql`select id from creditors where id = ${id}`
        if (!known) {
          throw new DomainError('creditor_not_found', "Ce créancier n'existe pas.", {
            remedy: 'Créez-le d’abord (createCreditor).',
          })
        }
        loadScenario(clauses.scenario)
        await recordMandate(
          office.sql,
          office.random,
          ctx.day,
          { ...clauses, creditorId: id, penaltyRate: rate(penaltyRate) },
          author,
        )
        return { creditorId: id }
      }),
  },
  answersCreditor,
)

function rate(text: string | null | undefined): string | null {
  if (text == null || /^\d{1,2}(\.\d{1,6})?$/.test(text)) return text ?? null
  throw new DomainError('bad_rate', `« ${text.slice(0, 20)} » n'est pas un taux lisible.`, {
    remedy: 'Écrivez-le en pour cent par an, par exemple 12.15.',
  })
}

/** For which creditor: a creditor's submissions are its own, whatever it writes. */
export function creditorOf(ctx: Context, given: string | null | undefined): string {
  const own = ctx.viewer?.role === 'creditor' ? ctx.viewer.creditorId : null
  const id = given ? rowId('Creditor', given) : own
  if (id && (own === null || id === own)) return id
  throw new DomainError('creditor_not_found', "Ce créancier n'existe pas ou n'est pas le vôtre.", {
    remedy: 'Indiquez pour quel créancier (creditorId).',
  })
}
