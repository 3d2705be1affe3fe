import { validateAddress } from '../../procedures/mail/addresses.ts'
import { type Debtor, type DebtorLine, debtorLines, debtorsById } from '../../procedures/cases/debtors.ts'
import { type Soon, whenThere } from '../../schema/soon.ts'
import { builder } from './builder.ts'
import { answersCase, CaseType, requireCase } from './cases.ts'
import { type Context, rowsOf, visible } from '../context.ts'
import { forgetting, inOrder, nodeId } from '../nodes.ts'
import { once } from './once.ts'
import { noteReading } from '../readings.ts'
import { AddressInput, addressOf, AddressType } from './values.ts'

export const DebtorKind = builder.enumType('DebtorKind', {
  description: 'Decides the letters, the rate and the court.',
  values: {
    BUSINESS: { value: 'business', description: 'Professionnel.' },
    CONSUMER: { value: 'consumer', description: 'Consommateur.' },
    PUBLIC: { value: 'public', description: 'Acheteur public.' },
  } as const,
})

/** The whole row of a debtor of whom a list has read a line. */
const whole = (ctx: Context, debtor: DebtorLine | Debtor): Soon<Debtor> =>
  'identity' in debtor ? debtor : whenThere(rowsOf(ctx, debtorsById, debtor.id), ([found]) => found!)

const ofWhole =
  <T>(read: (debtor: Debtor) => T) =>
  (debtor: DebtorLine | Debtor, _args: object, ctx: Context): Soon<T> =>
    whenThere(whole(ctx, debtor), read)

export const DebtorType = builder.loadableNode('Debtor', {
  description: 'Débiteur. A creditor sees those of its own cases.',
  id: { resolve: (debtor: DebtorLine | Debtor) => debtor.id, parse: nodeId },
  authScopes: { role: ['research', 'phone', 'amicable', 'legal', 'admin', 'creditor'] },
  load: async (ids: string[], ctx) => {
    const found = await inOrder<Debtor & { caseIds: string[] }>(
      ids,
      ctx.sql`
      select id, name, kind, identity, address, email, phone, array(select c.id from cases c where c.debtor_id = d.id and ${visible(ctx)}) as case_ids
      from debtors d where id = any(${ids}) and exists (select from cases c where c.debtor_id = d.id and ${visible(ctx)})`,
    )
    for (const each of found) if ('caseIds' in each) for (const id of each.caseIds) noteReading(ctx, id, 'graphql')
    return found
  },
  fields: (t) => ({
    name: t.exposeString('name'),
    kind: t.expose('kind', { type: DebtorKind }),
    civility: t.string({ nullable: true, resolve: ofWhole(({ identity }) => identity.civility ?? null) }),
    legalForm: t.string({ nullable: true, resolve: ofWhole(({ identity }) => identity.legalForm ?? null) }),
    siren: t.string({ nullable: true, resolve: ofWhole(({ identity }) => identity.siren ?? null) }),
    siret: t.string({ nullable: true, resolve: ofWhole(({ identity }) => identity.siret ?? null) }),
    address: t.field({ type: AddressType, nullable: true, resolve: ofWhole(({ address }) => address) }),
    email: t.string({ nullable: true, resolve: ofWhole(({ email }) => email) }),
    phone: t.string({ nullable: true, resolve: ofWhole(({ phone }) => phone) }),
  }),
})
forgetting(DebtorType)

builder.objectFields(CaseType, (t) => ({
  debtor: t.field({
    type: DebtorType,
    extensions: { reads: [{ read: debtorLines, by: 'debtorId' }] },
    resolve: (found, _args, ctx) => {
      noteReading(ctx, found.id, 'graphql')
      return whenThere(rowsOf(ctx, debtorLines, found.debtorId), ([debtor]) => debtor!)
    },
  }),
}))

builder.relayMutationField(
  'validateAddress',
  {
    inputFields: (t) => ({
      caseId: t.id({ required: true }),
      address: t.field({ type: AddressInput }),
      email: t.string(),
      phone: t.string(),
      source: t.string({ required: true, description: 'Where it comes from: registre, annuaire, débiteur lui-même…' }),
      idempotencyKey: t.string(),
    }),
  },
  {
    description: 'Validates where the debtor is reached; a case held for want of an address goes on at the next tick.',
    authScopes: { may: 'validateAddress' },
    errors: {},
    resolve: (_root, { input }, ctx) =>
      once(ctx, 'validateAddress', input, async (office, author) => {
        const { id } = await requireCase(ctx, input.caseId, office.sql)
        await validateAddress(
          office.sql,
          ctx.day,
          {
            caseId: id,
            address: input.address ? addressOf(input.address) : null,
            email: input.email ?? null,
            phone: input.phone ?? null,
            source: input.source,
          },
          author,
        )
        return { caseId: id }
      }),
  },
  answersCase,
)
