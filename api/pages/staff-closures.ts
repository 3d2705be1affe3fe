import type { Context as HttpContext, Hono } from 'hono'
import {
  allClosuresAhead,
  type NamedClosure,
  recordCreditorClosure,
  withdrawCreditorClosure,
} from '../../procedures/cases/creditor-closures.ts'
import { dayFr } from '../../schema/days.ts'
import { authorOf } from '../auth.ts'
import type { Context } from '../context.ts'
import { asRefusal } from '../metrics.ts'
import { nodeId } from '../nodes.ts'
import { closureFields, closureMeans, typedClosure } from './closure-form.ts'
import { type Doors, ownForm } from './guard.ts'
import { dated, h, type Html, raw, said, send } from './page.ts'
import { refusal } from './portal-upload.ts'
import { type StaffFrame, staffPage } from './staff-board.ts'
import { allowedTo, type FrameOf, type Told, type WithStaff } from './staff-door.ts'
import { requiredText, type Typed } from './typed.ts'

const path = '/bureau/fermetures'

/** `/bureau/fermetures`: the days on which creditors are closed, told to the house by telephone or by letter. */
export function mountClosures(app: Hono, house: Doors, withStaff: WithStaff, frameOf: FrameOf): void {
  const allowed = allowedTo(withStaff, 'recordCreditorClosure')
  const show = async (c: HttpContext, ctx: Context, frame: StaffFrame, told: Told = {}): Promise<Response> =>
    send(c, page(frame, await allClosuresAhead(ctx.sql, ctx.day), await creditorsOf(ctx), told), told.error ? 422 : 200)

  app.get(path, (c) =>
    allowed(c, async (who) => show(c, who.ctx, await frameOf(c, who), { done: c.req.query('fait') !== undefined })),
  )
  app.post(path, (c) =>
    allowed(c, async (who) => {
      const typed = await ownForm(house, c, who.sessionId)
      try {
        await change(who.ctx, typed)
        return c.redirect(`${path}?fait`, 303)
      } catch (error) {
        asRefusal(error)
        return show(c, who.ctx, await frameOf(c, who), { error, typed })
      }
    }),
  )
}

async function change({ sql, office, day, viewer }: Context, typed: Typed): Promise<void> {
  const author = authorOf(viewer!)
  if (typed['geste'] === 'retirer') {
    await withdrawCreditorClosure(sql, day, { id: nodeId(typed['fermeture'] ?? ''), creditorId: null }, author)
    return
  }
  const closure = { creditorId: nodeId(requiredText(typed, 'creancier', 'le créancier')), ...typedClosure(typed) }
  await recordCreditorClosure(sql, office.random, day, closure, author)
}

interface NamedCreditor {
  id: string
  name: string
}
const creditorsOf = ({ sql }: Context) => sql<NamedCreditor[]>`select id, name from creditors order by name, id`

function page(frame: StaffFrame, ahead: NamedClosure[], creditors: NamedCreditor[], told: Told): Html {
  return staffPage(
    frame,
    'Jours de fermeture',
    h`<h1>Jours de fermeture des créanciers</h1>${refusal(told.error)}${told.done ? h`<p class="good" role="status">C’est enregistré.</p>` : ''}
<p class="lead">${closureMeans('leurs clients')}</p>
${ahead.length === 0 ? h`<p>Aucune fermeture n’est inscrite à partir d’aujourd’hui.</p>` : ahead.map((closure) => closedDays(frame, closure))}
<h2>En inscrire une</h2>
<form action="${path}" method="post"><input type="hidden" name="jeton" value="${frame.token}">
<p><label for="creancier">Créancier</label><select id="creancier" name="creancier" required><option value="">Choisir…</option>${creditors.map(({ id, name }) => h`<option value="${id}"${told.typed?.['creancier'] === id ? raw(' selected') : ''}>${name}</option>`)}</select></p>${closureFields(frame.day, told.typed)}
<p><button name="geste" value="inscrire">Inscrire la fermeture</button></p></form>`,
  )
}

const closedDays = (
  frame: StaffFrame,
  { id, creditor, closedFrom, closedUntil, reason, recordedOn }: NamedClosure,
): Html =>
  h`<form class="row" action="${path}" method="post"><input type="hidden" name="jeton" value="${frame.token}"><input type="hidden" name="fermeture" value="${id}">
<p><strong>${creditor}</strong>, du ${dated(closedFrom)} au ${dated(closedUntil)}\u00a0: ${said(reason)} <span class="meta">inscrite le ${dated(recordedOn)}</span></p><p><button class="plain" name="geste" value="retirer" aria-label="Retirer la fermeture de ${creditor} du ${dayFr(closedFrom)}">Retirer</button></p></form>`
