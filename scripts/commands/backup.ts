import { parseArgs } from 'node:util'
import { houseClock } from '../../api/cron.ts'
import { writeBackup } from '../backup.ts'
import { type Command, UsageError } from '../command.ts'
import { startOffice } from '../office.ts'
import { withProgress } from '../progress.ts'

export const command: Command = {
  name: 'backup',
  summary: 'sauvegarde base, archives, plateau de départ et secret, sans rien arrêter',
  help: `Usage : courtois backup --out RÉPERTOIRE [--json]

Écrit RÉPERTOIRE/DATE : toutes les tables telles qu’un même instant les a vues, le plateau de départ
et le secret de DATA_DIR. Les fichiers des archives, qui ne changent jamais, s’ajoutent à
RÉPERTOIRE/archive, une fois pour toutes les sauvegardes. Rien n’a besoin d’être arrêté. Le
répertoire contient des données personnelles et un secret : gardez-le fermé, sur un autre disque.
« courtois restore RÉPERTOIRE/DATE » remet la sauvegarde en place.

  --out RÉPERTOIRE   où sauvegarder
  --json             donne { "folder", "tables", "archived", "added" }

Exemple
  courtois backup --out /mnt/sauvegardes`,
  async run(argv) {
    const { values } = parseArgs({ args: argv, options: { out: { type: 'string' }, json: { type: 'boolean' } } })
    if (!values.out) throw new UsageError('--out RÉPERTOIRE est nécessaire')
    const office = await startOffice()
    try {
      const out = values.out
      const { folder, manifest, added } = await withProgress('fichiers archivés', (step) =>
        writeBackup(office, out, houseClock().now(), step),
      )
      const { archived, tables } = manifest
      if (values.json) console.log(JSON.stringify({ folder, tables: tables.length, archived, added }))
      else
        console.log(`${folder}\u00a0: ${tables.length} tables, ${archived} fichiers archivés dont ${added} nouveaux.`)
    } finally {
      await office.close()
    }
  },
}
