import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { Limits } from '../apart.ts'
import { refuse } from './refusal.ts'

const remedy = 'Imprimez-la en PDF depuis le programme qui l’ouvre, puis joignez cette copie.'
let last: Promise<unknown> = Promise.resolve()

/**
 * A DOCX or ODT as a PDF, by LibreOffice where it is installed: one at a time, in a process and a profile of its own that
 * run no macro and follow no link, within a time and a memory. Refuses `exhibit_office` where there is no LibreOffice.
 */
export async function officePdf(
  bytes: Uint8Array,
  { name, extension, limits }: { name: string; extension: 'docx' | 'odt'; limits: Limits },
): Promise<Uint8Array> {
  const program = soffice()
  if (program === undefined) {
    throw refuse(
      'exhibit_office',
      name,
      'est un document Word ou OpenDocument, et LibreOffice n’est pas installé ici',
      `${remedy} L’administrateur peut aussi installer LibreOffice (paquet libreoffice-writer).`,
    )
  }
  const turn = last.then(() => convert(program, bytes, { name, extension, limits }))
  last = turn.catch(() => undefined)
  return turn
}

/** Where LibreOffice is: SOFFICE, or on the path. */
export function soffice(): string | undefined {
  const given = process.env['SOFFICE']
  if (given !== undefined) return existsSync(given) ? given : undefined
  const folders = (process.env['PATH'] ?? '').split(delimiter)
  return folders
    .flatMap((folder) => ['soffice', 'libreoffice'].map((file) => join(folder, file)))
    .find((file) => existsSync(file))
}

async function convert(
  program: string,
  bytes: Uint8Array,
  { name, extension, limits }: { name: string; extension: string; limits: Limits },
): Promise<Uint8Array> {
  const folder = mkdtempSync(join(tmpdir(), 'courtois-office-'))
  try {
    // Named by us: a stranger's file name is no argument for a program.
    const source = join(folder, `piece.${extension}`)
    writeFileSync(source, bytes, { mode: 0o600 })
    mkdirSync(join(folder, 'profile', 'user'), { recursive: true })
    writeFileSync(join(folder, 'profile', 'user', 'registrymodifications.xcu'), settings)
    const args = [
      `-env:UserInstallation=${pathToFileURL(join(folder, 'profile')).href}`,
      '--headless',
      '--norestore',
      '--nolockcheck',
      '--nodefault',
      '--nofirststartwizard',
      '--convert-to',
      'pdf:writer_pdf_Export',
      '--outdir',
      folder,
      source,
    ]
    await run(program, args, folder, limits)
    const made = join(folder, 'piece.pdf')
    if (existsSync(made)) return new Uint8Array(readFileSync(made))
    throw refuse('bad_exhibit', name, 'n’a pas pu être convertie', remedy)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

function run(program: string, args: string[], folder: string, limits: Limits): Promise<void> {
  const env = {
    PATH: process.env['PATH'] ?? '',
    HOME: folder,
    TMPDIR: folder,
    LANG: 'C.UTF-8',
    SAL_USE_VCLPLUGIN: 'svp',
    // A link that a document would have it follow meets a closed door.
    http_proxy: 'http://127.0.0.1:9',
    https_proxy: 'http://127.0.0.1:9',
  }
  // ulimit is the shell's: address space in kilobytes (LibreOffice maps far more than it uses), seconds of processor, size of files.
  const memory = Math.max(limits.megabytes * 3, 1) * 1024
  const shell = `ulimit -v ${memory} -t ${Math.ceil(limits.seconds)} -f 1048576 2>/dev/null; exec "$0" "$@"`
  const options = { cwd: folder, env, stdio: 'ignore', detached: true } as const
  const child: ChildProcess =
    process.platform === 'linux'
      ? spawn('/bin/sh', ['-c', shell, program, ...args], options)
      : spawn(program, args, options)
  return new Promise((resolve) => {
    const timer = setTimeout(() => stop(child), limits.seconds * 1000)
    const done = () => {
      clearTimeout(timer)
      // soffice starts soffice.bin: what is left of the group goes with it.
      stop(child)
      resolve()
    }
    child.once('error', done)
    child.once('exit', done)
  })
}

function stop(child: ChildProcess): void {
  if (child.pid === undefined) return
  try {
    process.kill(-child.pid, 'SIGKILL')
  } catch {
    // The group is gone.
  }
}

const setting = (path: string, name: string, value: string): string =>
  `<item oor:path="${path}"><prop oor:name="${name}" oor:op="fuse"><value>${value}</value></prop></item>`
const settings = [
  '<?xml version="1.0" encoding="UTF-8"?>',
  '<oor:items xmlns:oor="http://openoffice.org/2001/registry" xmlns:xs="http://www.w3.org/2001/XMLSchema" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">',
  setting('/org.openoffice.Office.Common/Security/Scripting', 'DisableMacrosExecution', 'true'),
  setting('/org.openoffice.Office.Common/Security/Scripting', 'MacroSecurityLevel', '3'),
  setting('/org.openoffice.Office.Common/Security/Scripting', 'BlockUntrustedRefererLinks', 'true'),
  setting('/org.openoffice.Office.Common/Security/Scripting', 'DisableActiveContent', 'true'),
  setting('/org.openoffice.Office.Writer/Content/Update', 'Link', '0'),
  '</oor:items>',
].join('')
