import { verifyFile } from '../../documents/proof/verify.ts'
import { hashOfFile } from '../../documents/proof/verify-source.ts'
import type { Day } from '../../schema/days.ts'
import type { Sql } from '../../schema/db.ts'
import { DomainError } from '../../schema/errors.ts'
import { journalFindings } from '../doctor/journal.ts'
import type { Office } from '../office.ts'

/** A letter or a pack that this house made. */
export interface KnownFile {
  sha256: string
  caseId: string
  reference: string
  madeOn: Day
  /** Of a letter. */
  letter: string | null
  channel: string | null
  /** Of a pack. */
  version: number | null
  /** The letter as its creditor was given it, without the code of its coupon: the hash of the one that was sent. */
  copyOf: string | null
}

/** By the code printed on a letter. A call sheet bears one too, and is no letter. */
export async function knownByCode(sql: Sql, code: string): Promise<KnownFile | undefined> {
  const [found] = await sql<KnownFile[]>`
    select sha256, case_id, reference, written_on as made_on, letter, channel, null::int as version, null as copy_of
    from documents where code = ${code} and channel <> 'appel'`
  return found
}

/** By the SHA-256 of a letter, of a copy for its creditor, of a pack's ZIP or PDF, or of the content that the creditor signed. */
export async function knownByHash(sql: Sql, hash: string): Promise<KnownFile | undefined> {
  const [found] = await sql<KnownFile[]>`
    select sha256, case_id, reference, written_on as made_on, letter, channel, null::int as version, null as copy_of
    from documents where sha256 = ${hash} and channel <> 'appel'
    union all
    select k.copy, d.case_id, d.reference, d.written_on, d.letter, d.channel, null, d.sha256
    from coupons k join documents d on d.id = k.document_id where k.copy = ${hash}
    union all
    select case k.pdf when ${hash} then k.pdf else k.zip end, p.case_id, k.manifest ->> 'reference', k.assembled_on, null, null, k.version, null
    from packs k join procedures p on p.id = k.procedure_id
    where k.zip = ${hash} or k.pdf = ${hash} or k.content_sha256 = ${hash}
    order by version desc nulls last limit 1`
  return found
}

/** What the house keeps of it, checked now: the first thing that does not agree, in a French sentence; null when all does. */
export async function disagreement(office: Office, { sha256, caseId }: KnownFile): Promise<string | null> {
  const path = office.archive.path(sha256)
  if (!(await office.archive.has(sha256)))
    return 'Notre exemplaire n’est plus dans nos archives\u00a0: seule son empreinte est gardée.'
  if ((await hashOfFile(path)) !== sha256) return 'Notre exemplaire a été altéré\u00a0: son empreinte ne concorde plus.'
  const verified = await verifyFile(path).catch((error: unknown) => {
    // A text message is kept as its words, which nothing seals.
    if (error instanceof DomainError && error.code === 'not_verifiable') return null
    throw error
  })
  if (verified && !verified.ok) return verified.sentence
  const [broken] = await journalFindings(office.sql, caseId)
  return broken ? 'Le journal du dossier a été altéré.' : null
}
