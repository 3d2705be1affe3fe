import type { PendingApproval } from '../../procedures/amicable/approvals.ts'
import type { Cell, WorkItem, WorkKind } from '../../procedures/work-today.ts'
import { loadProcedure } from '../../procedures/judicial/engine/procedure.ts'
import { dayFr } from '../../schema/days.ts'
import type { DomainError } from '../../schema/errors.ts'
import type { Act } from '../auth.ts'
import { type Contact, count, dated, h, type Html, layout, money, said } from './page.ts'
import { letterLine } from './portal-case.ts'
import { refusal } from './portal-upload.ts'
import { accountsSection } from './staff-accounts.ts'
import { callForm, gesturesFor, type Gesturing } from './staff-forms.ts'
import { type Board, type BoardDeadline, type FoundCase, type Named, ofCell } from './staff-data.ts'

/** What the board's frame needs of whoever is signed in. */
export interface StaffFrame extends Gesturing {
  agency: Contact
  name: string
  cell: string
}

const cells: [cell: Cell, name: string][] = [
  ['research', 'Recherche'],
  ['phone', 'Téléphone'],
  ['amicable', 'Amiable'],
  ['legal', 'Juridique'],
]

const kindNames: Record<WorkKind, string> = {
  address: 'Adresses à trouver',
  returned: 'Courriers revenus',
  lookup: 'Coordonnées à chercher',
  call: 'Appels à passer',
  callback: 'À rappeler',
  visit: 'Visites à faire',
  reply: 'Réponses des débiteurs',
  approval: 'Envois à approuver',
  promise: 'Promesses échues',
  attestation: 'Engagements non signés',
  dispute: 'Contestations sans réponse',
  hold: 'Suspensions à revoir',
  presentation: 'Recommandés sans suivi',
  dispatch: 'Envois à vérifier',
  resend: 'Courriers à renvoyer',
  payover: 'Fonds à reverser',
  webhook: 'Systèmes de créanciers muets',
  deadline: 'Délais',
  awaited: 'Accords attendus du créancier',
  consent: 'Accords à suivre',
  refused: 'Accords refusés\u00a0: décider de la suite',
  pack: 'Dossiers à remettre',
  return: 'Retours de commissaires de justice',
  limitation: 'Prescriptions proches',
  declaration: 'Créances à déclarer',
  orphan: 'Dossiers sans suite',
}

const paperNames: Partial<Record<WorkKind, string>> = { call: 'le script', visit: 'à emporter' }

