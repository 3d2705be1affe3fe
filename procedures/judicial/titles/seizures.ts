import type { Facts } from '../../../documents/facts.ts'
import { type Day, dayFr } from '../../../schema/days.ts'
import type { Sql } from '../../../schema/db.ts'
import { DomainError, type Doubt } from '../../../schema/errors.ts'
import { unaccented } from '../../../schema/words.ts'
import { attachExhibit } from '../../cases/exhibits/exhibits.ts'
import type { CaseFile } from '../../cases/file/file.ts'
import type { Office } from '../../office.ts'
import { readConducts } from '../case-progress.ts'
import { standingEvents } from '../engine/happenings.ts'
import type { GivenFacts } from '../packs/paper-facts.ts'
import { loadProcedure, type Procedure, procedureIds } from '../engine/procedure.ts'
import { progress } from '../engine/progress.ts'

/** A seizure under way: its agreement is asked for, given or served. */
interface Seizure {
  id: string
  caseId: string
  number: string
  procedure: Procedure
  /** What a person gave for its papers. */
  given: GivenFacts
  /** Who holds what is seized, in the words of the case; nobody is named for goods in the debtor's own hands. */
  holders: string[]
  title: string | null
  /** When it seized; null while it has not. */
  seizedOn: Day | null
  act: string | null
  /** The path is over, though what was seized may still be held. */
  isClosed: boolean
}

const seizures = (): string[] => procedureIds().filter((id) => loadProcedure(id).saisie !== undefined)

/** Seizures opened against a debtor of this creditor that still hold something, or may still seize. */
async function standingSeizures(sql: Sql, debtorId: string, onDay: Day): Promise<Seizure[]> {
  const opened = await sql<{ id: string; caseId: string; number: string; facts: GivenFacts }[]>`
    select p.id, p.case_id, c.number, r.facts
    from procedures p join cases c on c.id = p.case_id join consent_requests r on r.id = p.consent_id
    where c.debtor_id = ${debtorId} and p.procedure = any(${seizures()}) order by p.opened_on, p.id`
  const conducts = await readConducts(
    sql,
    opened.map(({ id }) => id),
  )
  const originals = await sql<{ id: string; original: string }[]>`
    select id, original from procedure_events where procedure_id = any(${opened.map(({ id }) => id)}) and original is not null`
  return opened.flatMap(({ id, caseId, number, facts }) => {
    const { procedure, events, zone } = conducts.get(id)!
    const standing = standingEvents(events)
    const { acte, fin } = procedure.saisie!
    if (standing.some(({ step }) => fin.includes(step))) return []
    const act = standing.find(({ step }) => step === acte)
    const isClosed = progress(procedure, events, onDay, { zone }).closed !== null
    if (isClosed && !act) return []
    return [
      {
        id,
        caseId,
        number,
        procedure,
        given: facts,
        holders: holdersOf(facts),
        title: textOf(facts['titre'], 'numero'),
        seizedOn: act?.on ?? null,
        act: originals.find((row) => row.id === act?.id)?.original ?? null,
        isClosed,
      },
    ]
  })
}

/** The article of a refusal, where French law is what refuses. */
const french = ({ pays }: Procedure, article: string) => (pays === 'MG' ? {} : { article })

const together = ({ pays }: Procedure): string =>
  pays === 'MG'
    ? 'Ce que la loi malgache en dit reste à vérifier.'
    : 'Ensemble, elles ne peuvent dépasser ce qui est nécessaire au paiement (CPCE L111-7).'

const textOf = (fact: unknown, key: string): string | null => {
  const value = (fact as Record<string, unknown> | undefined)?.[key]
  return typeof value === 'string' ? value : null
}

function holdersOf(facts: GivenFacts): string[] {
  const accounts = Array.isArray(facts['comptes']) ? facts['comptes'] : []
  return [
    textOf(facts['tiersSaisi'], 'nom'),
    textOf(facts['employeur'], 'nom'),
    ...accounts.map((account) => textOf(account, 'etablissement')),
  ].filter((name) => name !== null)
}

const plain = (name: string): string =>
  unaccented(name)
    .replaceAll(/[^\p{L}\p{N}]+/gu, '')
    .toLowerCase()

/** Both name their holders, and none is the same. */
const areElsewhere = (a: string[], b: string[]): boolean =>
  a.length > 0 && b.length > 0 && !a.some((name) => b.some((other) => plain(name) === plain(other)))

