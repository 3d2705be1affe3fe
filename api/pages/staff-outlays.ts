import type { Context as HttpContext, Hono } from 'hono'
import { type Outlay, readCeilings, readOutlays, recordOutlay } from '../../procedures/judicial/outlays.ts'
import { loadProcedure } from '../../procedures/judicial/engine/procedure.ts'
import type { Office } from '../../procedures/office.ts'
import { type Day, dayFr } from '../../schema/days.ts'
import { type Sql, transaction } from '../../schema/db.ts'
import { type Currency, sum } from '../../schema/money.ts'
import type { Context } from '../context.ts'
import { type CaseRow, requireCase } from '../graphql/cases.ts'
import { requireProcedure } from '../graphql/procedures.ts'
import { asRefusal } from '../metrics.ts'
import { noteReading } from '../readings.ts'
import { receivedHash, receivedUpload } from '../uploads.ts'
import { admitDocument, type Form, receiveForm } from './form-files.ts'
import { type Doors, requireOwnForm } from './guard.ts'
import { dated, h, type Html, money, raw, said, send } from './page.ts'
import { recordUpload, refusal } from './portal-upload.ts'
import { type StaffFrame, staffPage } from './staff-board.ts'
import { confirmForm, onceByForm, triedOut } from './staff-confirm.ts'
import { allowedTo, type FrameOf, type Told, type WithStaff } from './staff-door.ts'
import { requiredAmount, requiredDay, requiredText, textOf, type Typed } from './typed.ts'

const path = '/bureau/debours'

/** What may come along with an outlay. */
export const bill = { files: 1, fileBytes: 10_000_000 }

/** `/bureau/debours`: what the procedures of a case cost, against the ceiling that its creditor signed. */
export function mountOutlays(app: Hono, house: Doors, withStaff: WithStaff, frameOf: FrameOf): void {
  const allowed = allowedTo(withStaff, 'recordOutlay')
  const show = async (c: HttpContext, ctx: Context, frame: StaffFrame, told: Told = {}): Promise<Response> => {
    const found = await requireCase(ctx, told.typed?.['dossier'] ?? c.req.query('dossier') ?? '')
    noteReading(ctx, found.id, 'bureau')
    const kept = told.typed?.['facture'] ? await receivedUpload(ctx, ctx.sql, told.typed['facture']) : null
    const page = listPage(frame, found, await readSpending(ctx.sql, found.id), kept?.fileName ?? null, told)
    return send(c, page, told.error ? 422 : 200)
  }
  app.get(path, (c) =>
    allowed(c, async (who) => show(c, who.ctx, await frameOf(c, who), { done: c.req.query('fait') !== undefined })),
  )
  app.post(path, (c) =>
    allowed(c, (who) =>
      who.ctx.office.archive.drafting(async (folder) => {
        const { ctx } = who
        const form = await receiveForm(c, folder, bill)
        requireOwnForm(house, c, form.typed['jeton'], who.sessionId)
        const frame = await frameOf(c, who)
        let { typed } = form
        try {
          typed = await withBill(ctx, form)
          if (typed['geste'] === 'corriger') return await show(c, ctx, frame, { typed })
          if (typed['geste'] !== 'enregistrer') return send(c, confirmPage(frame, typed, await foresee(ctx, typed)))
          const { caseId } = await onceByForm(ctx, 'recordOutlay', typed, spending(ctx, typed))
          return c.redirect(`${path}?dossier=${caseId}&fait`, 303)
        } catch (error) {
          asRefusal(error)
          return show(c, ctx, frame, { typed, error })
        }
      }),
    ),
  )
}

/** The bill is kept as an upload as soon as it comes: a browser forgets the file of a form that is shown again. */
async function withBill(ctx: Context, { typed, files: [file], refused }: Form): Promise<Typed> {
  if (refused) throw refused
  if (!file) return typed
  await admitDocument(file, ctx.office.antivirus)
  const facture = await transaction(ctx.sql, async (sql) => {
    const id = await recordUpload(ctx, sql, file)
    await ctx.office.archive.adopt(file)
    return id
  })
  return { ...typed, facture }
}

