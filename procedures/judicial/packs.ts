import { assemblePack, type PackPart } from '../../documents/pack.ts'
import type { Facts } from '../../documents/facts.ts'
import { type Day, dayFr } from '../../schema/days.ts'
import { json, type Sql, transaction } from '../../schema/db.ts'
import { DomainError } from '../../schema/errors.ts'
import { amountFr } from '../../schema/money.ts'
import { newId } from '../../schema/random.ts'
import { readExhibits } from '../cases/exhibits.ts'
import { type CaseFile, readCase } from '../cases/file.ts'
import { type Author, record } from '../cases/journal.ts'
import { instantOf, type Office } from '../office.ts'
import { type ConsentStatement, readConsentRequest } from './consent.ts'
import { courtFacts, exhibitPart, filingCosts, pageCount, writePaper } from './papers.ts'
import { type Exhibit as ExhibitRule, exhibitsOf, loadProcedure, type StepDeadline } from './procedure.ts'
import {
  deadlinesOf,
  earliestFiling,
  type OpenProcedure,
  readProcedure,
  readProcedureEvents,
  requireNotSuspended,
  requirePeriodRun,
  underConsent,
} from './procedures.ts'

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
 * Assembles the pack of a step: « requete » for the court, exactly as the creditor signed it; « signification » for the
 * bailiff once the order is recorded. What is missing is named, and stops the pack unless a named person of the legal
 * cell goes on with a written reason, which goes into the manifest.
 */
