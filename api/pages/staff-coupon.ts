import type { Hono } from 'hono'
import { type Coupon, findCoupon } from '../../procedures/mail/coupons.ts'
import { DomainError } from '../../schema/errors.ts'
import { authorOf } from '../auth.ts'
import type { Context } from '../context.ts'
import { noteReading } from '../readings.ts'
import { asRefusal } from '../metrics.ts'
import { receiveForm } from './form-files.ts'
import { type Doors, requireOwnForm } from './guard.ts'
import { dated, h, type Html, send } from './page.ts'
import { refusal } from './portal-upload.ts'
import { keepAnswer, shownTo } from './reply.ts'
import { answerForms, joined, openAnswers, type Shown } from './reply-pages.ts'
import { type StaffFrame, staffPage } from './staff-board.ts'
import { allowedTo, type FrameOf, type WithStaff } from './staff-door.ts'
import type { Typed } from './typed.ts'
import { readCode } from './verify.ts'

/** `/bureau/coupon`: a coupon that came back on paper, found by its code and entered as the debtor filled it in. */
export function mountPaperCoupon(app: Hono, house: Doors, withStaff: WithStaff, frameOf: FrameOf): void {
  const allowed = allowedTo(withStaff, 'recordCouponReply')
  app.get('/bureau/coupon', (c) =>
    allowed(c, async (who) => {
      const frame = await frameOf(c, who)
      const code = c.req.query('code')
      if (code === undefined) return send(c, askPage(frame, ''))
      const coupon = await couponOf(who.ctx, code)
      if (!coupon) return send(c, askPage(frame, code.slice(0, 40), unknown()), 422)
      noteReading(who.ctx, coupon.caseId, 'bureau')
      return send(c, enterPage(frame, await shown(house, frame, coupon)))
    }),
  )
  app.post('/bureau/coupon/:code', (c) =>
    allowed(c, (who) =>
      who.ctx.office.archive.drafting(async (folder) => {
        const form = await receiveForm(c, folder, joined)
        requireOwnForm(house, c, form.typed['jeton'], who.sessionId)
        const coupon = await couponOf(who.ctx, c.req.param('code'))
        if (!coupon) throw unknown()
        try {
          const given = { channel: 'coupon papier', by: authorOf(who.ctx.viewer!) }
          await keepAnswer(house, coupon, form, given)
        } catch (error) {
          asRefusal(error)
          const frame = await frameOf(c, who)
          return send(c, enterPage(frame, await shown(house, frame, coupon, { typed: form.typed, error })), 422)
        }
        return c.redirect('/bureau?fait', 303)
      }),
    ),
  )
}

type Found = Coupon & { code: string }

async function couponOf({ sql, office, day }: Context, text: string): Promise<Found | null> {
  const code = readCode(text)
  const found = code && (await findCoupon({ ...office, sql }, day, { code }))
  return code && found ? { ...found, code } : null
}

const shown = (
  house: Doors,
  frame: StaffFrame,
  coupon: Found,
  failed: { typed?: Typed; error?: DomainError } = {},
): Promise<Shown> => shownTo(house, coupon.code, coupon, frame.token, failed)

const unknown = (): DomainError =>
  new DomainError('coupon_not_found', 'Aucune lettre ne porte ce code de coupon.', {
    remedy: 'Relisez-le sur le coupon, ou cherchez le dossier par sa référence.',
  })

const askPage = (frame: StaffFrame, code: string, error?: DomainError): Html =>
  staffPage(
    frame,
    'Coupon papier',
    h`<h1>Coupon papier</h1>${refusal(error)}<p class="lead">Un coupon revenu par la poste se saisit comme le débiteur l’a rempli\u00a0: mêmes réponses, mêmes effets qu’en ligne.</p>
<form class="filter" action="/bureau/coupon" method="get"><p><label for="code">Code imprimé sur le coupon</label><input id="code" name="code" value="${code}" required maxlength="40" autocomplete="off" autocapitalize="characters"></p><p><button>Trouver la lettre</button></p></form>`,
  )

function enterPage(frame: StaffFrame, shown: Shown): Html {
  const { coupon, file, replies, standing, error } = shown
  const open = openAnswers(standing, replies)
  return staffPage(
    frame,
    `Coupon de la lettre ${coupon.reference}`,
    h`<h1>Coupon de la lettre ${coupon.reference}</h1>${refusal(error)}
<p class="lead">${file.debtor.name}, pour ${file.creditor.name}, lettre du ${dated(coupon.writtenOn)}.</p>
${replies.map((reply) => h`<p class="note">Déjà répondu le ${dated(reply.repliedOn)}\u00a0: ${reply.summary}</p>`)}
${open.length > 0 ? h`<p>Reprenez la case cochée par le débiteur et ce qu’il a écrit.</p>${answerForms(shown, open, `/bureau/coupon/${shown.code}`)}` : h`<p class="note">Ce coupon ne peut plus recevoir de réponse.</p>`}`,
  )
}
