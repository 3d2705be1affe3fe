import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { sha256 } from '../../documents/archive.ts'
import { DomainError } from '../../schema/errors.ts'

/** What a demo leaves under its folder, and what the next one may therefore replace. */
const names = ['timeline.json', 'case.json', 'letters', 'invoices', 'consent', 'pack', 'consumer']
/** Its list of the files it left, with their hashes: what is not in it is somebody's own. */
const marker = 'courtois-demo.json'
const work = '.work'
/** `npm run site` writes beside the demo. */
const neighbours = ['site']

interface Mark {
  format: 'courtois-demo/1'
  files: Record<string, string>
}

export interface DemoFolder {
  /** Where the new demo is made, out of sight until it is whole. */
  work: string
  /** Puts it in the place of the earlier one. */
  settle(fresh: string): void
  /** Takes the work away; without a settled demo, everything is as it was found. */
  close(): void
}

/**
 * Opens a folder for a demo: absent, empty, or an earlier demo's and nothing more of those names. DomainError
 * `folder_not_empty` before anything is written, for a folder that holds files that no demo left.
 */
export function openDemoFolder(out: string): DemoFolder {
  const wasThere = existsSync(out)
  const mark = wasThere ? readMark(out) : null
  if (wasThere) refuseForeign(out, mark)
  makeFolder(join(out, work))
  // From the start, so that a demo cut short is known for one.
  if (mark === null) writeMark(out, {})
  let settled = mark !== null
  return {
    work: join(out, work),
    settle(fresh) {
      for (const name of names) {
        rmSync(join(out, name), { recursive: true, force: true })
        if (existsSync(join(fresh, name))) renameSync(join(fresh, name), join(out, name))
      }
      writeMark(out, hashes(out))
      settled = true
    },
    close() {
      rmSync(join(out, work), { recursive: true, force: true })
      if (settled) return
      rmSync(join(out, marker), { force: true })
      if (!wasThere && existsSync(out) && readdirSync(out).length === 0) rmdirSync(out)
    },
  }
}

function refuseForeign(out: string, mark: Mark | null): void {
  const entries = list(out)
  const known = new Set([work, marker, ...neighbours, ...(mark ? names : [])])
  const foreign =
    mark === null
      ? entries.find((entry) => !known.has(entry))
      : filesUnder(
          out,
          names.filter((name) => entries.includes(name)),
        ).find((file) => mark.files[file] !== sha256(readFileSync(join(out, file))))
  if (foreign === undefined) return
  throw new DomainError(
    'folder_not_empty',
    `Le dossier « ${out} » contient « ${foreign} », qu’aucune démonstration n’a laissé.`,
    {
      remedy: 'Choisissez un dossier vide ou nouveau, ou déplacez ce fichier : la démonstration remplace les siens.',
      facts: { file: foreign },
    },
  )
}

function readMark(out: string): Mark | null {
  try {
    const mark = JSON.parse(readFileSync(join(out, marker), 'utf8')) as Mark
    return mark.format === 'courtois-demo/1' && typeof mark.files === 'object' ? mark : null
  } catch {
    return null
  }
}

function writeMark(out: string, files: Record<string, string>): void {
  const mark: Mark = { format: 'courtois-demo/1', files }
  writeFileSync(join(out, marker), `${JSON.stringify(mark, null, 2)}\n`)
}

const hashes = (out: string): Record<string, string> =>
  Object.fromEntries(filesUnder(out, names).map((file) => [file, sha256(readFileSync(join(out, file)))]))

function filesUnder(out: string, roots: string[]): string[] {
  return roots
    .flatMap((name): string[] => {
      const path = join(out, name)
      if (!existsSync(path)) return []
      if (name.endsWith('.json')) return [name]
      return readdirSync(path, { recursive: true, withFileTypes: true })
        .filter((entry) => !entry.isDirectory())
        .map((entry) =>
          join(entry.parentPath, entry.name)
            .slice(out.length + 1)
            .replaceAll('\\', '/'),
        )
    })
    .toSorted()
}

function list(out: string): string[] {
  try {
    return readdirSync(out)
  } catch (cause) {
    throw notWritable(out, cause)
  }
}

function makeFolder(path: string): void {
  try {
    mkdirSync(path, { recursive: true })
  } catch (cause) {
    throw notWritable(path, cause)
  }
}

const notWritable = (path: string, cause: unknown): DomainError =>
  new DomainError('folder_not_writable', `Le dossier « ${path} » ne peut être écrit.`, {
    remedy: 'Choisissez un dossier où vous pouvez écrire.',
    cause,
  })
