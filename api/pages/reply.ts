import type { Hono, Context as HttpContext } from 'hono'
import { readAgency } from '../../procedures/cases/agency.ts'
import { readCase } from '../../procedures/cases/file/file.ts'
import {
  type Answer,
  type Given,
  readReplies,
  recordReply,
  standingOf,
} from '../../procedures/cases/exchanges/replies.ts'
import { type Coupon, findCoupon, isKnownPlace } from '../../procedures/mail/coupons.ts'
import type { BroughtFile } from '../../procedures/cases/exchanges/dispute-documents.ts'
import { transaction } from '../../schema/db.ts'
import { DomainError } from '../../schema/errors.ts'
import type { House } from '../context.ts'
import { asRefusal } from '../metrics.ts'
import { contactOf } from './contact.ts'
import { admitDocument, type Form, receiveForm } from './form-files.ts'
import {
  countAttempt,
  type Doors,
  forgetAttempts,
  formToken,
  limitBody,
  openSession,
  readSession,
  ownForm,
  requireOwnForm,
  type SessionKind,
} from './guard.ts'
import { send } from './page.ts'
import { answerPage, codePage, joined, type Shown } from './reply-pages.ts'
import { typedAddress } from './typed-address.ts'
import { requiredAmount, requiredDay, requiredText, textOf, type Typed } from './typed.ts'
import { readCode } from './verify.ts'

const session: SessionKind = { cookie: 'courtois-reponse', path: '/r', sameSite: 'Strict', minutes: 30 }
const perVisitor = { max: 20, minutes: 15 }
const perCode = { max: 5, minutes: 24 * 60 }
const perLetter = { max: 20, minutes: 60 }

/**
 * `/r` and `/r/:code`: the debtor's answer by the code of the coupon. Nothing of the matter is shown before the code and the
 * postcode of the letter agree; whether a code exists is not told either.
 */
export function mountReply(app: Hono, house: Doors): void {
  const { office } = house
  app.use('/r/*', (c, next) => {
    // A dispute may come with files; what one may see decides whether they are read at all.
    const maxSize = c.req.method === 'POST' && c.req.path !== '/r' ? joined.files * joined.fileBytes + 100_000 : 50_000
    return limitBody(maxSize, tooLong)(c, next)
  })

  const ask = async (c: HttpContext, code: string, wrong = false) =>
    send(c, codePage(await agencyOf(house), { code, token: formToken(house, c), wrong }), wrong ? 422 : 200)

  app.get('/r', (c) => ask(c, ''))

  app.post('/r', async (c) => {
    const typed = await ownForm(house, c)
    await countAttempt(house, c, 'coupon', perVisitor)
    const code = readCode(typed['code'] ?? '')
    if (code === null) return ask(c, textOf(typed, 'code', 40), true)
    // Counted before it is compared: a hundred guesses sent at once are a hundred guesses.
    await countAttempt(house, c, 'coupon-code', perCode, code)
    const coupon = await findCoupon(office, house.clock.today(), { code })
    if (!coupon || !isKnownPlace(coupon, typed['cp'] ?? '')) return ask(c, code, true)
    await forgetAttempts(house, 'coupon-code', code)
    await openSession(house, c, session, coupon.documentId, coupon.reference)
    return c.redirect(`/r/${code}`, 303)
  })

  app.get('/r/:code', async (c) => {
    const opened = await openedBy(house, c)
    if (!opened) return ask(c, readCode(c.req.param('code')) ?? c.req.param('code').slice(0, 40))
    return send(c, answerPage(await shown(house, c, opened)))
  })

  app.post('/r/:code', async (c) => {
    const opened = await openedBy(house, c)
    if (!opened) return ask(c, readCode(c.req.param('code')) ?? '')
    await countAttempt(house, c, 'coupon-reponse', perLetter, opened.coupon.documentId)
    return office.archive.drafting(async (folder) => {
      const form = await receiveForm(c, folder, joined)
      requireOwnForm(house, c, form.typed['jeton'], opened.sessionId)
      try {
        await keepAnswer(house, opened.coupon, form)
      } catch (error) {
        asRefusal(error)
        return send(c, answerPage({ ...(await shown(house, c, opened)), typed: form.typed, error }), 422)
      }
      return c.redirect(`/r/${opened.code}`, 303)
    })
  })
}

