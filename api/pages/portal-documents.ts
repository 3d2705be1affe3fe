import type { Hono } from 'hono'
import type { Creditor } from '../../procedures/cases/creditors.ts'
import type { Day } from '../../schema/days.ts'
import { type Context, visible } from '../context.ts'
import { dated, h, type Html, money, said, send } from './page.ts'
import { type Desk, deskPage, noteRead, type WithDesk } from './portal-desk.ts'

/** `/portail/documents`: what a creditor keeps of us, to be downloaded; and who speaks for each side. */
export function mountDocuments(app: Hono, withDesk: WithDesk): void {
  app.get('/portail/documents', (c) => withDesk(c, async (desk) => send(c, await documentsPage(desk))))
}

interface Kept {
  id: string
  /** Of which debtor it speaks; null where it speaks of none. */
  caseId: string | null
  on: Day
  number: string
  debtor: string
  what: string
  amount: bigint | null
  currency: string
}

/** The newest of each kind; all of them are in their cases. */
const most = 50

function papers(ctx: Context) {
  const { sql } = ctx
  return {
    fees: sql<Kept[]>`
      select f.document_id as id, null::uuid as case_id, f.issued_on as on, f.number, '' as debtor, 'honoraires au ' || to_char(f.until_on, 'DD/MM/YYYY') as what, f.gross as amount, f.currency
      from fee_statements f where f.creditor_id = ${ctx.viewer!.creditorId} order by f.issued_on desc, f.number desc limit ${most}`,
    receipts: sql<Kept[]>`
      select p.receipt_id as id, p.case_id, p.received_on as on, c.number, d.name as debtor, p.means as what, p.amount, c.currency
      from payments p join cases c on c.id = p.case_id join debtors d on d.id = c.debtor_id
      where ${visible(ctx)} and p.receipt_id is not null order by p.received_on desc, p.id limit ${most}`,
    paidOver: sql<Kept[]>`
      select o.document_id as id, null::uuid as case_id, o.paid_on as on, o.reference as number, '' as debtor, 'reversement' as what, o.amount, o.currency
      from pay_overs o where o.creditor_id = ${ctx.viewer!.creditorId} order by o.paid_on desc, o.id limit ${most}`,
    certificates: sql<Kept[]>`
      select i.document_id as id, i.case_id, i.certified_on as on, c.number, d.name as debtor, i.reason as what, i.unpaid as amount, c.currency
      from irrecoverabilities i join cases c on c.id = i.case_id join debtors d on d.id = c.debtor_id
      where ${visible(ctx)} order by i.certified_on desc, i.id limit ${most}`,
  }
}

async function documentsPage(desk: Desk): Promise<Html> {
  const { fees, receipts, paidOver, certificates } = papers(desk.ctx)
  const [creditor, ...lists] = await Promise.all([
    ownContact(desk.ctx),
    fees,
    receipts,
    paidOver,
    certificates,
  ] as const)
  noteRead(desk, lists.flat())
  const titles = [
    ['honoraires', 'Relevés d’honoraires', 'Aucun relevé n’a été émis.'],
    ['quittances', 'Quittances remises aux débiteurs', 'Aucun paiement n’a encore donné lieu à quittance.'],
    ['reversements', 'Reversements', 'Aucune somme ne vous a été reversée par nous.'],
    ['certificats', 'Certificats d’irrécouvrabilité', 'Aucun certificat n’a été délivré.'],
  ] as const
  return deskPage(desk, {
    title: 'Documents',
    at: '/portail/documents',
    body: h`<h1>Documents</h1><p class="lead">Les lettres de chaque dossier se lisent dans le dossier. Voici le reste, à télécharger.</p>
${titles.map(([id, title, none], i) => h`<section aria-labelledby="${id}"><h2 id="${id}">${title}</h2>${table(lists[i]!, none)}</section>`)}
<section aria-labelledby="annonce"><h2 id="annonce">Vos clients</h2><p>Une lettre peut leur dire que nous suivons vos factures. <a href="/portail/annonce">Annoncer notre intervention</a></p></section>
<section aria-labelledby="interlocuteurs"><h2 id="interlocuteurs">Un interlocuteur de chaque côté</h2>${contacts(desk, creditor)}</section>`,
  })
}

const table = (all: Kept[], none: string): Html =>
  all.length === 0
    ? h`<p class="meta">${none}</p>`
    : h`<table class="cards"><thead><tr><th scope="col">Document</th><th scope="col">Date</th><th scope="col">Objet</th><th scope="col" class="num">Montant</th></tr></thead><tbody>${all.map(
        ({ id, on, number, debtor, what, amount, currency }) =>
          h`<tr><th scope="row"><a href="/portail/courriers/${id}">${number}${debtor ? h`, ${debtor}` : ''}</a></th><td>${dated(on)}</td><td>${said(what)}</td><td class="num">${amount === null ? '' : money(amount, currency)}</td></tr>`,
      )}</tbody></table>`

async function ownContact({ sql, viewer }: Context): Promise<Creditor['identity']['contact']> {
  const [row] = await sql<Pick<Creditor, 'identity'>[]>`select identity from creditors where id = ${viewer!.creditorId}`
  return row!.identity.contact ?? null
}

function contacts({ agency }: Desk, own: Creditor['identity']['contact']): Html {
  const { manager } = agency
  return h`<dl class="facts"><div><dt>À ${agency.name}</dt><dd>${manager.name}, ${manager.phone}, <a href="mailto:${manager.email}">${manager.email}</a></dd></div>
<div><dt>Chez vous</dt><dd>${own?.name ? h`${own.name}${own.phone ? h`, ${own.phone}` : ''}${own.email ? h`, ${own.email}` : ''}` : 'Personne n’est désigné.'}</dd></div></dl>
<p>Pour désigner quelqu’un d’autre chez vous, écrivez à <a href="mailto:${manager.email}">${manager.name}</a>.</p>`
}
