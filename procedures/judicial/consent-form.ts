import type { Facts } from '../../documents/facts.ts'
import { sealPdf } from '../../documents/proof/seal.ts'
import { renderLetter } from '../../documents/rendering/render.ts'
import { letterOf, loadLibrary } from '../../letters/catalogue.ts'
import type { Day } from '../../schema/days.ts'
import { instantOf, type Office } from '../office.ts'

interface Decided {
  letter: string
  version: string
  facts: Facts & { consentement: object }
  decision: 'given' | 'refused'
  decidedOn: Day
  signedBy: string
  capacity: string
  proof: { evidence?: { means?: string } }
}

/**
 * The form as the creditor answered it, dated and sealed of that day: the text that was signed, with the box ticked, the signatory and
 * the means. The signed bytes themselves stay as they were. Null while nobody answered, or once the library words it otherwise.
 */
export async function answeredForm({ sql, typst, seal }: Office, requestId: string): Promise<Uint8Array | null> {
  const [found] = await sql<Decided[]>`
    select d.letter, d.version, d.facts, s.decision, s.decided_on, s.signed_by, s.capacity, s.proof
    from consent_requests r join documents d on d.case_id = r.case_id and d.sha256 = r.pdf join consents s on s.request_id = r.id
    where r.id = ${requestId}`
  if (!found) return null
  const letter = letterOf(loadLibrary(), found.letter)
  if (letter.version !== found.version) return null
  const means = found.proof.evidence?.means
  const consentement = {
    ...found.facts.consentement,
    decision: found.decision === 'given' ? 'oui' : 'non',
    date: found.decidedOn.toString(),
    signataire: found.signedBy,
    qualite: found.capacity,
    ...(means ? { moyen: means } : {}),
  }
  const at = instantOf(found.decidedOn)
  const facts = { ...found.facts, consentement }
  const { bytes } = await renderLetter({ letter, facts, channel: 'formulaire', format: 'pdf', at, engine: typst })
  return sealPdf(bytes, { at, key: seal })
}
