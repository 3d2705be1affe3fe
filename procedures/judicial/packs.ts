import { keepPack, type PackPart } from '../../documents/pack.ts'
import type { Facts } from '../../documents/facts.ts'
import type { Manifest } from '../../documents/manifest.ts'
import { before, type Day, dayFr, dayShortFr, parseDay } from '../../schema/days.ts'
import { json, type Sql, transaction } from '../../schema/db.ts'
import { DomainError } from '../../schema/errors.ts'
import { amountFr, parseCurrency } from '../../schema/money.ts'
import { newId } from '../../schema/random.ts'
import { type Exhibit, exhibitNumber, readExhibits } from '../cases/exhibits.ts'
import { type CaseFile, readCase } from '../cases/file.ts'
import { isLookUpDoubt, lookUpDoubts } from '../cases/insolvency-watch.ts'
import { type Author, record } from '../cases/journal.ts'
import { payableOn } from '../cases/ledger.ts'
import { instantOf, type Office } from '../office.ts'
import { casePicture } from './drawing.ts'
import { caseFile } from './case-file.ts'
import { progressOf } from './case-progress.ts'
import { type ConsentStatement, readConsentRequest } from './consent.ts'
import { addressee } from './dossiers.ts'
import { requireEnforceable } from './enforceable.ts'
import type { GivenFacts } from './paper-facts.ts'
import { exhibitPart, exhibitsFor, pageCount, writePapers } from './papers.ts'
import { type Dossier, type Exhibit as ExhibitRule, exhibitsOf, loadProcedure, type Procedure } from './procedure.ts'
import type { StepDeadline } from './time-limits.ts'
import {
  deadlinesOf,
  earliestFiling,
  needsNotice,
  requireNotSuspended,
  requirePeriodRun,
  underConsent,
} from './procedures.ts'
import { type OpenProcedure, type ProcedureEvent, readProcedure, readProcedureEvents } from './open-procedures.ts'
import { exhibitsOfPack, postalGaps, registeredLetters, tooLate } from './postal-gaps.ts'
import type { Progress } from './progress.ts'
import { requireSignedCourt } from './signed-court.ts'
import { queueTimestamp } from './timestamps.ts'
import { gatherTitle, titleFacts, titleSteps } from './titles.ts'

export interface Pack {
  id: string
  procedureId: string
  kind: string
  version: number
  contentSha256: string
  pdf: string
  zip: string
  assembledOn: Day
}

export interface Missing {
  what: string
  from: string
  remedy: string
}

type Frozen = Omit<PackPart, 'pdf' | 'docx' | 'original'> & {
  sha256: string
  docx: string | null
  original: { name: string; sha256: string } | null
}

/**
 * Assembles the pack of a step: the signed one exactly as the creditor signed it, another (service, seizure, conversion)
 * written on the day, with the acts recorded since. What is missing is named, and stops the pack unless a named person of
 * the legal cell goes on with a written reason, which goes into the manifest. Each assembly is a version of its own.
 */
