import { randomBytes, randomUUID } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { jwtVerify, SignJWT } from 'jose'
import { DomainError, errorCode } from '../schema/errors.ts'
import { isUuid } from '../schema/words.ts'

export const roles = ['research', 'phone', 'amicable', 'legal', 'editor', 'creditor', 'bailiff', 'admin'] as const
export type Role = (typeof roles)[number]

/** Who asks. `creditorId` and `bailiffId` are what ownership in the SQL compares with. */
export interface Viewer {
  role: Role
  name: string
  creditorId: string | null
  bailiffId: string | null
}

/** The cells of the agency: they see every case. */
export const staff: readonly Role[] = ['research', 'phone', 'amicable', 'legal', 'admin']

const cells: readonly Role[] = ['phone', 'amicable', 'legal', 'admin']
const managers: readonly Role[] = ['amicable', 'legal', 'admin']
const legal: readonly Role[] = ['legal', 'admin']

/** Who may do what, in one table. Ownership (a creditor's own cases) comes on top, in the SQL. */
export const acts = {
  createCreditor: managers,
  correctCreditor: managers,
  // Whoever proposed the account is refused.
  settleCreditorAccount: managers,
  recordMandate: managers,
  recordPenaltyClause: managers,
  endPenaltyClause: managers,
  submitInvoice: [...managers, 'creditor'],
  importStatement: [...managers, 'creditor'],
  importPayments: managers,
  settleBankLine: managers,
  approveSteps: ['amicable', 'admin', 'creditor'],
  setApprovalRule: ['amicable', 'admin', 'creditor'],
  recordCreditorClosure: [...managers, 'creditor'],
  withdrawCreditorClosure: [...managers, 'creditor'],
  validateAddress: ['research', ...managers],
  recordCall: cells,
  recordVisit: cells,
  recordContactPreference: ['research', ...cells],
  recordPromise: cells,
  attestPromise: cells,
  agreeInstalments: managers,
  attestPlan: cells,
  recordRemission: managers,
  withdrawRemission: managers,
  recordDispute: [...cells, 'creditor'],
  answerDispute: [...managers, 'creditor'],
  resolveDispute: managers,
  recordPayment: [...managers, 'creditor'],
  rejectPayment: managers,
  payOver: managers,
  issueStatement: managers,
  recordExtraStep: managers,
  issueFeeStatement: managers,
  issueInvoicingReview: managers,
  certifyIrrecoverable: legal,
  recordInsolvency: ['research', ...managers],
  importInsolvencies: ['research', ...managers],
  recordClaimDeclaration: legal,
  setClaimNature: managers,
  recordLimitation: legal,
  recordCourt: legal,
  recordLegalForm: legal,
  recordRate: managers,
  recordPublicOrder: [...managers, 'creditor'],
  recordCouponReply: ['research', ...cells],
  revokeCoupon: managers,
  settleReply: ['research', ...managers],
  retryFollowUp: ['research', ...managers],
  recordPresentation: managers,
  recordPostalState: ['research', ...managers],
  settleSending: managers,
  resendLetter: managers,
  // Those of enforcement and of courts by the legal cell alone (api/graphql/hand-letters.ts).
  writeLetter: managers,
  makePostBatch: cells,
  // Who enters as the creditor could sign for it.
  createEntryLink: ['admin'],
  revokeEntryLink: ['admin'],
  // The creditor's own people choose who signs for it.
  createConsentLink: ['creditor', 'admin'],
  revokeConsentLink: ['creditor', 'admin'],
  createWebhook: ['creditor', 'admin'],
  endWebhook: ['creditor', 'admin'],
  resumeWebhook: ['creditor', 'admin'],
  chooseScenario: managers,
  adjustStep: managers,
  holdCase: managers,
  releaseCase: managers,
  requestConsent: legal,
  // The creditor alone disposes of its claim; an administrator may record what it signed on paper.
  giveConsent: ['creditor', 'admin'],
  refuseConsent: ['creditor', 'admin'],
  withdrawConsent: ['creditor', 'admin'],
  openProcedure: legal,
  recordProcedureEvent: legal,
  recordOutlay: legal,
  cancelOutlay: legal,
  createCalendarFeed: [...cells, 'creditor', 'bailiff'],
  revokeCalendarFeed: [...cells, 'creditor', 'bailiff'],
  assembleFilingPack: legal,
  createBailiff: legal,
  handOver: legal,
  revokeHandOver: legal,
  acknowledgePack: ['bailiff'],
  recordBailiffReturn: [...legal, 'bailiff'],
  requestUpload: [...staff, 'creditor', 'bailiff'],
  attachExhibit: [...managers, 'creditor'],
  recordOutsideNotice: managers,
  correctOutsideNotice: managers,
  attachPostalProof: managers,
  withdrawExhibit: managers,
  closeCase: managers,
} as const satisfies Record<string, readonly Role[]>
export type Act = keyof typeof acts

export const may = (viewer: Viewer | null, act: Act): boolean =>
  viewer !== null && (acts[act] as readonly Role[]).includes(viewer.role)