const spending = (ctx: Context, typed: Typed) => async (office: Office, author: string) => {
  const { id: procedureId } = await requireProcedure(
    ctx,
    requiredText(typed, 'procedure', 'la procédure concernée'),
    office.sql,
  )
  const outlay = {
    procedureId,
    spentOn: requiredDay(typed, 'depenseLe', 'le jour de la dépense'),
    amount: requiredAmount(typed, 'montant', 'le montant'),
    label: requiredText(typed, 'objet', 'l’objet de la dépense', 200),
    original: await receivedHash(ctx, office.sql, typed['facture']),
    overWhy: textOf(typed, 'depassement', 500) || null,
  }
  const { id, caseId } = await recordOutlay(office.sql, office.random, ctx.day, outlay, author)
  return { outlayId: id, caseId }
}

interface Spending {
  id: string
  title: string
  openedOn: Day
  ceiling: { cents: bigint; currency: Currency }
  spent: bigint
  outlays: Outlay[]
}

/** The procedures of a case, the oldest first, with what each cost. */
async function readSpending(sql: Sql, caseId: string): Promise<Spending[]> {
  const opened = await sql<{ id: string; procedure: string; openedOn: Day }[]>`
    select id, procedure, opened_on from procedures where case_id = ${caseId} order by opened_on, id`
  const ids = opened.map(({ id }) => id)
  const [ceilings, outlays] = await Promise.all([readCeilings(sql, ids), readOutlays(sql, ids)])
  return opened.map(({ id, procedure, openedOn }) => {
    const own = outlays.get(id) ?? []
    const [ceiling] = ceilings.get(id)!
    return {
      id,
      title: loadProcedure(procedure).titre,
      openedOn,
      ceiling: ceiling!,
      spent: sum(own.map(({ amount }) => amount)),
      outlays: own,
    }
  })
}

/** What would be there once it is recorded. */
interface Foreseen {
  number: string
  spending: Spending
  outlay: Outlay
  fileName: string | null
}

const foresee = (ctx: Context, typed: Typed): Promise<Foreseen> =>
  triedOut(ctx, async (office, author) => {
    const { outlayId, caseId } = await spending(ctx, typed)(office, author)
    const { number } = await requireCase(ctx, caseId, office.sql)
    const all = await readSpending(office.sql, caseId)
    const found = all.find(({ outlays }) => outlays.some(({ id }) => id === outlayId))!
    const kept = typed['facture'] ? await receivedUpload(ctx, office.sql, typed['facture']) : null
    return {
      number,
      spending: found,
      outlay: found.outlays.find(({ id }) => id === outlayId)!,
      fileName: kept?.fileName ?? null,
    }
  })

function listPage(
  frame: StaffFrame,
  { id, number }: CaseRow,
  all: Spending[],
  fileName: string | null,
  { typed = {}, error, done }: Told,
): Html {
  return staffPage(
    frame,
    'Débours',
    h`<h1>Débours, dossier ${number}</h1><p class="lead">Ce que coûte chaque procédure, TVA comprise, et le plafond que le créancier a signé.</p>
${refusal(error)}${done ? h`<p class="good" role="status">C’est enregistré.</p>` : ''}
${all.map(spendingTable)}
${all.length === 0 ? h`<p class="note">Aucune procédure n’est ouverte dans ce dossier\u00a0: il n’a pas de débours.</p>` : h`<h2>En enregistrer un</h2>${outlayForm(frame, id, all, fileName, typed)}`}
<p><a href="/bureau?q=${encodeURIComponent(number)}">Revenir au dossier</a></p>`,
  )
}

