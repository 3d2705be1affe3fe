import { readFileSync } from 'node:fs'
import { basename } from 'node:path'
import { DomainError } from '../schema/errors.ts'
import { parseYaml, validate } from '../schema/validate.ts'
import type { Library } from './catalogue.ts'
import { kindsReached, type Add, type Rule, type Subject } from './check-subject.ts'
import { frontMatter, nextOf, parseLetter, type Letter } from './letter.ts'

// What the library is to hold: a letter may lead to one that is still to be written.
const situations = parseYaml(
  readFileSync(new URL('./situations.yaml', import.meta.url), 'utf8'),
  'situations.yaml',
) as Record<string, string>

/** The letter of a file, or its faults key by key when its head cannot be read. */
export function readHead(text: string, file: string, add: Add): Letter | undefined {
  return headOf(text, file, 'letter', add) ? parseLetter(text, file) : undefined
}

/** Whether a head is YAML that fits its schema; each fault is named on the line of its key. */
export function headOf(text: string, file: string, schema: 'letter' | 'clause', add: Add): boolean {
  let head: unknown
  try {
    head = frontMatter(text, file).head
  } catch (error) {
    if (!(error instanceof DomainError)) throw error
    const line = Number(error.facts.line ?? 0) + (error.code === 'invalid_yaml' ? 1 : 0)
    add(line || 1, 'en-tete', error.message.replace(`${file}:1 : `, '').replace(`${file} : `, ''))
    return false
  }
  try {
    validate(schema, head, 'en-tête')
    return true
  } catch (error) {
    if (!(error instanceof DomainError)) throw error
    const rows = text.split('\n')
    for (const part of error.message.replace(/^[^:]*: /, '').split(' ; ')) {
      const key = /^\/(\w+)/.exec(part)?.[1]
      const line = key ? rows.findIndex((row) => row.startsWith(`${key}:`)) + 1 : 1
      add(line || 1, 'en-tete', part)
    }
    return false
  }
}

/** Name of the file, next letter, channels that need their own text, lists on one line. */
export function checkHead({ letter, library, lineOf, add }: Subject): void {
  if (basename(letter.file) !== `${letter.id}.md`)
    add(lineOf('id'), 'identifiant', `le fichier doit s'appeler ${letter.id}.md`)
  checkNext(letter, library, (rule, message) => add(lineOf('suite'), rule, message))
  const rows = letter.source.split(/\r?\n/)
  for (const key of ['canaux', 'bases', 'donnees', ...(letter.suite_autres ? ['suite_autres'] : [])]) {
    if (!/\]\s*$/.test(rows[lineOf(key) - 1] ?? ''))
      add(lineOf(key), 'en-tete', `« ${key} » tient sur une ligne, entre crochets`)
  }
  for (const channel of ['sms', 'script-telephone'] as const) {
    const [name, section] = channel === 'sms' ? (['sms', letter.sms] as const) : (['appel', letter.appel] as const)
    const listed = letter.canaux.includes(channel)
    if (listed && letter.canaux.length > 1 && !section)
      add(lineOf('canaux'), 'canal-sans-texte', `le canal « ${channel} » demande une section « ## ${name} »`)
    if (section && !listed)
      add(section.line - 1, 'canal-sans-texte', `« ## ${name} » ne sert pas : ajoutez « ${channel} » aux canaux`)
  }
  if (letter.body.text.trim() === '') add(letter.body.line, 'corps-vide', 'le courrier n’a pas de texte')
}

// The next letter is written for whom this one was written, and under the same law.
function checkNext(letter: Letter, { letters }: Library, add: (rule: Rule, message: string) => void): void {
  const next = nextOf(letter)
  for (const id of next) {
    if (id === letter.id) add('suite-inconnue', 'un courrier ne mène pas à lui-même')
    else if (!letters.has(id) && !(id in situations)) add('suite-inconnue', `aucun courrier « ${id} »`)
  }
  const known = next.flatMap((id) => letters.get(id) ?? [])
  for (const { id, droit } of known) {
    if ((droit === 'MG') !== (letter.droit === 'MG')) add('suite-autre', `« ${id} » relève d’un autre droit (${droit})`)
  }
  const mine = kindsReached(letter)
  if (mine.length === 0 || known.length < next.length) return
  const others = known.map((each) => ({ id: each.id, kinds: kindsReached(each) }))
  for (const { id, kinds } of others) {
    if (kinds.length > 0 && !kinds.some((kind) => mine.includes(kind)))
      add('suite-autre', `« ${id} » ne s’adresse pas au même débiteur`)
  }
  // A letter to someone else, the creditor or a court, follows whoever the debtor is.
  if (others.length === 0 || others.some(({ kinds }) => kinds.length === 0)) return
  const left = mine.filter((kind) => kind !== 'public' && !others.some(({ kinds }) => kinds.includes(kind)))
  if (left.length > 0)
    add('suite-autre', `aucune suite ne convient à un débiteur ${left.join(' ou ')} : ajoutez la sienne`)
}
