import type { Check } from './rows.ts'
import { closedCases, reachable, strayLines, waived } from '../retention/purge.ts'

/** What was granted to a person and is still there, or is back: an older backup was restored, or a case has been closed since. */
export const erasureChecks: Check[] = [
  {
    code: 'erasure_undone',
    find: (sql, onDay) => sql`
      select number, 'son contenu' as what, null as subject from (${closedCases(sql, onDay, undefined)}) c
      where (purged_on is null or purged_on <= last_on) and ${waived(sql, onDay)}
      union all
      select (select min(c.number) from cases c where c.debtor_id = d.id), 'courriel ou téléphone du débiteur', null
      from (${reachable(sql, onDay)}) d
      union all
      select (select min(c.number) from cases c where c.debtor_id = b.debtor_id), 'mouvement de banque sans dossier', null
      from (${strayLines(sql, onDay)}) b
      order by 1, 2`,
    say: (what) => `Un effacement accordé à une personne n’est pas fait, ou est revenu d’une sauvegarde : ${what}.`,
    remedy: 'Lancez « courtois purge --yes » : elle refait tout effacement accordé.',
  },
]
