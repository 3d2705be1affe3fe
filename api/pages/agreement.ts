import type { Context as HttpContext, Hono } from 'hono'
import { readAgency } from '../../procedures/cases/agency.ts'
import { DomainError } from '../../schema/errors.ts'
import { contextOf, readingBy } from '../context.ts'
import { readAs } from '../reading.ts'
import { type ConsentLink, consentLinkDays, readConsentLink } from './consent-links.ts'
import { contactOf } from './contact.ts'
import { mountDoor } from './door.ts'
import { type Doors, formToken, limitBody, readSession, type Session, type SessionKind } from './guard.ts'
import { contactBlock, h, layout, send } from './page.ts'
import { mountConsents } from './portal-consents.ts'
import type { WithDesk } from './portal-desk.ts'

// As long as a link may last: each request looks at the link itself, which may be over before.
const session: SessionKind = {
  cookie: 'courtois-accord',
  path: '/accord',
  sameSite: 'Lax',
  minutes: consentLinkDays * 24 * 60,
}

/** `/accord`: one request of consent, for the person whom a link was made for. */
export function mountAgreement(app: Hono, house: Doors): void {
  const opened = async (c: HttpContext): Promise<(ConsentLink & { session: Session }) | null> => {
    const known = await readSession(house, c, session)
    const link = known && (await readConsentLink(house.office.sql, known.subject, house.clock.now()))
    return known && link?.sessionId === known.id ? { ...link, session: known } : null
  }
  const withDesk: WithDesk = async (c, act) => {
    const link = await opened(c)
    const { sql } = house.office
    if (!link) return send(c, await noLinkPage(house), 401)
    const viewer = { role: 'creditor', name: link.name, creditorId: link.creditorId, bailiffId: null } as const
    const reads = c.req.method === 'GET' || c.req.method === 'HEAD'
    return readAs(sql, reads ? viewer : null, async (own) => {
      const ctx = { ...contextOf(house, viewer), ...readingBy(house, own) }
      const [creditor] = await own<{ name: string }[]>`select name from creditors where id = ${link.creditorId}`
      const agency = contactOf(await readAgency(own))
      const token = formToken(house, c, link.session.id)
      return act({ ctx, creditor: creditor!.name, agency, token, sessionId: link.session.id, link })
    })
  }

  app.use('/accord/*', limitBody(100_000, tooLong))
  // Nobody signs in here: a link is the only way.
  const { signIn: _, ...byLinkAlone } = house
  mountDoor(app, byLinkAlone, {
    session,
    space: 'de demande d’accord',
    entering: 'Ouvrir la demande d’accord',
    lasts: {
      link: `Un lien d’accord sert ${consentLinkDays} jours au plus, et jamais après le dernier jour de la demande.`,
      session: 'la demande reste ouverte jusqu’au terme du lien',
    },
    admit: async (_viewer, linkId) => {
      const link = linkId === null ? null : await readConsentLink(house.office.sql, linkId, house.clock.now())
      return link && link.id
    },
    sessionOf: async (c) => (await readSession(house, c, session))?.id ?? null,
  })
  mountConsents(app, house, '/accord', withDesk)
}

async function noLinkPage(house: Doors) {
  const agency = contactOf(await readAgency(house.office.sql))
  return layout({
    title: 'Demande d’accord',
    brand: agency.name,
    body: h`<h1>Demande d’accord</h1><p class="lead">Cette page s’ouvre par le lien fait pour vous, dans le navigateur où vous l’avez suivi.</p>
<p>Si vous ne l’avez plus, demandez-en un autre à ${agency.manager.name}, <a href="mailto:${agency.manager.email}">${agency.manager.email}</a>, ${agency.manager.phone}, ou à la personne de votre maison qui suit ces dossiers.</p>`,
    foot: contactBlock(agency),
  })
}

function tooLong(): never {
  throw new DomainError('body_too_large', 'L’envoi est trop long.', { remedy: 'Raccourcissez le texte.' })
}
