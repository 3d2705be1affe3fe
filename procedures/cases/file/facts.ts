import type { Facts } from '../../../documents/facts.ts'
import { needsPostalCode } from '../../../documents/send/postal-address.ts'
import type { Day } from '../../../schema/days.ts'
import { amount, sum } from '../../../schema/money.ts'
import { counted } from '../../../schema/words.ts'
import { debtorWord } from '../../amicable/scenario.ts'
import type { Owed } from '../../law/interest.ts'
import { percentText } from '../../law/claim.ts'
import { lawTerms, malagasyTerms } from '../../law/terms.ts'
import type { Address, Agency } from '../agency.ts'
import type { PartyIdentity } from '../creditors.ts'
import { everyStep, outcome, reminders } from './earlier-steps.ts'
import {
  latestDispute,
  latestPlan,
  latestPromise,
  latestVisit,
  remissionFacts,
  signedCommitment,
} from './exchange-facts.ts'
import { nextLimitation } from '../limitation/invoice-limitations.ts'
import { allNotices } from '../notices/notices.ts'
import { type CaseFile, firstLetter } from './file.ts'
import { clauseFacts } from '../../money/penalties.ts'
import { awardedRate, dueOn, isMalagasy, lateRate, noticeDay, payableOn } from '../../money/ledger.ts'
import { standingPayments } from '../../money/standing-payments.ts'
import { orderFacts } from '../public-buyers/public-orders.ts'

/**
 * The one place where a case becomes the French words letters use. Whatever the case knows is offered; a letter takes
 * what it declares in `donnees`, and a fact it needs that is absent here stops it by name.
 */
export function caseFacts(
  file: CaseFile,
  agency: Agency,
  onDay: Day,
  references: Facts['references'],
  more: Partial<Facts> = {},
): Facts {
  const owed = payableOn(file, onDay)
  const first = firstLetter(file)
  const rate = lateRate(file, onDay)
  return clean({
    date: onDay.toString(),
    creancier: creditorFacts(file),
    debiteur: debtorFacts(file),
    agence: agencyFacts(agency),
    references: {
      creancier: file.invoices[0]?.source.order_reference ?? undefined,
      paiement: paymentReference(file),
      ...references,
      dossier: file.case.number,
    },
    factures: unpaid(file, owed, onDay, more.tribunal !== undefined).map((invoice) => ({
      numero: invoice.number,
      emission: invoice.issuedOn.toString(),
      echeance: dueOn(file, invoice).toString(),
      montant: amount(invoice.total),
      acompte: invoice.prepaid > 0n ? amount(invoice.prepaid) : undefined,
      solde: amount(owed.principalByInvoice[invoice.number] ?? 0n),
      devise: invoice.currency,
      commande: invoice.source.order_reference ?? undefined,
      objet: isLater(file, invoice, onDay) ? 'À échoir, non comprise dans le total' : subjectOf(invoice.source.lines),
    })),
    totaux: totals(file, owed, onDay),
    droit: isMalagasy(file) ? malagasyTerms(onDay) : lawTerms(onDay),
    premiereLettre: first ? { reference: first.reference, date: first.writtenOn.toString() } : undefined,
    relancesAnterieures: reminders(file),
    actionsRealisees: everyStep(file),
    tauxPenalites: rate,
    clausePenale: agreedPenalty(file),
    engagementPublic: orderFacts(file.case),
    mandat: file.mandate
      ? {
          date: file.mandate.signedOn.toString(),
          objet: 'recouvrement amiable',
          pouvoirRecevoir: file.mandate.receivesFunds,
        }
      : undefined,
    honoraires: file.mandate ? { description: file.mandate.remuneration.replace(/[\s.]+$/u, '') } : undefined,
    mediation: file.creditor.identity.mediator
      ? { nom: file.creditor.identity.mediator.name, coordonnees: file.creditor.identity.mediator.details }
      : undefined,
    contestation: latestDispute(file),
    promesse: latestPromise(file, onDay),
    remise: remissionFacts(file, owed, onDay),
    echeancier: signedCommitment(file, onDay) ?? latestPlan(file, onDay),
    ...latestVisit(file),
    miseEnDemeure: latestNotice(file, onDay),
    prescription: limitationFacts(file, onDay),
    paiementsRecus: standingPayments(file, onDay).map((payment) => ({
      date: payment.receivedOn.toString(),
      montant: amount(payment.amount),
      mode: payment.means,
      reference: payment.reference ?? undefined,
    })),
    ...more,
  }) as Facts
}