export async function assembleFilingPack(
  office: Office,
  onDay: Day,
  input: {
    procedureId: string
    /** A pack of the procedure's file; the signed one when absent. */
    kind?: string
    reason?: string
    bailiffId?: string
    facts?: GivenFacts
  },
  author: Author,
): Promise<Pack> {
  return underConsent(async () =>
    transaction(office.sql, async (sql) => {
      const open = await readProcedure(sql, input.procedureId)
      await sql`select 1 from cases where id = ${open.caseId} for update`
      const file = await readCase(sql, open.caseId)
      const request = await readConsentRequest(sql, open.consentId)
      const procedure = loadProcedure(open.procedure)
      const kind = input.kind ?? request.packKind
      const dossier = dossierOf(procedure, kind)
      const given = { ...(await titleFacts(sql, open.caseId, onDay)), ...request.facts, ...input.facts }
      await requireEnforceable(sql, file, procedure, onDay, { ...request.facts, ...input.facts }, kind)
      const missing = await missingPieces(sql, onDay, file, { open, procedure, kind, dossier, given })
      if (missing.length > 0 && !input.reason?.trim()) throw incomplete(missing)
      const standing = await progressOf(sql, open, onDay)
      const limits = await deadlinesOf(sql, open)
      const content =
        kind === request.packKind
          ? await signedContent(office, sql, onDay, file, open, procedure)
          : await writtenContent(office, sql, onDay, file, {
              open,
              procedure,
              kind,
              given,
              limits,
              bailiffId: input.bailiffId,
            })
      const proof = await consentPart(office, sql, open.consentId, request.pdf)
      const { statement } = request
      const previous = await lastVersion(sql, open, kind)
      const version = (previous?.version ?? 0) + 1
      const next = nextLimit(standing, onDay)
      const court = kind === request.packKind ? statement.court : addressee(procedure, kind, open.court)
      const { manifest, zip, pdf } = await keepPack(office.archive, {
        title: kind === request.packKind && kind === 'requete' ? `${statement.title} : requête` : dossier.titre,
        version,
        ...(previous ? { previous: { version: previous.version, files: previous.manifest.files } } : {}),
        reference: file.case.number,
        court,
        parties: { demandeur: file.creditor.name, defendeur: file.debtor.name },
        parts: [...content, proof],
        summary: summary(
          file,
          onDay,
          kind === request.packKind ? statement : null,
          statement.ceiling,
          standing.due,
          needsNotice(procedure),
        ),
        ...(next ? { nextLimit: next } : {}),
        picture: casePicture(procedure, standing),
        missing,
        ...(missing.length > 0 && input.reason ? { reason: { by: author, text: input.reason } } : {}),
        doubts: doubtsOf(file, onDay, statement, limits),
        at: instantOf(onDay),
        engine: office.typst,
        key: office.seal,
      })
      const pack: Pack = {
        id: newId(office.random),
        procedureId: open.id,
        kind,
        version,
        contentSha256: manifest.content.sha256,
        pdf,
        zip,
        assembledOn: onDay,
      }
      const caseJson = await office.archive.put(
        caseFile({
          file,
          onDay,
          open,
          procedure,
          dossier,
          pack,
          manifest,
          standing,
          events: await readProcedureEvents(sql, open.id),
        }),
      )
      await sql`
        insert into packs (id, procedure_id, kind, version, content_sha256, pdf, zip, case_json, manifest, changes, assembled_on, assembled_by, reason)
        values (${pack.id}, ${pack.procedureId}, ${pack.kind}, ${pack.version}, ${pack.contentSha256}, ${pack.pdf}, ${pack.zip}, ${caseJson},
                ${json(sql, manifest)}, ${manifest.changes ? json(sql, manifest.changes) : null}, ${onDay}, ${author}, ${input.reason ?? null})`
      if (office.timestamps) await queueTimestamp(sql, pack.id)
      await record(sql, onDay, {
        caseId: open.caseId,
        kind: 'pack_assembled',
        detail: { pack: pack.id, kind: pack.kind, version: pack.version, zip: pack.zip },
        author,
      })
      return pack
    }),
  )
}

function dossierOf(procedure: Procedure, kind: string): Dossier {
  const dossier = procedure.dossiers?.[kind]
  if (dossier?.papiers?.length) return dossier
  throw new DomainError('unknown_pack', `« ${procedure.titre} » n'a pas de dossier « ${kind.slice(0, 60)} ».`, {
    remedy: `Dossiers : ${Object.keys(procedure.dossiers ?? {}).join(', ') || 'aucun'}.`,
    facts: { procedure: procedure.id, pack: kind.slice(0, 60) },
  })
}

/** The version before, counted over the consents of the case: a new consent follows the pack of the old one. */
async function lastVersion(
  sql: Sql,
  open: OpenProcedure,
  kind: string,
): Promise<{ version: number; manifest: Manifest } | undefined> {
  const [last] = await sql<{ version: number; manifest: Manifest }[]>`
    select k.version, k.manifest from packs k join procedures p on p.id = k.procedure_id
    where p.case_id = ${open.caseId} and p.procedure = ${open.procedure} and k.kind = ${kind}
    order by k.version desc limit 1`
  return last
}

async function signedContent(
  office: Office,
  sql: Sql,
  onDay: Day,
  file: CaseFile,
  open: OpenProcedure,
  procedure: Procedure,
): Promise<PackPart[]> {
  requireNotSuspended(file, onDay, procedure)
  if (needsNotice(procedure)) requirePeriodRun(file, onDay)
  await requireSignedCourt(sql, file, procedure, open, onDay)
  return signedParts(office, sql, open)
}

