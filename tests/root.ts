import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parse } from 'yaml'

export const root = fileURLToPath(new URL('..', import.meta.url))

/** Every file below a folder, by its path from there. */
export const filesOf = (dir: string): string[] =>
  readdirSync(dir, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(dir.length + 1))
    .toSorted()

export const textOfFile = (name: string): string => readFileSync(join(root, name), 'utf8')

interface Service {
  command?: string[]
  user?: string
  read_only?: boolean
  environment: Record<string, string>
}
/** compose.yaml, with what its services share in each of them. */
export const compose = parse(textOfFile('compose.yaml'), { merge: true }) as { services: Record<string, Service> }
