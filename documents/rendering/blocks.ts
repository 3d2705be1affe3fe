import { exhibitTitle } from '../exhibits/title.ts'
import { electronicFormatIBAN, friendlyFormatIBAN, isValidIBAN } from 'ibantools'
import { dayFr, dayShortFr, parseDay } from '../../schema/days.ts'
import { DomainError } from '../../schema/errors.ts'
import { amount, amountFr, parseAmount, sum, type Currency } from '../../schema/money.ts'
import { atTown } from '../../schema/words.ts'
import { type Address, type Facts, maskedCode, type Totals } from '../facts.ts'
import { drawnCode, epcCode } from './scan-codes.ts'

/** A piece of text in one style; a hard line break is a run of its own. */
export interface Run {
  text: string
  strong?: true
  em?: true
  break?: true
}

/** `place` is the town, as layouts of earlier versions print it after « à »; `where` is « à Lyon », « au Havre ». */
export interface Signatures {
  kind: 'signatures'
  place: string
  where: string
  day: string
  parties: { role: string; name: string; quality: string }[]
}

export type Block =
  | { kind: 'paragraph'; runs: Run[] }
  | { kind: 'heading'; level: number; runs: Run[] }
  | { kind: 'list'; ordered: boolean; start: number; items: Block[][] }
  | { kind: 'quote'; blocks: Block[] }
  | { kind: 'rule' }
  | Table
  | Payment
  | Coupon
  | { kind: 'signature'; name: string; quality: string; house: string }
  | Signatures

export interface Table {
  kind: 'table'
  /** Which of our tables it is, or « texte » for one an editor wrote. */
  name: string
  columns: { label: Run[]; align: 'left' | 'right' | 'center'; fixed: boolean }[]
  rows: Run[][][]
  total?: { label: string; value: string }
  notes: string[]
}

export interface Payment {
  kind: 'payment'
  beneficiary: string
  iban?: string
  bic?: string
  amount: string
  reference: string
  link?: string
  /** Where a cheque goes, when there is no account. */
  address?: string[]
  /** Rows of 0 and 1 of the EPC code that a banking application reads. */
  qr?: string[]
}

export interface Coupon {
  kind: 'coupon'
  code: string
  dossier: string
  creditor: string
  debtor: string
  answers: { text: string; lines: number }[]
  to: string[]
  online?: string
  /** Opens the page of that very coupon: rows of 0 and 1. */
  qr?: string[]
}

const builders: Record<string, (facts: Facts) => Block> = {
  factures: (facts) => invoices(facts),
  termes: (facts) => invoices(facts, { one: 'Terme', issued: 'Appelé le', amount: 'Montant' }),
  decompte: (facts) => account(facts, 'factures'),
  'decompte-termes': (facts) => account(facts, 'termes'),
  segments,
  paiement: payment,
  coupon,
  echeancier: instalments,
  pieces: exhibits,
  signature: (facts) => ({
    kind: 'signature',
    name: facts.agence.gestionnaire.nom,
    quality: facts.agence.gestionnaire.qualite ?? 'Gestionnaire du dossier',
    house: facts.agence.nom,
  }),
  signatures,
}

export const blocNames = Object.keys(builders)

/** The block an editor asked for with `{% bloc 'name' %}`, filled with the case's figures. */
export function buildBloc(name: string, facts: Facts): Block {
  const build = builders[name]
  if (!build) {
    throw new DomainError('unknown_bloc', `Le bloc « ${name} » n'existe pas.`, {
      remedy: `Blocs disponibles : ${blocNames.join(', ')}.`,
      facts: { bloc: name },
    })
  }
  return build(facts)
}

/** The currency of the case: that of its account, else of its invoices. */
export function currencyOf(facts: Partial<Facts>): Currency {
  return facts.totaux?.devise ?? facts.factures?.[0]?.devise ?? (facts.devise?.code as Currency | undefined) ?? 'EUR'
}

