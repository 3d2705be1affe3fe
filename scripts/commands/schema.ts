import { readFileSync, writeFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { printedSchema } from '../../api/graphql/schema.ts'
import { type Command, sayWritten } from '../command.ts'

const file = new URL('../../schema/schema.graphql', import.meta.url)

export const command: Command = {
  name: 'schema',
  summary: 'donne le schéma GraphQL',
  help: `Usage : courtois schema [--write | --check]

Donne le schéma GraphQL.

  --write   l’écrit dans schema/schema.graphql
  --check   code 1 quand schema/schema.graphql n’est pas celui-là`,
  async run(argv) {
    const { values } = parseArgs({ args: argv, options: { write: { type: 'boolean' }, check: { type: 'boolean' } } })
    const printed = printedSchema()
    if (values.write) {
      writeFileSync(file, printed)
      sayWritten('schema/schema.graphql', Buffer.byteLength(printed))
    } else if (!values.check) process.stdout.write(printed)
    else if (readFileSync(file, 'utf8') !== printed) {
      console.error('schema/schema.graphql n’est pas le schéma du code\u00a0: lancez « courtois schema --write ».')
      return 1
    }
    return 0
  },
}