/** Whether a request for one seizure stands beside another's, in other hands, and neither replaces nor repeats it. */
export const isOtherSeizure = (procedure: Procedure, a: GivenFacts, b: GivenFacts): boolean =>
  procedure.saisie !== undefined && areElsewhere(holdersOf(a), holdersOf(b))

/**
 * The same seizure is not made twice for one case, nor for one title in two cases; what is seized beside it, or for another
 * claim of the same creditor, is told to it. DomainError `already_seized`.
 */
export async function refuseSecondSeizure(
  sql: Sql,
  file: CaseFile,
  procedure: Procedure,
  onDay: Day,
  given: GivenFacts,
): Promise<Doubt[]> {
  if (!procedure.saisie) return []
  const all = await standingSeizures(sql, file.debtor.id, onDay)
  const others = all.filter((other) => other.procedure.id === procedure.id && other.seizedOn && !other.isClosed)
  const title = textOf(given['titre'], 'numero')
  return others.map((other) => {
    const where = other.holders.length > 0 ? `, entre les mains de ${other.holders.join(', ')}` : ''
    const told = `«\u00a0${procedure.titre}\u00a0» du ${dayFr(other.seizedOn!)}${where} (dossier ${other.number})`
    const isSame = other.caseId === file.case.id || (title !== null && title === other.title)
    if (isSame && !areElsewhere(holdersOf(given), other.holders)) {
      throw new DomainError('already_seized', `La même saisie est déjà en cours\u00a0: ${told}.`, {
        remedy:
          'Suivez celle qui est en cours, donnez-en mainlevée ou constatez sa fin\u00a0; pour saisir un autre tiers, nommez-le (facts.comptes, tiersSaisi ou employeur).',
        ...french(procedure, 'CPCE L111-7'),
        facts: { procedure: other.id, case: other.number },
      })
    }
    return {
      code: 'seizure_beside',
      message: `Une saisie est déjà en cours contre ce débiteur\u00a0: ${told}. ${together(procedure)}`,
    }
  })
}

/** The case's own seizures that still hold, of the kind and the day that are said. */
async function meantSeizures(sql: Sql, file: CaseFile, onDay: Day, given: GivenFacts): Promise<Seizure[]> {
  const all = await standingSeizures(sql, file.debtor.id, onDay)
  const wanted = textOf(given['mesure'], 'date')
  const type = textOf(given['mesure'], 'type')
  return all.filter(
    (each) =>
      each.caseId === file.case.id &&
      each.seizedOn &&
      (wanted === null || each.seizedOn.toString() === wanted) &&
      (type === null || each.procedure.id === type),
  )
}

/**
 * The release given in one procedure ends the seizure that it lifts, unless it lifts a part of it: the id of that seizure and
 * the event to record there; null where the seizure is not the case's own, or is over already.
 */
export async function liftedBy(
  sql: Sql,
  file: CaseFile,
  procedure: Procedure,
  step: string,
  onDay: Day,
  given: GivenFacts,
): Promise<{ procedureId: string; step: string } | null> {
  if (step !== 'mainlevee' || !procedure.conditions?.some(({ exige }) => exige === 'saisie')) return null
  if (textOf(given['mainlevee'], 'etendue') === 'partielle') return null
  const [seizure, another] = await meantSeizures(sql, file, onDay, given)
  if (!seizure || another || !seizure.procedure.saisie!.fin.includes(step)) return null
  return { procedureId: seizure.id, step }
}

/**
 * What the correction or the withdrawal of a release changes in the seizure that it lifted: the event recorded there for the
 * release, as it stands today. Null where there is none, or where a person withdrew it there.
 */
