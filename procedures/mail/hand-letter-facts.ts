import type { Facts } from '../../documents/facts.ts'
import { loadLibrary } from '../../letters/catalogue.ts'
import type { Channel, Letter } from '../../letters/letter.ts'
import { type Day, dayFr, parseDay } from '../../schema/days.ts'
import type { Sql } from '../../schema/db.ts'
import { DomainError } from '../../schema/errors.ts'
import { quoted } from '../../schema/words.ts'
import { amount } from '../../schema/money.ts'
import type { Agency } from '../cases/agency.ts'
import { exhibitNumber, isFounding, listedExhibit, numberExhibits, readExhibits } from '../cases/exhibits/exhibits.ts'
import { visitToCome } from '../cases/file/exchange-facts.ts'
import { caseFacts } from '../cases/file/facts.ts'
import type { CaseFile } from '../cases/file/file.ts'
import { courtOf } from '../judicial/packs/dossiers.ts'
import {
  bailiffFacts,
  factInWords,
  factMeaning,
  type GivenFacts,
  insolvencyFacts,
  isComputed,
  lackingOf,
  requireGivable,
  withoutFullStops,
} from '../judicial/packs/paper-facts.ts'
import { titleFacts, titlesOf } from '../judicial/titles/titles.ts'
import { standingPayments } from '../money/standing-payments.ts'
import { agreementFacts, requireGround } from './hand-letter-grounds.ts'
import { isLegalLetter, isToBound, openedWith, recipientOf } from './hand-letter-rules.ts'

/** A fact that the letter cannot be written without, as `facts.schema.json` calls and describes it. */
export interface MissingFact {
  key: string
  meaning: string | null
  /** The act that records it, where no one may type it. */
  act: string | null
}

/** Said by the house alone, once it is recorded by its act: a letter may not tell what the case does not know. */
const recordedBy: Record<string, string> = {
  promesse: 'recordPromise',
  contestation: 'recordDispute',
  remise: 'recordRemission',
  encaissement: 'recordPayment',
  paiementsRecus: 'recordPayment',
  avoir: 'submitInvoice',
  titre: 'recordProcedureEvent',
  depens: 'recordProcedureEvent',
  procedureCollective: 'recordInsolvency',
  consentement: 'requestConsent',
  miseEnDemeure: 'recordOutsideNotice',
  mandat: 'recordMandate',
  piecesJointes: 'attachExhibit',
}

/** The act that records it, and so may say it alone; what is only proposed to the creditor, a remission, is for a person to say. */
function actFor(letter: Letter, key: string): string | null {
  if (key === 'remise' && recipientOf(letter) === 'creancier') return null
  return recordedBy[key] ?? null
}

export interface FactsOrder {
  letter: Letter
  channel: string
  given: GivenFacts
  bailiffId?: string | undefined
  procedure?: string | undefined
}

/** What the case says for this letter, with what a person adds to it; nobody overrides what the house knows. */
export async function handLetterFacts(
  sql: Sql,
  onDay: Day,
  file: CaseFile,
  agency: Agency,
  { letter, given, bailiffId, procedure }: FactsOrder,
): Promise<Partial<Facts>> {
  requireGivable(given)
  await requireGround(sql, onDay, file, letter, given)
  const own: Record<string, unknown> = {
    ...visitToCome(letter.id),
    ...(await recordedFacts(sql, onDay, file)),
    ...(await agreementFacts(sql, onDay, file, letter, procedure)),
    ...(await courtOfLetter(sql, onDay, file, { letter, given })),
    ...(await exhibitsOf(sql, file, letter)),
    ...(await bailiffFacts(sql, bailiffId)),
  }
  const known = trialFacts(file, agency, onDay, own)
  const added = addedTo(letter, known, withDay(onDay, letter, withoutFullStops(given)))
  const facts = { ...own, ...added } as Partial<Facts>
  if (!isToBound(letter)) return facts
  const first = await openedWithBound(sql, file, letter, trialFacts(file, agency, onDay, facts))
  return { ...facts, premiereLettre: first } as Partial<Facts>
}

