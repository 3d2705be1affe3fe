import type { Context as HttpContext } from 'hono'
import { Hono } from 'hono'
import { readAgency } from '../../procedures/cases/agency.ts'
import { DomainError } from '../../schema/errors.ts'
import { httpError, type Log } from '../errors.ts'
import { mountBailiff } from './bailiff.ts'
import { contactOf } from './contact.ts'
import type { Doors } from './guard.ts'
import { assets, contactBlock, h, layout, said, send } from './page.ts'
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
  mountVerify(app, house)
  mountReply(app, house)
  mountPortal(app, house)
  mountBailiff(app, house)
  mountStaff(app, house)
  // A person who mistypes an address reads a page, not JSON.
  for (const folder of ['/verifier/*', '/r/*', '/portail/*', '/etude/*', '/bureau/*']) {
    app.all(folder, () => {
      throw new DomainError('not_found', 'Cette adresse ne mène nulle part.', {
        remedy: 'Vérifiez-la sur votre lettre.',
      })
    })
  }
  return app
}

/** A refusal as a person reads it: what is wrong, what to do next, whom to ask. */
async function refusal(house: Doors, c: HttpContext, error: Error, log: Log): Promise<Response> {
  const { status } = httpError(error, log)
  const [title, remedy] =
    error instanceof DomainError
      ? [said(error.message), said(error.remedy)]
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
