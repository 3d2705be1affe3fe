import type { Archive } from '../../../documents/archive.ts'
import { citedIn } from '../../../documents/exhibits/cited.ts'
import type { Sql } from '../../../schema/db.ts'

export interface ExhibitCitation {
  /** « 7 », « 7-1 ». */
  number: string
  /** The paper that cites it, as the pack names it: « Requête ». */
  paper: string
  page: number
}

/** Where the papers last put to the creditor's agreement cite each exhibit of a case; nothing before they are written. */
export async function exhibitCitations(archive: Archive, sql: Sql, caseId: string): Promise<ExhibitCitation[]> {
  const papers = await sql<{ title: string; sha256: string }[]>`
    select part ->> 'title' as title, part ->> 'sha256' as sha256
    from (select content from consent_requests where case_id = ${caseId} order by requested_on desc, id limit 1) r,
         jsonb_array_elements(r.content) with ordinality as p (part, rank)
    where part ->> 'role' in ('application', 'statement', 'instruction')
    order by rank`
  const found = []
  for (const { title, sha256 } of papers) {
    for (const one of await citedIn(await archive.get(sha256))) found.push({ ...one, paper: title })
  }
  return found
}
