import type { Sql } from '../../../schema/db.ts'
import type { PersonData, PersonFile } from './personal-data-rows.ts'

/** Somebody condemned beside a debtor, or served for itself: named by acts and returns alone. */
export interface Codebtor {
  name: string
  cases: { id: string; number: string }[]
}

/** Codebtors of exactly that name. */
export async function codebtorsNamed(sql: Sql, said: string): Promise<Codebtor[]> {
  const name = said.trim()
  const cases = await sql<{ id: string; number: string }[]>`
    select c.id, c.number from cases c
    where exists (select from procedures p join procedure_events e on e.procedure_id = p.id where p.case_id = c.id and ${sql.unsafe(naming('e'))} ? lower(${name}))
       or exists (select from procedures p join bailiff_returns r on r.procedure_id = p.id where p.case_id = c.id and lower(trim(r.debtor)) = lower(${name}))
    order by c.number`
  return cases.length === 0 ? [] : [{ name, cases: [...cases] }]
}

/** The names of the codebtors of an event, as an array of JSON. */
const naming = (event: string): string => `
  (select coalesce(jsonb_agg(lower(trim(named))), '[]') from (
     select ${event}.facts ->> 'debiteur' as named
     union all select jsonb_array_elements_text(case jsonb_typeof(${event}.facts -> 'codebiteurs') when 'array' then ${event}.facts -> 'codebiteurs' else '[]' end)) n)`

/** What concerns one codebtor: the acts that name it, and no more of the debtor than the number of the case. */
export async function dataOfCodebtor(sql: Sql, { name, cases }: Codebtor): Promise<PersonData> {
  const ids = cases.map(({ id }) => id)
  const found = await sql<{ data: Record<string, unknown> }[]>`
    select jsonb_build_object('numero', c.number, 'creancier', k.name, 'procedures', (
      select jsonb_agg(jsonb_build_object('procedure', p.procedure, 'ouverte_le', p.opened_on, 'juridiction', p.court ->> 'nom',
        'actes', (select coalesce(jsonb_agg(jsonb_build_object('etape', e.step, 'le', e.happened_on, 'donnees', e.facts - 'codebiteurs') order by e.happened_on), '[]')
                  from procedure_events e where e.procedure_id = p.id and ${sql.unsafe(naming('e'))} ? lower(${name})),
        'retours_du_commissaire_de_justice', (select coalesce(jsonb_agg(jsonb_build_object('nature', r.nature, 'le', r.happened_on, 'note', r.note) order by r.happened_on), '[]')
                  from bailiff_returns r where r.procedure_id = p.id and lower(trim(r.debtor)) = lower(${name}))) order by p.opened_on)
      from procedures p where p.case_id = c.id)) as data
    from cases c join creditors k on k.id = c.creditor_id where c.id = any(${ids}) order by c.number`
  const files = await sql<PersonFile[]>`
    select 'exhibit' as kind, e.step || '-' || e.happened_on as name, e.original as sha256, true as to_others
    from procedure_events e join procedures p on p.id = e.procedure_id
    where p.case_id = any(${ids}) and e.original is not null and ${sql.unsafe(naming('e'))} ? lower(${name}) order by e.happened_on, e.id`
  const data = { nom: name, qualite: 'codébiteur', dossiers: found.map((each) => each.data) }
  return { cases: ids, data, files: [...files] }
}