/** The first letter of the debtor is recalled to nobody who never had it. */
async function openedWithBound(sql: Sql, file: CaseFile, letter: Letter, facts: Facts) {
  try {
    const { letters } = loadLibrary()
    const opens = (id: string) => (letters.get(id)?.premiere_lettre ?? 'jamais') !== 'jamais'
    return await openedWith(sql, file.case.id, letter, facts, opens)
  } catch (error) {
    // Nobody is named yet: the name is what is missing.
    if (error instanceof DomainError && error.code === 'missing_fact') return undefined
    throw error
  }
}

/** What the letter lacks, each by name; what only an act of the house may tell names that act. */
export function missingFacts(
  onDay: Day,
  file: CaseFile,
  agency: Agency,
  { letter, channel }: Pick<FactsOrder, 'letter' | 'channel'>,
  facts: Partial<Facts>,
): MissingFact[] {
  const trial = trialFacts(file, agency, onDay, facts)
  return lackingOf(letter, trial, channel as Channel).map((key) => ({
    key,
    meaning: factMeaning(key),
    act: actFor(letter, key.split(/[.[]/)[0]!),
  }))
}

/** What a person may add: what the letter cites, the case does not know and no act records. */
export function givableFacts(
  onDay: Day,
  file: CaseFile,
  agency: Agency,
  letter: Letter,
  facts: Partial<Facts>,
): string[] {
  const known = trialFacts(file, agency, onDay, facts)
  return letter.donnees.filter((key) => known[key] === undefined && !isComputed(key) && actFor(letter, key) === null)
}

export function factsMissing(letter: Letter, missing: MissingFact[]): DomainError {
  const told = missing.map(({ key, act }) => `${factInWords(key)}${act ? ` (à enregistrer\u00a0: ${act})` : ''}`)
  return new DomainError(
    'facts_missing',
    `Il manque de quoi écrire ${quoted(letter.titre)}\u00a0: ${told.join('\u00a0; ')}.`,
    {
      remedy:
        'Donnez ces faits avec la demande (facts)\u00a0; enregistrez d’abord, par son acte, ce que le dossier doit savoir.',
      facts: { letter: letter.id, missing: missing.map(({ key }) => key) },
    },
  )
}

const references = { lettre: 'essai', code: 'ESSAI', adresseReponse: '-', adresseVerification: '-' }
const trialFacts = (file: CaseFile, agency: Agency, onDay: Day, more: object): Facts =>
  caseFacts(file, agency, onDay, references as Facts['references'], more as Partial<Facts>)

/** What the rows of the case say and the letters of the timeline do not need. */
async function recordedFacts(sql: Sql, onDay: Day, file: CaseFile): Promise<Record<string, unknown>> {
  const payment = standingPayments(file, onDay).at(-1)
  const note = file.creditNotes.at(-1)
  const invoice = note && file.invoices.find(({ id }) => id === note.invoiceId)
  return {
    ...(await titleFacts(sql, file.case.id, onDay)),
    ...(await decisionFacts(sql, onDay, file)),
    ...insolvencyFacts(file, onDay, {}),
    ...(payment
      ? {
          encaissement: {
            date: payment.receivedOn.toString(),
            montant: amount(payment.amount),
            mode: payment.means,
            ...(payment.reference === null ? {} : { reference: payment.reference }),
          },
        }
      : {}),
    ...(note
      ? {
          avoir: {
            numero: note.number,
            date: note.issuedOn.toString(),
            montant: amount(note.amount),
            ...(invoice ? { facture: invoice.number } : {}),
          },
        }
      : {}),
  }
}

/** What a court decided here last, and its service, as they were recorded in their procedure. */
async function decisionFacts(sql: Sql, onDay: Day, file: CaseFile): Promise<Record<string, unknown>> {
  const [last] = await titlesOf(sql, file.case.id, onDay)
  if (!last) return {}
  const { numero, montant } = last.facts
  const decision = {
    juridiction: last.open.court.nom,
    date: last.on.toString(),
    ...(typeof numero === 'string' ? { numero } : {}),
    ...(typeof montant === 'string' ? { montant } : {}),
  }
  return {
    decision,
    ...(last.step === 'ordonnance' ? { ordonnance: decision } : {}),
    ...(last.served ? { signification: { date: last.served.on.toString() } } : {}),
  }
}

/** The court of the case; another bench, or a registry where somebody is looked up, is for a person to name. */
async function courtOfLetter(
  sql: Sql,
  onDay: Day,
  file: CaseFile,
  { letter, given }: Pick<FactsOrder, 'letter' | 'given'>,
): Promise<Partial<Facts>> {
  const isNamed = given['tribunal'] !== undefined && isLegalLetter(letter)
  const goes = ['juge', 'greffe'].includes(recipientOf(letter)) || letter.donnees.includes('tribunal')
  if (isNamed || !goes || letter.famille === 'recherche') return {}
  const { nom, formation, ville } = await courtOf(sql, file, onDay)
  return { tribunal: { nom, formation: formation || undefined, ville } } as Partial<Facts>
}

/** The papers that found the claim, enclosed where the letter leaves by itself; before courts, the numbered exhibits, all of them. */
async function exhibitsOf(sql: Sql, file: CaseFile, letter: Letter): Promise<Partial<Facts>> {
  if (!letter.donnees.includes('piecesJointes')) return {}
  const listed =
    !isLegalLetter(letter) || recipientOf(letter) === 'debiteur'
      ? (await readExhibits(sql, file.case.id))
          .filter(isFounding)
          .map((exhibit, i) => ({ id: exhibit.id, ...listedExhibit(exhibit, i + 1) }))
      : (await numberExhibits(sql, file.case.id)).map((exhibit) => listedExhibit(exhibit, exhibitNumber(exhibit)))
  return listed.length > 0 ? ({ piecesJointes: listed } as Partial<Facts>) : {}
}

/** What was given, added to what the house knows: parts that it does not have, and nothing in the place of its own. */
function addedTo(letter: Letter, known: Record<string, unknown>, given: GivenFacts): GivenFacts {
  return Object.fromEntries(
    Object.entries(given).map(([key, value]) => {
      const own = known[key]
      if (own === undefined) {
        const act = actFor(letter, key)
        if (act) throw notRecorded(key, act)
        return [key, value]
      }
      if (!isObject(own) || !isObject(value)) throw overridden([key])
      const clash = Object.keys(value).filter((part) => part in own && String(own[part]) !== String(value[part]))
      if (clash.length > 0) throw overridden(clash.map((part) => `${key}.${part}`))
      return [key, { ...value, ...own }]
    }),
  )
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const overridden = (keys: string[]): DomainError =>
  new DomainError('bad_facts', `Le dossier dit lui-même ces données\u00a0: ${keys.join(', ').slice(0, 200)}.`, {
    remedy: 'Ne les donnez pas\u00a0; si elles sont fausses, corrigez-les au dossier, par l’acte qui les enregistre.',
    facts: { keys },
  })

const notRecorded = (key: string, act: string): DomainError =>
  new DomainError(
    'fact_not_recorded',
    `Le dossier ne connaît pas « ${key} »\u00a0: un courrier ne le dit pas avant lui.`,
    {
      remedy: `Enregistrez-le d’abord (${act}).`,
      facts: { key, act },
    },
  )

/** The last day to answer: counted from the delay given, where it was not; never one that has passed, nor before the end of the delay. */
function withDay(onDay: Day, letter: Letter, given: GivenFacts): GivenFacts {
  const { delaiJours, dateLimite } = given as { delaiJours?: unknown; dateLimite?: { date?: unknown } }
  const earliest = Number.isInteger(delaiJours) ? onDay.add({ days: delaiJours as number }) : onDay.add({ days: 1 })
  if (typeof dateLimite?.date === 'string') {
    const by = parseDay(dateLimite.date, 'dateLimite.date')
    if (Temporal.PlainDate.compare(by, earliest) >= 0) return given
    throw new DomainError('bad_facts', `Le ${dayFr(by)} ne laisse pas le temps de répondre.`, {
      remedy: `Donnez une date limite à partir du ${dayFr(earliest)}.`,
      facts: { from: earliest.toString() },
    })
  }
  const isCounted = delaiJours !== undefined && dateLimite === undefined && letter.donnees.includes('dateLimite')
  return isCounted ? { ...given, dateLimite: { date: earliest.toString() } } : given
}
