import { parseArgs } from 'node:util'
import { houseClock } from '../../api/cron.ts'
import { startWorker } from '../../procedures/jobs/work.ts'
import { type Command, UsageError } from '../command.ts'
import { logJobs, openLog } from '../log.ts'
import { startOffice } from '../office.ts'
import { giveWay } from '../priority.ts'
import { stopWorker, untilStopped } from '../stop.ts'
import { counted } from '../../schema/words.ts'

export const command: Command = {
  name: 'work',
  summary: 'fait les tâches de fond sans l’API : écrit et envoie ce qui est dû',
  help: `Usage : courtois work [--jobs N]

Fait les tâches que l’horloge de « courtois serve » (ou « courtois tick ») a prévues, jusqu’à ce
qu’on l’arrête. Plusieurs peuvent tourner sur le même DATABASE_URL.

  --jobs N   combien à la fois (2)

Sa priorité est plus basse que celle de l’API, où des personnes attendent une réponse.`,
  async run(argv) {
    const { values } = parseArgs({ args: argv, options: { jobs: { type: 'string' } } })
    const jobs = jobsAtOnce(values.jobs, 1)
    // People wait for the API, nobody waits for a letter by the second: where both share a machine, the API comes first.
    giveWay()
    const office = await startOffice({ writes: true })
    try {
      const log = openLog()
      const report = (error: unknown): void => log.error({ err: error }, 'unexpected')
      const today = houseClock().today
      const worker = await startWorker(office.office, office.url, { concurrency: jobs, today, report })
      logJobs(worker, log)
      console.log(`Au travail, ${counted(jobs, 'tâche')} à la fois. Ctrl-C pour arrêter.`)
      await untilStopped()
      await stopWorker(worker)
    } finally {
      await office.close()
    }
  },
}

/** The number of --jobs: 2 unless it says otherwise. */
export function jobsAtOnce(text: string | undefined, least: 0 | 1): number {
  const jobs = Number(text || 2)
  if (!Number.isInteger(jobs) || jobs < least || jobs > 64)
    throw new UsageError(`--jobs attend un nombre de ${least} à 64`)
  return jobs
}
