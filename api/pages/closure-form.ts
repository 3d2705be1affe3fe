import type { Day } from '../../schema/days.ts'
import { h, type Html } from './page.ts'
import { requiredDay, requiredText, type Typed } from './typed.ts'

/** What a closed creditor means for its cases, as those who enter its days must know it; `whose`: « vos clients ». */
export const closureMeans = (whose: string): Html =>
  h`Ces jours-là, le parcours amiable n’écrit pas à ${whose} et ne les appelle pas\u00a0: chaque étape attend le premier jour ouvrable qui suit. Les délais de la loi, eux, ne bougent pas, et rien n’attend quand la prescription est proche.`

/** The days and the reason of a closure, from today on. */
export const closureFields = (today: Day, typed: Typed = {}): Html => h`
<p><label for="du">Premier jour de fermeture</label><input id="du" name="du" type="date" required min="${today.toString()}" value="${typed['du'] ?? ''}"></p>
<p><label for="au">Dernier jour de fermeture</label><input id="au" name="au" type="date" required min="${today.toString()}" value="${typed['au'] ?? ''}"></p>
<p><label for="motif">Motif</label><input id="motif" name="motif" required maxlength="120" placeholder="congés annuels" value="${typed['motif'] ?? ''}"></p>`

export const typedClosure = (typed: Typed): { closedFrom: Day; closedUntil: Day; reason: string } => ({
  closedFrom: requiredDay(typed, 'du', 'le premier jour de fermeture'),
  closedUntil: requiredDay(typed, 'au', 'le dernier jour de fermeture'),
  reason: requiredText(typed, 'motif', 'le motif de la fermeture', 120),
})
