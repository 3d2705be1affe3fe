import { createHmac, timingSafeEqual } from 'node:crypto'
import { getConnInfo } from '@hono/node-server/conninfo'
import type { Context as HttpContext, MiddlewareHandler } from 'hono'
import { bodyLimit } from 'hono/body-limit'
import { getCookie, setCookie } from 'hono/cookie'
import { SignJWT, jwtVerify } from 'jose'
import { DomainError } from '../../schema/errors.ts'
import { newCode } from '../../schema/random.ts'
import type { House } from '../context.ts'
import type { PendingSignIn, SignIn } from '../sign-in.ts'
import { type Typed, typedOf } from './typed.ts'

export interface Doors extends House {
  /** The last address of X-Forwarded-For is the visitor's: only where a proxy of ours writes it. */
  trustProxy: boolean
  /** The provider's own page, where people sign in by it. */
  signIn?: SignIn
  /** Development: a token of the API opens a space of pages as well, once. */
  takesTokens: boolean
}

export interface Limit {
  max: number
  minutes: number
}

/**
 * Counts an attempt of this visitor, or of whatever `who` names, and refuses past the limit. The count is a row: every process
 * shares it, it outlives a restart, and it needs nothing beside the database that the page asks anyway.
 */
export async function countAttempt(
  house: Doors,
  c: HttpContext,
  place: string,
  limit: Limit,
  who = addressOf(house, c),
): Promise<void> {
  const { sql } = house.office
  const now = house.clock.now()
  const from = now.subtract({ minutes: limit.minutes })
  const key = keyOf(house, place, who)
  const [row] = await sql<{ count: number; since: Temporal.Instant }[]>`
    insert into attempts as a (place, who, since, count) values (${place}, ${key}, ${now}, 1)
    on conflict (place, who) do update set
      count = case when a.since > ${from} then a.count + 1 else 1 end,
      since = case when a.since > ${from} then a.since else excluded.since end
    returning count, since`
  if (row!.count === 1) await sql`delete from attempts where since < ${now.subtract({ hours: 48 })}`
  if (row!.count <= limit.max) return
  const seconds = Math.max(1, Math.ceil(row!.since.add({ minutes: limit.minutes }).since(now).total('seconds')))
  c.header('retry-after', String(seconds))
  throw tooMany(seconds)
}

/** Whoever knew the answer has attempted nothing. */
export async function forgetAttempts(house: House, place: string, who: string): Promise<void> {
  await house.office.sql`delete from attempts where place = ${place} and who = ${keyOf(house, place, who)}`
}

/** Refuses a body longer than that; and one that does not say its length, for it would be held in memory to be measured. */
export function limitBody(maxSize: number, onError: () => never): MiddlewareHandler {
  const limit = bodyLimit({ maxSize, onError })
  return (c, next) => {
    if (c.req.header('transfer-encoding') === undefined) return limit(c, next)
    throw new DomainError('length_unknown', 'Cet envoi ne dit pas sa longueur.', {
      remedy: 'Envoyez-le par le formulaire de la page, d’un navigateur à jour.',
    })
  }
}

const keyOf = (house: House, place: string, who: string): string => mac(house, `attempt\0${place}\0${who}`).slice(0, 22)

const tooMany = (seconds: number): DomainError =>
  new DomainError('too_many_attempts', 'Trop d’essais ont été faits en peu de temps.', {
    remedy: `Réessayez dans ${wait(seconds)}, ou écrivez-nous\u00a0: nos coordonnées sont sur la lettre.`,
    facts: { seconds },
  })

const wait = (seconds: number): string =>
  seconds > 5400
    ? `${Math.round(seconds / 3600)} heures`
    : seconds > 90
      ? `${Math.ceil(seconds / 60)} minutes`
      : 'une minute'

/** Who knocks. An IPv6 house has a whole /64 of addresses, and counts as one. */
function addressOf(house: Doors, c: HttpContext): string {
  const forwarded = house.trustProxy ? c.req.header('x-forwarded-for')?.split(',').at(-1)?.trim() : undefined
  const address = forwarded || socketAddress(c)
  return address.includes(':') && !address.includes('.') ? address.split(':').slice(0, 4).join(':') : address
}

function socketAddress(c: HttpContext): string {
  // Without a server underneath (a test, a worker) there is no socket to ask.
  return c.env && typeof c.env === 'object' && 'incoming' in c.env ? (getConnInfo(c).remote.address ?? '') : 'local'
}

const mac = (house: House, text: string): string => createHmac('sha256', house.secret).update(text).digest('base64url')

const formCookie = 'courtois-formulaire'

/** The hidden token of a form: of this browser (a cookie no script reads) and of this session, and of no other. */
export function formToken(house: House, c: HttpContext, session = ''): string {
  let nonce = getCookie(c, formCookie)
  if (!nonce || !/^[0-9A-Z-]{29}$/.test(nonce)) {
    nonce = newCode(house.office.random, 6)
    setCookie(c, formCookie, nonce, { path: '/', httpOnly: true, sameSite: 'Strict', secure: isSecure(house) })
  }
  return mac(house, `form\0${nonce}\0${session}`)
}