async function signedParts(office: Office, sql: Sql, open: OpenProcedure): Promise<PackPart[]> {
  const [row] = await sql<{ content: Frozen[] }[]>`select content from consent_requests where id = ${open.consentId}`
  return Promise.all(row!.content.map((part) => thaw(office, part)))
}

async function thaw(office: Office, { sha256, docx, original, ...part }: Frozen): Promise<PackPart> {
  return {
    ...part,
    pdf: await office.archive.stored(sha256),
    ...(docx === null ? {} : { docx: await office.archive.stored(docx) }),
    ...(original === null
      ? {}
      : { original: { name: original.name, content: await office.archive.stored(original.sha256) } }),
  }
}

/**
 * A pack written after the signed one: its own papers of the day, the acts recorded since, the application and bordereau
 * as they were filed where it takes them up, and the exhibits.
 */
async function writtenContent(
  office: Office,
  sql: Sql,
  onDay: Day,
  file: CaseFile,
  order: {
    open: OpenProcedure
    procedure: Procedure
    kind: string
    given: GivenFacts
    limits: StepDeadline[]
    bailiffId: string | undefined
  },
): Promise<PackPart[]> {
  const { open, procedure, kind, given, limits } = order
  const dossier = procedure.dossiers![kind]!
  const events = await readProcedureEvents(sql, open.id)
  const acts = (dossier.actes ?? []).map((step) => events.findLast((event) => event.step === step && event.original))
  if (acts.some((act) => act === undefined)) {
    const absent = dossier.actes!.filter((_, i) => acts[i] === undefined)
    throw new DomainError(
      'order_not_recorded',
      `L'acte « ${absent.join(', ')} » n'est pas encore enregistré avec sa copie.`,
      {
        remedy: 'Enregistrez-le (recordProcedureEvent) avec la copie délivrée par le greffe.',
        facts: { steps: absent },
      },
    )
  }
  const signed = dossier.reprend ? await signedParts(office, sql, open) : []
  const takenUp = signed.filter((part) => part.role === 'application' || part.role === 'bordereau')
  await gatherTitle(office, sql, onDay, file)
  const exhibits = dossier.reprend
    ? signedExhibits(signed, await readExhibits(sql, open.caseId))
    : await exhibitsFor(sql, open.caseId, dossier)
  const papers = await writePapers(
    office,
    sql,
    onDay,
    file,
    {
      procedure,
      kind,
      court: open.court,
      given,
      bailiffId: order.bailiffId,
      events: eventFacts(procedure, open, acts, limits, kind),
    },
    exhibits,
  )
  const orders: PackPart[] = []
  for (const act of acts) {
    const pdf = await office.archive.stored(act!.original!)
    const title = procedure.etapes.find((step) => step.id === act!.step)?.titre ?? act!.step
    orders.push({
      role: 'order',
      part: 'content',
      title: `${title} du ${dayFr(act!.happenedOn)}`,
      name: `${act!.step}.pdf`,
      pdf,
      pages: await pageCount(await office.archive.get(act!.original!), act!.step),
    })
  }
  const [first, ...others] = papers
  const acted = [first!, ...orders, ...others, ...takenUp].map((part, i) => ({
    ...part,
    name: `${String(i + 1).padStart(2, '0')}-${part.name.replace(/^\d\d-/, '')}`,
  }))
  const joined = dossier.reprend
    ? signed.filter((part) => part.role === 'exhibit')
    : await Promise.all(exhibits.map((exhibit) => exhibitPart(office, exhibit)))
  return [...acted, ...joined]
}

// The exhibits of a pack that was filed are those the court saw, whatever joined the case since.
function signedExhibits(signed: PackPart[], known: Exhibit[]): Exhibit[] {
  const numbers = new Set(signed.flatMap((part) => part.exhibit?.number ?? []))
  return known.filter((exhibit) => numbers.has(exhibitNumber(exhibit)))
}

