import { readCases } from '../../procedures/cases/file/file.ts'
import { casePicture } from '../../procedures/judicial/drawings/drawing.ts'
import { noticeCourses, type NoticeCourse } from '../../procedures/judicial/notice-course.ts'
import { correctOutsideNotice, recordOutsideNotice } from '../../procedures/cases/notices/outside-notices.ts'
import type { Sql } from '../../schema/db.ts'
import { DomainError } from '../../schema/errors.ts'
import { isUuid } from '../../schema/words.ts'
import { builder } from './builder.ts'
import { answersCase, CaseType, requireCase } from './cases.ts'
import { type Context, rowsOf, visible } from '../context.ts'
import { once } from './once.ts'
import { NextStepType, OutcomeType, SequelType } from './procedure-progress.ts'
import { PostEnd } from './registered.ts'
import { receivedUpload } from '../uploads.ts'
import { DoubtType } from './values.ts'

const NoticeForm = builder.enumType('NoticeForm', {
  values: {
    LRAR: { value: 'lrar', description: 'Registered letter on paper.' },
    LRE: { value: 'lre', description: 'Qualified electronic registered letter (C. postes L100).' },
    SOMMATION: { value: 'sommation', description: 'Served by a commissaire de justice.' },
  } as const,
})
const senders = {
  CREANCIER: { value: 'creancier' },
  AVOCAT: { value: 'avocat' },
  COMMISSAIRE: { value: 'commissaire', description: 'Commissaire de justice.' },
} as const
const OutsideSender = builder.enumType('OutsideSender', {
  description: 'Who sent a formal notice that the agency did not send.',
  values: senders,
})
const NoticeSender = builder.enumType('NoticeSender', { values: { AGENCE: { value: 'agence' }, ...senders } as const })

const FormalNoticeType = builder.objectRef<NoticeCourse>('FormalNotice').implement({
  description:
    'A formal notice (mise en demeure, C. civ. 1344) and where it stands as a procedure, read from its letter, payments and disputes. Nobody opens it, and it asks no consent.',
  fields: (t) => ({
    key: t.string({
      description: 'For correctOutsideNotice, where the agency did not send it.',
      resolve: ({ notice }) => notice.id,
    }),
    reference: t.string({ resolve: ({ notice }) => notice.reference }),
    sender: t.field({ type: NoticeSender, resolve: ({ notice }) => notice.sender }),
    form: t.field({ type: NoticeForm, resolve: ({ notice }) => notice.form }),
    writtenOn: t.field({ type: 'Date', resolve: ({ notice }) => notice.writtenOn }),
    presentedOn: t.field({
      type: 'Date',
      nullable: true,
      description: 'First presentation, or service: interest runs from the next day (C. civ. 1344-1).',
      resolve: ({ notice }) => notice.presentedOn,
    }),
    procedure: t.string({ description: 'mise-en-demeure…', resolve: ({ procedure }) => procedure.id }),
    outcomes: t.field({ type: [OutcomeType], resolve: ({ progress }) => progress.outcomes }),
    next: t.field({ type: [NextStepType], resolve: ({ progress }) => progress.next }),
    nextProcedures: t.field({ type: [SequelType], resolve: ({ progress }) => progress.nextProcedures }),
    why: t.stringList({
      description: 'Where it stands, in French sentences with their articles.',
      resolve: ({ progress }) => progress.why,
    }),
    doubts: t.field({ type: [DoubtType], resolve: ({ progress }) => progress.doubts }),
    picture: t.string({
      description: 'Its way, as an SVG of its own.',
      resolve: ({ procedure, progress }) => casePicture(procedure, progress),
    }),
  }),
})

/** One reader a day, so that cases asked for together are read together. */
const readers = new WeakMap<Context, (sql: Sql, ids: string[]) => Promise<Map<string, NoticeCourse[]>>>()
function coursesOf(ctx: Context) {
  let reader = readers.get(ctx)
  if (!reader) {
    reader = async (sql, ids) => {
      const files = await readCases(sql, ids)
      return new Map([...files].map(([id, file]) => [id, noticeCourses(file, ctx.day)]))
    }
    readers.set(ctx, reader)
  }
  return reader
}

builder.objectFields(CaseType, (t) => ({
  formalNotices: t.field({
    type: [FormalNoticeType],
    description: 'Those of the agency and those that others sent, the oldest first.',
    authScopes: { role: ['amicable', 'legal', 'admin', 'creditor'] },
    complexity: 10,
    resolve: ({ id }, _args, ctx) => rowsOf(ctx, coursesOf(ctx), id),
  }),
}))

