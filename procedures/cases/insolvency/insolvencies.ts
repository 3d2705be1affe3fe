import { before, type Day, dayFr } from '../../../schema/days.ts'
import { type Sql, transaction } from '../../../schema/db.ts'
import { DomainError } from '../../../schema/errors.ts'
import { newId, type Random } from '../../../schema/random.ts'
import { endUnfiledConsents } from '../../judicial/consents/consent-ends.ts'
import { loadProcedure } from '../../judicial/engine/procedure.ts'
import { stepDeadlines } from '../../judicial/engine/time-limits.ts'
import { placeHold } from '../holds.ts'
import { type Author, record } from '../journal.ts'
import { caseGone, lockCase } from '../lock.ts'

/** What stops every approach and every action: each leaves something else to be done. */
export const insolvencyKinds = ['procedure-collective', 'surendettement', 'deces'] as const
export type InsolvencyKind = (typeof insolvencyKinds)[number]

export interface InsolvencyInput {
  caseId: string
  /** Insolvency proceedings when absent. */
  kind?: InsolvencyKind
  /** In words: liquidation judiciaire, recevabilité du dossier de surendettement, décès… */
  nature: string
  openedOn: Day
  /** In the BODACC: claims are declared from that day. */
  publishedOn: Day | null
  /** Mandataire judiciaire, liquidateur, commission, notaire. */
  representative?: string | null
  /** Where it was read, and the last day it was looked up; by hand and today when absent. */
  source?: string
  checkedOn?: Day
  /** The creditor lives outside the metropolitan territory of the proceedings (C. com. R622-24). */
  abroad?: boolean
}

/**
 * Records insolvency proceedings, over-indebtedness or the death of the debtor: no letter, call, plan or action goes on, and
 * interest stops on the opening day of insolvency proceedings (C. com. L622-21 and L622-28). What is left is the declaration
 * of the claim, whose last day is kept. The same fact again completes what was known of it. Answers its id.
 */
export async function recordInsolvency(
  sql: Sql,
  random: Random,
  onDay: Day,
  input: InsolvencyInput,
  author: Author,
): Promise<string> {
  return transaction(sql, async (tx) => (await keepInsolvency(tx, random, onDay, input, author)).id)
}

/** The same, telling whether anything was new. */
export async function keepInsolvency(
  sql: Sql,
  random: Random,
  onDay: Day,
  input: InsolvencyInput,
  author: Author,
): Promise<{ id: string; isNew: boolean; isChanged: boolean }> {
  const kind = input.kind ?? 'procedure-collective'
  const checkedOn = input.checkedOn ?? onDay
  for (const day of [input.openedOn, input.publishedOn, checkedOn]) if (day) refuseFuture(onDay, day)
  const [found] = await sql<{ zone: string; debtorId: string }[]>`
    select zone, debtor_id from cases where id = ${input.caseId} and closed_on is null for update`
  if (!found) throw caseGone(input.caseId)
  const declareBy = declarationLimit({ ...input, kind, zone: found.zone })
  const [known] = await sql<KnownInsolvency[]>`
    select id, published_on, representative, checked_on from insolvencies
    where case_id = ${input.caseId} and kind = ${kind} and opened_on = ${input.openedOn}`
  const told = { ...input, kind, checkedOn, declareBy }
  if (known) return { id: known.id, isNew: false, isChanged: await complete(sql, onDay, known, told, author) }
  return { id: await open(sql, random, onDay, { ...told, ...found }, author), isNew: true, isChanged: true }
}

interface KnownInsolvency {
  id: string
  publishedOn: Day | null
  representative: string | null
  checkedOn: Day
}

type ToldInsolvency = InsolvencyInput & { kind: InsolvencyKind; checkedOn: Day; declareBy: Day | null }

