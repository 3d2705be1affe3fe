import type { Hono } from 'hono'
import { announce, type Customer, customersToTell } from '../../procedures/mail/announcements.ts'
import { authorOf } from '../auth.ts'
import { type Doors, requireOwnForm } from './guard.ts'
import { count, dated, h, type Html, send } from './page.ts'
import { type Desk, deskPage, noteRead, type WithDesk } from './portal-desk.ts'

/** `/portail/annonce`: the creditor's notice to its customers that the agency follows its invoices. */
export function mountAnnounce(app: Hono, house: Doors, withDesk: WithDesk): void {
  app.get('/portail/annonce', (c) =>
    withDesk(c, async (desk) => {
      const { sql, viewer, day } = desk.ctx
      const sent = Number(c.req.query('parties') ?? -1)
      const customers = await customersToTell(sql, viewer!.creditorId!, day)
      noteRead(desk, customers)
      return send(c, announcePage(desk, customers, sent))
    }),
  )
  app.post('/portail/annonce', (c) =>
    withDesk(c, async (desk) => {
      const body = await c.req.parseBody({ all: true })
      requireOwnForm(house, c, body['jeton'], desk.sessionId)
      const { sql, viewer, day } = desk.ctx
      const caseIds = [body['client'] ?? []].flat().filter((each) => typeof each === 'string')
      const sent = await announce(sql, day, { creditorId: viewer!.creditorId!, caseIds }, authorOf(viewer!))
      return c.redirect(`/portail/annonce?parties=${sent}`, 303)
    }),
  )
}

function announcePage(desk: Desk, customers: Customer[], sent: number): Html {
  const open = customers.filter(({ announcedOn }) => announcedOn === null)
  const told = customers.filter(({ announcedOn }) => announcedOn !== null)
  return deskPage(desk, {
    title: 'Annoncer notre intervention',
    body: h`<p class="meta"><a href="/portail/documents">Documents</a></p><h1>Annoncer notre intervention à vos clients</h1>
<p class="lead">Une lettre à votre nom leur dit que nous suivons vos factures, et que rien d’autre ne change\u00a0: ils vous paient comme avant. Elle part avant l’échéance seulement.</p>
${sent >= 0 ? h`<p class="good" role="status">${sent === 0 ? 'Aucune annonce ne part\u00a0: ces clients sont déjà avertis, ou leur échéance est passée.' : `${count(sent, 'annonce part', 'annonces partent')}.`}</p>` : ''}
${
  open.length === 0
    ? h`<p>Personne n’est à avertir\u00a0: l’annonce est déjà partie, ou l’échéance est passée.</p>`
    : h`<form action="/portail/annonce" method="post"><input type="hidden" name="jeton" value="${desk.token}"><fieldset><legend>Qui avertir</legend>${open.map(
        ({ caseId, name, number, dueOn }) =>
          h`<p><label><input type="checkbox" name="client" value="${caseId}" checked>${name} <span class="meta">dossier ${number}, échéance le ${dated(dueOn)}</span></label></p>`,
      )}</fieldset><p><button>Envoyer l’annonce</button></p></form>`
}
${told.length > 0 ? h`<h2>Déjà avertis</h2><ul>${told.map(({ name, announcedOn }) => h`<li>${name}, le ${dated(announcedOn!)}</li>`)}</ul>` : ''}`,
  })
}
