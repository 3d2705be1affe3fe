import type { Changes } from '../../documents/packs/manifest.ts'
import type { HandedOver, handedOverTo } from '../../procedures/judicial/packs/handover.ts'
import type { BailiffAnswer } from '../../procedures/judicial/engine/procedure.ts'
import type { Progress } from '../../procedures/judicial/engine/progress.ts'
import type { Receipt } from '../../procedures/judicial/packs/receipt.ts'
import type { BailiffReturn } from '../../procedures/judicial/packs/returns.ts'
import type { Day } from '../../schema/days.ts'
import type { DomainError } from '../../schema/errors.ts'
import { type Contact, contactBlock, count, dated, h, type Html, layout, money, said } from './page.ts'
import type { Typed } from './typed.ts'

export interface Shown {
  agency: Contact
  found: HandedOver
  /** The address of this pack's page: by its link, or in the office's session. */
  base: string
  token: string
  title: string
  missing: { what: string; from: string }[]
  sizes: { zip: number; pdf: number }
  stamp: { authority: string; stampedAt: Temporal.Instant } | null
  changes: Changes | null
  /** Every byte of the ZIP or of the PDF was sent. */
  complete: boolean
  receipt: Receipt | null
  answers: BailiffAnswer[]
  /** Those condemned beside the debtor of the case, served one by one. */
  codebtors: string[]
  returns: BailiffReturn[]
  /** What runs today, the first to end at the head. */
  deadlines: Progress['due']
  today: Day
  isListed: boolean
  failed?: { typed: Typed; error: DomainError }
}

const size = (bytes: number): string =>
  bytes < 1_000_000
    ? `${Math.ceil(bytes / 1000)}\u00a0ko`
    : `${(bytes / 1_000_000).toFixed(1).replace('.', ',')}\u00a0Mo`

/** One pack: what runs, what to fetch, the receipt, and the office's answers. */
export function packPage(shown: Shown): Html {
  const { agency, found, base, title, missing, sizes, stamp, failed } = shown
  return layout({
    title: `${title}, dossier ${found.caseNumber}`,
    brand: agency.name,
    ...(shown.isListed ? { home: '/etude' } : {}),
    body: h`${shown.isListed ? h`<p class="meta"><a href="/etude">Tous les dossiers remis</a></p>` : ''}
<h1>${title}</h1>
<p class="lead">Dossier ${found.caseNumber}, version ${found.version}, remis à ${found.bailiff} le ${dated(found.handedOn)}.</p>
${failed ? h`<div class="alert" role="alert"><p><strong>${said(failed.error.message)}</strong></p><p>${said(failed.error.remedy)}</p></div>` : ''}
${limits(shown)}
<h2>À télécharger</h2>
<p><a class="button" href="${base}/pack.zip">Le dossier complet, par fichier (ZIP, ${size(sizes.zip)})</a></p>
<ul>
<li><a href="${base}/pack.pdf">Le même en un seul PDF scellé (${size(sizes.pdf)})</a></li>
${found.caseJson ? h`<li><a href="${base}/case.json">Les données pour votre logiciel (case.json)</a></li>` : ''}
${stamp ? h`<li><a href="${base}/pack.tsr">L’horodatage du ZIP (RFC 3161)</a>, ${stamp.authority}</li>` : ''}
</ul>
<p class="hint">Un téléchargement interrompu reprend où il s’est arrêté. ${stamp ? '' : 'Horodatage en attente. '}${found.expiresOn ? h`Ce dossier vous est ouvert jusqu’au ${dated(found.expiresOn)}.` : ''}</p>
${missing.length > 0 ? h`<div class="note"><p><strong>Ce qui manque à ce dossier</strong></p><ul>${missing.map(({ what, from }) => h`<li>${what} (${from})</li>`)}</ul></div>` : ''}
${shown.changes ? changed(shown.changes) : ''}
${received(shown)}
${answered(shown)}
${answering(shown)}`,
    foot: contactBlock(agency),
  })
}

