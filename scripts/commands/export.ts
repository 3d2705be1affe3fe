import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { packExport } from '../../documents/verify-case.ts'
import { exportCase, filesOf } from '../../procedures/cases/export.ts'
import { DomainError } from '../../schema/errors.ts'
import { type Command, UsageError } from '../command.ts'
import { startOffice } from '../office.ts'

export const command: Command = {
  name: 'export',
  summary: 'a whole case in one file',
  help: `Usage: courtois export CASE --out FILE

Writes every row of a case: parties, invoices, payments, steps, letters with their facts, consents, packs, journal.
CASE is its number (2026-0001) or its id. Into a FILE that ends in .zip go the files themselves as well, each named by
its SHA-256; into any other goes the JSON alone. « courtois verify FILE » checks the journal, « courtois import FILE »
writes the case into another database.`,
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
      const exported = await exportCase(opened.sql, found.id)
      await mkdir(dirname(resolve(values.out)), { recursive: true })
      const text = Buffer.from(`${JSON.stringify(exported, null, 2)}\n`)
      if (!values.out.endsWith('.zip')) {
        await writeFile(values.out, text)
        return
      }
      const entries: Record<string, Uint8Array> = { 'case.json': text }
      for (const sha256 of filesOf(exported)) {
        entries[`files/${sha256}`] = new Uint8Array(await readFile(opened.office.archive.path(sha256)))
      }
      await writeFile(values.out, packExport(entries))
    } finally {
      await opened.close()
    }
  },
}
