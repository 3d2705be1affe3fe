import { readFileSync } from 'node:fs'
import { attachPostalProof, type PostalProof } from '../../procedures/cases/exhibits/exhibit-proofs.ts'
import { attachExhibit, type ExhibitKind } from '../../procedures/cases/exhibits/exhibits.ts'
import { recordLegalForm } from '../../procedures/cases/debtors.ts'
import { type CaseFile, readCase } from '../../procedures/cases/file/file.ts'
import { natureOf } from '../../procedures/law/legal-form.ts'
import { instantOf, type Office } from '../../procedures/office.ts'
import { type Day, dayFr } from '../../schema/days.ts'

interface Specimen {
  title: string
  origin: string
  rows: [label: string, value: string][]
  words: string
}

const template = readFileSync(new URL('./specimen.typ', import.meta.url), 'utf8')

/** A paper that others would have made, as the demo invents it. */
export const specimen = (office: Office, on: Day, data: Specimen): Promise<Uint8Array> =>
  office.typst.compile({
    template: 'specimen.typ',
    sources: { 'specimen.typ': template },
    data,
    pdf: { timestamp: instantOf(on), standard: 'a-2b' },
  })

interface Posted {
  documentId: string
  reference: string
  number: string
  sentOn: Day
  presentedOn: Day
  to: string
}

/** What the post gives for a registered letter: the receipt of its deposit, and the notice of its delivery. */
export async function postalProofs(office: Office, today: Day, letter: Posted): Promise<void> {
  const rows: Specimen['rows'] = [
    ['Recommandé n°', letter.number],
    ['Lettre', letter.reference],
    ['Destinataire', letter.to],
    ['Déposé le', dayFr(letter.sentOn)],
  ]
  const origin = 'Il ne vient pas de La Poste.'
  const give = async (proof: PostalProof, datedOn: Day, data: Specimen) =>
    attachPostalProof(
      office,
      office.sql,
      today,
      {
        documentId: letter.documentId,
        proof,
        datedOn,
        bytes: await specimen(office, today, data),
        fileName: `${proof}-${letter.reference.replaceAll('/', '-')}.pdf`,
      },
      'La Poste',
    )
  const words = 'Une vraie preuve porterait ici le cachet de l’opérateur postal.'
  await give('depot', letter.sentOn, { title: 'Preuve de dépôt d’une lettre recommandée', origin, rows, words })
  const delivered: Specimen['rows'] = [
    ['Première présentation le', dayFr(letter.presentedOn)],
    ['Distribué le', dayFr(letter.presentedOn)],
  ]
  await give('reception', letter.presentedOn, {
    title: 'Avis de réception d’une lettre recommandée',
    origin,
    rows: [...rows, ...delivered],
    words: 'Un vrai avis porterait ici la signature du destinataire.',
  })
}

/** The papers of the deal, asked of the creditor and of the registry before the application is written. Once a case. */
export async function papersForCourt(office: Office, caseId: string, today: Day): Promise<void> {
  const file = await readCase(office.sql, caseId)
  const due = file.steps.find((step) => step.key === 'judiciaire' && step.doneOn === null && step.skippedOn === null)
  if (!due || Temporal.PlainDate.compare(today, due.plannedOn) < 0) return
  const known = await office.sql`select 1 from exhibits where case_id = ${caseId} and kind = 'mandat'`
  if (known.length > 0) return
  const { debtor } = file
  // The extract is invented, and so is the form that it shows: a real one says before which court the claim goes.
  if (debtor.kind === 'business' && natureOf({ name: debtor.name, ...debtor.identity }, today).nature === 'unknown') {
    const source = `extrait d’exemple du ${dayFr(today)}`
    await recordLegalForm(office.sql, today, { caseId, legalForm: shownForm, source }, file.creditor.name)
  }
  for (const paper of courtPapers(file, today)) {
    await attachExhibit(
      office,
      office.sql,
      today,
      {
        caseId,
        kind: paper.kind,
        reference: paper.reference,
        datedOn: paper.datedOn,
        proves: paper.proves,
        bytes: await specimen(office, today, paper),
        fileName: `${paper.kind}.pdf`,
      },
      file.creditor.name,
    )
  }
}

const shownForm = 'SARL'

interface Paper extends Specimen {
  kind: ExhibitKind
  reference: string
  datedOn: Day
  proves: string
}

function courtPapers(file: CaseFile, today: Day): Paper[] {
  const [invoice] = file.invoices
  const { creditor, debtor } = file
  const order = invoice!.source.order_reference ?? `C-${invoice!.number}`
  const quote = /^devis\s+(.+)$/i.exec(order)?.[1]
  const delivered = invoice!.source.delivered_on
  const deliveredOn = delivered ? Temporal.PlainDate.from(delivered) : invoice!.issuedOn
  const orderedOn = deliveredOn.subtract({ days: 10 })
  const parties: Specimen['rows'] = [
    ['Vendeur', creditor.name],
    ['Client', debtor.name],
  ]
  const extract = (kind: ExhibitKind, { name, identity }: CaseFile['debtor' | 'creditor'], proves: string): Paper => ({
    kind,
    reference: identity.siren ?? name,
    datedOn: today,
    proves,
    title: 'Extrait du registre du commerce et des sociétés',
    origin: 'Il ne vient d’aucun greffe.',
    rows: [
      ['Dénomination', name],
      ['Forme juridique', identity.legalForm ?? shownForm],
      ['À jour au', dayFr(today)],
    ],
    words: 'Un vrai extrait porterait ici le siège, les dirigeants et la signature du greffier.',
  })
  const creditorOrigin = 'Il ne vient pas du créancier.'
  return [
    {
      kind: 'mandat',
      reference: file.case.number,
      datedOn: file.mandate?.signedOn ?? today,
      proves: 'le pouvoir de présenter la requête',
      title: 'Mandat de recouvrement et pouvoir',
      origin: creditorOrigin,
      rows: [
        ['Mandant', creditor.name],
        ['Dossier', file.case.number],
      ],
      words: 'Un vrai mandat porterait ici les clauses de l’article R. 124-3 et les deux signatures.',
    },
    extract('kbis', creditor, 'l’existence et la représentation du demandeur'),
    ...(debtor.kind === 'business' ? [extract('kbis-debiteur', debtor, 'l’existence et le siège du défendeur')] : []),
    {
      kind: quote ? 'devis' : 'commande',
      reference: quote ?? order,
      datedOn: orderedOn,
      proves: 'l’engagement du débiteur',
      title: quote ? `Devis ${quote}, accepté` : `Bon de commande ${order}`,
      origin: creditorOrigin,
      rows: [...parties, [quote ? 'Signé le' : 'Commandé le', dayFr(orderedOn)]],
      words: 'Le vrai document porterait ici les articles, les prix et la signature du client.',
    },
    {
      kind: 'bon-de-livraison',
      reference: `L-${invoice!.number}`,
      datedOn: deliveredOn,
      proves: 'la livraison, reçue sans réserve',
      title: `Bon de livraison L-${invoice!.number}`,
      origin: creditorOrigin,
      rows: [...parties, ['Reçu le', dayFr(deliveredOn)]],
      words: 'Un vrai bon de livraison porterait ici la signature de celui qui a reçu.',
    },
  ]
}
