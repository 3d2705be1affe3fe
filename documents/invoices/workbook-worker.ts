// The program of the processes that open strangers' workbooks: a cell may say that it stands in the billionth row, and the
// library makes all of them.
import { Readable } from 'node:stream'
import { crc32 } from 'node:zlib'
import readWorkbook from 'read-excel-file/node'
import { localHeader, type ZipHead, zipDirectory, zipHead } from '../packs/zip.ts'
import { serve } from '../reader.ts'
import { unzip, ZipBomb } from '../unzip.ts'
import { limits, refused, type TableRow, withinLimits } from './table.ts'

serve(
  async (bytes: Uint8Array) => ({ rows: withinLimits(await rowsOf(bytes)) }),
  (error) =>
    error instanceof ZipBomb
      ? refused('file_too_large', 'Le classeur décompressé dépasse 200 Mo, ou n’est pas ce qu’il annonce.', error)
      : refused('unreadable_table', 'Ce classeur ne se lit pas comme un fichier .xlsx.', error),
)

async function rowsOf(bytes: Uint8Array): Promise<TableRow[]> {
  const [sheet] = await readWorkbook(Readable.from(plainZip(bytes)), { parseNumber: (text: string) => text })
  return (sheet?.data ?? []).map((cells, i) => ({ number: i + 1, cells: cells.map(cellText) }))
}

/** The parts that the library reads, stored: it believes the header of each of them, where another size may stand. */
function* plainZip(bytes: Uint8Array): Generator<Uint8Array> {
  const heads: ZipHead[] = []
  for (const part of unzip(bytes, limits.unpacked)) {
    if (!/\.(xml|rels)$/.test(part.name)) continue
    const head = zipHead(part.name, crc32(part.bytes), part.bytes.length)
    heads.push(head)
    yield localHeader(head)
    yield part.bytes
  }
  yield zipDirectory(heads)
}

// A workbook's day is an instant at midnight UTC.
function cellText(cell: unknown): string {
  if (cell === null || cell === undefined) return ''
  if (cell instanceof Date) return Number.isNaN(cell.getTime()) ? '' : cell.toISOString().slice(0, 10)
  return String(cell as string | number | boolean).trim()
}