function limits({ deadlines }: Shown): Html {
  if (deadlines.length === 0) return h``
  return h`<h2>Dates limites</h2><ul>${deadlines.map(
    (limit) =>
      h`<li><strong>${dated(limit.expires)}</strong>, ${limit.daysLeft === 0 ? 'aujourd’hui' : `dans ${count(limit.daysLeft, 'jour')}`}\u00a0: ${limit.title} (${limit.article}).${limit.sanction ? ` Passé ce jour\u00a0: ${limit.sanction}.` : ''}${limit.confirmed ? '' : h` <small>Délai à vérifier.</small>`}</li>`,
  )}</ul>`
}

function changed({ since, added, removed, replaced }: Changes): Html {
  const name = (file: { number?: string; title: string }) =>
    file.number ? `pièce n°\u00a0${file.number}, ${file.title}` : file.title
  const lines = [
    ...added.map((file) => `Ajouté\u00a0: ${name(file)}`),
    ...replaced.map((file) => `Remplacé\u00a0: ${name(file)}`),
    ...removed.map((file) => `Retiré\u00a0: ${name(file)}`),
  ]
  return h`<h2>Depuis la version ${since}, que vous avez téléchargée</h2>
${lines.length > 0 ? h`<ul>${lines.map((line) => h`<li>${line}</li>`)}</ul>` : h`<p>Rien n’a changé dans les actes ni dans les pièces.</p>`}`
}

function received({ receipt, complete, base, token, failed }: Shown): Html {
  if (receipt) {
    return h`<h2>Reçu</h2><p class="good" role="status">Reçu donné le ${dated(receipt.receivedOn)} par ${receipt.receivedBy}${receipt.verified ? ', empreinte vérifiée' : ', empreinte non vérifiée'}.${receipt.sha256 ? h` <a href="${base}/recu.pdf">Le reçu scellé (PDF)</a>` : ''}</p>`
  }
  if (!complete) return h`<h2>Reçu</h2><p>Le reçu se donne ici quand le ZIP ou le PDF a été téléchargé en entier.</p>`
  const was = (name: string) => failed?.typed[name] ?? ''
  return h`<h2>Donner un reçu</h2>
<form action="${base}/recu" method="post"><input type="hidden" name="jeton" value="${token}">
<p><label for="recu-nom">Votre nom</label><input id="recu-nom" name="nom" value="${was('nom')}" required maxlength="120" autocomplete="name"></p>
<p><label for="empreinte">Empreinte SHA-256 du ZIP, calculée chez vous</label><br><span class="hint" id="empreinte-aide">Facultative. Sous Windows\u00a0: <code>certutil -hashfile pack.zip SHA256</code>\u00a0; ailleurs\u00a0: <code>sha256sum pack.zip</code>.</span><input id="empreinte" name="empreinte" value="${was('empreinte')}" aria-describedby="empreinte-aide" maxlength="80" autocomplete="off" spellcheck="false"></p>
<p><label for="reserves">Réserves</label><input id="reserves" name="reserves" value="${was('reserves')}" maxlength="500"></p>
<p><button>Donner le reçu</button></p></form>`
}

function answered({ returns }: Shown): Html {
  if (returns.length === 0) return h``
  return h`<h2>Vos réponses</h2><ul>${returns.map((each) => {
    const details = [
      each.debtor ?? '',
      each.inPerson === null ? '' : each.inPerson ? 'à personne' : 'non à personne',
      each.found === null ? '' : `${money(each.found, each.currency)} trouvés`,
      each.exhibitId ? 'acte joint' : '',
      each.note ?? '',
    ].filter(Boolean)
    return h`<li>${dated(each.happenedOn)}\u00a0: ${each.title}${details.length > 0 ? ` (${details.join(', ')})` : ''}</li>`
  })}</ul>`
}

