import type { Hono, Context as HttpContext } from 'hono'
import { readAgency } from '../../procedures/cases/agency.ts'
import { readCase } from '../../procedures/cases/file/file.ts'
import { readReplies } from '../../procedures/cases/exchanges/replies.ts'
import type { Sql } from '../../schema/db.ts'
import { DomainError } from '../../schema/errors.ts'
import type { Viewer } from '../auth.ts'
import { contextOf, readingBy } from '../context.ts'
import type { Log } from '../errors.ts'
import { inline, type OpenedLetter, openLetter, sendDisputeFile, sendOpened, sendOriginal } from '../downloads.ts'
import { readAs } from '../reading.ts'
import { contactOf } from './contact.ts'
import { mountDoor, signInPage } from './door.ts'
import { type Doors, formToken, limitBody, readSession, type SessionKind } from './guard.ts'
import { send } from './page.ts'
import { mountAccounts } from './portal-accounts.ts'
import { mountAnnounce } from './portal-announce.ts'
import { mountApprovals } from './portal-approvals.ts'
import { mountCalendar } from './portal-calendar.ts'
import { casePage } from './portal-case.ts'
import { mountConsents } from './portal-consents.ts'
import { type Desk, noteRead, type WithDesk } from './portal-desk.ts'
import { mountDisputes } from './portal-disputes.ts'
import { mountDocuments } from './portal-documents.ts'
import { findByNumber, journalMark, listCases, overview, procedureLog } from './portal-data.ts'
import { homePage } from './portal-home.ts'
import { mountInvoices } from './portal-invoices.ts'
import { mountLive } from './portal-live.ts'
import { listPage, states } from './portal-list.ts'
import { searchOf } from './typed.ts'
import { mountReview } from './portal-review.ts'

const session: SessionKind = { cookie: 'courtois-portail', path: '/portail', sameSite: 'Lax', minutes: 8 * 60 }

/** `/portail`: the creditor's space. */
export function mountPortal(app: Hono, house: Doors, log: Log): void {
  const withDesk: WithDesk = async (
    c,
    act,
    as = c.req.method === 'GET' || c.req.method === 'HEAD' ? 'reader' : 'house',
  ) => {
    const signedIn = await signedInAs(house, c)
    const opened = async (sql: Sql): Promise<Response> => {
      const desk = signedIn && (await deskOf(house, c, signedIn, sql))
      if (desk) return act(desk)
      return send(
        c,
        signInPage(contactOf(await readAgency(sql)), 'Espace du créancier', house.signIn && '/portail/connexion'),
        401,
      )
    }
    const { sql } = house.office
    return as === 'reader' ? readAs(sql, signedIn?.viewer ?? null, opened) : opened(sql)
  }

  app.use('/portail/*', async (c, next) => {
    // A file of an invoice aside, nothing that is typed here is long.
    const maxSize = /^\/portail\/(factures|releves|dossiers\/[^/]+\/contestation)/.test(c.req.path) ? 21 << 20 : 100_000
    return limitBody(maxSize, tooLong)(c, next)
  })

  mountDoor(app, house, {
    session,
    space: 'l’espace d’un créancier',
    async admit({ role, creditorId }) {
      if (role !== 'creditor' || creditorId === null) return null
      const [known] = await house.office.sql`select 1 from creditors where id = ${creditorId}`
      return known ? creditorId : null
    },
    sessionOf: async (c) => (await readSession(house, c, session))?.id ?? null,
  })

  app.get('/portail', (c) =>
    withDesk(c, async (desk) => {
      const seen = await overview(desk.ctx)
      noteRead(desk, [...seen.consents, ...seen.events, ...seen.disputesToAnswer])
      return send(c, homePage(desk, seen))
    }),
  )
  app.get('/portail/dossiers', (c) =>
    withDesk(c, async (desk) => {
      const state = states.find(([id]) => id === c.req.query('etat'))?.[0] ?? null
      const page = Math.min(100_000, Math.max(1, Math.trunc(Number(c.req.query('page')) || 1)))
      const asked = { text: searchOf(c), state, page }
      const listed = await listCases(desk.ctx, asked)
      noteRead(
        desk,
        listed.lines.map(({ id: caseId }) => ({ caseId })),
      )
      return send(c, listPage(desk, asked, listed))
    }),
  )
  app.get('/portail/dossiers/:number', (c) =>
    withDesk(c, async (desk) => {
      const { id } = await findByNumber(desk.ctx, c.req.param('number'))
      noteRead(desk, [{ caseId: id }])
      const { sql } = desk.ctx
      // Before all else: what happens meanwhile is told to the page, and shown once more.
      const mark = await journalMark(desk.ctx, id)
      const [file, replies, judicial] = await Promise.all([
        readCase(sql, id),
        readReplies(sql, id),
        procedureLog(sql, id, desk.ctx.day),
      ])
      const isNew = c.req.query('recue') !== undefined
      return send(c, casePage(desk, { file, replies, ...judicial, isNew, mark }))
    }),
  )
  app.get('/portail/dossiers/:number/originaux/:sha256', (c) => withDesk(c, (desk) => sendOriginal(desk.ctx, c)))
  app.get('/portail/contestations/:id', (c) => withDesk(c, (desk) => sendDisputeFile(desk.ctx, c)))
  app.get('/portail/courriers/:id', async (c) => {
    // Whose letter it is, is asked as the creditor; once that is known, its copy is the house's own to make.
    const opened: OpenedLetter[] = []
    const answer = await withDesk(c, async (desk) => {
      opened.push(await openLetter(desk.ctx, c))
      return c.body(null)
    })
    return opened[0] ? inline(await sendOpened(house.office, opened[0], c)) : answer
  })
  mountLive(app, house, withDesk, async (c) => (await signedInAs(house, c))?.viewer ?? null, log)
  mountConsents(app, house, '/portail/accords/:id', withDesk)
  mountInvoices(app, house, withDesk)
  mountAccounts(app, house, withDesk)
  mountApprovals(app, house, withDesk)
  mountCalendar(app, house, withDesk)
  mountReview(app, withDesk)
  mountDocuments(app, withDesk)
  mountAnnounce(app, house, withDesk)
  mountDisputes(app, house, withDesk)
}

interface SignedIn {
  viewer: Viewer
  sessionId: string
}

async function signedInAs(house: Doors, c: HttpContext): Promise<SignedIn | null> {
  const known = await readSession(house, c, session)
  if (!known) return null
  return {
    viewer: { role: 'creditor', name: known.name, creditorId: known.subject, bailiffId: null },
    sessionId: known.id,
  }
}

async function deskOf(house: Doors, c: HttpContext, { viewer, sessionId }: SignedIn, sql: Sql): Promise<Desk | null> {
  const ctx = { ...contextOf(house, viewer), ...readingBy(house, sql) }
  const [creditor] = await sql<{ name: string }[]>`select name from creditors where id = ${viewer.creditorId}`
  if (!creditor) return null
  const agency = contactOf(await readAgency(sql))
  return { ctx, creditor: creditor.name, agency, token: formToken(house, c, sessionId), sessionId }
}

function tooLong(): never {
  throw new DomainError('body_too_large', 'L’envoi dépasse 20 Mo.', {
    remedy: 'Envoyez la facture seule, sans ses annexes.',
  })
}