/** What was already known takes what it lacked; tells whether that was anything. */
async function complete(
  sql: Sql,
  onDay: Day,
  known: KnownInsolvency,
  { caseId, publishedOn, representative, checkedOn, declareBy }: ToldInsolvency,
  author: Author,
): Promise<boolean> {
  const isPublished = publishedOn !== null && known.publishedOn === null
  const isNamed = !!representative && known.representative === null
  if (!isPublished && !isNamed && !before(known.checkedOn, checkedOn)) return false
  await sql`
    update insolvencies set published_on = coalesce(published_on, ${publishedOn}), declare_by = coalesce(declare_by, ${declareBy}),
      representative = coalesce(representative, ${representative ?? null}), checked_on = greatest(checked_on, ${checkedOn})
    where id = ${known.id}`
  const detail = { publishedOn: publishedOn?.toString() ?? null, checkedOn: checkedOn.toString() }
  await record(sql, onDay, { caseId, kind: 'insolvency_completed', detail, author })
  return true
}

/** Recorded, the proceedings end what waits for consent, but the declaration of the claim, and hold the case. */
async function open(
  sql: Sql,
  random: Random,
  onDay: Day,
  input: ToldInsolvency & { zone: string; debtorId: string },
  author: Author,
): Promise<string> {
  const { caseId, kind, nature, openedOn, publishedOn, checkedOn, declareBy, zone } = input
  const id = newId(random)
  const source = input.source?.trim() || 'saisie à la main'
  await sql`
    insert into insolvencies (id, case_id, kind, nature, opened_on, published_on, representative, abroad, declare_by, source, checked_on,
                              recorded_on, recorded_by)
    values (${id}, ${caseId}, ${kind}, ${nature}, ${openedOn}, ${publishedOn}, ${input.representative ?? null},
            ${input.abroad ?? false}, ${declareBy}, ${source}, ${checkedOn}, ${onDay}, ${author})`
  await recordCheck(sql, onDay, { debtorId: input.debtorId, checkedOn, source, found: true }, author)
  const asked = await sql<{ procedure: string }[]>`
    select distinct procedure from consent_requests where case_id = ${caseId}`
  const spared = asked
    .map(({ procedure }) => procedure)
    .filter((procedure) => loadProcedure(procedure).papiers?.malgre?.includes(kind))
  await endUnfiledConsents(sql, onDay, caseId, consentEnd[kind], author, { spared })
  const detail = {
    kind,
    nature,
    openedOn: openedOn.toString(),
    publishedOn: publishedOn?.toString() ?? null,
    declareBy: declareBy?.toString() ?? null,
    source,
  }
  await record(sql, onDay, { caseId, kind: 'insolvency_recorded', detail, author })
  const reason = whyStopped({ kind, nature, openedOn, declareBy, declaredOn: null }, zone)
  await placeHold(sql, random, onDay, { caseId, cause: kind, reason, reviewOn: onDay.add({ days: 7 }) }, author)
  return id
}

export interface Insolvency {
  id: string
  kind: InsolvencyKind
  nature: string
  openedOn: Day
  publishedOn: Day | null
  representative: string | null
  source: string
  checkedOn: Day
  abroad: boolean
  /** Last day to declare the claim; null while the publication is not known, or where nothing is declared. */
  declareBy: Day | null
  declaredOn: Day | null
}

/** Why nothing goes on, and what is left to do, in a sentence for whoever opens the case. */
export function whyStopped(
  {
    kind,
    nature,
    openedOn,
    declareBy,
    declaredOn,
  }: Pick<Insolvency, 'kind' | 'nature' | 'openedOn' | 'declareBy' | 'declaredOn'>,
  zone: string,
): string {
  const day = dayFr(openedOn)
  if (zone === 'madagascar') {
    const what = kind === 'deces' ? `Décès du débiteur le ${day}` : `${nature} depuis le ${day}`
    return `${what}\u00a0: aucune démarche avant l’avis d’un avocat malgache sur la suite.`
  }
  if (kind === 'surendettement')
    return `${nature}, recevable le ${day}\u00a0: ni relance, ni appel, ni poursuite\u00a0; répondre à la commission (C. conso. L722-2 et suivants, à vérifier).`
  if (kind === 'deces')
    return `Décès du débiteur le ${day}\u00a0: aucune démarche auprès des proches\u00a0; rechercher le notaire ou les héritiers qui ont accepté.`
  const declare = declaredOn
    ? `créance déclarée le ${dayFr(declaredOn)}`
    : declareBy
      ? `déclarer la créance au plus tard le ${dayFr(declareBy)} (C. com. L622-24)`
      : 'déclarer la créance\u00a0: le délai court de la publication au BODACC, dont la date est à chercher (C. com. L622-24)'
  return `${nature}, procédure ouverte le ${day}\u00a0: ${declare}, aucune poursuite individuelle (C. com. L622-21).`
}

