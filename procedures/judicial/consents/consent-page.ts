import { sha256 } from '../../../documents/archive.ts'
import type { Printed } from '../../../documents/exhibits/process.ts'
import { sealPdf } from '../../../documents/proof/seal.ts'
import { type Day, dayFr, parseDay } from '../../../schema/days.ts'
import type { Sql } from '../../../schema/db.ts'
import { amountFr, parseAmount, parseCurrency } from '../../../schema/money.ts'
import { instantOf, type Office } from '../../office.ts'
import type { ConsentRequest, ConsentStatement } from './consent-requests.ts'

/** What was kept of the creditor's answer when it was given. */
interface Answer {
  decision: 'given' | 'refused'
  proof: { request: string; signedPdfSha256: string; evidence: Record<string, string> }
  decidedOn: Day
  signedBy: string
  capacity: string
}

/** The creditor's answer as a page says it, with the proof that the page is drawn up from. */
type ConsentPage = Answer & { pdf: Uint8Array; proofFile: Uint8Array }

/** Null while nobody answered. */
export async function consentPage(
  { typst }: Pick<Office, 'typst'>,
  sql: Sql,
  { id, statement }: Pick<ConsentRequest, 'id' | 'statement'>,
): Promise<ConsentPage | null> {
  const [answer] = await sql<Answer[]>`
    select decision, proof, decided_on, signed_by, capacity from consents where request_id = ${id}`
  if (!answer) return null
  const proofFile = new TextEncoder().encode(`${JSON.stringify(answer.proof, null, 2)}\n`)
  const pdf = await typst.compile({
    template: 'exhibit.typ',
    data: printed(answer, statement, sha256(proofFile)),
    pdf: { timestamp: instantOf(answer.decidedOn), standard: 'a-2b' },
  })
  return { ...answer, pdf, proofFile }
}

/** The same page alone, sealed. */
export async function sealedConsentPage(
  office: Office,
  request: Pick<ConsentRequest, 'id' | 'statement'>,
): Promise<Uint8Array | null> {
  const page = await consentPage(office, office.sql, request)
  return page && sealPdf(page.pdf, { at: instantOf(page.decidedOn), key: office.seal })
}

const means: Record<string, string> = {
  authenticated: 'Identifié comme',
  means: 'Recueilli par',
  link: 'Lien',
  canal: 'Recueilli par',
  authentification: 'Identifié par',
}

/** As whoever acts on it reads it: the form alone shows empty boxes, for it was answered on a screen. */
function printed(
  { decision, proof, decidedOn, signedBy, capacity }: Answer,
  statement: ConsentStatement,
  proofSha256: string,
): Printed {
  const currency = parseCurrency(statement.currency)
  const sum = (text: string): string => amountFr(parseAmount(text), currency)
  const { at, session: _, ...evidence } = proof.evidence
  const isGiven = decision === 'given'
  return {
    title: isGiven ? 'Accord du créancier' : 'Refus du créancier',
    notice: `Dressé d’après la preuve gardée avec la réponse, fichier JSON dont l’empreinte SHA-256 est\u00a0:\n${proofSha256}`,
    rows: [
      { label: 'Décision', value: isGiven ? 'OUI, la procédure est autorisée' : 'NON, la procédure est refusée' },
      { label: 'Signataire', value: `${signedBy}, ${capacity}` },
      { label: 'Le', value: at === undefined ? dayFr(decidedOn) : `${dayFr(decidedOn)} (${momentFr(at)})` },
      { label: 'Procédure', value: statement.title },
      { label: 'Débiteur', value: statement.debtor },
      {
        label: 'Sommes',
        value: `${sum(statement.total)}, arrêtées au ${dayFr(parseDay(statement.statementOn, 'statementOn'))}`,
      },
      { label: 'Plafond de frais', value: sum(statement.ceiling) },
      ...Object.entries(evidence).map(([key, value]) => ({ label: means[key] ?? key, value })),
      { label: 'Demande', value: proof.request },
      { label: isGiven ? 'Dossier accepté' : 'Dossier refusé', value: `SHA-256 ${statement.contentSha256}` },
      { label: 'Formulaire lu', value: `SHA-256 ${proof.signedPdfSha256}` },
    ],
    lines: isGiven
      ? [
          'L’accord porte sur les actes et les pièces de cette empreinte, et sur nul autre\u00a0: une pièce changée l’aurait rendu sans effet. Le formulaire est celui que le signataire a lu.',
        ]
      : [],
    joined: [],
  }
}

function momentFr(at: string): string {
  const local = Temporal.Instant.from(at).toZonedDateTimeISO('Europe/Paris')
  return `${local.hour}\u00a0h\u00a0${String(local.minute).padStart(2, '0')}, heure de Paris`
}
