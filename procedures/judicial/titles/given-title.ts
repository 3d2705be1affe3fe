import type { Facts } from '../../../documents/facts.ts'
import { parseDay } from '../../../schema/days.ts'
import type { Sql } from '../../../schema/db.ts'
import { DomainError } from '../../../schema/errors.ts'
import { amount } from '../../../schema/money.ts'
import { type Award, awardedSum, readAward } from '../../law/award.ts'
import type { Title, TitleSource } from './awards.ts'
import type { GivenFacts } from '../packs/paper-facts.ts'

/** A title obtained elsewhere, as a person gave it for the papers of a procedure (facts.titre), with what it grants. */
export interface GivenTitle {
  caseId: string
  told: Record<string, unknown>
  title: Title & { award: Award }
}

/**
 * The title given with what it grants (`condamnation`, schema/award.schema.json); null where its sums were not given. It must say
 * which payments it deducted, for no procedure here does. DomainError `given_title_incomplete`, and those of `readAward`.
 */
export function readGivenTitle(caseId: string, given: unknown): GivenTitle | null {
  const told = (given ?? {}) as Record<string, unknown>
  if (told['condamnation'] === undefined) return null
  const on = typeof told['date'] === 'string' ? parseDay(told['date'], 'titre.date') : null
  const award = on && readAward(told['condamnation'], on)
  if (!award?.paidUntil) {
    throw new DomainError(
      'given_title_incomplete',
      'Le titre donné avec ses sommes ne dit pas tout ce qu’il faut pour compter.',
      {
        remedy:
          'Donnez sa date (titre.date) et le dernier jour des règlements qu’il a déduits (condamnation.reglementsJusquau)\u00a0: à défaut de mention, le jour de la demande.',
        article: 'CPCE L111-2',
      },
    )
  }
  const name = typeof told['nature'] === 'string' ? told['nature'] : 'titre exécutoire'
  return {
    caseId,
    told,
    title: {
      procedureId: null,
      on: on!,
      name,
      openedOn: award.paidUntil,
      award,
      enforceableOn: award.enforceableOn,
      doubts: [],
    },
  }
}

/** Of those cases, the title that the creditor signed for last, where its sums were given. */
export async function givenTitles(sql: Sql, ids: string[]): Promise<GivenTitle[]> {
  const rows = await sql<{ caseId: string; told: unknown }[]>`
    select distinct on (r.case_id) r.case_id, r.facts -> 'titre' as told
    from consent_requests r join consents c on c.request_id = r.id and c.decision = 'given'
    where r.case_id = any(${ids}) and r.facts #> '{titre,condamnation}' is not null
    order by r.case_id, c.decided_on desc, r.id desc`
  return rows.flatMap(({ caseId, told }) => readGivenTitle(caseId, told) ?? [])
}

/** The case as the papers that are being asked for read it: with the title that was given for them. */
export function withGivenTitle<File extends { case: { id: string }; titles: TitleSource[] }>(
  file: File,
  given: GivenFacts,
): File {
  const title = readGivenTitle(file.case.id, given['titre'])
  return title ? { ...file, titles: [...file.titles.filter((source) => !('title' in source)), title] } : file
}

/** The title given as letters say it, with the sum and the costs that it grants; nothing where its sums were not given. */
export function givenTitleFacts(found: GivenTitle | null): Partial<Facts> {
  if (!found) return {}
  const { condamnation: _, ...told } = found.told
  const { award } = found.title
  return {
    ...(award.article700 + award.costs > 0n
      ? { depens: { total: amount(award.costs), article700: amount(award.article700) } }
      : {}),
    titre: { ...told, montant: amount(awardedSum(award)) },
  } as Partial<Facts>
}
