import type { Office } from '../../procedures/office.ts'
import { rehearse } from '../../schema/db.ts'
import { DomainError } from '../../schema/errors.ts'
import type { Act } from '../auth.ts'
import { author, type Context } from '../context.ts'
import { once, type Outcome } from '../graphql/once.ts'
import { h, type Html } from './page.ts'
import type { StaffFrame } from './staff-board.ts'
import type { Typed } from './typed.ts'

/** Does what a form asks, once: its key makes of a double click a single act. */
export function onceByForm<T extends Outcome>(
  ctx: Context,
  act: Act,
  typed: Typed,
  run: (office: Office, author: string) => Promise<T>,
): Promise<T> {
  const { jeton: _token, cle, ...fields } = typed
  if (!cle) {
    throw new DomainError('bad_reply', 'Ce formulaire est incomplet.', { remedy: 'Rechargez la page et recommencez.' })
  }
  return once(ctx, act, { ...fields, idempotencyKey: `bureau:${cle}` }, run)
}

/** Does it and takes it back: what it reads before it ends is what would be there. */
export const triedOut = <T>(ctx: Context, run: (office: Office, author: string) => Promise<T>): Promise<T> =>
  rehearse(ctx.sql, false, (sql) => run({ ...ctx.office, sql }, author(ctx)))

/** What was shown is kept, or goes back to the form as it was typed. */
export function confirmForm(frame: StaffFrame, path: string, typed: Typed, title: string): Html {
  const { jeton: _token, cle: _key, geste: _act, ...fields } = typed
  return h`<form action="${path}" method="post"><input type="hidden" name="jeton" value="${frame.token}"><input type="hidden" name="cle" value="${frame.key()}">${Object.entries(fields).map(([name, value]) => h`<input type="hidden" name="${name}" value="${value}">`)}
<p class="row"><button name="geste" value="enregistrer">${title}</button> <button class="plain" name="geste" value="corriger">Corriger</button></p></form>`
}
