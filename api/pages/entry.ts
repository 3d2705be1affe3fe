import { record } from '../../procedures/cases/journal.ts'
import type { Day } from '../../schema/days.ts'
import { type Sql, transaction } from '../../schema/db.ts'
import { DomainError } from '../../schema/errors.ts'
import { newId, newToken, type Random, tokenHash } from '../../schema/random.ts'
import type { Viewer } from '../auth.ts'

/** Hours during which a link that a person hands out may be opened, once. */
export const entryHours = 24
/** Longer than any session lives: what a revoked link opened stays closed until it would have ended by itself. */
const sessionHours = 24

export interface EntryLink {
  id: string
  /** Shown once: only its hash is kept. */
  token: string
  expiresAt: Temporal.Instant
}

/** What a person follows: `space` is the first part of the pages' own addresses. */
export const entryAddress = (baseUrl: string, space: string, token: string): string =>
  `${baseUrl}/${space}/entrer?jeton=${token}`

/** A link into a space of pages for one person, once. */
export async function createEntryLink(
  sql: Sql,
  random: Random,
  on: { day: Day; at: Temporal.Instant },
  viewer: Viewer,
  author: string,
): Promise<EntryLink> {
  const { role, creditorId, bailiffId } = viewer
  return transaction(sql, async (tx) => {
    const link = await keepLink(tx, random, on.at, { viewer, expiresAt: on.at.add({ hours: entryHours }) }, author)
    const detail = { link: link.id, role, creditor: creditorId, bailiff: bailiffId }
    await record(tx, on.day, { caseId: null, kind: 'entry_link_created', detail, author })
    return link
  })
}

/** Makes the link itself; with a request of consent it is for that one alone. */
export async function keepLink(
  sql: Sql,
  random: Random,
  at: Temporal.Instant,
  made: { viewer: Viewer; expiresAt: Temporal.Instant; consentRequestId?: string },
  author: string,
): Promise<EntryLink> {
  const link = { id: newId(random), token: newToken(random), expiresAt: made.expiresAt }
  const { role, name, creditorId, bailiffId } = made.viewer
  await sql`delete from entry_links where expires_at < ${at.subtract({ hours: 24 * 30 })}`
  await sql`
    insert into entry_links (id, token_sha256, role, name, creditor_id, bailiff_id, consent_request_id, created_at, created_by, expires_at)
    values (${link.id}, ${tokenHash(link.token)}, ${role}, ${name}, ${creditorId}, ${bailiffId}, ${made.consentRequestId ?? null}, ${at}, ${author}, ${link.expiresAt})`
  return link
}

export interface Entry {
  id: string
  viewer: Viewer
  /** « ready »: it may still be opened; `sessionId` of the one that it opened. */
  state: 'ready' | 'used' | 'expired' | 'revoked'
  sessionId: string | null
}

/** What a link is worth at that moment, unopened; null for one that never was. */
export async function readEntry(sql: Sql, token: string, now: Temporal.Instant): Promise<Entry | null> {
  const [row] = await sql<(Viewer & Omit<Entry, 'viewer'>)[]>`
    select id, role, name, creditor_id, bailiff_id, session_id,
           case when revoked_at is not null then 'revoked' when used_at is not null then 'used' when expires_at <= ${now} then 'expired' else 'ready' end as state
    from entry_links where token_sha256 = ${tokenHash(token)}`
  if (!row) return null
  const { id, state, sessionId, ...viewer } = row
  return { id, state, sessionId, viewer }
}

/** Opens it for that session: of two browsers at once, one. Answers whether this one did; who takes it back ends that session. */
export async function openEntry(sql: Sql, id: string, sessionId: string, now: Temporal.Instant): Promise<boolean> {
  const [opened] = await sql`
    update entry_links set used_at = ${now}, session_id = ${sessionId}
    where id = ${id} and used_at is null and revoked_at is null and expires_at > ${now} returning id`
  return opened !== undefined
}

/** A development token of the command line opens a space like a link, once. Answers whether it did. */
export async function openToken(
  sql: Sql,
  random: Random,
  now: Temporal.Instant,
  token: string,
  sessionId: string,
  { role, name, creditorId, bailiffId }: Viewer,
): Promise<boolean> {
  const [opened] = await sql`
    insert into entry_links (id, token_sha256, role, name, creditor_id, bailiff_id, created_at, created_by, expires_at, used_at, session_id)
    values (${newId(random)}, ${tokenHash(token)}, ${role}, ${name},
            (select id from creditors where id = ${creditorId}), (select id from bailiffs where id = ${bailiffId}), ${now}, 'jeton', ${now}, ${now}, ${sessionId})
    on conflict (token_sha256) do nothing returning id`
  return opened !== undefined
}

/**
 * Takes a link back, with the session that it opened. A creditor's people are revoked by its manager, an office's by the legal
 * cell; `consentOf`: a link of consent alone, of that creditor's cases or of any.
 */
export async function revokeEntryLink(
  sql: Sql,
  on: { day: Day; at: Temporal.Instant },
  { id, consentOf }: { id: string; consentOf?: { creditorId: string | null } },
  author: string,
): Promise<void> {
  await transaction(sql, async (tx) => {
    const ofConsent = consentOf
      ? tx`consent_request_id in (select r.id from consent_requests r join cases c on c.id = r.case_id
                                  where ${consentOf.creditorId}::uuid is null or c.creditor_id = ${consentOf.creditorId})`
      : tx`true`
    const [revoked] = await tx<{ sessionId: string | null; caseId: string | null }[]>`
      update entry_links set revoked_at = ${on.at} where id = ${id} and revoked_at is null and ${ofConsent}
      returning session_id, (select case_id from consent_requests where id = consent_request_id)`
    if (!revoked) {
      throw new DomainError('entry_link_not_found', 'Ce lien n’existe pas, ou est déjà révoqué.', {
        remedy: 'Relisez les liens d’entrée (entryLinks), ou ceux de la demande d’accord (links).',
      })
    }
    if (revoked.sessionId !== null)
      await tx`
        insert into ended_sessions (id, until) values (${revoked.sessionId}, ${on.at.add({ hours: sessionHours })})
        on conflict do nothing`
    await record(tx, on.day, { caseId: revoked.caseId, kind: 'entry_link_revoked', detail: { link: id }, author })
  })
}
