import type { CaseFile, Invoice, WrittenDocument } from '../../procedures/cases/file/file.ts'
import { closuresAhead } from '../../procedures/cases/creditor-closures.ts'
import { claimableOn } from '../../procedures/money/claimable.ts'
import { vatCourse } from '../../procedures/judicial/vat-course.ts'
import { noticeCourses } from '../../procedures/judicial/notice-course.ts'
import { payableOn } from '../../procedures/money/ledger.ts'
import type { Reply } from '../../procedures/cases/exchanges/replies.ts'
import { percentText } from '../../procedures/law/claim.ts'
import { loadLibrary } from '../../letters/catalogue.ts'
import { type Day, dayFr } from '../../schema/days.ts'
import { sum } from '../../schema/money.ts'
import { count, dated, h, type Html, money, said } from './page.ts'
import { type Desk, rateNote, deskPage } from './portal-desk.ts'
import type { ProcedureLog } from './portal-data.ts'
import { awaitsCreditor, clock, disputeFiles } from './portal-disputes.ts'
import { courtPicture, pathPicture } from './portal-path.ts'

export type CaseView = ProcedureLog & {
  file: CaseFile
  replies: Reply[]
  isNew: boolean
  mark: string
}

/** One case: where it stands, what was sent, said and answered, and what is owed today with its reckoning. */
export function casePage(desk: Desk, view: CaseView): Html {
  const { file, isNew, mark } = view
  const { day } = desk.ctx
  const held = file.holds.filter((hold) => hold.releasedOn === null)
  const { countedOn, isBarred, toRecover } = claimableOn(file, day)
  const notice = noticeCourses(file, day).at(-1)
  const vat = vatCourse(file, day)
  return deskPage(desk, {
    title: `${file.debtor.name}, dossier ${file.case.number}`,
    script: 'live.js',
    body: h`<p class="meta" data-live="/portail/dossiers/${file.case.number}/suite" data-mark="${mark}"><a href="/portail/dossiers">Dossiers</a></p>
<h1>${file.debtor.name}</h1>
<p class="lead">Dossier ${file.case.number}, ouvert le ${dated(file.case.openedOn)}\u00a0: ${isBarred ? 'plus rien n’est réclamé.' : h`<strong>${money(toRecover, file.case.currency)}</strong> dus au ${dated(day)}.`}</p>
${isNew ? h`<p class="good" role="status">La facture est enregistrée. Rien ne part sans être inscrit ici.</p>` : ''}
${file.case.closedOn ? h`<p class="note">Dossier clos le ${dated(file.case.closedOn)}\u00a0: ${said(file.case.closedWhy ?? '')}</p>` : ''}
${held.map((hold) => h`<p class="note">Suspendu depuis le ${dated(hold.fromOn)}\u00a0: ${said(hold.reason.replace(/[.\s]*$/, '.'))} À revoir le ${dated(hold.reviewOn)}.</p>`)}
${file.case.closedOn ? '' : closuresAhead(file, day).map((closure) => h`<p class="note">Vous êtes fermé du ${dated(closure.closedFrom)} au ${dated(closure.closedUntil)} (${said(closure.reason)})\u00a0: l’étape amiable qui tombe ces jours-là attend le premier jour ouvrable qui suit. <a href="/portail/calendrier">Jours de fermeture</a></p>`)}
${file.disputes.filter(awaitsCreditor).map((dispute) => h`<div class="note"><p><strong>Votre réponse est attendue</strong> ${clock(dispute, day)}\u00a0: votre client conteste.</p><p><a class="button" href="/portail/dossiers/${file.case.number}/contestation">Répondre et joindre les pièces</a></p></div>`)}
${requests(view)}
${view.ways.length ? h`<section class="path" aria-labelledby="justice"><h2 id="justice">En justice</h2>${view.ways.map((way) => h`${courtPicture(way)}${spending(way)}`)}</section>` : ''}
${notice ? h`<section class="path" aria-labelledby="demeure"><h2 id="demeure">${said(notice.procedure.titre)}</h2>${courtPicture(notice)}</section>` : ''}
${vat ? h`<section class="path" aria-labelledby="tva"><h2 id="tva">${said(vat.procedure.titre)}</h2>${courtPicture(vat)}</section>` : ''}
<div class="two path"><section aria-labelledby="etapes"><h2 id="etapes">Les étapes</h2>${pathPicture(file)}</section>
<section aria-labelledby="suivi"><h2 id="suivi">Ce qui s’est passé</h2>${log(view)}</section></div>
<section aria-labelledby="decompte"><h2 id="decompte">${isBarred ? 'Pour mémoire, ce qui était dû au' : 'Ce qui est dû au'} ${dated(countedOn)}</h2>${isBarred ? '' : rateNote(day, countedOn)}${statement(file, countedOn, !isBarred)}</section>
<section aria-labelledby="factures"><h2 id="factures">Factures</h2>${invoices(file)}</section>`,
  })
}

