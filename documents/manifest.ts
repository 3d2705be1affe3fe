import { canonicalJson, sha256 } from './archive.ts'

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

/** manifest.json, as published in schema/manifest.schema.json. */
export interface Manifest {
  format: 'courtois-pack/1'
  title: string
  reference: string
  court: string
  parties: { demandeur: string; defendeur: string }
  assembled: string
  content: { sha256: string }
  merged: { name: 'pack.pdf'; sha256: string; bytes: number; pages: number }
  summary: { label: string; value: string }[]
  missing: { what: string; from: string; remedy: string }[]
  reason?: { by: string; text: string }
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
