import type { DomainError, Doubt } from '../../schema/errors.ts'
import { unzip, ZipBomb, zipEntries } from '../unzip.ts'
import { refuse } from './refusal.ts'

const maxEntries = 5000
const maxInside = 400 << 20
const maxPart = 32 << 20

/** What a DOCX or ODT does besides showing text. Refuses those that swell, are protected, or cannot be opened. */
export function officeDoubts(bytes: Uint8Array, name: string): Doubt[] {
  const entries = [...zipEntries(bytes).take(maxEntries + 1)]
  if (entries.length > maxEntries) throw swollen(name)
  const texts = partsOf(bytes, name)
  if (texts.some(({ name: part, text }) => part === 'META-INF/manifest.xml' && /encryption-data/.test(text))) {
    throw refuse(
      'exhibit_encrypted',
      name,
      'est protégée par un mot de passe',
      'Enregistrez-la sans mot de passe, ou en PDF.',
    )
  }
  const doubts: Doubt[] = []
  const flag = (code: string, what: string) => doubts.push({ code, message: `«\u00a0${name}\u00a0»\u00a0: ${what}` })
  if (
    entries.some((entry) =>
      /vbaProject\.bin$|^Basic\/|^Scripts\/|activeX|embeddings\/.*\.bin$|^ObjectReplacements\//i.test(entry.name),
    )
  ) {
    flag(
      'exhibit_active',
      'ses macros ou ses objets incorporés ne sont pas reproduits, et l’original reste aux archives.',
    )
  }
  if (texts.some(linksOutside)) {
    flag('exhibit_links', 'fait appel à des fichiers extérieurs, qui n’y figurent pas. L’original est joint tel quel.')
  }
  if (texts.some(({ text }) => /<w:(ins|del) |<text:tracked-changes/.test(text))) {
    flag('exhibit_changes', 'contient des modifications suivies\u00a0; comparez-la à l’original.')
  }
  return doubts
}

const readParts = /\.rels$|^(content|styles)\.xml$|^word\/document\.xml$|^META-INF\/manifest\.xml$/

/** The parts that are looked into. The others are inflated too, and let go: LibreOffice would believe what they say of themselves. */
function partsOf(bytes: Uint8Array, name: string): { name: string; text: string }[] {
  try {
    return unzip(bytes, maxInside)
      .filter((part) => readParts.test(part.name) && part.bytes.length < maxPart)
      .map((part) => ({ name: part.name, text: new TextDecoder().decode(part.bytes) }))
      .toArray()
  } catch (cause) {
    if (cause instanceof ZipBomb) throw swollen(name, cause)
    throw refuse(
      'bad_exhibit',
      name,
      'est un document abîmé',
      'Enregistrez-le de nouveau, ou imprimez-le en PDF.',
      cause,
    )
  }
}

const swollen = (name: string, cause?: unknown): DomainError =>
  refuse(
    'exhibit_bomb',
    name,
    'enfle démesurément à l’ouverture',
    'Imprimez-la en PDF, puis joignez cette copie.',
    cause,
  )

/** Pictures, templates or sections fetched from elsewhere; a link that a reader may click is not one. */
function linksOutside({ name, text }: { name: string; text: string }): boolean {
  if (name.endsWith('.rels')) {
    return [...text.matchAll(/<Relationship\s[^>]*>/g)].some(
      ([relation]) => /TargetMode="External"/.test(relation) && !/\/hyperlink"/.test(relation),
    )
  }
  return /<(draw:image|text:section-source|draw:object|draw:plugin)\s[^>]*xlink:href="(https?|ftp|file|\/|\.\.\/\.\.)/.test(
    text,
  )
}
