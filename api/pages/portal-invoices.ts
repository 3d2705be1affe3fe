import type { Hono, Context as HttpContext } from 'hono'
import { readAccount } from '../../documents/invoices/account.ts'
import { type ReadInvoice, readInvoice } from '../../documents/invoices/einvoice.ts'
import { readTable } from '../../documents/invoices/table.ts'
import { needsPostalCode } from '../../documents/send/postal-address.ts'
import { sellerDoubts } from '../../procedures/cases/intake/sellers.ts'
import { type Submission, submitInvoice } from '../../procedures/cases/intake/submissions.ts'
import type { Creditor } from '../../procedures/cases/creditors.ts'
import { barredDoubts } from '../../procedures/cases/standstill.ts'
import type { PublicOrder } from '../../procedures/cases/public-buyers/public-term.ts'
import { DomainError, type Doubt } from '../../schema/errors.ts'
import { once } from '../graphql/once.ts'
import { toCreditor } from '../remedies.ts'
import { receivedUpload } from '../uploads.ts'
import { asRefusal } from '../metrics.ts'
import { type Doors, requireOwnForm } from './guard.ts'
import { dated, h, type Html, money, raw, said, send } from './page.ts'
import { type Desk, deskPage, type WithDesk } from './portal-desk.ts'
import { debtorKinds, typedFields, typedInvoice } from './portal-typed.ts'
import { keepUpload, refusal } from './portal-upload.ts'
import { countryField, typedAddress } from './typed-address.ts'
import { requiredDay, textOf, type Typed, typedOf } from './typed.ts'

/** `/portail/factures`: a file is read and shown as understood, then confirmed; nothing opens a case before that. */
export function mountInvoices(app: Hono, house: Doors, withDesk: WithDesk): void {
  const own = async (desk: Desk, c: HttpContext, body: Record<string, unknown>) =>
    requireOwnForm(house, c, body['jeton'], desk.sessionId)

  app.get('/portail/factures', (c) => withDesk(c, async (desk) => send(c, dropPage(desk))))
  app.post('/portail/factures', (c) =>
    withDesk(c, async (desk) => {
      const body = await c.req.parseBody()
      await own(desk, c, body)
      try {
        let to = 'factures'
        const id = await keepUpload(desk, body['facture'], async (bytes, fileName) => {
          if (await isAccount(desk, bytes, fileName)) to = 'releves'
        })
        return c.redirect(`/portail/${to}/${id}`, 303)
      } catch (error) {
        asRefusal(error)
        return send(c, dropPage(desk, error), 422)
      }
    }),
  )
  app.get('/portail/factures/:id', (c) =>
    withDesk(
      c,
      async (desk) => {
        const { read } = await readUpload(desk, c.req.param('id'))
        return send(c, readPage(desk, c.req.param('id'), read))
      },
      'house',
    ),
  )
  app.post('/portail/factures/:id', (c) =>
    withDesk(c, async (desk) => {
      const typed = typedOf(await c.req.parseBody())
      await own(desk, c, typed)
      const id = c.req.param('id')
      const { read: found, sha256 } = await readUpload(desk, id)
      let read = found
      try {
        read ??= typedInvoice(typed, desk.creditor)
        return c.redirect(`/portail/dossiers/${await submit(desk, { id, read, sha256 }, typed)}?recue`, 303)
      } catch (error) {
        asRefusal(error)
        return send(c, readPage(desk, id, found, { typed, error }), 422)
      }
    }),
  )
}

/** The file of that id as it reads; null where it is a PDF that only eyes can read. */
async function readUpload({ ctx }: Desk, id: string): Promise<{ read: ReadInvoice | null; sha256: string }> {
  const { sha256, fileName } = await receivedUpload(ctx, ctx.sql, id)
  const read = await readIfData(await ctx.office.archive.get(sha256), fileName)
  const [creditor] = await ctx.sql<(Pick<Creditor, 'name' | 'identity'> & { nature: string | null })[]>`
    select name, identity, (select claim_nature from mandates m where m.creditor_id = c.id and m.ended_on is null limit 1) as nature
    from creditors c where id = ${ctx.viewer!.creditorId}`
  if (!read) return { read, sha256 }
  // Said before it is confirmed: the debtor would be asked to pay somebody else's invoice.
  const doubts = [
    ...read.doubts,
    ...(await knownDoubts(ctx, read)),
    ...sellerDoubts(read, creditor!),
    ...barredDoubts(read, creditor!.nature, ctx.day),
  ]
  return { read: { ...read, doubts }, sha256 }
}

