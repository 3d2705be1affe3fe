import type { Facts } from '../../../documents/facts.ts'
import { after, type Day } from '../../../schema/days.ts'
import type { Sql } from '../../../schema/db.ts'
import type { Doubt } from '../../../schema/errors.ts'
import { amount } from '../../../schema/money.ts'
import { attachExhibit } from '../../cases/exhibits/exhibits.ts'
import type { CaseFile } from '../../cases/file/file.ts'
import { titleOf } from '../../money/ledger.ts'
import type { Office } from '../../office.ts'
import { awardedSum, readAward } from '../../law/award.ts'
import { decisionOf, readTitleSources, titleOn } from './awards.ts'
import { givenTitleFacts } from './given-title.ts'
import type { GivenFacts } from '../packs/paper-facts.ts'
import { loadProcedure, type Procedure } from '../engine/procedure.ts'
import { type OpenProcedure, readProcedureEvents } from '../open-procedures.ts'

export interface Obtained {
  open: OpenProcedure
  procedure: Procedure
  step: string
  on: Day
  facts: Record<string, unknown>
  original: string | null
  served: { on: Day; original: string | null } | null
}

/**
 * What the case's own procedures gave to enforce by that day: the title that counts first, as the ledger reads it, then the
 * last decision.
 */
export async function titlesOf(sql: Sql, caseId: string, onDay: Day): Promise<Obtained[]> {
  const opened = await sql<OpenProcedure[]>`
    select id, case_id, procedure, consent_id, court, opened_on from procedures where case_id = ${caseId} order by opened_on desc, id`
  const found: Obtained[] = []
  for (const open of opened) {
    const procedure = loadProcedure(open.procedure)
    // What was served on a codebtor serves the debtor of the case nothing.
    const events = (await readProcedureEvents(sql, open.id)).filter(
      ({ happenedOn, facts }) => !after(happenedOn, onDay) && facts['debiteur'] === undefined,
    )
    const event = decisionOf(procedure, events)
    if (!event) continue
    const service = procedure.papiers?.signifie?.[event.step]
    const served = events.findLast(({ step }) => step === service)
    found.push({
      open,
      procedure,
      step: event.step,
      on: event.happenedOn,
      facts: event.facts,
      original: event.original,
      served: served ? { on: served.happenedOn, original: served.original } : null,
    })
  }
  if (found.length < 2) return found
  const counting = titleOn(await readTitleSources(sql, [caseId]), onDay)?.procedureId
  return found.toSorted((a, b) => Number(b.open.id === counting) - Number(a.open.id === counting))
}

/** « titre », and « signification » once it was served: what the gate then holds for there. */
export async function titleSteps(sql: Sql, caseId: string, onDay: Day): Promise<string[]> {
  const [title] = await titlesOf(sql, caseId, onDay)
  if (!title?.original) return []
  return title.served?.original ? ['titre', 'signification'] : ['titre']
}

/** The title as letters say it, with the costs that it grants; nothing when no procedure of the case gave one. */
export async function titleFacts(sql: Sql, caseId: string, onDay: Day): Promise<Partial<Facts>> {
  const sources = await readTitleSources(sql, [caseId])
  const elsewhere = sources.find((source) => 'title' in source)
  if (elsewhere && titleOn(sources, onDay) === elsewhere.title) return givenTitleFacts(elsewhere)
  const [title] = await titlesOf(sql, caseId, onDay)
  if (!title) return {}
  const text = (key: string) => (typeof title.facts[key] === 'string' ? { [key]: title.facts[key] } : {})
  const award = title.facts['condamnation'] === undefined ? null : readAward(title.facts['condamnation'], title.on)
  return {
    ...(award && award.article700 + award.costs > 0n
      ? { depens: { total: amount(award.costs), article700: amount(award.article700) } }
      : {}),
    titre: {
      nature: titleName(title),
      juridiction: title.open.court.nom,
      date: title.on.toString(),
      ...text('numero'),
      ...text('montant'),
      ...(award ? { montant: amount(awardedSum(award)) } : {}),
      ...(title.served ? { signification: title.served.on.toString() } : {}),
    },
  } as Partial<Facts>
}

/** Only what the title grants may be enforced: said where the sums are not those recorded with the title that is enforced. */
export function titleDoubts(
  file: CaseFile,
  procedure: Procedure,
  kind: string,
  onDay: Day,
  given: GivenFacts,
): Doubt[] {
  if (!procedure.dossiers?.[kind]?.pieces.some((piece) => piece.type === 'titre')) return []
  const told = given['titre'] as Record<string, unknown> | undefined
  const own = titleOf(file, onDay)
  if (own?.award && (told === undefined || told['date'] === own.on.toString())) return []
  return [
    {
      code: 'title_to_compare',
      message: 'Le décompte est celui des factures : le comparer au dispositif du titre, qui seul s’exécute.',
    },
  ]
}

const titleName = ({ procedure, step }: Obtained): string =>
  step === 'jugement'
    ? 'jugement'
    : step === 'ordonnance' && procedure.id.includes('injonction')
      ? 'ordonnance portant injonction de payer'
      : (procedure.etapes.find((each) => each.id === step)?.titre.toLowerCase() ?? 'titre exécutoire')

/** Joins to the exhibits the copies of the title and of its service, once each. */
export async function gatherTitle(office: Office, sql: Sql, onDay: Day, file: CaseFile): Promise<void> {
  for (const title of await titlesOf(sql, file.case.id, onDay)) {
    const reference = typeof title.facts['numero'] === 'string' ? title.facts['numero'] : file.case.number
    const copies = [
      { kind: 'titre', on: title.on, original: title.original, proves: 'le droit d’exécuter' },
      {
        kind: 'signification',
        on: title.served?.on,
        original: title.served?.original,
        proves: 'la signification du titre',
      },
    ] as const
    for (const { kind, on, original, proves } of copies) {
      if (!original || !on) continue
      const known =
        await sql`select 1 from exhibits where case_id = ${file.case.id} and original = ${original} and withdrawn_on is null`
      if (known.length > 0) continue
      await attachExhibit(
        office,
        sql,
        onDay,
        {
          caseId: file.case.id,
          kind,
          reference,
          datedOn: on,
          proves,
          bytes: await office.archive.get(original),
          fileName: `${kind}-${reference.replaceAll(/[^\w-]+/g, '-')}.pdf`,
        },
        'system',
      )
    }
  }
}
