import type { Day } from '../../../schema/days.ts'
import type { Fragment, Sql } from '../../../schema/db.ts'
import { newId, type Random } from '../../../schema/random.ts'
import { type Author, record } from '../journal.ts'

/** A file that a debtor sent along with its dispute, by its hash in the archive. */
export interface BroughtFile {
  sha256: string
  name: string
  /** By its content. */
  mediaType: string
  bytes: number
}

/** The same as those who look into the case are shown it. */
export interface DisputeFile {
  id: string
  name: string
  mediaType: string
  bytes: number
  sha256: string
}

/** Keeps what came with a dispute, in the transaction that records it; the journal has the hashes. */
export async function keepDisputeDocuments(
  sql: Sql,
  random: Random,
  onDay: Day,
  dispute: { caseId: string; disputeId: string },
  files: readonly BroughtFile[],
  author: Author,
): Promise<void> {
  if (files.length === 0) return
  for (const { sha256, name, mediaType, bytes } of files) {
    await sql`
      insert into dispute_documents (id, dispute_id, sha256, name, media_type, bytes, received_on, received_by)
      values (${newId(random)}, ${dispute.disputeId}, ${sha256}, ${name}, ${mediaType}, ${bytes}, ${onDay}, ${author})`
  }
  const detail = { dispute: dispute.disputeId, sha256: files.map((file) => file.sha256) }
  await record(sql, onDay, { caseId: dispute.caseId, kind: 'dispute_documents_received', detail, author })
}

/** What came with the dispute of a row of `disputes`, as one column of it. */
export const disputeFiles = (sql: Sql): Fragment => sql`
  (select coalesce(json_agg(json_build_object('id', f.id, 'name', f.name, 'mediaType', f.media_type, 'bytes', f.bytes, 'sha256', f.sha256)
                            order by f.name, f.id), '[]')
   from dispute_documents f where f.dispute_id = disputes.id)`
