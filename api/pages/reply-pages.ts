import { paymentReference } from '../../procedures/cases/file/facts.ts'
import type { CaseFile } from '../../procedures/cases/file/file.ts'
import { claimableOn } from '../../procedures/money/claimable.ts'
import {
  checkDays,
  instalmentsAllowed,
  promiseDays,
  type Reply,
  type ReplyKind,
  type Standing,
} from '../../procedures/cases/exchanges/replies.ts'
import type { Coupon } from '../../procedures/mail/coupons.ts'
import { type Day, dayFr } from '../../schema/days.ts'
import type { DomainError } from '../../schema/errors.ts'
import { amount } from '../../schema/money.ts'
import { type Contact, contactBlock, count, dated, h, type Html, layout, money, raw, said } from './page.ts'
import { countryField } from './typed-address.ts'
import type { Typed } from './typed.ts'

type Agency = Contact & { dpo: string }

/** What may come along with a dispute. */
export const joined = { files: 5, fileBytes: 10_000_000 }

/** What an answer page is made from. */
export interface Shown {
  agency: Agency
  code: string
  coupon: Coupon
  file: CaseFile
  day: Day
  standing: Standing
  /** Those given by this very coupon. */
  replies: Reply[]
  token: string
  typed?: Typed
  error?: DomainError
}

const foot = (
  agency: Agency,
): Html => h`<p>Vous pouvez aussi répondre sur papier, en renvoyant le coupon à l’adresse ci-dessous, par téléphone ou par courriel\u00a0: votre réponse aura la même valeur.</p>
${contactBlock(agency)}
<p>Ce que vous écrivez ici sert à traiter ce dossier et à rien d’autre, et est transmis au créancier. Vous pouvez demander à y accéder ou à le faire rectifier\u00a0: <a href="mailto:${agency.dpo}">${agency.dpo}</a>.</p>`

/** The code, and one more fact that the letter's reader knows. */
export function codePage(
  agency: Agency,
  { code, token, wrong }: { code: string; token: string; wrong: boolean },
): Html {
  return layout({
    title: 'Répondre à notre lettre',
    brand: agency.name,
    body: h`<h1>Répondre à notre lettre</h1>
<p class="lead">Le code imprimé sur le coupon de la lettre vous permet de nous répondre ici, en quelques minutes.</p>
${
  wrong
    ? h`<div class="alert" role="alert"><p>Ce code et ce code postal ne vont pas ensemble. Relisez-les sur la lettre\u00a0: le code postal est celui de l’adresse à laquelle elle a été envoyée.</p><p>Après cinq essais, ce code est bloqué pour la journée. Un code ne sert plus quand la lettre nous est revenue, ou trois mois après la fin du dossier.</p></div>`
    : ''
}
<form action="/r" method="post" class="code"><input type="hidden" name="jeton" value="${token}">
<div class="fields">
<p><label for="code">Code du coupon</label><span class="hint" id="aide-code"><br>Douze lettres et chiffres</span><input id="code" name="code" value="${code}" required autocomplete="off" autocapitalize="characters" spellcheck="false" maxlength="40" aria-describedby="aide-code"></p>
<p><label for="cp">Code postal</label><span class="hint" id="aide-cp"><br>Celui de l’adresse sur la lettre ; la ville, si elle n’a pas de code</span><input id="cp" name="cp" required autocomplete="off" maxlength="100" aria-describedby="aide-cp"></p>
</div>
<p><button>Continuer</button></p>
</form>
<p>Vous doutez que cette lettre vienne de nous\u00a0? <a href="/verifier">Vérifiez son code</a>.</p>`,
    foot: foot(agency),
  })
}

const hasAnswered = (replies: Reply[]): boolean => replies.some(({ kind }) => kind !== 'address')

/** One answer a coupon, and one new address beside. */
export const openAnswers = ({ may }: Standing, replies: Reply[]): ReplyKind[] =>
  may.filter((kind) =>
    kind === 'address' ? !replies.some((reply) => reply.kind === 'address') : !hasAnswered(replies),
  )