/** C. com. R622-24: two months from the publication in the BODACC, four for a creditor outside metropolitan France. */
function declarationLimit(input: InsolvencyInput & { zone: string }): Day | null {
  if (input.kind !== 'procedure-collective' || !input.publishedOn || input.zone === 'madagascar') return null
  const published = {
    step: 'publication',
    on: input.publishedOn,
    facts: { demeure: input.abroad ? 'hors-metropole' : 'metropole' },
  }
  const limits = stepDeadlines(loadProcedure('declaration-creance'), [published], {})
  return limits.find(({ step }) => step === 'declaration')?.expires ?? null
}

/** The claim was declared on that day, the day of dispatch: no more prompt for it. */
export async function recordDeclaration(
  sql: Sql,
  onDay: Day,
  input: { caseId: string; declaredOn: Day; proof: string },
  author: Author,
): Promise<void> {
  refuseFuture(onDay, input.declaredOn)
  await transaction(sql, async (tx) => {
    await lockCase(tx, input.caseId)
    const [declared] = await tx<{ declareBy: Day | null }[]>`
      update insolvencies set declared_on = ${input.declaredOn}
      where id = (select id from insolvencies
                  where case_id = ${input.caseId} and kind = 'procedure-collective' and declared_on is null and opened_on <= ${input.declaredOn}
                  order by opened_on desc limit 1)
      returning declare_by`
    if (!declared) {
      throw new DomainError(
        'nothing_to_declare',
        'Aucune procédure collective de ce dossier n’attend de déclaration.',
        {
          remedy: 'Enregistrez d’abord la procédure collective (recordInsolvency), ou vérifiez la date.',
        },
      )
    }
    await record(tx, onDay, {
      caseId: input.caseId,
      kind: 'claim_declared',
      detail: {
        declaredOn: input.declaredOn.toString(),
        declareBy: declared.declareBy?.toString() ?? null,
        isLate: declared.declareBy !== null && before(declared.declareBy, input.declaredOn),
        proof: input.proof,
      },
      author,
    })
  })
}

/** Notes that a debtor was looked up on that day, found or not. Answers false where that was known already. */
export async function recordCheck(
  sql: Sql,
  onDay: Day,
  input: { debtorId: string; checkedOn: Day; source: string; found: boolean },
  author: Author,
): Promise<boolean> {
  refuseFuture(onDay, input.checkedOn)
  const kept = await sql`
    insert into insolvency_checks (debtor_id, checked_on, source, found, recorded_on, recorded_by)
    values (${input.debtorId}, ${input.checkedOn}, ${input.source}, ${input.found}, ${onDay}, ${author})
    on conflict (debtor_id, checked_on, source) do nothing returning checked_on`
  return kept.length > 0
}

function refuseFuture(onDay: Day, day: Day): void {
  if (!before(onDay, day)) return
  throw new DomainError('day_in_future', `Le ${dayFr(day)} est à venir.`, { remedy: 'Vérifiez la date.' })
}

const consentEnd: Record<InsolvencyKind, string> = {
  'procedure-collective': 'Une procédure collective est ouverte : il reste à déclarer la créance.',
  surendettement: 'Le débiteur est en situation de surendettement : aucune poursuite ne peut être engagée.',
  deces: 'Le débiteur est décédé : une poursuite viserait ses héritiers.',
}
