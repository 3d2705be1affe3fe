import { roleOf } from '../../schema/roles.ts'
import type { Sql } from '../../schema/db.ts'
import type { Finding } from './doctor.ts'

/** In production the program must not be able to rewrite what it keeps: neither owner of the tables nor superuser. */
export async function roleFindings(sql: Sql): Promise<Finding[]> {
  const { name, superuser, owner } = await roleOf(sql)
  if (!superuser && !owner) return []
  return [
    {
      code: 'role_too_strong',
      case: null,
      message: `Le programme travaille sous « ${name} », ${superuser ? 'superutilisateur' : 'propriétaire des tables'}\u00a0: il pourrait réécrire le journal.`,
      remedy:
        'Donnez ce compte dans DATABASE_OWNER_URL à « courtois migrate », et un autre dans DATABASE_URL (OPERATIONS.md).',
      subject: null,
    },
  ]
}