/** What was asked, what was answered, and what may still be. */
export function answerPage(shown: Shown): Html {
  const { agency, coupon, standing, replies, error } = shown
  const answered = hasAnswered(replies)
  const open = openAnswers(standing, replies)
  const title = replies.length > 0 ? 'Votre réponse est enregistrée' : `Notre lettre du ${dayFr(coupon.writtenOn)}`
  return layout({
    title,
    brand: agency.name,
    body: h`<h1>${title}</h1>
${error ? h`<div class="alert" role="alert"><p><strong>${said(error.message)}</strong></p><p>${said(error.remedy)}</p></div>` : ''}
${replies.map((reply) => confirmation(shown, reply))}
${answered ? '' : asked(shown)}
${open.length > 0 ? answers(shown, open, answered) : ''}
${replies.length > 0 ? h`<p class="no-print">Pour changer ou compléter une réponse, appelez-nous ou écrivez-nous\u00a0: ce code a servi.</p>` : ''}`,
    foot: foot(agency),
  })
}

function next(reply: Reply): string {
  const until = dayFr(reply.repliedOn.add({ days: checkDays }))
  const texts: Record<ReplyKind, string> = {
    paid: `Nous vérifions ce paiement avec le créancier, d’ici au ${until}. Tant que ce n’est pas fait, nos démarches sont suspendues.`,
    promise:
      'Nos démarches sont suspendues jusqu’à cette date. Le paiement se fait directement au créancier, aux coordonnées indiquées sur la lettre.',
    instalments: `C’est une proposition, et pas encore un accord\u00a0: nous l’étudions avec le créancier, d’ici au ${until}, et vous répondons par écrit. Tant que ce n’est pas fait, nos démarches sont suspendues.`,
    dispute:
      'Nos démarches sont suspendues. Le créancier est informé de votre contestation\u00a0; nous vous répondrons par écrit, en disant sur quels documents il s’appuie.',
    not_me: `Nous vérifions auprès du créancier à qui cette lettre devait aller, d’ici au ${until}. Tant que ce n’est pas fait, nos démarches sont suspendues.`,
    address: 'Nos prochaines lettres y seront envoyées.',
  }
  return texts[reply.kind]
}

function confirmation(shown: Shown, reply: Reply): Html {
  return h`<section class="good" role="status" aria-label="Confirmation">
<p>Le ${dated(reply.repliedOn)}, par le code <code>${shown.code}</code> de notre lettre ${shown.coupon.reference}, vous nous avez répondu\u00a0:</p>
<p><strong>${reply.summary}</strong></p>
<p>${next(reply)}</p>
</section>
<p class="no-print">Cette page est votre confirmation écrite\u00a0: imprimez-la ou enregistrez-la. Le même code la montrera de nouveau.</p>`
}

const closed: Record<Exclude<Standing['state'], 'open'>, string> = {
  closed: 'Ce dossier est clos\u00a0: rien ne vous est demandé, et vous n’avez pas à répondre.',
  paid: 'Ce qui vous était demandé est réglé\u00a0: plus rien ne vous est demandé. Merci.',
  barred: 'Le délai pour agir est passé\u00a0: notre cabinet ne vous réclame plus cette somme.',
  insolvency: 'Une procédure collective est ouverte\u00a0: aucun paiement ne vous est demandé par notre cabinet.',
}

