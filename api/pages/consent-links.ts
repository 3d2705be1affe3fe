import { record } from '../../procedures/cases/journal.ts'
import { requireAwaited } from '../../procedures/judicial/consents/consent.ts'
import { readConsentRequest } from '../../procedures/judicial/consents/consent-requests.ts'
import { type Day, dayFr } from '../../schema/days.ts'
import { type Sql, transaction } from '../../schema/db.ts'
import { DomainError } from '../../schema/errors.ts'
import type { Random } from '../../schema/random.ts'
import { type EntryLink, keepLink } from './entry.ts'

/** Days during which a link of consent serves, where the request itself lasts as long. */
export const consentLinkDays = 7

/**
 * A link for one request of consent and one person, who reads, signs or refuses it there and sees nothing else of the creditor's.
 * It ends with the request: with its answer, its last day, or whatever voids it.
 */
export async function createConsentLink(
  sql: Sql,
  random: Random,
  on: { day: Day; at: Temporal.Instant },
  input: { requestId: string; creditorId: string | null; name: string },
  author: string,
): Promise<EntryLink> {
  const name = input.name.trim()
  if (name === '') {
    throw new DomainError('entry_for_nobody', 'Un lien d’accord est pour une personne.', {
      remedy: 'Donnez le nom de qui signera.',
    })
  }
  return transaction(sql, async (tx) => {
    const request = await readConsentRequest(tx, input.requestId, input.creditorId ?? undefined)
    await requireAwaited(tx, on.day, request)
    const lastDay = request.expiresOn.add({ days: 1 }).toZonedDateTime('Europe/Paris').toInstant()
    const days = on.at.add({ hours: 24 * consentLinkDays })
    const expiresAt = Temporal.Instant.compare(lastDay, days) < 0 ? lastDay : days
    const viewer = { role: 'creditor', name, creditorId: null, bailiffId: null } as const
    const link = await keepLink(tx, random, on.at, { viewer, expiresAt, consentRequestId: request.id }, author)
    const detail = { link: link.id, request: request.id, for: name }
    await record(tx, on.day, { caseId: request.caseId, kind: 'consent_link_created', detail, author })
    return link
  })
}

export interface ConsentLink {
  id: string
  name: string
  requestId: string
  creditorId: string
  /** Of the browser that opened it; null while nobody did. */
  sessionId: string | null
}

const overWords = {
  revoked: 'Ce lien a été retiré.',
  expired: 'Ce lien n’est plus valable\u00a0: son délai est passé.',
  ended: 'Cette demande d’accord n’est plus valable.',
  answered: 'Cette demande d’accord a déjà reçu sa réponse.',
}

/** The link of that id; null where it is none of consent. DomainError `consent_link_over` once it opens nothing more. */
export async function readConsentLink(sql: Sql, id: string, now: Temporal.Instant): Promise<ConsentLink | null> {
  const [row] = await sql<(ConsentLink & { over: keyof typeof overWords | null; decidedOn: Day | null })[]>`
    select l.id, l.name, l.session_id, r.id as request_id, c.creditor_id, d.decided_on,
           case when l.revoked_at is not null then 'revoked' when l.expires_at <= ${now} then 'expired' when e.request_id is not null then 'ended'
                when d.request_id is not null and d.proof->'evidence'->>'link' is distinct from l.id::text then 'answered' end as over
    from entry_links l join consent_requests r on r.id = l.consent_request_id join cases c on c.id = r.case_id
    left join consents d on d.request_id = r.id left join consent_ends e on e.request_id = r.id
    where l.id = ${id}`
  if (!row) return null
  const { over, decidedOn, ...link } = row
  if (over === null) return link
  throw new DomainError('consent_link_over', overWords[over], {
    remedy:
      over === 'answered' && decidedOn
        ? `Elle date du ${dayFr(decidedOn)}\u00a0; votre gestionnaire peut vous dire laquelle.`
        : 'S’il reste à répondre, votre gestionnaire vous fera parvenir un autre lien.',
  })
}
