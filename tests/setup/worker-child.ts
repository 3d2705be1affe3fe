// Works on a database until killed, as `courtois work` would: the tests kill it without warning.
import { openOffice } from '../../scripts/office.ts'
import { tick } from '../../procedures/amicable/tick.ts'
import { startWorker } from '../../procedures/jobs/work.ts'
import { parseDay } from '../../schema/days.ts'
import { connect } from '../../schema/db.ts'
import { systemRandom } from '../../schema/random.ts'

const [url, dataDir, until, poison] = process.argv.slice(2) as [string, string, string?, string?]
const office = await openOffice({
  sql: connect(url, { max: 4 }),
  dataDir,
  random: systemRandom,
  baseUrl: 'https://courtois.example',
})
const { typst } = office
// The letter that says this word kills whoever composes it.
if (poison)
  office.typst = {
    ...typst,
    compile: (job) =>
      JSON.stringify(job.data).includes(poison)
        ? process.kill(process.pid, 'SIGKILL') && new Promise(() => {})
        : typst.compile(job),
  }
if (until) await Promise.all([1, 2, 3].map(() => tick(office.sql, parseDay(until))))
// How long it may say nothing before it is taken for dead.
const silence = process.env['SILENCE']
await startWorker(office, url, silence === undefined ? {} : { silence: Number(silence) })
console.log('working')
