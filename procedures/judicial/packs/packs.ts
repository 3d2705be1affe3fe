import { keepPack } from '../../../documents/packs/pack.ts'
import type { Manifest } from '../../../documents/packs/manifest.ts'
import type { Day } from '../../../schema/days.ts'
import { json, type Sql, transaction } from '../../../schema/db.ts'
import { DomainError } from '../../../schema/errors.ts'
import { newId } from '../../../schema/random.ts'
import { readCase } from '../../cases/file/file.ts'
import { type Author, record } from '../../cases/journal.ts'
import { instantOf, type Office } from '../../office.ts'
import { casePicture } from '../drawings/drawing.ts'
import { caseFile } from './case-file.ts'
import { progressOf } from '../case-progress.ts'
import { readConsentRequest } from '../consents/consent-requests.ts'
import { addressee, goesToCourt } from './dossiers.ts'
import { requireEnforceable } from '../titles/enforceable.ts'
import { withGivenTitle } from '../titles/given-title.ts'
import { type OpenProcedure, readProcedure, readProcedureEvents } from '../open-procedures.ts'
import { coverPeople } from './cover-people.ts'
import { doubtsOf, nextLimit, summary, titleLines } from './pack-cover.ts'
import { incomplete, missingPieces } from './pack-gaps.ts'
import { consentParts, signedContent, writtenContent } from './pack-parts.ts'
import type { GivenFacts } from './paper-facts.ts'
import { type Dossier, loadProcedure, type Procedure } from '../engine/procedure.ts'
import { deadlinesOf, needsNotice, underConsent } from '../procedures.ts'
import { queueTimestamp } from './timestamps.ts'
import { titleFacts } from '../titles/titles.ts'

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

/**
 * Assembles the pack of a step: the signed one exactly as the creditor signed it, another (service, seizure, conversion)
 * written on the day, with the acts recorded since. What is missing is named, and stops the pack unless a named person of
 * the legal cell goes on with a written reason, which goes into the manifest. Each assembly is a version of its own.
 */
export async function assembleFilingPack(office: Office, onDay: Day, input: PackOrder, author: Author): Promise<Pack> {
  return underConsent(async () => transaction(office.sql, (sql) => assemble(office, sql, onDay, input, author)))
}

interface PackOrder {
  procedureId: string
  /** A pack of the procedure's file; the signed one when absent. */
  kind?: string
  reason?: string
  bailiffId?: string
  facts?: GivenFacts
}

async function assemble(office: Office, sql: Sql, onDay: Day, input: PackOrder, author: Author): Promise<Pack> {
  const open = await readProcedure(sql, input.procedureId)
  await sql`select 1 from cases where id = ${open.caseId} for update`
  const request = await readConsentRequest(sql, open.consentId)
  const file = withGivenTitle(await readCase(sql, open.caseId), { ...request.facts, ...input.facts })
  const procedure = loadProcedure(open.procedure)
  const { statement } = request
  const kind = input.kind ?? request.packKind
  const isSigned = kind === request.packKind
  const dossier = dossierOf(procedure, kind)
  const given = { ...(await titleFacts(sql, open.caseId, onDay)), ...request.facts, ...input.facts }
  await requireEnforceable(sql, file, procedure, onDay, { ...request.facts, ...input.facts }, kind)
  const missing = await missingPieces(sql, onDay, file, { open, procedure, kind, dossier, given })
  if (missing.length > 0 && !input.reason?.trim()) throw incomplete(missing)
  const standing = await progressOf(sql, open, onDay)
  const limits = await deadlinesOf(sql, open)
  const order = { open, procedure, kind, given, limits, bailiffId: input.bailiffId }
  const content = isSigned
    ? await signedContent(office, sql, onDay, file, open, procedure)
    : await writtenContent(office, sql, onDay, file, order)
  const proof = await consentParts(office, sql, request)
  const previous = await lastVersion(sql, open, kind)
  const version = (previous?.version ?? 0) + 1
  const next = nextLimit(standing, onDay, file)
  const toCourt = goesToCourt(procedure, kind)
  const { manifest, zip, pdf } = await keepPack(office.archive, {
    title: isSigned && kind === 'requete' ? `${statement.title}\u00a0: requête` : dossier.titre,
    version,
    ...(previous ? { previous: { version: previous.version, files: previous.manifest.files } } : {}),
    reference: file.case.number,
    court: isSigned ? statement.court : addressee(procedure, kind, open.court),
    parties: { demandeur: file.creditor.name, defendeur: file.debtor.name },
    people: await coverPeople(sql, file, toCourt),
    parts: [...content, ...proof],
    summary: [
      ...(toCourt ? [] : titleLines(given)),
      ...summary(file, onDay, isSigned ? statement : null, statement.ceiling, standing.due, {
        waits: needsNotice(procedure),
        toCourt,
      }),
    ],
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
  const events = await readProcedureEvents(sql, open.id)
  const told = caseFile({ file, onDay, open, procedure, dossier, pack, manifest, standing, events })
  const caseJson = await office.archive.put(told)
  await keepVersion(sql, open.caseId, pack, { manifest, caseJson, reason: input.reason ?? null }, author)
  if (office.timestamps) await queueTimestamp(sql, pack.id)
  return pack
}

async function keepVersion(
  sql: Sql,
  caseId: string,
  { id, procedureId, kind, version, contentSha256, pdf, zip, assembledOn }: Pack,
  { manifest, caseJson, reason }: { manifest: Manifest; caseJson: string; reason: string | null },
  author: Author,
): Promise<void> {
  const changes = manifest.changes ? json(sql, manifest.changes) : null
  await sql`
    insert into packs (id, procedure_id, kind, version, content_sha256, pdf, zip, case_json, manifest, changes, assembled_on, assembled_by, reason)
    values (${id}, ${procedureId}, ${kind}, ${version}, ${contentSha256}, ${pdf}, ${zip}, ${caseJson},
            ${json(sql, manifest)}, ${changes}, ${assembledOn}, ${author}, ${reason})`
  await record(sql, assembledOn, { caseId, kind: 'pack_assembled', detail: { pack: id, kind, version, zip }, author })
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
