import {
  type CallHours,
  callHours,
  incomingScript,
  writtenScripts,
} from '../../procedures/cases/exchanges/call-scripts.ts'
import { debtorClocks } from '../../procedures/cases/exchanges/debtor-clock.ts'
import { type Caller, findCaller } from '../../procedures/cases/exchanges/callers.ts'
import { type Agency, readAgency } from '../../procedures/cases/agency.ts'
import { type CaseFile, caseParts, readCases } from '../../procedures/cases/file/file.ts'
import {
  type Cell,
  cellOf,
  kindsOf,
  type WorkItem,
  type WorkKind as Kind,
  workToday,
} from '../../procedures/work-today.ts'
import type { Sql } from '../../schema/db.ts'
import { isLegal } from '../auth.ts'
import { builder } from './builder.ts'
import { CaseType } from './cases.ts'
import { type Context, rowsOf } from '../context.ts'
import { DocumentType } from './documents.ts'
import { readCode } from '../pages/verify.ts'

const WorkKind = builder.enumType('WorkKind', {
  values: {
    ADDRESS_TO_VALIDATE: { value: 'address', description: 'Research: no complete postal address of the debtor.' },
    INSOLVENCY_TO_LOOK_UP: {
      value: 'lookup',
      description:
        'Research: a formal notice leaves within three days, and the debtor was not looked up in the registers of late (recordInsolvencyCheck).',
    },
    MAIL_RETURNED: {
      value: 'returned',
      description: 'Research: a letter or an e-mail came back; that address is never used again.',
    },
    CALL: {
      value: 'call',
      description: 'Phone: a call of the timeline, whose script is written and which nobody has recorded.',
    },
    CALL_BACK: { value: 'callback', description: 'Phone: the last call ended on « a-rappeler ».' },
    VISIT: {
      value: 'visit',
      description: 'Phone: a visit of the timeline, whose order of mission is written and which nobody has recorded.',
    },
    REPLY: {
      value: 'reply',
      description:
        'A debtor answered by the coupon, or proposed instalments by telephone: a payment to check, a proposal, a dispute, an address.',
    },
    TO_APPROVE: {
      value: 'approval',
      description: 'A step that the amicable cell, or the creditor, asked to see first.',
    },
    PROMISE_DUE: { value: 'promise', description: 'A promised payment falls due.' },
    ATTESTATION_AWAITED: {
      value: 'attestation',
      description: 'A promise or a plan told in writing five days ago, whose form or act has not come back signed.',
    },
    DISPUTE_UNANSWERED: { value: 'dispute', description: 'A dispute without an answer, by the day promised for it.' },
    HOLD_TO_REVIEW: { value: 'hold', description: 'A suspension has come to its day.' },
    PRESENTATION_UNKNOWN: {
      value: 'presentation',
      description:
        'A registered letter whose follow-up is not recorded: no first presentation after three days, so that its period cannot be counted, or no end once the post has kept it.',
    },
    DISPATCH_TO_CHECK: {
      value: 'dispatch',
      description:
        'À vérifier: a letter whose sending broke off, and nobody knows whether it left; that its address refused; or an e-mail that came back for another reason, until another letter follows it.',
    },
    LETTER_TO_RESEND: {
      value: 'resend',
      description:
        'A letter that came back, for whose debtor another address was validated since, and to which nothing was sent; or one that was withdrawn before it left, for a reason that is gone: resendLetter, or the case goes on without it.',
    },
    CONSENT_AWAITED: { value: 'awaited', description: 'Legal: the creditor has not answered; the day it lapses.' },
    CONSENT_REFUSED: {
      value: 'refused',
      description:
        'Legal: the creditor refused to sue, and nothing is planned any more: hold the case, close it, or ask for another way.',
    },
    CONSENT_TO_FOLLOW: { value: 'consent', description: 'Given, and no procedure opened yet.' },
    PACK_TO_HAND_OVER: {
      value: 'pack',
      description: 'Legal: a pack assembled, and neither handed over nor followed by an event of the procedure.',
    },
    BAILIFF_RETURN: { value: 'return', description: 'Legal: what a bailiff returned in the last fourteen days.' },
    PAY_OVER: {
      value: 'payover',
      description: 'Funds encashed for a creditor whose month ends within a week, or has ended (CPCE R124-6).',
    },
    WEBHOOK_LEFT_ALONE: {
      value: 'webhook',
      description:
        'A creditor’s own system did not answer twenty attempts in a row and is told nothing more, until resumeWebhook.',
    },
    DECLARATION_DUE: {
      value: 'declaration',
      description:
        'Insolvency proceedings in which the claim is not declared: the last day (C. com. L622-24), or a publication to find.',
    },
    ORPHAN: {
      value: 'orphan',
      description: 'An open case that nothing carries on any more, found by the nightly look.',
    },
    DEADLINE: {
      value: 'deadline',
      description:
        'For the legal cell: a time limit of a procedure is near, was missed, or closed the path. Each is told once, at the marks of its file (15, 7, 3 and 1 days).',
    },
    LIMITATION_NEAR: { value: 'limitation', description: 'Prescription within ninety days.' },
  } as const satisfies Record<string, { value: Kind; description: string }>,
})

