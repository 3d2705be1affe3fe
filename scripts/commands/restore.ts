import { resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { houseClock } from '../../api/cron.ts'
import { examine } from '../../procedures/doctor.ts'
import { holdBack, restoreBackup } from '../backup.ts'
import { type Command, UsageError } from '../command.ts'
import { dataDir, openDatabase } from '../database.ts'
import { startOffice } from '../office.ts'

export const command: Command = {
  name: 'restore',
  summary: 'a backup into an empty database and a new data folder',
  help: `Usage: courtois restore DIR/DATE [--moved] [--json]

Puts a backup of « courtois backup » into the empty database of DATABASE_OWNER_URL or DATABASE_URL (or the embedded one) and a DATA_DIR without
archive, brings it up to date, and looks at it as « courtois doctor » does.

What left the house after the backup is not in it. So every letter that waited is marked as to be checked, and every open case
with a step due is put on hold until a person has looked at what was sent: a letter sent twice is a fault.

  --moved   the house was stopped before the backup and nothing was done since: nothing is held
  --json    prints { "held", "toCheck", "findings" }

Exit 0 when the database and the archive agree, 1 when they do not.`,
  async run(argv) {
    const options = { moved: { type: 'boolean' }, json: { type: 'boolean' } } as const
    const { values, positionals } = parseArgs({ args: argv, allowPositionals: true, options })
    const [from] = positionals
    if (!from) throw new UsageError('restore needs the folder of a backup')
    const database = await openDatabase()
    try {
      await restoreBackup(from, { url: database.ownerUrl, dataDir: resolve(dataDir()) })
    } finally {
      await database.stop()
    }
    const office = await startOffice()
    try {
      const today = houseClock().today()
      const { held, toCheck } = values.moved ? { held: 0, toCheck: 0 } : await holdBack(office.office, today)
      const findings = await examine(office.office, today)
      // What was just left to a person is no fault of the backup.
      const faults = findings.filter(({ code }) => values.moved || code !== 'sending_unfinished')
      if (values.json)
        console.log(JSON.stringify({ held, toCheck, findings: faults.map(({ subject: _, ...each }) => each) }))
      else {
        console.log(`Restauré. ${held} dossier(s) suspendu(s) et ${toCheck} envoi(s) à vérifier avant de reprendre.`)
        for (const { case: number, code, message } of faults)
          console.log(`${number ?? '(maison)'}  [${code}]  ${message}`)
      }
      return faults.some(({ code }) => code.startsWith('archive') || code.startsWith('journal')) ? 1 : 0
    } finally {
      await office.close()
    }
  },
}
