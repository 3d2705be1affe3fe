import { sha256 } from '../documents/archive.ts'
import { renderLetter } from '../documents/letter-render.ts'
import { sealPdf } from '../documents/seal.ts'
import { loadLibrary } from '../letters/catalogue.ts'
import type { Day } from '../schema/days.ts'
import type { Sql } from '../schema/db.ts'
import { DomainError } from '../schema/errors.ts'
import type { Finding } from './doctor.ts'
import { instantOf, type Office } from './office.ts'

interface Kept {
  sha256: string
  number: string | null
  what: string
}

/** Every hash that a row names, once, with what it is: the bytes must be in the archive and still be those. */
export async function archiveFindings(office: Office): Promise<Finding[]> {
  const findings: Finding[] = []
  for (const kept of await namedHashes(office.sql)) {
    try {
      await office.archive.get(kept.sha256)
    } catch (error) {
      findings.push(findingOf(kept, error))
    }
  }
  return findings
}

function findingOf({ sha256: hash, number, what }: Kept, error: unknown): Finding {
  const damaged = error instanceof DomainError && error.code === 'archive_damaged'
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
    with named as (
      select sha256, case_id, 'Le document ' || reference as what from documents
      union all select editable, case_id, 'Le fichier Word de ' || reference from documents
      union all select mail, case_id, 'Le courriel de ' || reference from documents
      union all select original, case_id, 'L’original de la facture ' || number from invoices
      union all select original, case_id, 'L’original de l’avoir ' || number from credit_notes
      union all select original, case_id, 'L’original de la pièce « ' || reference || ' »' from exhibits
      union all select pdf, case_id, 'La pièce « ' || reference || ' »' from exhibits
      union all select pdf, case_id, 'La demande d’accord du ' || requested_on from consent_requests
      union all select editable, case_id, 'Le fichier Word de la demande d’accord du ' || requested_on from consent_requests
      union all select part ->> 'sha256', case_id, 'Le contenu signé « ' || (part ->> 'name') || ' »' from consent_requests, jsonb_array_elements(content) part
      union all select part ->> 'docx', case_id, 'Le fichier Word de « ' || (part ->> 'name') || ' »' from consent_requests, jsonb_array_elements(content) part
      union all select part -> 'original' ->> 'sha256', case_id, 'L’original de « ' || (part ->> 'name') || ' »' from consent_requests, jsonb_array_elements(content) part
      union all select s.proof_pdf, r.case_id, 'La preuve de l’accord du ' || s.decided_on from consents s join consent_requests r on r.id = s.request_id
      union all select e.original, p.case_id, 'L’acte « ' || e.step || ' » du ' || e.happened_on from procedure_events e join procedures p on p.id = e.procedure_id
      union all select k.pdf, p.case_id, 'Le dossier de pièces « ' || k.kind || ' » (PDF)' from packs k join procedures p on p.id = k.procedure_id
      union all select k.zip, p.case_id, 'Le dossier de pièces « ' || k.kind || ' » (ZIP)' from packs k join procedures p on p.id = k.procedure_id
      union all select sha256, null, 'Le lot de courrier n° ' || number from post_batches
      union all select sha256, null, 'Le fichier reçu « ' || file_name || ' »' from uploads)
    select distinct on (n.sha256) n.sha256, c.number, n.what
    from named n left join cases c on c.id = n.case_id
    where n.sha256 is not null
    order by n.sha256, c.number nulls last, n.what`
}

/** A letter is made again from its row, and put back only if its bytes have the recorded hash: nothing less proves it. */
export async function remake(office: Office, _onDay: Day, hash: string): Promise<string | null> {
  const rows = await office.sql<
    {
      letter: string
      version: string
      channel: string
      format: string
      facts: unknown
      writtenOn: Day
      reference: string
    }[]
  >`
    select letter, version, channel, format, facts, written_on, reference from documents where sha256 = ${hash}`
  for (const row of rows) {
    const letter = loadLibrary().letters.get(row.letter)
    if (letter?.version !== row.version) continue
    const at = instantOf(row.writtenOn)
    const channel = row.channel === 'appel' ? 'script-telephone' : row.channel
    const made = await renderLetter({
      letter,
      facts: row.facts,
      channel,
      at,
      engine: office.typst,
      format: row.format,
    } as Parameters<typeof renderLetter>[0])
    // A text message is kept as its words, which nothing seals.
    const bytes = row.format === 'txt' ? made.bytes : await sealPdf(made.bytes, { at, key: office.seal })
    if (sha256(bytes) !== hash) continue
    await office.archive.put(bytes)
    return `Le document ${row.reference} est refait, octet pour octet.`
  }
  return null
}
