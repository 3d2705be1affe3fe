import type { Hono, Context as HttpContext } from 'hono'
import { bodyLimit } from 'hono/body-limit'
import { readAgency } from '../../procedures/cases/agency.ts'
import { readCase } from '../../procedures/cases/file.ts'
import { readReplies } from '../../procedures/cases/replies.ts'
import { DomainError } from '../../schema/errors.ts'
import { readToken } from '../auth.ts'
import { contextOf } from '../context.ts'
import { sendLetterPdf } from '../downloads.ts'
import { contactOf } from './contact.ts'
import {
  closeSession,
  countAttempt,
  type Doors,
  formToken,
  openSession,
  readSession,
  requireOwnForm,
  type SessionKind,
} from './guard.ts'
import { type Contact, contactBlock, h, type Html, layout, send } from './page.ts'
import { mountAccounts } from './portal-accounts.ts'
import { mountApprovals } from './portal-approvals.ts'
import { mountCalendar } from './portal-calendar.ts'
import { casePage } from './portal-case.ts'
import { mountConsents } from './portal-consents.ts'
import type { Desk, WithDesk } from './portal-desk.ts'
import { findByNumber, listCases, overview, procedureLog } from './portal-data.ts'
import { homePage } from './portal-home.ts'
import { mountInvoices } from './portal-invoices.ts'
import { listPage, states } from './portal-list.ts'
import { typedOf } from './typed.ts'

const session: SessionKind = { cookie: 'courtois-portail', path: '/portail', sameSite: 'Lax', minutes: 8 * 60 }

/** `/portail`: the creditor's space. */
export function mountPortal(app: Hono, house: Doors): void {
  const withDesk: WithDesk = async (c, act) => {
    const desk = await deskOf(house, c)
    return desk ? act(desk) : send(c, signInPage(contactOf(await readAgency(house.office.sql))), 401)
  }

  app.use('/portail/*', async (c, next) => {
    // A file of an invoice aside, nothing that is typed here is long.
    const maxSize = /^\/portail\/(factures|releves)/.test(c.req.path) ? 21 << 20 : 100_000
    return bodyLimit({ maxSize, onError: tooLong })(c, next)
  })

  app.get('/portail/entrer', async (c) => {
    const token = c.req.query('jeton') ?? ''
    const from = c.req.header('sec-fetch-site')
    // Followed from our own terminal or pages it opens at once; from elsewhere it asks, so that no other site signs anyone in.
    if (from === undefined || from === 'none' || from === 'same-origin') return enter(house, c, token)
    return send(c, confirmPage(contactOf(await readAgency(house.office.sql)), token, formToken(house, c)))
  })
  app.post('/portail/entrer', async (c) => {
    const typed = typedOf(await c.req.parseBody())
    requireOwnForm(house, c, typed['formulaire'])
    return enter(house, c, typed['jeton'] ?? '')
  })
  app.post('/portail/sortir', (c) =>
    withDesk(c, async (desk) => {
      requireOwnForm(house, c, typedOf(await c.req.parseBody())['jeton'], desk.sessionId)
      closeSession(house, c, session)
      return c.redirect('/portail', 303)
    }),
  )

  app.get('/portail', (c) => withDesk(c, async (desk) => send(c, homePage(desk, await overview(desk.ctx)))))
  app.get('/portail/dossiers', (c) =>
    withDesk(c, async (desk) => {
      const state = states.find(([id]) => id === c.req.query('etat'))?.[0] ?? null
      const page = Math.min(100_000, Math.max(1, Math.trunc(Number(c.req.query('page')) || 1)))
      const asked = {
        text: (c.req.query('q') ?? '')
          .replace(/\p{Cc}/gu, '')
          .trim()
          .slice(0, 100),
        state,
        page,
      }
      return send(c, listPage(desk, asked, await listCases(desk.ctx, asked)))
    }),
  )
  app.get('/portail/dossiers/:number', (c) =>
    withDesk(c, async (desk) => {
      const { id } = await findByNumber(desk.ctx, c.req.param('number'))
      const { sql } = desk.ctx
      const [file, replies, judicial] = await Promise.all([
        readCase(sql, id),
        readReplies(sql, id),
        procedureLog(sql, id, desk.ctx.day),
      ])
      return send(c, casePage(desk, { file, replies, ...judicial, isNew: c.req.query('recue') !== undefined }))
    }),
  )
  app.get('/portail/courriers/:id', (c) =>
    withDesk(c, async (desk) => {
      const response = await sendLetterPdf(desk.ctx, c)
      const name = response.headers.get('content-disposition')
      if (name) response.headers.set('content-disposition', name.replace(/^attachment/, 'inline'))
      return response
    }),
  )
  mountConsents(app, house, withDesk)
  mountInvoices(app, house, withDesk)
  mountAccounts(app, house, withDesk)
  mountApprovals(app, house, withDesk)
  mountCalendar(app, house, withDesk)
}

async function deskOf(house: Doors, c: HttpContext): Promise<Desk | null> {
  const known = await readSession(house, c, session)
  if (!known) return null
  const viewer = { role: 'creditor', name: known.name, creditorId: known.subject, bailiffId: null } as const
  const ctx = contextOf(house, viewer)
  const [creditor] = await ctx.sql<{ name: string }[]>`select name from creditors where id = ${known.subject}`
  if (!creditor) return null
  const agency = contactOf(await readAgency(ctx.sql))
  return { ctx, creditor: creditor.name, agency, token: formToken(house, c, known.id), sessionId: known.id }
}

/** Changes the token of the link for a session, and takes it out of the address bar. */
async function enter(house: Doors, c: HttpContext, token: string): Promise<Response> {
  await countAttempt(house, c, 'portail', { max: 30, minutes: 10 })
  const viewer = await readToken(house.secret, token, house.clock.now())
  const [creditor] = viewer.creditorId
    ? await house.office.sql`select 1 from creditors where id = ${viewer.creditorId}`
    : []
  if (viewer.role !== 'creditor' || !creditor) {
    throw new DomainError('forbidden', 'Ce lien n’ouvre l’espace d’aucun créancier.', {
      remedy: 'Demandez à votre gestionnaire un lien à votre nom.',
    })
  }
  await openSession(house, c, session, viewer.creditorId!, viewer.name)
  return c.redirect('/portail', 303)
}

function tooLong(): never {
  throw new DomainError('body_too_large', 'L’envoi dépasse 20 Mo.', {
    remedy: 'Envoyez la facture seule, sans ses annexes.',
  })
}

const signInPage = (agency: Contact): Html =>
  layout({
    title: 'Espace du créancier',
    brand: agency.name,
    body: h`<h1>Espace du créancier</h1><p class="lead">Pour entrer, ouvrez le lien que votre gestionnaire vous a donné. Une session dure huit heures.</p>
<p>${agency.manager.name}, <a href="mailto:${agency.manager.email}">${agency.manager.email}</a>, ${agency.manager.phone}</p>`,
    foot: contactBlock(agency),
  })

const confirmPage = (agency: Contact, token: string, form: string): Html =>
  layout({
    title: 'Entrer dans l’espace du créancier',
    brand: agency.name,
    body: h`<h1>Entrer dans l’espace du créancier</h1><p class="lead">Vous avez suivi un lien vers votre espace. Confirmez pour y entrer.</p>
<form action="/portail/entrer" method="post"><input type="hidden" name="formulaire" value="${form}"><input type="hidden" name="jeton" value="${token}"><p><button>Entrer</button></p></form>`,
    foot: contactBlock(agency),
  })
