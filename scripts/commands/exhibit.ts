import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { parseArgs } from 'node:util'
import { houseClock } from '../../api/cron.ts'
import { isAbsent, sha256 } from '../../documents/archive.ts'
import { normaliseExhibit } from '../../documents/exhibits.ts'
import { nativeTypst } from '../../documents/typst.ts'
import { attachExhibit, type ExhibitKind, exhibitKinds } from '../../procedures/cases/exhibits.ts'
import { parseDay } from '../../schema/days.ts'
import { transaction } from '../../schema/db.ts'
import { DomainError } from '../../schema/errors.ts'
import { type Command, UsageError } from '../command.ts'
import { startOffice } from '../office.ts'

const kinds = Object.keys(exhibitKinds) as ExhibitKind[]

export const command: Command = {
  name: 'exhibit',
  summary: 'checks a file as an exhibit, or attaches it to a case',
  help: `Usage: courtois exhibit FILE… [--out DIR] [--json]
       courtois exhibit FILE --case NUMBER --kind KIND --reference TEXT --proves TEXT [--date DATE]

Reads each FILE by what it is (PDF, JPEG, PNG, TIFF, DOCX and ODT where LibreOffice is installed, e-mail .eml or .msg,
invoice as CII, UBL or JSON, plain text) and says how it would enter a pack: its pages, what had to be changed, what is
joined to it. Each is read in a process of its own; one that hangs or swells is refused alone.

  --out DIR             writes the static PDF of each FILE there
  --case NUMBER         attaches the one FILE to that case, in the house's database
  --kind KIND           ${kinds.slice(0, 9).join(', ')},
                        ${kinds.slice(9).join(', ')}
  --reference TEXT      its number or title, as the bordereau prints it
  --proves TEXT         what it proves, in French
  --date DATE           its own date
  --author NAME         who attaches it, for the journal
  --password-file FILE  the owner's password of a protected PDF, on its first line
  --json                an object a line

Exit 0 when every FILE was taken, 1 when one was refused (the reason is on stderr).

  courtois exhibit bon-de-livraison.tif reponse.eml --out pieces`,
  async run(argv) {
    const { values, positionals } = parseArgs({
      args: argv,
      allowPositionals: true,
      options: {
        out: { type: 'string' },
        case: { type: 'string' },
        kind: { type: 'string' },
        reference: { type: 'string' },
        proves: { type: 'string' },
        date: { type: 'string' },
        author: { type: 'string' },
        'password-file': { type: 'string' },
        json: { type: 'boolean' },
      },
    })
    if (positionals.length === 0) throw new UsageError('exhibit needs at least one FILE')
    const password = values['password-file'] && readFileSync(values['password-file'], 'utf8').split(/\r?\n/)[0]
    const opening = password ? { password } : {}
    if (values.case === undefined)
      return check(positionals, { ...opening, out: values.out, json: values.json ?? false })
    const { kind, reference, proves } = values
    const [file] = positionals
    if (positionals.length > 1 || !kind || !reference || !proves) {
      throw new UsageError('exhibit --case takes one FILE, --kind, --reference and --proves')
    }
    if (!kinds.includes(kind as ExhibitKind)) throw new UsageError(`--kind is one of ${kinds.join(', ')}`)
    const exhibit = {
      kind: kind as ExhibitKind,
      reference,
      proves,
      datedOn: values.date === undefined ? null : parseDay(values.date, 'date'),
      fileName: basename(file!),
      ...opening,
    }
    await attach(values.case, file!, exhibit, values.author ?? 'ligne de commande')
    return 0
  },
}

async function check(
  files: string[],
  { out, json, ...opening }: { out: string | undefined; json: boolean; password?: string },
): Promise<number> {
  const engine = nativeTypst()
  let refused = 0
  try {
    for (const file of files) {
      try {
        const bytes = fileBytes(file)
        const exhibit = await normaliseExhibit(bytes, { engine, fileName: basename(file), ...opening })
        const { mediaType, pages, flags } = exhibit
        const joined = exhibit.attachments.map(({ name }) => name)
        if (out !== undefined) {
          mkdirSync(out, { recursive: true })
          writeFileSync(join(out, `${basename(file).replace(/\.[a-z0-9]{1,5}$/i, '')}.pdf`), exhibit.pdf)
        }
        if (json) console.log(JSON.stringify({ file, sha256: sha256(bytes), mediaType, pages, joined, doubts: flags }))
        else {
          console.log(`${file} : ${mediaType}, ${pages} page${pages > 1 ? 's' : ''}`)
          for (const name of joined) console.log(`  jointe : ${name}`)
          for (const { message } of flags) console.log(`  à vérifier : ${message}`)
        }
      } catch (error) {
        if (!(error instanceof DomainError)) throw error
        refused++
        console.error(`${file}: ${error.message}\n${error.remedy} [${error.code}]`)
      }
    }
  } finally {
    await engine.close()
  }
  return refused > 0 ? 1 : 0
}

async function attach(
  number: string,
  path: string,
  exhibit: Omit<Parameters<typeof attachExhibit>[3], 'caseId' | 'bytes'>,
  author: string,
): Promise<void> {
  const opened = await startOffice()
  try {
    await transaction(opened.sql, async (sql) => {
      const [found] = await sql<{ id: string }[]>`select id from cases where number = ${number} for update`
      if (!found) {
        throw new DomainError('case_not_found', `Il n'y a pas de dossier « ${number} ».`, {
          remedy: 'Donnez son numéro, par exemple 2026-0001.',
        })
      }
      const bytes = await opened.office.archive.putFile(path).catch((cause: unknown) => {
        throw isAbsent(cause) ? unreadable(path, cause) : cause
      })
      const whole = { ...exhibit, bytes, caseId: found.id }
      const id = await attachExhibit(opened.office, sql, houseClock().today(), whole, author)
      const [row] = await sql<
        { pages: number; joined: number; flags: { message: string }[] }[]
      >`select pages, (select count(*)::int from exhibits j where j.parent_id = e.id) as joined, flags from exhibits e where id = ${id}`
      console.log(`Pièce jointe au dossier ${number} : ${row!.pages} page(s), ${row!.joined} pièce(s) à sa suite.`)
      for (const { message } of row!.flags) console.log(`  à vérifier : ${message}`)
    })
  } finally {
    await opened.close()
  }
}

function fileBytes(file: string): Uint8Array {
  try {
    return new Uint8Array(readFileSync(file))
  } catch (cause) {
    throw unreadable(file, cause)
  }
}

const unreadable = (file: string, cause: unknown): DomainError =>
  new DomainError('no_such_file', `Le fichier « ${file} » ne peut être lu.`, { remedy: 'Vérifiez son chemin.', cause })