/** Sent a second time, it would be refused once everything is typed: said before. */
async function knownDoubts({ sql, viewer }: Desk['ctx'], { kind, number }: ReadInvoice): Promise<Doubt[]> {
  const [there] = await sql<{ number: string }[]>`
    select c.number from ${kind === 'invoice' ? sql`invoices` : sql`credit_notes`} i join cases c on c.id = i.case_id
    where c.creditor_id = ${viewer!.creditorId} and i.number = ${number} limit 1`
  const what = kind === 'invoice' ? 'Cette facture' : 'Cet avoir'
  return there ? [{ code: 'known', message: `${what} est déjà dans le dossier ${there.number}.` }] : []
}

async function readIfData(bytes: Uint8Array, fileName: string): Promise<ReadInvoice | null> {
  try {
    return await readInvoice(bytes, { fileName })
  } catch (error) {
    if (error instanceof DomainError && error.code === 'pdf_without_xml') return null
    throw error
  }
}

/** Reads it as an invoice; a statement of account dropped here goes on as one, and is no file of an unknown format. */
async function isAccount(desk: Desk, bytes: Uint8Array, fileName: string): Promise<boolean> {
  try {
    await readIfData(bytes, fileName)
    return false
  } catch (error) {
    if (!(error instanceof DomainError && error.code === 'unsupported_format')) throw error
    const table = await readTable(bytes).catch(() => null)
    // A text of one column is no statement, and is told as what it is.
    if (table === null || !table.some(({ cells }) => cells.length > 2)) throw error
    readAccount(table, { seller: desk.creditor })
    return true
  }
}

/** Confirmed twice, it is one case: the file's own id is the key. */
async function submit(
  { ctx }: Desk,
  upload: { id: string; read: ReadInvoice; sha256: string },
  typed: Typed,
): Promise<string> {
  const { read, sha256 } = upload
  const kind = debtorKinds.find(([id]) => id === typed['type'])?.[0]
  if (!kind)
    throw new DomainError('debtor_kind_missing', 'Il manque la qualité du débiteur.', {
      remedy: 'Dites si c’est un professionnel, un particulier ou une administration.',
    })
  const debtor: Submission['debtor'] = { kind }
  const email = textOf(typed, 'courriel', 150)
  const phone = textOf(typed, 'telephone', 30)
  if (email) debtor.email = email
  if (phone) debtor.phone = phone
  if (needsAddress(read)) debtor.address = typedAddress(typed, ' du débiteur')
  const nature = natures.find(([id]) => id === typed['nature'])?.[0]
  const submission: Submission = {
    creditorId: ctx.viewer!.creditorId!,
    invoices: [{ read, original: sha256 }],
    debtor,
    ...(nature ? { nature } : {}),
    ...(kind === 'public' ? { order: orderOf(typed) } : {}),
    ...(read.dueOn === null && read.kind === 'invoice'
      ? { dueOn: requiredDay(typed, 'echeance', 'la date d’échéance') }
      : {}),
  }
  const input = { idempotencyKey: `portail:${upload.id}` }
  const { number } = await once(ctx, 'submitInvoice', input, async (office, by) => {
    const done = await submitInvoice(office.sql, office.random, ctx.day, submission, by)
    return { number: done.case.number }
  })
  return number
}

/** What was sold, where it changes the time to act; the others follow the creditor's agreement. */
const natures: [id: string, name: string][] = [
  ['vente', 'Vente ou prestation ordinaire'],
  ['transport', 'Transport de marchandises'],
  ['loyer_habitation', 'Loyer d’habitation'],
  ['telecom', 'Communications électroniques'],
]

