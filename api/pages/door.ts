import type { Context as HttpContext, Hono } from 'hono'
import { readAgency } from '../../procedures/cases/agency.ts'
import { DomainError } from '../../schema/errors.ts'
import { readToken, type Viewer } from '../auth.ts'
import { contactOf } from './contact.ts'
import {
  closeSession,
  countAttempt,
  type Doors,
  formToken,
  openSession,
  requireOwnForm,
  type SessionKind,
} from './guard.ts'
import { type Contact, contactBlock, h, type Html, layout, send } from './page.ts'
import { typedOf } from './typed.ts'

/** A space of pages that one enters by a link with a token, which becomes a session. */
export interface Door {
  session: SessionKind
  /** « l’espace du créancier ». */
  space: string
  /** Whom the session is of; null where the token opens another door. */
  admit(viewer: Viewer): Promise<string | null>
  /** The session of a request, to leave it. */
  sessionOf(c: HttpContext): Promise<string | null>
}

/** `…/entrer` and `…/sortir`: another site can neither sign anyone in nor out. */
export function mountDoor(app: Hono, house: Doors, door: Door): void {
  const { path } = door.session
  app.get(`${path}/entrer`, async (c) => {
    const token = c.req.query('jeton') ?? ''
    const from = c.req.header('sec-fetch-site')
    // Followed from our own terminal or pages it opens at once; from elsewhere it asks, so that no other site signs anyone in.
    if (from === undefined || from === 'none' || from === 'same-origin') return enter(house, c, door, token)
    return send(c, confirmPage(contactOf(await readAgency(house.office.sql)), door, token, formToken(house, c)))
  })
  app.post(`${path}/entrer`, async (c) => {
    const typed = typedOf(await c.req.parseBody())
    requireOwnForm(house, c, typed['formulaire'])
    return enter(house, c, door, typed['jeton'] ?? '')
  })
  app.post(`${path}/sortir`, async (c) => {
    const session = await door.sessionOf(c)
    if (session !== null) {
      requireOwnForm(house, c, typedOf(await c.req.parseBody())['jeton'], session)
      closeSession(house, c, door.session)
    }
    return c.redirect(path, 303)
  })
}

/** Changes the token of the link for a session, and takes it out of the address bar. */
async function enter(house: Doors, c: HttpContext, door: Door, token: string): Promise<Response> {
  await countAttempt(house, c, door.session.path.slice(1), { max: 30, minutes: 10 })
  const viewer = await readToken(house.secret, token, house.clock.now())
  const subject = await door.admit(viewer)
  if (subject === null) {
    throw new DomainError('forbidden', `Ce lien n’ouvre pas ${door.space}.`, {
      remedy: 'Demandez à votre gestionnaire un lien à votre nom.',
    })
  }
  await openSession(house, c, door.session, subject, viewer.name)
  return c.redirect(door.session.path, 303)
}

export const signInPage = (agency: Contact, title: string): Html =>
  layout({
    title,
    brand: agency.name,
    body: h`<h1>${title}</h1><p class="lead">Pour entrer, ouvrez le lien que votre gestionnaire vous a donné. Une session dure huit heures.</p>
<p>${agency.manager.name}, <a href="mailto:${agency.manager.email}">${agency.manager.email}</a>, ${agency.manager.phone}</p>`,
    foot: contactBlock(agency),
  })

const confirmPage = (agency: Contact, { space, session }: Door, token: string, form: string): Html =>
  layout({
    title: `Entrer dans ${space}`,
    brand: agency.name,
    body: h`<h1>Entrer dans ${space}</h1><p class="lead">Vous avez suivi un lien vers ces pages. Confirmez pour y entrer.</p>
<form action="${session.path}/entrer" method="post"><input type="hidden" name="formulaire" value="${form}"><input type="hidden" name="jeton" value="${token}"><p><button>Entrer</button></p></form>`,
    foot: contactBlock(agency),
  })
