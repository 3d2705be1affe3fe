import { sha256 } from '../../documents/archive.ts'
import { hashOfFile } from '../../documents/proof/verify-source.ts'
import { loadLibrary } from '../../letters/catalogue.ts'
import type { Day } from '../../schema/days.ts'
import type { Sql } from '../../schema/db.ts'
import type { Finding } from './doctor.ts'
import { withCode } from '../mail/coupons.ts'
import { creditorCopy, type KeptLetter, madeAgain } from '../mail/creditor-copies.ts'
import { namedFiles } from '../retention/named-files.ts'
import type { Office } from '../office.ts'
import { deadFiles } from '../retention/purge.ts'

interface Kept {
  sha256: string
  number: string | null
  what: string
}

/** Every hash that a row names, once, with what it is: the bytes must be in the archive and still be those. */
export async function archiveFindings(office: Office): Promise<Finding[]> {
  const findings: Finding[] = []
  for (const kept of await namedHashes(office.sql)) {
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

/** A letter is made again from its row, and put back only if its bytes have the recorded hash: nothing less proves it. */
export async function remake(office: Office, _onDay: Day, hash: string): Promise<string | null> {
  const rows = await office.sql<(KeptLetter & { id: string; version: string; facts: unknown; reference: string })[]>`
    select id, letter, version, channel, format, facts, written_on, reference from documents where sha256 = ${hash}`
  const library = loadLibrary()
  for (const row of rows) {
    if (library.letters.get(row.letter)?.version !== row.version) continue
    const bytes = await madeAgain(office, row, await withCode(office, row.id, row.facts), library)
    if (sha256(bytes) !== hash) continue
    await office.archive.put(bytes)
    return `Le document ${row.reference} est refait, octet pour octet.`
  }
  const [copied] = await office.sql<{ documentId: string }[]>`select document_id from coupons where copy = ${hash}`
  if (copied && (await creditorCopy(office, copied.documentId)) === hash)
    return 'La copie pour le créancier est refaite, octet pour octet.'
  return null
}
