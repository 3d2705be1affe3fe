import { parseArgs } from 'node:util'
import { examine, type Finding, repair } from '../../procedures/doctor/doctor.ts'
import { roleFindings } from '../../procedures/doctor/role.ts'
import { type Day, dayFr, parseDay } from '../../schema/days.ts'
import type { Sql } from '../../schema/db.ts'
import type { Command } from '../command.ts'
import { counted } from '../../schema/words.ts'
import { startOffice } from '../office.ts'
import { withProgress } from '../progress.ts'
import { houseDay } from '../virtual-day.ts'

export const command: Command = {
  name: 'doctor',
  summary: 'vérifie que rien n’est perdu ni en double, que tout concorde avec le journal',
  help: `Usage : courtois doctor [--repair] [--day DATE] [--json]

Cherche ce qui ne doit jamais être : un dossier ouvert sans prochain acte daté, une étape ou une
lettre faite deux fois, un document jamais envoyé, une empreinte sans son fichier, une tâche qui a
épuisé ses essais, un acte absent du journal, un accord qui ne correspond plus à ce qui a été
signé ; en production, un compte qui pourrait réécrire le journal. Ne change rien, sauf demande.

  --repair     répare ce que la base prouve (une tâche disparue, une lettre refaite à la même
               empreinte, un accord caduc), dit ce qui a été fait, et regarde de nouveau
  --day DATE   juge à ce jour (par défaut : aujourd’hui à Paris, ou le jour virtuel d’un
               « serve --day » en cours)
  --json       un tableau de { code, case, message, remedy, repaired? }

Code 0 quand il n’y a rien à redire, 1 sinon.`,
  async run(argv) {
    const { values } = parseArgs({
      args: argv,
      options: { json: { type: 'boolean' }, repair: { type: 'boolean' }, day: { type: 'string' } },
    })
    const on = values.day === undefined ? houseDay() : parseDay(values.day, 'day')
    const office = await startOffice()
    let findings: Finding[]
    let gone: string | null = null
    try {
      const look = () => withProgress('fichiers des archives', (step) => examine(office.office, on, step))
      findings = await look()
      if (values.repair && findings.length > 0) {
        const mended = (await repair(office.office, on, findings)).filter((finding) => finding.repaired !== undefined)
        findings = [...mended, ...(await look())]
      }
      gone = await purgedWords(office.sql)
      if (process.env['NODE_ENV'] === 'production') findings.push(...(await roleFindings(office.sql)))
    } finally {
      await office.close()
    }
    if (values.json)
      console.log(
        JSON.stringify(
          findings.map(({ subject: _, ...finding }) => finding),
          null,
          2,
        ),
      )
    else {
      const told = findings.length === 0 ? ['Rien à redire : rien de perdu, rien en double.'] : findings.map(line)
      console.log([...told, ...(gone ? [gone] : [])].join('\n'))
    }
    return findings.every((finding) => finding.repaired !== undefined) ? 0 : 1
  },
}

function line({ code, case: number, message, remedy, repaired }: Finding): string {
  return `${number ?? '(maison)'}  [${code}]  ${message} ${repaired === undefined ? remedy : `Réparé\u00a0: ${repaired}`}`
}

/** What is gone because its time was over is no loss, and is said so. */
async function purgedWords(sql: Sql): Promise<string | null> {
  const [found] = await sql<{ count: number; last: Day | null }[]>`
    select count(*)::int as count, max(greatest(purged_on, accounts_purged_on)) as last from cases where purged_on is not null`
  if (!found?.last) return null
  return `Données personnelles purgées le ${dayFr(found.last)}\u00a0: il reste de ${counted(found.count, 'dossier')} les empreintes et la chaîne du journal, intactes.`
}
