import { parseArgs } from 'node:util'
import { examine, type Finding, repair } from '../../procedures/doctor.ts'
import { roleFindings } from '../../procedures/doctor-role.ts'
import { parseDay } from '../../schema/days.ts'
import type { Command } from '../command.ts'
import { startOffice } from '../office.ts'

export const command: Command = {
  name: 'doctor',
  summary: 'checks that nothing is lost, nothing twice, and that archive, journal and consents agree',
  help: `Usage: courtois doctor [--repair] [--day DATE] [--json]

Looks for what must never be: an open case without a dated next act, a step or a letter done twice, a document without its
dispatch, a hash without its bytes, a job out of attempts, an act without its line in the journal, a consent that no longer
fits what was signed; in production, a role that could rewrite the journal. Changes nothing, unless asked.

  --repair     mends what the rows prove (a job that vanished, a letter made again to the same hash, a consent voided by a
               change), says what it did, and looks again
  --day DATE   judge on that day (default: today in Paris)
  --json       an array of { code, case, message, remedy, repaired? }

Exit 0 when nothing is wrong, 1 when something is.`,
  async run(argv) {
    const { values } = parseArgs({
      args: argv,
      options: { json: { type: 'boolean' }, repair: { type: 'boolean' }, day: { type: 'string' } },
    })
    const on = values.day === undefined ? Temporal.Now.plainDateISO('Europe/Paris') : parseDay(values.day, 'day')
    const office = await startOffice()
    let findings: Finding[]
    try {
      findings = await examine(office.office, on)
      if (values.repair && findings.length > 0) {
        const mended = (await repair(office.office, on, findings)).filter((finding) => finding.repaired !== undefined)
        findings = [...mended, ...(await examine(office.office, on))]
      }
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
    else
      console.log(
        findings.length === 0 ? 'Rien à redire : rien de perdu, rien en double.' : findings.map(line).join('\n'),
      )
    return findings.every((finding) => finding.repaired !== undefined) ? 0 : 1
  },
}

function line({ code, case: number, message, remedy, repaired }: Finding): string {
  return `${number ?? '(maison)'}  [${code}]  ${message} ${repaired === undefined ? remedy : `Réparé\u00a0: ${repaired}`}`
}
