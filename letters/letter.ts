import { createHash } from 'node:crypto'
import { DomainError } from '../schema/errors.ts'
import { parseYaml, validate } from '../schema/validate.ts'

export type Channel =
  | 'lettre'
  | 'lrar'
  | 'lre'
  | 'email'
  | 'sms'
  | 'script-telephone'
  | 'visite'
  | 'formulaire'
  | 'acte-prive'

export type Recipient =
  | 'debiteur'
  | 'debiteur-consommateur'
  | 'debiteur-professionnel'
  | 'debiteur-public'
  | 'caution'
  | 'codebiteur'
  | 'heritier'
  | 'tiers'
  | 'creancier'
  | 'commissaire-de-justice'
  | 'greffe'
  | 'juge'
  | 'mandataire-judiciaire'
  | 'administration'
  | 'operateur'

/** The front matter of a letter, in the editors' words. */
export interface LetterHead {
  id: string
  titre: string
  famille: string
  etape: string
  moment: string | null
  ton: number
  canaux: Channel[]
  destinataire: Recipient
  droit: 'FR' | 'MG' | 'EU'
  usage: string
  bases: string[]
  donnees: string[]
  /** What usually comes next. */
  suite: string | null
  /** What comes next for the other kinds of debtor that the letter may reach. */
  suite_autres?: string[]
  objet: string
  premiere_lettre: 'jamais' | 'possible' | 'toujours'
  adresse_a?: string
  expediteur?: 'agence' | 'creancier'
  /** « oui » when the reader must not learn of a debt: the layout then says nothing of it either. */
  discret?: 'oui' | 'non'
  /** The kind of case it is tried with, a file of letters/examples, when its reader does not tell. */
  exemple?: string
}

/** A text of a letter file and the line of the file it starts on, so that a fault names the line an editor sees. */
export interface Section {
  text: string
  line: number
}

export interface Letter extends LetterHead {
  /** Where it was read, for messages. */
  file: string
  /** Line of « objet: » in the file. */
  objetLine: number
  body: Section
  sms?: Section
  appel?: Section
  /** Clauses it includes, those that clauses include too, in order of name. */
  clauses: string[]
  /** SHA-256 of the file, of its clauses and of the layout: the version that a document is recorded with. */
  version: string
  source: string
}

/** Where the letters of one law stand on one shelf, their step says what elsewhere the family does. */
const familyOfStep: Record<string, string> = {
  cloture: 'cloture',
  contestation: 'contestations',
  negociation: 'engagements',
  recherche: 'recherche',
}

/** What a letter is to its reader: a demand, an answer, an agreement, a receipt; by the name of the family that holds such. */
export const kindOf = ({ famille, etape }: Pick<LetterHead, 'famille' | 'etape'>): string =>
  famille === 'madagascar' ? (familyOfStep[etape] ?? famille) : famille

export interface Clause {
  id: string
  titre: string
  article: string | null
  source: string
  verifie_le: string
  confirme: 'oui' | 'non'
  file: string
  body: Section
  text: string
}

/** The head and body of a text with YAML front matter. Refuses with bad_letter, naming file and line. */
export function frontMatter(text: string, file: string): { head: unknown; body: Section; lines: string[] } {
  const lines = text.replaceAll('\r\n', '\n').split('\n')
  const end = lines.indexOf('---', 1)
  if (lines[0] !== '---' || end < 0) {
    throw new DomainError('bad_letter', `${file}:1 : l'en-tête YAML entre deux lignes « --- » manque.`, {
      remedy: 'Commencez le fichier par « --- », les clés de l’en-tête, puis « --- ».',
      facts: { file, line: 1 },
    })
  }
  const head = parseYaml(lines.slice(1, end).join('\n'), file)
  return { head, body: { text: lines.slice(end + 1).join('\n'), line: end + 2 }, lines: lines.slice(0, end) }
}

/** A letter file; its version is set by `loadLibrary`, which knows clauses and layout. */
export function parseLetter(text: string, file: string): Letter {
  const { head, body, lines } = frontMatter(text, file)
  const checked = validate<LetterHead>('letter', head, file)
  return {
    ...checked,
    file,
    objetLine: lines.findIndex((line) => line.startsWith('objet:')) + 1,
    ...sections(body),
    clauses: [],
    version: '',
    source: text,
  }
}

export function parseClause(text: string, file: string): Clause {
  const { head, body } = frontMatter(text, file)
  type Head = Omit<Clause, 'file' | 'body' | 'text'>
  const checked = validate<Head>('clause', head, file)
  // Clauses are set inside sentences too: the blank lines around them are the file's, not the letter's.
  const trimmed = body.text.replace(/^\s*\n/, '')
  return { ...checked, file, body: { text: trimmed.trimEnd(), line: body.line + lineCount(body.text, trimmed) }, text }
}

function lineCount(whole: string, rest: string): number {
  return whole.slice(0, whole.length - rest.length).split('\n').length - 1
}

// « ## sms » and « ## appel » open the text of that channel alone.
function sections(body: Section): { body: Section; sms?: Section; appel?: Section } {
  const lines = body.text.split('\n')
  const found: { name: 'body' | 'sms' | 'appel'; from: number; start: number }[] = [{ name: 'body', from: 0, start: 0 }]
  lines.forEach((line, i) => {
    const match = /^##\s+(sms|appel)\s*$/.exec(line)
    if (match) found.push({ name: match[1] as 'sms' | 'appel', from: i + 1, start: i })
  })
  const result: { body: Section; sms?: Section; appel?: Section } = { body }
  found.forEach(({ name, from }, i) => {
    const text = lines.slice(from, found[i + 1]?.start ?? lines.length).join('\n')
    result[name] = { text, line: body.line + from }
  })
  return result
}

/**
 * The text a channel uses: « ## sms » for an SMS, « ## appel » for a call script, the body for all others, and for
 * these two as well when the letter has no other kind of channel. Refuses a channel the letter does not have.
 */
export function sectionFor(letter: Letter, channel: Channel): Section {
  if (!letter.canaux.includes(channel)) throw noChannel(letter, channel)
  if (channel === 'sms' || channel === 'script-telephone') {
    const own = channel === 'sms' ? letter.sms : letter.appel
    if (own) return own
    if (letter.canaux.length > 1) throw noChannel(letter, channel)
  }
  return letter.body
}

function noChannel(letter: Letter, channel: Channel): DomainError {
  return new DomainError(
    'channel_refused',
    `Le courrier « ${letter.id} » n'a pas de texte pour le canal « ${channel} ».`,
    {
      remedy: `Choisissez parmi ses canaux (${letter.canaux.join(', ')}) ou ajoutez-lui une section « ## sms » ou « ## appel ».`,
      facts: { letter: letter.id, channel },
    },
  )
}

/** The letters that usually come next: one, or one for each kind of debtor; none where the manager chooses. */
export const nextOf = ({ suite, suite_autres = [] }: Pick<LetterHead, 'suite' | 'suite_autres'>): string[] =>
  suite === null ? suite_autres : [suite, ...suite_autres]

/** Clauses named by `{% render '…' %}` in a text. */
export function renderedClauses(text: string): string[] {
  return [...text.matchAll(/\{%-?\s*render\s+['"]([^'"]+)['"]/g)].map((match) => match[1]!)
}

/** SHA-256 of named texts, whatever the order they come in. */
export function versionOf(parts: Record<string, string | Uint8Array>): string {
  const hash = createHash('sha256')
  for (const name of Object.keys(parts).sort()) {
    hash.update(`${name}\0${createHash('sha256').update(parts[name]!).digest('hex')}\n`)
  }
  return hash.digest('hex')
}