/** What was spent of what the creditor accepted. */
function spending({ outlays, ceiling }: CaseView['ways'][number]): Html {
  if (outlays.length === 0) return h``
  const { cents, currency } = ceiling
  const line = ({ spentOn, label, amount, overWhy }: (typeof outlays)[number]) =>
    h`<li>${dated(spentOn)}, ${label}\u00a0: ${money(amount, currency)}${overWhy ? h`. <span class="state stop">Au-delà du plafond</span> ${overWhy}` : ''}</li>`
  return h`<p>Frais engagés\u00a0: <strong>${money(sum(outlays.map(({ amount }) => amount)), currency)}</strong> sur les ${money(cents, currency)} que vous avez acceptés.</p><ul>${outlays.map(line)}</ul>`
}

function requests({ requests: asked }: CaseView): Html {
  const word = (request: ProcedureLog['requests'][number]): string =>
    request.decision === 'refused'
      ? 'refusée'
      : request.endedWhy
        ? 'n’est plus valable'
        : request.decision === 'given'
          ? 'accord donné'
          : 'attend votre réponse'
  if (asked.length === 0) return h``
  return h`<section aria-labelledby="accords"><h2 id="accords">Demandes d’accord</h2><ul class="log">${asked.map(
    (request) =>
      h`<li><span class="on">${dated(request.decidedOn ?? request.requestedOn)}</span><span><a href="/portail/accords/${request.id}">${request.title}</a>\u00a0: ${word(request)}</span></li>`,
  )}</ul></section>`
}

interface Line {
  on: Day
  what: Html
}

