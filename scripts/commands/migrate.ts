import { parseArgs } from 'node:util'
import type { Command } from '../command.ts'
import { bringUpToDate, openDatabase } from '../database.ts'

export const command: Command = {
  name: 'migrate',
  summary: 'met la base à jour',
  help: `Usage : courtois migrate [--json]

Applique dans l’ordre les migrations de schema/migrations qui ne l’ont pas encore été, à la base de
DATABASE_URL ou à la base embarquée, sous DATA_DIR (./data). Une seconde fois ne fait rien ; deux à
la fois s’attendent. « courtois serve » fait de même au démarrage.

Avec DATABASE_OWNER_URL, les migrations passent sous ce compte, qui possède les tables ; celui de
DATABASE_URL, créé avec son mot de passe s’il manque, peut alors lire et ajouter, et ne peut récrire
ni le journal ni l’archive des actes. La base embarquée a toujours les deux comptes (courtois,
courtois_app).

  --json    donne { "applied": [ … ] }`,

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
