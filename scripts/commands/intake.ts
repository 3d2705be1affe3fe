import { createHash } from 'node:crypto'
import { readFile, stat } from 'node:fs/promises'
import { parseArgs } from 'node:util'
import { invoiceToJson, readInvoice } from '../../documents/einvoice.ts'
import { DomainError } from '../../schema/errors.ts'
import { UsageError, type Command } from '../command.ts'

export const command: Command = {
  name: 'intake',
  summary: 'reads invoices (Factur-X, CII, UBL, JSON): what is understood, doubtful, missing',
  help: `Usage: courtois intake FILE… [--dry-run]

Reads each FILE by what it is, not by its name: a Factur-X PDF, a CII or UBL XML, or a JSON document in the shape of
schema/invoice.schema.json. Prints JSON in that same shape, with "source", "missing" (what the file does not say) and
"doubts" (what it says and may be wrong): an object for one FILE, an array for several.

  --dry-run   reads only; this is all the command does today, and scripts may already say it
  --json      accepted: the output is always JSON

Exit 0 when every FILE was understood, though things be missing; 1 when one was refused, with the reason on stderr.

  courtois intake samples/Facture_FR_EN16931.pdf`,
  async run(argv) {
    const { positionals } = parseArgs({
      args: argv,
      allowPositionals: true,
      options: { 'dry-run': { type: 'boolean' }, json: { type: 'boolean' } },
    })
    if (positionals.length === 0) throw new UsageError('intake needs at least one FILE')
    const read: object[] = []
    let refused = 0
    for (const file of positionals) {
      try {
        const bytes = await fileBytes(file)
        const sha256 = createHash('sha256').update(bytes).digest('hex')
        read.push({ file, sha256, ...invoiceToJson(await readInvoice(bytes, { fileName: file })) })
      } catch (error) {
        if (!(error instanceof DomainError)) throw error
        refused++
        console.error(`${file}: ${error.message}\n${error.remedy} [${error.code}]`)
      }
    }
    if (positionals.length > 1) console.log(JSON.stringify(read, null, 2))
    else if (read[0]) console.log(JSON.stringify(read[0], null, 2))
    return refused > 0 ? 1 : 0
  },
}

async function fileBytes(file: string): Promise<Uint8Array> {
  const info = await stat(file).catch(() => null)
  if (!info?.isFile()) {
    throw new DomainError('no_such_file', 'Le fichier n’existe pas ou n’est pas un fichier.', {
      remedy: 'Vérifiez son chemin.',
    })
  }
  // readInvoice refuses what is too large; no need to load gigabytes to hear it.
  if (info.size > 1 << 30) {
    throw new DomainError('file_too_large', 'Le fichier dépasse 20 Mo.', { remedy: 'Envoyez la facture seule.' })
  }
  return readFile(file)
}
