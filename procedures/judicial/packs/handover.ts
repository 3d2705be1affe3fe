import { type Changes, changesSince, type Manifest } from '../../../documents/packs/manifest.ts'
import { type Day, dayFr } from '../../../schema/days.ts'
import { json, type Sql, transaction } from '../../../schema/db.ts'
import { DomainError } from '../../../schema/errors.ts'
import { newId, newToken, type Random, tokenHash } from '../../../schema/random.ts'
import { aboutCase } from '../../../schema/trace.ts'
import { readCase } from '../../cases/file/file.ts'
import { type Author, record } from '../../cases/journal.ts'
import { lockCase } from '../../cases/lock.ts'
import { refuseFiling } from '../../cases/standstill.ts'
import { loadProcedure } from '../engine/procedure.ts'
import { requireLiveConsent } from '../procedures.ts'

export interface Bailiff {
  id: string
  name: string
  identity: Record<string, unknown>
}

export async function createBailiff(sql: Sql, random: Random, input: Omit<Bailiff, 'id'>): Promise<Bailiff> {
  const bailiff = { ...input, id: newId(random) }
  await sql`insert into bailiffs (id, name, identity) values (${bailiff.id}, ${bailiff.name}, ${json(sql, bailiff.identity)})`
  return bailiff
}

/** What opens one pack to one office: the token is shown once, and only its hash is kept. */
export interface Link {
  id: string
  token: string
  expiresOn: Day
}

const linkDays = 60

/**
 * Hands one version of a pack to one bailiff's office, until a day, under the creditor's agreement of that day. Handed over again, it gets a new link, and the old one
 * no longer opens anything.
 */
export async function handOver(
  sql: Sql,
  random: Random,
  onDay: Day,
  input: { packId: string; bailiffId: string; expiresOn?: Day },
  author: Author,
): Promise<Link> {
  const expiresOn = input.expiresOn ?? onDay.add({ days: linkDays })
  if (Temporal.PlainDate.compare(expiresOn, onDay) < 0) {
    throw new DomainError('expiry_in_past', `Le ${dayFr(expiresOn)} est passé : le lien n'ouvrirait rien.`, {
      remedy: 'Donnez une date à venir.',
    })
  }
  return transaction(sql, async (tx) => {
    const [pack] = await tx<{ caseId: string; consentId: string; procedure: string }[]>`
      select p.case_id, p.consent_id, p.procedure from packs k join procedures p on p.id = k.procedure_id where k.id = ${input.packId}`
    const [bailiff] = await tx`select 1 from bailiffs where id = ${input.bailiffId}`
    if (!pack || !bailiff) {
      throw new DomainError('nothing_to_hand_over', "Ce dossier de pièces ou cette étude n'existe pas.", {
        remedy: 'Assemblez le dossier, enregistrez l’étude, puis remettez-le.',
      })
    }
    await lockCase(tx, pack.caseId)
    await requireLiveConsent(tx, pack.consentId, onDay)
    refuseFiling(await readCase(tx, pack.caseId), onDay, loadProcedure(pack.procedure).papiers?.malgre)
    const token = newToken(random)
    const [row] = await tx<{ id: string }[]>`
      insert into hand_overs (id, pack_id, bailiff_id, handed_on, handed_by, token_sha256, expires_on)
      values (${newId(random)}, ${input.packId}, ${input.bailiffId}, ${onDay}, ${author}, ${tokenHash(token)}, ${expiresOn})
      on conflict (pack_id, bailiff_id) do update
      set revoked_on = null, handed_on = excluded.handed_on, handed_by = excluded.handed_by,
          token_sha256 = excluded.token_sha256, expires_on = excluded.expires_on
      returning id`
    await record(tx, onDay, {
      caseId: pack.caseId,
      kind: 'pack_handed_over',
      detail: { pack: input.packId, bailiff: input.bailiffId, expiresOn: expiresOn.toString() },
      author,
    })
    return { id: row!.id, token, expiresOn }
  })
}

/** Takes a pack back: link and downloads stop at once, what was fetched before stays known. */
export async function revokeHandOver(
  sql: Sql,
  onDay: Day,
  input: { packId: string; bailiffId: string; reason: string },
  author: Author,
): Promise<void> {
  await transaction(sql, async (tx) => {
    const [revoked] = await tx<{ caseId: string }[]>`
      update hand_overs h set revoked_on = ${onDay}
      from packs k join procedures p on p.id = k.procedure_id
      where k.id = h.pack_id and h.pack_id = ${input.packId} and h.bailiff_id = ${input.bailiffId} and h.revoked_on is null
      returning p.case_id`
    if (!revoked) throw packNotFound()
    await record(tx, onDay, {
      caseId: revoked.caseId,
      kind: 'pack_taken_back',
      detail: { pack: input.packId, bailiff: input.bailiffId, reason: input.reason },
      author,
    })
  })
}

export interface HandedOver {
  id: string
  packId: string
  bailiffId: string
  bailiff: string
  pdf: string
  zip: string
  caseJson: string | null
  kind: string
  version: number
  caseId: string
  caseNumber: string
  procedureId: string
  procedure: string
  handedOn: Day
  expiresOn: Day | null
}

