import { parseArgs } from 'node:util'
import { migrate } from '../../schema/migrate.ts'
import type { Command } from '../command.ts'
import { openDatabase } from '../database.ts'

export const command: Command = {
  name: 'migrate',
  summary: 'bring the database up to date',
  help: `Usage: courtois migrate [--json]

Applies the migrations of schema/migrations not yet applied, in order, to the database of
DATABASE_URL, or to the embedded one under DATA_DIR (./data). Running it again does nothing;
two at once wait for each other. \`courtois serve\` does the same when it starts.

  --json    print { "applied": [ … ] }`,

  async run(argv) {
    const { values } = parseArgs({ args: argv, options: { json: { type: 'boolean' } } })
    const database = await openDatabase()
    try {
      const applied = await migrate(database.url)
      if (values.json) console.log(JSON.stringify({ applied }))
      else console.log(applied.length === 0 ? 'Base à jour.' : applied.map((name) => `appliqué  ${name}`).join('\n'))
    } finally {
      await database.stop()
    }
  },
}
