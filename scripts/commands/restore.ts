import { resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { houseClock } from '../../api/cron.ts'
import { examine } from '../../procedures/doctor/doctor.ts'
import { purge } from '../../procedures/retention/purge.ts'
import type { Day } from '../../schema/days.ts'
import { connect } from '../../schema/db.ts'
import { holdBack, restoreBackup } from '../backup.ts'
import { counted } from '../../schema/words.ts'
import { type Command, UsageError } from '../command.ts'
import { dataDir, openDatabase } from '../database.ts'
import { type RunningOffice, startOffice } from '../office.ts'
import { withProgress } from '../progress.ts'

export const command: Command = {
  name: 'restore',
  summary: 'remet une sauvegarde dans une base vide et un répertoire nouveau',
  help: `Usage : courtois restore RÉPERTOIRE/DATE [--moved] [--erasures FICHIER] [--json]

Remet une sauvegarde de « courtois backup » dans la base vide de DATABASE_OWNER_URL ou DATABASE_URL
(ou dans la base embarquée) et dans un DATA_DIR sans archives, la met à jour, et
l’examine comme « courtois doctor ».

Ce qui est parti de la maison après la sauvegarde n’y est pas. Chaque lettre qui attendait est donc
marquée comme à vérifier, et chaque dossier ouvert dont une étape est due est suspendu jusqu’à ce
qu’une personne ait regardé ce qui est parti : une lettre envoyée deux fois est une faute.

Ce qui a été purgé depuis revient avec la sauvegarde : il est compté, et « courtois purge --yes »
l’ôte de nouveau. Les effacements accordés à une personne sont lus dans le registre qui est à côté
de la sauvegarde (effacements.json), et dans celui que nomme --erasures.

  --moved              la maison était arrêtée avant la sauvegarde, et rien n’a été fait depuis :
                       rien n’est suspendu
  --erasures FICHIER   le registre des effacements d’un répertoire de sauvegardes plus récent
  --json               donne { "held", "toCheck", "toPurge", "findings" }

Code 0 quand la base et les archives concordent, 1 sinon.

Exemple
  courtois restore /mnt/sauvegardes/DATE`,
  async run(argv) {
    const options = { moved: { type: 'boolean' }, erasures: { type: 'string' }, json: { type: 'boolean' } } as const
    const { values, positionals } = parseArgs({ args: argv, allowPositionals: true, options })
    const [from] = positionals
    if (!from) throw new UsageError('donnez le répertoire d’une sauvegarde')
    const database = await openDatabase()
    try {
      const into = { url: database.ownerUrl, dataDir: resolve(dataDir()), register: values.erasures }
      await withProgress('fichiers restaurés', (step) => restoreBackup(from, into, step))
    } finally {
      await database.stop()
    }
    const office = await startOffice()
    try {
      const today = houseClock().today()
      const { held, toCheck } = values.moved ? { held: 0, toCheck: 0 } : await holdBack(office.office, today)
      const toPurge = await purgedAgain(office, today)
      const findings = await withProgress('fichiers vérifiés', (step) => examine(office.office, today, step))
      // What was just left to a person is no fault of the backup.
      const faults = findings.filter(({ code }) => values.moved || code !== 'sending_unfinished')
      if (values.json)
        console.log(JSON.stringify({ held, toCheck, toPurge, findings: faults.map(({ subject: _, ...each }) => each) }))
      else {
        console.log(
          `Restauré. ${counted(held, 'dossier suspendu')} et ${counted(toCheck, 'envoi')} à vérifier avant de reprendre.`,
        )
        if (toPurge > 0)
          console.log(
            `Données personnelles à ôter de nouveau (dossiers et débiteurs, ${toPurge} en tout)\u00a0: courtois purge --yes.`,
          )
        for (const { case: number, code, message } of faults)
          console.log(`${number ?? '(maison)'}  [${code}]  ${message}`)
      }
      return faults.some(({ code }) => code.startsWith('archive') || code.startsWith('journal')) ? 1 : 0
    } finally {
      await office.close()
    }
  },
}

/** How many cases and debtors a purge of today would take: what went since the backup, or had to. Changes nothing. */
async function purgedAgain(opened: RunningOffice, today: Day): Promise<number> {
  const sql = connect(opened.ownerUrl, { max: 1 })
  try {
    const told = await purge({ ...opened.office, sql }, today, { until: today, keep: false }, 'restore')
    return told.cases.length + told.accounts.length + told.contacts
  } finally {
    await sql.end({ timeout: 5 })
  }
}
