import { sha256 } from '../../documents/archive.ts'
import { hashOfFile } from '../../documents/proof/verify-source.ts'
import type { Day } from '../../schema/days.ts'
import type { Sql } from '../../schema/db.ts'
import { DomainError } from '../../schema/errors.ts'
import type { Finding } from './doctor.ts'
import { withCode } from '../mail/coupons.ts'
import { creditorCopy, type KeptLetter, libraryThen, madeAgain } from '../mail/creditor-copies.ts'
import { namedFiles } from '../retention/named-files.ts'
import type { Office } from '../office.ts'
import { deadFiles } from '../retention/purge.ts'

interface Kept {
  sha256: string
  number: string | null
  what: string
}

/** Told at each file, of how many: an archive takes long to read. */
export type Seen = (total: number) => void

/** Every hash that a row names, once, with what it is: the bytes must be in the archive and still be those. */
export async function archiveFindings(office: Office, seen: Seen = () => {}): Promise<Finding[]> {
  const findings: Finding[] = []
  const all = await namedHashes(office.sql)
  for (const kept of all) {
    seen(all.length)
    // A pack may be larger than what can be held.
    const found = await hashOfFile(office.archive.path(kept.sha256)).catch(() => null)
    if (found !== kept.sha256) findings.push(findingOf(kept, found !== null))
  }
  return [...findings, ...(await undropped(office))]
}

function findingOf({ sha256: hash, number, what }: Kept, damaged: boolean): Finding {
  const why = damaged ? 'est altéré dans les archives' : 'n’est pas dans les archives'
  return {
    code: damaged ? 'archive_damaged' : 'archive_missing',
    case: number,
    message: `${what} (${hash.slice(0, 12)}…) ${why}.`,
    remedy: 'Restaurez ce fichier depuis la sauvegarde des archives ; une lettre se refait aussi avec --repair.',
    subject: hash,
  }
}

async function namedHashes(sql: Sql): Promise<Kept[]> {
  return sql<Kept[]>`
    select distinct on (n.sha256) n.sha256, c.number, n.what
    from ${namedFiles(sql)} n left join cases c on c.id = n.case_id
    where n.sha256 is not null and n.gone_on is null
    order by n.sha256, c.number nulls last, n.what`
}

/** Bytes that a purge has left behind: what only purged rows name has to be gone. */
async function undropped(office: Office): Promise<Finding[]> {
  const left: string[] = []
  for (const hash of await deadFiles(office.sql)) if (await office.archive.has(hash)) left.push(hash)
  return left.map((hash) => ({
    code: 'purge_unfinished',
    case: null,
    message: `Le fichier ${hash.slice(0, 12)}… d’une personne purgée est encore dans les archives.`,
    remedy: 'Lancez « courtois purge --yes » : elle achève la précédente. --repair l’ôte aussi.',
    subject: hash,
  }))
}

/** Takes away one such file, if it is still one. */
export async function dropFile(office: Office, _onDay: Day, hash: string): Promise<string | null> {
  if (!(await deadFiles(office.sql)).includes(hash)) return null
  return (await office.archive.remove(hash)) ? 'Le fichier est ôté des archives ; son empreinte reste.' : null
}

/**
 * A letter is made again from its row, in the version that was sent, and put back only if its bytes have the recorded hash:
 * nothing less proves it.
 */
export async function remake(office: Office, _onDay: Day, hash: string): Promise<string | null> {
  const rows = await office.sql<(KeptLetter & { id: string; facts: unknown; reference: string })[]>`
    select id, letter, version, channel, format, facts, written_on, reference from documents where sha256 = ${hash}`
  for (const row of rows) {
    const library = await libraryThen(row).catch(noneLeft)
    if (!library) continue
    const bytes = await madeAgain(office, row, await withCode(office, row.id, row.facts), library)
    if (sha256(bytes) !== hash) continue
    await office.archive.put(bytes)
    return `Le document ${row.reference} est refait, octet pour octet.`
  }
  const [copied] = await office.sql<{ documentId: string }[]>`select document_id from coupons where copy = ${hash}`
  if (copied && (await creditorCopy(office, copied.documentId).catch(noneLeft)) === hash)
    return 'La copie pour le créancier est refaite, octet pour octet.'
  return null
}

// A version that was never committed, or a house without history: the back-up is left.
function noneLeft(error: unknown): null {
  if (error instanceof DomainError) return null
  throw error
}
