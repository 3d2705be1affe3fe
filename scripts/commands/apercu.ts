import { mkdirSync, realpathSync, watch, writeFileSync } from 'node:fs'
import { join, relative, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { renderLetter } from '../../documents/rendering/render.ts'
import { nativeTypst, type TypstEngine } from '../../documents/typst/typst.ts'
import { letterOf, libraryFolders, loadLibrary } from '../../letters/catalogue.ts'
import { exampleSets, type ExampleSet } from '../../letters/example.ts'
import { parseDay } from '../../schema/days.ts'
import { DomainError } from '../../schema/errors.ts'
import { UsageError, type Command } from '../command.ts'
import { factsFor } from './letter.ts'

export const command: Command = {
  name: 'apercu',
  summary: 'réécrit un courrier à chaque enregistrement, avec quatre jeux de données',
  help: `Usage : courtois apercu ID [--out RÉPERTOIRE] [--once]

Écrit le courrier dans chacun de ses canaux avec quatre jeux de données (ordinaire, long, minimal,
hostile), en PDF, en texte pour un SMS, en HTML pour un courriel ; puis de nouveau chaque fois que
le courrier, une clause ou la mise en page est enregistré. Ctrl-C pour finir.

  --out RÉPERTOIRE   où écrire (« apercu » par défaut)
  --once             une seule fois, sans attendre

Exemple
  npm run apercu relance-cordiale-pro`,
  async run(argv) {
    const { values, positionals } = parseArgs({
      args: argv,
      allowPositionals: true,
      options: { out: { type: 'string', default: 'apercu' }, once: { type: 'boolean' } },
    })
    const [id, ...extra] = positionals
    if (id === undefined || extra.length > 0) throw new UsageError('donnez l’ID d’un courrier (courtois letters list)')
    const stop = new AbortController()
    const end = () => stop.abort()
    process.once('SIGINT', end).once('SIGTERM', end)
    const show = ({ files, refused }: Preview) => {
      for (const file of files) console.log(relative(process.cwd(), file) || file)
      for (const message of refused) console.error(message)
      if (!values.once)
        console.log(`${files.length} fichiers. Enregistrez le courrier pour les refaire, Ctrl-C pour finir.`)
      if (values.once) stop.abort()
    }
    letterOf(loadLibrary(), id)
    await preview({ id, out: values.out, signal: stop.signal, show })
  },
}

interface Preview {
  files: string[]
  /** What could not be printed and why, « long, sms : … ». */
  refused: string[]
}

interface PreviewOptions {
  id: string
  out: string
  /** Ends the preview. */
  signal: AbortSignal
  /** Called after each printing, the first one too. */
  show(preview: Preview): void
  folders?: string[]
}

/** Prints a letter, then again each time one of the files it may come from is saved, until told to end. */
export async function preview({ id, out, signal, show, folders = libraryFolders() }: PreviewOptions): Promise<void> {
  const engine = nativeTypst({ processes: 2 })
  const asked = new Asked()
  const watchers = folders.map((folder) =>
    // Editors save by writing beside and renaming: the folder is watched, not the file.
    watch(realpathSync(folder), { recursive: true, signal }, (_event, name) => {
      if (name === null || /\.(md|typ|docx|html)$/.test(name)) asked.ask()
    }),
  )
  for (const watcher of watchers) watcher.on('error', () => asked.ask())
  signal.addEventListener('abort', () => asked.ask(), { once: true })
  asked.ask()
  try {
    for (;;) {
      await asked.next()
      if (signal.aborted) return
      show(await printAll(id, resolve(out), folders, engine))
      if (signal.aborted) return
    }
  } finally {
    for (const watcher of watchers) watcher.close()
    await engine.close()
  }
}

/** Saves that come while a letter is being printed count for one. */
class Asked {
  private waiting = false
  private wake: (() => void) | undefined

  ask(): void {
    this.waiting = true
    this.wake?.()
  }

  async next(): Promise<void> {
    if (!this.waiting) await new Promise<void>((resolve) => (this.wake = resolve))
    this.waiting = false
    this.wake = undefined
  }
}

async function printAll(id: string, out: string, folders: string[], engine: TypstEngine): Promise<Preview> {
  const preview: Preview = { files: [], refused: [] }
  mkdirSync(out, { recursive: true })
  try {
    const library = loadLibrary(folders, { fresh: true })
    const letter = letterOf(library, id)
    await Promise.all(
      exampleSets.map(async (set) => {
        for (const channel of letter.canaux) {
          const format = channel === 'sms' ? 'txt' : channel === 'email' ? 'html' : 'pdf'
          try {
            const facts = factsFor(letter, set, library)
            const at = parseDay(String(facts.date))
              .toZonedDateTime({ timeZone: 'Europe/Paris', plainTime: '08:00' })
              .toInstant()
            const { bytes } = await renderLetter({ letter, facts, channel, format, at, engine, library })
            const file = join(out, `${id}-${setNames[set]}-${channel}.${format}`)
            writeFileSync(file, bytes)
            preview.files.push(file)
          } catch (error) {
            preview.refused.push(`${setNames[set]}, ${channel} : ${reason(error)}`)
          }
        }
      }),
    )
  } catch (error) {
    // A file saved half written: said, and tried again at the next save.
    preview.refused.push(reason(error))
  }
  preview.files.sort()
  return preview
}

const setNames: Record<ExampleSet, string> = { good: 'ordinaire', long: 'long', missing: 'minimal', hostile: 'hostile' }

function reason(error: unknown): string {
  if (error instanceof DomainError) return error.message
  throw error
}
