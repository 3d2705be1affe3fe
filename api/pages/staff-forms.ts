import type { WorkItem } from '../../procedures/work-today.ts'
import type { DomainError } from '../../schema/errors.ts'
import type { Act } from '../auth.ts'
import { dated, h, type Html, raw, said } from './page.ts'
import { disputeFiles } from './portal-disputes.ts'
import { means } from './reply-pages.ts'
import { callOutcomes, disputeOutcomes, gestures, postalWords } from './staff-acts.ts'
import type { Board } from './staff-data.ts'
import type { Typed } from './typed.ts'

export interface Gesturing {
  token: string
  day: Temporal.PlainDate
  may(act: Act): boolean
  /** A key that no other form has: what is sent twice is done once. */
  key(): string
  /** What was refused, to be shown where it was typed. */
  failed?: { name: string; typed: Typed; error: DomainError }
}

interface Form {
  name: keyof typeof gestures
  /** What the button and the fold say. */
  title: string
  hidden: Record<string, string>
  body: (field: Fields) => Html
  button?: Html
}

interface Fields {
  text(name: string, label: string, more?: string, value?: string): Html
  area(name: string, label: string, rows?: number, more?: string): Html
  choice(name: string, label: string, choices: Record<string, string>): Html
}

/** A fold with one form in it; open, with what was typed, where it was refused. Nothing where the role may not. */
export function gestureForm(frame: Gesturing, { name, title, hidden, body, button }: Form): Html {
  if (!frame.may(gestures[name]!.act)) return h``
  const { failed } = frame
  const isFailed = failed?.name === name && Object.entries(hidden).every(([key, value]) => failed.typed[key] === value)
  const was = (field: string, otherwise = '') => (isFailed ? (failed.typed[field] ?? '') : otherwise)
  const id = (field: string) => [name, ...Object.values(hidden), field].join('-').replaceAll(/[^\w-]/g, '_')
  const fields: Fields = {
    text: (field, label, more = '', value = '') =>
      h`<p><label for="${id(field)}">${label}</label><input id="${id(field)}" name="${field}" value="${was(field, value)}" ${raw(more)}></p>`,
    area: (field, label, rows = 2, more = 'required') =>
      h`<p class="all"><label for="${id(field)}">${label}</label><textarea id="${id(field)}" name="${field}" rows="${rows}" maxlength="4000" ${raw(more)}>${was(field)}</textarea></p>`,
    choice: (field, label, choices) =>
      h`<p><label for="${id(field)}">${label}</label><select id="${id(field)}" name="${field}">${Object.entries(choices).map(([value, word]) => h`<option value="${value}"${was(field) === value ? raw(' selected') : ''}>${word}</option>`)}</select></p>`,
  }
  return h`<details class="gesture"${isFailed ? raw(' open') : ''}><summary>${title}</summary>
<form action="/bureau/${name}" method="post"><input type="hidden" name="jeton" value="${frame.token}"><input type="hidden" name="cle" value="${frame.key()}">${Object.entries(hidden).map(([key, value]) => h`<input type="hidden" name="${key}" value="${value}">`)}
<div class="fields">${body(fields)}</div><p class="row">${button ?? h`<button>${title}</button>`}</p></form></details>`
}

/** `scriptId`: of a call of the timeline, its script, by which its step is known. */
export const callForm = (
  frame: Gesturing,
  caseId: string,
  direction: 'incoming' | 'outgoing',
  scriptId: string | null = null,
): Html =>
  gestureForm(frame, {
    name: 'appel',
    title: direction === 'incoming' ? 'Noter cet appel' : 'Noter l’appel',
    hidden: { dossier: caseId, sens: direction, ...(scriptId ? { script: scriptId } : {}) },
    body: ({ text, area, choice }) => h`${choice('issue', 'Issue', callOutcomes)}
${text('heure', 'Heure de Paris', 'type="time"')}${text('personne', 'Interlocuteur (facultatif)', 'maxlength="120"')}${area('resume', 'Ce qui a été dit')}
<div class="all fields when-promise">${text('promisLe', 'S’il promet, il paiera le', `type="date" min="${frame.day}"`)}${text('promis', 'La somme promise', 'inputmode="decimal" autocomplete="off" maxlength="20"')}${choice('moyen', 'Par', Object.fromEntries(means.map((each) => [each, each])))}</div>
<div class="all fields when-instalments">${text('mensualite', 'S’il propose des mensualités\u00a0: la somme par mois', 'inputmode="decimal" autocomplete="off" maxlength="20"')}${text('premierLe', 'À partir du', `type="date" min="${frame.day}"`)}</div>
<div class="all fields when-dispute">${area('motif', 'S’il conteste\u00a0: quoi, et pourquoi', 2, '')}${text('conteste', 'Le montant contesté, si ce n’est qu’une partie', 'inputmode="decimal" autocomplete="off" maxlength="20"')}</div>`,
  })

const addressForm = (frame: Gesturing, caseId: string): Html =>
  gestureForm(frame, {
    name: 'adresse',
    title: 'Valider une adresse',
    hidden: { dossier: caseId },
    body: ({
      text,
      area,
    }) => h`${area('rue', 'Numéro et rue, complément', 2, '')}${text('cp', 'Code postal', 'maxlength="12"')}${text('ville', 'Ville', 'maxlength="100"')}${text('pays', 'Pays (code à deux lettres)', 'maxlength="2" pattern="[A-Za-z]{2}"', 'FR')}
${text('courriel', 'Courriel', 'type="email" maxlength="150"')}${text('telephone', 'Téléphone', 'type="tel" maxlength="30"')}${text('source', 'Source (registre, annuaire…)', 'required maxlength="200"')}`,
  })

