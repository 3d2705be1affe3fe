import type { Context as HttpContext, Hono } from 'hono'
import { approveSteps } from '../../procedures/amicable/approvals.ts'
import { readAgency } from '../../procedures/cases/agency.ts'
import { DomainError } from '../../schema/errors.ts'
import { authorOf, isStaff, may, type Role, staff } from '../auth.ts'
import { contextOf, forbidden } from '../context.ts'
import { newCode } from '../../schema/random.ts'
import { sendDisputeFile, showLetterPdf } from '../downloads.ts'
import { asRefusal } from '../metrics.ts'
import { contactOf } from './contact.ts'
import { mountDoor, signInPage } from './door.ts'
import { type Doors, formToken, limitBody, readSession, ownForm, type SessionKind } from './guard.ts'
import { send } from './page.ts'
import { joined } from './reply-pages.ts'
import { doGesture, gestures } from './staff-acts.ts'
import { boardPage, type StaffFrame } from './staff-board.ts'
import { mountClosures } from './staff-closures.ts'
import { mountPaperCoupon } from './staff-coupon.ts'
import type { FrameOf, Who } from './staff-door.ts'
import { mountStaffLinks } from './staff-consent-links.ts'
import { mountStaffLetters } from './staff-letters.ts'
import { mountStaffScripts } from './staff-scripts.ts'
import { bill, mountOutlays } from './staff-outlays.ts'
import { mountRemissions } from './staff-remissions.ts'
import { readBoard, readCallers } from './staff-data.ts'
import { searchOf, textOf } from './typed.ts'

const session: SessionKind = { cookie: 'courtois-bureau', path: '/bureau', sameSite: 'Strict', minutes: 8 * 60 }

const cellNames: Partial<Record<Role, string>> = {
  research: 'cellule de recherche',
  phone: 'cellule téléphonique',
  amicable: 'cellule amiable',
  legal: 'cellule juridique',
  admin: 'administration',
}

/** `/bureau`: the board of the day for the agency's own people. */
export function mountStaff(app: Hono, house: Doors): void {
  const withStaff = async (c: HttpContext, act: (who: Who) => Promise<Response>): Promise<Response> => {
    const who = await staffOf(house, c)
    return who
      ? act(who)
      : send(
          c,
          signInPage(
            contactOf(await readAgency(house.office.sql)),
            'Bureau du cabinet',
            house.signIn && '/bureau/connexion',
          ),
          401,
        )
  }
  const show = async (c: HttpContext, who: Who, told: Told = {}): Promise<Response> => {
    const text = searchOf(c)
    const [board, found, frame] = await Promise.all([
      readBoard(who.ctx),
      text ? readCallers(who.ctx, text) : null,
      frameOf(house, c, who),
    ])
    const shown = told.failed ? { ...frame, failed: told.failed } : frame
    return send(c, boardPage(shown, board, found && { text, found }, told), told.error || told.failed ? 422 : 200)
  }

  app.use('/bureau/*', (c, next) => {
    const files = c.req.path.startsWith('/bureau/coupon/') ? joined : c.req.path === '/bureau/debours' ? bill : null
    return limitBody(files ? files.files * files.fileBytes + 100_000 : 20_000, tooLong)(c, next)
  })
  mountDoor(app, house, {
    session,
    space: 'le bureau du cabinet',
    admit: async (viewer) => (isStaff(viewer) ? viewer.role : null),
    sessionOf: async (c) => (await readSession(house, c, session))?.id ?? null,
  })

  app.get('/bureau', (c) => withStaff(c, (who) => show(c, who, { done: c.req.query('fait') !== undefined })))
  app.get('/bureau/courriers/:id', (c) => withStaff(c, ({ ctx }) => showLetterPdf(ctx, c)))
  app.get('/bureau/contestations/:id', (c) => withStaff(c, ({ ctx }) => sendDisputeFile(ctx, c)))
  const framed: FrameOf = (c, who) => frameOf(house, c, who)
  mountPaperCoupon(app, house, withStaff, framed)
  mountClosures(app, house, withStaff, framed)
  mountStaffLinks(app, house, withStaff, framed)
  mountStaffLetters(app, house, withStaff, framed)
  mountStaffScripts(app, house, withStaff, framed)
  mountRemissions(app, house, withStaff, framed)
  mountOutlays(app, house, withStaff, framed)
  for (const name of Object.keys(gestures)) {
    app.post(`/bureau/${name}`, (c) =>
      withStaff(c, async (who) => {
        const typed = await ownForm(house, c, who.sessionId)
        try {
          await doGesture(who.ctx, name, typed)
          return c.redirect('/bureau?fait', 303)
        } catch (error) {
          asRefusal(error)
          if (error.code === 'forbidden') throw error
          return show(c, who, { failed: { name, typed, error } })
        }
      }),
    )
  }
  app.post('/bureau/approuver', (c) =>
    withStaff(c, async (who) => {
      const typed = await ownForm(house, c, who.sessionId)
      const { viewer, office, day } = who.ctx
      if (!may(viewer, 'approveSteps')) throw forbidden(viewer!.role)
      const approved = typed['geste'] === 'approuver'
      const answer = {
        stepIds: [typed['etape'] ?? ''],
        approved,
        reason: textOf(typed, 'motif', 300) || null,
        creditorId: null,
      }
      try {
        await approveSteps(office.sql, office.random, day, answer, authorOf(viewer!))
        return c.redirect('/bureau?fait', 303)
      } catch (error) {
        asRefusal(error)
        return show(c, who, { error })
      }
    }),
  )
}

interface Told {
  error?: DomainError
  failed?: NonNullable<StaffFrame['failed']>
  done?: boolean
}

function tooLong(): never {
  throw new DomainError('body_too_large', 'L’envoi est trop long.', {
    remedy: 'Raccourcissez le texte, ou joignez moins de fichiers.',
  })
}

async function staffOf(house: Doors, c: HttpContext): Promise<Who | null> {
  const known = await readSession(house, c, session)
  const role = staff.find((each) => each === known?.subject)
  if (!known || !role) return null
  const viewer = { role, name: known.name, creditorId: null, bailiffId: null }
  return { ctx: contextOf(house, viewer), sessionId: known.id }
}

async function frameOf(house: Doors, c: HttpContext, { ctx, sessionId }: Who): Promise<StaffFrame> {
  const { viewer, day } = ctx
  return {
    agency: contactOf(await readAgency(ctx.sql)),
    name: viewer!.name,
    cell: cellNames[viewer!.role] ?? viewer!.role,
    token: formToken(house, c, sessionId),
    day,
    may: (act) => may(viewer, act),
    key: () => newCode(ctx.office.random, 4),
  }
}
