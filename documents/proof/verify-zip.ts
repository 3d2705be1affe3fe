import { DomainError } from '../../schema/errors.ts'
import { validate } from '../../schema/validate.ts'
import { canonicalJson, sha256 } from '../archive.ts'
import { contentHash, type Manifest, manifestText } from '../packs/manifest.ts'
import { byName, localHeader, manifestName, refuseNames, zipDirectory, zipHead, zipOrder } from '../packs/zip.ts'
import { Changed, printable, type Source, type Sums, sumsOf } from './verify-source.ts'

/** Where an entry's header begins, and its data, in a ZIP. */
interface ZipSpan {
  name: string
  start: number
  from: number
  to: number
}

// As many as a ZIP can count, and a manifest that names each of them in some hundred bytes.
const maxEntries = 0xffff
const maxManifest = 32 << 20

/** Every file against the manifest, the manifest against itself, and the ZIP against the only one that its files can give. */
export async function verifyZip(source: Source): Promise<string> {
  const { entries, directory, stopped } = await walkZip(source)
  const known = new Map<ZipSpan, Promise<Sums>>()
  const sums = (span: ZipSpan): Promise<Sums> => {
    const found = known.get(span) ?? sumsOf(source, span)
    known.set(span, found)
    return found
  }
  const file = entries.find(({ name, from, to }) => name === manifestName && to - from <= maxManifest)
  const manifest = file && (await checkManifest(source, file, entries, sums))
  if (stopped !== null) throw new Changed(`La structure du ZIP est altérée ou incomplète à l’octet ${stopped}.`)
  if (!manifest) throw new Changed('Le ZIP ne contient plus manifest.json, ou son nom a été altéré.')
  await checkStructure(source, entries, directory, sums)
  return `Intact\u00a0: ${manifest.files.length} fichiers du dossier ${manifest.reference}, contenu ${manifest.content.sha256}.`
}

/**
 * Walks the local headers of a ZIP as `ZipFile` writes it, and stops at the first thing that such a ZIP does not have:
 * `stopped` is then its offset. Never trusts a length that goes beyond the file.
 */
async function walkZip(source: Source): Promise<{ entries: ZipSpan[]; directory: number; stopped: number | null }> {
  const entries: ZipSpan[] = []
  for (let at = 0; ;) {
    const head = await source.read(at, Math.min(source.length, at + 30))
    const mark = head.length < 4 ? 0 : head.readUInt32LE(0)
    if (mark !== 0x04034b50) return { entries, directory: at, stopped: mark === 0x02014b50 ? null : at }
    if (head.length < 30 || entries.length === maxEntries) return { entries, directory: at, stopped: at }
    const [packed, size] = [head.readUInt32LE(18), head.readUInt32LE(22)]
    const nameEnd = at + 30 + head.readUInt16LE(26)
    const from = nameEnd + head.readUInt16LE(28)
    const to = from + size
    if (head.readUInt16LE(8) !== 0 || packed !== size || to > source.length)
      return { entries, directory: at, stopped: at }
    const name = (await source.read(at + 30, nameEnd)).toString('latin1')
    entries.push({ name, start: at, from, to })
    at = to
  }
}

/** Headers, order, directory and end are those that these files have, and nothing comes after. */
async function checkStructure(
  source: Source,
  entries: readonly ZipSpan[],
  directory: number,
  sums: (span: ZipSpan) => Promise<Sums>,
): Promise<void> {
  // Packs of before had their manifest among the other names.
  const sorted = entries.toSorted(entries.at(-1)?.name === manifestName ? zipOrder : byName)
  try {
    refuseNames(sorted)
  } catch (error) {
    if (error instanceof DomainError) throw new Changed(`Le ZIP a été modifié\u00a0: ${error.message}`)
    throw error
  }
  const heads = []
  for (const [i, entry] of entries.entries()) {
    const head = zipHead(entry.name, (await sums(entry)).crc, entry.to - entry.from)
    const found = await source.read(entry.start, entry.from)
    const at = sorted[i] === entry ? firstDifference(found, localHeader(head)) : 0
    if (at !== null) throw changedAt(`dans l’en-tête de «\u00a0${printable(entry.name)}\u00a0»`, entry.start + at)
    heads.push(head)
  }
  const end = zipDirectory(heads)
  const found = await source.read(directory, directory + end.length)
  const at = firstDifference(found, end)
  if (at !== null) throw changedAt('dans le répertoire du ZIP', directory + at)
  if (directory + end.length !== source.length) throw changedAt('après la fin du ZIP', directory + end.length)
}

const changedAt = (where: string, at: number): Changed => new Changed(`Le ZIP a été modifié ${where} (octet ${at}).`)

async function checkManifest(
  source: Source,
  file: ZipSpan,
  entries: readonly ZipSpan[],
  sums: (span: ZipSpan) => Promise<Sums>,
): Promise<Manifest> {
  const manifest = readManifest(await source.read(file.from, file.to))
  const listed = new Map(manifest.files.map((entry) => [entry.name, entry]))
  for (const entry of entries) {
    const expected = listed.get(entry.name)
    if (entry === file) continue
    if (!expected)
      throw new Changed(`Le fichier «\u00a0${printable(entry.name)}\u00a0» n’est pas dans la liste du manifeste.`)
    if (entry.to - entry.from !== expected.bytes || (await sums(entry)).sha256 !== expected.sha256) {
      throw new Changed(
        `Le fichier «\u00a0${entry.name}\u00a0» a été modifié\u00a0: son empreinte n’est plus celle du manifeste.`,
      )
    }
  }
  const present = new Set(entries.map((entry) => entry.name))
  const absent = manifest.files.find((entry) => !present.has(entry.name))
  if (absent) throw new Changed(`Le fichier «\u00a0${absent.name}\u00a0» manque, ou son en-tête a été altéré.`)
  const content = contentHash(manifest.files.filter((entry) => entry.part === 'content'))
  if (content !== manifest.content.sha256) {
    throw new Changed('L’empreinte du contenu n’est plus celle des fichiers listés par le manifeste.')
  }
  return manifest
}

function readManifest(bytes: Uint8Array): Manifest {
  let manifest: Manifest
  try {
    const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
    manifest = validate<Manifest>('manifest', JSON.parse(text), 'manifest.json')
    if (manifestText(manifest) !== text)
      throw new Changed('manifest.json a été modifié\u00a0: sa mise en forme a changé.')
  } catch (error) {
    if (error instanceof Changed) throw error
    throw new Changed('manifest.json a été modifié\u00a0: il n’est plus lisible ou plus conforme à son schéma.')
  }
  const { manifest: self, ...rest } = manifest
  if (sha256(canonicalJson(rest)) !== self.sha256) {
    throw new Changed('manifest.json a été modifié\u00a0: sa propre empreinte ne correspond plus.')
  }
  return manifest
}

function firstDifference(a: Buffer, b: Buffer): number | null {
  if (a.equals(b)) return null
  const length = Math.min(a.length, b.length)
  for (let at = 0; at < length; at++) if (a[at] !== b[at]) return at
  return length
}
