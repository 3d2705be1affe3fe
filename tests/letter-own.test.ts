import { execFileSync, spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import PizZip from 'pizzip'
import { afterAll, expect, test } from 'vitest'
import { exampleOf } from '../documents/rendering/example.ts'
import { fill } from '../documents/rendering/fill.ts'
import { renderLetter } from '../documents/rendering/render.ts'
import { renderText } from '../documents/rendering/text.ts'
import { letterOf, libraryFolders, loadLibrary, type Library } from '../letters/catalogue.ts'
import { readLibrary } from '../letters/check-library.ts'
import { diffRevisions, historyOf, libraryAtRevision } from '../letters/history.ts'
import { lawTerms } from '../procedures/law/terms.ts'
import { parseDay } from '../schema/days.ts'

const root = mkdtempSync(join(tmpdir(), 'courtois-own-'))
afterAll(() => rmSync(root, { recursive: true, force: true }))
const command = fileURLToPath(new URL('../scripts/courtois.ts', import.meta.url))

const head = (id: string, famille: string) => `---
id: ${id}
titre: Un rappel de la maison
famille: ${famille}
etape: relance
moment: J+8
ton: 2
canaux: [lettre, email]
destinataire: debiteur-professionnel
droit: FR
usage: Rappeler une facture échue dans les mots du cabinet.
bases: []
donnees: []
suite: null
objet: 'Votre facture {{ factures[0].numero }}'
premiere_lettre: jamais
---
`

/** A repository of letters; each commit is dated, for the histories of two repositories are told together. */
function repository(name: string): {
  folder: string
  commit(day: string, subject: string, files: Record<string, string | Uint8Array>): void
} {
  const folder = join(root, name)
  mkdirSync(folder)
  const git = (day: string, ...args: string[]) =>
    execFileSync('git', ['-C', folder, '-c', 'user.name=É. Ditrice', '-c', 'user.email=e@example.fr', ...args], {
      encoding: 'utf8',
      env: { ...process.env, GIT_AUTHOR_DATE: `${day}T10:00:00+01:00`, GIT_COMMITTER_DATE: `${day}T10:00:00+01:00` },
    })
  git('2026-01-01', 'init', '-q', '-b', 'main')
  return {
    folder,
    commit(day, subject, files) {
      for (const [path, text] of Object.entries(files)) {
        mkdirSync(dirname(join(folder, path)), { recursive: true })
        writeFileSync(join(folder, path), text)
      }
      git(day, 'add', '.')
      git(day, 'commit', '-q', '-m', subject)
    },
  }
}

const printed = (library: Library, id: string): string => {
  const letter = letterOf(library, id)
  return renderText(
    fill(
      library,
      letter,
      exampleOf(letter, 'good', (day) => lawTerms(parseDay(day)), library),
      'lettre',
    ),
  )
}

const clause = (text: string) => `---
id: salut
titre: Formule de fin
article: null
source: Règle du cabinet
verifie_le: 2026-11-21
confirme: oui
---
${text}
`

test('an agency adds letters to ours, takes the place of some, and changes a clause of others', () => {
  const own = repository('adds')
  const house = loadLibrary()
  const replaced = 'relance-cordiale-pro'
  const user = [...house.letters.values()].find(
    ({ clauses, destinataire }) => clauses.includes('aucun-frais') && destinataire.startsWith('debiteur'),
  )!
  own.commit('2026-02-01', 'Nos courriers', {
    'library/maison/maison-rappel.md': `${head('maison-rappel', 'maison')}Bonjour de la maison.\n`,
    [`library/maison/${replaced}.md`]: `${head(replaced, 'maison')}Notre rappel à nous.\n`,
    'clauses/aucun-frais.md': house.clauses
      .get('aucun-frais')!
      .text.replace(/\n---\n[^]*$/, '\n---\nRien de plus ne vous est demandé.\n'),
  })
  const library = loadLibrary(libraryFolders(own.folder))
  expect(library.letters.size).toBe(house.letters.size + 1)
  expect(printed(library, 'maison-rappel')).toContain('Bonjour de la maison.')
  expect(printed(library, replaced)).toContain('Notre rappel à nous.')
  expect(letterOf(library, replaced)).toMatchObject({
    famille: 'maison',
    file: join(own.folder, `library/maison/${replaced}.md`),
  })
  expect(letterOf(library, user.id).version).not.toBe(user.version)
  const untouched = [...house.letters.values()].find(
    ({ id, clauses }) => id !== replaced && !clauses.includes('aucun-frais'),
  )!
  expect(letterOf(library, untouched.id)).toEqual(untouched)
})

test('the command line reads LETTERS_DIR, and refuses a folder without letters', () => {
  const own = repository('command')
  own.commit('2026-02-01', 'Nos courriers', {
    'library/maison/maison-rappel.md': `${head('maison-rappel', 'maison')}Bonjour.\n`,
  })
  const run = (folder: string) =>
    execFileSync(process.execPath, [command, 'letters', 'history', 'maison-rappel'], {
      encoding: 'utf8',
      env: { ...process.env, LETTERS_DIR: folder },
      stdio: 'pipe',
    })
  expect(run(own.folder)).toMatch(/^ {2}1 {2}2026-02-01 .* É\. Ditrice {2}création – Nos courriers\n/)
  expect(() => run(join(root, 'nowhere'))).toThrow(/no_letters/)
})

test('the check reads an agency’s letters beside ours, and names one that says the same as another', () => {
  const own = repository('checked')
  const model = loadLibrary().letters.get('relance-cordiale-au-nom-du-creancier')!
  own.commit('2026-02-01', 'Nos courriers', {
    'library/maison/maison-copie.md': model.source.replace(`id: ${model.id}`, 'id: maison-copie'),
    'library/maison/maison-rappel.md': `${head('maison-rappel', 'maison')}Répondez par mail.\n`,
  })
  const checked = spawnSync(process.execPath, [command, 'letters', 'check'], {
    encoding: 'utf8',
    env: { ...process.env, LETTERS_DIR: own.folder },
  })
  expect(checked.status).toBe(1)
  const rules = checked.stdout.matchAll(/([\w-]+)\.md:\d+ ([\w-]+) /g)
  expect([...rules].map(([, file, rule]) => `${file} ${rule}`)).toEqual(
    expect.arrayContaining(['maison-copie doublon', `${model.id} doublon`, 'maison-rappel anglicisme']),
  )
  expect(readLibrary(own.folder).library.letters.size).toBe(2)
})

test('an agency’s Word template takes the place of ours for one letter, and its change is a version of that letter alone', async () => {
  const own = repository('word')
  const template = (words: string) => {
    const zip = new PizZip(loadLibrary().layout['letter.docx']!)
    const xml = zip.file('word/document.xml')!.asText()
    zip.file(
      'word/document.xml',
      xml.replace('{@corps}</w:t></w:r></w:p>', (end) => `${end}<w:p><w:r><w:t>${words}</w:t></w:r></w:p>`),
    )
    return zip.generate({ type: 'uint8array' })
  }
  own.commit('2026-02-01', 'Nos courriers', {
    'library/maison/maison-accord.md': `${head('maison-accord', 'maison')}Voici notre accord.\n`,
    'library/maison/maison-rappel.md': `${head('maison-rappel', 'maison')}Bonjour.\n`,
    'layout/maison-accord.docx': template('Papier de la maison'),
  })
  const words = async (library: Library, id: string) => {
    const letter = letterOf(library, id)
    const facts = exampleOf(letter, 'good', (day) => lawTerms(parseDay(day)), library)
    const at = Temporal.Instant.from('2026-11-23T07:00:00Z')
    const { bytes } = await renderLetter({ letter, facts, channel: 'lettre', format: 'docx', at, library })
    return new PizZip(bytes).file('word/document.xml')!.asText()
  }
  const folders = libraryFolders(own.folder)
  const library = loadLibrary(folders)
  expect(await words(library, 'maison-accord')).toMatch(/Voici notre accord\..*Papier de la maison/s)
  expect(await words(library, 'maison-rappel')).not.toContain('Papier de la maison')

  own.commit('2026-03-01', 'Changer de papier', { 'layout/maison-accord.docx': template('Nouveau papier') })
  const revisions = await historyOf('maison-accord', own.folder)
  expect(revisions.map(({ subject, changes }) => [subject, changes])).toEqual([
    ['Nos courriers', ['création']],
    ['Changer de papier', ['mise en page']],
  ])
  expect(await historyOf('maison-rappel', own.folder)).toHaveLength(1)
  const first = await libraryAtRevision('maison-accord', '1', folders)
  expect(Object.keys(first.layout)).toContain('maison-accord.docx')
})

test('a Word template that is no such file, or bears a tag that is not ours, is refused and named', async () => {
  const house = loadLibrary()
  const letter = house.letters.get('relance-cordiale-pro')!
  const facts = exampleOf(letter, 'good', (day) => lawTerms(parseDay(day)), house)
  const rendered = (template: Uint8Array) => {
    const library = { ...house, layout: { ...house.layout, [`${letter.id}.docx`]: template } }
    const at = Temporal.Instant.from('2026-11-23T07:00:00Z')
    return renderLetter({ letter, facts, channel: 'lettre', format: 'docx', at, library })
  }
  const changed = (tag: string, to: string) => {
    const zip = new PizZip(house.layout['letter.docx']!)
    zip.file('word/document.xml', zip.file('word/document.xml')!.asText().replace(tag, to))
    return zip.generate({ type: 'uint8array' })
  }
  for (const [template, words] of [
    [new TextEncoder().encode('Bonjour'), 'ne peut être lu'],
    [changed('{lieu}', '{lieu'), 'ne peut être lu'],
    [changed('{lieu}', '{vile}'), '{vile}'],
  ] as const) {
    const refused = rendered(template)
    await expect(refused).rejects.toMatchObject({ code: 'bad_template', message: expect.stringContaining(words) })
  }
})

test('a reviewer named by the commit is named with the version', () => {
  const own = repository('reviewed')
  own.commit('2026-02-01', 'Nos courriers\n\nReviewed-by: Paul Juriste <p@example.fr>', {
    'library/maison/maison-rappel.md': `${head('maison-rappel', 'maison')}Bonjour.\n`,
  })
  const told = execFileSync(process.execPath, [command, 'letters', 'history', 'maison-rappel'], {
    encoding: 'utf8',
    env: { ...process.env, LETTERS_DIR: own.folder },
  })
  expect(told).toContain('É. Ditrice (relu par Paul Juriste)  création – Nos courriers')
})

test('versions come from both repositories in the order of their days, and each can be printed again', async () => {
  const [house, own] = [repository('house'), repository('agency')]
  const letter = (text: string) => `${head('rappel', 'maison')}${text} {% render 'salut' %}\n`
  house.commit('2026-03-01', 'Écrire le rappel', {
    'library/relance/rappel.md': letter('Un rappel.'),
    'clauses/salut.md': clause('Cordialement.'),
  })
  own.commit('2026-04-01', 'Finir autrement', { 'clauses/salut.md': clause('Bien à vous.') })
  house.commit('2026-05-01', 'Préciser le rappel', { 'library/relance/rappel.md': letter('Un rappel précis.') })
  own.commit('2026-06-01', 'Écrire le nôtre', { 'library/maison/rappel.md': letter('Notre rappel.') })
  house.commit('2026-07-01', 'Reprendre le rappel', { 'library/relance/rappel.md': letter('Un rappel repris.') })

  const folders = [house.folder, own.folder]
  const revisions = await historyOf('rappel', folders)
  expect(revisions.map(({ number, date, subject }) => [number, date.slice(0, 10), subject])).toEqual([
    [1, '2026-03-01', 'Écrire le rappel'],
    [2, '2026-04-01', 'Finir autrement'],
    [3, '2026-05-01', 'Préciser le rappel'],
    [4, '2026-06-01', 'Écrire le nôtre'],
  ])
  const texts: string[] = []
  for (const { number, version } of revisions) {
    const library = await libraryAtRevision('rappel', String(number), folders)
    expect(letterOf(library, 'rappel').version).toBe(version)
    texts.push(
      printed(library, 'rappel')
        .split('\n')
        .find((line) => /rappel.*\. /.test(line))!,
    )
  }
  expect(texts).toEqual([
    'Un rappel. Cordialement.',
    'Un rappel. Bien à vous.',
    'Un rappel précis. Bien à vous.',
    'Notre rappel. Bien à vous.',
  ])
  expect(await diffRevisions('rappel', '1', '2', folders)).toContain('[-Cordialement-]{+Bien à vous+}.')
  await expect(libraryAtRevision('rappel', '5', folders)).rejects.toMatchObject({ code: 'unknown_revision' })
  // Our own history is still ours alone.
  expect((await historyOf('rappel', house.folder)).map(({ number }) => number)).toEqual([1, 2, 3])
})