/** Letters, calls, visits, payments, disputes, promises, replies and steps in court, the newest first. */
function log({ file, replies, procedures, judicial }: CaseView): Html {
  const { currency } = file.case
  const lines: Line[] = [
    ...file.documents
      .filter(({ recipient }) => recipient !== 'operateur')
      .map((letter) => ({ on: letter.writtenOn, what: letterLine(letter, '/portail') })),
    ...file.calls.map((call) => ({
      on: call.calledOn,
      what: h`Appel ${call.direction === 'incoming' ? 'reçu' : 'passé'}${call.person ? `, ${call.person}` : ''}\u00a0: ${said(call.summary)}`,
    })),
    ...file.visits.map((visit) => ({
      on: visit.visitedOn,
      what: h`Visite sur place${visit.person ? `, ${visit.person}` : ''}\u00a0: ${said(visit.summary)}`,
    })),
    ...file.payments.map((payment) => ({
      on: payment.receivedOn,
      what: h`<span class="state good">Paiement</span> de ${money(payment.amount, currency)} par ${payment.means}`,
    })),
    ...file.disputes.flatMap((dispute) => [
      {
        on: dispute.raisedOn,
        what: h`<span class="state stop">Contestation</span> (${dispute.channel})\u00a0: ${dispute.ground}${disputeFiles(dispute, '/portail')}`,
      },
      ...(dispute.creditorAnsweredOn
        ? [{ on: dispute.creditorAnsweredOn, what: h`Votre réponse\u00a0: ${dispute.creditorAnswer ?? ''}` }]
        : []),
      ...(dispute.resolvedOn
        ? [{ on: dispute.resolvedOn, what: h`Réponse à la contestation\u00a0: ${dispute.answer ?? ''}` }]
        : []),
    ]),
    ...file.promises.map((promise) => ({
      on: promise.promisedOn,
      what: h`<span class="state good">Promesse</span> de ${money(promise.amount, currency)} pour le ${dayFr(promise.dueOn)}, par ${promise.means} (${promise.channel})`,
    })),
    ...file.remissions.map((remission) => ({
      on: remission.agreedOn,
      what: h`Remise convenue\u00a0: ${money(remission.amount, currency)} pour solde au plus tard le ${dayFr(remission.payBy)}`,
    })),
    ...file.plans.map((plan) => ({
      on: plan.agreedOn,
      what: h`Échéancier convenu\u00a0: ${count(plan.instalments.length, 'versement')}${plan.attestedOn ? `, signé le ${dayFr(plan.attestedOn)}` : ''}${plan.brokenOn ? `, rompu le ${dayFr(plan.brokenOn)}` : ''}`,
    })),
    ...file.insolvencies.map((insolvency) => ({
      on: insolvency.openedOn,
      what:
        insolvency.kind === 'procedure-collective'
          ? h`Procédure collective (${insolvency.nature})`
          : h`${insolvency.nature}`,
    })),
    // A promise and a dispute are already there as what they became.
    ...replies
      .filter(({ kind }) => kind !== 'promise' && kind !== 'dispute')
      .map((reply) => ({
        on: reply.repliedOn,
        what: h`<span class="state wait">Réponse du débiteur</span> ${reply.summary}${reply.handledHow ? `. ${reply.handledHow}` : ''}`,
      })),
    ...procedures.map((opened) => ({
      on: opened.openedOn,
      what: h`${opened.title}\u00a0: procédure ouverte, ${opened.court}`,
    })),
    ...judicial.map(({ on, what }) => ({ on, what: h`En justice\u00a0: ${what}` })),
  ]
  if (lines.length === 0) return h`<p class="meta">Rien encore.</p>`
  const sorted = lines
    .map((line, i) => ({ ...line, i }))
    .toSorted((a, b) => Temporal.PlainDate.compare(b.on, a.on) || b.i - a.i)
  return h`<ul class="log">${sorted.map(({ on, what }) => h`<li><span class="on">${dated(on)}</span><span>${what}</span></li>`)}</ul>`
}

const ends: Record<string, string> = {
  delivered: 'distribuée',
  unclaimed: 'non réclamée',
  refused: 'refusée',
  unknown_address: 'destinataire inconnu à l’adresse',
  bounced: 'non remise',
}
const to: Record<string, string> = {
  debiteur: 'au débiteur',
  creancier: 'à vous',
  juge: 'au juge',
  greffe: 'au greffe',
  'commissaire-de-justice': 'au commissaire de justice',
}

/** A letter of a case in its log, opened in that space. */
export function letterLine(letter: WrittenDocument, space: '/portail' | '/bureau'): Html {
  const title = loadLibrary().letters.get(letter.letter)?.titre ?? letter.letter
  const fate = [
    letter.attachedTo ? 'jointe' : (to[letter.recipient] ?? ''),
    letter.presentedOn ? `présentée le ${dayFr(letter.presentedOn)}` : '',
    letter.outcome ? (ends[letter.outcome] ?? '') : '',
    letter.withdrawnWhy === null ? '' : 'retirée avant son envoi',
  ].filter(Boolean)
  return h`<a href="${space}/courriers/${letter.id}">${said(title)}</a> <span class="meta"><span class="ref">${letter.reference}</span>, ${fate.join(', ')}</span>`
}

