import type { Facts } from '../../../documents/facts.ts'
import type { PackPart } from '../../../documents/packs/pack.ts'
import { type Day, dayFr } from '../../../schema/days.ts'
import type { Sql } from '../../../schema/db.ts'
import { DomainError } from '../../../schema/errors.ts'
import { type Exhibit, exhibitNumber, readExhibits } from '../../cases/exhibits/exhibits.ts'
import type { CaseFile } from '../../cases/file/file.ts'
import type { Office } from '../../office.ts'
import { type OpenProcedure, type ProcedureEvent, readProcedureEvents } from '../open-procedures.ts'
import { consentPage } from '../consents/consent-page.ts'
import type { ConsentRequest } from '../consents/consent-requests.ts'
import type { GivenFacts } from './paper-facts.ts'
import { exhibitPart, exhibitsFor, pageCount, writePapers } from './papers.ts'
import type { Dossier, Procedure } from '../engine/procedure.ts'
import { needsNotice, requireNotSuspended, requirePeriodRun } from '../procedures.ts'
import { requireSignedCourt } from '../courts/signed-court.ts'
import type { StepDeadline } from '../engine/time-limits.ts'
import { gatherTitle } from '../titles/titles.ts'

// What a pack holds: the papers that were signed, those written on the day, acts, exhibits, the consent.

type Frozen = Omit<PackPart, 'pdf' | 'docx' | 'original'> & {
  sha256: string
  docx: string | null
  original: { name: string; sha256: string } | null
}

/** The signed pack, exactly as the creditor signed it. */
export async function signedContent(
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
export async function writtenContent(
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
  const acts = recordedActs(dossier, await readProcedureEvents(sql, open.id))
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
  const orders = await Promise.all(acts.map((act) => actPart(office, procedure, act)))
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

type RecordedAct = ProcedureEvent & { original: string }

/** The acts of the court that the pack is made of, each as it was last recorded. DomainError `order_not_recorded`. */
function recordedActs({ actes = [] }: Dossier, events: ProcedureEvent[]): RecordedAct[] {
  const copied = events.filter((event): event is RecordedAct => event.original !== null)
  const acts = actes.map((step) => copied.findLast((event) => event.step === step))
  const absent = actes.filter((_, i) => acts[i] === undefined)
  if (absent.length > 0) {
    throw new DomainError(
      'order_not_recorded',
      `L'acte « ${absent.join(', ')} » n'est pas encore enregistré avec sa copie.`,
      {
        remedy: 'Enregistrez-le (recordProcedureEvent) avec la copie délivrée par le greffe.',
        facts: { steps: absent },
      },
    )
  }
  return acts.filter((act) => act !== undefined)
}

async function actPart(office: Office, procedure: Procedure, act: RecordedAct): Promise<PackPart> {
  const title = procedure.etapes.find((step) => step.id === act.step)?.titre ?? act.step
  return {
    role: 'order',
    part: 'content',
    title: `${title} du ${dayFr(act.happenedOn)}`,
    name: `${act.step}.pdf`,
    pdf: await office.archive.stored(act.original),
    pages: await pageCount(await office.archive.get(act.original), act.step),
  }
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

/** The creditor's agreement: a page that says who gave it, when and to what, then the form as it was put to him. */
export async function consentParts(
  office: Office,
  sql: Sql,
  form: Pick<ConsentRequest, 'id' | 'pdf' | 'statement'>,
): Promise<PackPart[]> {
  const signed = await consentPage(office, sql, form)
  if (signed?.decision !== 'given') throw Object.assign(new Error('no consent'), { code: 'CT001' })
  const asked = await office.archive.get(form.pdf)
  const common = { role: 'consent', part: 'proof' } as const
  return [
    {
      ...common,
      title: `Accord du créancier, ${signed.signedBy} (${signed.capacity}), le ${dayFr(signed.decidedOn)}`,
      name: 'accord-du-creancier.pdf',
      pdf: signed.pdf,
      pages: await pageCount(signed.pdf, 'accord-du-creancier'),
      original: { name: 'accord-du-creancier-preuve.json', content: signed.proofFile },
    },
    {
      ...common,
      title: 'Formulaire soumis au créancier',
      name: 'accord-du-creancier-formulaire.pdf',
      pdf: asked,
      pages: await pageCount(asked, 'accord-du-creancier-formulaire'),
    },
  ]
}
