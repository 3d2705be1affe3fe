import { before } from '../../schema/days.ts'
import { count, dated, h, type Html, money, raw } from './page.ts'
import { type Desk, deskPage, rateNote } from './portal-desk.ts'
import { type Asked, type CaseLine, pageSize, type StateId } from './portal-data.ts'

export const states: [id: StateId, name: string, look: string][] = [
  ['en-cours', 'En cours', ''],
  ['promis', 'Promis', 'good'],
  ['conteste', 'Contesté', 'stop'],
  ['attente', 'En attente', 'wait'],
  ['justice', 'En justice', 'wait'],
  ['prescrit', 'Prescrit', 'stop'],
  ['clos', 'Clos', ''],
]

export function stateMark(state: StateId): Html {
  const [, name, look] = states.find(([id]) => id === state)!
  return h`<span class="state ${look}">${name}</span>`
}

/** The list, with a search and a state; both are in the address, so that a page can be kept or sent. */
export function listPage(
  desk: Desk,
  asked: Asked,
  { lines, count: found }: { lines: CaseLine[]; count: number },
): Html {
  const countedOn = lines.map((line) => line.countedOn).reduce((a, b) => (before(b, a) ? b : a), desk.ctx.day)
  const pages = Math.max(1, Math.ceil(found / pageSize))
  const to = (page: number) =>
    `/portail/dossiers?${new URLSearchParams({ ...(asked.text ? { q: asked.text } : {}), ...(asked.state ? { etat: asked.state } : {}), page: String(page) })}`
  return deskPage(desk, {
    title: 'Dossiers',
    at: '/portail/dossiers',
    body: h`<h1>Dossiers</h1>
<form class="filter" action="/portail/dossiers" method="get" role="search">
<p><label for="q">Débiteur, dossier ou facture</label><input id="q" type="search" name="q" value="${asked.text}" maxlength="100"></p>
<p><label for="etat">État</label><select id="etat" name="etat"><option value="">Tous</option>${states.map(([id, name]) => h`<option value="${id}"${asked.state === id ? raw(' selected') : ''}>${name}</option>`)}</select></p>
<p><button>Chercher</button></p></form>
<p role="status">${found === 0 ? 'Aucun dossier ne correspond.' : count(found, 'dossier')}</p>
${rateNote(desk.ctx.day, countedOn)}
${
  lines.length === 0
    ? ''
    : h`<table class="cards"><thead><tr><th scope="col">Débiteur</th><th scope="col">État</th><th scope="col">Dossier</th><th scope="col">Échéance</th><th scope="col">Prochaine étape</th><th scope="col" class="num">À recouvrer</th></tr></thead>
<tbody>${lines.map(
        (line) =>
          h`<tr><th scope="row"><a href="/portail/dossiers/${line.number}">${line.debtor}</a></th><td class="mark">${stateMark(line.state)}</td><td>${line.number}</td><td data-label="échéance">${dated(line.anchorOn)}</td><td data-label="suite">${line.state === 'clos' || line.state === 'prescrit' ? '' : line.state !== 'en-cours' ? 'suspendue' : line.nextOn ? dated(line.nextOn) : ''}</td><td class="num">${money(line.total, line.currency)}${line.barred > 0n ? h`<br><span class="meta">${money(line.barred, line.currency)} prescrits</span>` : ''}</td></tr>`,
      )}</tbody></table>`
}
${
  pages > 1
    ? h`<nav class="pager" aria-label="Pages"><span>${asked.page > 1 ? h`<a href="${to(asked.page - 1)}">Page précédente</a>` : ''}</span><span>Page ${asked.page} sur ${pages}</span><span>${asked.page < pages ? h`<a href="${to(asked.page + 1)}">Page suivante</a>` : ''}</span></nav>`
    : ''
}`,
  })
}
