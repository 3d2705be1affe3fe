import type { Sql } from '../../schema/db.ts'
import { authorOf } from '../auth.ts'
import type { Context } from '../context.ts'
import { createConsentLink } from './consent-links.ts'
import { entryAddress } from './entry.ts'
import { count, dated, h, type Html } from './page.ts'
import { requiredText, type Typed } from './typed.ts'

/** A link just made, with the address that is shown this once. */
export interface MadeLink {
  name: string
  address: string
  expiresAt: Temporal.Instant
}

/** A link that still opens, or is open. */
export interface LiveLink {
  id: string
  name: string
  expiresAt: Temporal.Instant
  usedAt: Temporal.Instant | null
}

export const liveLinks = (sql: Sql, requestId: string, now: Temporal.Instant): Promise<LiveLink[]> => sql<LiveLink[]>`
  select id, name, expires_at, used_at from entry_links
  where consent_request_id = ${requestId} and revoked_at is null and expires_at > ${now} order by created_at, id`

/** What a form asked for: a link for the person whose name was typed. */
export async function makeLink(ctx: Context, requestId: string, typed: Typed): Promise<MadeLink> {
  const name = requiredText(typed, 'signataire', 'le nom de qui répondra', 120)
  const order = { requestId, creditorId: ctx.viewer!.creditorId, name }
  const on = { day: ctx.day, at: ctx.clock.now() }
  const made = await createConsentLink(ctx.sql, ctx.office.random, on, order, authorOf(ctx.viewer!))
  return { name, address: entryAddress(ctx.office.baseUrl, 'accord', made.token), expiresAt: made.expiresAt }
}

// What ends at midnight ends with the day before.
const until = (expiresAt: Temporal.Instant): Html =>
  dated(expiresAt.subtract({ seconds: 1 }).toZonedDateTimeISO('Europe/Paris').toPlainDate())

export const madeLink = ({ name, address, expiresAt }: MadeLink): Html =>
  h`<section class="good" role="status"><p>Voici l’adresse à remettre à ${name}, et à personne d’autre\u00a0: qui l’ouvre répond sous ce nom. Elle ne sera plus montrée, s’ouvre dans un seul navigateur, et sert jusqu’au ${until(expiresAt)}.</p><p><label for="adresse">Adresse</label><input id="adresse" readonly value="${address}"></p></section>`

/** « Faire répondre une autre personne », and the links that were made for it. */
export function linkForms(at: string, token: string, links: LiveLink[]): Html {
  const hidden = h`<input type="hidden" name="jeton" value="${token}">`
  return h`<details><summary>Faire répondre une autre personne${links.length > 0 ? ` (${count(links.length, 'lien')})` : ''}</summary><p>Un lien à son nom n’ouvre que cette demande et ses fichiers\u00a0: elle la lit, puis signe ou refuse.</p>
${links.map(
  ({ id, name, expiresAt, usedAt }) =>
    h`<form class="row" action="${at}/liens" method="post">${hidden}<input type="hidden" name="lien" value="${id}">
<p>Lien de ${name}, ${usedAt ? 'ouvert' : 'pas encore ouvert'}, jusqu’au ${until(expiresAt)}</p><p><button class="plain" aria-label="Retirer le lien de ${name}">Retirer</button></p></form>`,
)}
<form action="${at}/liens" method="post">${hidden}<p><label for="signataire">Son nom</label><input id="signataire" name="signataire" required maxlength="120" autocomplete="off"></p><p><button class="plain">Créer le lien</button></p></form></details>`
}
