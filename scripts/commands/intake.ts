import { createHash } from 'node:crypto'
import { readFile, stat } from 'node:fs/promises'
import { parseArgs } from 'node:util'
import { readAccount } from '../../documents/invoices/account.ts'
import { type BankStatement, isCamt, readBankStatement } from '../../documents/invoices/bank-statement.ts'
import { invoiceToJson, type ReadInvoice, readInvoice } from '../../documents/invoices/einvoice.ts'
import { isZip, readTable } from '../../documents/invoices/table.ts'
import { barredDoubts } from '../../procedures/cases/standstill.ts'
import { DomainError } from '../../schema/errors.ts'
import { amount } from '../../schema/money.ts'
import { type Command, unreadable, UsageError } from '../command.ts'
import { houseDay } from '../virtual-day.ts'

export const command: Command = {
  name: 'intake',
  summary: 'lit factures et relevés : ce qui est compris, douteux, manquant',
  help: `Usage : courtois intake FICHIER… [--seller NOM] [--dry-run]

Lit chaque FICHIER selon ce qu’il est, non selon son nom, et donne du JSON : un objet pour un
FICHIER, un tableau pour plusieurs.
  une facture             PDF Factur-X, XML CII ou UBL, ou JSON (schema/invoice.schema.json) : la
                          même forme, avec "source", "missing" (ce que le fichier ne dit pas) et
                          "doubts" (ce qu’il dit peut-être à tort)
  un relevé de compte     CSV ou XLSX, une facture par ligne : "columns", les colonnes telles
                          qu’elles sont comprises, "invoices", et "lines" qui n’en sont pas, chacune
                          avec son numéro et la raison
  un relevé bancaire      camt.053, camt.054, ou CSV et XLSX avec une date et un crédit :
                          "payments" et "faults"

Rien n’est gardé : submitInvoice et importStatement ouvrent les dossiers, importPayments enregistre
les paiements.

  --dry-run      accepté : la commande ne fait que lire
  --seller NOM   le nom du créancier, pour un relevé de compte (sinon il reste à dire)
  --json         accepté : la réponse est toujours en JSON

Code 0 quand chaque FICHIER a été compris, même incomplet ; 1 quand l’un est refusé, avec la raison
sur la sortie d’erreur.

Exemple
  courtois intake samples/Facture_FR_EN16931.pdf`,
  async run(argv) {
    const { positionals, values } = parseArgs({
      args: argv,
      allowPositionals: true,
      options: { 'dry-run': { type: 'boolean' }, json: { type: 'boolean' }, seller: { type: 'string' } },
    })
    if (positionals.length === 0) throw new UsageError('donnez au moins un FICHIER')
    const read: object[] = []
    let refused = 0
    for (const file of positionals) {
      try {
        const bytes = await fileBytes(file)
        const sha256 = createHash('sha256').update(bytes).digest('hex')
        read.push({ file, sha256, ...(await understood(bytes, file, values.seller)) })
      } catch (error) {
        if (!(error instanceof DomainError)) throw error
        refused++
        const remedy = error.code === 'unsupported_format' ? readable : error.remedy
        console.error(`${file}\u00a0: ${error.message}\n${remedy} [${error.code}]`)
      }
    }
    if (positionals.length > 1) console.log(JSON.stringify(read, null, 2))
    else if (read[0]) console.log(JSON.stringify(read[0], null, 2))
    return refused > 0 ? 1 : 0
  },
}

const readable =
  'Donnez une facture (Factur-X, CII, UBL, ou JSON d’après schema/invoice.schema.json), un relevé de compte (CSV ou XLSX) ' +
  'ou un relevé bancaire (camt.053, camt.054, CSV ou XLSX).'

async function understood(bytes: Uint8Array, file: string, seller = 'le créancier'): Promise<object> {
  if (isCamt(bytes)) return bankJson(await readBankStatement(bytes))
  if (!isZip(bytes) && !isTable(bytes)) return invoiceToJson(told(await readInvoice(bytes, { fileName: file })))
  const rows = await readTable(bytes)
  try {
    const account = readAccount(rows, { seller })
    const lines = account.lines.map((line) => ('invoice' in line ? { ...line, invoice: told(line.invoice) } : line))
    return accountJson({ ...account, lines })
  } catch (error) {
    if (!(error instanceof DomainError) || error.code !== 'columns_unknown') throw error
    // Not an account: a table of payments has a date and a sum, and names no invoice by column.
    return bankJson(await readBankStatement(bytes).catch(() => Promise.reject(error)))
  }
}

/** With what only the day and the law say of it. */
function told(read: ReadInvoice): ReadInvoice {
  return { ...read, doubts: [...read.doubts, ...barredDoubts(read, null, houseDay())] }
}

/** Text with a row of titles, which neither XML, JSON nor PDF begins with. */
function isTable(bytes: Uint8Array): boolean {
  const [head = ''] = Buffer.from(bytes.subarray(0, 4096)).toString('latin1').trimStart().split(/\r?\n/, 1)
  return !/^(%PDF-|<|\{|\[|\u00ef\u00bb\u00bf<)/.test(head) && /[;\t,|]/.test(head)
}

function accountJson({ columns, lines }: ReturnType<typeof readAccount>): object {
  const invoices = lines.flatMap((line) =>
    'invoice' in line ? [{ row: line.row, ...invoiceToJson(line.invoice) }] : [],
  )
  return {
    kind: 'statement_of_account',
    columns,
    invoices,
    lines: lines.flatMap((line) =>
      'invoice' in line
        ? []
        : 'skipped' in line
          ? [{ row: line.row, number: line.number, state: 'skipped', why: line.skipped }]
          : [
              {
                row: line.row,
                number: line.number,
                state: 'refused',
                code: line.fault.code,
                why: line.fault.message,
                remedy: line.fault.remedy,
              },
            ],
    ),
    doubts: lines.flatMap((line) =>
      'invoice' in line ? line.invoice.doubts.map((doubt) => ({ row: line.row, ...doubt })) : [],
    ),
    missing: lines.flatMap((line) =>
      'invoice' in line ? line.invoice.missing.map((each) => ({ row: line.row, ...each })) : [],
    ),
  }
}

function bankJson({ format, lines, faults }: BankStatement): object {
  return {
    kind: 'bank_statement',
    format,
    payments: lines.map(({ bookedOn, amount: cents, doubts: _doubts, ...line }) => ({
      ...line,
      booked_on: bookedOn.toString(),
      amount: amount(cents),
    })),
    faults: faults.map(({ row, fault }) => ({ row, code: fault.code, why: fault.message, remedy: fault.remedy })),
    doubts: lines.flatMap(({ row, doubts }) => doubts.map((doubt) => ({ row, ...doubt }))),
    missing: [],
  }
}

async function fileBytes(file: string): Promise<Uint8Array> {
  const info = await stat(file).catch(() => null)
  if (!info?.isFile()) throw unreadable(file)
  // readInvoice refuses what is too large; no need to load gigabytes to hear it.
  if (info.size > 1 << 30) {
    throw new DomainError('file_too_large', 'Le fichier dépasse 20 Mo.', { remedy: 'Envoyez la facture seule.' })
  }
  return readFile(file)
}
