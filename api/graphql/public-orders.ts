import { recordPublicOrder } from '../../procedures/cases/public-buyers/public-orders.ts'
import type { PublicOrder } from '../../procedures/cases/public-buyers/public-term.ts'
import { type Day, parseDay } from '../../schema/days.ts'
import { builder } from './builder.ts'
import { answersCase, CaseType, requireCase } from './cases.ts'
import { once } from './once.ts'

const PublicBuyerKind = builder.enumType('PublicBuyerKind', {
  description: 'Decides the time to pay (CCP R. 2192-10 and R. 2192-11).',
  values: {
    GENERAL: { value: 'general', description: 'État, collectivités, leurs établissements: 30 days.' },
    HOSPITAL: { value: 'sante', description: 'Établissement public de santé, service de santé des armées: 50 days.' },
    PUBLIC_UNDERTAKING: { value: 'entreprise-publique', description: 'Entreprise publique: 60 days.' },
  } as const,
})

const PublicOrderType = builder.objectRef<PublicOrder>('PublicOrder').implement({
  description: 'What a public accountant looks a payment up by.',
  fields: (t) => ({
    engagement: t.exposeString('numero', { nullable: true, description: 'Numéro d’engagement juridique (BT-13).' }),
    service: t.exposeString('service', { nullable: true }),
    serviceCode: t.exposeString('codeService', { nullable: true, description: 'Code du service exécutant (BT-10).' }),
    deposit: t.exposeString('depot', { nullable: true, description: 'Numéro de dépôt Chorus Pro.' }),
    depositedOn: t.field({ type: 'Date', nullable: true, resolve: ({ dateDepot }) => dayOrNull(dateDepot) }),
    authoriser: t.exposeString('ordonnateur', { nullable: true, description: 'Ordonnateur.' }),
    accountant: t.exposeString('comptable', { nullable: true, description: 'Comptable assignataire.' }),
    serviceDoneOn: t.field({ type: 'Date', nullable: true, resolve: ({ serviceFait }) => dayOrNull(serviceFait) }),
    contract: t.exposeString('marche', { nullable: true, description: 'Numéro de marché (BT-12).' }),
    termDays: t.exposeInt('delaiJours', { nullable: true }),
    termFrom: t.field({ type: 'Date', nullable: true, resolve: ({ debutDelai }) => dayOrNull(debutDelai) }),
    buyer: t.expose('acheteur', { type: PublicBuyerKind, nullable: true }),
  }),
})

const dayOrNull = (text: string | undefined): Day | null => (text === undefined ? null : parseDay(text))

builder.objectFields(CaseType, (t) => ({
  publicOrder: t.expose('publicOrder', { type: PublicOrderType, nullable: true }),
}))

export const PublicOrderInput = builder.inputType('PublicOrderInput', {
  description: 'Of a public buyer; what is left out stays as it was, or as the electronic invoice says.',
  fields: (t) => ({
    engagement: t.string({ description: 'Numéro d’engagement juridique.' }),
    service: t.string(),
    serviceCode: t.string(),
    deposit: t.string({ description: 'Numéro de dépôt Chorus Pro.' }),
    depositedOn: t.field({ type: 'Date' }),
    authoriser: t.string(),
    accountant: t.string(),
    serviceDoneOn: t.field({ type: 'Date' }),
    contract: t.string(),
    termDays: t.int({ description: 'The contract’s time to pay, where shorter than the law’s.' }),
    termFrom: t.field({ type: 'Date', description: 'When it starts, if neither at the deposit nor at the issue.' }),
    buyer: t.field({ type: PublicBuyerKind }),
  }),
})

export function orderOf(input: typeof PublicOrderInput.$inferInput): PublicOrder {
  const said = {
    numero: input.engagement,
    service: input.service,
    codeService: input.serviceCode,
    depot: input.deposit,
    dateDepot: input.depositedOn?.toString(),
    ordonnateur: input.authoriser,
    comptable: input.accountant,
    serviceFait: input.serviceDoneOn?.toString(),
    marche: input.contract,
    delaiJours: input.termDays,
    debutDelai: input.termFrom?.toString(),
    acheteur: input.buyer,
  }
  return Object.fromEntries(Object.entries(said).filter(([, value]) => value != null)) as PublicOrder
}

builder.relayMutationField(
  'recordPublicOrder',
  {
    inputFields: (t) => ({
      caseId: t.id({ required: true }),
      order: t.field({ type: PublicOrderInput, required: true }),
      idempotencyKey: t.string(),
    }),
  },
  {
    description:
      'Completes what is known of a public buyer’s order; a step held for want of it goes on at the next tick.',
    authScopes: { may: 'recordPublicOrder' },
    errors: {},
    resolve: (_root, { input }, ctx) =>
      once(ctx, 'recordPublicOrder', input, async (office, author) => {
        const { id } = await requireCase(ctx, input.caseId, office.sql)
        await recordPublicOrder(office.sql, ctx.day, { caseId: id, order: orderOf(input.order) }, author)
        return { caseId: id }
      }),
  },
  answersCase,
)
