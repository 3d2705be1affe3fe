import type { Context as HttpContext, Hono } from 'hono'
import { type CaseFile, readCase } from '../../procedures/cases/file/file.ts'
import { reachOf } from '../../procedures/mail/reach.ts'
import { claimableOn } from '../../procedures/money/claimable.ts'
import { pendingRemission, type Remission, type RemissionState, standingOf } from '../../procedures/money/remission.ts'
import { owedUnder, recordRemission, withdrawRemission } from '../../procedures/money/remissions.ts'
import type { Office } from '../../procedures/office.ts'
import { type Day, sameDay } from '../../schema/days.ts'
import type { Sql } from '../../schema/db.ts'
import { may } from '../auth.ts'
import { type Context, forbidden } from '../context.ts'
import { requireCase } from '../graphql/cases.ts'
import { nodeId } from '../nodes.ts'
import { noteReading } from '../readings.ts'
import { asRefusal } from '../metrics.ts'
import { type Doors, ownForm } from './guard.ts'
import { dated, h, type Html, money, raw, send } from './page.ts'
import { refusal } from './portal-upload.ts'
import { type StaffFrame, staffPage } from './staff-board.ts'
import { confirmForm, onceByForm, triedOut } from './staff-confirm.ts'
import { allowedTo, type FrameOf, type Told, type WithStaff } from './staff-door.ts'
import { requiredAmount, requiredDay, requiredText, type Typed } from './typed.ts'

const path = '/bureau/remises'

/** `/bureau/remises`: what creditors give up if a sum is paid by a day, agreed, looked at and taken back. */
export function mountRemissions(app: Hono, house: Doors, withStaff: WithStaff, frameOf: FrameOf): void {
  const allowed = allowedTo(withStaff, 'recordRemission')
  const show = async (c: HttpContext, ctx: Context, frame: StaffFrame, told: Told = {}): Promise<Response> => {
    const { id } = await requireCase(ctx, told.typed?.['dossier'] ?? c.req.query('dossier') ?? '')
    noteReading(ctx, id, 'bureau')
    return send(c, listPage(frame, await readCase(ctx.sql, id), told), told.error ? 422 : 200)
  }
  app.get(path, (c) =>
    allowed(c, async (who) => show(c, who.ctx, await frameOf(c, who), { done: c.req.query('fait') !== undefined })),
  )
  app.post(path, (c) =>
    allowed(c, async (who) => {
      const typed = await ownForm(house, c, who.sessionId)
      const { ctx } = who
      const frame = await frameOf(c, who)
      const act = typed['geste']
      if (act === 'corriger') return show(c, ctx, frame, { typed })
      if (act === 'retirer' && !may(ctx.viewer, 'withdrawRemission')) throw forbidden(ctx.viewer!.role)
      try {
        if (act === 'retirer') await onceByForm(ctx, 'withdrawRemission', typed, withdrawal(ctx, typed))
        else if (act === 'enregistrer') await onceByForm(ctx, 'recordRemission', typed, agreement(ctx, typed))
        else return send(c, confirmPage(frame, typed, await foresee(ctx, typed)))
        const { id } = await requireCase(ctx, typed['dossier'] ?? '')
        return c.redirect(`${path}?dossier=${id}&fait`, 303)
      } catch (error) {
        asRefusal(error)
        return show(c, ctx, frame, { typed, error })
      }
    }),
  )
}

const agreement = (ctx: Context, typed: Typed) => async (office: Office, author: string) => {
  const { id: caseId } = await requireCase(ctx, typed['dossier'] ?? '', office.sql)
  const agreed = {
    caseId,
    amount: requiredAmount(typed, 'somme', 'la somme à payer'),
    payBy: requiredDay(typed, 'avant', 'le dernier jour pour payer'),
    agreedOn: requiredDay(typed, 'accordLe', 'le jour de l’accord du créancier'),
    agreedBy: requiredText(typed, 'accordPar', 'qui a signé pour le créancier', 120),
  }
  return { caseId, remissionId: await recordRemission(office.sql, office.random, ctx.day, agreed, author) }
}

const withdrawal = (ctx: Context, typed: Typed) => (office: Office, author: string) =>
  withdrawRemission(
    office.sql,
    ctx.day,
    { remissionId: nodeId(typed['remise'] ?? ''), reason: requiredText(typed, 'motif', 'le motif du retrait', 500) },
    author,
  )

