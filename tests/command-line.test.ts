import { spawnSync } from 'node:child_process'
import { chmodSync, mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { type Command, spacedFr } from '../scripts/command.ts'
import { progressLine } from '../scripts/progress.ts'
import { refusal } from '../scripts/refusals.ts'
import { invoice, openCase, useHouse } from './house.ts'
import { poolerBefore } from './pooler.ts'

const root = join(import.meta.dirname, '..')
const commands = new Map(
  await Promise.all(
    readdirSync(join(root, 'scripts/commands')).map(async (file) => {
      const { command } = (await import(`../scripts/commands/${file.slice(0, -3)}.ts`)) as { command: Command }
      return [command.name, command] as const
    }),
  ),
)

const printed: string[] = []
beforeEach(() => {
  vi.spyOn(console, 'log').mockImplementation((line: string) => void printed.push(line))
})
afterEach(() => {
  vi.unstubAllEnvs()
  vi.restoreAllMocks()
  printed.length = 0
})

/** A command in this process, on the house's database: how it ends, and what it prints. */
async function courtois(name: string, ...argv: string[]): Promise<{ exit: number; out: string; err: string }> {
  printed.length = 0
  const [exit, err] = await commands
    .get(name)!
    .run(argv)
    .then((code) => [code ?? 0, ''] as const)
    .catch((error: unknown) => {
      const told = refusal(error, `courtois ${name}`)
      if (told === null) throw error
      return [told.exit, told.words.replaceAll('\u00a0', ' ')] as const
    })
  return { exit, out: printed.join('\n'), err }
}

describe('what the command line says of itself', () => {
  test.each([...commands.values()])('$name: in French, and no line too wide', ({ name, summary, help }) => {
    expect(help).toMatch(new RegExp(`^Usage : courtois ${name}`))
    expect(help.split('\n').filter((line) => line.length > 100)).toEqual([])
    expect(summary.length + 'personal-data'.length + 4).toBeLessThanOrEqual(100)
    const english = /\b(the|of|with|when|which|without|writes|reads|prints|needs|default|FILE|DIR)\b/g
    expect(`${summary}\n${help}`.match(english)).toBeNull()
  })

  test('its spaces are French ones, and what is to be copied stays as it is', () => {
    expect(spacedFr('Usage : « x » ; curl -H "Authorization: y"')).toBe(
      'Usage\u00a0: «\u00a0x\u00a0»\u00a0; curl -H "Authorization: y"',
    )
  })

  test.each([
    ['tick', ['--foo'], 'l’option --foo n’existe pas.'],
    ['tick', ['--until'], 'l’option --until attend une valeur.'],
    ['tick', ['--until', '-3'], 'l’option --until attend une valeur ; précédée d’un tiret, elle s’écrit --until=-3.'],
    ['tick', ['--json=3'], 'l’option --json ne prend pas de valeur.'],
    ['tick', ['demain'], '« demain » est de trop.'],
    ['simulate', [], '--scenario FICHIER et --days N sont nécessaires.'],
  ])('%s %j: exit 2, with a French sentence and the way to its help', async (name, argv, sentence) => {
    const err = `courtois ${name} : ${sentence}\nVoir : courtois ${name} --help`
    expect(await courtois(name, ...argv)).toEqual({ exit: 2, out: '', err })
  })

  test('--json is heard by what lists and what compares', async () => {
    const listed = (await courtois('bench', '--list', '--json')).out
      .split('\n')
      .map((line) => JSON.parse(line) as object)
    expect(listed).toContainEqual({ name: 'law', summary: expect.any(String) })
    const { out } = await courtois('letters', 'diff', 'relance-cordiale-pro', '1', '2', '--json')
    expect(JSON.parse(out)).toContainEqual({
      name: expect.any(String),
      path: expect.stringMatching(/\.md$/),
      what: 'changed',
      pieces: expect.arrayContaining([{ kind: 'in', text: expect.any(String) }]),
    })
    expect(await courtois('letters', 'diff', 'relance-cordiale-pro', '1', 'zz')).toMatchObject({
      exit: 1,
      err: expect.stringContaining('[unknown_revision]'),
    })
  })

  test('how far long work has come is one line on a terminal, which leaves nothing behind, and nothing elsewhere', () => {
    const written: string[] = []
    const write = (text: string): true => void written.push(text) as never
    const screen = (isTTY: boolean) => ({ isTTY, write }) as never
    const line = progressLine('fichiers', 4, screen(true))
    line.end()
    expect(written).toEqual([])
    line.step()
    line.end()
    expect(written).toEqual([`\r\x1b[K[${'█'.repeat(8)}${' '.repeat(22)}] 1/4 fichiers`, '\r\x1b[K'])
    progressLine('dossiers', undefined, screen(true)).step()
    expect(written.at(-1)).toBe('\r\x1b[K1 dossiers')
    written.length = 0
    progressLine('fichiers', 4, screen(false)).step()
    expect(written).toEqual([])
  })

  test.each([
    ['letter', ['relance-cordiale-pro', '--facts', 'absent.yaml']],
    ['letters', ['check', 'absent.yaml']],
    ['agency', ['absent.yaml']],
    ['import', ['--kind', 'juridictions', 'absent.yaml']],
    ['demo', ['--invoice', 'absent.yaml', '--out', 'absent']],
  ])('%s %j: exit 1, and the file that it does not find is named', async (name, argv) => {
    const { exit, err } = await courtois(name, ...argv)
    expect([exit, err]).toEqual([
      1,
      expect.stringMatching(/« .*absent\.yaml » ne peut être lu\.\nVérifiez son chemin\./),
    ])
  })

  test.each([
    ['connect', 'Le système refuse l’accès au serveur de la base de données.'],
    ['listen', 'Le système réserve ce port.'],
  ])('EACCES of « %s » is told for what it is', (syscall, sentence) => {
    const error = Object.assign(new Error('denied'), { code: 'EACCES', syscall })
    expect(refusal(error, 'courtois serve')).toEqual({ exit: 1, words: expect.stringContaining(sentence) })
  })

  test('a command that does not exist is named', () => {
    const { status, stderr } = spawnSync(process.execPath, ['--no-warnings', 'scripts/courtois.ts', 'facturer'], {
      cwd: root,
      encoding: 'utf8',
    })
    expect([status, stderr.replaceAll('\u00a0', ' ')]).toEqual([
      2,
      'courtois : il n’y a pas de commande « facturer ».\nVoir : courtois --help\n',
    ])
  })
})

describe('on a database', () => {
  const house = useHouse(async (made) => {
    await openCase(made, {
      on: '2026-06-11',
      invoices: [invoice({ number: 'F-1', issued_on: '2026-05-11', due_on: '2026-06-10' })],
    })
  })

  beforeEach(() => {
    vi.stubEnv('DATABASE_URL', house.url)
    vi.stubEnv('DATA_DIR', dirname(house.dir))
  })

  const nobody = '00000000-0000-4000-8000-000000000009'

  test.each([
    ['a token for a creditor of nobody', ['token', '--role', 'creditor', '--creditor', nobody], 'creditor_not_found'],
    ['a token for a bailiff of nobody', ['token', '--role', 'bailiff', '--bailiff', nobody], 'bailiff_not_found'],
    ['packs of a creditor of nobody', ['packs', '--creditor', nobody], 'creditor_not_found'],
    ['packs against an unknown debtor', ['packs', '--debtor', 'Inconnu'], 'debtor_not_found'],
    [
      'a simulation of the past',
      ['simulate', '--scenario', 'standard', '--days', '9', '--from', '2020-01-01'],
      'from_in_past',
    ],
    ['an export of no case', ['export', '1999-0001', '--out', '/dev/null'], 'case_not_found'],
  ])('refuses %s', async (_, [name, ...argv], code) => {
    expect(await courtois(name!, ...argv)).toEqual({
      exit: 1,
      out: '',
      err: expect.stringContaining(`[${code}]`) as string,
    })
  })

  test.each([
    ['nobody@127.0.0.1:1/x', 'Le serveur de la base de données refuse la connexion.', 'ECONNREFUSED'],
    ['nobody@%2Fabsent/x', 'Le serveur de la base de données n’est pas à cette adresse.', 'ENOENT'],
  ])('tells in a sentence that no database answers at %s', async (at, sentence, code) => {
    vi.stubEnv('DATABASE_URL', `postgres://${at}`)
    expect(await courtois('doctor')).toEqual({
      exit: 1,
      out: '',
      err: `${sentence}\nVérifiez DATABASE_URL. [${code}]`,
    })
  })

  test('repeats nothing of an address that cannot be read: it may hold a password', async () => {
    vi.stubEnv('DATABASE_URL', 'postgres://nobody:secret@/x')
    const { exit, err } = await courtois('doctor')
    expect([exit, err]).toEqual([1, expect.stringMatching(/DATABASE_URL.*\[ERR_INVALID_URL\]$/s)])
    expect(err).not.toContain('secret')
  })

  test('tells in a sentence that an account may not do what is asked of it', async () => {
    const name = `courtois_bare_${process.pid}`
    await house.sql`create role ${house.sql(name)} login`
    try {
      const url = new URL(house.url)
      url.username = name
      vi.stubEnv('DATABASE_URL', url.href)
      const { exit, err } = await courtois('doctor')
      expect([exit, err]).toEqual([1, expect.stringMatching(/^Ce compte .*DATABASE_OWNER_URL.*\[42501\]$/s)])
    } finally {
      await house.sql`drop role ${house.sql(name)}`
    }
  })

  test('begins no work in a folder that takes nothing, and says which', { tags: ['fault'] }, async ({ skip }) => {
    const folder = mkdtempSync(join(tmpdir(), 'courtois-closed-'))
    const isRoot = process.getuid?.() === 0
    // Root writes wherever the disk lets it.
    if (!isRoot) chmodSync(folder, 0o555)
    else if (spawnSync('mount', ['-t', 'tmpfs', '-o', 'ro', 'tmpfs', folder]).status !== 0)
      return skip('no disk to mount')
    try {
      vi.stubEnv('DATA_DIR', folder)
      const { exit, err } = await courtois('work')
      expect([exit, err]).toEqual([1, expect.stringMatching(`^${folder} : .*\\[(EROFS|EACCES)\\]$`)])
    } finally {
      if (isRoot) spawnSync('umount', ['-l', folder])
      rmSync(folder, { recursive: true })
    }
  })

  test('makes the account that the program works under, named before it is there', async () => {
    const url = new URL(house.url)
    url.username = `courtois_new_${process.pid}`
    vi.stubEnv('DATABASE_URL', url.href)
    vi.stubEnv('DATABASE_OWNER_URL', house.url)
    try {
      expect(await courtois('migrate')).toEqual({ exit: 0, out: 'Base à jour.', err: '' })
      vi.stubEnv('DATABASE_OWNER_URL', '')
      expect(await courtois('packs', '--debtor', 'Garage du Pont')).toMatchObject({ exit: 0, err: '' })
    } finally {
      await house.sql`drop owned by ${house.sql(url.username)}`
      await house.sql`drop role ${house.sql(url.username)}`
    }
  })

  test('refuses a pooler that lends a session for one transaction, and works behind one that lends it for a connection', async () => {
    const [each, whole] = [await poolerBefore(house.url, 'transaction'), await poolerBefore(house.url, 'session')]
    try {
      vi.stubEnv('DATABASE_URL', each.url)
      expect(await courtois('doctor')).toEqual({
        exit: 1,
        out: '',
        err: expect.stringContaining('[pooler_lends_sessions]') as string,
      })
      vi.stubEnv('DATABASE_URL', whole.url)
      expect(await courtois('packs', '--debtor', 'Garage du Pont')).toMatchObject({ exit: 0, err: '' })
    } finally {
      each.close()
      whole.close()
    }
  })

  test('tells the file that it wrote, with its size, or as JSON', async () => {
    const dir = mkdtempSync(join(tmpdir(), 'courtois-line-'))
    try {
      const file = join(dir, 'dossier.json')
      const { out } = await courtois('export', '2026-0001', '--out', file)
      expect(out).toBe(`${file}\u00a0: ${Math.ceil(statSync(file).size / 1000)}\u00a0ko`)
      const asJson = await courtois('export', '2026-0001', '--out', file, '--json')
      expect(JSON.parse(asJson.out)).toEqual({ file, bytes: statSync(file).size })
    } finally {
      rmSync(dir, { recursive: true, force: true })
    }
  })

  test('tells that no pack waits, of a debtor that the house knows', async () => {
    const [debtor] = await house.sql<[{ name: string }]>`select name from debtors`
    const { exit, out } = await courtois('packs', '--debtor', debtor.name)
    expect({ exit, out }).toEqual({ exit: 0, out: 'Aucun dossier n’attend d’être assemblé.' })
  })

  test('signs a token for a creditor that the house knows', async () => {
    const [creditor] = await house.sql<[{ id: string }]>`select id from creditors`
    const { exit, out } = await courtois('token', '--role', 'creditor', '--creditor', creditor.id)
    expect(exit).toBe(0)
    expect(out.split('.')).toHaveLength(3)
  })
})