builder.relayMutationField(
  'recordOutsideNotice',
  {
    inputFields: (t) => ({
      caseId: t.id({ required: true }),
      uploadId: t.id({ required: true, description: 'The letter or the act itself: it becomes an exhibit.' }),
      reference: t.string({ required: true, description: 'Number of the registered letter, or of the act.' }),
      sender: t.field({ type: OutsideSender, required: true }),
      form: t.field({ type: NoticeForm, required: true }),
      writtenOn: t.field({ type: 'Date', required: true }),
      presentedOn: t.field({ type: 'Date', description: 'First presentation, or service of a sommation.' }),
      outcome: t.field({ type: PostEnd }),
      outcomeOn: t.field({ type: 'Date' }),
      delayDays: t.int({ description: 'Days that it gave to pay, 1 to 90; none where it gave none.' }),
      idempotencyKey: t.string(),
    }),
  },
  {
    description:
      'Records a formal notice that left before the agency was asked, or by another hand. Interest and the day of a filing follow it as they follow one of the agency; a consent asked for before it ends.',
    authScopes: { may: 'recordOutsideNotice' },
    errors: {},
    resolve: (_root, { input }, ctx) =>
      once(ctx, 'recordOutsideNotice', input, async (office, author) => {
        const { id } = await requireCase(ctx, input.caseId, office.sql)
        const { sha256, fileName } = await receivedUpload(ctx, office.sql, input.uploadId)
        const { reference, sender, form, writtenOn, presentedOn = null, outcome = null, outcomeOn = null } = input
        await recordOutsideNotice(
          office,
          office.sql,
          ctx.day,
          {
            caseId: id,
            reference,
            sender,
            form,
            writtenOn,
            presentedOn,
            outcome,
            outcomeOn,
            delayDays: checkedDelay(input.delayDays),
            bytes: await office.archive.stored(sha256),
            fileName,
          },
          author,
        )
        return { caseId: id }
      }),
  },
  answersCase,
)

builder.relayMutationField(
  'correctOutsideNotice',
  {
    inputFields: (t) => ({
      key: t.string({ required: true, description: 'Of the notice, as formalNotices gives it.' }),
      void: t.boolean({ description: 'It never was.' }),
      writtenOn: t.field({ type: 'Date' }),
      presentedOn: t.field({ type: 'Date' }),
      outcome: t.field({ type: PostEnd }),
      outcomeOn: t.field({ type: 'Date' }),
      delayDays: t.int(),
      idempotencyKey: t.string(),
    }),
  },
  {
    description:
      'Says otherwise what was told of it, or that it never was; what is not given stays, and a null blanks it.',
    authScopes: { may: 'recordOutsideNotice' },
    errors: {},
    resolve: (_root, { input }, ctx) =>
      once(ctx, 'correctOutsideNotice', input, async (office, author) => {
        await requireNotice(ctx, office.sql, input.key)
        const { writtenOn, presentedOn, outcome, outcomeOn, delayDays } = input
        const told = {
          noticeId: input.key,
          void: input.void === true,
          ...(writtenOn ? { writtenOn } : {}),
          ...(presentedOn === undefined ? {} : { presentedOn }),
          ...(outcome === undefined ? {} : { outcome }),
          ...(outcomeOn === undefined ? {} : { outcomeOn }),
          ...(delayDays === undefined ? {} : { delayDays: checkedDelay(delayDays) }),
        }
        return correctOutsideNotice(office, office.sql, ctx.day, told, author)
      }),
  },
  answersCase,
)

async function requireNotice(ctx: Context, sql: Sql, key: string): Promise<void> {
  const [found] = isUuid(key)
    ? await sql`select 1 from outside_notices n join cases c on c.id = n.case_id where n.id = ${key} and ${visible(ctx)}`
    : []
  if (found) return
  throw new DomainError('notice_not_found', 'Cette mise en demeure n’est pas au dossier, ou ne vous est pas ouverte.', {
    remedy: 'Donnez la clé (key) d’une mise en demeure que l’agence n’a pas envoyée.',
  })
}

function checkedDelay(days: number | null | undefined): number | null {
  if (days == null) return null
  if (Number.isInteger(days) && days >= 1 && days <= 90) return days
  throw new DomainError('bad_delay', `Un délai de ${days} jours n’est pas possible.`, {
    remedy: 'Donnez de 1 à 90 jours, ou rien si la lettre ne laisse pas de délai.',
  })
}