/** What would be there once it is agreed. */
interface Foreseen {
  file: CaseFile
  remission: Remission
  owed: bigint
  reviewOn: Day
  endsConsent: boolean
}

const foresee = (ctx: Context, typed: Typed): Promise<Foreseen> =>
  triedOut(ctx, async (office, author) => {
    const { id } = await requireCase(ctx, typed['dossier'] ?? '', office.sql)
    const asked = await liveConsents(office.sql, id)
    const { remissionId } = await agreement(ctx, typed)(office, author)
    const file = await readCase(office.sql, id)
    const remission = file.remissions.find((each) => each.id === remissionId)!
    return {
      file,
      remission,
      owed: owedUnder(file, remission.agreedOn, ctx.day),
      reviewOn: file.holds.find(({ cause, releasedOn }) => cause === 'remise' && releasedOn === null)!.reviewOn,
      endsConsent: (await liveConsents(office.sql, id)) < asked,
    }
  })

async function liveConsents(sql: Sql, caseId: string): Promise<number> {
  const [live] = await sql<{ count: number }[]>`
    select count(*)::int as count from consent_requests r
    where r.case_id = ${caseId} and not exists (select from consent_ends e where e.request_id = r.id)`
  return live!.count
}

const stateWords = {
  pending: ['wait', 'attend son paiement'],
  met: ['good', 'acquise'],
  lapsed: ['', 'son jour est passé'],
} as const satisfies Record<RemissionState, [look: string, words: string]>

function listPage(frame: StaffFrame, file: CaseFile, { typed, error, done }: Told): Html {
  const { number, closedOn } = file.case
  return staffPage(
    frame,
    'Remises de dette',
    h`<h1>Remises de dette, dossier ${number}</h1><p class="lead">${file.debtor.name}, pour ${file.creditor.name}.</p>
${refusal(error)}${done ? h`<p class="good" role="status">C’est enregistré.</p>` : ''}
${file.remissions.length === 0 ? h`<p>Aucune remise n’est convenue.</p>` : file.remissions.map((each) => remissionNote(frame, file, each, typed))}
${closedOn ? h`<p>Le dossier est clos\u00a0: aucune remise ne s’y convient plus.</p>` : pendingRemission(file, frame.day) ? h`<p>Une autre ne se convient qu’une fois celle-ci payée, passée ou retirée.</p>` : agreeForm(frame, file, typed)}
<p><a href="/bureau?q=${encodeURIComponent(number)}">Revenir au dossier</a></p>`,
  )
}

/** Where a rate is awaited, the account is that of the last day that can be counted, and says so. */
function dueOn(today: Day, file: CaseFile): Html {
  const { toRecover, countedOn } = claimableOn(file, today)
  const when = sameDay(countedOn, today) ? h`aujourd’hui` : h`au ${dated(countedOn)}`
  return h`À recouvrer ${when}\u00a0: <strong>${money(toRecover, file.case.currency)}</strong>.`
}

function remissionNote(frame: StaffFrame, file: CaseFile, remission: Remission, typed: Typed | undefined): Html {
  const { amount, payBy, agreedOn, agreedBy, documentId } = remission
  const { state, paid } = standingOf(remission, file, frame.day)
  const [look, words] = stateWords[state]
  const { currency } = file.case
  return h`<article class="note"><h3>${money(amount, currency)} pour solde, au plus tard le ${dated(payBy)} <span class="state ${look}">${words}</span></h3>
<p>Reçus\u00a0: ${money(paid, currency)}. Accord du créancier du ${dated(agreedOn)}, signé par ${agreedBy}. ${documentId ? h`<a href="/bureau/courriers/${documentId}">Le courrier au débiteur</a>` : 'Aucun courrier ne l’a encore dit au débiteur.'}</p>
${state === 'met' || !frame.may('withdrawRemission') ? '' : withdrawForm(frame, file.case.id, remission, typed)}</article>`
}

