import type { Context as HttpContext, Hono } from 'hono'
import { readAgency } from '../../procedures/cases/agency.ts'
import { DomainError } from '../../schema/errors.ts'
import { readToken, type Viewer } from '../auth.ts'
import { refused, type SignIn } from '../sign-in.ts'
import { contactOf } from './contact.ts'
import {
  closeSession,
  countAttempt,
  type Doors,
  formToken,
  keepPending,
  openSession,
  requireOwnForm,
  type SessionKind,
  takePending,
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
  const { signIn } = house
  if (signIn) mountSignIn(app, house, door, signIn)
  app.post(`${path}/sortir`, async (c) => {
    const session = await door.sessionOf(c)
    if (session !== null) {
      requireOwnForm(house, c, typedOf(await c.req.parseBody())['jeton'], session)
      await closeSession(house, c, door.session, session)
    }
    return c.redirect(path, 303)
  })
}

/** `…/connexion` goes to the provider's page, `…/retour` is where it sends back. */
function mountSignIn(app: Hono, house: Doors, door: Door, signIn: SignIn): void {
  const { path } = door.session
  const back = `${path}/retour`
  app.get(`${path}/connexion`, async (c) => {
    await countAttempt(house, c, path.slice(1), perVisitor)
    const { url, pending } = await signIn.begin(house.office.baseUrl + back)
    await keepPending(house, c, path, pending)
    return c.redirect(url, 303)
  })
  app.get(back, async (c) => {
    await countAttempt(house, c, path.slice(1), perVisitor)
    const pending = await takePending(house, c, path)
    if (!pending) throw refused()
    const viewer = await signIn.finish(new URL(`${house.office.baseUrl}${back}${new URL(c.req.url).search}`), pending)
    await admit(house, c, door, viewer)
    // A cookie of this site alone does not follow a redirection that another site began: the page itself goes on.
    return send(c, goOnPage(door))
  })
}

const perVisitor = { max: 30, minutes: 10 }

/** Changes the token of the link for a session, and takes it out of the address bar. */
async function enter(house: Doors, c: HttpContext, door: Door, token: string): Promise<Response> {
  await countAttempt(house, c, door.session.path.slice(1), perVisitor)
  await admit(house, c, door, await readToken(house.secret, token, house.clock.now()))
  return c.redirect(door.session.path, 303)
}

async function admit(house: Doors, c: HttpContext, door: Door, viewer: Viewer): Promise<void> {
  const subject = await door.admit(viewer)
  if (subject === null) {
    throw new DomainError('forbidden', `Cet accès n’ouvre pas ${door.space}.`, {
      remedy: 'Demandez à votre gestionnaire un accès à votre nom.',
    })
  }
  await openSession(house, c, door.session, subject, viewer.name)
}

const goOnPage = ({ session, space }: Door): Html =>
  layout({
    title: 'Connexion',
    brand: 'Courtois',
    goOn: session.path,
    body: h`<h1>Vous êtes connecté</h1><p><a class="button" href="${session.path}">Entrer dans ${space}</a></p>`,
  })

export const signInPage = (agency: Contact, title: string, connexion?: string): Html =>
  layout({
    title,
    brand: agency.name,
    body: h`<h1>${title}</h1>${connexion ? h`<p><a class="button" href="${connexion}">Se connecter</a></p>` : ''}<p class="lead">${connexion ? 'Vous pouvez aussi' : 'Pour entrer,'} ${connexion ? 'ouvrir' : 'ouvrez'} le lien que votre gestionnaire vous a donné. Une session dure huit heures.</p>
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
