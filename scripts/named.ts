import { type Codebtor, codebtorsNamed } from '../procedures/cases/personal-data/codebtor-data.ts'
import { findPersons } from '../procedures/cases/personal-data/personal-data.ts'
import type { Sql } from '../schema/db.ts'
import { DomainError } from '../schema/errors.ts'

/** The case that the command line names by its number (2026-0001) or its id, open or closed. */
export async function caseNamed(sql: Sql, name: string): Promise<{ id: string; number: string }> {
  const [found] = await sql<{ id: string; number: string }[]>`
    select id, number from cases where number = ${name} or id::text = ${name}`
  if (found) return found
  throw new DomainError('case_not_found', `Il n’y a pas de dossier «\u00a0${name}\u00a0».`, {
    remedy: 'Donnez son numéro, par exemple 2026-0001.',
  })
}

/** Refused unless that creditor, or that bailiff, is one of the house's. */
export async function refuseStranger(sql: Sql, of: 'creditors' | 'bailiffs', id: string): Promise<void> {
  const [found] = await sql`select 1 from ${sql(of)} where id = ${id}`
  if (found) return
  const [code, message] =
    of === 'creditors'
      ? ['creditor_not_found', 'Ce créancier n’existe pas.']
      : ['bailiff_not_found', 'Ce commissaire de justice n’existe pas.']
  throw new DomainError(code!, message!, { remedy: 'Reprenez l’identifiant (id) que donne l’API.', facts: { id } })
}

/** Refused unless a case is against somebody of that name or SIREN. */
export async function refuseUnknownDebtor(sql: Sql, nameOrSiren: string): Promise<void> {
  const [found] = await sql`
    select 1 from debtors where lower(name) = lower(${nameOrSiren}) or identity ->> 'siren' = replace(${nameOrSiren}, ' ', '') limit 1`
  if (found) return
  throw new DomainError(
    'debtor_not_found',
    `Aucun débiteur ne s’appelle «\u00a0${nameOrSiren}\u00a0», ni n’a ce SIREN.`,
    {
      remedy: 'Donnez son nom entier, tel que le dossier le porte, ou son SIREN.',
    },
  )
}

/**
 * Whom these words name: a debtor, several where each creditor has its own and they are said to be one person, or a codebtor, whom
 * acts alone name.
 */
export async function personsNamed(
  sql: Sql,
  said: string,
  all: boolean,
): Promise<{ debtorIds: string[]; codebtors: Codebtor[] }> {
  const found = await findPersons(sql, said)
  const codebtors = await codebtorsNamed(sql, said)
  if (found.length + codebtors.length > 1 && !all) {
    const each = [
      ...found.map(({ id, name, creditor, cases }) => `${name}, ${creditor}, ${cases.join(', ')}\u00a0: ${id}`),
      ...codebtors.map(({ name, cases }) => `${name}, codébiteur, ${cases.map(({ number }) => number).join(', ')}`),
    ]
    throw new DomainError(
      'several_persons',
      `${each.length} personnes répondent à cette demande\u00a0: ${each.join(' ; ')}.`,
      {
        remedy: 'Donnez l’un de ces identifiants, ou --all s’il s’agit bien d’une seule personne.',
      },
    )
  }
  return { debtorIds: found.map(({ id }) => id), codebtors }
}