function withdrawForm(frame: StaffFrame, caseId: string, remission: Remission, typed: Typed | undefined): Html {
  const { id, documentId, payBy } = remission
  const failed = typed?.['geste'] === 'retirer' && typed['remise'] === id
  const binds = documentId
    ? h`Le débiteur l’a reçue par écrit\u00a0: elle engage le créancier jusqu’au ${dated(payBy)} (C.\u00a0civ.\u00a01116). Ne la retirez qu’avec l’accord du débiteur, ou en lui écrivant que c’était une erreur.`
    : h`Rien n’en a encore été dit au débiteur.`
  return h`<details class="gesture"${failed ? raw(' open') : ''}><summary>Retirer cette remise</summary><form action="${path}" method="post">${hiddenOf(frame, { dossier: caseId, remise: id })}
<p>${binds} Une fois retirée, tout reste dû et les démarches reprennent.</p>
<p><label for="motif-${id}">Motif</label><textarea id="motif-${id}" name="motif" rows="2" required maxlength="500">${failed ? typed['motif'] : ''}</textarea></p>
<p class="row"><button class="plain" name="geste" value="retirer">Retirer cette remise</button></p></form></details>`
}

const hiddenOf = (frame: StaffFrame, fields: Record<string, string>): Html =>
  h`${Object.entries({ jeton: frame.token, cle: frame.key(), ...fields }).map(([name, value]) => h`<input type="hidden" name="${name}" value="${value}">`)}`

function agreeForm(frame: StaffFrame, file: CaseFile, typed: Typed | undefined): Html {
  const was = (name: string) => (typed?.['geste'] === 'retirer' ? '' : (typed?.[name] ?? ''))
  const today = frame.day.toString()
  return h`<h2>En convenir une</h2><p>Le créancier renonce par écrit à ce qui dépasse une somme, si elle est reçue à temps (C.\u00a0civ.\u00a01350). ${dueOn(frame.day, file)}</p>
<form action="${path}" method="post">${hiddenOf(frame, { dossier: file.case.id })}
<div class="fields"><p><label for="somme">Somme à payer pour solde (${file.case.currency})</label><input id="somme" name="somme" value="${was('somme')}" required inputmode="decimal" autocomplete="off" maxlength="20"></p>
<p><label for="avant">Reçue au plus tard le</label><input id="avant" name="avant" type="date" value="${was('avant')}" required min="${today}"></p>
<p><label for="accordLe">Accord écrit du créancier, du</label><input id="accordLe" name="accordLe" type="date" value="${was('accordLe')}" required max="${today}"></p>
<p><label for="accordPar">Signé pour lui par</label><input id="accordPar" name="accordPar" value="${was('accordPar')}" required maxlength="120" autocomplete="off"></p></div>
<p class="row"><button name="geste" value="voir">Voir ce que cela donne</button></p></form>`
}

function confirmPage(frame: StaffFrame, typed: Typed, foreseen: Foreseen): Html {
  const { file, remission, owed, reviewOn, endsConsent } = foreseen
  const { currency, number } = file.case
  const fr = (cents: bigint) => money(cents, currency)
  return staffPage(
    frame,
    'Convenir d’une remise',
    h`<h1>Convenir de cette remise\u00a0?</h1><p class="lead">Rien n’est encore enregistré.</p>
<dl class="facts"><div><dt>Dossier</dt><dd>${number}\u00a0: ${file.debtor.name}, pour ${file.creditor.name}</dd></div>
<div><dt>À payer pour solde</dt><dd><strong>${fr(remission.amount)}</strong>, reçus au plus tard le <strong>${dated(remission.payBy)}</strong></dd></div>
<div><dt>Dû aujourd’hui</dt><dd>${fr(owed)}, sur les factures émises jusqu’au ${dated(remission.agreedOn)}</dd></div>
<div><dt>Abandonné</dt><dd><strong>${fr(owed - remission.amount)}</strong>, et ce qui courra d’ici là</dd></div>
<div><dt>Accord du créancier</dt><dd>du ${dated(remission.agreedOn)}, signé par ${remission.agreedBy}</dd></div>
<div><dt>Démarches</dt><dd>suspendues jusqu’au ${dated(reviewOn)}${endsConsent ? '\u00a0; l’accord demandé au créancier pour agir en justice prend fin' : ''}</dd></div>
<div><dt>Débiteur</dt><dd>${reachOf(file, 'debiteur') ? h`un courrier lui en est écrit, et l’offre engage le créancier jusqu’au ${dated(remission.payBy)}` : 'aucune adresse n’est connue\u00a0: rien ne lui sera écrit'}</dd></div></dl>
<p>Reçue entière et à temps, la somme solde ces factures. Sinon, ou si le paiement revient impayé, tout reste dû.</p>
${confirmForm(frame, path, typed, 'Convenir de cette remise')}`,
  )
}
