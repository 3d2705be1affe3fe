// Works on a database until killed, as `courtois work` would: the tests kill it without warning.
import { openOffice } from '../../scripts/office.ts'
import { startWorker } from '../../procedures/work.ts'
import { connect } from '../../schema/db.ts'
import { systemRandom } from '../../schema/random.ts'

const [url, dataDir] = process.argv.slice(2) as [string, string]
const office = await openOffice({
  sql: connect(url, { max: 4 }),
  dataDir,
  random: systemRandom,
  baseUrl: 'https://courtois.example',
})
await startWorker(office, url)
console.log('working')
