import { existsSync, globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { rules } from '../letters/check-subject.ts'
import { loadLibrary } from '../letters/catalogue.ts'

const root = join(import.meta.dirname, '..')
const read = (file: string) => readFileSync(join(root, file), 'utf8')
const guide = read('letters/GUIDE.md')
const section = (title: string) => guide.split(/^## /m).find((part) => part.startsWith(title)) ?? ''
/** The first cell of each row of a section's tables. */
const rows = (title: string) => [...section(title).matchAll(/^\| `([^`]+)` \|/gm)].map(([, name]) => name!)

test('the guide tells every rule of the check, once, in its order, and how to mend a fault', () => {
  const title = 'Les règles de la vérification'
  expect(rows(title)).toEqual([...rules])
  for (const row of section(title).match(/^\| `.*$/gm)!) expect(row.split(/(?<!\\)\|/)).toHaveLength(5)
})

test('every rule is one that the check applies', () => {
  const code = [...globSync('letters/check*.ts', { cwd: root }), 'scripts/commands/letters.ts']
    .filter((file) => !file.endsWith('check-subject.ts'))
    .map(read)
    .join('\n')
  expect(rules.filter((rule) => !code.includes(`'${rule}'`))).toEqual([])
})

test('the guide tells every key of a head', () => {
  const { properties } = JSON.parse(read('schema/letter.schema.json')) as { properties: Record<string, unknown> }
  const told = rows('L’en-tête')
  expect(Object.keys(properties).filter((key) => !told.includes(key))).toEqual([])
})

test('what the guide names is there: files, commands, clauses, letters', () => {
  const named = [...guide.matchAll(/`((?:letters|schema|procedures|tests)\/[\w./-]+)`/g)].map(([, path]) => path!)
  expect(named.filter((path) => !path.includes('history.json') && !existsSync(join(root, path)))).toEqual([])
  const scripts = (JSON.parse(read('package.json')) as { scripts: object }).scripts
  for (const [, name] of guide.matchAll(/npm run (\w+)/g)) expect(Object.keys(scripts)).toContain(name)
  const library = loadLibrary()
  for (const [, id] of guide.matchAll(/\{% render '([a-z0-9-]+)'/g))
    if (id !== 'nom-de-la-clause') expect([...library.clauses.keys()]).toContain(id)
  for (const [, id] of guide.matchAll(/courtois letter(?:s (?:history|diff))? ([a-z][a-z-]+)/g))
    if (id !== 's') expect([...library.letters.keys()]).toContain(id)
})
