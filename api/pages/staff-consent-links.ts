import type { Hono } from 'hono'
import { may } from '../auth.ts'
import { forbidden } from '../context.ts'
import { nodeId } from '../nodes.ts'
import { madeLink, makeLink } from './consent-link-forms.ts'
import { type Doors, ownForm } from './guard.ts'
import { h, send } from './page.ts'
import { staffPage } from './staff-board.ts'
import type { FrameOf, WithStaff } from './staff-door.ts'

/** `/bureau/liens`: a link of consent, made there where an answer is awaited. */
export function mountStaffLinks(app: Hono, house: Doors, withStaff: WithStaff, frameOf: FrameOf): void {
  app.post('/bureau/liens', (c) =>
    withStaff(c, async (who) => {
      const typed = await ownForm(house, c, who.sessionId)
      const { viewer } = who.ctx
      if (!may(viewer, 'createConsentLink')) throw forbidden(viewer!.role)
      const made = await makeLink(who.ctx, nodeId(typed['demande'] ?? ''), typed)
      const frame = await frameOf(c, who)
      return send(
        c,
        staffPage(
          frame,
          'Lien d’accord',
          h`<h1>Lien d’accord</h1>${madeLink(made)}<p><a href="/bureau">Revenir au jour</a></p>`,
        ),
      )
    }),
  )
}