/** Refuses a post that did not come from a form of ours, in this browser and this session. */
export function requireOwnForm(house: House, c: HttpContext, token: unknown, session = ''): void {
  const site = c.req.header('sec-fetch-site')
  const nonce = getCookie(c, formCookie) ?? ''
  const expected = Buffer.from(mac(house, `form\0${nonce}\0${session}`))
  const given = Buffer.from(typeof token === 'string' ? token : '')
  const isOurs = nonce !== '' && given.length === expected.length && timingSafeEqual(given, expected)
  if (isOurs && (site === undefined || site === 'same-origin')) return
  throw new DomainError('foreign_form', 'Ce formulaire a expiré, ou votre navigateur refuse les cookies.', {
    remedy: 'Revenez à la page précédente, rechargez-la et recommencez\u00a0; rien n’a été enregistré.',
  })
}

/** What was typed in a form of ours: a post without files, in this browser and this session. */
export async function ownForm(house: House, c: HttpContext, session = ''): Promise<Typed> {
  const typed = typedOf(await c.req.parseBody())
  requireOwnForm(house, c, typed['jeton'], session)
  return typed
}

export const isSecure = (house: House): boolean => house.office.baseUrl.startsWith('https:')

/** What a signed cookie says, for as long as it says it. */
export interface Session {
  id: string
  /** Whom or what it opens: a letter with its coupon, or a creditor. */
  subject: string
  name: string
}

export interface SessionKind {
  cookie: string
  path: string
  sameSite: 'Strict' | 'Lax'
  minutes: number
}

// Another issuer than the tokens of the API: neither is ever taken for the other.
const issuer = 'courtois-pages'

export const newSessionId = (house: House): string => newCode(house.office.random, 4)

/** Opens a session: a cookie that no script reads, signed, for this path alone. */
export async function openSession(
  house: House,
  c: HttpContext,
  kind: SessionKind,
  subject: string,
  name: string,
  id = newSessionId(house),
): Promise<void> {
  const at = Math.floor(house.clock.now().epochMilliseconds / 1000)
  const value = await new SignJWT({ name })
    .setProtectedHeader({ alg: 'HS256', typ: 'JWT' })
    .setIssuer(issuer)
    .setAudience(kind.cookie)
    .setSubject(subject)
    .setJti(id)
    .setIssuedAt(at)
    .setExpirationTime(at + kind.minutes * 60)
    .sign(house.secret)
  setCookie(c, kind.cookie, value, {
    path: kind.path,
    httpOnly: true,
    sameSite: kind.sameSite,
    secure: isSecure(house),
    maxAge: kind.minutes * 60,
  })
}

/** Takes the cookie away, and has nobody who kept a copy of it come back. */
export async function closeSession(house: House, c: HttpContext, kind: SessionKind, id: string): Promise<void> {
  const { sql } = house.office
  const now = house.clock.now()
  const until = now.add({ minutes: kind.minutes })
  await sql`insert into ended_sessions (id, until) values (${id}, ${until}) on conflict do nothing`
  await sql`delete from ended_sessions where until < ${now}`
  setCookie(c, kind.cookie, '', {
    path: kind.path,
    httpOnly: true,
    sameSite: kind.sameSite,
    secure: isSecure(house),
    maxAge: 0,
  })
}

/** The session of this browser; null when there is none, or it is over, or was not made here. */
export async function readSession(house: House, c: HttpContext, kind: SessionKind): Promise<Session | null> {
  const value = getCookie(c, kind.cookie)
  if (!value) return null
  let known: Session
  try {
    const { payload } = await jwtVerify(value, house.secret, {
      algorithms: ['HS256'],
      issuer,
      audience: kind.cookie,
      requiredClaims: ['exp', 'sub', 'jti'],
      currentDate: new Date(house.clock.now().epochMilliseconds),
    })
    known = {
      id: payload.jti!,
      subject: payload.sub!,
      name: typeof payload['name'] === 'string' ? payload['name'] : '',
    }
  } catch {
    return null
  }
  const [ended] = await house.office.sql`select 1 from ended_sessions where id = ${known.id}`
  return ended ? null : known
}

const pendingCookie = 'courtois-connexion'
const pendingMinutes = 10

/** Keeps what the provider's answer will be compared with: signed, for this path, and readable by no script. */
export async function keepPending(house: House, c: HttpContext, path: string, pending: PendingSignIn): Promise<void> {
  const at = Math.floor(house.clock.now().epochMilliseconds / 1000)
  const value = await new SignJWT({ ...pending })
    .setProtectedHeader({ alg: 'HS256', typ: 'JWT' })
    .setIssuer(issuer)
    .setAudience(pendingCookie)
    .setSubject(path)
    .setExpirationTime(at + pendingMinutes * 60)
    .sign(house.secret)
  // Lax: it is the provider's page that sends the browser back.
  const shape = { path, httpOnly: true, sameSite: 'Lax', secure: isSecure(house) } as const
  setCookie(c, pendingCookie, value, { ...shape, maxAge: pendingMinutes * 60 })
}

/** The same, once: whoever comes back a second time begins anew. */
export async function takePending(house: House, c: HttpContext, path: string): Promise<PendingSignIn | null> {
  const value = getCookie(c, pendingCookie)
  setCookie(c, pendingCookie, '', { path, httpOnly: true, sameSite: 'Lax', secure: isSecure(house), maxAge: 0 })
  if (!value) return null
  try {
    const { payload } = await jwtVerify<PendingSignIn>(value, house.secret, {
      algorithms: ['HS256'],
      issuer,
      audience: pendingCookie,
      subject: path,
      requiredClaims: ['exp', 'state', 'nonce', 'verifier'],
      currentDate: new Date(house.clock.now().epochMilliseconds),
    })
    return { state: payload.state, nonce: payload.nonce, verifier: payload.verifier }
  } catch {
    return null
  }
}
