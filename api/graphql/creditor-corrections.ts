import {
  accountsAwaiting,
  correctCreditor,
  correctionsOf,
  type CreditorChanges,
  type CreditorCorrection,
  settleCreditorAccount,
} from '../../procedures/cases/creditor-corrections.ts'
import { rowsOf } from '../context.ts'
import { nodeId } from '../nodes.ts'
import { builder } from './builder.ts'
import { answersCreditor, CreditorKind, CreditorType, identityFields } from './creditors.ts'
import { once } from './once.ts'
import { AddressInput, addressOf, rowId } from './values.ts'

const CorrectionState = builder.enumType('CreditorCorrectionState', {
  values: {
    TAKEN: { value: 'taken', description: 'What it says since `decidedOn`.' },
    AWAITING: { value: 'awaiting', description: 'An account (IBAN, BIC) that a second person has to confirm.' },
    REFUSED: { value: 'refused' },
  } as const,
})

const CorrectionType = builder.objectRef<CreditorCorrection>('CreditorCorrection').implement({
  description: 'What was corrected of a creditor, with what was there before.',
  fields: (t) => ({
    id: t.exposeID('id', { description: 'What settleCreditorAccount wants.' }),
    creditor: t.field({ type: CreditorType, resolve: ({ creditorId }) => creditorId }),
    state: t.field({
      type: CorrectionState,
      resolve: ({ isTaken }) => (isTaken === null ? 'awaiting' : isTaken ? 'taken' : 'refused'),
    }),
    before: t.field({
      type: 'JSON',
      description: 'The fields that change, and no other.',
      resolve: ({ before }) => before,
    }),
    after: t.field({ type: 'JSON', resolve: ({ after }) => after }),
    reason: t.exposeString('reason'),
    recordedOn: t.expose('recordedOn', { type: 'Date' }),
    recordedBy: t.exposeString('recordedBy'),
    decidedOn: t.expose('decidedOn', { type: 'Date', nullable: true }),
    decidedBy: t.exposeString('decidedBy', { nullable: true }),
    checkedHow: t.exposeString('checkedHow', {
      nullable: true,
      description: 'How the second person made sure that the account is the creditor’s, or why it was refused.',
    }),
  }),
})

builder.objectFields(CreditorType, (t) => ({
  corrections: t.field({
    type: [CorrectionType],
    description:
      'What was corrected since it was created, the first one first; accounts that wait or were refused too.',
    resolve: ({ id }, _args, ctx) => rowsOf(ctx, correctionsOf, id),
  }),
}))

builder.queryFields((t) => ({
  creditorAccountsAwaiting: t.field({
    type: [CorrectionType],
    nullable: true,
    description: 'Accounts of creditors that wait for a second person, the oldest first.',
    authScopes: { may: 'settleCreditorAccount' },
    resolve: (_root, _args, { sql }) => accountsAwaiting(sql),
  }),
}))

builder.relayMutationField(
  'correctCreditor',
  {
    inputFields: (t) => ({
      creditorId: t.id({ required: true }),
      reason: t.string({ required: true, description: 'Why, and who asked for it, by which way.' }),
      name: t.string(),
      kind: t.field({ type: CreditorKind }),
      ...identityFields(t),
      address: t.field({ type: AddressInput }),
      iban: t.string({
        description: 'Waits for a second person (settleCreditorAccount); takes the BIC of the old one away.',
      }),
      bic: t.string(),
      idempotencyKey: t.string(),
    }),
  },
  {
    description:
      'Corrects who a creditor is and how it is reached: what is absent stays, null takes away. Letters written before keep what they said; what it was asked to sign for and is not filed ends, unless its contact alone changes. Another account waits for a second person. Of another account, e-mail, telephone or address the creditor is told by a letter to where it was reached before.',
    authScopes: { may: 'correctCreditor' },
    errors: {},
    resolve: (_root, { input }, ctx) =>
      once(ctx, 'correctCreditor', input, async (office, author) => {
        const { idempotencyKey: _key, creditorId: id, reason, ...fields } = input
        const creditorId = rowId('Creditor', id)
        const { contactName, email, phone, address, ...rest } = fields
        const { representativeName, representativeQuality, mediatorName, mediatorDetails, ...own } = rest
        const changes: CreditorChanges = {
          ...own,
          ...(address === undefined ? {} : { address: address && addressOf(address) }),
          contact: { name: contactName, email, phone },
          representative: { name: representativeName, quality: representativeQuality },
          mediator: { name: mediatorName, details: mediatorDetails },
        }
        await correctCreditor(office, ctx.day, { creditorId, reason, changes }, author)
        return { creditorId }
      }),
  },
  answersCreditor,
)

builder.relayMutationField(
  'settleCreditorAccount',
  {
    inputFields: (t) => ({
      correctionId: t.id({ required: true }),
      confirmed: t.boolean({
        required: true,
        description: 'False: the account is refused, or was proposed by mistake.',
      }),
      checkedHow: t.string({
        required: true,
        description:
          'Whom you called, at which number known before the demand, and what was said; or why it is refused.',
      }),
      idempotencyKey: t.string(),
    }),
  },
  {
    description:
      'A second person says whether a creditor’s new account is its own, after asking it by a way known before (false changes of account are the common fraud; règlement (UE) 2024/886 has the payer’s bank compare name and IBAN). From then on letters and payment codes bear it; the creditor is told of either answer where it was reached before the demand. Refused with `second_person_needed` to whoever proposed it.',
    authScopes: { may: 'settleCreditorAccount' },
    errors: {},
    resolve: (_root, { input }, ctx) =>
      once(ctx, 'settleCreditorAccount', input, async (office, author) => {
        const { confirmed: isTaken, checkedHow } = input
        const settled = { correctionId: nodeId(input.correctionId), isTaken, checkedHow }
        return { creditorId: await settleCreditorAccount(office, ctx.day, settled, author) }
      }),
  },
  answersCreditor,
)