export const CellType = builder.enumType('Cell', {
  description: 'The four cells of the agency.',
  values: {
    RESEARCH: { value: 'research' },
    PHONE: { value: 'phone' },
    AMICABLE: { value: 'amicable' },
    LEGAL: { value: 'legal' },
  } as const satisfies Record<string, { value: Cell }>,
})

const CallHoursType = builder.objectRef<CallHours>('CallHours').implement({
  description:
    'Between which hours the house calls a debtor (procedures/law/fr/contacts.yaml), by the clock where it lives.',
  fields: (t) => ({
    from: t.exposeString('from', { description: 'HH:MM by the debtor’s clock.' }),
    until: t.exposeString('until', { description: 'HH:MM by the debtor’s clock.' }),
    timeZones: t.exposeStringList('timeZones', {
      description: 'IANA names: several where the debtor’s country has several, and any of them may be its own.',
    }),
    opensAt: t.string({
      description: 'The first instant of these hours, ISO 8601, UTC.',
      resolve: ({ opensAt }) => opensAt.toString(),
    }),
    closesAt: t.string({
      description: 'The last instant of these hours, ISO 8601, UTC.',
      resolve: ({ closesAt }) => closesAt.toString(),
    }),
  }),
})

const hoursOf = async (ctx: Context, caseId: string) => {
  const [clock] = await rowsOf(ctx, debtorClocks, caseId)
  return callHours(clock!, ctx.day)
}

const firstLetterOf = async (ctx: Context, caseId: string) =>
  (await rowsOf(ctx, caseParts.documents, caseId)).find(({ firstLetter }) => firstLetter) ?? null

const firstLetterText = 'The letter of CPCE R124-4, whose reference and date are to be recalled; null before it left.'

const WorkItemType = builder.objectRef<WorkItem>('WorkItem').implement({
  fields: (t) => ({
    kind: t.expose('kind', { type: WorkKind }),
    cell: t.field({ type: CellType, description: 'Whose work it is.', resolve: ({ kind }) => cellOf[kind] }),
    on: t.expose('onDay', { type: 'Date', description: 'Since when, or by when.' }),
    what: t.exposeString('what'),
    case: t.field({ type: CaseType, resolve: ({ caseId }) => caseId }),
    document: t.field({
      type: DocumentType,
      nullable: true,
      description: 'The letter, or the script of the call, that it is about.',
      resolve: ({ documentId }) => documentId,
    }),
    script: t.string({
      nullable: true,
      description: 'Of a call: the library’s script, filled in, as text; null where its letter has changed since.',
      resolve: async ({ kind, documentId }, _args, ctx) =>
        kind === 'call' && documentId ? ((await rowsOf(ctx, writtenScripts, documentId))[0] ?? null) : null,
    }),
    firstLetter: t.field({
      type: DocumentType,
      nullable: true,
      description: firstLetterText,
      resolve: ({ caseId }, _args, ctx) => firstLetterOf(ctx, caseId),
    }),
    callHours: t.field({
      type: CallHoursType,
      nullable: true,
      description: 'Of a call, today; null on Sundays and holidays, and for other work.',
      resolve: ({ kind, caseId }, _args, ctx) => (kind === 'call' || kind === 'callback' ? hoursOf(ctx, caseId) : null),
    }),
  }),
})

