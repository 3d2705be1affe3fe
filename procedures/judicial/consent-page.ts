import type { Printed } from '../../documents/exhibits/process.ts'
import { type Day, dayFr, parseDay } from '../../schema/days.ts'
import { amountFr, parseAmount, parseCurrency } from '../../schema/money.ts'
import type { ConsentStatement } from './consent-requests.ts'

/** What was kept of an agreement when it was given. */
export interface GivenConsent {
  proof: { request: string; signedPdfSha256: string; evidence: Record<string, string> }
  decidedOn: Day
  signedBy: string
  capacity: string
}

export const proofName = 'accord-du-creancier-preuve.json'

const means: Record<string, string> = {
  authenticated: 'Identifié comme',
  means: 'Recueilli par',
  canal: 'Recueilli par',
  authentification: 'Identifié par',
}

/** The agreement as whoever acts on it reads it: the form alone shows empty boxes, for it was signed on a screen. */
export function consentPage(
  { proof, decidedOn, signedBy, capacity }: GivenConsent,
  statement: ConsentStatement,
  proofSha256: string,
): Printed {
  const currency = parseCurrency(statement.currency)
  const sum = (text: string): string => amountFr(parseAmount(text), currency)
  const { at, session: _, ...evidence } = proof.evidence
  return {
    title: 'Accord du créancier',
    notice: `Dressé d’après la preuve gardée avec l’accord, jointe au dossier (originaux/${proofName}). Son empreinte SHA-256\u00a0:\n${proofSha256}`,
    rows: [
      { label: 'Décision', value: 'OUI, la procédure est autorisée' },
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
      { label: 'Dossier accepté', value: `SHA-256 ${statement.contentSha256}` },
      { label: 'Formulaire lu', value: `SHA-256 ${proof.signedPdfSha256}` },
    ],
    lines: [
      'L’accord porte sur les actes et les pièces de cette empreinte, et sur nul autre\u00a0: une pièce changée l’aurait rendu sans effet. Le formulaire qui suit est celui que le signataire a lu.',
    ],
    joined: [],
  }
}

function momentFr(at: string): string {
  const local = Temporal.Instant.from(at).toZonedDateTimeISO('Europe/Paris')
  return `${local.hour}\u00a0h\u00a0${String(local.minute).padStart(2, '0')}, heure de Paris`
}