export async function assembleFilingPack(
  office: Office,
  onDay: Day,
  input: { procedureId: string; kind: 'requete' | 'signification'; reason?: string; bailiffId?: string },
  author: Author,
): Promise<Pack> {
  return underConsent(async () =>
    transaction(office.sql, async (sql) => {
      const open = await readProcedure(sql, input.procedureId)
      await sql`select 1 from cases where id = ${open.caseId} for update`
      const file = await readCase(sql, open.caseId)
      const missing = await missingPieces(sql, onDay, file, open, input.kind)
      if (missing.length > 0 && !input.reason?.trim()) throw incomplete(missing)
      const request = await readConsentRequest(sql, open.consentId)
      const limits = await deadlinesOf(sql, open)
      const content =
        input.kind === 'requete'
          ? await signedContent(office, sql, onDay, file, open)
          : await serviceContent(office, sql, onDay, open, limits, input.bailiffId)
      const proof = await consentPart(office, sql, open.consentId, request.pdf)
      const { statement } = request
      const result = await assemblePack({
        title:
          input.kind === 'requete'
            ? `${statement.title} : requête`
            : 'Ordonnance d’injonction de payer : signification',
        reference: file.case.number,
        court: open.court.nom,
        parties: { demandeur: file.creditor.name, defendeur: file.debtor.name },
        parts: [...content, proof],
        summary: summary(file, statement, limits, input.kind),
        missing,
        ...(missing.length > 0 && input.reason ? { reason: { by: author, text: input.reason } } : {}),
        doubts: doubtsOf(file, statement, limits),
        at: instantOf(onDay),
        engine: office.typst,
        key: office.seal,
      })
      const [last] = await sql<{ version: number | null }[]>`
        select max(version) as version from packs where procedure_id = ${open.id} and kind = ${input.kind}`
      const pack: Pack = {
        id: newId(office.random),
        procedureId: open.id,
        kind: input.kind,
        version: (last?.version ?? 0) + 1,
        contentSha256: result.manifest.content.sha256,
        pdf: await office.archive.put(result.pdf),
        zip: await office.archive.put(result.zip),
        assembledOn: onDay,
      }
      await sql`
        insert into packs (id, procedure_id, kind, version, content_sha256, pdf, zip, manifest, assembled_on, assembled_by, reason)
        values (${pack.id}, ${pack.procedureId}, ${pack.kind}, ${pack.version}, ${pack.contentSha256}, ${pack.pdf}, ${pack.zip},
                ${json(sql, result.manifest)}, ${onDay}, ${author}, ${input.reason ?? null})`
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

async function signedContent(
  office: Office,
  sql: Sql,
  onDay: Day,
  file: CaseFile,
  open: OpenProcedure,
): Promise<PackPart[]> {
  requireNotSuspended(file, onDay)
  requirePeriodRun(file, onDay)
  const [row] = await sql<{ content: Frozen[] }[]>`select content from consent_requests where id = ${open.consentId}`
  return Promise.all(row!.content.map((part) => thaw(office, part)))
}

async function thaw(office: Office, { sha256, docx, original, ...part }: Frozen): Promise<PackPart> {
  return {
    ...part,
    pdf: await office.archive.get(sha256),
    ...(docx === null ? {} : { docx: await office.archive.get(docx) }),
    ...(original === null
      ? {}
      : { original: { name: original.name, bytes: await office.archive.get(original.sha256) } }),
  }
}

/** Instruction, order, request, bordereau and exhibits: what service needs, with the last day and its article. */
async function serviceContent(
  office: Office,
  sql: Sql,
  onDay: Day,
  open: OpenProcedure,
  limits: StepDeadline[],
  bailiffId: string | undefined,
): Promise<PackPart[]> {
  const order = (await readProcedureEvents(sql, open.id)).find((event) => event.step === 'ordonnance')
  const limit = limits.find((each) => each.step === 'signification' && each.kind === 'not_after')
  if (!order?.original || !limit) {
    throw new DomainError('order_not_recorded', "L'ordonnance n'est pas encore enregistrée avec sa copie.", {
      remedy: 'Enregistrez l’ordonnance (recordProcedureEvent) avec la copie délivrée par le greffe.',
    })
  }
  const [row] = await sql<{ content: Frozen[] }[]>`select content from consent_requests where id = ${open.consentId}`
  const signed = await Promise.all(row!.content.map((part) => thaw(office, part)))
  const exhibits = (await readExhibits(sql, open.caseId)).filter((exhibit) => exhibit.number !== null)
  const facts = {
    ...courtFacts(open.court, exhibits),
    ordonnance: { juridiction: open.court.nom, date: order.happenedOn.toString(), ...stringFacts(order.facts) },
    frais: filingCosts(await readCase(sql, open.caseId), onDay).facts,
    dateLimite: { date: limit.expires.toString(), texte: `${limit.article}, ${limit.version}` },
    ...(await bailiffFacts(sql, bailiffId)),
  } as Partial<Facts>
  const { papiers } = loadProcedure(open.procedure)
  const instruction = await writePaper(
    office,
    sql,
    onDay,
    open.caseId,
    {
      role: 'instruction',
      title: 'Mission de signifier l’ordonnance',
      letter: papiers!.signification,
      name: '00-mission-de-signification',
      channel: 'lettre',
    },
    facts,
  )
  const orderPdf = await office.archive.get(order.original)
  return [
    instruction,
    {
      role: 'order',
      part: 'content',
      title: `Ordonnance du ${dayFr(order.happenedOn)}`,
      name: '01-ordonnance.pdf',
      pdf: orderPdf,
      pages: await pageCount(orderPdf, '01-ordonnance'),
    },
    ...signed
      .filter((part) => part.role === 'application' || part.role === 'statement' || part.role === 'bordereau')
      .map((part, i) => ({ ...part, name: part.name.replace(/^\d\d/, String(i + 2).padStart(2, '0')) })),
    ...(await Promise.all(exhibits.map((exhibit) => exhibitPart(office, exhibit)))),
  ]
}

function stringFacts(facts: Record<string, unknown>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(facts).filter((entry): entry is [string, string] => typeof entry[1] === 'string'),
  )
}

async function bailiffFacts(sql: Sql, bailiffId: string | undefined): Promise<Partial<Facts>> {
  if (bailiffId === undefined) return {}
  const [bailiff] = await sql<
    { name: string; identity: Record<string, unknown> }[]
  >`select name, identity from bailiffs where id = ${bailiffId}`
  return bailiff ? ({ commissaire: { etude: bailiff.name, ...bailiff.identity } } as Partial<Facts>) : {}
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
      bytes: new TextEncoder().encode(`${JSON.stringify(signed.proof, null, 2)}\n`),
    },
  }
}

/** What the law or practice wants in the pack and neither the case nor its papers hold, with where to get it. */
async function missingPieces(
  sql: Sql,
  onDay: Day,
  file: CaseFile,
  open: OpenProcedure,
  kind: string,
): Promise<Missing[]> {
  const held = new Set<string>((await readExhibits(sql, file.case.id)).map((exhibit) => exhibit.kind))
  // Either document engages the debtor as well as a contract would.
  if (held.has('devis') || held.has('commande')) held.add('contrat')
  if ((await readProcedureEvents(sql, open.id)).some((event) => event.step === 'ordonnance' && event.original !== null))
    held.add('ordonnance')
  const written = new Set(['requete', 'bordereau', 'decompte', 'pieces'])
  const needed = (piece: ExhibitRule) =>
    piece.requis === 'oui' ||
    (piece.type === 'kbis-debiteur' && file.debtor.kind === 'business') ||
    (piece.type === 'avoir' && file.creditNotes.length > 0)
  return exhibitsOf(loadProcedure(open.procedure), kind, onDay)
    .filter((piece) => needed(piece) && !held.has(piece.type) && !written.has(piece.type))
    .map((piece) => ({ what: piece.titre, from: piece.aupres_de, remedy: `Demander ${piece.quoi}.` }))
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

function summary(
  file: CaseFile,
  statement: ConsentStatement,
  limits: StepDeadline[],
  kind: string,
): { label: string; value: string }[] {
  const money = (text: string) => amountFr(BigInt(text.replace('.', '')), 'EUR')
  const next = limits
    .filter((limit) => limit.kind === 'not_after')
    .toSorted((a, b) => Temporal.PlainDate.compare(a.expires, b.expires))
  const first = file.documents.find((document) => document.firstLetter)
  return [
    { label: 'Principal', value: money(statement.principal) },
    {
      label: `Intérêts arrêtés au ${statement.statementOn.split('-').reverse().join('/')}`,
      value: money(statement.interest),
    },
    { label: 'Indemnité forfaitaire', value: money(statement.indemnity) },
    { label: 'Total demandé', value: money(statement.total) },
    { label: 'Plafond de frais accepté', value: money(statement.ceiling) },
    { label: 'Échéance la plus ancienne', value: dayFr(file.case.anchorOn) },
    ...(first
      ? [{ label: 'Première lettre (CPCE R124-4)', value: `${first.reference}, ${dayFr(first.writtenOn)}` }]
      : []),
    ...(kind === 'requete' ? [{ label: 'Dépôt possible à partir du', value: dayFr(earliestFiling(file).on) }] : []),
    { label: 'Prescription', value: dayFr(file.case.limitationOn) },
    ...next.map((limit) => ({
      label: `Dernier jour : ${limit.title}`,
      value: `${dayFr(limit.expires)} (${limit.article})`,
    })),
  ]
}

function doubtsOf(file: CaseFile, statement: ConsentStatement, limits: StepDeadline[]): string[] {
  const invoices = file.invoices.flatMap((invoice) =>
    invoice.doubts.map((doubt) => `${invoice.number} : ${doubt.message}`),
  )
  const law = limits.flatMap((limit) => limit.doubts.map((doubt) => doubt.message))
  return [...new Set([...invoices, ...statement.doubts, ...law])]
}