function answering({ answers, codebtors, base, token, failed, today }: Shown): Html {
  if (answers.length === 0) return h``
  const was = (name: string) => failed?.typed[name] ?? ''
  const remise = (value: string, label: string) =>
    h`<p><label><input type="radio" name="remise" value="${value}"${was('remise') === value ? h` checked` : ''}>${label}</label></p>`
  return h`<h2>Répondre</h2>
<form action="${base}/retour" method="post" enctype="multipart/form-data"><input type="hidden" name="jeton" value="${token}">
<p><label for="nature">Ce qui s’est passé</label><select id="nature" name="nature" required><option value="">Choisir…</option>${answers.map((each) => h`<option value="${each.nature}"${was('nature') === each.nature ? h` selected` : ''}>${each.titre}</option>`)}</select></p>
${
  codebtors.length > 0
    ? h`<p><label for="debiteur">À l’égard de</label><select id="debiteur" name="debiteur"><option value="">le débiteur du dossier</option>${codebtors.map((name) => h`<option value="${name}"${was('debiteur') === name ? h` selected` : ''}>${name}, codébiteur</option>`)}</select></p>
`
    : ''
}<p><label for="date">Le</label><input id="date" name="date" type="date" value="${was('date')}" max="${today.toString()}" required></p>
<fieldset><legend>Remise de l’acte</legend><p class="hint">Pour une signification\u00a0: le délai de recours en dépend.</p>${remise('personne', 'À la personne même')}${remise('autrement', 'Autrement (domicile, étude, recherches)')}</fieldset>
<p><label for="montant">Somme saisie ou déclarée par le tiers</label><br><span class="hint" id="montant-aide">0 quand rien n’a été trouvé\u00a0; vide quand la question ne se pose pas.</span><input id="montant" name="montant" value="${was('montant')}" inputmode="decimal" aria-describedby="montant-aide" maxlength="20"></p>
<p><label for="note">Observation</label><textarea id="note" name="note" maxlength="500">${was('note')}</textarea></p>
<p><label for="acte">L’acte (PDF ou image)</label><input id="acte" name="acte" type="file" accept=".pdf,image/*"></p>
<p><button>Envoyer la réponse</button></p></form>`
}

/** Every pack open to an office: what to fetch, what to answer. */
export function listPage(
  agency: Contact,
  { name, packs, token }: { name: string; packs: Awaited<ReturnType<typeof handedOverTo>>; token: string },
): Html {
  return layout({
    title: 'Dossiers remis',
    brand: agency.name,
    home: '/etude',
    nav: h`<nav aria-label="Session"><form action="/etude/sortir" method="post"><input type="hidden" name="jeton" value="${token}"><button class="plain">Sortir</button></form></nav>`,
    body: h`<h1>Dossiers remis à votre étude</h1><p class="lead">${name}\u00a0: ${count(packs.length, 'dossier ouvert', 'dossiers ouverts')}.</p>
${packs.length === 0 ? h`<p>Aucun dossier ne vous est ouvert aujourd’hui.</p>` : ''}
<ul>${packs.map(
      (pack) =>
        h`<li><p><a href="/etude/dossiers/${pack.packId}"><strong>Dossier ${pack.caseNumber}</strong>, ${pack.title}, version ${pack.version}</a><br>Remis le ${dated(pack.handedOn)}${pack.expiresOn ? h`, ouvert jusqu’au ${dated(pack.expiresOn)}` : ''}. ${pack.receivedOn ? h`Reçu donné le ${dated(pack.receivedOn)}.` : pack.fetched ? 'Téléchargé, reçu à donner.' : h`<strong>À télécharger.</strong>`} ${pack.returns > 0 ? `${count(pack.returns, 'réponse donnée', 'réponses données')}.` : ''}</p></li>`,
    )}</ul>`,
    foot: contactBlock(agency),
  })
}

export const noLinkPage = (agency: Contact, connexion?: string): Html =>
  layout({
    title: 'Espace de l’étude',
    brand: agency.name,
    body: h`<h1>Espace de l’étude</h1><p class="lead">Pour ouvrir un dossier, suivez le lien que le cabinet vous a envoyé.</p>${connexion ? h`<p><a class="button" href="${connexion}">Se connecter</a></p>` : ''}`,
    foot: contactBlock(agency),
  })
