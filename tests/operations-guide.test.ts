import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { compose, root, textOfFile } from './root.ts'

describe('the guide of those who run the house', () => {
  const guide = textOfFile('OPERATIONS.md')
  const sources = ['api', 'procedures', 'documents', 'letters', 'schema', 'scripts']
    .flatMap((room) =>
      readdirSync(join(root, room), { recursive: true, encoding: 'utf8' }).map((name) => join(room, name)),
    )
    .filter(
      (name) => /\.[jt]s$/.test(name) && !name.includes('node_modules') && !name.startsWith(join('scripts', 'bench')),
    )
    .map(textOfFile)
  const found = (texts: string[], pattern: RegExp) =>
    [...new Set(texts.flatMap((text) => [...text.matchAll(pattern)].map((match) => match[1]!)))].toSorted()
  const table = guide.slice(guide.indexOf('## Environment'))
  const variables = found(
    table.split('\n').flatMap((line) => (line.startsWith('| `') ? [line.split('|')[1]!] : [])),
    /`([A-Z_]+)`/g,
  )

  test('has every variable that the program reads, and no other', () => {
    const read = found(sources, /process\.env(?:\['|\.)([A-Z_]+)/g)
    const unpacked = sources.flatMap((text) =>
      [...text.matchAll(/const \{([^}]+)\} = (?:process\.)?env\b/g)].flatMap((match) =>
        found([match[1]!], /([A-Z_]+):/g),
      ),
    )
    // OpenTelemetry's own packages read these.
    const theirs = ['OTEL_EXPORTER_OTLP_HEADERS', 'OTEL_RESOURCE_ATTRIBUTES', 'OTEL_SERVICE_NAME']
    const all = new Set([...read, ...unpacked, ...theirs])
    expect(variables).toEqual([...all].filter((name) => name !== 'PATH').toSorted())
  })

  test('has every figure of /metrics and every code of the doctor', () => {
    const figures = found([textOfFile('api/metrics.ts')], /'(courtois_\w+)'/g)
    expect(found([guide], /`(courtois_\w+)`/g)).toEqual(figures)
    const doctor = readdirSync(join(root, 'procedures/doctor'))
    const named = found(
      doctor.map((name) => textOfFile(`procedures/doctor/${name}`)),
      /code: (?:damaged \? )?'(\w+)'/g,
    )
    expect(named.filter((code) => !guide.includes(`\`${code}\``))).toEqual([])
    expect(named.length).toBeGreaterThan(20)
  })

  test('compose.yaml runs commands and variables that exist, as an ordinary user on a read-only root', () => {
    const { database: _, ...ours } = compose.services
    const commands = readdirSync(join(root, 'scripts/commands'))
    for (const { command, user, read_only: readOnly, environment } of Object.values(ours)) {
      expect(commands).toContain(`${command![0]}.ts`)
      expect([user, readOnly]).toEqual(['node', true])
      expect(Object.keys(environment).filter((name) => !variables.includes(name))).toEqual([])
    }
    // Its own network and image, LibreOffice that it does not carry, and what is for development alone.
    const notGiven = ['CLAMD_SOCKET', 'COURTOIS_SECRET_BEFORE', 'HOST', 'PORT', 'SOFFICE', 'WEBHOOK_ALLOW_HOSTS']
    const passed = new Set(Object.values(ours).flatMap(({ environment }) => Object.keys(environment)))
    expect(variables.filter((name) => !passed.has(name))).toEqual(notGiven)
    const given = found([textOfFile('.env.example')], /^([A-Z_]+)=/gm)
    expect(found([textOfFile('compose.yaml')], /\$\{([A-Z_]+):\?\}/g).filter((name) => !given.includes(name))).toEqual(
      [],
    )
  })
})
