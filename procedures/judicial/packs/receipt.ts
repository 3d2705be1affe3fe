import { stat } from 'node:fs/promises'
import type { Facts } from '../../../documents/facts.ts'
import type { Manifest } from '../../../documents/packs/manifest.ts'
import { type Day, dayFr } from '../../../schema/days.ts'
import { type Sql, transaction } from '../../../schema/db.ts'
import { DomainError } from '../../../schema/errors.ts'
import { writeLetter } from '../../mail/correspondence.ts'
import { readCase } from '../../cases/file/file.ts'
import { record } from '../../cases/journal.ts'
import { lockCase } from '../../cases/lock.ts'
import type { Office } from '../../office.ts'
import { type Accessed, type HandedOver, lockHandOver } from './handover.ts'

export interface Receipt {
  receivedOn: Day
  receivedBy: string
  /** The office computed the hash of what it holds, and it is the pack's. */
  verified: boolean
  /** The sealed paper: its row and its bytes; null for a receipt given before there was one. */
  documentId: string | null
  sha256: string | null
}

/** Whether every byte of a file was sent, in whatever pieces. */
export async function sentWhole(sql: Sql, handOverId: string, what: 'zip' | 'pdf', size: number): Promise<boolean> {
  const pieces = await sql<{ firstByte: bigint; lastByte: bigint }[]>`
    select first_byte, last_byte from hand_over_accesses
    where hand_over_id = ${handOverId} and what = ${what} and first_byte is not null order by first_byte`
  let reached = -1n
  for (const { firstByte, lastByte } of pieces) {
    if (firstByte > reached + 1n) return false
    if (lastByte > reached) reached = lastByte
  }
  return reached + 1n >= BigInt(size)
}

/**
 * The office's receipt: everything was fetched and, where it gives the hash of the ZIP it holds, verified. Given once, and kept
 * as a sealed paper. DomainError `hash_mismatch` when the hash is another file's.
 */
export async function acknowledgePack(
  office: Office,
  onDay: Day,
  found: HandedOver,
  input: { receivedBy: string; zipSha256?: string; note?: string },
): Promise<Receipt> {
  const given = input.zipSha256?.trim().toLowerCase() || null
  if (given !== null && given !== found.zip) {
    throw new DomainError('hash_mismatch', "L'empreinte calculée n'est pas celle du dossier remis.", {
      remedy: 'Téléchargez de nouveau le ZIP, recalculez son empreinte SHA-256, ou prévenez le cabinet.',
    })
  }
  return transaction(office.sql, async (tx) => {
    await lockCase(tx, found.caseId)
    await lockHandOver(tx, found)
    const before = await readReceipt(tx, found.id)
    if (before) return before
    const receipt = { receivedBy: input.receivedBy, verified: given !== null, note: input.note || null }
    const paper = await writeReceipt(office, tx, onDay, found, receipt)
    await tx`
      insert into hand_over_receipts (hand_over_id, received_on, received_by, zip_sha256, note, document_id)
      values (${found.id}, ${onDay}, ${receipt.receivedBy}, ${given}, ${receipt.note}, ${paper})`
    await record(tx, onDay, {
      caseId: found.caseId,
      kind: 'pack_received',
      detail: { pack: found.packId, receivedBy: receipt.receivedBy, verified: receipt.verified },
      author: `commissaire:${found.bailiffId}`,
    })
    return (await readReceipt(tx, found.id))!
  })
}

export async function readReceipt(sql: Sql, handOverId: string): Promise<Receipt | null> {
  const [receipt] = await sql<Receipt[]>`
    select r.received_on, r.received_by, r.zip_sha256 is not null as verified, r.document_id, d.sha256
    from hand_over_receipts r left join documents d on d.id = r.document_id where r.hand_over_id = ${handOverId}`
  return receipt ?? null
}

async function writeReceipt(
  office: Office,
  sql: Sql,
  onDay: Day,
  found: HandedOver,
  given: { receivedBy: string; verified: boolean; note: string | null },
): Promise<string> {
  const [pack] = await sql<{ manifest: Manifest }[]>`select manifest from packs where id = ${found.packId}`
  const files = [
    { nom: names.zip, hash: found.zip },
    { nom: names.pdf, hash: found.pdf },
    ...(found.caseJson === null ? [] : [{ nom: names.case, hash: found.caseJson }]),
  ]
  const facts = {
    commissaire: { etude: found.bailiff },
    dossierRemis: {
      titre: pack!.manifest.title,
      version: found.version,
      remisLe: found.handedOn.toString(),
      recuLe: onDay.toString(),
      recuPar: given.receivedBy,
      verifie: given.verified ? 'oui' : 'non',
      ...(given.note === null ? {} : { reserves: given.note }),
      fichiers: await Promise.all(
        files.map(async ({ nom, hash }) => ({
          nom,
          taille: sizeFr((await stat(office.archive.path(hash))).size),
          empreinte: hash,
        })),
      ),
      acces: await accesses(sql, found.id),
    },
  } as Partial<Facts>
  const order = {
    letter: 'commissaire-recu-dossier',
    channel: 'acte-prive',
    recipient: 'commissaire-de-justice',
  } as const
  const author = `commissaire:${found.bailiffId}`
  return (await writeLetter(office, sql, onDay, await readCase(sql, found.caseId), { ...order, facts, author })).id
}

const names: Record<Accessed, string> = {
  page: 'La page du dossier',
  zip: 'Le dossier complet (ZIP)',
  pdf: 'Le même en un PDF scellé',
  case: 'Les données (case.json)',
  timestamp: 'L’horodatage',
  return: 'Une réponse de l’étude',
  receipt: 'Le reçu',
}

async function accesses(sql: Sql, handOverId: string): Promise<Record<string, string | number>[]> {
  const rows = await sql<{ what: Accessed; first: Temporal.Instant; last: Temporal.Instant; times: number }[]>`
    select what, min(at) as first, max(at) as last, count(*)::int as times from hand_over_accesses
    where hand_over_id = ${handOverId} group by what order by min(at), what`
  return rows.map(({ what, first, last, times }) => ({
    quoi: names[what],
    premier: momentFr(first),
    dernier: momentFr(last),
    fois: times,
  }))
}

function momentFr(at: Temporal.Instant): string {
  const local = at.toZonedDateTimeISO('Europe/Paris')
  return `${dayFr(local.toPlainDate())} à ${local.hour}\u00a0h\u00a0${String(local.minute).padStart(2, '0')}`
}

const sizeFr = (bytes: number): string =>
  bytes < 1_000_000
    ? `${Math.ceil(bytes / 1000)}\u00a0ko`
    : `${(bytes / 1_000_000).toFixed(1).replace('.', ',')}\u00a0Mo`
