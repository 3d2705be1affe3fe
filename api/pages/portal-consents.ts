import type { Hono, Context as HttpContext } from 'hono'
import {
  type ConsentOutcome,
  giveConsent,
  refuseConsent,
  withdrawConsent,
} from '../../procedures/judicial/consents/consent.ts'
import { sealedConsentPage } from '../../procedures/judicial/consents/consent-page.ts'
import { type ConsentRequest, readConsentRequest } from '../../procedures/judicial/consents/consent-requests.ts'
import { dayFr } from '../../schema/days.ts'
import { DomainError } from '../../schema/errors.ts'
import { parseAmount } from '../../schema/money.ts'
import { author } from '../context.ts'
import { nodeId } from '../nodes.ts'
import { rowId } from '../graphql/values.ts'
import { asRefusal } from '../metrics.ts'
import { type LiveLink, linkForms, liveLinks, type MadeLink, madeLink, makeLink } from './consent-link-forms.ts'
import { revokeEntryLink } from './entry.ts'
import { type Doors, ownForm } from './guard.ts'
import { type Contact, count, dated, h, type Html, money, raw, said, send } from './page.ts'
import { type Desk, deskPage, noteRead, type WithDesk } from './portal-desk.ts'
import { refusal } from './portal-upload.ts'
import { requiredText, type Typed } from './typed.ts'

interface Decision extends ConsentOutcome {
  /** Of the case. */
  number: string
  /** For others to answer by; none is made by one of them. */
  links: LiveLink[]
}

/**
 * The exact file that the court would receive, and the creditor's yes or no to it: `/portail/accords/:id` in its space, `/accord`
 * by a link for one person, which says which request.
 */
export function mountConsents(
  app: Hono,
  house: Doors,
  path: '/portail/accords/:id' | '/accord',
  withDesk: WithDesk,
): void {
  const requestOf = async (desk: Desk, c: HttpContext): Promise<ConsentRequest> => {
    const { sql, viewer } = desk.ctx
    const id = desk.link?.requestId ?? rowId('ConsentRequest', c.req.param('id') ?? '')
    const request = await readConsentRequest(sql, id, viewer!.creditorId!)
    noteRead(desk, [request])
    return request
  }
  // Read from the archive, which checks the hash again: what is shown is what would be signed, to the byte.
  const pdf = async (c: HttpContext, sha256: string, name: string): Promise<Response> =>
    c.body((await house.office.archive.get(sha256)) as Uint8Array<ArrayBuffer>, 200, {
      'content-type': 'application/pdf',
      'content-disposition': `inline; filename="${name}"`,
      'cache-control': 'private, no-cache',
      etag: `"${sha256}"`,
    })

  app.get(path, (c) =>
    withDesk(c, async (desk) => {
      const request = await requestOf(desk, c)
      return send(c, consentPage(desk, request, await standingOf(desk, request)))
    }),
  )
  app.get(`${path}/accord.pdf`, (c) =>
    withDesk(c, async (desk) => {
      const request = await requestOf(desk, c)
      return pdf(c, request.pdf, `accord-${request.contentSha256.slice(0, 12)}.pdf`)
    }),
  )
  app.get(`${path}/reponse.pdf`, (c) =>
    withDesk(c, async (desk) => {
      const request = await requestOf(desk, c)
      const answered = await sealedConsentPage(desk.ctx.office, request)
      if (!answered)
        throw new DomainError('not_found', 'Cette demande n’a pas encore de réponse.', {
          remedy: 'Répondez-y d’abord.',
        })
      return c.body(answered as Uint8Array<ArrayBuffer>, 200, {
        'content-type': 'application/pdf',
        'content-disposition': `inline; filename="reponse-${request.contentSha256.slice(0, 12)}.pdf"`,
        'cache-control': 'private, no-cache',
      })
    }),
  )
  app.get(`${path}/pieces/:rank{[0-9]{1,4}}`, (c) =>
    withDesk(c, async (desk) => {
      const part = (await requestOf(desk, c)).content[Number(c.req.param('rank')) - 1]
      if (!part)
        throw new DomainError('not_found', 'Cette pièce n’existe pas.', { remedy: 'Revenez à la demande d’accord.' })
      return pdf(c, part.sha256, part.name)
    }),
  )
  app.get(`${path}/preuve.json`, (c) =>
    withDesk(c, async (desk) => {
      const request = await requestOf(desk, c)
      const [signed] = await desk.ctx.sql<
        { proof: object }[]
      >`select proof from consents where request_id = ${request.id}`
      if (!signed)
        throw new DomainError('not_found', 'Cette demande n’a pas encore de réponse.', {
          remedy: 'Répondez-y d’abord.',
        })
      return c.body(`${JSON.stringify(signed.proof, null, 2)}\n`, 200, {
        'content-type': 'application/json; charset=utf-8',
        'content-disposition': `attachment; filename="preuve-${request.id}.json"`,
      })
    }),
  )
  app.post(path, (c) =>
    withDesk(c, async (desk) => {
      const typed = await ownForm(house, c, desk.sessionId)
      const request = await requestOf(desk, c)
      try {
        await decide(desk, request, typed)
      } catch (error) {
        asRefusal(error)
        return send(c, consentPage(desk, request, await standingOf(desk, request), { typed, error }), 422)
      }
      return c.redirect(addressOf(desk, request), 303)
    }),
  )
  // A link answers, and makes no other.
  if (path !== '/accord') mountLinks(app, house, path, withDesk, requestOf)
}

