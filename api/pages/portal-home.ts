import { monthFr, parseDay } from '../../schema/days.ts'
import { parseAmount } from '../../schema/money.ts'
import { count, dated, h, type Html, money } from './page.ts'
import { type Desk, deskPage, rateNote } from './portal-desk.ts'
import type { Overview } from './portal-data.ts'
import { clock } from './portal-disputes.ts'
import { ages, type Sums } from './portal-totals.ts'

const total = (sums: Sums): string =>
  Object.entries(sums)
    .map(([currency, cents]) => money(cents, currency))
    .join(' et ') || money(0n)

/** The cases and their total at a glance, what waits for the creditor, and what its debtors answered. */
export function homePage(desk: Desk, seen: Overview): Html {
  return deskPage(desk, {
    title: 'Vue d’ensemble',
    at: '/portail',
    body: h`<h1>Vos dossiers au ${dated(desk.ctx.day)}</h1>
${seen.consents.map(
  (request) =>
    h`<div class="note"><p><strong>Votre accord est demandé</strong> avant le ${dated(request.expiresOn)}\u00a0: ${request.title.toLowerCase()} contre ${request.debtor}, ${money(parseAmount(request.total), request.currency)} (dossier ${request.number}).</p><p><a class="button" href="/portail/accords/${request.id}">Lire et répondre</a></p></div>`,
)}
${seen.approvals > 0 ? h`<div class="note"><p><strong>${count(seen.approvals, 'envoi attend', 'envois attendent')} votre accord</strong>, comme vous l’avez demandé. <a href="/portail/envois">Voir</a></p></div>` : ''}
${seen.disputesToAnswer.map(
  (dispute) =>
    h`<div class="note"><p><strong>${dispute.debtor} conteste</strong>\u00a0: votre réponse et vos pièces sont attendues ${clock(dispute, desk.ctx.day)}</p><p><a class="button" href="/portail/dossiers/${dispute.number}/contestation">Répondre</a></p></div>`,
)}
<ul class="tiles">
${tile(String(seen.open), `dossier${seen.open > 1 ? 's' : ''} en cours`, '/portail/dossiers')}
${tile(total(seen.owed), 'à recouvrer')}
${seen.barredCases > 0 ? tile(total(seen.barred), `prescrits, plus réclamés (${count(seen.barredCases, 'dossier')})`, '/portail/dossiers?etat=prescrit') : ''}
${tile(total(seen.recovered), 'recouvrés')}
${tile(total(seen.promised), `promis (${count(seen.promises, 'dossier')})`, '/portail/dossiers?etat=promis')}
${tile(total(seen.disputed), `contestés (${count(seen.disputes, 'dossier')})`, '/portail/dossiers?etat=conteste')}
</ul>
${rateNote(desk.ctx.day, seen.countedOn)}
<div class="two"><section aria-labelledby="age"><h2 id="age">Ancienneté de ce qui est dû</h2>${ageing(seen)}</section>
<section aria-labelledby="reponses"><h2 id="reponses">Dernières réponses des débiteurs</h2>
${
  seen.events.length === 0
    ? h`<p class="meta">Aucune réponse par coupon pour le moment.</p>`
    : h`<ul class="log">${seen.events.map(({ number, debtor, onDay, summary }) => h`<li><span class="on">${dated(onDay)}</span><span><a href="/portail/dossiers/${number}">${debtor}</a><br>${summary}</span></li>`)}</ul>`
}
<p><a class="button plain" href="/portail/factures">Envoyer une facture</a></p></section></div>
<section aria-labelledby="delais"><h2 id="delais">Délai de paiement</h2>${daysToPay(seen)}</section>`,
  })
}

const tile = (figure: string, label: string, to?: string): Html =>
  h`<li><strong>${figure}</strong><span>${to ? h`<a href="${to}">${label}</a>` : label}</span></li>`

/** Unpaid principal by age, a bar each; every figure is written beside its bar. */
function ageing({ ageing: buckets, currency }: Overview): Html {
  const most = buckets.reduce((a, b) => (b > a ? b : a), 0n)
  if (most === 0n) return h`<p class="meta">Rien n’est dû.</p>`
  const row = 46
  const bars = buckets.map((cents, i) => {
    const width = Number((cents * 400n) / most)
    return h`<text x="0" y="${i * row + 16}" font-size="16" class="soft">${ages[i]}</text><text x="420" y="${i * row + 16}" font-size="17" class="strong" text-anchor="end">${money(cents, currency)}</text>
<rect class="a${i}" x="0" y="${i * row + 23}" width="${cents > 0n ? Math.max(3, width) : 0}" height="12" rx="2"/>`
  })
  const said = buckets.map((cents, i) => `${ages[i]} : ${money(cents, currency)}`).join(' ; ')
  return h`<figure><svg viewBox="0 0 420 ${buckets.length * row}" role="img" aria-label="Principal impayé par ancienneté. ${said}">${bars}</svg><figcaption class="meta">Principal impayé, par jours de retard depuis l’échéance de chaque facture.</figcaption></figure>`
}

/** Days from invoice to payment, month by month, a bar each; every figure is written beside its bar. */
function daysToPay({ daysToPay: months }: Overview): Html {
  if (months.length === 0) return h`<p class="meta">Aucun paiement en douze mois.</p>`
  const most = Math.max(1, ...months.map(({ days }) => days))
  const row = 34
  const named = months.map(({ month, days }) => ({ name: monthFr(parseDay(`${month}-01`)), days }))
  const bars = named.map(
    ({ name, days }, i) => h`<text x="0" y="${i * row + 20}" font-size="15" class="soft">${name}</text>
<rect class="a1" x="130" y="${i * row + 8}" width="${Math.max(3, Math.round((days * 190) / most))}" height="14" rx="2"/><text x="420" y="${i * row + 20}" font-size="16" class="strong" text-anchor="end">${count(days, 'jour')}</text>`,
  )
  const told = named.map(({ name, days }) => `${name} : ${days} jours`).join(' ; ')
  return h`<figure><svg viewBox="0 0 420 ${months.length * row}" role="img" aria-label="Délai de paiement par mois. ${told}">${bars}</svg><figcaption class="meta">Jours entre l’émission de la facture et le paiement, selon le mois du paiement et pondérés par les sommes.</figcaption></figure>`
}
