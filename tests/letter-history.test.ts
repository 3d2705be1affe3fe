import { execFileSync } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { exampleOf } from '../documents/rendering/example.ts'
import { renderLetter } from '../documents/rendering/render.ts'
import { nativeTypst } from '../documents/typst/typst.ts'
import { letterOf, loadLibrary, type Library } from '../letters/catalogue.ts'
import { diffRevisions, historyOf, libraryAtRevision, readHistory } from '../letters/history.ts'
import { writeLog } from '../letters/log.ts'
import { lawTerms } from '../procedures/law/terms.ts'
import { parseDay } from '../schema/days.ts'
import { DomainError } from '../schema/errors.ts'
import { useApi } from './api.ts'

const id = 'mise-en-demeure-pro'
const root = mkdtempSync(join(tmpdir(), 'courtois-versions-'))
const engine = nativeTypst({ processes: 1 })
const repository = join(root, 'repository')
const letters = join(repository, 'letters')
afterAll(async () => {
  await engine.close()
  rmSync(root, { recursive: true, force: true })
})

const git = (directory: string, ...args: string[]) =>
  execFileSync('git', ['-C', directory, '-c', 'user.name=Zoé', '-c', 'user.email=zoe@courtois.example', ...args], {
    encoding: 'utf8',
    stdio: 'pipe',
  })

/** The letter as its debtor gets it, from the words it had in that library. */
async function printed(library: Library): Promise<Buffer> {
  const letter = letterOf(library, id)
  const facts = exampleOf(letter, 'good', (day) => lawTerms(parseDay(day)), library)
  const at = Temporal.Instant.from('2026-11-21T07:00:00Z')
  const { bytes } = await renderLetter({
    letter,
    facts,
    channel: letter.canaux[0]!,
    format: 'pdf',
    at,
    engine,
    library,
  })
  return Buffer.from(bytes)
}

const file = join(letters, `library/mise-en-demeure/${id}.md`)
let first: Buffer

// The library of the house, one letter written, then changed twice: in its own words, then in those of its look.
beforeAll(async () => {
  const house = fileURLToPath(new URL('../letters/', import.meta.url))
  for (const folder of ['clauses', 'layout', 'library/mise-en-demeure'])
    cpSync(join(house, folder), join(letters, folder), { recursive: true })
  git(root, 'init', '-q', '-b', 'main', repository)
  const commit = (subject: string) => {
    git(repository, 'add', '.')
    git(repository, 'commit', '-qm', subject)
  }
  commit('Écrire le courrier')
  first = await printed(loadLibrary(letters, { fresh: true }))
  writeFileSync(file, `${readFileSync(file, 'utf8')}\nNous restons à votre écoute.\n`)
  commit('Rester courtois')
  const layout = join(letters, 'layout/letter.typ')
  writeFileSync(layout, readFileSync(layout, 'utf8').replace(/\d+(\.\d+)?pt/, '13pt'))
  mkdirSync(join(letters, 'library/dernier-avis'))
  renameSync(file, join(letters, `library/dernier-avis/${id}.md`))
  commit('Changer de rayon et de corps')
})

test('a letter changed twice prints its first version byte for byte', async () => {
  const [one, two, three] = await historyOf(id, letters)
  expect([one, two, three].map((revision) => [revision?.subject, revision?.changes])).toEqual([
    ['Écrire le courrier', ['création']],
    ['Rester courtois', ['texte']],
    ['Changer de rayon et de corps', ['mise en page']],
  ])
  expect((await printed(await libraryAtRevision(id, '1', letters))).equals(first)).toBe(true)
  const second = await printed(await libraryAtRevision(id, '2', letters))
  expect(second.equals(first)).toBe(false)
  expect((await printed(await libraryAtRevision(id, '3', letters))).equals(second)).toBe(false)
})

test('a version is named by its number, its commit, or the hash that documents are recorded with', async () => {
  const [one] = await historyOf(id, letters)
  for (const name of ['1', one!.commit, one!.commit.slice(0, 8), one!.version, one!.version.slice(0, 12), 'HEAD~2'])
    expect(letterOf(await libraryAtRevision(id, name, letters), id).version, name).toBe(one!.version)
  for (const name of ['4', 'zz', 'HEAD~9', 'f'.repeat(64), '--all'])
    await expect(libraryAtRevision(id, name, letters), name).rejects.toMatchObject({ code: 'unknown_revision' })
})

test('a difference names each text that changed, and the look when it is that', async () => {
  expect(await diffRevisions(id, '1', '2', letters)).toMatch(
    /^letters\/library\/.*\n[^]*\{\+\s*Nous restons à votre écoute\.\s*\+\}$/,
  )
  expect(await diffRevisions(id, '2', '3', letters)).toBe('letters/layout/letter.typ : modifié')
  expect(await diffRevisions(id, '2', '2', letters)).toBe('')
})

describe('without a repository', () => {
  const shipped = join(root, 'shipped')
  beforeAll(async () => {
    await writeLog(letters)
    cpSync(letters, shipped, { recursive: true })
  })

  test('history.json tells the same versions, the same differences and prints the same bytes', async () => {
    const [theirs, ours] = [await readHistory(shipped), await readHistory(letters)]
    expect([...theirs.letters]).toEqual([...ours.letters])
    expect(await diffRevisions(id, '1', '3', shipped)).toBe(await diffRevisions(id, '1', '3', letters))
    expect((await printed(await libraryAtRevision(id, '1', shipped))).equals(first)).toBe(true)
    await expect(libraryAtRevision(id, 'HEAD~2', shipped)).rejects.toMatchObject({ code: 'unknown_revision' })
  })

  test('a file that no longer holds what the repository held is refused, and so is its absence', async () => {
    const kept = join(shipped, 'history.json')
    const text = readFileSync(kept, 'utf8')
    for (const damaged of [text.replace('Mise en demeure', 'Mise en demeurE'), text.slice(0, -20), '{}']) {
      writeFileSync(kept, damaged)
      await expect(historyOf(id, shipped)).rejects.toMatchObject({ code: 'no_history', facts: { file: kept } })
    }
    rmSync(kept)
    await expect(historyOf(id, shipped)).rejects.toMatchObject({ code: 'no_history' })
    await expect(writeLog(shipped)).rejects.toMatchObject({ code: 'no_history' })
  })

  test('a shallow clone is refused, history.json beside it or not, and writes none', async () => {
    const shallow = join(root, 'shallow')
    git(root, 'clone', '-q', '--depth', '1', `file://${repository}`, shallow)
    cpSync(join(letters, 'history.json'), join(shallow, 'letters/history.json'))
    for (const attempt of [readHistory, historyOf.bind(undefined, id), writeLog])
      await expect(attempt(join(shallow, 'letters'))).rejects.toMatchObject({ code: 'no_history' })
  })
})

describe('over the API', () => {
  const api = useApi()

  test('a letter tells its versions, their authors and what each changed; or that there is no history here', async () => {
    const { body } = await api.ask(
      { role: 'editor' },
      `{ letter(id: "${id}") { key versions { number commit author reason changes diff } } }`,
    )
    const known = await historyOf(id).catch((error: unknown) => error as DomainError)
    if (known instanceof DomainError) {
      expect(body.data.letter).toEqual({ key: id, versions: null })
      expect(body.errors![0]!.extensions).toMatchObject({ code: known.code })
      return
    }
    expect(body.data.letter.versions).toEqual(
      known.map(({ number, commit, author, subject: reason, changes }) => {
        const diff: unknown = number === 1 ? '' : expect.stringMatching(/^letters\//)
        return { number, commit, author, reason, changes, diff }
      }),
    )
  })
})