export const addressLines = (address: Address): string[] => {
  const town = `${address.codePostal} ${address.ville}`.trim()
  const country = address.pays && address.pays !== 'FR' ? countries.of(address.pays)?.toUpperCase() : undefined
  return [...address.lignes, town, ...(country ? [country] : [])]
}
const countries = new Intl.DisplayNames('fr', { type: 'region' })

const cell = (text: string): Run[] => [{ text }]
const strong = (text: string): Run[] => [{ text, strong: true }]
const day = (text: string): string => dayShortFr(parseDay(text))
const money = (text: string, facts: Facts): string => amountFr(parseAmount(text), currencyOf(facts))
const zero = (text: string | undefined): boolean => text === undefined || parseAmount(text) === 0n

const column = (label: string, align: 'left' | 'right' | 'center' = 'left', fixed = true) => ({
  label: cell(label),
  align,
  fixed,
})

function required<K extends keyof Facts>(facts: Facts, key: K, bloc: string): NonNullable<Facts[K]> {
  const value = facts[key]
  if (value === undefined || value === null) throw missing(String(key), bloc)
  return value
}

function missing(key: string, bloc: string): DomainError {
  return new DomainError('missing_fact', `Il manque « ${key} » pour le bloc « ${bloc} ».`, {
    remedy: `Ajoutez « ${key} » aux faits du courrier (voir schema/facts.schema.json).`,
    facts: { key, bloc },
  })
}

/** What is claimed, line by line: invoices, or the terms of a lease and the calls of a co-ownership, which are none. */
function invoices(facts: Facts, words = { one: 'Facture', issued: 'Émise le', amount: 'Montant TTC' }): Table {
  const list = required(facts, 'factures', 'factures')
  if (list.length === 0) throw missing('factures', 'factures')
  const total = sum(list.map((invoice) => parseAmount(invoice.solde)))
  const prepaid = list.some((invoice) => !zero(invoice.acompte))
  return {
    kind: 'table',
    name: 'factures',
    columns: [
      column(words.one, 'left', false),
      column(words.issued),
      column('Échéance'),
      column(words.amount, 'right'),
      ...(prepaid ? [column('Acompte déjà versé', 'right')] : []),
      column('Reste dû', 'right'),
    ],
    rows: list.map((invoice) => [
      invoice.objet
        ? [{ text: invoice.numero }, { text: '', break: true }, { text: invoice.objet, em: true }]
        : cell(invoice.numero),
      cell(day(invoice.emission)),
      cell(day(invoice.echeance)),
      cell(amountFr(parseAmount(invoice.montant), invoice.devise)),
      ...(prepaid ? [cell(zero(invoice.acompte) ? '–' : amountFr(parseAmount(invoice.acompte!), invoice.devise))] : []),
      strong(amountFr(parseAmount(invoice.solde), invoice.devise)),
    ]),
    ...(list.length > 1 ? { total: { label: 'Total restant dû', value: amountFr(total, list[0]!.devise) } } : {}),
    notes: [],
  }
}

function account(facts: Facts, several: 'factures' | 'termes'): Table {
  const totals = required(facts, 'totaux', 'decompte')
  const count = facts.factures?.length ?? 0
  const lines: [string, string][] = [
    [count > 1 ? `Principal restant dû (${count} ${several})` : 'Principal restant dû', totals.principal],
  ]
  if (!zero(totals.interets))
    lines.push([`Intérêts${totals.tauxTexte ? `, ${totals.tauxTexte}` : ' de retard'}`, totals.interets])
  if (!zero(totals.indemnite)) lines.push(['Indemnité forfaitaire pour frais de recouvrement', totals.indemnite])
  if (!zero(totals.penalite)) lines.push(['Clause pénale', totals.penalite!])
  if (!zero(totals.frais)) lines.push(['Frais', totals.frais!])
  return {
    kind: 'table',
    name: 'decompte',
    columns: [column('Décompte', 'left', false), column('Montant', 'right')],
    rows: lines.map(([label, value]) => [cell(label), cell(money(value, facts))]),
    total: { label: `Total dû au ${dayFr(parseDay(totals.arreteAu))}`, value: money(totals.total, facts) },
    notes: accountNotes(totals, facts),
  }
}

