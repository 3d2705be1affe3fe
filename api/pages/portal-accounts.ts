import type { Hono, Context as HttpContext } from 'hono'
import { accountFields, type Account, readAccount } from '../../documents/invoices/account.ts'
import { readTable } from '../../documents/invoices/table.ts'
import { type ImportedLine, importAccount } from '../../procedures/cases/intake/account-import.ts'
import type { DebtorKind } from '../../procedures/cases/debtors.ts'
import type { DomainError } from '../../schema/errors.ts'
import { toCreditor } from '../remedies.ts'
import { receivedUpload } from '../uploads.ts'
import { asRefusal } from '../metrics.ts'
import { type Doors, requireOwnForm } from './guard.ts'
import { count, h, type Html, money, raw, said, send } from './page.ts'
import { type Desk, deskPage, type WithDesk } from './portal-desk.ts'
import { debtorKinds } from './portal-typed.ts'
import { keepUpload, refusal } from './portal-upload.ts'
import { typedOf } from './typed.ts'

/** `/portail/releves`: a statement of account is read, shown line by line, then confirmed; nothing is kept before that. */
export function mountAccounts(app: Hono, house: Doors, withDesk: WithDesk): void {
  const own = (desk: Desk, c: HttpContext, body: Record<string, unknown>) =>
    requireOwnForm(house, c, body['jeton'], desk.sessionId)

  app.get('/portail/releves', (c) => withDesk(c, async (desk) => send(c, dropPage(desk))))
  app.post('/portail/releves', (c) =>
    withDesk(c, async (desk) => {
      const body = await c.req.parseBody()
      own(desk, c, body)
      try {
        const read = async (bytes: Uint8Array) => readAccount(await readTable(bytes), { seller: desk.creditor })
        return c.redirect(`/portail/releves/${await keepUpload(desk, body['releve'], read)}`, 303)
      } catch (error) {
        asRefusal(error)
        return send(c, dropPage(desk, error), 422)
      }
    }),
  )
  app.get('/portail/releves/:id', (c) =>
    withDesk(
      c,
      async (desk) => {
        const { account, sha256 } = await readUpload(desk, c.req.param('id'))
        const kind = kindOf(c.req.query('type')) ?? 'business'
        const lines = await run(desk, account, sha256, kind, false)
        return send(c, previewPage(desk, c.req.param('id'), account, lines, kind))
      },
      'house',
    ),
  )
  app.post('/portail/releves/:id', (c) =>
    withDesk(c, async (desk) => {
      const typed = typedOf(await c.req.parseBody())
      own(desk, c, typed)
      const { account, sha256 } = await readUpload(desk, c.req.param('id'))
      const kind = kindOf(typed['type']) ?? 'business'
      // Shown again for another kind of debtor; kept only by its own button.
      if (typed['geste'] !== 'confier') return c.redirect(`/portail/releves/${c.req.param('id')}?type=${kind}`, 303)
      return send(c, donePage(desk, await run(desk, account, sha256, kind, true)))
    }),
  )
}

const kindOf = (text: string | undefined): DebtorKind | undefined => debtorKinds.find(([kind]) => kind === text)?.[0]

async function readUpload({ ctx, creditor }: Desk, id: string): Promise<{ account: Account; sha256: string }> {
  const { sha256 } = await receivedUpload(ctx, ctx.sql, id)
  return { account: readAccount(await readTable(await ctx.office.archive.get(sha256)), { seller: creditor }), sha256 }
}

function run({ ctx }: Desk, account: Account, file: string, kind: DebtorKind, keep: boolean): Promise<ImportedLine[]> {
  const { sql, random } = ctx.office
  const input = { creditorId: ctx.viewer!.creditorId!, kind, lines: account.lines, file }
  return importAccount(sql, random, ctx.day, input, keep, `creditor:${ctx.viewer!.name}`)
}

const dropPage = (desk: Desk, error?: DomainError): Html =>
  deskPage(desk, {
    title: 'Envoyer un relevé de compte',
    at: '/portail/factures',
    script: 'portal.js',
    body: h`<h1>Envoyer un relevé de compte</h1>
<p class="lead">Un tableau de vos factures impayées, une par ligne, ouvre autant de dossiers qu’il y a de débiteurs. Vous verrez chaque ligne avant que rien ne commence.</p>
${refusal(error)}
<form action="/portail/releves" method="post" enctype="multipart/form-data"><input type="hidden" name="jeton" value="${desk.token}">
<div class="drop" data-drop><p><label for="releve">Le fichier du relevé</label></p><p class="hint" id="aide">Excel (.xlsx) ou CSV, avec une ligne de titres\u00a0: n° de facture, client, adresse, date, échéance, montant TTC, reste dû.</p>
<p><input id="releve" type="file" name="releve" required accept=".csv,.xlsx,.txt" aria-describedby="aide"></p></div>
<p><button>Lire le relevé</button></p></form>`,
  })