const spendingTable = ({ title, openedOn, ceiling: { cents, currency }, spent, outlays }: Spending): Html =>
  h`<h2>${said(title)} <span class="meta">ouverte le ${dated(openedOn)}</span></h2>
<p>${spent > cents ? h`<span class="state stop">plafond dépassé</span> ` : ''}<strong>${money(spent, currency)}</strong> dépensés, sur ${money(cents, currency)} acceptés.</p>
${outlays.length === 0 ? '' : h`<table class="cards"><thead><tr><th scope="col">Objet</th><th scope="col" class="num">Montant</th><th scope="col">Jour</th><th scope="col">Facture</th></tr></thead><tbody>${outlays.map((each) => h`<tr><th scope="row">${said(each.label)}${each.overWhy ? h`<br><span class="meta">Au-delà du plafond\u00a0: ${said(each.overWhy)}</span>` : ''}</th><td class="num">${money(each.amount, currency)}</td><td>${dated(each.spentOn)}</td><td data-label="facture">${each.original ? 'jointe' : ''}</td></tr>`)}</tbody></table>`}`

function outlayForm(frame: StaffFrame, caseId: string, all: Spending[], fileName: string | null, typed: Typed): Html {
  const was = (name: string) => typed[name] ?? ''
  return h`<form action="${path}" method="post" enctype="multipart/form-data"><input type="hidden" name="jeton" value="${frame.token}"><input type="hidden" name="cle" value="${frame.key()}"><input type="hidden" name="dossier" value="${caseId}">${fileName ? h`<input type="hidden" name="facture" value="${was('facture')}">` : ''}
<div class="fields"><p class="all"><label for="procedure">Procédure</label><select id="procedure" name="procedure" required>${all.map(({ id, title, openedOn }) => h`<option value="${id}"${was('procedure') === id ? raw(' selected') : ''}>${said(title)}, ouverte le ${dayFr(openedOn)}</option>`)}</select></p>
<p><label for="objet">Objet (greffe, signification, saisie…)</label><input id="objet" name="objet" value="${was('objet')}" required maxlength="200" autocomplete="off"></p>
<p><label for="montant">Montant, TVA comprise (${all[0]!.ceiling.currency})</label><input id="montant" name="montant" value="${was('montant')}" required inputmode="decimal" autocomplete="off" maxlength="20"></p>
<p><label for="depenseLe">Dépensé le</label><input id="depenseLe" name="depenseLe" type="date" value="${was('depenseLe')}" required max="${frame.day.toString()}"></p>
<p><label for="piece">Facture, facultative (PDF ou image)</label><input id="piece" name="piece" type="file" accept=".pdf,.jpg,.jpeg,.png,.tif,.tiff"></p>
${fileName ? h`<p class="all meta">Déjà jointe\u00a0: ${fileName}. Un autre fichier la remplace.</p>` : ''}
<p class="all"><label for="depassement">Si le plafond est dépassé, pourquoi</label><textarea id="depassement" name="depassement" rows="2" maxlength="500">${was('depassement')}</textarea></p></div>
<p class="row"><button name="geste" value="voir">Voir ce que cela donne</button></p></form>`
}

function confirmPage(frame: StaffFrame, typed: Typed, { number, spending, outlay, fileName }: Foreseen): Html {
  const { cents, currency } = spending.ceiling
  const fr = (sum: bigint) => money(sum, currency)
  return staffPage(
    frame,
    'Enregistrer un débours',
    h`<h1>Enregistrer ce débours\u00a0?</h1><p class="lead">Rien n’est encore enregistré.</p>
<dl class="facts"><div><dt>Dossier</dt><dd>${number}</dd></div><div><dt>Procédure</dt><dd>${said(spending.title)}</dd></div>
<div><dt>Dépense</dt><dd><strong>${fr(outlay.amount)}</strong> le ${dated(outlay.spentOn)}\u00a0: ${said(outlay.label)}</dd></div>
<div><dt>Facture</dt><dd>${fileName ?? 'aucune'}</dd></div>
<div><dt>Frais de la procédure</dt><dd>${fr(spending.spent)} avec cette dépense, sur ${fr(cents)} acceptés par le créancier</dd></div>
${outlay.overWhy ? h`<div><dt>Dépassement</dt><dd><span class="state stop">plafond dépassé</span> ${said(outlay.overWhy)} <span class="meta">Le créancier le verra.</span></dd></div>` : ''}</dl>
${confirmForm(frame, path, typed, 'Enregistrer ce débours')}`,
  )
}