function accountNotes(totals: Totals, facts: Facts): string[] {
  const notes: string[] = []
  if (!zero(totals.regle)) notes.push(`Règlements reçus et déjà déduits\u00a0: ${money(totals.regle!, facts)}.`)
  if (!zero(totals.interetParJour))
    notes.push(`Les intérêts augmentent de ${money(totals.interetParJour!, facts)} par jour.`)
  return [...notes, ...(totals.doutes ?? [])]
}

function segments(facts: Facts): Table {
  const totals = required(facts, 'totaux', 'segments')
  const list = totals.segments ?? []
  if (list.length === 0) throw missing('totaux.segments', 'segments')
  return {
    kind: 'table',
    name: 'segments',
    columns: [
      column('Facture', 'left', false),
      column('Du'),
      column('Au'),
      column('Jours', 'right'),
      column('Base', 'right'),
      column('Taux', 'right'),
      column('Intérêts', 'right'),
    ],
    rows: list.map((segment) => [
      segment.motif
        ? [{ text: segment.facture }, { text: '', break: true }, { text: segment.motif, em: true }]
        : cell(segment.facture),
      cell(day(segment.du)),
      cell(day(segment.au)),
      // What a decision counted itself has neither days nor rate here.
      cell(segment.jours === 0 ? '–' : String(segment.jours)),
      cell(money(segment.base, facts)),
      cell(segment.jours === 0 ? '–' : rateFr(segment.taux)),
      cell(money(segment.montant, facts)),
    ]),
    total: { label: 'Total des intérêts', value: money(totals.interets, facts) },
    notes: (totals.imputations ?? []).map(
      (line) =>
        `Règlement de ${money(line.montant, facts)} reçu le ${day(line.date)}` +
        `${line.interets === undefined ? '' : `, imputé sur les intérêts pour ${money(line.interets, facts)}`}` +
        `${line.principal === undefined ? '' : ` et sur le principal pour ${money(line.principal, facts)}`}.`,
    ),
  }
}

function instalments(facts: Facts): Table {
  const plan = required(facts, 'echeancier', 'echeancier')
  const stated = plan.lignes.some((line) => line.etat)
  const total = sum(plan.lignes.map((line) => parseAmount(line.montant)))
  return {
    kind: 'table',
    name: 'echeancier',
    columns: [
      column('Échéance', 'left'),
      column('Date', 'left', false),
      ...(stated ? [column('État')] : []),
      column('Montant', 'right'),
    ],
    rows: plan.lignes.map((line) => [
      cell(String(line.rang)),
      cell(dayFr(parseDay(line.date))),
      ...(stated ? [cell(line.etat ?? 'à échoir')] : []),
      cell(money(line.montant, facts)),
    ]),
    total: { label: 'Total', value: amountFr(total, currencyOf(facts)) },
    notes: plan.mode ? [`Mode de paiement\u00a0: ${plan.mode}.`] : [],
  }
}

/** The conventional line of a bordereau: « Pièce n° 1 : FACTURE n° FA-1 du 13/11/2017 (1 page) », and what it proves. */
function exhibits(facts: Facts): Table {
  return {
    kind: 'table',
    name: 'pieces',
    columns: [column('Pièces, dans l’ordre de la procédure', 'left', false)],
    rows: required(facts, 'piecesJointes', 'pieces').map((piece) => {
      const title = exhibitTitle(piece.type, piece.reference, piece.date)
      const pages = piece.pages === undefined ? '' : ` (${piece.pages} page${piece.pages > 1 ? 's' : ''})`
      const line: Run[] = [{ text: `Pièce n° ${piece.numero} : ${title}${pages}` }]
      return [piece.prouve ? [...line, { text: '', break: true }, { text: `établit ${piece.prouve}`, em: true }] : line]
    }),
    notes: [],
  }
}

