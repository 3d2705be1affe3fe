import { parseArgs } from 'node:util'
import type { Command } from '../command.ts'
import { bringUpToDate, openDatabase } from '../database.ts'

export const command: Command = {
  name: 'migrate',
  summary: 'bring the database up to date',
  help: `Usage: courtois migrate [--json]

Applies the migrations of schema/migrations not yet applied, in order, to the database of
DATABASE_URL, or to the embedded one under DATA_DIR (./data). Running it again does nothing;
two at once wait for each other. \`courtois serve\` does the same when it starts.

With DATABASE_OWNER_URL the migrations run under that role, which owns the tables; the role of DATABASE_URL, made with
its password where it is missing, may then read and add, and can rewrite neither journal nor archive of acts. The embedded
database always has both (courtois, courtois_app).

  --json    print { "applied": [ … ] }`,

  async run(argv) {
    const { values } = parseArgs({ args: argv, options: { json: { type: 'boolean' } } })
    const database = await openDatabase()
    try {
      const applied = await bringUpToDate(database)
      if (values.json) console.log(JSON.stringify({ applied }))
      else console.log(applied.length === 0 ? 'Base à jour.' : applied.map((name) => `appliqué  ${name}`).join('\n'))
    } finally {
      await database.stop()
    }
  },
}
