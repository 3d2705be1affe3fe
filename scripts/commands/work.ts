import { parseArgs } from 'node:util'
import { houseClock } from '../../api/cron.ts'
import { startWorker } from '../../procedures/work.ts'
import { type Command, UsageError } from '../command.ts'
import { logJobs, openLog } from '../log.ts'
import { startOffice } from '../office.ts'
import { stopWorker, untilStopped } from '../stop.ts'

export const command: Command = {
  name: 'work',
  summary: 'a worker without the API: writes and sends what is due',
  help: `Usage: courtois work [--jobs N]

Does the jobs that the scheduler of \`serve\` (or \`tick\`) has planned, until it is stopped. Any number may run on the
same DATABASE_URL.

  --jobs N   how many at once (2)`,
  async run(argv) {
    const { values } = parseArgs({ args: argv, options: { jobs: { type: 'string' } } })
    const jobs = Number(values.jobs ?? 2)
    if (!Number.isInteger(jobs) || jobs < 1 || jobs > 64) throw new UsageError('--jobs is a number from 1 to 64')
    const office = await startOffice({ baseUrl: process.env['BASE_URL'] })
    try {
      const log = openLog()
      const report = (error: unknown): void => log.error({ err: error }, 'unexpected')
      const today = houseClock().today
      const worker = await startWorker(office.office, office.url, { concurrency: jobs, today, report })
      logJobs(worker, log)
      console.log(`Au travail, ${jobs} tâche${jobs > 1 ? 's' : ''} à la fois. Ctrl-C pour arrêter.`)
      await untilStopped()
      await stopWorker(worker)
    } finally {
      await office.close()
    }
  },
}
