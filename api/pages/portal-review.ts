import type { Hono } from 'hono'
import {
  averageDays,
  type Guarantee,
  type InvoicingReview,
  type Lack,
  type Span,
} from '../../procedures/cases/intake/invoicing-review.ts'
import {
  invoicingReview,
  type KeptReview,
  readInvoicingReviews,
} from '../../procedures/cases/intake/invoicing-reviews.ts'
import { type Day, monthFr, parseDay } from '../../schema/days.ts'
import { visible } from '../context.ts'
import { count, dated, h, type Html, raw, said, send } from './page.ts'
import { type Desk, deskPage, noteRead, type WithDesk } from './portal-desk.ts'

/** `/portail/revue`: what the creditor's invoices of a month lack, as they stand now, and the letters that said so. */
export function mountReview(app: Hono, withDesk: WithDesk): void {
  app.get('/portail/revue', (c) =>
    withDesk(c, async (desk) => {
      const { sql, day, viewer } = desk.ctx
      const creditorId = viewer!.creditorId!
      const month = monthOf(c.req.query('mois'), day)
      const [review, kept, shown] = await Promise.all([
        invoicingReview(sql, creditorId, month),
        readInvoicingReviews(sql, [creditorId]),
        sql<{ caseId: string }[]>`
          select distinct c.id as case_id from cases c join invoices i on i.case_id = c.id
          where ${visible(desk.ctx)} and i.recorded_on >= ${month} and i.recorded_on < ${month.add({ months: 1 })}`,
      ])
      noteRead(desk, shown)
      return send(c, reviewPage(desk, month, review, kept.get(creditorId) ?? []))
    }),
  )
}

/** « 2026-10 » as the address has it; this month where it has nothing sensible. */
function monthOf(text: string | undefined, today: Day): Day {
  const first = today.with({ day: 1 })
  if (!/^\d{4}-(0[1-9]|1[0-2])$/.test(text ?? '')) return first
  const asked = parseDay(`${text}-01`)
  return Temporal.PlainDate.compare(asked, first) > 0 ? first : asked
}

const idOf = (month: Day): string => month.toString().slice(0, 7)

function reviewPage(desk: Desk, month: Day, review: InvoicingReview, kept: KeptReview[]): Html {
  const first = desk.ctx.day.with({ day: 1 })
  const choices = Array.from({ length: 12 }, (_, back) => first.subtract({ months: back }))
  return deskPage(desk, {
    title: 'Votre facturation relue',
    at: '/portail/revue',
    body: h`<h1>Votre facturation relue</h1>
<p class="lead">Ce que vos factures disent et ne disent pas, le temps qu’elles mettent à partir, le délai qu’elles laissent, les garanties à prendre.</p>
<form class="filter" action="/portail/revue" method="get"><p><label for="mois">Factures confiées en</label><select id="mois" name="mois">${choices.map((each) => h`<option value="${idOf(each)}"${each.equals(month) ? raw(' selected') : ''}>${monthFr(each)}</option>`)}</select></p><p><button>Relire</button></p></form>
${review.examined === 0 ? h`<p role="status">Aucune facture ne nous a été confiée en ${monthFr(month)}.</p>` : found(review)}
${letters(kept)}`,
  })
}

function found(review: InvoicingReview): Html {
  const [wait, term] = [averageDays(review.toInvoice), averageDays(review.terms)]
  const tile = (figure: string, label: string) => h`<li><strong>${figure}</strong><span>${label}</span></li>`
  return h`<ul class="tiles">
${tile(count(review.examined, 'facture'), review.examined > 1 ? 'relues' : 'relue')}${tile(String(review.complete), review.complete > 1 ? 'complètes' : 'complète')}
${tile(wait === null ? 'inconnu' : count(wait, 'jour'), 'de la livraison à la facture')}${tile(term === null ? 'inconnu' : count(term, 'jour'), 'laissés pour payer')}</ul>
<section aria-labelledby="mentions"><h2 id="mentions">Mentions qui manquent dans les données</h2>${lacksTable(review.lacks)}
${review.unread.length > 0 ? h`<p class="meta">Non jugées, leur fichier ne donnant pas le détail\u00a0: ${review.unread.join(', ')}.</p>` : ''}
${review.notJudged.length > 0 ? h`<p class="meta">Ces mentions ne sont pas demandées pour\u00a0: ${review.notJudged.join(', ')}.</p>` : ''}
${review.doubts.map(({ message }) => h`<p class="note">${said(message)}</p>`)}</section>
<section aria-labelledby="delais"><h2 id="delais">Délais</h2>${spans(review)}</section>
<section aria-labelledby="garanties"><h2 id="garanties">Garanties à prendre</h2>${guarantees(review.guarantees)}</section>`
}

const lacksTable = (lacks: Lack[]): Html =>
  lacks.length === 0
    ? h`<p class="good">Il n’y manque rien de ce que la loi demande entre professionnels.</p>`
    : h`<table class="cards"><thead><tr><th scope="col">Mention</th><th scope="col">Texte</th><th scope="col">Factures</th></tr></thead><tbody>${lacks.map(
        ({ label, article, invoices }) =>
          h`<tr><th scope="row" class="whole">${said(label)}</th><td class="whole">${said(article)}</td><td>${invoices.join(', ')}</td></tr>`,
      )}</tbody></table><p class="meta">Vérifiez si le document imprimé les porte\u00a0; sinon, ajoutez-les à votre modèle de facture.</p>`

function spans(review: InvoicingReview): Html {
  const late = review.toInvoice.filter(({ limitOn }) => limitOn !== null)
  const over = review.terms.filter(({ limitOn }) => limitOn !== null)
  if (late.length + over.length + review.toStipulate.length === 0)
    return h`<p>Les factures qui donnent leurs dates respectent les délais de la loi.</p>`
  const list = (all: Span[], what: string) =>
    all.map(
      ({ number, client, days, limitOn }) =>
        h`<li>${number}, ${client}\u00a0: ${count(days, 'jour')}${limitOn ? h`, ${what} le ${dated(limitOn)}` : ''}.</li>`,
    )
  return h`${late.length > 0 ? h`<h3>Parties après la fin du mois de la livraison (CGI, article 289)</h3><ul>${list(late, 'à faire au plus tard')}</ul>` : ''}
${over.length > 0 ? h`<h3>Au-delà du délai que la loi permet de convenir (article L.\u00a0441-10 du code de commerce)</h3><ul>${list(over, 'plafond')}</ul>` : ''}
${review.toStipulate.length > 0 ? h`<h3>Permis si le contrat écrit que le délai se compte en fin de mois</h3><ul>${list(review.toStipulate, 'plafond ordinaire')}</ul>` : ''}`
}

const guarantees = (all: Guarantee[]): Html =>
  all.length === 0
    ? h`<p>Rien ne s’impose au vu de ces factures.</p>`
    : h`<ul>${all.map(({ measure, why, article }) => h`<li><strong>${said(measure)}</strong>${article ? ` (${said(article)})` : ''}. ${said(why)}</li>`)}</ul>`

const letters = (kept: KeptReview[]): Html =>
  kept.length === 0
    ? h``
    : h`<section aria-labelledby="lettres"><h2 id="lettres">Lettres de conseil</h2><ul>${kept.map(
        ({ month, documentId, examined, madeOn }) =>
          h`<li>${documentId ? h`<a href="/portail/courriers/${documentId}">${monthFr(month)}</a>` : monthFr(month)}\u00a0: ${count(examined, 'facture')}, le ${dated(madeOn)}</li>`,
      )}</ul></section>`