/** The last act of the court, as letters say it, and the last day of the step that the pack serves. */
function eventFacts(
  procedure: Procedure,
  open: OpenProcedure,
  acts: (ProcedureEvent | undefined)[],
  limits: StepDeadline[],
  kind: string,
): Partial<Facts> {
  const steps = procedure.etapes.filter((step) => step.dossier === kind).map((step) => step.id)
  const limit = limits.find((each) => steps.includes(each.step) && each.kind === 'not_after')
  const act = acts.at(-1)
  const decision = act && { juridiction: open.court.nom, date: act.happenedOn.toString(), ...stringFacts(act.facts) }
  return {
    ...(decision ? { ordonnance: decision, decision } : {}),
    ...(limit ? { dateLimite: { date: limit.expires.toString(), texte: `${limit.article}, ${limit.version}` } } : {}),
  } as Partial<Facts>
}

function stringFacts(facts: Record<string, unknown>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(facts).filter((entry): entry is [string, string] => typeof entry[1] === 'string'),
  )
}

async function consentPart(office: Office, sql: Sql, requestId: string, pdf: string): Promise<PackPart> {
  const [signed] = await sql<{ proof: unknown; decidedOn: Day; signedBy: string; capacity: string }[]>`
    select proof, decided_on, signed_by, capacity from consents where request_id = ${requestId} and decision = 'given'`
  if (!signed) throw Object.assign(new Error('no consent'), { code: 'CT001' })
  const form = await office.archive.get(pdf)
  return {
    role: 'consent',
    part: 'proof',
    title: `Accord du créancier, ${signed.signedBy} (${signed.capacity}), le ${dayFr(signed.decidedOn)}`,
    name: 'accord-du-creancier.pdf',
    pdf: form,
    pages: await pageCount(form, 'accord-du-creancier'),
    original: {
      name: 'accord-du-creancier-preuve.json',
      content: new TextEncoder().encode(`${JSON.stringify(signed.proof, null, 2)}\n`),
    },
  }
}

/** What the law or practice wants in the pack and neither the case nor its papers hold, with where to get it. */
async function missingPieces(
  sql: Sql,
  onDay: Day,
  file: CaseFile,
  input: { open: OpenProcedure; procedure: Procedure; kind: string; dossier: Dossier; given: GivenFacts },
): Promise<Missing[]> {
  const { open, procedure, kind, dossier, given } = input
  const exhibits = await exhibitsOfPack(sql, open, kind)
  const held = new Set<string>(exhibits.joined.map((exhibit) => exhibit.kind))
  // Either document engages the debtor as well as a contract would.
  if (held.has('devis') || held.has('commande')) held.add('contrat')
  for (const event of await readProcedureEvents(sql, open.id)) if (event.original !== null) held.add(event.step)
  const taken = dossier.reprend ? (procedure.dossiers?.[dossier.reprend]?.papiers ?? []) : []
  for (const paper of [...(dossier.papiers ?? []), ...taken]) held.add(paper.nature)
  if (taken.length > 0) held.add('pieces')
  for (const step of await titleSteps(sql, file.case.id, onDay)) held.add(step)
  const needed = (piece: ExhibitRule) =>
    piece.requis === 'oui' ||
    (piece.type === 'kbis-debiteur' && file.debtor.kind === 'business') ||
    (piece.type === 'avoir' && file.creditNotes.length > 0)
  const known = { ...given, debiteur: { adresse: file.debtor.address ?? undefined } }
  const rules = exhibitsOf(procedure, kind, onDay)
  const postal = rules.some(({ type }) => type === 'mise-en-demeure') ? postalGaps(file, exhibits) : []
  // Letters that answer for themselves are not asked for a proof in general.
  if (registeredLetters(file, exhibits.joined).length > 0) held.add('preuve-depot').add('preuve-reception')
  const pieces = rules
    .filter((piece) => needed(piece) && !held.has(piece.type) && !(piece.fait !== undefined && has(known, piece.fait)))
    .map((piece) => ({
      what: piece.titre,
      from: piece.aupres_de,
      remedy: exhibits.later.some(({ kind }) => kind === piece.type) ? tooLate : `Demander ${piece.quoi}.`,
    }))
  return [...pieces, ...postal]
}

function has(facts: Record<string, unknown>, path: string): boolean {
  let value: unknown = facts
  for (const key of path.split('.')) value = (value as Record<string, unknown> | undefined)?.[key]
  return value !== undefined && !(Array.isArray(value) && value.length === 0)
}

