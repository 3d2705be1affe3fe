import type { Hono, Context as HttpContext } from 'hono'
import { admitBytes } from '../../documents/antivirus.ts'
import { type Dispute, readCase } from '../../procedures/cases/file/file.ts'
import { answerDispute } from '../../procedures/cases/exchanges/disputes.ts'
import { creditorDay } from '../../procedures/mail/follow-ups.ts'
import type { ExhibitKind, NewExhibit } from '../../procedures/cases/exhibits/exhibits.ts'
import { type Day, dayFr, daysBetween } from '../../schema/days.ts'
import { DomainError } from '../../schema/errors.ts'
import { plainFileName } from '../../schema/words.ts'
import { authorOf } from '../auth.ts'
import { asRefusal } from '../metrics.ts'
import { type Doors, requireOwnForm } from './guard.ts'
import { count, dated, h, type Html, send } from './page.ts'
import { findByNumber } from './portal-data.ts'
import { type Desk, deskPage, noteRead, type WithDesk } from './portal-desk.ts'
import { refusal } from './portal-upload.ts'
import { requiredText, textOf, type Typed, typedOf } from './typed.ts'

/** The documents asked for, each with the exhibit that it becomes. */
const documents: { field: string; label: string; kind: ExhibitKind; proves: string }[] = [
  { field: 'commande', label: 'Commande, devis ou contrat signé', kind: 'commande', proves: 'l’accord du débiteur' },
  {
    field: 'livraison',
    label: 'Bon de livraison ou de réception',
    kind: 'bon-de-livraison',
    proves: 'la livraison ou l’exécution',
  },
  { field: 'echanges', label: 'Échanges avec le client', kind: 'echange', proves: 'ce que les parties se sont dit' },
]

/** `/portail/dossiers/:number/contestation`: the debtor disputes, and the creditor answers with its documents, against a clock. */
export function mountDisputes(app: Hono, house: Doors, withDesk: WithDesk): void {
  const path = '/portail/dossiers/:number/contestation'
  app.get(path, (c) => withDesk(c, async (desk) => send(c, page(desk, await asked(desk, c)))))
  app.post(path, (c) =>
    withDesk(c, async (desk) => {
      const body = await c.req.parseBody()
      const typed = typedOf(body)
      requireOwnForm(house, c, typed['jeton'], desk.sessionId)
      const found = await asked(desk, c)
      try {
        const answer = requiredText(typed, 'reponse', 'votre réponse', 4000)
        const brought = await Promise.all(documents.map((each) => broughtFile(desk, each, body[each.field])))
        await answerDispute(
          desk.ctx.office,
          desk.ctx.day,
          { caseId: found.caseId, disputeId: found.dispute.id, answer, documents: brought.flat() },
          authorOf(desk.ctx.viewer!),
        )
        return c.redirect(`/portail/dossiers/${found.number}`, 303)
      } catch (error) {
        asRefusal(error)
        return send(c, page(desk, found, { typed, error }), 422)
      }
    }),
  )
}

async function broughtFile(
  { ctx: { office, day } }: Desk,
  { kind, label, proves }: (typeof documents)[number],
  file: unknown,
): Promise<Omit<NewExhibit, 'caseId'>[]> {
  if (!(file instanceof File) || file.size === 0) return []
  const fileName = plainFileName(file.name, 'piece')
  const bytes = new Uint8Array(await file.arrayBuffer())
  await admitBytes(fileName, bytes, office.antivirus)
  return [{ kind, reference: `${label}, reçu le ${dayFr(day)}`, datedOn: null, proves, bytes, fileName }]
}

interface Asked {
  caseId: string
  number: string
  debtor: string
  dispute: Dispute
}

/** The dispute of that case which still waits for the creditor; the same refusal where there is none. */
async function asked(desk: Desk, c: HttpContext): Promise<Asked> {
  const { ctx } = desk
  const number = c.req.param('number') ?? ''
  const { id } = await findByNumber(ctx, number)
  noteRead(desk, [{ caseId: id }])
  const file = await readCase(ctx.sql, id)
  const dispute = file.disputes.findLast(awaitsCreditor)
  if (!dispute) {
    throw new DomainError('dispute_not_found', 'Aucune contestation de ce dossier n’attend votre réponse.', {
      remedy: 'Revenez au dossier\u00a0: tout ce qui s’y est passé y est inscrit.',
    })
  }
  return { caseId: id, number, debtor: file.debtor.name, dispute }
}

/** What the debtor sent along, each to be saved. */
export const disputeFiles = ({ files }: Pick<Dispute, 'files'>, space: '/portail' | '/bureau'): Html =>
  files.length === 0
    ? h``
    : h`<p>${count(files.length, 'document joint', 'documents joints')} par le débiteur\u00a0:</p><ul>${files.map(({ id, name }) => h`<li><a href="${space}/contestations/${id}">${name}</a></li>`)}</ul>`

export const awaitsCreditor = (dispute: Dispute): boolean =>
  dispute.resolvedOn === null && dispute.creditorAnsweredOn === null

/** The clock: by when, and how long that is. */
export function clock({ raisedOn, answerBy }: Pick<Dispute, 'raisedOn' | 'answerBy'>, today: Day): Html {
  const by = creditorDay(raisedOn, answerBy)
  const left = daysBetween(today, by)
  const [look, words] =
    left < 0
      ? ['stop', `dépassé de ${count(-left, 'jour')}`]
      : left === 0
        ? ['stop', 'aujourd’hui']
        : [left <= 3 ? 'stop' : 'wait', `encore ${count(left, 'jour')}`]
  return h`avant le ${dated(by)} <span class="state ${look}">${words}</span>`
}

function page(desk: Desk, { number, debtor, dispute }: Asked, failed?: { typed: Typed; error: DomainError }): Html {
  const action = `/portail/dossiers/${number}/contestation`
  return deskPage(desk, {
    title: `${debtor} conteste`,
    body: h`<p class="meta"><a href="/portail/dossiers/${number}">Dossier ${number}</a></p>
<h1>${debtor} conteste</h1>${refusal(failed?.error)}
<p class="lead">Votre réponse et vos pièces sont attendues ${clock(dispute, desk.ctx.day)}</p>
<blockquote>${dispute.ground}</blockquote>
${disputeFiles(dispute, '/portail')}
<p class="meta">Reçu le ${dated(dispute.raisedOn)} (${dispute.channel}). Le dossier est suspendu jusqu’à la réponse au débiteur.</p>
<form action="${action}" method="post" enctype="multipart/form-data"><input type="hidden" name="jeton" value="${desk.token}">
<p><label for="reponse">Votre réponse</label><span class="hint" id="aide"><br>Les faits sont-ils exacts\u00a0? Accordez-vous un avoir, un remplacement\u00a0? Maintenez-vous toute la somme\u00a0?</span><textarea id="reponse" name="reponse" required maxlength="4000" aria-describedby="aide">${failed ? textOf(failed.typed, 'reponse', 4000) : ''}</textarea></p>
<div class="fields">${documents.map(({ field, label }) => h`<p><label for="${field}">${label} (facultatif)</label><input id="${field}" name="${field}" type="file"></p>`)}</div>
<p><button>Envoyer ma réponse</button></p></form>`,
  })
}
