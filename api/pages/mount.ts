import { type Context as HttpContext, Hono } from 'hono'
import { readAgency } from '../../procedures/cases/agency.ts'
import { DomainError } from '../../schema/errors.ts'
import { httpError, type Log } from '../errors.ts'
import { toCreditor } from '../remedies.ts'
import { mountAgreement } from './agreement.ts'
import { mountBailiff } from './bailiff.ts'
import { contactOf } from './contact.ts'
import type { Doors } from './guard.ts'
import { assets, type Contact, contactBlock, h, type Html, layout, said, send } from './page.ts'
import { mountPortal } from './portal.ts'
import { mountReply } from './reply.ts'
import { mountStaff } from './staff.ts'
import { mountVerify } from './verify.ts'

/** The pages for people: is this letter ours, the debtor's reply, the creditor's space, the bailiff's office. */
export function pages(house: Doors, log: Log): Hono {
  const app = new Hono()
  app.onError((error, c) => refusal(house, c, error, log))
  for (const { path, type, body } of assets.values())
    app.get(path, (c) =>
      c.body(body, 200, { 'content-type': type, 'cache-control': 'public, max-age=31536000, immutable' }),
    )
  app.get('/', async (c) => send(c, doorsPage(await readAgency(house.office.sql).then(contactOf, () => null))))
  mountVerify(app, house)
  mountReply(app, house)
  mountPortal(app, house, log)
  mountAgreement(app, house)
  mountBailiff(app, house)
  mountStaff(app, house)
  // A person who mistypes an address reads a page, not JSON.
  for (const folder of ['/verifier/*', '/r/*', '/portail/*', '/accord/*', '/etude/*', '/bureau/*']) {
    app.all(folder, () => {
      throw new DomainError('not_found', 'Cette adresse ne mène nulle part.', {
        remedy: 'Vérifiez-la sur votre lettre.',
      })
    })
  }
  return app
}

const doors: [path: string, whose: string, what: string][] = [
  ['/r', 'Vous avez reçu une lettre avec un coupon', 'Répondre en ligne avec le code du coupon.'],
  [
    '/verifier',
    'Vous doutez d’une lettre',
    'Vérifier par son code, ou par le fichier reçu, qu’elle vient bien de nous.',
  ],
  ['/portail', 'Vous êtes créancier', 'Suivre vos dossiers, envoyer une facture, donner votre accord.'],
  ['/etude', 'Vous êtes commissaire de justice', 'Prendre les dossiers remis, rendre compte des actes.'],
  ['/bureau', 'Vous êtes du cabinet', 'Le travail du jour.'],
  ['/bibliotheque', 'Les courriers', 'La bibliothèque, avec ses bases légales et ses versions.'],
]

/** `/`: whom each door is for. */
const doorsPage = (agency: Contact | null): Html =>
  layout({
    title: 'Accueil',
    brand: agency?.name ?? 'Courtois',
    body: h`<h1>${agency?.name ?? 'Courtois'}</h1><p class="lead">Choisissez ce qui vous amène.</p>
<ul class="doors">${doors.map(([path, whose, what]) => h`<li><a href="${path}"><strong>${whose}</strong></a><span>${what}</span></li>`)}</ul>`,
    foot: agency ? contactBlock(agency) : undefined,
  })

/** A refusal as a person reads it: what is wrong, what to do next, whom to ask. */
export async function refusal(house: Pick<Doors, 'office'>, c: HttpContext, error: Error, log: Log): Promise<Response> {
  const { status } = httpError(error, log)
  const [title, remedy] =
    error instanceof DomainError
      ? [said(error.message), said(/^\/(portail|accord)/.test(c.req.path) ? toCreditor(error.remedy) : error.remedy)]
      : ['Une erreur inattendue est survenue.', 'Rien n’a été enregistré. Réessayez, ou appelez-nous.']
  const contact = await readAgency(house.office.sql).then(contactOf, () => null)
  return send(
    c,
    layout({
      title,
      brand: contact?.name ?? 'Courtois',
      body: h`<h1>${title}</h1><p class="lead" role="alert">${remedy}</p>`,
      foot: contact ? contactBlock(contact) : undefined,
    }),
    status,
  )
}
