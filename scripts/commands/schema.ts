import { readFileSync, writeFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { printedSchema } from '../../api/schema.ts'
import type { Command } from '../command.ts'

const file = new URL('../../schema/schema.graphql', import.meta.url)

export const command: Command = {
  name: 'schema',
  summary: 'the GraphQL schema',
  help: `Usage: courtois schema [--write | --check]

Prints the GraphQL schema.

  --write   writes it to schema/schema.graphql
  --check   exits 1 when schema/schema.graphql is not that`,
  async run(argv) {
    const { values } = parseArgs({ args: argv, options: { write: { type: 'boolean' }, check: { type: 'boolean' } } })
    const printed = printedSchema()
    if (values.write) writeFileSync(file, printed)
    else if (!values.check) process.stdout.write(printed)
    else if (readFileSync(file, 'utf8') !== printed) {
      console.error('schema/schema.graphql is not the schema of the code: run courtois schema --write')
      return 1
    }
    return 0
  },
}