function incomplete(missing: Missing[]): DomainError {
  return new DomainError(
    'pack_incomplete',
    `Il manque au dossier : ${missing.map((piece) => piece.what).join(' ; ')}.`,
    {
      remedy: `${missing.map((piece) => `${piece.remedy} (${piece.from})`).join(' ; ')}. Ou passez outre avec un motif écrit.`,
      facts: { missing },
    },
  )
}

/** The time limit that ends first: what whoever opens the pack must read before anything else. */
function nextLimit({ due }: Progress, onDay: Day): { label: string; value: string } | undefined {
  const [first] = due
  if (!first) return undefined
  const left = onDay.until(first.expires).days
  return {
    label: `Prochaine date limite : ${first.title}`,
    value: `${dayFr(first.expires)}, dans ${left} jour${left > 1 ? 's' : ''} (${first.article})`,
  }
}

function summary(
  file: CaseFile,
  onDay: Day,
  signed: ConsentStatement | null,
  ceiling: string,
  running: StepDeadline[],
  waits: boolean,
): { label: string; value: string }[] {
  const currency = parseCurrency(file.case.currency)
  const owed = payableOn(file, onDay)
  const cents = (text: string) => BigInt(text.replace('.', ''))
  const money = (value: bigint) => amountFr(value, currency)
  const sums = signed
    ? {
        principal: cents(signed.principal),
        interest: cents(signed.interest),
        indemnity: cents(signed.indemnity),
        penalty: cents(signed.penalty ?? '0.00'),
        costs: cents(signed.costs ?? '0.00'),
        total: cents(signed.total),
      }
    : owed
  const until = signed ? parseDay(signed.statementOn) : onDay
  const [insolvency] = file.insolvencies
  // C. com. L622-28: the opening day is the last that bears interest.
  const stopped = dayShortFr(insolvency && before(insolvency.openedOn, until) ? insolvency.openedOn : until)
  const first = file.documents.find((document) => document.firstLetter)
  const isMalagasy = file.case.zone === 'madagascar'
  return [
    { label: 'Principal', value: money(sums.principal) },
    { label: `Intérêts arrêtés au ${stopped}`, value: money(sums.interest) },
    ...(sums.indemnity > 0n ? [{ label: 'Indemnité forfaitaire', value: money(sums.indemnity) }] : []),
    ...(sums.penalty > 0n ? [{ label: 'Clause pénale', value: money(sums.penalty) }] : []),
    ...(sums.costs > 0n ? [{ label: 'Article 700 et dépens', value: money(sums.costs) }] : []),
    { label: 'Total demandé', value: money(sums.total) },
    ...(owed.perDay > 0n ? [{ label: 'Intérêts à courir, par jour', value: money(owed.perDay) }] : []),
    { label: 'Plafond de frais accepté', value: money(cents(ceiling)) },
    { label: 'Échéance la plus ancienne', value: dayFr(file.case.anchorOn) },
    ...(first
      ? [
          {
            label: isMalagasy ? 'Première lettre' : 'Première lettre (CPCE R124-4)',
            value: `${first.reference}, ${dayFr(first.writtenOn)}`,
          },
        ]
      : []),
    ...(signed && waits ? [{ label: 'Dépôt possible à partir du', value: dayFr(earliestFiling(file).on) }] : []),
    { label: 'Prescription', value: dayFr(file.case.limitationOn) },
    ...running.map((limit) => ({
      label: `Dernier jour : ${limit.title}`,
      value: `${dayFr(limit.expires)} (${limit.article})`,
    })),
  ]
}

function doubtsOf(file: CaseFile, onDay: Day, statement: ConsentStatement, limits: StepDeadline[]): string[] {
  const invoices = file.invoices.flatMap((invoice) =>
    invoice.doubts.map((doubt) => `${invoice.number} : ${doubt.message}`),
  )
  const law = limits.flatMap((limit) => limit.doubts.map((doubt) => doubt.message))
  const costs = new Set(statement.costDoubts)
  const signed = statement.doubts.filter((message) => !isLookUpDoubt(message) && !costs.has(message))
  const looked = lookUpDoubts(file, onDay, 'depot').map(({ message }) => message)
  return [...new Set([...invoices, ...signed, ...looked, ...law])]
}
