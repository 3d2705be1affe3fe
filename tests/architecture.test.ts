import { globSync, readFileSync } from 'node:fs'
import { join, posix } from 'node:path'
import { expect, test } from 'vitest'

const root = join(import.meta.dirname, '..')
// A file imports its own room and those to its right; scripts and tests import anything, and nothing imports them.
const rooms = ['api', 'procedures', 'documents', 'letters', 'schema']
const edge = ['api', 'scripts', 'tests']
const files = (pattern: string): string[] =>
  globSync(pattern, { cwd: root })
    .map((file) => file.replaceAll('\\', '/'))
    // The benchmarks install their peers beside themselves.
    .filter((file) => !file.includes('node_modules/'))
    .sort()
const read = (file: string): string => readFileSync(join(root, file), 'utf8')
const room = (file: string): string => file.split('/')[0]!
const sources = files(`{${[...rooms, 'scripts', 'tests'].join(',')}}/**/*.ts`)

/** `file:line` of each line that matches, comments aside. */
function lines(file: string, pattern: RegExp): string[] {
  return read(file)
    .split('\n')
    .flatMap((line, i) =>
      pattern.test(line.replace(/^\s*\/?\*.*$|(^|\s)\/\/.*$/, '')) ? [`${file}:${i + 1} ${line.trim()}`] : [],
    )
}

test('imports run one way: api, procedures, documents, letters, schema', () => {
  expect(sources.length).toBeGreaterThan(10)
  const wrong = sources
    .filter((file) => rooms.includes(room(file)))
    .flatMap((file) =>
      [...read(file).matchAll(/(?:\bfrom|\bimport)\s*\(?\s*'(\.[^']+)'/g)]
        .map(([, path]) => posix.join(posix.dirname(file), path!))
        .filter((path) => !rooms.slice(rooms.indexOf(room(file))).includes(room(path)))
        .map((path) => `${file} imports ${path}`),
    )
  expect(wrong).toEqual([])
})

test('the clock and chance are read at the edge only', () => {
  const forbidden = /Temporal\.Now|Date\.now|new Date\(\s*\)|Math\.random|\bsystemRandom\b|\brandom(UUID|Bytes|Int)\b/
  // The archive draws the name of a temporary file, which nobody keeps.
  const allowed = ['schema/random.ts', 'documents/archive.ts']
  const core = sources.filter((file) => !edge.includes(room(file)) && !allowed.includes(file))
  expect(core.flatMap((file) => lines(file, forbidden))).toEqual([])
})

test('SQL below the edge takes its day as a value', () => {
  // now() is for created_at columns, whose default stands in a migration.
  const forbidden = /\bcurrent_date\b|\bcurrent_timestamp\b|\bnow\(\)/i
  const core = sources.filter((file) => ['procedures', 'documents', 'letters'].includes(room(file)))
  expect(core.flatMap((file) => lines(file, forbidden))).toEqual([])
})

test('no folder of odds and ends, no barrel', () => {
  expect(
    sources.filter((file) => /\/(utils?|helpers?|controllers|services|repositories)\/|\/index\.ts$/.test(file)),
  ).toEqual([])
})

test('templates fetch nothing, read no clock and evaluate no data', () => {
  const templates = files('{letters,documents}/**/*.typ')
  expect(templates.flatMap((file) => lines(file, /@preview|@local|datetime\.today|\beval\(/))).toEqual([])
})

test.each(['package-lock.json', 'scripts/bench/peers/package-lock.json'])(
  '%s names every optional package and no host, so that npm ci takes it anywhere',
  (file) => {
    const lock = JSON.parse(read(file)) as {
      packages: Record<string, { resolved?: string; optionalDependencies?: Record<string, string> }>
    }
    const packages = Object.entries(lock.packages)
    const named = (path: string, name: string): boolean =>
      `node_modules/${name}` in lock.packages || `${path}/node_modules/${name}` in lock.packages
    const missing = packages.flatMap(([path, { optionalDependencies = {} }]) =>
      Object.keys(optionalDependencies).filter((name) => !named(path, name)),
    )
    expect(missing, 'run: npm run lock').toEqual([])
    expect(packages.filter(([, { resolved }]) => resolved).map(([path]) => path)).toEqual([])
  },
)