const sendingForm = (frame: Gesturing, documentId: string): Html =>
  gestureForm(frame, {
    name: 'envoi',
    title: 'Dire s’il est parti',
    hidden: { objet: documentId },
    body: ({ text }) =>
      h`${text('motif', 'Comment vous le savez', 'required maxlength="500"')}${text('date', 'S’il est parti, le', `type="date" max="${frame.day}"`, String(frame.day))}`,
    button: h`<button name="geste" value="parti">Il est parti</button> <button class="plain" name="geste" value="reste">Il n’est pas parti\u00a0: l’envoyer</button>`,
  })

const resendForm = (frame: Gesturing, documentId: string): Html =>
  gestureForm(frame, {
    name: 'renvoi',
    title: 'Renvoyer à la nouvelle adresse',
    hidden: { objet: documentId },
    body: ({ text }) => text('motif', 'Motif, et d’où vient la nouvelle adresse', 'required maxlength="500"'),
  })

const postalForm = (frame: Gesturing, documentId: string): Html =>
  gestureForm(frame, {
    name: 'suivi',
    title: 'Noter le suivi de la Poste',
    hidden: { objet: documentId },
    body: ({ text, choice }) => h`${choice('etat', 'État', { ...first, ...postalWords })}
${text('date', 'Le', `type="date" required max="${frame.day}"`)}${text('numero', 'Numéro du recommandé', 'maxlength="40"')}`,
  })
// What is looked for first, at the head of the list.
const first = { presented: postalWords.presented }

function disputeForms(frame: Gesturing, board: Board, { caseId }: WorkItem): Html {
  return h`${(board.disputes.get(caseId) ?? []).map(
    (
      dispute,
    ) => h`${dispute.creditorAnswer === null ? '' : h`<p>Le créancier répond\u00a0: ${dispute.creditorAnswer}</p>`}${disputeFiles(dispute, '/bureau')}
${gestureForm(frame, {
  name: 'contestation',
  title: 'Répondre à la contestation',
  hidden: { dossier: caseId, objet: dispute.id },
  body: ({ area, choice }) =>
    h`${choice('issue', 'Issue', disputeOutcomes)}${area('reponse', 'La réponse et ses raisons', 4)}`,
})}`,
  )}`
}

const replyForms = (frame: Gesturing, board: Board, { caseId }: WorkItem): Html =>
  h`${(board.replies.get(caseId) ?? []).map((reply) =>
    gestureForm(frame, {
      name: 'reponse',
      title: 'Dire ce qui a été fait',
      hidden: { dossier: caseId, objet: reply.id },
      body: ({ area }) =>
        h`<p class="all meta">Réponse du ${dated(reply.repliedOn)}. Une fois ceci enregistré, le dossier n’attend plus cette vérification et les démarches reprennent\u00a0: inscrivez d’abord le paiement, l’échéancier ou l’adresse, ou clôturez-le.</p>${area('comment', 'Ce qui a été vérifié et fait')}`,
    }),
  )}`

/** What was to be written about it, and was refused. */
const refusedForms = (frame: Gesturing, board: Board, caseId: string, about: 'disputes' | 'replies'): Html =>
  h`${(board.refused.get(caseId) ?? [])
    .filter((each) => each.about === about)
    .map(({ id, message }) =>
      gestureForm(frame, {
        name: 'courrier',
        title: 'Écrire de nouveau',
        hidden: { dossier: caseId, objet: id },
        body: () =>
          h`<p class="all meta">Le courrier a été refusé\u00a0: ${said(message)} Une fois la cause levée, il est écrit ici.</p>`,
      }),
    )}`

/** A link by which the creditor's signatory answers; not `gestureForm`, for its address is in the answer. */
const linkForm = (frame: Gesturing, requestId: string): Html =>
  frame.may('createConsentLink')
    ? h`<details class="gesture"><summary>Créer un lien d’accord</summary><form action="/bureau/liens" method="post"><input type="hidden" name="jeton" value="${frame.token}"><input type="hidden" name="demande" value="${requestId}">
<p><label for="signataire-${requestId}">Qui répondra pour le créancier</label><input id="signataire-${requestId}" name="signataire" required maxlength="120" autocomplete="off"></p><p class="row"><button>Créer un lien d’accord</button></p></form></details>`
    : h``

/** What may be done about one line of the day's work, there where it stands. */
export function gesturesFor(frame: Gesturing, board: Board, item: WorkItem): Html {
  const { kind, caseId, documentId } = item
  switch (kind) {
    case 'call':
    case 'callback':
      return callForm(frame, caseId, 'outgoing', documentId)
    case 'address':
    case 'returned':
      return addressForm(frame, caseId)
    case 'dispatch':
      if (!documentId) return h``
      return board.inDoubt.has(documentId)
        ? sendingForm(frame, documentId)
        : h`${addressForm(frame, caseId)}${resendForm(frame, documentId)}`
    case 'resend':
      return documentId ? resendForm(frame, documentId) : h``
    case 'presentation':
      return documentId ? postalForm(frame, documentId) : h``
    case 'dispute':
      return h`${disputeForms(frame, board, item)}${refusedForms(frame, board, caseId, 'disputes')}`
    case 'reply':
      return h`${replyForms(frame, board, item)}${refusedForms(frame, board, caseId, 'replies')}`
    case 'awaited':
      return h`${(board.requests.get(caseId) ?? []).filter(({ procedure }) => procedure === item.what).map(({ id }) => linkForm(frame, id))}`
    default:
      return h``
  }
}
