import { type Content, isStored } from '../../../documents/archive.ts'
import { packContentHash, packFiles } from '../../../documents/packs/pack.ts'
import type { Facts } from '../../../documents/facts.ts'
import { type Day, dayFr } from '../../../schema/days.ts'
import { json, type Sql, transaction } from '../../../schema/db.ts'
import { DomainError, type Doubt } from '../../../schema/errors.ts'
import { amount } from '../../../schema/money.ts'
import { newId } from '../../../schema/random.ts'
import { writeLetter } from '../../mail/correspondence.ts'
import { letterFor } from '../../mail/situation-letters.ts'
import { lookUpDoubts } from '../../cases/insolvency/insolvency-watch.ts'
import { type CaseFile, readCase } from '../../cases/file/file.ts'
import { type Author, record } from '../../cases/journal.ts'
import type { Owed } from '../../law/interest.ts'
import { isMalagasy, payableOn } from '../../money/ledger.ts'
import { type Sums, sumsOf } from '../../money/sums.ts'
import type { Office } from '../../office.ts'
import { endEarlierRequests } from './earlier-requests.ts'
import { withGivenTitle } from '../titles/given-title.ts'
import { interruptionsOf } from '../titles/interruptions.ts'
import type { GivenFacts } from '../packs/paper-facts.ts'
import { addressee, atBench, filingStep, goesToCourt, signedKind } from '../packs/dossiers.ts'
import { type Content as PackContent, courtFacts, writeContent } from '../packs/papers.ts'
import { requireConditions } from '../engine/conditions.ts'
import { requireEnforceable } from '../titles/enforceable.ts'
import { loadProcedure, type Procedure } from '../engine/procedure.ts'
import { requireNotSuspended } from '../procedures.ts'
import { refuseClosedToPublic } from '../courts/public-debtor.ts'
import { gatherSeizure, refuseSecondSeizure, seizureToLift } from '../titles/seizures.ts'
import { withTitleLimitation } from '../titles/title-limitation.ts'
import { titleDoubts, titleFacts } from '../titles/titles.ts'

/** What the creditor signs; frozen, and void as soon as the file changes. */
export interface ConsentStatement extends Sums {
  procedure: string
  title: string
  court: string
  debtor: string
  ceiling: string
  currency: string
  statementOn: string
  expiresOn: string
  contentSha256: string
  /** What the creditor must know is not certain: costs, rates. */
  doubts: string[]
  /** Those of them that are of costs: the creditor's to weigh, and nobody else's. */
  costDoubts?: string[]
}

export interface ConsentRequest {
  id: string
  caseId: string
  procedure: string
  requestedOn: Day
  expiresOn: Day
  statement: ConsentStatement
  contentSha256: string
  content: { name: string; sha256: string }[]
  /** The pack that the creditor signs, a key of the procedure's `dossiers`. */
  packKind: string
  facts: GivenFacts
  pdf: string
  editable: string | null
}

/** What the creditor is to be asked. */
export interface ConsentOrder {
  file: CaseFile
  procedure: string
  ceiling: bigint
  expiresOn: Day
  /** Facts for its papers that the case does not hold: the title, the accounts, the threat… */
  facts?: GivenFacts
  /** The office that a mission is addressed to. */
  bailiffId?: string
  stepId?: string
  author: Author
}

/**
 * Freezes what the creditor is asked to agree to: procedure, court, sums, ceiling of cost, expiry, and the hash of every
 * file the court would receive. Sends it to the creditor.
 */
export async function requestConsent(
  office: Office,
  sql: Sql,
  onDay: Day,
  order: ConsentOrder,
): Promise<ConsentRequest> {
  return transaction(sql, async (tx) => ask(office, tx, onDay, order))
}

/** The article that says so in France; of a Malagasy case, none is told. */
const french = (file: CaseFile, article: string): string => (isMalagasy(file) ? '' : ` (${article})`)

