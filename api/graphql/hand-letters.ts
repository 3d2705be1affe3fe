import { resolveArrayConnection } from '@pothos/plugin-relay'
import { letterOf, loadLibrary } from '../../letters/catalogue.ts'
import type { Letter } from '../../letters/letter.ts'
import { type Possible, possibleLetters, whatStops, writeByHand } from '../../procedures/mail/hand-letters.ts'
import type { MissingFact } from '../../procedures/mail/hand-letter-facts.ts'
import { isLegalLetter } from '../../procedures/mail/hand-letter-rules.ts'
import type { DomainError } from '../../schema/errors.ts'
import { isLegal } from '../auth.ts'
import { type Context, forbidden } from '../context.ts'
import { remedyFor } from '../remedies.ts'
import { builder } from './builder.ts'
import { CaseType, requireCase } from './cases.ts'
import { DocumentType } from './documents.ts'
import { LetterType, matches } from './library.ts'
import { once } from './once.ts'
import { factsOf, rowId } from './values.ts'

const MissingFactType = builder.objectRef<MissingFact>('MissingFact').implement({
  description: 'What a letter cannot be written without, and the case does not know.',
  fields: (t) => ({
    key: t.exposeString('key', { description: 'As schema/facts.schema.json names it: « reponseCreancier.position ».' }),
    meaning: t.exposeString('meaning', { nullable: true, description: 'In French, as the schema describes it.' }),
    act: t.exposeString('act', {
      nullable: true,
      description: 'The mutation that records it, where it may not be given with the letter.',
    }),
  }),
})

export type Obstacle = Pick<DomainError, 'code' | 'message' | 'remedy'>

export const ObstacleType = builder.objectRef<Obstacle>('LetterObstacle').implement({
  description: 'Why a letter would be refused today.',
  fields: (t) => ({
    code: t.exposeString('code'),
    message: t.exposeString('message'),
    remedy: t.string({ resolve: ({ remedy }, _args, { viewer }) => remedyFor(viewer, remedy) }),
  }),
})

/** An error that a field answers with would be taken for the field's own. */
export const obstacleOf = ({ code, message, remedy }: DomainError): Obstacle => ({ code, message, remedy })

const StandingType = builder
  .objectRef<{ refusal: DomainError | null; missing: MissingFact[] }>('LetterStanding')
  .implement({
    fields: (t) => ({
      refusal: t.field({
        type: ObstacleType,
        nullable: true,
        resolve: ({ refusal }) => refusal && obstacleOf(refusal),
      }),
      missing: t.field({ type: [MissingFactType], resolve: ({ missing }) => missing }),
    }),
  })

const WritableLetterType = builder.objectRef<Possible>('WritableLetter').implement({
  description: 'A letter of the library made for a case: of its law and its debtor, and not part of an act.',
  fields: (t) => ({
    letter: t.field({ type: LetterType, resolve: ({ letter }) => letter }),
    standing: t.field({
      type: StandingType,
      complexity: 40,
      description: 'Whether writeLetter would write it today, and what it lacks.',
      resolve: (possible, _args, ctx) => whatStops(ctx.sql, ctx.day, possible),
    }),
  }),
})

builder.objectFields(CaseType, (t) => ({
  writableLetters: t.connection({
    type: WritableLetterType,
    nullable: true,
    authScopes: { may: 'writeLetter' },
    complexity: ({ first, last }) => ({ field: 5, multiplier: first ?? last ?? 20 }),
    description:
      'What writeLetter may write here, in the order of the library; the legal cell’s own letters for it alone.',
    args: {
      search: t.arg.string({ description: 'In the id, the title or the usage.' }),
      recipient: t.arg.string({ description: '« caution », « creancier », « debiteur »: as the letter says.' }),
    },
    resolve: async ({ id }, args, ctx) => {
      const wanted = { text: args.search ?? null, recipient: args.recipient ?? null }
      const own = (letter: Letter) => isLegal(ctx.viewer) || !isLegalLetter(letter)
      const possible = await possibleLetters(ctx.sql, id)
      return resolveArrayConnection(
        { args, maxSize: 50, defaultSize: 20 },
        possible.filter(({ letter }) => own(letter) && matches(letter, wanted)),
      )
    },
  }),
}))

