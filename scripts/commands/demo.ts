import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { readInvoice } from '../../documents/invoices/einvoice.ts'
import { connect } from '../../schema/db.ts'
import { startThrowaway } from '../../schema/embedded.ts'
import { seededRandom } from '../../schema/random.ts'
import { type Command, readNamed, UsageError } from '../command.ts'
import { bringUpToDate, type Database, withBothRoles } from '../database.ts'
import { consumerWhoStops } from '../demo/consumer.ts'
import { openDemoFolder } from '../demo/folder.ts'
import { leave } from '../demo/leave.ts'
import { unpaidInvoice } from '../demo/story.ts'
import { openOffice } from '../office.ts'

const usual = fileURLToPath(new URL('../../samples/Facture_FR_EN16931.pdf', import.meta.url))

export const command: Command = {
  name: 'demo',
  summary: 'va d’une facture impayée au dossier de procédure, sur une horloge virtuelle',
  help: `Usage : courtois demo --out RÉPERTOIRE [--invoice FICHIER] [--debtor business|consumer]

Vit toute la vie d’une créance dans une base temporaire et en laisse les papiers dans RÉPERTOIRE :
une facture impayée jusqu’à la requête au tribunal et, à côté, dans RÉPERTOIRE/consumer, le dossier
d’une consommatrice jusqu’à l’ordonnance et sa signification. La même commande donne les mêmes
octets.

  --out RÉPERTOIRE    où écrire : un répertoire nouveau ou vide, ou celui d’une démonstration
                      précédente, qui est remplacée ; tout autre contenu est refusé
  --invoice FICHIER   une autre facture au départ (PDF Factur-X, XML CII ou UBL, JSON)
  --debtor TYPE       business (professionnel, par défaut) ou consumer (consommateur)

Exemple
  courtois demo --out demo && courtois verify demo/pack/pack.zip`,
  async run(argv) {
    const { values } = parseArgs({
      args: argv,
      options: { out: { type: 'string' }, invoice: { type: 'string' }, debtor: { type: 'string' } },
    })
    const kind = values.debtor ?? 'business'
    if (!values.out) throw new UsageError('--out RÉPERTOIRE est nécessaire')
    if (kind !== 'business' && kind !== 'consumer') throw new UsageError('--debtor attend business ou consumer')
    const out = resolve(values.out)
    const original = new Uint8Array(readNamed(values.invoice ?? usual))
    const invoice = await readInvoice(original, { fileName: values.invoice ?? 'facture.pdf' })
    const folder = openDemoFolder(out)
    const fresh = join(folder.work, 'papers')
    const database: Database = await startThrowaway().then(withBothRoles, (error: unknown) => {
      folder.close()
      throw error
    })
    try {
      await bringUpToDate(database)
      const sql = connect(database.url, { max: 4 })
      const office = await openOffice({
        sql,
        dataDir: folder.work,
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
      folder.settle(fresh)
    } finally {
      await database.stop()
      folder.close()
    }
    console.log(
      `\nÀ lire : ${join(values.out, 'letters')}, ${join(values.out, 'consent', 'accord.pdf')}, ${join(values.out, 'pack', 'pack.pdf')}`,
    )
    console.log(`À vérifier : npx courtois verify ${join(values.out, 'pack', 'pack.zip')}`)
  },
}