/** The first day that comes by which somebody must act, and the due date that it counts from. */
function limitationFacts(file: CaseFile, onDay: Day) {
  const end = nextLimitation(file, onDay)
  const invoice = file.invoices.find(({ isOwed, limitationOn }) => isOwed && limitationOn.equals(end))
  return { depart: (invoice ? dueOn(file, invoice) : file.case.anchorOn).toString(), acquisition: end.toString() }
}

/** What a payment is to name, wherever it is asked: what the invoice says (BT-83), its number, or the case of several. */
export function paymentReference({ case: { number }, invoices }: Pick<CaseFile, 'case' | 'invoices'>): string {
  const [reference, ...others] = new Set(invoices.map((invoice) => invoice.source.payment_reference ?? invoice.number))
  return reference !== undefined && others.length === 0 ? reference : number
}

/** Letters list what is still unpaid; when everything is paid, what was. A court is only told of what is due. */
function unpaid(file: CaseFile, owed: Owed, onDay: Day, forCourt: boolean) {
  const left = file.invoices.filter(
    (invoice) => (owed.unpaidByInvoice[invoice.number] ?? 0n) > 0n && !(forCourt && isLater(file, invoice, onDay)),
  )
  return left.length > 0 ? left : file.invoices
}

/** Not due yet, in a case whose J has passed: shown with its date, and not asked for. */
function isLater(file: CaseFile, invoice: CaseFile['invoices'][number], onDay: Day): boolean {
  return (
    Temporal.PlainDate.compare(onDay, file.case.anchorOn) > 0 &&
    Temporal.PlainDate.compare(dueOn(file, invoice), onDay) >= 0
  )
}

/** What was sold, in a line: the first item, and how many others there are. */
function subjectOf(lines: { description: string }[] | undefined): string | undefined {
  const [first, ...others] = lines ?? []
  if (!first || others.length === 0) return first?.description
  return `${first.description} et ${counted(others.length, 'autre article')}`
}

function address(value: Address | null | undefined) {
  if (!value) return undefined
  return {
    lignes: value.lines,
    // Many countries have none.
    codePostal: value.postalCode ?? (needsPostalCode(value.country) ? undefined : ''),
    ville: value.city ?? undefined,
    pays: value.country,
  }
}

function party(identity: PartyIdentity) {
  return {
    formeJuridique: identity.legalForm,
    siren: identity.siren ?? undefined,
    siret: identity.siret ?? undefined,
    rcs: identity.rcs,
    capital: identity.capital,
    adresse: address(identity.address),
  }
}

function creditorFacts(file: CaseFile) {
  const { name, identity, iban, bic } = file.creditor
  return {
    nom: name,
    ...party(identity),
    tva: identity.vat ?? undefined,
    iban: iban ?? undefined,
    bic: bic ?? undefined,
    email: identity.contact?.email,
    telephone: identity.contact?.phone,
    representant: identity.representative
      ? { nom: identity.representative.name, qualite: identity.representative.quality }
      : undefined,
    contact: identity.contact?.name
      ? { nom: identity.contact.name, telephone: identity.contact.phone, email: identity.contact.email }
      : undefined,
  }
}

function debtorFacts(file: CaseFile) {
  const { name, kind, identity, email, phone } = file.debtor
  return {
    type: debtorWord[kind],
    civilite: identity.civility,
    nom: name,
    ...party(identity),
    adresse: address(file.debtor.address),
    email: email ?? undefined,
    telephone: phone ?? undefined,
    naissance: identity.birth ? { date: identity.birth.on, lieu: identity.birth.place } : undefined,
  }
}