export async function toldToSeizure(
  sql: Sql,
  caseId: string,
  event: { corrects: string; void?: boolean },
): Promise<{ procedureId: string; step: string; corrects: string; void: boolean; happenedOn?: Day } | null> {
  // Recorded before its source was: the end of that seizure, of the same day and told on the same day as the release.
  const lifting = procedureIds().filter((id) => loadProcedure(id).conditions?.some(({ exige }) => exige === 'saisie'))
  const [last] = await sql<
    { id: string; procedureId: string; step: string; happenedOn: Day; void: boolean; liftedBy: string | null }[]
  >`
    with recursive told as (
      select e.* from procedure_events e join procedures p on p.id = e.procedure_id
      where p.case_id = ${caseId} and (e.facts ->> 'leveePar' = ${event.corrects} or (e.facts ->> 'leveePar' is null
        and e.corrects is null and exists (
          select from procedure_events r join procedures l on l.id = r.procedure_id
          where r.id = ${event.corrects} and l.procedure = any(${lifting}) and l.id <> e.procedure_id
            and r.step = e.step and r.happened_on = e.happened_on and r.recorded_on = e.recorded_on)))
      union all
      select e.* from procedure_events e join told t on e.corrects = t.id)
    select id, procedure_id, step, happened_on, void, facts ->> 'leveePar' as lifted_by from told t
    where not exists (select from procedure_events x where x.corrects = t.id)`
  if (!last || (last.void && (event.void === true || last.liftedBy !== event.corrects))) return null
  const { id, procedureId, step, happenedOn } = last
  // A withdrawal has the day of what it withdraws, by which it is found again.
  return event.void
    ? { procedureId, step, corrects: id, void: true, happenedOn }
    : { procedureId, step, corrects: id, void: false }
}

/**
 * What is lifted was seized: the case's own seizure that still holds, or one given with its record. Answers what the letters
 * say of it. DomainError `no_seizure`, `seizure_to_choose`, `seizure_act_missing`.
 */
export async function seizureToLift(
  sql: Sql,
  file: CaseFile,
  procedure: Procedure,
  onDay: Day,
  given: GivenFacts,
): Promise<{ seizure: Seizure | null; facts: Partial<Facts> }> {
  if (!procedure.conditions?.some(({ exige }) => exige === 'saisie')) return { seizure: null, facts: {} }
  const wanted = textOf(given['mesure'], 'date')
  const meant = await meantSeizures(sql, file, onDay, given)
  const [seizure] = meant
  if (meant.length > 1) {
    const told = meant.map((each) => `${each.procedure.id}, ${each.seizedOn!.toString()}`).join('\u00a0; ')
    throw new DomainError('seizure_to_choose', `Plusieurs saisies tiennent encore\u00a0: ${told}.`, {
      remedy: 'Dites laquelle est levée (facts.mesure\u00a0: type et date).',
      facts: { seizures: meant.map(({ id }) => id) },
    })
  }
  if (seizure) return { seizure, facts: factsOf(seizure) }
  if (wanted === null) {
    throw new DomainError('no_seizure', 'Aucune saisie ne tient encore dans ce dossier\u00a0: il n’y a rien à lever.', {
      remedy:
        'Enregistrez l’acte de saisie dans sa procédure\u00a0; pour une saisie faite ailleurs, donnez son type et sa date (facts.mesure) et joignez le procès-verbal.',
      ...french(procedure, 'CPCE L512-1'),
    })
  }
  const [act] = await sql`
    select 1 from exhibits where case_id = ${file.case.id} and kind = 'proces-verbal' and withdrawn_on is null limit 1`
  if (act) return { seizure: null, facts: {} }
  throw new DomainError('seizure_act_missing', `La saisie du ${wanted} n’est pas dans ce dossier, ni son acte.`, {
    remedy: 'Joignez aux pièces le procès-verbal ou l’acte de saisie (proces-verbal).',
    ...french(procedure, 'CPCE L512-1'),
  })
}

function factsOf({ procedure, seizedOn, holders, given }: Seizure): Partial<Facts> {
  const [holder] = holders
  const goods = given['biens']
  return {
    mesure: { type: procedure.id, nature: procedure.titre.toLowerCase(), date: seizedOn!.toString() },
    ...(holder === undefined ? {} : { tiersSaisi: { nom: holder } }),
    ...(goods === undefined ? {} : { biens: goods }),
  } as Partial<Facts>
}

/** Joins to the exhibits the act of the seizure that is lifted, once. */
export async function gatherSeizure(
  office: Office,
  sql: Sql,
  onDay: Day,
  file: CaseFile,
  seizure: Seizure | null,
): Promise<void> {
  if (!seizure?.act) return
  const [known] = await sql`
    select 1 from exhibits where case_id = ${file.case.id} and original = ${seizure.act} and withdrawn_on is null limit 1`
  if (known) return
  await attachExhibit(
    office,
    sql,
    onDay,
    {
      caseId: file.case.id,
      kind: 'proces-verbal',
      reference: file.case.number,
      datedOn: seizure.seizedOn!,
      proves: 'la saisie qui est levée',
      bytes: await office.archive.get(seizure.act),
      fileName: `acte-de-saisie-${seizure.seizedOn!.toString()}.pdf`,
    },
    'system',
  )
}