/** What the creditor signs rests on what it can prove: a bare file is shown as one. */
function evidenceDoubts(file: CaseFile, { exhibits }: Pick<PackContent, 'exhibits'>): Doubt[] {
  const doubts: Doubt[] = []
  if (!file.documents.some(({ recipient }) => recipient === 'debiteur')) {
    const message = `Aucun courrier au débiteur n’est au dossier\u00a0: ni relance ni mise en demeure ne prouve qu’il a été invité à payer${french(file, 'C. civ. 1231-6 et 1344')}.`
    doubts.push({ code: 'no_letter', message })
  }
  if (exhibits.length === 0) {
    const message = `Aucune pièce n’est jointe\u00a0: il appartient au créancier de prouver l’obligation dont il demande l’exécution${french(file, 'C. civ. 1353')}.`
    doubts.push({ code: 'no_exhibit', message })
  }
  return doubts
}

async function ask(office: Office, sql: Sql, onDay: Day, input: ConsentOrder): Promise<ConsentRequest> {
  const { facts: given = {} } = input
  const acts = await interruptionsOf(sql, input.file.case.id, onDay)
  const file = await withTitleLimitation(sql, withGivenTitle(input.file, given), given, acts, onDay)
  const procedure = loadProcedure(input.procedure)
  refuseClosedToPublic(file, procedure.id, onDay)
  const kind = signedKind(procedure)
  if (Temporal.PlainDate.compare(input.expiresOn, onDay) < 0) {
    throw new DomainError('expiry_in_past', `Le ${dayFr(input.expiresOn)} est passé : nul ne pourrait répondre.`, {
      remedy: 'Donnez au créancier un délai de réponse à venir.',
      facts: { expiresOn: input.expiresOn.toString() },
    })
  }
  requireSameLaw(file, procedure)
  requireNotSuspended(file, onDay, procedure)
  const toCheck = [
    ...requireConditions(file, procedure, onDay),
    ...(await requireEnforceable(sql, file, procedure, onDay, given)),
    ...(await refuseSecondSeizure(sql, file, procedure, onDay, given)),
  ]
  const lifted = await seizureToLift(sql, file, procedure, onDay, given)
  await gatherSeizure(office, sql, onDay, file, lifted.seizure)
  await endEarlierRequests(sql, onDay, file.case.id, procedure, given)
  const title = await titleFacts(sql, file.case.id, onDay)
  const content = await writeContent(office, sql, onDay, file, {
    procedure,
    given: { ...title, ...lifted.facts, ...given },
    bailiffId: input.bailiffId,
  })
  const doubts = [...titleDoubts(file, procedure, kind, onDay, given), ...evidenceDoubts(file, content), ...toCheck]
  const id = newId(office.random)
  const statement = statementOf(onDay, { ...input, file }, { procedure, kind, content, doubts })
  const facts = {
    ...courtFacts(atBench(content.court, procedure.dossiers![kind]!), content.exhibits, goesToCourt(procedure, kind)),
    ...consentFacts(statement, id),
    frais: { ...content.costs.facts, plafond: statement.ceiling },
  }
  const now = { ...(await readCase(sql, file.case.id)), titles: file.titles }
  const form = await writeLetter(office, sql, onDay, now, {
    letter: letterFor(file, 'consent-form'),
    channel: 'formulaire',
    recipient: 'creancier',
    facts,
    author: input.author,
  })
  await writeLetter(office, sql, onDay, form.file, {
    letter: 'creancier-demande-consentement-judiciaire',
    channel: 'email',
    recipient: 'creancier',
    facts,
    author: input.author,
    ...(input.stepId === undefined ? {} : { stepId: input.stepId }),
  })
  const request: ConsentRequest = {
    id,
    caseId: file.case.id,
    procedure: input.procedure,
    requestedOn: onDay,
    expiresOn: input.expiresOn,
    statement,
    contentSha256: statement.contentSha256,
    content: packFiles(content.parts).map(({ name, sha256 }) => ({ name, sha256 })),
    packKind: kind,
    facts: given,
    pdf: form.sha256,
    editable: form.editable,
  }
  await sql`
    insert into consent_requests (id, case_id, procedure, pack_kind, filing_step, facts, requested_on, expires_on, statement,
                                  content_sha256, content, pdf, editable, requested_by)
    values (${id}, ${request.caseId}, ${request.procedure}, ${kind}, ${filingStep(procedure)}, ${json(sql, given)}, ${onDay},
            ${request.expiresOn}, ${json(sql, statement)}, ${request.contentSha256},
            ${json(sql, await frozenContent(content.parts, office))}, ${request.pdf}, ${request.editable}, ${input.author})`
  await record(sql, onDay, {
    caseId: file.case.id,
    kind: 'consent_requested',
    detail: { request: id, contentSha256: request.contentSha256, total: statement.total },
    author: input.author,
  })
  return request
}

