import { execFileSync } from 'node:child_process'
import { cpSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, expect, test } from 'vitest'
import { fill } from '../documents/rendering/fill.ts'
import { loadLibrary } from '../letters/catalogue.ts'
import { checkLetter } from '../letters/check.ts'
import { diffRevisions, historyOf, libraryAtRevision } from '../letters/history.ts'
import { factsFor } from '../scripts/commands/letter.ts'
import { letterFacts, library } from './fixtures/letters/sample.ts'

const fixtures = fileURLToPath(new URL('./fixtures/letters/', import.meta.url))
const folder = mkdtempSync(join(tmpdir(), 'courtois-history-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

test('every letter of the library prints with its example in each of its channels', () => {
  const house = loadLibrary()
  for (const letter of house.letters.values()) {
    for (const channel of letter.canaux) fill(house, letter, factsFor(letter), channel)
  }
})

test('each fault of a letter is named on its line', () => {
  const file = join(fixtures, 'faults/mauvais-courrier.md')
  const found = checkLetter(readFileSync(file, 'utf8'), file, library).map((fault) => `${fault.line} ${fault.rule}`)
  expect(found).toEqual(
    expect.arrayContaining([
      '2 identifiant',
      '8 canal-sans-texte',
      '13 donnee-inconnue',
      '14 suite-inconnue',
      '18 html',
      '18 typst',
      '22 clause-inconnue',
      '24 bloc-inconnu',
      '26 syntaxe',
    ]),
  )
  const withoutFilter = readFileSync(file, 'utf8').replace(' | dollars', '').replace("{% bloc 'tableau' %}", '')
  const facts = checkLetter(withoutFilter, file, library).map((fault) => `${fault.line} ${fault.rule}`)
  expect(facts).toEqual(expect.arrayContaining(['20 fait-inconnu', '20 fait-non-declare']))
})

test('a sound letter has no fault', () => {
  for (const letter of library.letters.values()) expect(checkLetter(letter.source, letter.file, library)).toEqual([])
})

test('a head that is not of the schema is refused key by key', () => {
  const text = library.letters
    .get('essai-rappel')!
    .source.replace('ton: 2', 'ton: 9')
    .replace('destinataire: debiteur', 'destinataire: voisin')
  expect(checkLetter(text, 'essai-rappel.md', library).map((fault) => fault.line)).toEqual([7, 9])
})

test('history numbers the versions of a letter, and an old one can be printed again', async () => {
  const git = (...args: string[]) =>
    execFileSync('git', ['-C', folder, '-c', 'user.name=É. Ditrice', '-c', 'user.email=e@example.fr', ...args], {
      encoding: 'utf8',
    })
  git('init', '-q', '-b', 'main')
  const letters = join(folder, 'letters')
  cpSync(fixtures, letters, { recursive: true, filter: (path) => !path.endsWith('.ts') })
  const commit = (subject: string) => {
    git('add', '.')
    git('commit', '-q', '-m', subject, '--date', '2026-11-01T10:00:00+01:00')
  }
  commit('Première version')
  const path = join(letters, 'library/essais/essai-rappel.md')
  writeFileSync(path, readFileSync(path, 'utf8').replace('Salutations.', 'Nos salutations distinguées.'))
  commit('Adoucir la fin')
  const clause = join(letters, 'clauses/essai-clause.md')
  writeFileSync(clause, readFileSync(clause, 'utf8').replace('vous écrit', 'vous demande'))
  commit('Revoir la clause')
  writeFileSync(
    join(letters, 'library/essais/essai-requete.md'),
    readFileSync(join(letters, 'library/essais/essai-requete.md'), 'utf8').replace('Les pièces', 'Pièces'),
  )
  commit('Un autre courrier')

  const revisions = await historyOf('essai-rappel', letters)
  expect(revisions.map(({ number, subject, changes }) => [number, subject, changes])).toEqual([
    [1, 'Première version', ['création']],
    [2, 'Adoucir la fin', ['texte']],
    [3, 'Revoir la clause', ['clause essai-clause']],
  ])
  expect(new Set(revisions.map(({ version }) => version)).size).toBe(3)
  expect(await diffRevisions('essai-rappel', '1', '2', letters)).toContain(
    '[-Salutations-]{+Nos salutations distinguées+}.',
  )
  expect(await diffRevisions('essai-rappel', '2', 'HEAD', letters)).toContain('{+demande+}')
  const old = await libraryAtRevision('essai-rappel', '1', letters)
  expect(JSON.stringify(fill(old, old.letters.get('essai-rappel')!, letterFacts({}), 'lettre').blocks)).toContain(
    'vous écrit',
  )
  await expect(libraryAtRevision('essai-rappel', '9', letters)).rejects.toMatchObject({ code: 'unknown_revision' })

  const shallow = join(folder, 'shallow')
  execFileSync('git', ['clone', '-q', '--depth', '1', `file://${folder}`, shallow])
  await expect(historyOf('essai-rappel', join(shallow, 'letters'))).rejects.toMatchObject({ code: 'no_history' })
})

test('a kind of example that a letter may name has its file, and each file its name', () => {
  const read = (path: string) => readFileSync(new URL(path, import.meta.url), 'utf8')
  const { properties } = JSON.parse(read('../schema/letter.schema.json')) as {
    properties: { exemple: { enum: string[] } }
  }
  const files = readdirSync(new URL('../letters/examples/', import.meta.url)).map((name) => name.replace('.yaml', ''))
  expect(properties.exemple.enum.toSorted()).toEqual(files.filter((name) => name !== 'donnees').toSorted())
})
