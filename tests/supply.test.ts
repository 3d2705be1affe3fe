import { spawnSync } from 'node:child_process'
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { billOfMaterials, licenceList, readAudit, readSignatures } from '../scripts/supply.ts'

const root = new URL('..', import.meta.url)

test('the bill of materials names each package that is shipped, with its hash and its licence, and no tool of the developers', () => {
  const { components, dependencies: edges } = billOfMaterials()
  const { dependencies, devDependencies } = JSON.parse(readFileSync(new URL('package.json', root), 'utf8')) as Record<
    string,
    object
  >
  const { packages } = JSON.parse(readFileSync(new URL('package-lock.json', root), 'utf8')) as {
    packages: Record<string, { dev?: boolean }>
  }
  const listed = new Set(components.map(({ name }) => name))
  expect(Object.keys(dependencies!).filter((name) => !listed.has(name))).toEqual([])
  const tools = Object.keys(devDependencies!).filter((name) => packages[`node_modules/${name}`]?.dev)
  expect(tools.length).toBeGreaterThan(10)
  expect(tools.filter((name) => listed.has(name))).toEqual([])
  expect(components.filter(({ hashes, licenses }) => !hashes?.length || !licenses?.length)).toEqual([])
  const refs = new Set(components.map((component) => component['bom-ref']))
  expect(edges.flatMap(({ dependsOn }) => dependsOn).filter((ref) => !refs.has(ref))).toEqual([])
})

test.skipIf(process.platform === 'win32')(
  'installing tells, where the Node that npm brings is missing or does not start, what to do',
  () => {
    const { scripts } = JSON.parse(readFileSync(new URL('package.json', root), 'utf8')) as {
      scripts: Record<string, string>
    }
    const folder = mkdtempSync(join(tmpdir(), 'courtois-node-'))
    try {
      const install = (start: string) => {
        writeFileSync(join(folder, 'node'), `#!/bin/sh\n${start}\n`, { mode: 0o755 })
        const { status, stdout } = spawnSync('/bin/sh', ['-c', scripts['postinstall']!], {
          env: { PATH: `${folder}:${process.env['PATH']}` },
          encoding: 'utf8',
        })
        return [status, stdout]
      }
      const refused = [1, expect.stringContaining('apt-get install libatomic1, then npm ci again')]
      // As the loader ends a program whose library is missing; and a Node of before Temporal, which stands in for one that did not come.
      expect(install('exit 127')).toEqual(refused)
      expect(install(`exec "${process.execPath}" --no-harmony-temporal "$@"`)).toEqual(refused)
      expect(install(`exec "${process.execPath}" "$@"`)).toEqual([0, ''])
    } finally {
      rmSync(folder, { recursive: true })
    }
  },
)

test('without the Node that npm brings, and under one too old, the command line says so in a sentence', () => {
  const folder = mkdtempSync(join(tmpdir(), 'courtois-node-'))
  try {
    cpSync(new URL('scripts/courtois.js', root), join(folder, 'scripts/courtois.js'))
    writeFileSync(join(folder, 'package.json'), '{ "type": "module" }')
    const command = ['--no-harmony-temporal', join(folder, 'scripts/courtois.js'), 'doctor']
    const { status, stderr } = spawnSync(process.execPath, command, { encoding: 'utf8' })
    expect([status, stderr]).toEqual([2, expect.stringMatching(/^Node 26, que npm apporte.*\nLancez « npm ci ».\n$/)])
  } finally {
    rmSync(folder, { recursive: true })
  }
})

describe('what the registry says of our packages', () => {
  const weak = (severity: string) =>
    JSON.stringify({ vulnerabilities: { tar: { severity, range: '<7', fixAvailable: true } } })

  test.each([
    ['nothing known', '{"vulnerabilities":{}}', { asked: true, findings: [] }],
    ['a grave weakness', weak('high'), { asked: true, findings: ['tar <7: high, a fix is there'] }],
    ['a slight one', weak('low'), { asked: true, findings: [] }],
    [
      'a mirror that has no such service',
      '{"message":"405 Method Not Allowed","statusCode":405}',
      { asked: false, findings: [] },
    ],
    ['no answer at all', '', { asked: false, findings: [] }],
  ])('%s', (_what, answer, verdict) => expect(readAudit(answer)).toEqual(verdict))

  test.each([
    ['every signature holds', '{"invalid":[],"missing":[]}', { asked: true, findings: [] }],
    [
      'one is wrong',
      '{"invalid":[{"name":"tar","version":"7.0.0"}],"missing":[]}',
      { asked: true, findings: ['tar@7.0.0: wrong signature'] },
    ],
    [
      'one is not there',
      '{"invalid":[],"missing":[{"name":"tar","version":"7.0.0"}]}',
      { asked: true, findings: ['tar@7.0.0: no signature'] },
    ],
    ['the keys cannot be had', '{"error":{"code":"ENOTFOUND"}}', { asked: false, findings: [] }],
  ])('%s', (_what, answer, verdict) => expect(readSignatures(answer)).toEqual(verdict))
})

test('licences are listed, the rarest first and by name', () => {
  const component = (name: string, id: string) => ({ name, version: '1.0.0', licenses: [{ license: { id } }] })
  const many = ['a', 'b', 'c', 'd', 'e', 'f'].map((name) => component(name, 'MIT'))
  const lines = licenceList([...many, component('g', 'OFL-1.1'), { name: 'h', version: '2.0.0' }])
  expect(lines).toEqual(['OFL-1.1 1 (g 1.0.0)', 'none 1 (h 2.0.0)', 'MIT 6'])
})