/** What the creditor is to sign, in the words and sums of that day. */
function statementOf(
  onDay: Day,
  { file, ceiling, expiresOn }: ConsentOrder,
  { procedure, kind, content, doubts }: { procedure: Procedure; kind: string; content: PackContent; doubts: Doubt[] },
): ConsentStatement {
  const owed = payableOn(file, onDay)
  return {
    procedure: procedure.id,
    title: procedure.titre,
    court: addressee(procedure, kind, content.court),
    debtor: file.debtor.name,
    ...sumsOf(owed),
    ceiling: amount(ceiling),
    currency: file.case.currency,
    statementOn: onDay.toString(),
    expiresOn: expiresOn.toString(),
    contentSha256: packContentHash(content.parts),
    doubts: [
      ...owed.doubts,
      ...leftOut(file, owed),
      ...lookUpDoubts(file, onDay, 'depot'),
      ...(goesToCourt(procedure, kind) ? content.court.doubts : []),
      ...content.costs.doubts,
      ...doubts,
    ].map((doubt) => doubt.message),
    costDoubts: content.costs.doubts.map((doubt) => doubt.message),
  }
}

/** What limitation has put out of reach is no part of the sum, and the creditor reads so. */
function leftOut(file: CaseFile, { barred }: Owed): Doubt[] {
  if (barred.length === 0) return []
  const numbers = barred.map(({ number }) => number).join(', ')
  return [
    {
      code: 'invoice_barred',
      message: `Prescrit, et hors de la somme à demander${french(file, 'C. civ. 2219')}\u00a0: ${numbers}.`,
    },
  ]
}

/** A case of one country is not taken before the courts of another. */
function requireSameLaw(file: CaseFile, procedure: Procedure): void {
  if (isMalagasy(file) === (procedure.pays === 'MG')) return
  throw new DomainError('other_law', `« ${procedure.titre} » n'est pas du droit de ce dossier.`, {
    remedy: 'Choisissez une procédure du pays du débiteur.',
    facts: { procedure: procedure.id, zone: file.case.zone },
  })
}

function consentFacts(statement: ConsentStatement, id: string): Partial<Facts> {
  return {
    consentement: {
      procedure: statement.title,
      reference: id,
      plafond: statement.ceiling,
      expiration: statement.expiresOn,
      empreinte: statement.contentSha256,
    },
    dateLimite: { date: statement.expiresOn },
  } as Partial<Facts>
}

/** What is needed to build the same pack again, byte for byte: each part's description and its files by hash. */
async function frozenContent(parts: Awaited<ReturnType<typeof writeContent>>['parts'], office: Office) {
  const kept = async (content: Content) => (isStored(content) ? content.sha256 : office.archive.put(content))
  const frozen = []
  for (const { pdf, docx, original, ...part } of parts) {
    frozen.push({
      ...part,
      sha256: await kept(pdf),
      docx: docx ? await kept(docx) : null,
      original: original ? { name: original.name, sha256: await kept(original.content) } : null,
    })
  }
  return frozen
}

export async function readConsentRequest(sql: Sql, requestId: string, creditorId?: string): Promise<ConsentRequest> {
  const [request] = await sql<ConsentRequest[]>`
    select r.id, r.case_id, r.procedure, r.requested_on, r.expires_on, r.statement, r.content_sha256, r.content,
           r.pack_kind, r.facts, r.pdf, r.editable
    from consent_requests r join cases c on c.id = r.case_id
    where r.id = ${requestId} and (${creditorId ?? null}::uuid is null or c.creditor_id = ${creditorId ?? null})`
  if (request) return request
  throw new DomainError('consent_not_found', "Cette demande d'accord n'existe pas ou ne vous est pas adressée.", {
    remedy: 'Ouvrez la demande depuis votre espace, ou demandez à votre gestionnaire de vous la renvoyer.',
  })
}
