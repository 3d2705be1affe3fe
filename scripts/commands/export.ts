import { writeFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { exportCase } from '../../procedures/cases/export.ts'
import { DomainError } from '../../schema/errors.ts'
import { type Command, UsageError } from '../command.ts'
import { startOffice } from '../office.ts'

export const command: Command = {
  name: 'export',
  summary: 'a whole case in one JSON file',
  help: `Usage: courtois export CASE --out FILE

Writes every row of a case: parties, invoices, payments, steps, letters with their facts, consents,
packs, journal. CASE is its number (2026-0001) or its id. Files are named by SHA-256.`,
  async run(argv) {
    const { values, positionals } = parseArgs({
      args: argv,
      allowPositionals: true,
      options: { out: { type: 'string' } },
    })
    const [name] = positionals
    if (!name || !values.out) throw new UsageError('export needs a case and --out FILE')
    const opened = await startOffice()
    try {
      const [found] = await opened.sql<
        { id: string }[]
      >`select id from cases where number = ${name} or id::text = ${name}`
      if (!found)
        throw new DomainError('case_not_found', `Il n'y a pas de dossier « ${name} ».`, {
          remedy: 'Donnez son numéro, par exemple 2026-0001.',
        })
      writeFileSync(values.out, `${JSON.stringify(await exportCase(opened.sql, found.id), null, 2)}\n`)
    } finally {
      await opened.close()
    }
  },
}
