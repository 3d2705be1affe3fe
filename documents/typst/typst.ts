import { fork } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Worker } from 'node:worker_threads'
import { DomainError } from '../../schema/errors.ts'
import { hold } from '../child.ts'
import { allocatorSettings } from './allocator.ts'
import { printable } from './glyphs.ts'
import { isGone, ownMark } from '../owner.ts'

export interface TypstJob {
  /** A file of letters/layout, for instance « letter.typ ». */
  template: string
  /** Handed over as one JSON string in `sys.inputs.data`; never as source. */
  data: unknown
  /** Texts that letters/layout has not, or not so (an older version, a half-edited one), by file name. */
  sources?: Record<string, string>
  /** What the template may read besides: « /exhibit-1.pdf ». */
  files?: Record<string, Uint8Array>
  /** Milliseconds before its process is killed, for a document longer than the engine's own limit is meant for. */
  timeLimit?: number
  pdf: { timestamp: Temporal.Instant; standard?: PdfStandard; tagged?: boolean }
}

/** PDF/A is for letters and acts; a merged pack holds other people's PDF files and cannot be. */
export type PdfStandard = 'a-2b' | 'a-2a' | 'a-2u' | 'a-3b' | 'a-3a' | 'ua-1' | '1.7' | 'none'

export interface TypstEngine {
  /** Engine and version, for the record beside the bytes. */
  name: string
  /** Same job, same bytes, whatever the process. Refuses with typst_failed, typst_timeout or typst_crashed. */
  compile(job: TypstJob): Promise<Uint8Array>
  close(): Promise<void>
}

export interface TypstOptions {
  /** Milliseconds a job may take before its process is killed. */
  timeLimit?: number
  processes?: number
  /** The native engine as npm brings it, with the system's allocator and a thread a core: what ours is measured against. */
  plain?: boolean
}

/** What crosses to the process or the thread that compiles. */
export interface TypstTask {
  template: string
  sources: Record<string, string>
  data: string
  files: [path: string, file: string][]
  timestamp: number
  standard: string | undefined
  tagged: boolean
}
export interface TypstDiagnostic {
  file: string
  line: number
  column: number
  message: string
}
/** A large document comes by a file of the private folder: through the channel it would be copied several times. */
export type TypstReply =
  | { bytes: Uint8Array; weight: number }
  | { file: string; weight: number }
  | { diagnostics: TypstDiagnostic[]; weight: number }

const layout = fileURLToPath(new URL('../../letters/layout/', import.meta.url))

/** The engine of what is kept: native code in child processes, for only SIGKILL stops a template that loops. */
export function nativeTypst(options: TypstOptions = {}): TypstEngine {
  const spawn = (folder: string): Runner => spawnNative(folder, options.plain)
  return pool({ name: 'typst 0.14.2 native', maxWeight: 700 << 20, ...options }, spawn)
}

/** The engine of half-edited and untrusted templates: a sandbox without disk or network, and without PDF/A. */
export function wasmTypst(options: TypstOptions = {}): TypstEngine {
  // It leaks about a megabyte a letter: its weight is the number of letters it has made.
  return pool({ name: 'typst 0.14.2 wasm', maxWeight: 200, ...options, processes: 1 }, spawnWasm)
}

interface Runner {
  send(task: TypstTask): void
  reply?: ((reply: TypstReply) => void) | undefined
  exit?: (() => void) | undefined
  gone?: boolean
  /** Keeps this program alive while a job is under way, and lets it end when none is. */
  hold(busy: boolean): void
  kill(): void
}