const columns = (sql: Sql) => sql`
  h.id, h.pack_id, h.bailiff_id, b.name as bailiff, k.pdf, k.zip, k.case_json, k.kind, k.version, p.case_id, c.number as case_number,
  p.id as procedure_id, p.procedure, h.handed_on, h.expires_on
  from hand_overs h join packs k on k.id = h.pack_id join procedures p on p.id = k.procedure_id
  join cases c on c.id = p.case_id join bailiffs b on b.id = h.bailiff_id`

/** What was handed over to this bailiff, not taken back and not expired; anyone else's pack does not exist for them. */
export async function findHandOver(
  sql: Sql,
  input: { packId: string; bailiffId: string; onDay: Day },
): Promise<HandedOver> {
  const [found] = await sql<HandedOver[]>`
    select ${columns(sql)}
    where h.pack_id = ${input.packId} and h.bailiff_id = ${input.bailiffId} and h.revoked_on is null
      and (h.expires_on is null or h.expires_on >= ${input.onDay})`
  if (!found) throw packNotFound()
  aboutCase(found.caseId)
  return found
}

/** The same by the link's token: expired, taken back and unknown are one answer. */
export async function findHandOverByToken(sql: Sql, token: string, onDay: Day): Promise<HandedOver> {
  const [found] = await sql<HandedOver[]>`
    select ${columns(sql)}
    where h.token_sha256 = ${tokenHash(token)} and h.revoked_on is null and h.expires_on >= ${onDay}`
  if (!found) throw packNotFound()
  aboutCase(found.caseId)
  return found
}

/** Every pack open to an office, the newest first, with what is left to do about it. */
export async function handedOverTo(
  sql: Sql,
  bailiffId: string,
  onDay: Day,
): Promise<(HandedOver & { title: string; fetched: boolean; receivedOn: Day | null; returns: number })[]> {
  return sql`
    select k.manifest->>'title' as title,
           exists (select from hand_over_accesses a where a.hand_over_id = h.id and a.what in ('zip', 'pdf')) as fetched,
           (select r.received_on from hand_over_receipts r where r.hand_over_id = h.id) as received_on,
           (select count(*)::int from bailiff_returns r where r.hand_over_id = h.id) as returns, ${columns(sql)}
    where h.bailiff_id = ${bailiffId} and h.revoked_on is null and (h.expires_on is null or h.expires_on >= ${onDay})
    order by h.handed_on desc, k.version desc, h.id limit 200`
}

/** For an act about it: taken back at this very moment, it allows nothing more. */
export async function lockHandOver(sql: Sql, { id }: Pick<HandedOver, 'id'>): Promise<void> {
  const [open] = await sql`select 1 from hand_overs where id = ${id} and revoked_on is null for share`
  if (!open) throw packNotFound()
}

const packNotFound = (): DomainError =>
  new DomainError('pack_not_found', "Ce dossier de pièces n'existe pas ou ne vous a pas été remis.", {
    remedy: "Demandez à l'agence de vous le remettre.",
  })

export type Accessed = 'page' | 'zip' | 'pdf' | 'case' | 'timestamp' | 'return' | 'receipt'

/** Keeps an access: what, which bytes, when. The journal of the case tells the first of each file. */
export async function keepAccess(
  sql: Sql,
  random: Random,
  on: { day: Day; at: Temporal.Instant },
  found: Pick<HandedOver, 'id' | 'packId' | 'bailiffId' | 'caseId'>,
  what: Accessed,
  range?: { first: number; last: number },
): Promise<void> {
  await transaction(sql, async (tx) => {
    await tx`
      insert into hand_over_accesses (id, hand_over_id, what, first_byte, last_byte, on_day, at)
      values (${newId(random)}, ${found.id}, ${what}, ${range ? BigInt(range.first) : null}, ${range ? BigInt(range.last) : null}, ${on.day}, ${on.at})`
    // The rest of a download that was cut is not another download.
    if ((what !== 'zip' && what !== 'pdf') || range?.first !== 0) return
    await tx`insert into downloads (id, hand_over_id, file, downloaded_on) values (${newId(random)}, ${found.id}, ${what}, ${on.day})`
    await record(tx, on.day, {
      caseId: found.caseId,
      kind: 'pack_downloaded',
      detail: { pack: found.packId, file: what },
      author: `commissaire:${found.bailiffId}`,
    })
  })
}

/** What this version changes for the office, against the last earlier version that it downloaded; null when it had none. */
export async function changesForOffice(
  sql: Sql,
  found: Pick<HandedOver, 'packId' | 'bailiffId'>,
): Promise<Changes | null> {
  const [rows] = await sql<{ manifest: Manifest; version: number; before: Manifest }[]>`
    select k.manifest, e.version, e.manifest as before
    from packs k join procedures p on p.id = k.procedure_id
    join procedures q on q.case_id = p.case_id and q.procedure = p.procedure
    join packs e on e.procedure_id = q.id and e.kind = k.kind and e.version < k.version
    join hand_overs h on h.pack_id = e.id and h.bailiff_id = ${found.bailiffId}
    where k.id = ${found.packId} and exists (select from downloads d where d.hand_over_id = h.id)
    order by e.version desc limit 1`
  return rows ? changesSince({ version: rows.version, files: rows.before.files }, rows.manifest.files) : null
}