/** Keeps the answer with what came along: files are looked at first, and have a place only once the row that names them is written. */
export async function keepAnswer(
  { office, clock }: House,
  coupon: Coupon,
  { typed, files, refused }: Form,
  given?: Given,
): Promise<void> {
  if (refused) throw refused
  const answer = answerOf(typed)
  if (answer.kind === 'dispute') {
    const brought: BroughtFile[] = []
    for (const file of files) {
      const { sha256, name, bytes } = file
      brought.push({ sha256, name, bytes, mediaType: await admitDocument(file, office.antivirus) })
    }
    answer.files = brought
  }
  await transaction(office.sql, async (sql) => {
    await recordReply(sql, office.random, clock.today(), coupon, answer, given)
    if (answer.kind !== 'dispute') return
    // The same file chosen twice is one file of the archive.
    for (const file of new Map(files.map((each) => [each.sha256, each])).values()) await office.archive.adopt(file)
  })
}

function tooLong(): never {
  throw new DomainError('body_too_large', 'Votre réponse, avec ses fichiers, est trop longue.', {
    remedy: 'Joignez moins de fichiers, ou envoyez-les-nous par courriel ou par la poste.',
  })
}

interface Opened {
  code: string
  coupon: Coupon
  sessionId: string
}

/** The coupon of that address, where this browser has already shown that it knows both facts. */
async function openedBy(house: Doors, c: HttpContext): Promise<Opened | null> {
  const code = readCode(c.req.param('code') ?? '')
  const known = code && (await readSession(house, c, session))
  const coupon = known && (await findCoupon(house.office, house.clock.today(), { code }))
  return coupon && coupon.documentId === known.subject ? { code, coupon, sessionId: known.id } : null
}

const agencyOf = async (house: House) => {
  const agency = await readAgency(house.office.sql)
  return { ...contactOf(agency), dpo: agency.identity.dpo?.email ?? agency.identity.email }
}

const shown = (house: Doors, c: HttpContext, { code, coupon, sessionId }: Opened): Promise<Shown> =>
  shownTo(house, code, coupon, formToken(house, c, sessionId))

/** What a coupon shows to whoever may see it. */
export async function shownTo(
  house: House,
  code: string,
  coupon: Coupon,
  token: string,
  failed: Pick<Shown, 'typed' | 'error'> = {},
): Promise<Shown> {
  const { sql } = house.office
  const [agency, file, replies] = await Promise.all([
    agencyOf(house),
    readCase(sql, coupon.caseId),
    readReplies(sql, coupon.caseId),
  ])
  const day = house.clock.today()
  const own = replies.filter((reply) => reply.documentId === coupon.documentId)
  return { agency, code, coupon, file, day, standing: standingOf(file, day), replies: own, token, ...failed }
}

function answerOf(typed: Typed): Answer {
  const means = () => requiredText(typed, 'moyen', 'le moyen de paiement', 60)
  switch (typed['kind']) {
    case 'paid':
      return {
        kind: 'paid',
        on: requiredDay(typed, 'date', 'la date du paiement'),
        amount: requiredAmount(typed, 'montant', 'le montant payé'),
        means: means(),
        reference: textOf(typed, 'reference', 100) || null,
      }
    case 'promise':
      return { kind: 'promise', on: requiredDay(typed, 'date', 'la date à laquelle vous paierez'), means: means() }
    case 'instalments':
      return {
        kind: 'instalments',
        monthly: requiredAmount(typed, 'montant', 'la somme que vous pouvez payer chaque mois'),
        firstOn: requiredDay(typed, 'date', 'la date du premier versement'),
      }
    case 'dispute':
      return {
        kind: 'dispute',
        ground: requiredText(typed, 'motif', 'le motif de votre contestation', 2000),
        contested: textOf(typed, 'montant') ? requiredAmount(typed, 'montant', 'le montant contesté') : null,
      }
    case 'not_me':
      return { kind: 'not_me', explanation: requiredText(typed, 'motif', 'ce qu’il faut savoir', 1000) }
    case 'address':
      return {
        kind: 'address',
        address: typedAddress(typed),
        email: textOf(typed, 'courriel', 150) || null,
        phone: textOf(typed, 'telephone', 30) || null,
      }
    default:
      throw new DomainError('bad_reply', 'Aucune réponse n’est choisie.', {
        remedy: 'Choisissez une des réponses proposées.',
      })
  }
}
