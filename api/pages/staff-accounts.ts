import { friendlyFormatIBAN } from 'ibantools'
import { accountsAwaiting, type CreditorCorrection, isProposer } from '../../procedures/cases/creditor-corrections.ts'
import { personOf } from '../../procedures/cases/journal.ts'
import { author, type Context } from '../context.ts'
import { count, dated, h, type Html, said } from './page.ts'
import { gestureForm, type Gesturing } from './staff-forms.ts'

export interface AwaitingAccount extends CreditorCorrection {
  creditor: string
  /** The reader asked for it, and somebody else has to confirm it. */
  isOwn: boolean
}

/** Accounts of creditors that wait for a second person, the oldest first. */
export async function readAwaitingAccounts(ctx: Context): Promise<AwaitingAccount[]> {
  const awaiting = await accountsAwaiting(ctx.sql)
  const names = await ctx.sql<{ id: string; name: string }[]>`
    select id, name from creditors where id = any(${awaiting.map(({ creditorId }) => creditorId)})`
  const nameOf = new Map(names.map(({ id, name }) => [id, name]))
  return awaiting.map((each) => ({
    ...each,
    creditor: nameOf.get(each.creditorId)!,
    isOwn: isProposer(each, author(ctx)),
  }))
}

const shown = 10

/** On the board: each account that waits, what it replaces, and the words by which a second person settles it. */
export function accountsSection(frame: Gesturing, all: AwaitingAccount[]): Html {
  return h`<section aria-labelledby="comptes"><h2 id="comptes">Comptes à confirmer <span class="state">${all.length}</span></h2>
<p>Les faux changements de compte sont une fraude courante. Une autre personne que celle qui a saisi le compte rappelle le créancier, à un numéro connu avant la demande, et se fait redire l’IBAN. Jusque-là, les courriers portent l’ancien compte.</p>
${all.slice(0, shown).map((each) => awaiting(frame, each))}${all.length > shown ? h`<p class="meta">Et ${count(all.length - shown, 'autre')}, une fois ceux-ci réglés.</p>` : ''}</section>`
}

function awaiting(frame: Gesturing, each: AwaitingAccount): Html {
  const { creditor, reason, recordedOn, recordedBy } = each
  return h`<article class="note"><h3>${creditor}</h3>
<dl class="facts">${linesOf(each, 'iban')}${linesOf(each, 'bic')}
<div><dt>Demandé</dt><dd>le ${dated(recordedOn)} par ${personOf(recordedBy)}\u00a0: ${said(reason)}</dd></div></dl>
${each.isOwn ? takeBackForm(frame, each) : settleForm(frame, each)}</article>`
}

const linesOf = ({ before, after }: AwaitingAccount, key: 'iban' | 'bic'): Html =>
  key in after
    ? h`<div><dt>${key.toUpperCase()} proposé</dt><dd><code class="iban"><strong>${spelt(key, after[key])}</strong></code></dd></div><div><dt>${key.toUpperCase()} actuel</dt><dd><code class="iban">${spelt(key, before[key])}</code></dd></div>`
    : h``

/** An IBAN is read aloud by fours. */
function spelt(key: 'iban' | 'bic', value: unknown): string {
  if (typeof value !== 'string' || value === '') return 'aucun'
  return key === 'bic' ? value : (friendlyFormatIBAN(value) ?? value)
}

const settleForm = (frame: Gesturing, { id, creditor }: AwaitingAccount): Html =>
  gestureForm(frame, {
    name: 'compte',
    title: 'Confirmer ou refuser ce compte',
    hidden: { objet: id },
    body: ({ area }) =>
      h`<p class="all meta">Confirmé, ce compte figure dès aujourd’hui sur les courriers de ${creditor} et leurs codes de paiement, et ses accords demandés ou signés mais non déposés prennent fin. Refusé, rien ne change. Dans les deux cas, le créancier en est informé là où on le joignait avant la demande, avec ce que vous écrivez ici.</p>${area('comment', 'Qui a été rappelé, à quel numéro connu avant la demande, et ce qui a été dit\u00a0; ou pourquoi il est refusé', 3)}`,
    button: h`<button name="geste" value="confirmer">Confirmer ce compte</button> <button class="plain" name="geste" value="refuser">Refuser ce compte</button>`,
  })

const takeBackForm = (frame: Gesturing, { id }: AwaitingAccount): Html =>
  h`<p>Vous avez saisi ce compte\u00a0: une autre personne doit le confirmer.</p>${gestureForm(frame, {
    name: 'compte',
    title: 'Retirer ma demande',
    hidden: { objet: id },
    body: ({ area }) => area('comment', 'Pourquoi elle est retirée'),
    button: h`<button class="plain" name="geste" value="refuser">Retirer ma demande</button>`,
  })}`
