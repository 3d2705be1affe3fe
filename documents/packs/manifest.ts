import { canonicalJson, sha256 } from '../archive.ts'

export type PackRole =
  | 'cover'
  | 'application'
  | 'instruction'
  | 'order'
  | 'statement'
  | 'bordereau'
  | 'exhibit'
  | 'consent'
  | 'proof'

/** The number is « 3 », or « 7-1 » for the first of several documents under one number. */
export interface ExhibitLabel {
  number: string
  type: string
  reference: string
  date: string | null
}

export interface ManifestFile {
  name: string
  sha256: string
  bytes: number
  part: 'content' | 'proof'
  role: PackRole | 'editable' | 'original'
  title: string
  pages?: number
  /** Page of pack.pdf where it begins. */
  merged_page?: number
  exhibit?: ExhibitLabel
}

/** A file of a pack as the next version names it: an exhibit by its number, anything else by its title. */
export interface ChangedFile {
  number?: string
  title: string
  sha256: string
  /** Of a replaced one: what it was. */
  was?: string
}

/** What a version changes in the one before it. */
export interface Changes {
  since: number
  added: ChangedFile[]
  removed: ChangedFile[]
  replaced: ChangedFile[]
}

/** manifest.json, as published in schema/manifest.schema.json. */
export interface Manifest {
  format: 'courtois-pack/1'
  title: string
  /** 1, 2…: a version is never changed, only followed. */
  version?: number
  reference: string
  court: string
  parties: { demandeur: string; defendeur: string }
  assembled: string
  content: { sha256: string }
  merged: { name: 'pack.pdf'; sha256: string; bytes: number; pages: number }
  summary: { label: string; value: string }[]
  missing: { what: string; from: string; remedy: string }[]
  reason?: { by: string; text: string }
  changes?: Changes
  doubts: string[]
  files: ManifestFile[]
  manifest: { sha256: string }
}

/** SHA-256 over the canonical JSON of the content files sorted by name: what a creditor's consent is bound to. */
export function contentHash(files: readonly { name: string; sha256: string }[]): string {
  const sorted = files
    .map(({ name, sha256: hash }) => ({ name, sha256: hash }))
    .sort((a, b) => (a.name < b.name ? -1 : 1))
  return sha256(canonicalJson(sorted))
}

/**
 * Closes a manifest with the hash of its own canonical JSON. It shows any alteration, by accident or by hand; whoever
 * rebuilds everything can compute it again: telling that is the work of the seal on pack.pdf.
 */
export function closeManifest(open: Omit<Manifest, 'manifest'>): Manifest {
  return { ...open, manifest: { sha256: sha256(canonicalJson(open)) } }
}

/** The only text of manifest.json that `verify` accepts for a manifest. */
export function manifestText(manifest: Manifest): string {
  return `${JSON.stringify(manifest, null, 2)}\n`
}

/** What the files of a version add, take away and replace. The Word files follow their PDF, and the cover everything. */
export function changesSince(
  previous: { version: number; files: readonly ManifestFile[] },
  files: readonly ManifestFile[],
): Changes {
  const before = mains(previous.files)
  const now = mains(files)
  const changes: Changes = { since: previous.version, added: [], removed: [], replaced: [] }
  for (const [key, file] of now) {
    const old = before.get(key)
    if (!old) changes.added.push(named(file))
    else if (old.sha256 !== file.sha256) changes.replaced.push({ ...named(file), was: old.sha256 })
  }
  for (const [key, file] of before) if (!now.has(key)) changes.removed.push(named(file))
  return changes
}

function mains(files: readonly ManifestFile[]): Map<string, ManifestFile> {
  const papers = files.filter((file) => file.pages !== undefined && file.role !== 'cover')
  return new Map(papers.map((file) => [file.exhibit?.number ?? `${file.role} ${file.title}`, file]))
}

const named = (file: ManifestFile): ChangedFile => ({
  ...(file.exhibit ? { number: file.exhibit.number } : {}),
  title: file.title,
  sha256: file.sha256,
})