function asked({ coupon, file, day, standing }: Shown): Html {
  const heading = h`<dl class="facts">
<div><dt>Référence de la lettre</dt><dd>${coupon.reference}</dd></div>
<div><dt>Adressée à</dt><dd>${file.debtor.name}</dd></div>
<div><dt>Pour le compte de</dt><dd>${file.creditor.name}</dd></div>
</dl>`
  if (standing.state !== 'open') return h`${heading}<p class="note">${closed[standing.state]}</p>`
  const { owed, countedOn, toRecover } = claimableOn(file, day)
  const unpaid = file.invoices.filter(({ number }) => (owed.unpaidByInvoice[number] ?? 0n) > 0n)
  const line = (label: string, cents: bigint) =>
    cents > 0n ? h`<div><dt>${label}</dt><dd>${money(cents, file.case.currency)}</dd></div>` : ''
  return h`${heading}
<h2>Ce qui vous est demandé</h2>
<div class="scroll" role="region" aria-label="Factures" tabindex="0"><table class="cards"><thead><tr><th scope="col">Facture</th><th scope="col">Échéance</th><th scope="col" class="num aside">Montant</th><th scope="col" class="num">Reste dû</th></tr></thead>
<tbody>${unpaid.map(
    (invoice) =>
      h`<tr><th scope="row">${invoice.number}</th><td>due le ${dated(invoice.dueOn)}</td><td class="num aside">${money(invoice.payable, invoice.currency)}</td><td class="num">${money(owed.principalByInvoice[invoice.number] ?? 0n, invoice.currency)}</td></tr>`,
  )}</tbody></table></div>
<dl class="facts">
${line('Principal', owed.principal)}${line('Intérêts de retard', owed.interest)}${line('Indemnité forfaitaire', owed.indemnity)}${line('Clause pénale', owed.penalty)}${line('Frais et dépens', owed.costs)}${line('Réglé depuis, à déduire', owed.total - toRecover)}
<div><dt>Total dû au ${dated(countedOn)}</dt><dd class="sum">${money(toRecover, file.case.currency)}</dd></div>
</dl>
${owed.perDay > 0n ? h`<p class="meta">Les intérêts augmentent de ${money(owed.perDay, file.case.currency)} par jour de retard.</p>` : ''}
${file.creditor.iban && !file.mandate?.receivesFunds ? h`<p>Le paiement se fait directement à ${file.creditor.name}, compte <code class="iban">${file.creditor.iban.replace(/(.{4})(?=.)/g, '$1 ')}</code>, en rappelant la référence ${paymentReference(file)}.</p>` : ''}`
}

/** One fold for each answer that may be given, posted to that address. */
export function answerForms(shown: Shown, open: ReplyKind[], to: string): Html {
  const forms = open.map((kind) => {
    const isOpen = shown.typed?.['kind'] === kind
    return h`<details name="reponse"${isOpen ? raw(' open') : ''}><summary>${titles[kind]}</summary>
<form action="${to}" method="post"${kind === 'dispute' ? raw(' enctype="multipart/form-data"') : ''}><input type="hidden" name="jeton" value="${shown.token}"><input type="hidden" name="kind" value="${kind}">
${fieldsOf(shown, kind)}
<p><button>${buttons[kind]}</button></p></form></details>`
  })
  return h`<div class="answers">${forms}</div>`
}

function answers(shown: Shown, open: ReplyKind[], answered: boolean): Html {
  return h`<section class="no-print" aria-labelledby="reponse"><h2 id="reponse">${answered ? 'Votre adresse a\u2011t\u2011elle changé\u00a0?' : 'Votre réponse'}</h2>
${answered ? '' : h`<p>Choisissez la réponse qui convient. Un code vaut une réponse, à laquelle peut s’ajouter une nouvelle adresse.</p>`}
${answerForms(shown, open, `/r/${shown.code}`)}</section>`
}

const titles: Record<ReplyKind, string> = {
  paid: 'J’ai déjà payé',
  promise: 'Je paierai',
  instalments: 'Je propose de payer chaque mois',
  dispute: 'Je conteste',
  not_me: 'Ce n’est pas moi',
  address: 'Mon adresse a changé',
}
const buttons: Record<ReplyKind, string> = {
  paid: 'Déclarer ce paiement',
  promise: 'M’engager à payer',
  instalments: 'Envoyer ma proposition',
  dispute: 'Envoyer ma contestation',
  not_me: 'Le signaler',
  address: 'Donner ma nouvelle adresse',
}

export const means = ['virement', 'carte bancaire', 'chèque', 'espèces', 'prélèvement']