function statement(file: CaseFile, day: Day, isClaimed: boolean): Html {
  const owed = payableOn(file, day)
  const { currency } = file.case
  const sums = [
    ['Principal', owed.principal],
    ['Intérêts', owed.interest],
    ['Indemnité forfaitaire', owed.indemnity],
    ...(owed.penalty > 0n ? ([['Clause pénale', owed.penalty]] as const) : []),
    ...(owed.costs > 0n ? ([['Article 700 et dépens', owed.costs]] as const) : []),
  ] as const
  return h`<div class="two"><dl class="facts">${sums.map(([label, cents]) => h`<div><dt>${label}</dt><dd>${money(cents, currency)}</dd></div>`)}
<div><dt>Total</dt><dd class="sum">${money(owed.total, currency)}</dd></div>
${isClaimed && owed.perDay > 0n ? h`<div><dt>Par jour de plus</dt><dd>${money(owed.perDay, currency)}</dd></div>` : ''}</dl>
<div>${owed.doubts.length > 0 ? h`<div class="note"><p><strong>À vérifier</strong></p><ul>${owed.doubts.map(({ message }) => h`<li>${said(message)}</li>`)}</ul></div>` : ''}</div></div>
${
  owed.segments.length === 0
    ? ''
    : h`<details><summary>Le calcul des intérêts, période par période</summary><div class="scroll" role="region" aria-label="Calcul des intérêts" tabindex="0"><table><thead><tr><th scope="col">Facture</th><th scope="col">Du</th><th scope="col">Au</th><th scope="col" class="num">Jours</th><th scope="col" class="num">Base</th><th scope="col" class="num">Taux</th><th scope="col" class="num">Intérêts</th><th scope="col">Motif</th></tr></thead>
<tbody>${owed.segments.map(
        (segment) =>
          h`<tr><th scope="row">${segment.invoice}</th><td>${dated(segment.from)}</td><td>${dated(segment.to)}</td><td class="num">${segment.days}</td><td class="num">${money(segment.base, currency)}</td><td class="num">${percentText(segment.percent).replace('.', ',')}\u00a0%</td><td class="num">${money(segment.amount, currency)}</td><td>${said(segment.why)}</td></tr>`,
      )}</tbody></table></div></details>`
}
${
  owed.imputations.length === 0
    ? ''
    : h`<h3>Où sont allés les paiements</h3><div class="scroll" role="region" aria-label="Imputation des paiements" tabindex="0"><table><thead><tr><th scope="col">Date</th><th scope="col" class="num">Montant</th><th scope="col" class="num">Intérêts</th><th scope="col" class="num">Principal</th></tr></thead><tbody>${owed.imputations.map(
        (line) =>
          h`<tr><th scope="row">${dated(line.date)}</th><td class="num">${money(line.amount, currency)}</td><td class="num">${money(line.toInterest, currency)}</td><td class="num">${money(line.toPrincipal, currency)}</td></tr>`,
      )}</tbody></table></div>`
}`
}

/** Its number, to be opened where the creditor sent it as a file. */
const original = (file: CaseFile, { number, original: sha256 }: { number: string; original: string | null }): unknown =>
  sha256 === null ? number : h`<a href="/portail/dossiers/${file.case.number}/originaux/${sha256}">${number}</a>`

function invoices(file: CaseFile): Html {
  const prepaid = file.invoices.some((invoice) => invoice.prepaid > 0n)
  const columns = (invoice: Invoice) =>
    prepaid
      ? h`<td data-label="acompte" class="num">${invoice.prepaid > 0n ? money(invoice.prepaid, invoice.currency) : '–'}</td><td data-label="à payer" class="num">${money(invoice.payable, invoice.currency)}</td>`
      : ''
  return h`<table class="cards even"><thead><tr><th scope="col">Numéro</th><th scope="col">Émise le</th><th scope="col">Échéance</th><th scope="col" class="num">Montant TTC</th>${prepaid ? h`<th scope="col" class="num">Acompte versé</th><th scope="col" class="num">À payer</th>` : ''}</tr></thead>
<tbody>${file.invoices.map((invoice) => h`<tr><th scope="row">${original(file, invoice)}</th><td data-label="émise le">${dated(invoice.issuedOn)}</td><td data-label="échéance">${dated(invoice.dueOn)}</td><td data-label="montant TTC" class="num">${money(invoice.total, invoice.currency)}</td>${columns(invoice)}</tr>`)}
${file.creditNotes.map((note) => h`<tr><th scope="row">Avoir ${original(file, note)}</th><td>${dated(note.issuedOn)}</td><td></td><td class="num">−\u202f${money(note.amount, file.case.currency)}</td>${prepaid ? h`<td></td><td></td>` : ''}</tr>`)}</tbody></table>
${file.invoices.some(({ doubts }) => doubts.length > 0) ? h`<div class="note"><p><strong>À vérifier sur vos factures</strong></p><ul>${file.invoices.flatMap((invoice) => invoice.doubts.map(({ message }) => h`<li>${invoice.number}\u00a0: ${said(message)}</li>`))}</ul></div>` : ''}`
}