function agencyFacts({ identity, proofs }: Agency) {
  const proof = (kind: string) => proofs.find((candidate) => candidate.kind === kind)
  const declaration = proof('declaration')
  return {
    nom: identity.name,
    formeJuridique: identity.legalForm,
    capital: identity.capital,
    rcs: identity.rcs,
    siren: identity.siren,
    adresse: address(identity.address),
    telephone: identity.phone,
    email: identity.email,
    site: identity.site,
    horaires: identity.hours,
    gestionnaire: { nom: identity.manager.name, telephone: identity.manager.phone, email: identity.manager.email },
    assurance: { assureur: proof('assurance')?.detail.assureur ?? '', police: proof('assurance')?.reference ?? '' },
    compteDedie: { banque: proof('compte')?.detail.banque ?? '', iban: proof('compte')?.detail.iban },
    declaration: { date: declaration?.datedOn.toString() ?? '', parquet: declaration?.detail.parquet ?? '' },
    dpo: identity.dpo,
  }
}

/** Quoted to a professional alone: what it is in a consumer's contract is for a person to weigh. */
const agreedPenalty = ({ case: { currency }, debtor, penaltyClauses, invoices }: CaseFile) =>
  debtor.kind === 'business' ? clauseFacts(penaltyClauses, debtor.kind, invoices, currency) : undefined

const uncounted = new Set([
  'penalty_not_counted',
  'penalty_not_due',
  'penalty_other_currency',
  'title_not_recorded',
  'notice_not_proved',
  'capitalisation_agreed',
  'increase_not_counted',
  'capitalisation_not_counted',
  'accessory_interest_not_counted',
])

export function totals(file: CaseFile, owed: Owed, onDay: Day) {
  const rate = awardedRate(file, onDay)
  return {
    principal: amount(owed.principal),
    interets: amount(owed.interest),
    indemnite: amount(owed.indemnity),
    ...(owed.penalty > 0n ? { penalite: amount(owed.penalty) } : {}),
    ...(owed.costs > 0n ? { frais: amount(owed.costs) } : {}),
    total: amount(owed.total),
    regle: amount(sum(standingPayments(file, onDay).map((payment) => payment.amount))),
    interetParJour: amount(owed.perDay),
    ...(rate === undefined ? {} : { tauxTexte: rate }),
    arreteAu: onDay.toString(),
    devise: file.case.currency,
    // What is not counted is told to the creditor, and has no line in a letter.
    doutes: owed.doubts.filter(({ code }) => !uncounted.has(code)).map((doubt) => doubt.message),
    segments: owed.segments.map((segment) => ({
      facture: segment.invoice,
      du: segment.from.toString(),
      au: segment.to.toString(),
      jours: segment.days,
      base: amount(segment.base),
      taux: percentText(segment.percent),
      montant: amount(segment.amount),
      motif: segment.why,
    })),
    imputations: owed.imputations.map((line) => ({
      date: line.date.toString(),
      montant: amount(line.amount),
      interets: amount(line.toInterest),
      principal: amount(line.toPrincipal),
      indemnite: line.toIndemnity > 0n ? amount(line.toIndemnity) : undefined,
      penalite: line.toPenalty > 0n ? amount(line.toPenalty) : undefined,
      frais: line.toCosts > 0n ? amount(line.toCosts) : undefined,
    })),
  }
}

/** Which notice makes the legal interest of a consumer run, and from when. */
function interestStart(file: CaseFile, onDay: Day) {
  const from = noticeDay(file, onDay)
  const notice = from && allNotices(file).find(({ presentedOn }) => presentedOn?.equals(from))
  return notice ? { premiere: notice.writtenOn.toString(), interetsDepuis: from.toString() } : {}
}

function latestNotice(file: CaseFile, onDay: Day) {
  const notice = allNotices(file).at(-1)
  return (
    notice && {
      date: notice.writtenOn.toString(),
      reference: notice.reference,
      numero: notice.registeredNumber ?? undefined,
      presentation: notice.presentedOn?.toString(),
      issue: notice.outcome === null ? undefined : outcome(notice),
      ...interestStart(file, onDay),
    }
  )
}

/** Letters treat an absent key as absent: undefined never reaches them. */
function clean(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(clean)
  if (typeof value !== 'object' || value === null) return value
  const kept: Record<string, unknown> = {}
  for (const key of Object.keys(value)) {
    const part = (value as Record<string, unknown>)[key]
    if (part !== undefined) kept[key] = clean(part)
  }
  return kept
}