function fieldsOf({ file, day, typed, standing }: Shown, kind: ReplyKind): Html {
  const was = (name: string, otherwise = '') => (typed?.['kind'] === kind ? (typed[name] ?? '') : otherwise)
  const id = (name: string) => `${kind}-${name}`
  const input = (name: string, label: string, type: string, more = '', value = was(name)) =>
    h`<p><label for="${id(name)}">${label}</label><input id="${id(name)}" name="${name}" type="${type}" value="${value}" ${raw(more)}></p>`
  const money_ = (name: string, label: string, more = 'required', value = was(name)) =>
    input(name, label, 'text', `${more} inputmode="decimal" autocomplete="off" maxlength="20"`, value)
  const by = h`<p><label for="${id('moyen')}">Par</label><select id="${id('moyen')}" name="moyen">${means.map((each) => h`<option${was('moyen') === each ? raw(' selected') : ''}>${each}</option>`)}</select></p>`
  const owed = standing.state === 'open' ? claimableOn(file, day).toRecover : 0n
  // A promise may be read as an acknowledgement: the person is told before, not after.
  const told = h`<p class="meta">Promettre ou proposer un paiement peut valoir reconnaissance de la dette (article 2240 du code civil). Si vous n’êtes pas d’accord avec la somme, choisissez plutôt «\u00a0${titles.dispute}\u00a0».</p>`
  switch (kind) {
    case 'paid':
      return h`<p>Dites-nous quand et comment\u00a0: nous vérifierons avec ${file.creditor.name}.</p><div class="fields">
${input('date', 'Payé le', 'date', `required max="${day}"`)}${money_('montant', 'Montant payé, en euros', 'required', was('montant', owed > 0n ? amount(owed).replace('.', ',') : ''))}${by}${input('reference', 'Référence du paiement (facultatif)', 'text', 'maxlength="100"')}</div>`
    case 'promise':
      return h`<p>La totalité, soit ${money(owed, file.case.currency)} à ce jour, dans les ${promiseDays} jours. Nos démarches s’arrêtent jusqu’à la date que vous donnez.</p><div class="fields">
${input('date', 'Je paierai le', 'date', `required min="${day}" max="${day.add({ days: promiseDays })}"`)}${by}</div>${told}`
    case 'instalments':
      return h`<p>Votre proposition sera étudiée avec ${file.creditor.name}\u00a0: elle ne devient un accord qu’une fois acceptée par écrit. Elle peut compter jusqu’à ${count(instalmentsAllowed(file), 'mensualité')}.</p><div class="fields">
${money_('montant', 'Chaque mois, en euros')}${input('date', 'Premier versement le', 'date', `required min="${day}" max="${day.add({ days: promiseDays * 2 })}"`)}</div>${told}`
    case 'dispute':
      return h`<p>Dites-nous pourquoi, avec vos mots. Nos démarches s’arrêtent le temps de vous répondre, et contester ne vous coûte rien.</p>
<p><label for="${id('motif')}">Je conteste parce que</label><textarea id="${id('motif')}" name="motif" required maxlength="2000">${was('motif')}</textarea></p>
<div class="fields">${money_('montant', 'Montant contesté, si ce n’est qu’une partie', '')}</div><p><label for="${id('pieces')}">Vos justificatifs (facultatif)</label><span class="hint" id="aide-pieces"><br>${joined.files} fichiers au plus, de ${joined.fileBytes / 1_000_000}\u00a0Mo chacun\u00a0: PDF, photographie, courriel, texte</span><input id="${id('pieces')}" name="pieces" type="file" multiple accept=".pdf,.jpg,.jpeg,.png,.tif,.tiff,.eml,.msg,.docx,.odt,.txt,image/jpeg,image/png,application/pdf" aria-describedby="aide-pieces"></p>
<p class="meta">Ils sont transmis au créancier. Vous pouvez aussi nous les envoyer par courriel ou par la poste, avec la référence de la lettre.</p>`
    case 'not_me':
      return h`<p>Vous portez le même nom, vous n’habitez plus ou n’avez jamais habité à cette adresse, la société n’est pas la vôtre : dites-le-nous, et rien ne vous sera plus demandé pendant la vérification.</p>
<p><label for="${id('motif')}">Ce qu’il faut savoir</label><textarea id="${id('motif')}" name="motif" required maxlength="1000">${was('motif')}</textarea></p>`
    case 'address':
      return h`<div class="fields"><p class="all"><label for="${id('rue')}">Numéro et rue, complément</label><textarea id="${id('rue')}" name="rue" required rows="2" maxlength="300" autocomplete="street-address">${was('rue')}</textarea></p>
${input('cp', 'Code postal', 'text', 'maxlength="12" autocomplete="postal-code"')}${input('ville', 'Ville', 'text', 'required maxlength="100" autocomplete="address-level2"')}${countryField(id('pays'), was('pays', file.debtor.address?.country ?? 'FR'))}${input('courriel', 'Courriel (facultatif)', 'email', 'maxlength="150" autocomplete="email"')}${input('telephone', 'Téléphone (facultatif)', 'tel', 'maxlength="30" autocomplete="tel"')}</div>`
  }
}
