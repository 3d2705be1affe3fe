import type { Hono, Context as HttpContext } from 'hono'
import { bodyLimit } from 'hono/body-limit'
import { readAgency } from '../../procedures/cases/agency.ts'
import { readCase } from '../../procedures/cases/file.ts'
import {
  type Answer,
  type Coupon,
  findCoupon,
  readReplies,
  recordReply,
  standingOf,
} from '../../procedures/cases/replies.ts'
import { DomainError } from '../../schema/errors.ts'
import { contactOf } from './contact.ts'
import {
  countAttempt,
  type Doors,
  formToken,
  openSession,
  readSession,
  refuseSpent,
  requireOwnForm,
  type SessionKind,
} from './guard.ts'
import { send } from './page.ts'
import { answerPage, codePage, type Shown } from './reply-pages.ts'
import { requiredAmount, requiredDay, requiredText, textOf, type Typed, typedOf } from './typed.ts'
import { readCode } from './verify.ts'

const session: SessionKind = { cookie: 'courtois-reponse', path: '/r', sameSite: 'Strict', minutes: 30 }
const perVisitor = { max: 20, minutes: 15 }
const perCode = { max: 5, minutes: 24 * 60 }

/**
 * `/r` and `/r/:code`: the debtor's answer by the code of the coupon. Nothing of the matter is shown before the code and the
 * postcode of the letter agree; whether a code exists is not told either.
 */
export function mountReply(app: Hono, house: Doors): void {
  const { office } = house
  app.use('/r/*', bodyLimit({ maxSize: 50_000, onError: tooLong }))

  const ask = async (c: HttpContext, code: string, wrong = false) =>
    send(c, codePage(await agencyOf(house), { code, token: formToken(house, c), wrong }), wrong ? 422 : 200)

  app.get('/r', (c) => ask(c, ''))

  app.post('/r', async (c) => {
    const typed = typedOf(await c.req.parseBody())
    requireOwnForm(house, c, typed['jeton'])
    await countAttempt(house, c, 'coupon', perVisitor)
    const code = readCode(typed['code'] ?? '')
    if (code === null) return ask(c, textOf(typed, 'code', 40), true)
    await refuseSpent(house, 'coupon-code', perCode, code)
    const coupon = await findCoupon(office.sql, { code })
    const postalCode = (typed['cp'] ?? '').toUpperCase().replace(/[^0-9A-Z]/g, '')
    if (!coupon || coupon.postalCode === null || coupon.postalCode !== postalCode) {
      await countAttempt(house, c, 'coupon-code', perCode, code)
      return ask(c, code, true)
    }
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
    const typed = typedOf(await c.req.parseBody())
    requireOwnForm(house, c, typed['jeton'], opened.sessionId)
    try {
      await recordReply(office.sql, office.random, house.clock.today(), opened.coupon, answerOf(typed))
    } catch (error) {
      if (!(error instanceof DomainError)) throw error
      return send(c, answerPage({ ...(await shown(house, c, opened)), typed, error }), 422)
    }
    return c.redirect(`/r/${opened.code}`, 303)
  })
}

function tooLong(): never {
  throw new DomainError('body_too_large', 'Votre réponse est trop longue.', {
    remedy: 'Résumez-la, ou écrivez-nous par courriel ou par la poste.',
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
  const coupon = known && (await findCoupon(house.office.sql, { code }))
  return coupon && coupon.documentId === known.subject ? { code, coupon, sessionId: known.id } : null
}

const agencyOf = async (house: Doors) => {
  const agency = await readAgency(house.office.sql)
  return { ...contactOf(agency), dpo: agency.identity.dpo?.email ?? agency.identity.email }
}

async function shown(house: Doors, c: HttpContext, { code, coupon, sessionId }: Opened): Promise<Shown> {
  const [agency, file, replies] = await Promise.all([
    agencyOf(house),
    readCase(house.office.sql, coupon.caseId),
    readReplies(house.office.sql, coupon.caseId),
  ])
  const day = house.clock.today()
  return {
    agency,
    code,
    coupon,
    file,
    day,
    standing: standingOf(file, day),
    replies: replies.filter((reply) => reply.documentId === coupon.documentId),
    token: formToken(house, c, sessionId),
  }
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
        address: {
          lines: requiredText(typed, 'rue', 'la rue', 300)
            .split('\n')
            .map((line) => line.trim())
            .filter(Boolean),
          postalCode: requiredText(typed, 'cp', 'le code postal', 12),
          city: requiredText(typed, 'ville', 'la ville', 100),
          country: 'FR',
        },
        email: textOf(typed, 'courriel', 150) || null,
        phone: textOf(typed, 'telephone', 30) || null,
      }
    default:
      throw new DomainError('bad_reply', 'Aucune réponse n’est choisie.', {
        remedy: 'Choisissez une des réponses proposées.',
      })
  }
}
