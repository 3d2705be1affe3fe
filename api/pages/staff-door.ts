import type { Context as HttpContext } from 'hono'
import type { DomainError } from '../../schema/errors.ts'
import { type Act, may } from '../auth.ts'
import { type Context, forbidden } from '../context.ts'
import type { StaffFrame } from './staff-board.ts'
import type { Typed } from './typed.ts'

/** Who stands before a page of `/bureau`, and the session of his forms. */
export interface Who {
  ctx: Context
  sessionId: string
}
export type WithStaff = (c: HttpContext, act: (who: Who) => Promise<Response>) => Promise<Response>
export type FrameOf = (c: HttpContext, who: Who) => Promise<StaffFrame>

/** The same door, for those alone who may do that act. */
export const allowedTo =
  (withStaff: WithStaff, act: Act): WithStaff =>
  (c, show) =>
    withStaff(c, async (who) => {
      if (!may(who.ctx.viewer, act)) throw forbidden(who.ctx.viewer!.role)
      return show(who)
    })

/** What a page of forms is shown with again: what was typed, why it was refused, or that it was done. */
export interface Told {
  typed?: Typed
  error?: DomainError
  done?: boolean
}