/** The letters of enforcement and of courts are the legal cell's own. */
export function requireOwnLetter({ viewer }: Context, id: string): void {
  if (isLegalLetter(letterOf(loadLibrary(), id)) && !isLegal(viewer)) throw forbidden(viewer!.role)
}

builder.relayMutationField(
  'writeLetter',
  {
    inputFields: (t) => ({
      caseId: t.id({ required: true }),
      letter: t.string({ required: true, description: 'Its id in the library (query letters).' }),
      channel: t.string({
        required: true,
        description: 'One of its channels: lettre, lrar, lre, email, sms, visite, formulaire, acte-prive.',
      }),
      facts: t.field({
        type: 'JSON',
        description: 'What the case does not know, by the keys of schema/facts.schema.json.',
      }),
      bailiffId: t.id({ description: 'The office that it goes to, where it goes to one.' }),
      procedure: t.string({
        description: 'Of several agreements of the creditor, that which the letter rests on: injonction-de-payer.',
      }),
      dryRun: t.boolean({
        required: true,
        defaultValue: false,
        description: 'Shows what would be written, or what it lacks, and keeps nothing.',
      }),
      idempotencyKey: t.string(),
    }),
  },
  {
    description:
      'Writes any letter of the library that is not part of an act. To the debtor, by the rules of the timeline: nothing before the first letter (CPCE R124-4), one written approach a day, caps, and no demand while the case waits. To the creditor, sent. To anybody else, sealed and kept with its Word file, for a person to post. Letters of enforcement and to courts are the legal cell’s, and rest on the creditor’s agreement. Errors: written_by_act, first_letter_missing, case_held, too_many_approaches, answer_awaited, consent_missing, fact_not_recorded, facts_missing, bad_facts, wrong_law, wrong_debtor, channel_refused.',
    authScopes: { may: 'writeLetter' },
    errors: {},
    resolve: (_root, { input: { idempotencyKey, ...asked } }, ctx) => {
      requireOwnLetter(ctx, asked.letter)
      // The answer to a trial is not kept either.
      const input = { ...asked, idempotencyKey: asked.dryRun ? null : idempotencyKey }
      return once(ctx, 'writeLetter', input, async (office, author) => {
        const { id: caseId } = await requireCase(ctx, input.caseId, office.sql)
        const order = {
          caseId,
          letter: input.letter,
          channel: input.channel,
          facts: input.facts == null ? {} : factsOf(input.facts),
          bailiffId: input.bailiffId ? rowId('Bailiff', input.bailiffId) : undefined,
          procedure: input.procedure ?? undefined,
          dryRun: input.dryRun,
        }
        const { documentId, missing, shown } = await writeByHand(office, ctx.day, order, author)
        const content = shown && Buffer.from(shown.bytes)
        return {
          caseId,
          documentId,
          missing,
          pdf: shown?.format === 'pdf' ? content!.toString('base64') : null,
          text: shown?.format === 'txt' ? content!.toString('utf8') : null,
        }
      })
    },
  },
  {
    outputFields: (t) => ({
      case: t.field({ type: CaseType, resolve: ({ caseId }) => caseId }),
      document: t.field({
        type: DocumentType,
        nullable: true,
        description: 'Null in a trial.',
        resolve: ({ documentId }) => documentId,
      }),
      missing: t.field({
        type: [MissingFactType],
        description: 'In a trial, what it lacks; nothing then is shown.',
        resolve: ({ missing }) => missing,
      }),
      pdf: t.exposeString('pdf', { nullable: true, description: 'In a trial, the PDF it would be, in base64.' }),
      text: t.exposeString('text', { nullable: true, description: 'In a trial, the text message it would be.' }),
    }),
  },
)
