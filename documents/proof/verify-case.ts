import { zipSync } from 'fflate'
import { dayFr, parseDay } from '../../schema/days.ts'
import { canonicalJson, sha256 } from '../archive.ts'
import { unzip } from '../unzip.ts'

// Its first entry is case.json, stored, on the first day that a ZIP can say.
const exportStart = /^PK\x03\x04[^]{6}\x00\x00!\x00[^]{12}\x09\x00[^]{2}case\.json/

/** True for what `courtois export` writes into a .zip: the case and its files. */
export const isExportZip = (text: Buffer): boolean => exportStart.test(text.subarray(0, 64).toString('latin1'))

/** The ZIP of an exported case, the same bytes for the same entries: stored, for almost all of it is PDF. */
export const packExport = (entries: Record<string, Uint8Array>): Uint8Array =>
  zipSync(entries, { level: 0, mtime: new Date(1980, 0, 1) })

/** Every file by its own name, which is its hash; the journal by its chain; the ZIP by being packed again. */
export function verifyExportZip(bytes: Uint8Array): { ok: boolean; sentence: string } {
  let entries: Record<string, Uint8Array>
  try {
    // Ours are stored: what would grow is none.
    entries = Object.fromEntries(unzip(bytes, bytes.length).map((entry) => [entry.name, entry.bytes]))
  } catch {
    return { ok: false, sentence: 'Le ZIP de ce dossier est altéré ou incomplet.' }
  }
  const { 'case.json': text, ...files } = entries
  const changed = Object.entries(files).find(([name, content]) => name !== `files/${sha256(content)}`)
  if (changed) return { ok: false, sentence: `Le fichier ${changed[0].slice(0, 22)}… de cet export a été modifié.` }
  if (!text || !Buffer.from(packExport(entries)).equals(bytes))
    return { ok: false, sentence: 'Le ZIP de ce dossier a été modifié hors de ses fichiers.' }
  const journal = verifyCase(Buffer.from(text))
  return journal.ok
    ? { ok: true, sentence: `${journal.sentence} ${Object.keys(files).length} fichiers intacts.` }
    : journal
}

interface Exported {
  case?: { number?: unknown } | null
  events?: unknown
}

interface Line {
  seq?: unknown
  prev?: unknown
  hash?: unknown
  text?: unknown
  case_id?: unknown
  on_day?: unknown
  kind?: unknown
  author?: unknown
  detail?: unknown
  purged_on?: unknown
}

/** True for what `courtois export` writes as JSON. */
export const isCaseExport = (text: Buffer): boolean =>
  /^\s*\{\s*"format":\s*"courtois-case\/2"/.test(text.subarray(0, 200).toString('latin1'))

/**
 * Checks the journal of an exported case with the file alone: each line's text comes to its hash, says what the line shows,
 * and names the hash of the line before it. The other rows of the export are shown, not proved.
 */
export function verifyCase(text: Buffer): { ok: boolean; sentence: string } {
  try {
    return verifyJournal(JSON.parse(text.toString('utf8')) as Exported)
  } catch (error) {
    // What is nested a million times is no JSON of ours either.
    if (!(error instanceof SyntaxError || error instanceof RangeError)) throw error
    return { ok: false, sentence: 'Le fichier du dossier est incomplet ou altéré : ce n’est plus un JSON lisible.' }
  }
}

function verifyJournal(exported: Exported): { ok: boolean; sentence: string } {
  const lines = (Array.isArray(exported.events) ? (exported.events as (Line | null)[]) : []).map((line) => line ?? {})
  const number = wordOf(exported.case?.number)
  const at = lines.findLastIndex((line) => line.kind === 'personal_data_purged' && upTo(line) > 0)
  const purge = lines[at]
  const purgedTo = purge ? Math.min(upTo(purge), at) : 0
  let previous = ''
  for (const [i, line] of lines.entries()) {
    const wrong = !isPurged(line)
      ? faultOf(line, i + 1, previous)
      : i < purgedTo
        ? purgedFault(line, i + 1, previous)
        : 'aucune purge n’en a ôté ce qu’elle disait.'
    if (wrong) return { ok: false, sentence: `Journal du dossier ${number}, ligne ${i + 1} : ${wrong}` }
    previous = String(line.hash)
  }
  if (lines.length === 0) return { ok: false, sentence: `Le dossier ${number} n’a plus de journal.` }
  const intact = `Journal du dossier ${number} intact : ${lines.length} lignes, chacune liée à la précédente, empreinte finale ${previous.slice(0, 16)}….`
  const gone = lines.filter(isPurged).length
  if (!purge || gone === 0) return { ok: true, sentence: intact }
  return {
    ok: true,
    sentence: `${intact} Données personnelles purgées le ${dayFr(parseDay(wordOf(purge.on_day), 'on_day'))} : de ${gone} lignes il reste l’empreinte.`,
  }
}

const isPurged = (line: Line): boolean => typeof line.purged_on === 'string'
// A file from anywhere may say anything in any place.
const wordOf = (value: unknown): string => (typeof value === 'string' ? value.slice(0, 100) : '?')
function upTo({ detail }: Line): number {
  const said = (detail as { upTo?: unknown } | null | undefined)?.upTo
  return typeof said === 'number' ? said : 0
}

// What it said is gone; its hash stays, and the line after it carries it.
function purgedFault({ seq, prev, hash }: Line, rank: number, previous: string): string | null {
  if (typeof hash !== 'string' || !/^[0-9a-f]{64}$/.test(hash)) return 'elle a perdu son empreinte.'
  return seq === rank && prev === previous
    ? null
    : 'elle ne suit pas la précédente : une ligne a été retirée, ajoutée ou déplacée.'
}

function faultOf(line: Line, rank: number, previous: string): string | null {
  if (typeof line.text !== 'string' || typeof line.hash !== 'string') return 'elle a perdu son texte ou son empreinte.'
  if (sha256(line.text) !== line.hash) return 'son texte ne correspond plus à son empreinte.'
  let said: unknown
  try {
    said = JSON.parse(line.text)
  } catch {
    return 'son texte n’est pas lisible.'
  }
  const shown = [rank, previous, line.case_id, line.on_day, line.kind, line.author, line.detail]
  if (canonicalJson(said) === canonicalJson(shown)) return null
  return Array.isArray(said) && (said[0] !== rank || said[1] !== previous)
    ? 'elle ne suit pas la précédente : une ligne a été retirée, ajoutée ou déplacée.'
    : 'ce qu’elle montre n’est pas ce que couvre son empreinte.'
}
