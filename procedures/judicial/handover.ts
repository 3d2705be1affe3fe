import type { Day } from '../../schema/days.ts'
import { json, type Sql, transaction } from '../../schema/db.ts'
import { DomainError } from '../../schema/errors.ts'
import { newId, type Random } from '../../schema/random.ts'
import { type Author, record } from '../cases/journal.ts'

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

/** Hands one pack to one bailiff, who may then download it with a token of their own. */
export async function handOver(
  sql: Sql,
  random: Random,
  onDay: Day,
  input: { packId: string; bailiffId: string },
  author: Author,
): Promise<string> {
  return transaction(sql, async (tx) => {
    const [pack] = await tx<{ caseId: string }[]>`
      select p.case_id from packs k join procedures p on p.id = k.procedure_id where k.id = ${input.packId}`
    const [bailiff] = await tx`select 1 from bailiffs where id = ${input.bailiffId}`
    if (!pack || !bailiff) {
      throw new DomainError('nothing_to_hand_over', "Ce dossier de pièces ou cette étude n'existe pas.", {
        remedy: 'Assemblez le dossier, enregistrez l’étude, puis remettez-le.',
      })
    }
    const id = newId(random)
    const [row] = await tx<{ id: string }[]>`
      insert into hand_overs (id, pack_id, bailiff_id, handed_on, handed_by)
      values (${id}, ${input.packId}, ${input.bailiffId}, ${onDay}, ${author})
      on conflict (pack_id, bailiff_id) do update set revoked_on = null, handed_on = excluded.handed_on, handed_by = excluded.handed_by
      returning id`
    await record(tx, onDay, {
      caseId: pack.caseId,
      kind: 'pack_handed_over',
      detail: { pack: input.packId, bailiff: input.bailiffId },
      author,
    })
    return row!.id
  })
}

export interface HandedOver {
  id: string
  pdf: string
  zip: string
  kind: string
  version: number
  caseId: string
  caseNumber: string
}

/** What was handed over to this bailiff and not taken back; anyone else's pack does not exist for them. */
export async function findHandOver(sql: Sql, input: { packId: string; bailiffId: string }): Promise<HandedOver> {
  const [found] = await sql<HandedOver[]>`
    select h.id, k.pdf, k.zip, k.kind, k.version, p.case_id, c.number as case_number
    from hand_overs h join packs k on k.id = h.pack_id join procedures p on p.id = k.procedure_id join cases c on c.id = p.case_id
    where h.pack_id = ${input.packId} and h.bailiff_id = ${input.bailiffId} and h.revoked_on is null`
  if (found) return found
  throw new DomainError('pack_not_found', "Ce dossier de pièces n'existe pas ou ne vous a pas été remis.", {
    remedy: "Demandez à l'agence de vous le remettre.",
  })
}

/** The hash of the file that a bailiff fetches. Each download is kept. */
export async function openHandOver(
  sql: Sql,
  random: Random,
  onDay: Day,
  input: { packId: string; bailiffId: string; file: 'pdf' | 'zip' },
): Promise<string> {
  return transaction(sql, async (tx) => {
    const found = await findHandOver(tx, input)
    await tx`insert into downloads (id, hand_over_id, file, downloaded_on) values (${newId(random)}, ${found.id}, ${input.file}, ${onDay})`
    await record(tx, onDay, {
      caseId: found.caseId,
      kind: 'pack_downloaded',
      detail: { pack: input.packId, file: input.file },
      author: `commissaire:${input.bailiffId}`,
    })
    return found[input.file]
  })
}
