import { spawn, spawnSync, type ChildProcess } from 'node:child_process'
import {
  closeSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { basename, join, resolve } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { connect } from './db.ts'
import { errorCode } from './errors.ts'
import {
  binaries,
  childOptions,
  give,
  homeOf,
  lastLines,
  socketFolder,
  throwawayHome,
  unavailable,
  type Home,
} from './embedded-home.ts'

/** A running server of ours. `url` suits `connect` and node-postgres (graphile-worker) alike: a Unix socket, no port. */
export interface Embedded {
  url: string
  /** Stops the server, unless another process of ours still uses it. */
  stop(): Promise<void>
}

/**
 * Starts the PostgreSQL 18 that npm brought, with its data under `dataDir`/postgres, or joins the one that already runs
 * there (left by a kill -9, or used by another command). Refuses with `embedded_unavailable` where it cannot run.
 */
export async function startEmbedded(options: { dataDir: string; name?: string }): Promise<Embedded> {
  return start(homeOf(resolve(options.dataDir)), options.name ?? 'courtois', '')
}

/**
 * A server for a demo or for tests: in the temporary folder or the one given, not durable, gone on `stop` or when this process
 * dies. `settings`: more of PostgreSQL's, « name=value » and spaces between.
 */
export async function startThrowaway(
  options: { name?: string; settings?: string; folder?: string } = {},
): Promise<Embedded> {
  const home = throwawayHome(options.folder)
  // Before the server: a Ctrl-C while it starts must not leave it behind.
  const watchman = stopWithUs(home)
  const clear = (): void => {
    rmSync(home.path, { recursive: true, force: true })
    watchman.kill('SIGKILL')
  }
  try {
    const embedded = await start(home, options.name ?? 'courtois', [quick, options.settings].filter(Boolean).join(' '))
    return {
      url: embedded.url,
      async stop() {
        await embedded.stop()
        clear()
      },
    }
  } catch (error) {
    clear()
    throw error
  }
}

// Nothing here outlives a power cut, and nothing here has to.
const quick = 'fsync=off full_page_writes=off synchronous_commit=off wal_level=minimal max_wal_senders=0 autovacuum=off'
let handles = 0

async function start(home: Home, name: string, settings: string): Promise<Embedded> {
  const bin = join(binaries(home), 'bin')
  const data = join(home.path, 'data')
  await initialise(home, bin, data)

  // Named before looking whether the server runs: whoever is about to stop it sees that it is still wanted.
  const users = join(home.path, 'users')
  mkdirSync(users, { recursive: true })
  give(users, home)
  const mine = join(users, `${process.pid}-${++handles}`)
  writeFileSync(mine, '')
  try {
    const socket = await runOrJoin(home, bin, data, settings)
    const url = (database: string): string =>
      `postgres://courtois@${encodeURIComponent(socket)}/${encodeURIComponent(database)}`
    await createDatabase(url('postgres'), name)
    return { url: url(name), stop: () => leave(users, mine, data, socket) }
  } catch (error) {
    rmSync(mine, { force: true })
    throw error
  }
}

async function leave(users: string, mine: string, data: string, socket: string): Promise<void> {
  if (!existsSync(mine)) return
  rmSync(mine)
  const others = readdirSync(users).filter((user) => {
    if (alive(Number.parseInt(user))) return true
    rmSync(join(users, user), { force: true })
    return false
  })
  if (others.length > 0) return
  const server = runningIn(data)
  if (server) {
    process.kill(server.pid, 'SIGINT') // "fast": rolls open transactions back, then a clean checkpoint
    for (let wait = 0; wait < 600 && isServer(server.pid, data); wait++) await pause(50)
  }
  rmSync(socket, { recursive: true, force: true })
}

/** Answers the folder of the socket. Every way for two starts, or a start and a stop, to cross ends in another turn. */
async function runOrJoin(home: Home, bin: string, data: string, settings: string): Promise<string> {
  for (let turn = 0; turn < 240; turn++) {
    const server = runningIn(data)
    if (server?.ready) {
      if (await answers(server.socket)) return server.socket
    } else if (!server) {
      const socket = await launch(home, bin, data, settings)
      if (socket !== undefined) return socket
    }
    await pause(250)
  }
  throw unavailable(`le serveur ne répond pas (voir ${join(home.path, 'postgres.log')})`)
}

async function launch(home: Home, bin: string, data: string, settings: string): Promise<string | undefined> {
  clearStalePid(data)
  const log = join(home.path, 'postgres.log')
  const socket = socketFolder(home)
  const always = `jit=off max_connections=100 listen_addresses= unix_socket_directories=${socket}`
  // Of two values the last one counts.
  const args = `${always} ${settings}`
    .trim()
    .split(' ')
    .flatMap((setting) => ['-c', setting])
  const output = openSync(log, 'w')
  give(log, home)
  // Its own session: a Ctrl-C in the terminal reaches us, and we stop it in order.
  const child = spawn(join(bin, 'postgres'), ['-D', data, '-p', '5432', ...args], {
    ...childOptions(home),
    detached: true,
    stdio: ['ignore', output, output],
  })
  closeSync(output)
  let ended = false
  child.once('exit', () => (ended = true)).once('error', () => (ended = true))
  for (let wait = 0; wait < 2400 && !ended; wait++) {
    const server = runningIn(data)
    if (server?.pid === child.pid && server?.ready && (await answers(socket))) {
      child.unref()
      return socket
    }
    await pause(25)
  }
  if (!ended) child.kill('SIGQUIT')
  rmSync(socket, { recursive: true, force: true })
  const said = existsSync(log) ? readFileSync(log, 'utf8') : ''
  // After a kill -9 the old server's last processes hold its memory for a moment; or another start was first.
  if (/pre-existing shared memory block|lock file "postmaster.pid"/.test(said)) return undefined
  throw unavailable(lastLines(said) || 'le serveur s’arrête en démarrant')
}

/** initdb aside, then renamed: two first starts at once, or a power cut, never leave half a cluster in place. */
async function initialise(home: Home, bin: string, data: string): Promise<void> {
  const version = join(data, 'PG_VERSION')
  if (existsSync(version)) {
    const major = readFileSync(version, 'utf8').trim()
    if (major === '18') return
    throw unavailable(`${data} a été créé par PostgreSQL ${major}, et ce programme apporte PostgreSQL 18`)
  }
  const aside = mkdtempSync(join(home.path, 'new-'))
  give(aside, home)
  const locale = process.platform === 'linux' ? 'C.UTF-8' : 'C'
  const done = spawnSync(
    join(bin, 'initdb'),
    [
      `--pgdata=${aside}`,
      '--username=courtois',
      '--auth=trust', // the folder of the socket is the lock
      '--encoding=UTF8',
      `--locale=${locale}`,
      '--locale-provider=builtin',
      '--builtin-locale=C.UTF-8',
      '--no-instructions',
      ...(home.throwaway ? ['--no-sync', '--no-data-checksums'] : []),
    ],
    { ...childOptions(home), encoding: 'utf8' },
  )
  if (done.status === 0) {
    try {
      renameSync(aside, data)
      return
    } catch {
      // Another first start was quicker; its cluster is as good as ours.
    }
  }
  rmSync(aside, { recursive: true, force: true })
  if (!existsSync(version)) throw unavailable(done.error?.message ?? lastLines(done.stderr))
}

async function createDatabase(url: string, name: string): Promise<void> {
  const sql = connect(url, { max: 1 })
  try {
    const [found] = await sql`select from pg_database where datname = ${name}`
    if (!found) await sql`create database ${sql(name)}`
  } catch (error) {
    if (!['42P04', '23505'].includes(errorCode(error) ?? '')) throw error // another start has just made it
  } finally {
    await sql.end()
  }
}

async function answers(socket: string): Promise<boolean> {
  const sql = connect(`postgres://courtois@${encodeURIComponent(socket)}/postgres`, { max: 1 })
  try {
    await sql`select 1`
    return true
  } catch {
    return false
  } finally {
    await sql.end({ timeout: 1 })
  }
}

// --- What runs there ---------------------------------------------------------------------------------------------

interface Server {
  pid: number
  socket: string
  ready: boolean
}

function pidFile(data: string): Server | undefined {
  try {
    const lines = readFileSync(join(data, 'postmaster.pid'), 'utf8').split('\n')
    return { pid: Number(lines[0]), socket: lines[4] ?? '', ready: lines[7]?.trim() === 'ready' }
  } catch {
    return undefined
  }
}

function runningIn(data: string): Server | undefined {
  const server = pidFile(data)
  return server && isServer(server.pid, data) ? server : undefined
}

/** A pid is used again, above all in a container: ours is the one that was started on this folder. */
function isServer(pid: number, data: string): boolean {
  if (!alive(pid)) return false
  if (process.platform === 'linux') return commandLine(pid).includes(`\0-D\0${data}\0`)
  return spawnSync('ps', ['-o', 'command=', '-p', String(pid)], { encoding: 'utf8' }).stdout.includes(` -D ${data} `)
}

// Not /proc/PID/cwd: root in a container may not read it of a process that runs as nobody.
function commandLine(pid: number | string): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8')
  } catch {
    return ''
  }
}

