import { existsSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'

const path = (name: string) => fileURLToPath(new URL(`../${name}`, import.meta.url))
const read = <T>(name: string) => JSON.parse(readFileSync(path(name), 'utf8')) as T

interface Locked {
  dev?: boolean
  optional?: boolean
  cpu?: string[]
  license?: string
}
const { packages } = read<{ packages: Record<string, Locked> }>('package-lock.json')
const locked = Object.entries(packages).filter(([place]) => place !== '')

// What we may ship inside a program of ours, whatever its licence: nothing asks for more than a notice.
const permissive = [
  '0BSD',
  'Apache-2.0',
  'BlueOak-1.0.0',
  'BSD-2-Clause',
  'BSD-3-Clause',
  'ISC',
  'MIT',
  'MIT-0',
  'OFL-1.1',
  'PSF-2.0',
  'Python-2.0',
  'Unlicense',
  'Zlib',
]
/** « A or B » leaves the choice, « A and B » asks for both. */
const allowed = (licence: string, list: string[]): boolean =>
  licence
    .replaceAll(/[()]/g, '')
    .split(/ or /i)
    .some((choice) => choice.split(/ and /i).every((name) => list.includes(name)))

test('what we ship is under permissive licences, and tools of developers under these or the MPL', () => {
  const refused = locked.flatMap(([place, { dev, license, optional, cpu }]) => {
    const file = `${place}/package.json`
    const installed = existsSync(path(file)) ? read<{ license?: string }>(file).license : undefined
    const licence = installed ?? license ?? 'none'
    // The build of a package for another machine: the one for this machine is looked at.
    if (optional && cpu && !existsSync(path(file))) return []
    return allowed(licence, dev ? [...permissive, 'MPL-2.0'] : permissive) ? [] : [`${place} ${licence}`]
  })
  expect(refused).toEqual([])
})

test('a licence that reaches further than its own files is not taken for a permissive one', () => {
  const of = (licence: string) => allowed(licence, permissive)
  expect(['AGPL-3.0', 'LGPL-2.1', 'GPL-3.0-only', 'MIT AND GPL-3.0', 'MPL-2.0', 'none'].filter(of)).toEqual([])
  expect(['MIT', '(MIT OR GPL-3.0)', 'MIT AND OFL-1.1', '(MIT AND Zlib)'].filter((each) => !of(each))).toEqual([])
})
