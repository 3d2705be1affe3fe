import { parse } from 'csv-parse/sync'
import { DomainError } from '../../schema/errors.ts'
import { plainWords } from '../../schema/words.ts'
import { Readers, usualLimits } from '../apart.ts'

/** One line of a file that people filled in a spreadsheet: cells as texts, and its number as the spreadsheet shows it. */
export interface TableRow {
  number: number
  cells: string[]
}

/** The same with its cells by title, as `plainWords` writes them. */
export interface TitledTable {
  titles: string[]
  rows: { number: number; cells: Record<string, string> }[]
}

// As many rows as France has communes, and some. A workbook may show one text in every cell, and keep it once.
export const limits = {
  bytes: 20 << 20,
  unpacked: 200 << 20,
  rows: 50_000,
  columns: 200,
  cell: 2_000,
  characters: 50_000_000,
}
const remedy = 'Enregistrez le tableau en .xlsx ou en .csv (UTF-8, une ligne de titres) et envoyez-le de nouveau.'

/**
 * The rows of a CSV text or of the first sheet of an XLSX workbook, by content and not by name. Numbers keep the digits of
 * the file, days become AAAA-MM-JJ, empty rows are left out. DomainErrors: empty_file, file_too_large, unreadable_table.
 */
export async function readTable(bytes: Uint8Array): Promise<TableRow[]> {
  if (bytes.length === 0) throw refused('empty_file', 'Le fichier est vide.')
  if (bytes.length > limits.bytes) throw refused('file_too_large', 'Le fichier dépasse 20 Mo.')
  return isZip(bytes) ? workbookRows(bytes) : withinLimits(csvRows(textOf(bytes)))
}

/** The rows that are not empty. Refuses more of them, or wider ones, than anybody fills in. */
export function withinLimits(rows: TableRow[]): TableRow[] {
  const filled = rows.filter(({ cells }) => cells.some((cell) => cell !== ''))
  if (filled.length === 0) throw refused('empty_file', 'Le tableau n’a aucune ligne.')
  if (filled.length > limits.rows || filled.some(({ cells }) => cells.length > limits.columns)) {
    throw refused('file_too_large', `Le tableau dépasse ${limits.rows} lignes ou ${limits.columns} colonnes.`)
  }
  const long = filled.find(({ cells }) => cells.some((cell) => cell.length > limits.cell))
  if (long) {
    const message = `La ligne ${long.number} a une case de plus de ${limits.cell} caractères.`
    throw new DomainError('text_too_long', message, {
      remedy: 'Raccourcissez cette case.',
      facts: { row: long.number },
    })
  }
  if (filled.reduce((sum, { cells }) => sum + cells.join('').length, 0) > limits.characters) {
    throw refused('file_too_large', 'Le tableau dépasse 50 millions de caractères.')
  }
  return filled
}

/** The rows under their first one, which gives the titles. DomainError `unreadable_table` where it gives fewer than two. */
export async function readTitledTable(bytes: Uint8Array): Promise<TitledTable> {
  const [head, ...rows] = await readTable(bytes)
  const titles = head!.cells.map(plainWords)
  if (titles.filter(Boolean).length < 2) {
    throw refused('unreadable_table', 'La première ligne ne donne pas de titres de colonnes.')
  }
  return {
    titles,
    rows: rows.map(({ number, cells }) => ({
      number,
      cells: Object.fromEntries(titles.map((title, i) => [title, cells[i] ?? ''])),
    })),
  }
}

/** Where a table that anybody may have made keeps what is looked for, by the words that may be its titles. */
export function columnsOf<Column extends string>(
  { titles }: TitledTable,
  names: Readonly<Record<Column, readonly string[]>>,
): {
  has: (column: Column) => boolean
  cell: (row: TitledTable['rows'][number], column: Column) => string
  recognised: string[]
  ignored: string[]
} {
  const found = new Map<string, string>()
  for (const [column, words] of Object.entries<readonly string[]>(names)) {
    const title = titles.find((each) => words.includes(each))
    if (title !== undefined) found.set(column, title)
  }
  const read = new Set(found.values())
  return {
    has: (column) => found.has(column),
    cell: ({ cells }, column) => cells[found.get(column) ?? ''] ?? '',
    recognised: titles.filter((title) => read.has(title)),
    ignored: titles.filter((title) => title !== '' && !read.has(title)),
  }
}

export const isZip = (bytes: Uint8Array): boolean => bytes[0] === 0x50 && bytes[1] === 0x4b

const workbooks = new Readers<Uint8Array, { rows: TableRow[] }>(new URL('./workbook-worker.ts', import.meta.url))

const workbookRows = (bytes: Uint8Array): Promise<TableRow[]> =>
  workbooks.read(
    { task: bytes, limits: usualLimits },
    {
      take: async ({ rows }) => rows,
      stopped: (why) => refused('file_too_large', `Le classeur ne peut pas être lu en sûreté\u00a0: ${why}.`),
    },
  )

function csvRows(text: string): TableRow[] {
  try {
    const records = parse(text, {
      delimiter: delimiterOf(text),
      relax_column_count: true,
      skip_empty_lines: false,
      trim: true,
      info: true,
    }) as unknown as { record: string[]; info: { lines: number } }[]
    return records.map(({ record, info }) => ({ number: info.lines, cells: record }))
  } catch (error) {
    throw refused('unreadable_table', 'Ce fichier ne se lit pas comme un tableau CSV (guillemets ?).', error)
  }
}

/** French spreadsheets write « ; », because the comma is their decimal point. */
function delimiterOf(text: string): string {
  const head = text.split(/\r?\n/, 20).join('\n')
  const count = (mark: string) => head.split(mark).length
  return [';', '\t', ',', '|'].reduce((best, mark) => (count(mark) > count(best) ? mark : best))
}

// Exports that are not UTF-8 are, in France, Windows-1252.
function textOf(bytes: Uint8Array): string {
  const [first, second] = bytes
  if (first === 0xff && second === 0xfe) return new TextDecoder('utf-16le').decode(bytes)
  let text: string
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    text = new TextDecoder('windows-1252').decode(bytes)
  }
  if (/[\u0000-\u0008\u000e-\u001f]/.test(text)) {
    throw refused(
      'unreadable_table',
      'Ce fichier n’est pas un tableau : il contient des octets qui ne sont pas du texte.',
    )
  }
  return text
}

export function refused(code: string, message: string, cause?: unknown): DomainError {
  return new DomainError(code, message, { remedy, ...(cause === undefined ? {} : { cause }) })
}
