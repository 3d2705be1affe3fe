import type { Context as HttpContext, Hono } from 'hono'
import { readAgency } from '../../procedures/cases/agency.ts'
import { DomainError } from '../../schema/errors.ts'
import { badToken, readToken, type Viewer } from '../auth.ts'
import { refused, type SignIn } from '../sign-in.ts'
import { contactOf } from './contact.ts'
import { type Entry, entryHours, openEntry, openToken, readEntry } from './entry.ts'
import {
  closeSession,
  countAttempt,
  type Doors,
  formToken,
  keepPending,
  newSessionId,
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
  /** « Entrer dans l’espace du créancier », where that is not what one does. */
  entering?: string
  /** How long a link may be opened, and what it opened stays so. */
  lasts?: { link: string; session: string }
  /** Whom the session is of; null where what was given opens another door. `linkId`: of a link. */
  admit(viewer: Viewer, linkId: string | null): Promise<string | null>
  /** The session of a request, to leave it. */
  sessionOf(c: HttpContext): Promise<string | null>
}

/** `…/entrer` and `…/sortir`: another site can neither sign anyone in nor out. */
export function mountDoor(app: Hono, house: Doors, door: Door): void {
  const { path } = door.session
  app.get(`${path}/entrer`, async (c) => {
    const token = c.req.query('jeton') ?? ''
    const from = c.req.header('sec-fetch-site')
    if (isLink(token)) {
      const entry = await linked(house, c, door, token)
      if (entry.state !== 'ready') return spent(house, c, door, entry)
    } else if (from === undefined || from === 'none' || from === 'same-origin') return enter(house, c, door, token)
    // A link serves once: what looks at it on its way (a mail filter, a preview) does not press the button. A token typed by hand
    // opens at once; from elsewhere it asks as well, so that no other site signs anyone in.
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

/** Changes the token of the link for a session, and takes it out of the address bar. It serves once. */
async function enter(house: Doors, c: HttpContext, door: Door, token: string): Promise<Response> {
  const { sql, random } = house.office
  const now = house.clock.now()
  const entry = isLink(token) ? await linked(house, c, door, token) : await tokenEntry(house, c, door, token)
  const subject = await subjectOf(door, entry.viewer, isLink(token) ? entry.id : null)
  const sessionId = newSessionId(house)
  const isOpen = isLink(token)
    ? await openEntry(sql, entry.id, sessionId, now)
    : await openToken(sql, random, now, token, sessionId, entry.viewer)
  if (!isOpen) return spent(house, c, door, entry)
  await openSession(house, c, door.session, subject, entry.viewer.name, sessionId)
  return c.redirect(door.session.path, 303)
}

/** A token of the API is three parts with points between them; a link has none. */
const isLink = (token: string): boolean => !token.includes('.')

async function linked(house: Doors, c: HttpContext, { session }: Door, token: string): Promise<Entry> {
  await countAttempt(house, c, session.path.slice(1), perVisitor)
  const entry = await readEntry(house.office.sql, token, house.clock.now())
  if (entry) return entry
  throw new DomainError('bad_token', 'Ce lien n’est pas de ceux que nous avons donnés.', {
    remedy: 'Vérifiez qu’il est entier, ou demandez-en un autre à votre gestionnaire.',
  })
}

/** What a development token would open; where it has been used, the row that says by which session. */
async function tokenEntry(house: Doors, c: HttpContext, { session }: Door, token: string): Promise<Entry> {
  await countAttempt(house, c, session.path.slice(1), perVisitor)
  const now = house.clock.now()
  if (!house.takesTokens) throw badToken(undefined)
  const viewer = await readToken(house.secret, token, now)
  return (await readEntry(house.office.sql, token, now)) ?? { id: '', state: 'ready', sessionId: null, viewer }
}

/** The browser that it opened goes on; for everybody else it is a page that says what happened, and what to do. */
async function spent(house: Doors, c: HttpContext, door: Door, entry: Entry): Promise<Response> {
  const session = await door.sessionOf(c)
  if (session !== null && session === entry.sessionId) return c.redirect(door.session.path, 303)
  return send(c, spentPage(contactOf(await readAgency(house.office.sql)), door, entry.state), 410)
}

async function admit(house: Doors, c: HttpContext, door: Door, viewer: Viewer): Promise<void> {
  await openSession(house, c, door.session, await subjectOf(door, viewer, null), viewer.name)
}

async function subjectOf(door: Door, viewer: Viewer, linkId: string | null): Promise<string> {
  const subject = await door.admit(viewer, linkId)
  if (subject !== null) return subject
  throw new DomainError('forbidden', `Cet accès n’ouvre pas ${door.space}.`, {
    remedy: 'Demandez à votre gestionnaire un accès à votre nom.',
  })
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
    body: h`<h1>${title}</h1>${connexion ? h`<p><a class="button" href="${connexion}">Se connecter</a></p>` : ''}<p class="lead">${connexion ? 'Vous pouvez aussi' : 'Pour entrer,'} ${connexion ? 'ouvrir' : 'ouvrez'} le lien que votre gestionnaire vous a donné\u00a0: il sert une fois, et la session dure huit heures.</p>
<p>${agency.manager.name}, <a href="mailto:${agency.manager.email}">${agency.manager.email}</a>, ${agency.manager.phone}</p>`,
    foot: contactBlock(agency),
  })

const usual = {
  link: `Un lien d’entrée se suit dans les ${entryHours} heures.`,
  session: 'la session dure huit heures',
}
const enterWords = ({ space, entering }: Door): string => entering ?? `Entrer dans ${space}`

const spentWords = ({ lasts = usual }: Door): Record<Entry['state'], [title: string, what: string]> => ({
  ready: ['Ce lien a déjà servi', 'Il vient d’être ouvert dans un autre navigateur.'],
  used: [
    'Ce lien a déjà servi',
    `Un lien ne s’ouvre qu’une fois, dans un navigateur. Là où il a été ouvert, ${lasts.session}.`,
  ],
  expired: ['Ce lien n’est plus valable', lasts.link],
  revoked: ['Ce lien a été retiré', 'Qui vous l’a donné l’a retiré, et fermé ce qu’il avait ouvert.'],
})

const spentPage = (agency: Contact, door: Door, state: Entry['state']): Html => {
  const [title, what] = spentWords(door)[state]
  return layout({
    title,
    brand: agency.name,
    body: h`<h1>${title}</h1><p class="lead">${what}</p>
<p>Si vous êtes encore connecté dans ce navigateur\u00a0:</p><p><a class="button" href="${door.session.path}">${enterWords(door)}</a></p>
<p>Sinon, demandez un autre lien à ${agency.manager.name}, <a href="mailto:${agency.manager.email}">${agency.manager.email}</a>, ${agency.manager.phone}.</p>
${state === 'used' || state === 'ready' ? h`<p class="note">Si ce n’est pas vous qui l’avez ouvert, dites-le-nous\u00a0: nous fermerons cette session.</p>` : ''}`,
    foot: contactBlock(agency),
  })
}

const confirmPage = (agency: Contact, door: Door, token: string, form: string): Html =>
  layout({
    title: enterWords(door),
    brand: agency.name,
    body: h`<h1>${enterWords(door)}</h1><p class="lead">Vous avez suivi un lien vers ces pages. Confirmez pour y entrer.</p>
<form action="${door.session.path}/entrer" method="post"><input type="hidden" name="formulaire" value="${form}"><input type="hidden" name="jeton" value="${token}"><p><button>Entrer</button></p></form>`,
    foot: contactBlock(agency),
  })
