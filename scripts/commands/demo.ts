import { mkdirSync, readFileSync, renameSync, rmSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { readInvoice } from '../../documents/einvoice.ts'
import { connect } from '../../schema/db.ts'
import { DomainError } from '../../schema/errors.ts'
import { startThrowaway } from '../../schema/embedded.ts'
import { migrate } from '../../schema/migrate.ts'
import { seededRandom } from '../../schema/random.ts'
import { type Command, UsageError } from '../command.ts'
import { leave } from '../demo/leave.ts'
import { consumerWhoStops } from '../demo/consumer.ts'
import { unpaidInvoice } from '../demo/story.ts'
import { openOffice } from '../office.ts'

const usual = new URL('../../samples/Facture_FR_EN16931.pdf', import.meta.url)

export const command: Command = {
  name: 'demo',
  summary: 'from one unpaid invoice to a filing pack, on a virtual clock',
  help: `Usage: courtois demo --out DIR [--invoice FILE] [--debtor business|consumer]

Lives the whole life of a claim in a temporary database and leaves the papers under DIR:
an unpaid invoice up to the request to the court, and beside it, in DIR/consumer, a consumer's
case up to an order and its service. Same command, same bytes.

  --out DIR         where the files go (made when absent; an earlier demo's letters, consent, pack, consumer and JSON files are replaced)
  --invoice FILE    another invoice to start from (Factur-X PDF, CII or UBL XML, JSON)
  --debtor KIND     business (default) or consumer

Example: courtois demo --out demo && courtois verify demo/pack/pack.zip`,
  async run(argv) {
    const { values } = parseArgs({
      args: argv,
      options: { out: { type: 'string' }, invoice: { type: 'string' }, debtor: { type: 'string' } },
    })
    const kind = values.debtor ?? 'business'
    if (!values.out) throw new UsageError('demo needs --out DIR')
    if (kind !== 'business' && kind !== 'consumer') throw new UsageError('--debtor is business or consumer')
    const out = resolve(values.out)
    const original = readFile(values.invoice)
    const invoice = await readInvoice(original, { fileName: values.invoice ?? 'facture.pdf' })
    const work = join(out, '.work')
    const fresh = join(work, 'papers')
    makeFolder(work)
    const database = await startThrowaway()
    try {
      await migrate(database.url)
      const sql = connect(database.url, { max: 4 })
      const office = await openOffice({
        sql,
        dataDir: work,
        random: seededRandom('demo'),
        baseUrl: 'https://courtois.example',
      })
      try {
        const world = { office, databaseUrl: database.url, tell: (line: string) => console.log(line) }
        console.log('— Une facture jamais payée —')
        await leave(office, await unpaidInvoice(world, invoice, original, kind), fresh)
        console.log('\n— Une consommatrice conteste, paie en partie, puis s’arrête —')
        await leave(office, await consumerWhoStops(world), join(fresh, 'consumer'))
      } finally {
        await office.typst.close()
        await sql.end()
      }
      // An earlier demo gives way only to a whole one.
      for (const name of ['timeline.json', 'case.json', 'letters', 'consent', 'pack', 'consumer']) {
        rmSync(join(out, name), { recursive: true, force: true })
        renameSync(join(fresh, name), join(out, name))
      }
    } finally {
      await database.stop()
      rmSync(work, { recursive: true, force: true })
    }
    console.log(
      `\nÀ lire : ${join(values.out, 'letters')}, ${join(values.out, 'consent', 'accord.pdf')}, ${join(values.out, 'pack', 'pack.pdf')}`,
    )
    console.log(`À vérifier : npx courtois verify ${join(values.out, 'pack', 'pack.zip')}`)
  },
}

function makeFolder(path: string): void {
  try {
    mkdirSync(path, { recursive: true })
  } catch (error) {
    throw new DomainError('folder_not_writable', `Le dossier « ${path} » ne peut être écrit.`, {
      remedy: 'Choisissez un dossier où vous pouvez écrire.',
      cause: error,
    })
  }
}

function readFile(path: string | undefined): Uint8Array {
  try {
    return new Uint8Array(readFileSync(path ?? usual))
  } catch (error) {
    throw new DomainError('file_not_found', `Le fichier « ${path} » ne peut être lu.`, {
      remedy: 'Vérifiez son chemin.',
      cause: error,
    })
  }
}