function mountLinks(
  app: Hono,
  house: Doors,
  path: string,
  withDesk: WithDesk,
  requestOf: (desk: Desk, c: HttpContext) => Promise<ConsentRequest>,
): void {
  app.post(`${path}/liens`, (c) =>
    withDesk(c, async (desk) => {
      const typed = await ownForm(house, c, desk.sessionId)
      const request = await requestOf(desk, c)
      const { ctx } = desk
      if (typed['lien'] === undefined) {
        const made = await makeLink(ctx, request.id, typed)
        // Shown on this answer alone: the address is the key, and is not kept.
        return send(c, consentPage(desk, request, await standingOf(desk, request), { made }))
      }
      const consentOf = { creditorId: ctx.viewer!.creditorId }
      const on = { day: ctx.day, at: ctx.clock.now() }
      await revokeEntryLink(ctx.sql, on, { id: nodeId(typed['lien']), consentOf }, author(ctx))
      return c.redirect(addressOf(desk, request), 303)
    }),
  )
}

const addressOf = ({ link }: Desk, { id }: ConsentRequest): string => (link ? '/accord' : `/portail/accords/${id}`)

async function standingOf({ ctx, link }: Desk, { id: requestId }: ConsentRequest): Promise<Decision> {
  const [row] = await ctx.sql<Omit<Decision, 'links'>[]>`
    select c.number, d.decision, d.decided_on, d.signed_by, d.capacity, e.ended_on, e.reason as ended_why
    from consent_requests r join cases c on c.id = r.case_id left join consents d on d.request_id = r.id left join consent_ends e on e.request_id = r.id
    where r.id = ${requestId}`
  return { ...row!, links: link ? [] : await liveLinks(ctx.sql, requestId, ctx.clock.now()) }
}

