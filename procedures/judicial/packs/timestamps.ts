import { requestTimestamp } from '../../../documents/proof/timestamp.ts'
import { json, type Sql } from '../../../schema/db.ts'
import { aboutCase } from '../../../schema/trace.ts'
import type { Office } from '../../office.ts'

/** Asks for a pack's timestamp once its transaction is written; tried again by itself until the authority answers. */
export async function queueTimestamp(sql: Sql, packId: string): Promise<void> {
  await sql`
    select graphile_worker.add_job('timestamp', ${json(sql, { pack: packId, version: 1 })}::json,
                                   job_key => ${`timestamp:${packId}`}, max_attempts => 25)`
}

/**
 * Has the authority date the ZIP of a pack, which holds the manifest and, by its hash, the merged file. The response is
 * kept beside the pack, whose bytes do not change. Without an authority nothing is dated, and no clock of ours stands for it.
 */
export async function stampPack(office: Office, packId: string): Promise<void> {
  const { sql, timestamps } = office
  if (!timestamps) return
  const [pack] = await sql<{ zip: string; caseId: string }[]>`
    select k.zip, p.case_id from packs k join procedures p on p.id = k.procedure_id
    where k.id = ${packId} and not exists (select from pack_timestamps t where t.pack_id = k.id)`
  if (!pack) return
  aboutCase(pack.caseId)
  const stamp = await requestTimestamp(timestamps, pack.zip, office.random.bytes(8))
  const token = await office.archive.put(stamp.response)
  await sql`
    insert into pack_timestamps (pack_id, authority, stamped_at, serial, token, trusted)
    values (${packId}, ${stamp.authority}, ${stamp.at}, ${stamp.serial}, ${token}, ${stamp.trusted})
    on conflict do nothing`
}