/** Of a public buyer, as the creditor has it on its order: what its accountant looks the payment up by. */
function orderOf(typed: Typed): PublicOrder {
  const fields = [
    ['numero', 'engagement'],
    ['codeService', 'service'],
    ['marche', 'marche'],
    ['depot', 'depot'],
  ] as const
  const said = fields.flatMap(([key, name]) => {
    const text = textOf(typed, name, 60)
    return text ? [[key, text] as const] : []
  })
  const deposited = textOf(typed, 'depose') ? requiredDay(typed, 'depose', 'la date du dépôt').toString() : null
  return { ...Object.fromEntries(said), ...(deposited ? { dateDepot: deposited } : {}) }
}

/** Shown to everyone, for no script decides; used for a public buyer alone. */
function orderFields(was: (name: string) => string): Html {
  const field = (name: string, label: string, type = 'text') =>
    h`<p><label for="${name}">${label}</label><input id="${name}" name="${name}" type="${type}" value="${was(name)}" maxlength="60"></p>`
  return h`<details${was('engagement') || was('depot') ? raw(' open') : ''}><summary>Si le débiteur est une administration</summary><p class="hint">Son comptable retrouve un paiement par ces références ; son délai court du dépôt sur Chorus Pro.</p><div class="fields">
${field('engagement', 'Numéro d’engagement')}${field('service', 'Code du service')}${field('marche', 'Numéro de marché')}${field('depot', 'Numéro de dépôt Chorus Pro')}${field('depose', 'Déposée le', 'date')}</div></details>`
}

const needsAddress = ({ buyer: { address } }: ReadInvoice): boolean =>
  !address?.lines.length || !address.city || (!address.postalCode && needsPostalCode(address.country))

function dropPage(desk: Desk, error?: DomainError): Html {
  return deskPage(desk, {
    title: 'Envoyer une facture',
    at: '/portail/factures',
    script: 'portal.js',
    body: h`<h1>Envoyer une facture</h1>
<p class="lead">Une facture suffit pour ouvrir un dossier. Vous verrez ce que nous y lisons avant que rien ne commence.</p>
${refusal(error)}
<form action="/portail/factures" method="post" enctype="multipart/form-data"><input type="hidden" name="jeton" value="${desk.token}">
<div class="drop" data-drop><p><label for="facture">Le fichier de la facture</label></p><p class="hint" id="aide">Factur-X (PDF), PDF ordinaire, CII ou UBL (XML), ou JSON, de 20 Mo au plus. Vous pouvez aussi le déposer ici. Plusieurs factures d’un coup : déposez un <a href="/portail/releves">relevé de compte</a> (CSV, XLSX).</p>
<p><input id="facture" type="file" name="facture" required accept=".pdf,.xml,.json,.csv,.xlsx,application/pdf,application/xml,application/json" aria-describedby="aide"></p></div>
<p><button>Lire la facture</button></p></form>`,
  })
}

type Failed = { typed: Typed; error: DomainError }