async function decide({ ctx, sessionId, link }: Desk, request: ConsentRequest, typed: Typed): Promise<void> {
  const creditorId = ctx.viewer!.creditorId!
  const by = author(ctx)
  if (typed['decision'] === 'withdrawn') {
    if (link) {
      throw new DomainError('forbidden', 'Ce lien sert à répondre, et à rien d’autre.', {
        remedy: 'Pour retirer un accord, passez par l’espace du créancier, ou adressez-vous à votre gestionnaire.',
      })
    }
    const reason = requiredText(typed, 'motif', 'le motif du retrait', 500)
    return withdrawConsent(ctx.sql, ctx.day, { requestId: request.id, reason, creditorId }, by)
  }
  const isGiven = typed['decision'] === 'given'
  if (isGiven && typed['lu'] !== 'oui') {
    throw new DomainError('consent_unread', 'Vous n’avez pas confirmé avoir lu le dossier.', {
      remedy: 'Ouvrez le document, lisez-le, puis cochez la case.',
    })
  }
  const signature = {
    requestId: request.id,
    contentSha256: typed['empreinte'] ?? '',
    signedBy: link?.name ?? requiredText(typed, 'nom', 'le nom du signataire', 120),
    capacity: requiredText(typed, 'qualite', 'la qualité du signataire', 120),
    creditorId,
    author: by,
    evidence: {
      authenticated: by,
      means: link ? 'lien d’accord' : 'espace du créancier',
      ...(link ? { link: link.id } : {}),
      session: sessionId,
      at: ctx.clock.now().toString({ smallestUnit: 'second' }),
    },
  }
  await (isGiven ? giveConsent : refuseConsent)(ctx.sql, ctx.day, signature)
}

type Told = { typed?: Typed; error?: DomainError; made?: MadeLink }

function consentPage(desk: Desk, request: ConsentRequest, decision: Decision, told: Told = {}): Html {
  const { statement } = request
  const sum = (text: string) => money(parseAmount(text), statement.currency)
  const at = addressOf(desk, request)
  const rows: [string, unknown][] = [
    ['Débiteur', statement.debtor],
    ['Juridiction', statement.court],
    ['Principal', sum(statement.principal)],
    ['Intérêts', sum(statement.interest)],
    ['Indemnité forfaitaire', sum(statement.indemnity)],
    ...(statement.penalty ? [['Clause pénale', sum(statement.penalty)] satisfies [string, unknown]] : []),
    ...(statement.costs ? [['Article 700 et dépens', sum(statement.costs)] satisfies [string, unknown]] : []),
    ['Total demandé', h`<strong>${sum(statement.total)}</strong>`],
    ['Plafond de frais', h`<strong>${sum(statement.ceiling)}</strong>`],
    ['Sommes arrêtées au', dated(Temporal.PlainDate.from(statement.statementOn))],
    ...(decision.decision ? [] : [['Répondre avant le', dated(request.expiresOn)] satisfies [string, unknown]]),
  ]
  return deskPage(desk, {
    title: `Votre accord : ${statement.title}`,
    body: h`<p class="meta">${desk.link ? h`Dossier ${decision.number}` : h`<a href="/portail/dossiers/${decision.number}">Dossier ${decision.number}</a>`}</p>
<h1>${statement.title}\u00a0: votre accord</h1>
${refusal(told.error)}${told.made ? madeLink(told.made) : ''}
${standing(decision, desk.agency)}
<p class="lead">Rien n’est porté en justice sans votre accord. Il vaut pour ce dossier exactement, ces sommes et ce plafond\u00a0: tout changement l’annule.</p>
<dl class="facts">${rows.map(([label, value]) => h`<div><dt>${label}</dt><dd>${value}</dd></div>`)}</dl>
${statement.doubts.length > 0 ? h`<div class="note"><p><strong>Ce qui n’est pas certain</strong></p><ul>${statement.doubts.map((doubt) => h`<li>${said(doubt)}</li>`)}</ul></div>` : ''}
<h2>${decision.decision ? 'Ce qui vous était soumis' : 'Ce que vous signez'}</h2>
<p><a class="button" href="${at}/accord.pdf">Lire le document à signer (PDF)</a></p>
<p>Le tribunal recevrait ${count(request.content.length, 'fichier')}\u00a0:</p>
<ol>${request.content.map(({ name }, i) => h`<li><a href="${at}/pieces/${i + 1}">${name}</a></li>`)}</ol>
<p>Empreinte SHA-256 de l’ensemble\u00a0: <code class="hash">${request.contentSha256}</code></p>
${decision.decision ? h`<p><a href="${at}/reponse.pdf">Votre réponse (PDF)</a></p><p><a href="${at}/preuve.json">Télécharger la preuve de votre réponse</a></p>` : ''}
${forms(desk, request, decision, at, told)}`,
  })
}