function previewPage(desk: Desk, id: string, account: Account, lines: ImportedLine[], kind: DebtorKind): Html {
  const ready = lines.filter(({ state }) => state === 'kept')
  const aside = account.columns.filter(({ field }) => field === null)
  return deskPage(desk, {
    title: 'Relevé de compte',
    at: '/portail/factures',
    body: h`<h1>Voici ce que nous lisons</h1>
<p class="lead">${count(ready.length, 'facture')} à confier, pour ${count(new Set(ready.map(({ caseNumber }) => caseNumber)).size, 'dossier')}. Rien n’est encore enregistré.</p>
<details><summary>Les colonnes comprises</summary><ul>${account.columns.map(({ title, field }) => h`<li>${title}\u00a0: ${field ? accountFields[field] : 'laissée de côté'}</li>`)}</ul></details>
${aside.length > 0 ? h`<p class="meta">Laissées de côté\u00a0: ${aside.map(({ title }) => title).join(', ')}.</p>` : ''}
<form action="/portail/releves/${id}" method="post"><input type="hidden" name="jeton" value="${desk.token}">
<fieldset><legend>Sauf mention contraire dans le relevé, le débiteur est</legend>${debtorKinds.map(([each, name]) => h`<p><label><input type="radio" name="type" value="${each}"${each === kind ? raw(' checked') : ''}>${name}</label></p>`)}</fieldset>
${linesTable(lines)}
<p class="row">${ready.length > 0 ? h`<button name="geste" value="confier">Confier ${count(ready.length, 'facture')}</button> ` : ''}<button class="plain" name="geste" value="relire">Relire ainsi</button> <a class="button plain" href="/portail/releves">Un autre relevé</a></p></form>`,
  })
}

const donePage = (desk: Desk, lines: ImportedLine[]): Html =>
  deskPage(desk, {
    title: 'Relevé enregistré',
    at: '/portail/factures',
    body: h`<h1>${count(lines.filter(({ state }) => state === 'kept').length, 'facture confiée', 'factures confiées')}</h1>
<p class="lead" role="status">Chaque dossier suit maintenant son calendrier. Les lignes refusées n’ont rien changé\u00a0: corrigez-les et renvoyez le même fichier, rien ne sera compté deux fois.</p>
${linesTable(lines, 'confiée')}<p><a class="button" href="/portail/dossiers">Voir les dossiers</a></p>`,
  })

const marks: Record<ImportedLine['state'], [string, string]> = {
  kept: ['good', 'à confier'],
  known: ['', 'déjà là'],
  skipped: ['', 'laissée'],
  refused: ['stop', 'refusée'],
}

const linesTable = (lines: ImportedLine[], kept = marks.kept[1]): Html =>
  h`<div class="scroll"><table class="cards"><thead><tr><th scope="col">Facture</th><th scope="col">État</th><th scope="col">Débiteur</th><th scope="col">Ligne</th><th scope="col">Dossier</th><th scope="col" class="num">À payer</th></tr></thead>
<tbody>${lines.map(
    (
      line,
    ) => h`<tr><th scope="row">${line.number ?? 'sans numéro'}</th><td class="mark"><span class="state ${marks[line.state][0]}">${line.repeats !== null && line.state === 'known' ? 'répétée' : line.state === 'kept' ? kept : marks[line.state][1]}</span></td><td>${line.debtor ?? ''}${remarks(line).map((text) => h`<br><span class="meta">${said(text)}</span>`)}</td>
<td data-label="ligne">${line.row}</td>${line.state === 'kept' || line.state === 'known' ? h`<td data-label="dossier">${line.caseNumber?.replace('-', '\u2011')}</td>` : h`<td></td>`}<td class="num">${line.payable === null ? '' : money(line.payable, line.currency!)}</td></tr>`,
  )}</tbody></table></div>`

const remarks = ({ fault, why, doubts }: ImportedLine): string[] => [
  ...(fault ? [`${fault.message} ${toCreditor(fault.remedy)}`] : why ? [why] : []),
  ...doubts.map(({ message }) => `À vérifier\u00a0: ${message}`),
]
