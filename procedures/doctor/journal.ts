import type { Sql } from '../../schema/db.ts'
import type { Finding } from './doctor.ts'

/**
 * Lines of the journal that do not come to their hash, or do not follow the line before them: the first of each case. A purged
 * line keeps its hash alone, which the next one carries; the line of the purge itself, whole, says up to which.
 */
export async function journalFindings(sql: Sql, caseId?: string): Promise<Finding[]> {
  const broken = await sql<{ number: string | null; seq: number; altered: boolean }[]>`
    with chain as (
      select e.case_id, e.seq,
             encode(sha256(convert_to(event_text(e), 'UTF8')), 'hex') <> e.hash
               and not (e.purged_on is not null and exists (
                 select from events p where p.case_id = e.case_id and p.kind = 'personal_data_purged' and p.purged_on is null
                   and p.seq > e.seq and (p.detail ->> 'upTo')::int >= e.seq)) as altered,
             e.seq <> coalesce(lag(e.seq) over line, 0) + 1 or e.prev <> coalesce(lag(e.hash) over line, '') as apart
      from events e ${caseId === undefined ? sql`` : sql`where e.case_id = ${caseId}`} window line as (partition by e.case_id order by e.seq)
    )
    select distinct on (chain.case_id) c.number, chain.seq, chain.altered
    from chain left join cases c on c.id = chain.case_id
    where chain.altered or chain.apart order by chain.case_id, chain.seq`
  return broken.map(({ number, seq, altered }) => ({
    code: 'journal_broken',
    case: number,
    message: `Le journal ${number === null ? 'de la maison' : `du dossier ${number}`} ${altered ? 'a été modifié' : 'a perdu ou gagné une ligne'} à la ligne ${seq}.`,
    remedy: 'Comparez avec la dernière sauvegarde : le journal ne se répare pas, il se restaure.',
    subject: null,
  }))
}