function signatures(facts: Facts): Block {
  type Party = { civilite?: string; prenom?: string; nom: string; representant?: { nom: string; qualite?: string } }
  const of = (party: Party, role: string) => ({
    role,
    name: party.representant?.nom ?? [party.prenom, party.nom].filter(Boolean).join(' '),
    quality: party.representant ? [party.representant.qualite, party.nom].filter(Boolean).join(', ') : '',
  })
  return {
    kind: 'signatures',
    place: facts.agence.adresse.ville,
    where: atTown(facts.agence.adresse.ville),
    day: dayFr(parseDay(facts.date)),
    parties: [of(facts.creancier, 'Pour le créancier'), of(required(facts, 'debiteur', 'signatures'), 'Le débiteur')],
  }
}

function payment(facts: Facts): Payment {
  const { creancier, references } = facts
  const invoicesTotal = facts.factures?.length
    ? amount(sum(facts.factures.map((invoice) => parseAmount(invoice.solde))))
    : undefined
  const due = facts.totaux?.total ?? invoicesTotal
  if (due === undefined) throw missing('totaux', 'paiement')
  const iban = creancier.iban ? electronicFormatIBAN(creancier.iban) : null
  const reference = references.paiement ?? references.dossier
  const qr =
    iban && isValidIBAN(iban) && currencyOf(facts) === 'EUR'
      ? epcCode(creancier.nom, iban, creancier.bic, due, reference)
      : undefined
  return {
    kind: 'payment',
    beneficiary: creancier.nom,
    ...(iban
      ? { iban: friendlyFormatIBAN(iban) ?? iban }
      : { address: [creancier.nom, ...addressLines(creancier.adresse)] }),
    ...(iban && creancier.bic ? { bic: creancier.bic } : {}),
    amount: money(due, facts),
    reference,
    ...(facts.lienPaiement ? { link: facts.lienPaiement } : {}),
    ...(qr ? { qr } : {}),
  }
}

function coupon(facts: Facts): Coupon {
  const debtor = required(facts, 'debiteur', 'coupon')
  const { coupon: code = '', adresseReponse: online } = facts.references
  const total = facts.totaux ? ` de ${money(facts.totaux.total, facts)}` : ''
  return {
    kind: 'coupon',
    code,
    dossier: facts.references.dossier,
    creditor: facts.creancier.nom,
    debtor: debtor.nom,
    answers: [
      {
        text: `J’ai payé la somme${total} le ____ /____ /________ par ____________________ (preuve jointe).`,
        lines: 0,
      },
      { text: `Je paierai la somme${total} au plus tard le ____ /____ /________ .`, lines: 0 },
      { text: 'Je propose de payer ____________ € par mois, à partir du ____ /____ /________ .', lines: 0 },
      { text: 'Je conteste tout ou partie de cette somme, pour les motifs suivants (pièces jointes)\u00a0:', lines: 2 },
      { text: 'Ce n’est pas moi (précisez)\u00a0: ________________________________________________', lines: 0 },
      { text: 'Mes coordonnées ont changé\u00a0:', lines: 1 },
    ],
    to: [facts.agence.nom, ...addressLines(facts.agence.adresse)],
    ...(online ? { online, ...(code && code !== maskedCode ? { qr: drawnCode(`${online}/${code}`).rows } : {}) } : {}),
  }
}

/** « 10,00 » or « 10.5 » → « 10 % », « 10,5 % ». */
export function rateFr(text: string): string {
  const [whole, decimals = ''] = text.trim().replace('.', ',').split(',')
  const kept = decimals.replace(/0+$/, '')
  return `${whole}${kept ? `,${kept}` : ''}\u00a0%`
}