builder.queryFields((t) => ({
  workToday: t.field({
    type: [WorkItemType],
    nullable: true,
    description:
      'What waits for a person today, the oldest first: of every cell, of one, or of some kinds; the five hundred oldest of what is asked.',
    authScopes: { staff: true },
    complexity: { field: 1, multiplier: 20 },
    args: { kinds: t.arg({ type: [WorkKind] }), cell: t.arg({ type: CellType }) },
    resolve: (_root, { kinds, cell }, { sql, day, viewer }) => {
      const ofCell = cell ? kindsOf(cell) : (Object.keys(cellOf) as Kind[])
      const asked = ofCell.filter((kind) => !kinds || kinds.includes(kind))
      return workToday(sql, day, { kinds: asked, seesDeadlines: isLegal(viewer) })
    },
  }),
}))

const MatchedByType = builder.enumType('MatchedBy', {
  values: {
    NUMBER: { value: 'number', description: 'The number of the case.' },
    LETTER: { value: 'letter', description: 'The reference of a letter.' },
    CODE: { value: 'code', description: 'The code printed on a letter or its coupon.' },
    INVOICE: { value: 'invoice' },
    PHONE: { value: 'phone', description: 'The last nine digits of the number that calls.' },
    NAME: { value: 'name', description: 'Words of the debtor’s name, whole or begun.' },
  } as const satisfies Record<string, { value: Caller['matchedBy']; description?: string }>,
})

const IncomingCallType = builder.objectRef<Caller>('IncomingCall').implement({
  description: 'A case that an incoming call may be about, with what its person on the phone needs.',
  fields: (t) => ({
    matchedBy: t.expose('matchedBy', { type: MatchedByType }),
    case: t.field({ type: CaseType, resolve: ({ caseId }) => caseId }),
    firstLetter: t.field({
      type: DocumentType,
      nullable: true,
      description: firstLetterText,
      resolve: ({ caseId }, _args, ctx) => firstLetterOf(ctx, caseId),
    }),
    script: t.string({
      nullable: true,
      description:
        'The library’s script for an incoming call, filled in from the case as it stands; null for a closed or Malagasy case. Who calls is authenticated before any sum is told.',
      resolve: async ({ caseId }, _args, ctx) =>
        incomingScript((await rowsOf(ctx, files, caseId))[0]!, (await rowsOf(ctx, agencies, 'own'))[0]!, ctx.day),
    }),
  }),
})

/** Read once a request, however many scripts are filled in. */
async function agencies(sql: Sql, ids: string[]): Promise<Map<string, Agency[]>> {
  const agency = await readAgency(sql)
  return new Map(ids.map((id) => [id, [agency]]))
}

async function files(sql: Sql, ids: string[]): Promise<Map<string, CaseFile[]>> {
  return new Map([...(await readCases(sql, ids))].map(([id, file]) => [id, [file]]))
}

builder.queryFields((t) => ({
  incomingCall: t.field({
    type: [IncomingCallType],
    nullable: true,
    description:
      'Whose call it is: by phone number, name, case, letter, code or invoice, the surest match first, at most twenty.',
    authScopes: { staff: true },
    complexity: { field: 5, multiplier: 20 },
    args: {
      search: t.arg.string({ required: true, description: 'As heard or shown: « 06 12 34 56 78 », « Dupont ».' }),
    },
    resolve: (_root, { search }, { sql, office }) => findCaller({ ...office, sql }, search, readCode(search)),
  }),
}))