function pool(
  { name, maxWeight, timeLimit = 20_000, processes = 2 }: TypstOptions & { name: string; maxWeight: number },
  spawn: (folder: string) => Runner,
): TypstEngine {
  let folder: string | undefined
  let serial = 0
  const idle: Runner[] = []
  const running = new Set<Runner>()
  const waiting: (() => void)[] = []
  let closed = false

  async function acquire(): Promise<Runner> {
    while (!closed && idle.length === 0 && running.size >= processes)
      await new Promise<void>((next) => waiting.push(next))
    if (closed) throw failure('typst_closed', 'Le moteur de composition est arrêté.')
    folder ??= privateFolder()
    let runner = idle.pop()
    while (runner?.gone) runner = idle.pop()
    runner ??= spawn(folder)
    running.add(runner)
    runner.hold(true)
    return runner
  }

  function release(runner: Runner, keep: boolean): void {
    running.delete(runner)
    runner.hold(false)
    if (keep && !closed) idle.push(runner)
    else runner.kill()
    waiting.shift()?.()
  }

  async function compile(job: TypstJob): Promise<Uint8Array> {
    const sources = { ...job.sources, [job.template]: job.sources?.[job.template] ?? layoutSource(job.template) }
    refusePackages(sources)
    const runner = await acquire()
    const files = Object.entries(job.files ?? {}).map(([path, bytes]): [string, string] => {
      const file = join(folder!, `file-${++serial}`)
      writeFileSync(file, bytes, { mode: 0o600 })
      return [path.replace(/^\/*/, '/'), file]
    })
    let keep = false
    try {
      const reply = await within(job.timeLimit ?? timeLimit, runner, {
        template: job.template,
        sources,
        data: JSON.stringify(job.data, (_, value: unknown) => (typeof value === 'string' ? printable(value) : value)),
        files,
        timestamp: Math.floor(job.pdf.timestamp.epochMilliseconds / 1000),
        standard: job.pdf.standard === 'none' ? undefined : job.pdf.standard,
        tagged: job.pdf.tagged ?? true,
      })
      keep = reply.weight < maxWeight
      if ('diagnostics' in reply) throw refused(job.template, reply.diagnostics)
      return 'file' in reply ? received(reply.file) : reply.bytes
    } finally {
      release(runner, keep)
      for (const [, file] of files) rmSync(file, { force: true })
    }
  }

  async function close(): Promise<void> {
    closed = true
    for (const runner of [...idle.splice(0), ...running]) runner.kill()
    for (const next of waiting.splice(0)) next()
    if (folder) rmSync(folder, { recursive: true, force: true })
  }

  return { name, compile, close }
}

function received(file: string): Uint8Array {
  try {
    return readFileSync(file)
  } finally {
    rmSync(file, { force: true })
  }
}

function within(timeLimit: number, runner: Runner, task: TypstTask): Promise<TypstReply> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      reject(failure('typst_timeout', `La composition de ${task.template} dépasse ${timeLimit / 1000} secondes.`))
    }, timeLimit)
    runner.reply = (reply) => {
      clearTimeout(timer)
      resolve(reply)
    }
    runner.exit = () => {
      clearTimeout(timer)
      reject(failure('typst_crashed', `Le moteur de composition s'est arrêté en composant ${task.template}.`))
    }
    runner.send(task)
  })
}

function spawnNative(folder: string, plain = false): Runner {
  const child = fork(fileURLToPath(new URL('./native.ts', import.meta.url)), [folder], {
    serialization: 'advanced',
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    // Its work and its memory are Typst's: the little JavaScript around it needs neither threads nor room.
    execArgv: ['--disable-warning=ExperimentalWarning', '--single-threaded', '--max-semi-space-size=1', '--expose-gc'],
    // No system font is seen, no package of the user's, and a download that a template would attempt meets a closed door.
    env: {
      FONTCONFIG_FILE: join(folder, 'fonts.conf'),
      HOME: folder,
      XDG_DATA_HOME: folder,
      XDG_CACHE_HOME: folder,
      ALL_PROXY: 'http://127.0.0.1:9',
      HTTPS_PROXY: 'http://127.0.0.1:9',
      HTTP_PROXY: 'http://127.0.0.1:9',
      // Its threads would hand one letter back and forth between them, two hundred times: there are other letters for the other cores.
      ...(plain ? {} : { RAYON_NUM_THREADS: '1', ...allocatorSettings() }),
    },
  })
  const runner: Runner = {
    send: (task) => void child.send(task, () => {}),
    hold: (busy) => hold(child, busy),
    kill: () => void child.kill('SIGKILL'),
  }
  child.on('message', (reply) => runner.reply?.(reply as TypstReply))
  child.on('error', () => {})
  child.on('exit', () => leave(runner))
  return runner
}

function leave(runner: Runner): void {
  runner.gone = true
  runner.exit?.()
}

function spawnWasm(): Runner {
  const worker = new Worker(new URL('./wasm.ts', import.meta.url), {
    stdout: true,
    stderr: true,
    execArgv: ['--disable-warning=ExperimentalWarning'],
    resourceLimits: { maxOldGenerationSizeMb: 1024 },
  })
  const runner: Runner = {
    send: (task) => worker.postMessage(task),
    hold: (busy) => (busy ? worker.ref() : worker.unref()),
    kill: () => void worker.terminate(),
  }
  worker.on('message', (reply: TypstReply) => runner.reply?.(reply))
  worker.on('error', () => {})
  worker.on('exit', () => leave(runner))
  return runner
}

function privateFolder(): string {
  sweep()
  const folder = mkdtempSync(join(tmpdir(), `courtois-typst-${process.pid}-`))
  writeFileSync(join(folder, 'owner'), ownMark)
  writeFileSync(
    join(folder, 'fonts.conf'),
    '<?xml version="1.0"?><!DOCTYPE fontconfig SYSTEM "fonts.dtd"><fontconfig/>',
  )
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }))
  return folder
}

/** Removes the folders of engines whose process was killed and could not. */
function sweep(): void {
  for (const name of readdirSync(tmpdir())) {
    const pid = /^courtois-typst-(\d+)-/.exec(name)?.[1]
    if (pid === undefined) continue
    const folder = join(tmpdir(), name)
    try {
      if (isGone(readFileSync(join(folder, 'owner'), 'utf8'))) rmSync(folder, { recursive: true, force: true })
    } catch {
      // Somebody else's folder, or one that another engine is removing: it is not ours to mind.
    }
  }
}

/** A template of letters/layout as it is on disk now. None of them takes in another: a version is one text. */
function layoutSource(name: string): string {
  try {
    return readFileSync(join(layout, name), 'utf8')
  } catch {
    throw failure('typst_failed', `Le modèle ${name} n'existe pas dans letters/layout.`)
  }
}

// The native engine would fetch them from the network, and their bytes are not ours to keep.
function refusePackages(sources: Record<string, string>): void {
  for (const [name, text] of Object.entries(sources)) {
    const at = text.search(/@(preview|local)\//)
    const line = text.slice(0, at).split('\n').length
    if (at >= 0)
      throw refused(name, [{ file: name, line, column: 1, message: 'paquets Typst @preview et @local interdits' }])
  }
}

function refused(template: string, diagnostics: TypstDiagnostic[]): DomainError {
  const [first] = diagnostics
  const where = first && first.line ? ` (${first.file}:${first.line}:${first.column})` : ''
  return failure(
    'typst_failed',
    `Le modèle ${template} ne se compose pas\u00a0: ${first?.message.split('\n')[0] ?? 'cause inconnue'}${where}.`,
    {
      diagnostics,
    },
  )
}

function failure(code: string, message: string, facts: Record<string, unknown> = {}): DomainError {
  return new DomainError(code, message, {
    remedy: 'Corrigez le modèle de letters/layout, ou les pièces qu’il reçoit.',
    facts,
  })
}
