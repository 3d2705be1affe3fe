import { createHash } from 'node:crypto'
import { record } from '../../procedures/cases/journal.ts'
import type { Day } from '../../schema/days.ts'
import { type Sql, transaction } from '../../schema/db.ts'
import { DomainError } from '../../schema/errors.ts'
import { newId, type Random } from '../../schema/random.ts'
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

const hashOf = (token: string): string => createHash('sha256').update(token).digest('hex')

/** A link into a space of pages for one person, once: 256 bits of chance, kept by its hash. */
export async function createEntryLink(
  sql: Sql,
  random: Random,
  on: { day: Day; at: Temporal.Instant },
  { role, name, creditorId, bailiffId }: Viewer,
  author: string,
): Promise<EntryLink> {
  const link = {
    id: newId(random),
    token: Buffer.from(random.bytes(32)).toString('base64url'),
    expiresAt: on.at.add({ hours: entryHours }),
  }
  return transaction(sql, async (tx) => {
    await tx`delete from entry_links where expires_at < ${on.at.subtract({ hours: 24 * 30 })}`
    await tx`
      insert into entry_links (id, token_sha256, role, name, creditor_id, bailiff_id, created_at, created_by, expires_at)
      values (${link.id}, ${hashOf(link.token)}, ${role}, ${name}, ${creditorId}, ${bailiffId}, ${on.at}, ${author}, ${link.expiresAt})`
    const detail = { link: link.id, role, creditor: creditorId, bailiff: bailiffId }
    await record(tx, on.day, { caseId: null, kind: 'entry_link_created', detail, author })
    return link
  })
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
    from entry_links where token_sha256 = ${hashOf(token)}`
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
    values (${newId(random)}, ${hashOf(token)}, ${role}, ${name},
            (select id from creditors where id = ${creditorId}), (select id from bailiffs where id = ${bailiffId}), ${now}, 'jeton', ${now}, ${now}, ${sessionId})
    on conflict (token_sha256) do nothing returning id`
  return opened !== undefined
}

/** Takes a link back, with the session that it opened. A creditor's people are revoked by its manager, an office's by the legal cell. */
export async function revokeEntryLink(
  sql: Sql,
  on: { day: Day; at: Temporal.Instant },
  id: string,
  author: string,
): Promise<void> {
  await transaction(sql, async (tx) => {
    const [revoked] = await tx<{ sessionId: string | null }[]>`
      update entry_links set revoked_at = ${on.at} where id = ${id} and revoked_at is null returning session_id`
    if (!revoked) {
      throw new DomainError('entry_link_not_found', 'Ce lien n’existe pas, ou est déjà révoqué.', {
        remedy: 'Relisez les liens d’entrée (entryLinks).',
      })
    }
    if (revoked.sessionId !== null)
      await tx`
        insert into ended_sessions (id, until) values (${revoked.sessionId}, ${on.at.add({ hours: sessionHours })})
        on conflict do nothing`
    await record(tx, on.day, { caseId: null, kind: 'entry_link_revoked', detail: { link: id }, author })
  })
}
