import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { mkdir, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { parseArgs } from 'node:util'
import { toSSG } from 'hono/ssg'
import { closeSearch, searchFiles } from '../../api/site/search.ts'
import { readShelves } from '../../api/site/shelves.ts'
import { siteApp } from '../../api/site/site.ts'
import { nativeTypst } from '../../documents/typst/typst.ts'
import { loadLibrary } from '../../letters/catalogue.ts'
import { readHistory } from '../../letters/history.ts'
import { parseDay } from '../../schema/days.ts'
import { DomainError } from '../../schema/errors.ts'
import { UsageError, type Command } from '../command.ts'
import { progressLine } from '../progress.ts'

export const command: Command = {
  name: 'site',
  summary: 'écrit le site statique des courriers, de leur droit et de leurs versions',
  help: `Usage : courtois site --out RÉPERTOIRE [--no-pdf] [--day DATE] [--no-history] [--json]

Écrit le site dans RÉPERTOIRE : ouvrez RÉPERTOIRE/index.html, ou posez-le sur un serveur.

  --out RÉPERTOIRE   un répertoire nouveau ou vide, ou celui d’un site précédent, qui est remplacé
  --no-pdf           sans le PDF de chaque courrier (une dizaine de secondes pour 500 courriers)
  --day DATE         le jour auquel le droit est montré (par défaut : aujourd’hui à Paris)
  --no-history       sans les versions, là où le dépôt Git n’est pas entier
  --json             { out, pages, files, bytes, largest, seconds } au lieu d’une phrase

Exemple
  courtois site --out site`,
  async run(argv) {
    const options = {
      out: { type: 'string' },
      'no-pdf': { type: 'boolean' },
      day: { type: 'string' },
      'no-history': { type: 'boolean' },
      json: { type: 'boolean' },
    } as const
    const { values } = parseArgs({ args: argv, options })
    if (values.out === undefined) throw new UsageError('--out RÉPERTOIRE est nécessaire')
    const on = values.day === undefined ? Temporal.Now.plainDateISO('Europe/Paris') : parseDay(values.day, 'day')
    const started = performance.now()
    const site = await buildSite({
      out: values.out,
      on,
      pdf: !values['no-pdf'],
      history: !values['no-history'],
      progress: true,
    })
    const seconds = Math.round((performance.now() - started) / 100) / 10
    if (values.json) console.log(JSON.stringify({ out: values.out, ...site, seconds }))
    else
      console.log(
        `${values.out}\u00a0: ${site.pages} pages en ${seconds} s ; la plus lourde, ${site.largest.file}, pèse ${Math.round(site.largest.bytes / 1000)} ko.`,
      )
  },
}

export interface BuiltSite {
  pages: number
  files: number
  bytes: number
  /** The heaviest page, PDF aside. */
  largest: { file: string; bytes: number }
}

// What says that a folder is a site of ours, which may be replaced.
const marker = '.courtois-site'

/** Writes the site to a folder. Refuses with folder_in_use one that holds something else. */
export async function buildSite(options: {
  out: string
  on: Temporal.PlainDate
  pdf: boolean
  history: boolean
  /** The index of words; without it a page finds words in its own list. */
  search?: boolean
  progress?: boolean
}): Promise<BuiltSite> {
  const { out, on, pdf, history, search: indexed = true, progress = false } = options
  const say = (what: string) => void (progress && process.stderr.write(`${what}\n`))
  clear(out)
  say('Lecture des courriers, du droit et des versions…')
  const library = loadLibrary()
  const shelves = readShelves({ library, on, history: history ? await readHistory() : null })
  const engine = pdf ? nativeTypst({ processes: 2 }) : undefined
  say(`Écriture des pages de ${library.letters.size} courriers${pdf ? ', avec leurs PDF' : ''}…`)
  const bar = progress && pdf ? progressLine('PDF', library.letters.size) : null
  const built: BuiltSite = { pages: 0, files: 0, bytes: 0, largest: { file: '', bytes: 0 } }
  const keep = (file: string, bytes: number) => {
    built.files++
    built.bytes += bytes
    if (!file.endsWith('.html')) return
    built.pages++
    if (bytes > built.largest.bytes) built.largest = { file, bytes }
  }
  try {
    const disk = {
      mkdir,
      writeFile: async (file: string, content: string | Uint8Array) => {
        await writeFile(file, content)
        keep(file.slice(out.length + 1), Buffer.byteLength(content))
        if (file.endsWith('.pdf')) bar?.step()
      },
    }
    const [result, search] = await Promise.all([
      toSSG(siteApp(shelves, engine ? { engine } : {}), disk, {
        dir: out,
        extensionMap: { 'text/html': 'html', 'text/javascript': 'js', 'text/css': 'css' },
      }),
      indexed ? searchFiles(shelves) : new Map<string, Uint8Array>(),
    ])
    if (!result.success) throw result.error ?? new Error('the site was not written')
    for (const [name, bytes] of search) {
      const file = join(out, 'pagefind', name)
      mkdirSync(dirname(file), { recursive: true })
      writeFileSync(file, bytes)
      keep(`pagefind/${name}`, bytes.length)
    }
    return built
  } finally {
    bar?.end()
    await engine?.close()
    await closeSearch()
  }
}

function clear(out: string): void {
  mkdirSync(out, { recursive: true })
  const names = readdirSync(out)
  if (names.length > 0 && !names.includes(marker)) {
    throw new DomainError('folder_in_use', `Le dossier ${out} contient autre chose qu'un site.`, {
      remedy: 'Choisissez un dossier nouveau ou vide.',
      facts: { out },
    })
  }
  for (const name of names) rmSync(join(out, name), { recursive: true })
  writeFileSync(join(out, marker), '')
}