export const isStaff = (viewer: Viewer | null): boolean => viewer !== null && staff.includes(viewer.role)

/** Time limits before a court are the legal cell's own work. */
export const isLegal = (viewer: Viewer | null): boolean => viewer?.role === 'legal' || viewer?.role === 'admin'

/** The author that the journal keeps: role and name, as in « legal:Inès Roux ». */
export const authorOf = (viewer: Viewer): string => `${viewer.role}:${viewer.name}`

const issuer = 'courtois'
const day = 24 * 3600

/** Signs a token. `now` in whole seconds is read at the edge; a development token lives thirty days. */
export async function signToken(
  secret: Uint8Array,
  viewer: Viewer,
  now: Temporal.Instant,
  seconds = 30 * day,
): Promise<string> {
  const at = Math.floor(now.epochMilliseconds / 1000)
  return new SignJWT({
    role: viewer.role,
    name: viewer.name,
    ...(viewer.creditorId === null ? {} : { creditor: viewer.creditorId }),
    ...(viewer.bailiffId === null ? {} : { bailiff: viewer.bailiffId }),
  })
    .setProtectedHeader({ alg: 'HS256', typ: 'JWT' })
    .setIssuer(issuer)
    .setJti(randomUUID())
    .setIssuedAt(at)
    .setExpirationTime(at + seconds)
    .sign(secret)
}

/** The viewer of a token; DomainError `bad_token` for anything forged, expired or incomplete. */
export async function readToken(secret: Uint8Array, token: string, now: Temporal.Instant): Promise<Viewer> {
  const known = verified.get(secret)?.get(token)
  if (known && now.epochMilliseconds < known.until) return known.viewer
  try {
    const { payload } = await jwtVerify(token, secret, {
      algorithms: ['HS256'],
      issuer,
      requiredClaims: ['exp'],
      currentDate: new Date(now.epochMilliseconds),
    })
    const viewer = viewerOf(payload)
    remember(secret, token, { viewer, until: payload.exp! * 1000 })
    return viewer
  } catch (cause) {
    throw badToken(cause)
  }
}

/** Tokens whose signature was found good: what is true of one stays so until it expires. */
const verified = new WeakMap<Uint8Array, Map<string, { viewer: Viewer; until: number }>>()
const mostTokens = 1000

function remember(secret: Uint8Array, token: string, found: { viewer: Viewer; until: number }): void {
  const tokens = verified.get(secret) ?? new Map<string, { viewer: Viewer; until: number }>()
  verified.set(secret, tokens)
  tokens.set(token, found)
  if (tokens.size > mostTokens) tokens.delete(tokens.keys().next().value!)
}

export const badToken = (cause: unknown): DomainError =>
  new DomainError('bad_token', "Ce jeton d'accès n'est pas valable, ou a expiré.", {
    remedy: 'Connectez-vous de nouveau, ou demandez un nouveau jeton (courtois token --role ROLE).',
    cause,
  })

/** Who the claims of a verified token say it is; throws when they are incomplete. `role` is one role or a list. */
export function viewerOf(claims: Record<string, unknown>): Viewer {
  const text = (key: string) => (typeof claims[key] === 'string' ? claims[key] : null)
  const held = [claims['role']].flat()
  const role = roles.find((known) => held.includes(known))
  const viewer = { name: text('name') ?? '', creditorId: text('creditor'), bailiffId: text('bailiff') }
  const own = role === 'creditor' ? viewer.creditorId : role === 'bailiff' ? viewer.bailiffId : undefined
  // A creditor without a creditor would own nothing; better to say so than to answer empty lists.
  if (!role || viewer.name === '' || (own !== undefined && !isUuid(own ?? ''))) throw new Error('incomplete claims')
  return { role, ...viewer }
}

/** COURTOIS_SECRET, or outside production a secret made once under the data folder, readable by its owner alone. */
export function loadSecret(dataDir: string, given = process.env['COURTOIS_SECRET']): Uint8Array {
  if (given) {
    if (given.length < 32) {
      throw new DomainError('weak_secret', 'COURTOIS_SECRET doit avoir au moins 32 caractères.', {
        remedy: 'Par exemple : openssl rand -hex 32.',
      })
    }
    return new TextEncoder().encode(given)
  }
  const file = join(dataDir, 'secret')
  // Kept beside what it seals, it would be copied with it.
  if (process.env['NODE_ENV'] === 'production') {
    throw new DomainError('no_secret', 'En production, COURTOIS_SECRET est à donner.', {
      remedy: existsSync(file)
        ? `Donnez-lui le contenu de ${file}, le secret de cette maison, et gardez-le à part de ses données.`
        : 'Faites-en un (openssl rand -hex 32), le même pour tous ses processus, et gardez-le à part de ses données.',
    })
  }
  mkdirSync(dataDir, { recursive: true })
  try {
    writeFileSync(file, randomBytes(32).toString('hex'), { mode: 0o600, flag: 'wx' })
  } catch (error) {
    if (errorCode(error) !== 'EEXIST') throw error
  }
  return new TextEncoder().encode(readFileSync(file, 'utf8').trim())
}