function standing(
  { decision, decidedOn, signedBy, capacity, endedOn, endedWhy }: Decision,
  { manager }: Contact,
): Html {
  const answer =
    decision && decidedOn
      ? `${decision === 'given' ? 'Accord donné' : 'Refusé'} le ${dayFr(decidedOn)} par ${signedBy}, ${capacity}.`
      : ''
  if (decision === 'refused')
    return h`<p class="note" role="status">${answer} Rien n’est déposé. ${manager.name} décide avec vous de la suite\u00a0; si vous changez d’avis, une nouvelle demande d’accord vous sera faite\u00a0: <a href="mailto:${manager.email}">${manager.email}</a>, ${manager.phone}.</p>`
  if (endedOn)
    return h`<p class="note" role="status">${answer} Cette demande n’est plus valable depuis le ${dated(endedOn)}\u00a0: ${said(endedWhy ?? '')}</p>`
  return answer ? h`<p class="good" role="status">${answer}</p>` : h``
}

function forms(
  desk: Desk,
  request: ConsentRequest,
  { decision, endedOn, links }: Decision,
  at: string,
  { typed = {} }: Told,
): Html {
  const isLate = Temporal.PlainDate.compare(desk.ctx.day, request.expiresOn) > 0
  const hidden = (value: string) =>
    h`<input type="hidden" name="jeton" value="${desk.token}"><input type="hidden" name="empreinte" value="${request.contentSha256}"><input type="hidden" name="decision" value="${value}">`
  if (endedOn || decision === 'refused') return h``
  const { name, email, phone } = desk.agency.manager
  const manager = h`${name}, <a href="mailto:${email}">${email}</a>, ${phone}`
  if (decision === 'given' && desk.link) return h`<p>Pour revenir sur cet accord, adressez-vous à ${manager}.</p>`
  if (decision === 'given') {
    return h`<details><summary>Retirer mon accord</summary><form action="${at}" method="post">${hidden('withdrawn')}
<p><label for="motif">Motif du retrait</label><textarea id="motif" name="motif" required maxlength="500"></textarea></p><p><button class="plain">Retirer mon accord</button></p></form></details>`
  }
  if (isLate) return h`<p class="note">Cette demande a expiré\u00a0: demandez-en une nouvelle à votre gestionnaire.</p>`
  const was = (name: string) => typed[name] ?? ''
  const who = (
    id: string,
  ) => h`<div class="fields">${desk.link ? h`<p>Signataire\u00a0: <strong>${desk.link.name}</strong></p>` : h`<p><label for="${id}-nom">Nom du signataire</label><input id="${id}-nom" name="nom" value="${was('nom')}" required maxlength="120" autocomplete="name"></p>`}
<p><label for="${id}-qualite">Qualité (gérante, directeur financier…)</label><input id="${id}-qualite" name="qualite" value="${was('qualite')}" required maxlength="120" autocomplete="organization-title"></p></div>`
  return h`<h2>Votre réponse</h2>
<form action="${at}" method="post">${hidden('given')}${who('signer')}
<p><label><input type="checkbox" name="lu" value="oui" required>J’ai lu le dossier et j’accepte qu’il soit déposé tel quel, dans la limite du plafond de frais.</label></p>
<p><button>Signer mon accord</button></p></form>
<details${typed['decision'] === 'refused' ? raw(' open') : ''}><summary>Refuser l’action en justice</summary><form action="${at}" method="post">${hidden('refused')}${who('refuser')}<p><button class="plain">Refuser</button></p></form></details>
${desk.link ? '' : linkForms(at, desk.token, links)}
<p>Une question, ou quelque chose à changer avant de répondre\u00a0? Dites-le à ${manager}.</p>`
}