/** What was read, or the fields to type where nothing could be; then who the debtor is, and the confirmation. */
function readPage(desk: Desk, id: string, read: ReadInvoice | null, failed?: Failed): Html {
  const was = (name: string) => failed?.typed[name] ?? ''
  return deskPage(desk, {
    title: read ? `Facture ${read.number}` : 'Facture à saisir',
    at: '/portail/factures',
    body: h`<h1>${read ? 'Voici ce que nous lisons' : 'Ce PDF est à saisir'}</h1>
${refusal(failed?.error)}
${read ? understood(read) : h`<p class="lead">Il ne porte aucune donnée que nous puissions lire seuls. Recopiez ces quelques mentions\u00a0; le PDF est gardé comme original.</p>`}
<form action="/portail/factures/${id}" method="post"><input type="hidden" name="jeton" value="${desk.token}">
${read ? '' : typedFields(was)}
<fieldset><legend>Le débiteur est</legend>${debtorKinds.map(([kind, name]) => h`<p><label><input type="radio" name="type" value="${kind}" required${was('type') === kind ? raw(' checked') : ''}>${name}</label></p>`)}</fieldset>
<div class="fields">
${read ? lacking(read, was) : ''}
<p><label for="courriel">Courriel du débiteur (facultatif)</label><input id="courriel" name="courriel" type="email" value="${was('courriel')}" maxlength="150"></p>
<p><label for="telephone">Téléphone du débiteur (facultatif)</label><input id="telephone" name="telephone" type="tel" value="${was('telephone')}" maxlength="30"></p>
<p><label for="nature">Ce qui a été vendu</label><select id="nature" name="nature"><option value="">Comme prévu à la convention</option>${natures.map(([id, name]) => h`<option value="${id}"${was('nature') === id ? raw(' selected') : ''}>${name}</option>`)}</select></p></div>
${orderFields(was)}
<p class="row"><button>${read?.kind === 'credit_note' ? 'Envoyer cet avoir' : 'Confier cette facture'}</button> <a class="button plain" href="/portail/factures">En envoyer une autre</a></p></form>`,
  })
}

function understood(read: ReadInvoice): Html {
  const { buyer } = read
  const isCredit = read.kind === 'credit_note'
  const address = needsAddress(read)
    ? 'incomplète'
    : [...buyer.address!.lines, `${buyer.address!.postalCode ?? ''} ${buyer.address!.city}`.trim()].join(', ')
  const rows: [string, unknown][] = [
    ['Document', isCredit ? 'Avoir' : 'Facture'],
    ['Numéro', read.number],
    ...(isCredit ? [['Sur la facture', read.precedingInvoice ?? 'non indiquée'] satisfies [string, unknown]] : []),
    [isCredit ? 'Émis le' : 'Émise le', dated(read.issuedOn)],
    ...(isCredit ? [] : [['Échéance', read.dueOn ? dated(read.dueOn) : 'non indiquée'] satisfies [string, unknown]]),
    ['Total TTC', money(read.total, read.currency)],
    [isCredit ? 'À déduire' : 'À payer', h`<strong>${money(read.payable, read.currency)}</strong>`],
    ['Vendeur', read.seller.name],
    ['Débiteur', buyer.name],
    ['Son adresse', address],
    ...(buyer.siret ? ([['SIRET du débiteur', buyer.siret]] as [string, unknown][]) : []),
  ]
  return h`<div class="two"><dl class="facts">${rows.map(([label, value]) => h`<div><dt>${label}</dt><dd>${value}</dd></div>`)}</dl>
<div>${read.missing.length > 0 ? h`<div class="note"><p><strong>Il manque</strong></p><ul>${read.missing.map(({ message, remedy }) => h`<li>${said(message)} ${said(toCreditor(remedy))}</li>`)}</ul></div>` : ''}
${read.doubts.length > 0 ? h`<div class="note"><p><strong>À vérifier</strong></p><ul>${read.doubts.map(({ message }) => h`<li>${said(message)}</li>`)}</ul></div>` : ''}
${read.missing.length + read.doubts.length === 0 ? h`<p class="good">Rien ne manque et rien n’est douteux.</p>` : ''}</div></div>`
}

/** What the file does not say and nothing may begin without. */
function lacking(read: ReadInvoice, was: (name: string) => string): Html {
  return h`${read.dueOn === null && read.kind === 'invoice' ? h`<p><label for="echeance">Échéance convenue</label><input id="echeance" name="echeance" type="date" value="${was('echeance')}" required></p>` : ''}
${
  needsAddress(read)
    ? h`<p class="all"><label for="rue">Adresse du débiteur</label><textarea id="rue" name="rue" rows="2" required maxlength="300">${was('rue')}</textarea></p>
<p><label for="cp">Code postal</label><input id="cp" name="cp" value="${was('cp')}" maxlength="12"></p><p><label for="ville">Ville</label><input id="ville" name="ville" value="${was('ville')}" required maxlength="100"></p>${countryField('pays', was('pays') || 'FR')}`
    : ''
}`
}
