import type { Hono } from 'hono'
import {
  type ApprovalRule,
  approveSteps,
  pendingApprovals,
  ruleOf,
  setApprovalRule,
} from '../../procedures/amicable/approvals.ts'
import type { Day } from '../../schema/days.ts'
import type { DomainError } from '../../schema/errors.ts'
import { asRefusal } from '../metrics.ts'
import { type Doors, ownForm } from './guard.ts'
import { count, dated, h, type Html, raw, send } from './page.ts'
import { type Desk, deskPage, noteRead, type WithDesk } from './portal-desk.ts'
import { refusal } from './portal-upload.ts'
import { textOf, type Typed } from './typed.ts'

interface Waiting {
  stepId: string
  number: string
  debtor: string
  stepKey: string
  channel: string
  answerBy: Day
  otherwise: string
}

/** `/portail/envois`: what the creditor asked to see before it leaves, and the rule by which it asked. */
export function mountApprovals(app: Hono, house: Doors, withDesk: WithDesk): void {
  app.get('/portail/envois', (c) => withDesk(c, async (desk) => send(c, await page(desk))))
  app.post('/portail/envois', (c) =>
    withDesk(c, async (desk) => {
      const typed = await ownForm(house, c, desk.sessionId)
      try {
        await answer(desk, typed)
        return c.redirect('/portail/envois', 303)
      } catch (error) {
        asRefusal(error)
        return send(c, await page(desk, error), 422)
      }
    }),
  )
}

async function answer({ ctx }: Desk, typed: Typed): Promise<void> {
  const { sql, random } = ctx.office
  const creditorId = ctx.viewer!.creditorId!
  const author = `creditor:${ctx.viewer!.name}`
  if (typed['geste'] === 'regle') {
    const rule = {
      stepKeys: [],
      approver: 'creditor' as const,
      waitDays: Number(typed['jours'] ?? 1),
      otherwise: typed['sinon'] === 'attendre' ? ('attendre' as const) : ('envoyer' as const),
    }
    await setApprovalRule(sql, random, ctx.day, creditorId, typed['voulu'] === 'oui' ? rule : null, author)
    return
  }
  const approved = typed['geste'] === 'approuver'
  const reason = textOf(typed, 'motif', 300) || null
  await approveSteps(sql, random, ctx.day, { stepIds: [typed['etape'] ?? ''], approved, reason, creditorId }, author)
}

async function page(desk: Desk, error?: DomainError): Promise<Html> {
  const { sql } = desk.ctx
  const creditorId = desk.ctx.viewer!.creditorId!
  const [pending, rule] = await Promise.all([pendingApprovals(sql, creditorId), ruleOf(sql, creditorId)])
  const cases = await sql<{ id: string; number: string; debtor: string }[]>`
    select c.id, c.number, d.name as debtor from cases c join debtors d on d.id = c.debtor_id
    where c.id = any(${pending.map(({ caseId }) => caseId)})`
  noteRead(desk, pending)
  const waiting = pending.flatMap((each): Waiting[] => {
    const found = cases.find(({ id }) => id === each.caseId)
    return found ? [{ ...each, number: found.number, debtor: found.debtor }] : []
  })
  return deskPage(desk, {
    title: 'Envois à approuver',
    at: '/portail/envois',
    body: h`<h1>Envois à approuver</h1>${refusal(error)}
${
  waiting.length === 0
    ? h`<p class="lead">Aucun envoi n’attend votre accord.</p>`
    : h`<p class="lead">${count(waiting.length, 'envoi attend', 'envois attendent')} votre accord.</p>${waiting.map((each) => waitingBlock(desk, each))}`
}
${ruleForm(desk, rule)}`,
  })
}

const channels: Record<string, string> = {
  lettre: 'une lettre',
  lrar: 'une lettre recommandée',
  email: 'un courriel',
  sms: 'un SMS',
  appel: 'un appel',
  visite: 'une visite',
}

const waitingBlock = (desk: Desk, each: Waiting): Html =>
  h`<section class="note"><h2><a href="/portail/dossiers/${each.number}">${each.debtor}</a></h2>
<p>Dossier ${each.number}\u00a0: ${channels[each.channel] ?? each.channel} (étape «\u00a0${each.stepKey}\u00a0»). Réponse avant le ${dated(each.answerBy)}\u00a0; sans réponse, ${each.otherwise === 'envoyer' ? 'l’envoi part' : 'l’envoi attend encore'}.</p>
<form action="/portail/envois" method="post"><input type="hidden" name="jeton" value="${desk.token}"><input type="hidden" name="etape" value="${each.stepId}">
<p><label for="motif-${each.stepId}">Motif, si vous refusez</label><input id="motif-${each.stepId}" name="motif" maxlength="300"></p>
<p class="row"><button name="geste" value="approuver">Approuver</button> <button class="plain" name="geste" value="refuser">Refuser</button></p></form></section>`

function ruleForm(desk: Desk, rule: ApprovalRule | null): Html {
  const checked = (is: boolean) => (is ? raw(' checked') : '')
  return h`<h2>Votre règle</h2><form action="/portail/envois" method="post"><input type="hidden" name="jeton" value="${desk.token}">
<fieldset><legend>Voulez-vous approuver chaque envoi à vos débiteurs avant son départ\u00a0?</legend>
<p><label><input type="radio" name="voulu" value="non"${checked(rule === null)}>Non, le calendrier suit son cours</label></p>
<p><label><input type="radio" name="voulu" value="oui"${checked(rule !== null)}>Oui, chaque envoi</label></p></fieldset>
<div class="fields"><p><label for="jours">Jours pour répondre</label><input id="jours" name="jours" type="number" min="0" max="30" value="${rule?.waitDays ?? 1}"></p>
<p><label for="sinon">Sans réponse</label><select id="sinon" name="sinon"><option value="envoyer"${rule?.otherwise === 'attendre' ? '' : raw(' selected')}>l’envoi part</option><option value="attendre"${rule?.otherwise === 'attendre' ? raw(' selected') : ''}>l’envoi attend</option></select></p></div>
<p><button name="geste" value="regle">Enregistrer la règle</button></p></form>`
}
