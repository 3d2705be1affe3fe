import { parseArgs } from 'node:util'
import { houseClock } from '../../api/cron.ts'
import { writeBackup } from '../backup.ts'
import { type Command, UsageError } from '../command.ts'
import { startOffice } from '../office.ts'

export const command: Command = {
  name: 'backup',
  summary: 'database, archive, out-tray and secret, while the house works',
  help: `Usage: courtois backup --out DIR [--json]

Writes DIR/DATE: every table as one instant saw it, the out-tray and the secret of DATA_DIR. The files of the archive, which
never change, are added to DIR/archive, once for all the backups in DIR. Nothing has to be stopped. DIR holds personal data and
a secret: keep it closed and on another disk. « courtois restore DIR/DATE » puts it back.

  --json    prints { "folder", "tables", "archived", "added" }`,
  async run(argv) {
    const { values } = parseArgs({ args: argv, options: { out: { type: 'string' }, json: { type: 'boolean' } } })
    if (!values.out) throw new UsageError('backup needs --out DIR')
    const office = await startOffice()
    try {
      const { folder, manifest, added } = await writeBackup(office, values.out, houseClock().now())
      const { archived, tables } = manifest
      if (values.json) console.log(JSON.stringify({ folder, tables: tables.length, archived, added }))
      else
        console.log(`${folder}\u00a0: ${tables.length} tables, ${archived} fichiers archivés dont ${added} nouveaux.`)
    } finally {
      await office.close()
    }
  },
}
