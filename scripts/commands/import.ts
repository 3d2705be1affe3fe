import { readFile, stat } from 'node:fs/promises'
import { parseArgs } from 'node:util'
import { sha256 } from '../../documents/archive.ts'
import { unzip, ZipBomb } from '../../documents/unzip.ts'
import { filesOf, importCase } from '../../procedures/cases/file/export.ts'
import { parseDay } from '../../schema/days.ts'
import { DomainError } from '../../schema/errors.ts'
import { type Command, UsageError } from '../command.ts'
import { importList, listHelp, listKinds } from '../import-lists.ts'
import { startOffice } from '../office.ts'

const largest = 2 ** 31

export const command: Command = {
  name: 'import',
  summary: 'reprend un dossier exporté, une liste de procédures collectives ou de juridictions',
  help: `Usage : courtois import FICHIER
        courtois import --kind TYPE FICHIER.csv [--source TEXTE] [--preview] [--day DATE] [--json]

FICHIER est ce que « courtois export » a écrit : un .zip avec ses fichiers, ou le JSON seul. Le
dossier garde son numéro, ses identifiants et toutes ses empreintes ; le journal est chaîné de
nouveau et doit arriver aux mêmes empreintes. Refusé si le dossier est déjà là.

${listHelp}

Code 0 quand c’est fait ; 1 quand c’est refusé, et rien n’est alors écrit.

Exemple
  courtois import --kind juridictions samples/juridictions.csv --preview`,
  async run(argv) {
    const { values, positionals } = parseArgs({
      args: argv,
      allowPositionals: true,
      options: {
        kind: { type: 'string' },
        source: { type: 'string' },
        preview: { type: 'boolean' },
        day: { type: 'string' },
        json: { type: 'boolean' },
      },
    })
    const [file, ...others] = positionals
    if (!file || others.length > 0) throw new UsageError('donnez un seul FICHIER')
    if (values.kind !== undefined) {
      const kind = listKinds.find((each) => each === values.kind)
      if (!kind) throw new UsageError(`--kind attend un type parmi ${listKinds.join(', ')}`)
      const onDay = values.day === undefined ? Temporal.Now.plainDateISO('Europe/Paris') : parseDay(values.day, 'day')
      const { source, preview = false, json: asJson = false } = values
      return importList(kind, file, { onDay, source, preview, json: asJson })
    }
    const { exported, files } = await read(file)
    const opened = await startOffice()
    try {
      // The files first: a row never speaks of bytes that are not there; bytes without a row do no harm.
      for (const [name, bytes] of files) {
        if (sha256(bytes) !== name) throw damaged(name)
        await opened.office.archive.put(bytes)
      }
      const { number } = await importCase(opened.sql, exported)
      const wanted = filesOf(exported as Parameters<typeof filesOf>[0])
      const there = await Promise.all(wanted.map((name) => opened.office.archive.has(name)))
      const absent = wanted.filter((_name, i) => !there[i])
      console.log(`Dossier ${number} importé : ${files.size} fichiers.`)
      if (absent.length > 0)
        console.error(`${absent.length} fichiers ne sont pas dans les archives (${absent[0]!.slice(0, 12)}…).`)
      return 0
    } finally {
      await opened.close()
    }
  },
}

async function read(file: string): Promise<{ exported: unknown; files: Map<string, Uint8Array> }> {
  const info = await stat(file).catch(() => null)
  if (!info?.isFile() || info.size > largest) {
    throw new DomainError('no_such_file', 'Le fichier n’existe pas, ou dépasse 2 Go.', {
      remedy: 'Vérifiez son chemin.',
    })
  }
  const bytes = new Uint8Array(await readFile(file))
  if (bytes[0] !== 0x50 || bytes[1] !== 0x4b) return { exported: json(Buffer.from(bytes)), files: new Map() }
  const entries = unzipped(bytes)
  const files = new Map(
    [...entries].flatMap(([name, content]): [string, Uint8Array][] =>
      /^files\/[0-9a-f]{64}$/.test(name) ? [[name.slice('files/'.length), content]] : [],
    ),
  )
  return { exported: json(Buffer.from(entries.get('case.json') ?? new Uint8Array())), files }
}

function json(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString('utf8'))
  } catch (cause) {
    throw new DomainError('not_a_case', 'Ce fichier n’est pas un dossier exporté.', {
      remedy: 'Donnez le fichier écrit par « courtois export ».',
      cause,
    })
  }
}

function unzipped(bytes: Uint8Array): Map<string, Uint8Array> {
  try {
    return new Map(unzip(bytes, largest).map((entry) => [entry.name, entry.bytes]))
  } catch (cause) {
    if (!(cause instanceof ZipBomb)) throw damaged('ZIP')
    throw new DomainError('file_too_large', 'Cet export enfle démesurément à l’ouverture.', {
      remedy: 'Reprenez l’export d’origine.',
      cause,
    })
  }
}

const damaged = (name: string): DomainError =>
  new DomainError('file_damaged', `Le fichier ${name.slice(0, 12)} de cet export est abîmé.`, {
    remedy: 'Reprenez l’export d’origine.',
  })
