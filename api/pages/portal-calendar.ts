import type { Hono } from 'hono'
import {
  type CalendarFeed,
  createCalendarFeed,
  type FeedOwner,
  readCalendarFeeds,
  revokeCalendarFeed,
} from '../../procedures/judicial/deadlines/calendar-feeds.ts'
import {
  closuresOf,
  type CreditorClosure,
  recordCreditorClosure,
  withdrawCreditorClosure,
} from '../../procedures/cases/creditor-closures.ts'
import { before, dayFr } from '../../schema/days.ts'
import type { DomainError } from '../../schema/errors.ts'
import { asRefusal } from '../metrics.ts'
import { nodeId } from '../nodes.ts'
import { closureFields, closureMeans, typedClosure } from './closure-form.ts'
import { type Doors, ownForm } from './guard.ts'
import { dated, h, type Html, said, send } from './page.ts'
import { type Desk, deskPage, type WithDesk } from './portal-desk.ts'
import { refusal } from './portal-upload.ts'
import { textOf, type Typed } from './typed.ts'

/** `/portail/calendrier`: the days of the creditor's cases, followed from its own calendar program, and those on which it is closed. */
export function mountCalendar(app: Hono, house: Doors, withDesk: WithDesk): void {
  app.get('/portail/calendrier', (c) => withDesk(c, async (desk) => send(c, await page(desk))))
  app.post('/portail/calendrier', (c) =>
    withDesk(c, async (desk) => {
      const typed = await ownForm(house, c, desk.sessionId)
      const { ctx } = desk
      const owner = ownerOf(desk)
      const author = `creditor:${ctx.viewer!.name}`
      try {
        if (await changeClosures(desk, typed, author)) return c.redirect('/portail/calendrier', 303)
        if (typed['geste'] === 'fermer') {
          await revokeCalendarFeed(ctx.sql, ctx.day, { id: typed['calendrier'] ?? '', owner }, author)
          return c.redirect('/portail/calendrier', 303)
        }
        const order = { owner, label: textOf(typed, 'nom', 80) }
        const { token } = await createCalendarFeed(ctx.sql, ctx.office.random, ctx.day, order, author)
        // Shown on this answer alone: the address is the key, and is not kept.
        return send(c, await page(desk, { address: `${ctx.office.baseUrl}/calendrier/${token}.ics` }))
      } catch (error) {
        asRefusal(error)
        return send(c, await page(desk, { error }), 422)
      }
    }),
  )
}

const ownerOf = ({ ctx }: Desk): FeedOwner => ({
  role: 'creditor',
  creditorId: ctx.viewer!.creditorId,
  bailiffId: null,
})

/** What the form of the days closed asked for; false when another form was sent. */
async function changeClosures({ ctx }: Desk, typed: Typed, author: string): Promise<boolean> {
  const creditorId = ctx.viewer!.creditorId!
  if (typed['geste'] === 'retirer-fermeture') {
    await withdrawCreditorClosure(ctx.sql, ctx.day, { id: nodeId(typed['fermeture'] ?? ''), creditorId }, author)
    return true
  }
  if (typed['geste'] !== 'inscrire-fermeture') return false
  const closure = { creditorId, ...typedClosure(typed) }
  await recordCreditorClosure(ctx.sql, ctx.office.random, ctx.day, closure, author)
  return true
}

async function page(desk: Desk, { address, error }: { address?: string; error?: DomainError } = {}): Promise<Html> {
  const feeds = await readCalendarFeeds(desk.ctx.sql, ownerOf(desk))
  const open = feeds.filter(({ revokedOn }) => revokedOn === null)
  const creditorId = desk.ctx.viewer!.creditorId!
  const closures = (await closuresOf(desk.ctx.sql, [creditorId])).get(creditorId) ?? []
  const ahead = closures.filter(
    ({ withdrawnOn, closedUntil }) => withdrawnOn === null && !before(closedUntil, desk.ctx.day),
  )
  return deskPage(desk, {
    title: 'Calendrier',
    at: '/portail/calendrier',
    body: h`<h1>Calendrier</h1>${refusal(error)}
<p class="lead">Délais de procédure, audiences et prescription de vos dossiers, dans votre agenda.</p>
${address ? h`<section class="good" role="status"><p>Voici l’adresse à donner à votre agenda («\u00a0s’abonner à un calendrier\u00a0»). Elle ne sera plus montrée\u00a0; qui la connaît lit ce calendrier.</p><p><label for="adresse">Adresse</label><input id="adresse" readonly value="${address}"></p></section>` : ''}
${open.length ? h`<h2>Calendriers ouverts</h2>${open.map((feed) => openFeed(desk, feed))}` : ''}
<h2>En ouvrir un</h2><form action="/portail/calendrier" method="post"><input type="hidden" name="jeton" value="${desk.token}">
<p><label for="nom">Qui le suivra</label><input id="nom" name="nom" required maxlength="80" placeholder="agenda de Mme Roche"></p>
<p><button name="geste" value="ouvrir">Ouvrir un calendrier</button></p></form>
<h2>Jours de fermeture</h2><p>${closureMeans('vos clients')}</p>
${ahead.map((closure) => closedDays(desk, closure))}
<form action="/portail/calendrier" method="post"><input type="hidden" name="jeton" value="${desk.token}">${closureFields(desk.ctx.day)}
<p><button name="geste" value="inscrire-fermeture">Inscrire la fermeture</button></p></form>`,
  })
}

const openFeed = (desk: Desk, { id, label, createdOn }: CalendarFeed): Html =>
  h`<form class="row" action="/portail/calendrier" method="post"><input type="hidden" name="jeton" value="${desk.token}"><input type="hidden" name="calendrier" value="${id}">
<p>${label}, ouvert le ${dated(createdOn)}</p><p><button class="plain" name="geste" value="fermer">Fermer «\u00a0${label}\u00a0»</button></p></form>`

const closedDays = (desk: Desk, { id, closedFrom, closedUntil, reason }: CreditorClosure): Html =>
  h`<form class="row" action="/portail/calendrier" method="post"><input type="hidden" name="jeton" value="${desk.token}"><input type="hidden" name="fermeture" value="${id}">
<p>Du ${dated(closedFrom)} au ${dated(closedUntil)}\u00a0: ${said(reason)}</p><p><button class="plain" name="geste" value="retirer-fermeture" aria-label="Retirer la fermeture du ${dayFr(closedFrom)}">Retirer</button></p></form>`