function alive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return errorCode(error) === 'EPERM'
  }
}

/**
 * The pid file of a dead server whose number another program now bears would stop every start. It is given a number
 * nobody bears, not removed: PostgreSQL still finds in it the shared memory that a last backend may be using.
 */
function clearStalePid(data: string): void {
  const stale = pidFile(data)
  if (!stale || isServer(stale.pid, data)) return
  if (basename(stale.socket).startsWith('courtois-')) rmSync(stale.socket, { recursive: true, force: true })
  if (!alive(stale.pid)) return
  const file = join(data, 'postmaster.pid')
  writeFileSync(file, readFileSync(file, 'utf8').replace(/^\d+/, '2147483647'))
}

/**
 * A watchman whose input closes when we die, kill -9 included: it stops the server, one that is just starting too, and clears
 * its folders, though an initdb may still write there.
 */
function stopWithUs(home: Home): ChildProcess {
  const script = `read -r x; file=$0/data/postmaster.pid; tries='1 2 3 4 5 6 7 8 9 10'
    for i in $tries; do test -s "$file" && break; sleep 0.3; done
    for i in $tries; do socket=$(sed -n 5p "$file"); test -n "$socket" && break; test -e "$file" && sleep 0.3; done
    pid=$(head -n 1 "$file") && kill -INT "$pid"
    for i in $tries; do test -e "$file" && sleep 0.3; done
    for i in $tries; do rm -rf -- "$0" \${socket:+"$socket"}; test -e "$0" && sleep 0.3; done`
  const watchman = spawn('/bin/sh', ['-c', script, home.path], {
    cwd: '/',
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
  })
  watchman.unref()
  const input = watchman.stdin as typeof watchman.stdin & { unref?: () => void }
  input?.on('error', () => {})
  input?.unref?.()
  return watchman
}
