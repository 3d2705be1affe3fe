import type { Context as HttpContext } from 'hono'
import { type Day, sameDay } from '../../schema/days.ts'
import type { Context } from '../context.ts'
import { noteReading } from '../readings.ts'
import { type Contact, dated, h, type Html, layout, raw, type Script } from './page.ts'

/** A signed-in creditor: its own rows alone, by the same conditions in SQL as the API's. */
export interface Desk {
  ctx: Context
  /** The name of the creditor's house. */
  creditor: string
  agency: Contact
  token: string
  sessionId: string
  /** Of who entered by a link of consent: it opens this request, for this person, and nothing else. */
  link?: { id: string; name: string; requestId: string }
}

/**
 * What only reads is read as the creditor, in a read-only transaction in which PostgreSQL shows its rows and no others
 * (api/reading.ts); `house` where a page also needs what is the house's own, such as a file not yet confirmed.
 */
export type WithDesk = (
  c: HttpContext,
  act: (desk: Desk) => Promise<Response>,
  as?: 'reader' | 'house',
) => Promise<Response>

/** Notes whose data a page shows, for those who ask who read theirs. */
export function noteRead({ ctx }: Desk, shown: readonly { caseId: string | null }[]): void {
  for (const { caseId } of shown) if (caseId !== null) noteReading(ctx, caseId, 'portail')
}

/** Where a rate of the law is awaited, the sums are those of the eve, and the page says so. */
export const rateNote = (day: Day, countedOn: Day): Html =>
  sameDay(day, countedOn)
    ? h``
    : h`<p class="note">Les intérêts sont comptés jusqu’au ${dated(countedOn)}\u00a0: le taux applicable ensuite n’est pas encore enregistré.</p>`

const links: [path: string, name: string][] = [
  ['/portail', 'Vue d’ensemble'],
  ['/portail/dossiers', 'Dossiers'],
  ['/portail/factures', 'Envoyer une facture'],
  ['/portail/envois', 'Envois à approuver'],
  ['/portail/revue', 'Facturation relue'],
  ['/portail/documents', 'Documents'],
  ['/portail/calendrier', 'Calendrier'],
]

/** The frame of the creditor's pages: where we are, who is signed in, the way out. */
export function deskPage(desk: Desk, page: { title: string; at?: string; body: unknown; script?: Script }): Html {
  const { name, phone, email } = desk.agency.manager
  return layout({
    title: page.title,
    brand: desk.creditor,
    ...(desk.link ? {} : { home: '/portail' }),
    wide: true,
    ...(page.script ? { script: page.script } : {}),
    nav: desk.link
      ? leaving('/accord/sortir', desk.token, 'Quitter définitivement')
      : h`<nav aria-label="Rubriques">${links.map(([path, label]) => h`<a href="${path}"${page.at === path ? raw(' aria-current="page"') : ''}>${label}</a>`)}</nav>
${leaving('/portail/sortir', desk.token, 'Quitter')}`,
    body: page.body,
    foot: h`<p>Votre interlocuteur à ${desk.agency.name}\u00a0: ${name}, <a href="tel:${phone.replace(/[^+\d]/g, '')}">${phone}</a>, <a href="mailto:${email}">${email}</a>.</p>`,
  })
}

const leaving = (action: string, token: string, word: string): Html =>
  h`<form action="${action}" method="post"><input type="hidden" name="jeton" value="${token}"><button class="link">${word}</button></form>`
