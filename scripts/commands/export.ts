import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { packExport } from '../../documents/proof/verify-case.ts'
import { exportCase, filesOf } from '../../procedures/cases/file/export.ts'
import { caseNamed } from '../named.ts'
import { type Command, sayWritten, UsageError } from '../command.ts'
import { startOffice } from '../office.ts'

export const command: Command = {
  name: 'export',
  summary: 'écrit un dossier entier dans un fichier',
  help: `Usage : courtois export DOSSIER --out FICHIER [--json]

Écrit tout ce que la base sait d’un dossier : parties, factures, paiements, étapes, lettres avec
leurs données, accords, dossiers de procédure, journal. DOSSIER est son numéro (2026-0001) ou son
identifiant. Un FICHIER en .zip reçoit aussi les fichiers eux-mêmes, chacun nommé par son SHA-256 ;
tout autre reçoit le JSON seul. « courtois verify FICHIER » vérifie le journal, « courtois import
FICHIER » écrit le dossier dans une autre base.

  --out FICHIER   où écrire
  --json          donne { "file", "bytes" } de ce qui a été écrit

Exemple
  courtois export 2026-0001 --out dossier.zip`,
  async run(argv) {
    const { values, positionals } = parseArgs({
      args: argv,
      allowPositionals: true,
      options: { out: { type: 'string' }, json: { type: 'boolean' } },
    })
    const [name] = positionals
    if (!name || !values.out) throw new UsageError('le numéro du dossier et --out FICHIER sont nécessaires')
    const opened = await startOffice()
    try {
      const { id } = await caseNamed(opened.sql, name)
      const exported = await exportCase(opened.sql, id)
      await mkdir(dirname(resolve(values.out)), { recursive: true })
      const text = Buffer.from(`${JSON.stringify(exported, null, 2)}\n`)
      if (!values.out.endsWith('.zip')) {
        await writeFile(values.out, text)
        return sayWritten(values.out, text.length, values.json)
      }
      const entries: Record<string, Uint8Array> = { 'case.json': text }
      const purged = (exported['case'] as { purged_on: string | null }).purged_on !== null
      for (const sha256 of filesOf(exported)) {
        // What a purge dropped is known by its hash alone.
        if (purged && !(await opened.office.archive.has(sha256))) continue
        entries[`files/${sha256}`] = new Uint8Array(await readFile(opened.office.archive.path(sha256)))
      }
      const zip = packExport(entries)
      await writeFile(values.out, zip)
      sayWritten(values.out, zip.length, values.json)
    } finally {
      await opened.close()
    }
  },
}