/** The board of the day: who calls, what each cell has to do, time limits, approvals. */
export function boardPage(
  frame: StaffFrame,
  board: Board,
  asked: { text: string; found: FoundCase[] } | null,
  told: { error?: DomainError; done?: boolean } = {},
): Html {
  const title = `Le ${dayFr(frame.day)}`
  return staffPage(
    frame,
    title,
    h`<h1>${title}</h1>${refusal(told.error ?? frame.failed?.error)}${told.done ? h`<p class="good" role="status">C’est enregistré.</p>` : ''}
<form class="filter" action="/bureau" method="get" role="search"><p><label for="q">Qui appelle\u00a0? Numéro, nom, dossier, lettre, code ou facture</label><input id="q" type="search" name="q" value="${asked?.text ?? ''}" maxlength="100" autocomplete="off"></p><p><button>Trouver</button></p></form>
${asked ? callers(frame, asked.found) : ''}
<ul class="tiles">${tile(String(board.open), board.open > 1 ? 'dossiers ouverts' : 'dossier ouvert')}${cells.map(([cell, name]) => tile(String([...ofCell(board.work, cell).values()].flat().length), `à faire, ${name.toLowerCase()}`, `#${cell}`))}
${tile(board.orphans === 0 ? 'Aucun' : String(board.orphans), 'dossier sans suite')}</ul>
<section aria-labelledby="delais"><h2 id="delais">Délais</h2>${deadlines(board)}</section>
${board.approvals.length > 0 ? approvals(frame, board) : ''}
${board.accounts.length > 0 ? accountsSection(frame, board.accounts) : ''}
${cells.map(([cell, name]) => h`<section aria-labelledby="${cell}"><h2 id="${cell}">${name}</h2>${cellWork(frame, board, cell)}</section>`)}`,
  )
}

export function staffPage(frame: StaffFrame, title: string, body: Html): Html {
  return layout({
    title,
    brand: frame.agency.name,
    home: '/bureau',
    wide: true,
    nav: h`<nav aria-label="Rubriques"><a href="/bureau">Le jour</a>${frame.may('recordCouponReply') ? h`<a href="/bureau/coupon">Coupon papier</a>` : ''}${frame.may('recordCreditorClosure') ? h`<a href="/bureau/fermetures">Fermetures</a>` : ''}</nav>
<form action="/bureau/sortir" method="post"><input type="hidden" name="jeton" value="${frame.token}"><button class="link">Quitter</button></form>`,
    body,
    foot: h`<p>${frame.name}, ${frame.cell}.</p>`,
  })
}

const tile = (figure: string, label: string, to?: string): Html =>
  h`<li><strong>${figure}</strong><span>${to ? h`<a href="${to}">${label}</a>` : label}</span></li>`

const matched: Record<FoundCase['matchedBy'], string> = {
  number: 'dossier',
  letter: 'lettre',
  code: 'code',
  invoice: 'facture',
  phone: 'téléphone',
  name: 'nom',
}

function callers(frame: StaffFrame, found: FoundCase[]): Html {
  if (found.length === 0) return h`<p class="note" role="status">Aucun dossier ne correspond.</p>`
  return h`<section aria-labelledby="appel"><h2 id="appel">${count(found.length, 'dossier')}</h2>${found.map(
    (each) => h`<article class="note"><h3>${each.debtor} <span class="state">par ${matched[each.matchedBy]}</span></h3>
<p>Dossier ${each.number}, pour ${each.creditor}\u00a0: ${each.closedOn ? h`clos le ${dated(each.closedOn)}` : h`<strong>${money(each.total, each.currency)}</strong>${each.barred > 0n ? h` à réclamer (${money(each.barred, each.currency)} prescrits)` : ''}`}.
${each.letter ? h`Lettre à rappeler\u00a0: ${each.letter.reference}, du ${dated(each.letter.writtenOn)}.` : 'La première lettre n’est pas encore partie.'}</p>
${each.stop ? h`<p class="alert"><strong>Rien ne se réclame.</strong> ${said(each.stop)}</p>` : ''}
${each.script ? h`<details${found.length === 1 ? ' open' : ''}><summary>Que dire</summary><pre class="script">${each.script}</pre></details>` : ''}${each.letters.length > 0 ? h`<details><summary>Ce qu’il a reçu de nous</summary><ul class="log">${each.letters.map((letter) => h`<li><span class="on">${dated(letter.writtenOn)}</span><div>${letterLine(letter, '/bureau')}</div></li>`)}</ul></details>` : ''}${each.closedOn ? '' : callForm(frame, each.caseId, 'incoming')}${caseDoors(frame, each.caseId)}</article>`,
  )}</section>`
}

/** What is done on a page of its own, for the case found. */
function caseDoors(frame: StaffFrame, caseId: string): Html {
  const doors: [act: Act, path: string, name: string][] = [
    ['recordCall', 'scripts', 'Scripts d’appel'],
    ['writeLetter', 'ecrire', 'Écrire un courrier'],
    ['recordRemission', 'remises', 'Remises de dette'],
    ['recordOutlay', 'debours', 'Débours'],
  ]
  const open = doors.filter(([act]) => frame.may(act))
  if (open.length === 0) return h``
  return h`<p>${open.map(([, path, name], i) => h`${i > 0 ? ' · ' : ''}<a href="/bureau/${path}?dossier=${caseId}">${name}</a>`)}</p>`
}

/** Never by colour alone: each time limit says in words how near it is. */
function nearness({ daysLeft }: BoardDeadline): [look: string, words: string] {
  if (daysLeft < 0) return ['stop', `dépassé de ${count(-daysLeft, 'jour')}`]
  if (daysLeft === 0) return ['stop', 'aujourd’hui']
  if (daysLeft <= 3) return ['stop', `dans ${count(daysLeft, 'jour')}`]
  return [daysLeft <= 15 ? 'wait' : 'good', `dans ${count(daysLeft, 'jour')}`]
}

const caseLink = (named: Named | undefined): Html =>
  named
    ? h`<a href="/bureau?q=${encodeURIComponent(named.number)}">${named.debtor}</a> <span class="meta ref">${named.number}</span>`
    : h``

function deadlines({ deadlines: all, cases }: Board): Html {
  if (all.length === 0) return h`<p>Aucun délai de procédure ne court d’ici soixante jours.</p>`
  return h`<table class="cards"><thead><tr><th scope="col">Délai</th><th scope="col">Quand</th><th scope="col">Dossier</th><th scope="col">Fin</th></tr></thead><tbody>${all.map(
    (each) => {
      const [look, words] = nearness(each)
      return h`<tr><th scope="row">${said(each.what)} <span class="meta">${said(each.article)}</span></th><td class="mark"><span class="state ${look}">${words}</span></td><td>${caseLink(cases.get(each.caseId))}</td><td data-label="fin">${dated(each.on)}</td></tr>`
    },
  )}</tbody></table>`
}

function approvals(frame: StaffFrame, { approvals: all, cases }: Board): Html {
  return h`<section aria-labelledby="approbations"><h2 id="approbations">Envois à approuver</h2>${all.slice(0, shown).map((each) => approval(frame, each, cases.get(each.caseId)))}${all.length > shown ? h`<p class="meta">Et ${all.length - shown} de plus.</p>` : ''}</section>`
}

function approval(frame: StaffFrame, each: PendingApproval, named: Named | undefined): Html {
  const whose = each.approver === 'creditor' ? 'par le créancier' : 'par la cellule amiable'
  return h`<div class="note"><p>${caseLink(named)}\u00a0: étape «\u00a0${each.stepKey}\u00a0», à approuver ${whose} avant le ${dated(each.answerBy)}.</p>
${
  frame.may('approveSteps') && each.approver === 'amicable'
    ? h`<form action="/bureau/approuver" method="post"><input type="hidden" name="jeton" value="${frame.token}"><input type="hidden" name="etape" value="${each.stepId}">
<p><label for="motif-${each.stepId}">Motif, si vous refusez</label><input id="motif-${each.stepId}" name="motif" maxlength="300"></p>
<p class="row"><button name="geste" value="approuver">Approuver</button> <button class="plain" name="geste" value="refuser">Refuser</button></p></form>`
    : ''
}</div>`
}

/** The first lines of each kind; the rest is counted, and the API has it whole. */
const shown = 10

function cellWork(frame: StaffFrame, board: Board, cell: Cell): Html {
  const kinds = [...ofCell(board.work, cell)]
  if (kinds.length === 0) return h`<p class="good">Rien n’attend.</p>`
  return h`${kinds.map(
    ([kind, items]) => h`<h3>${kindNames[kind]} <span class="state">${items.length}</span></h3>
<ul class="log">${items.slice(0, shown).map((item) => workLine(frame, board, item))}</ul>
${items.length > shown ? h`<p class="meta">Et ${items.length - shown} de plus.</p>` : ''}`,
  )}`
}

/** What the line says of itself: a procedure by its title, a step in words. */
function whatOf({ kind, what }: WorkItem): string {
  return kind === 'awaited' || kind === 'consent' || kind === 'refused' ? loadProcedure(what).titre : what
}

function workLine(frame: StaffFrame, board: Board, item: WorkItem): Html {
  const named = board.cases.get(item.caseId)
  return h`<li><span class="on">${dated(item.onDay)}</span><div>${caseLink(named)}${item.what === named?.debtor || (item.kind === 'call' && named?.phone) ? '' : h`<br>${said(whatOf(item))}`}${item.documentId ? h` · <a href="/bureau/courriers/${item.documentId}">${paperNames[item.kind] ?? 'la lettre'}</a>` : ''}${named?.phone && (item.kind === 'call' || item.kind === 'callback') ? h` · <a href="tel:${named.phone.replace(/[^+\d]/g, '')}">${named.phone}</a>` : ''}${frame.may('recordCall') && (item.kind === 'call' || item.kind === 'callback') ? h` · <a href="/bureau/scripts?dossier=${item.caseId}">tous les scripts</a>` : ''}${gesturesFor(frame, board, item)}</div></li>`
}
