import { mkdirSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { parseArgs } from 'node:util'
import { isAbsent, sha256 } from '../../documents/archive.ts'
import { normaliseExhibit } from '../../documents/exhibits/exhibits.ts'
import { nativeTypst } from '../../documents/typst/typst.ts'
import { attachExhibit, type ExhibitKind, exhibitKinds } from '../../procedures/cases/exhibits/exhibits.ts'
import { lockCase } from '../../procedures/cases/lock.ts'
import { parseDay } from '../../schema/days.ts'
import { transaction } from '../../schema/db.ts'
import { DomainError } from '../../schema/errors.ts'
import { caseNamed } from '../named.ts'
import { counted } from '../../schema/words.ts'
import { type Command, listed, readNamed, sayWritten, unreadable, UsageError } from '../command.ts'
import { startOffice } from '../office.ts'
import { houseDay } from '../virtual-day.ts'

const kinds = Object.keys(exhibitKinds) as ExhibitKind[]

export const command: Command = {
  name: 'exhibit',
  summary: 'examine un fichier comme pièce, ou le joint à un dossier',
  help: `Usage : courtois exhibit FICHIER… [--out RÉPERTOIRE] [--json]
        courtois exhibit FICHIER --case NUMÉRO --kind TYPE --reference TEXTE --proves TEXTE
                         [--date DATE] [--author NOM]

Lit chaque FICHIER selon ce qu’il est (PDF, JPEG, PNG, TIFF, DOCX et ODT là où LibreOffice est
installé, courriel .eml ou .msg, facture CII, UBL ou JSON, texte) et dit comment il entrerait dans
un dossier de procédure : ses pages, ce qu’il a fallu changer, ce qui lui est joint. Chacun est lu
dans un processus à part ; celui qui bloque ou enfle est refusé seul.

  --out RÉPERTOIRE         y écrit le PDF figé de chaque FICHIER
  --case NUMÉRO            joint le FICHIER à ce dossier, dans la base de la maison
  --kind TYPE              son type, voir plus bas
  --reference TEXTE        son numéro ou son titre, tel que le bordereau l’imprime
  --proves TEXTE           ce qu’il prouve, en français
  --date DATE              sa propre date
  --author NOM             qui le joint, pour le journal
  --password-file FICHIER  le mot de passe d’un PDF protégé, sur la première ligne
  --json                   un objet par ligne

Types : ${listed(kinds, 8)}

Code 0 quand chaque FICHIER a été accepté, 1 quand l’un est refusé (la raison est sur la sortie
d’erreur).

Exemple
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
    if (positionals.length === 0) throw new UsageError('donnez au moins un FICHIER')
    const password = values['password-file'] && readNamed(values['password-file']).toString().split(/\r?\n/)[0]
    const opening = password ? { password } : {}
    if (values.case === undefined)
      return check(positionals, { ...opening, out: values.out, json: values.json ?? false })
    const { kind, reference, proves } = values
    const [file] = positionals
    if (positionals.length > 1 || !kind || !reference || !proves) {
      throw new UsageError('--case va avec un seul FICHIER, --kind, --reference et --proves')
    }
    if (!kinds.includes(kind as ExhibitKind)) throw new UsageError(`--kind attend un type parmi ${kinds.join(', ')}`)
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
        const bytes = new Uint8Array(readNamed(file))
        const exhibit = await normaliseExhibit(bytes, { engine, fileName: basename(file), ...opening })
        const { mediaType, pages, flags } = exhibit
        const joined = exhibit.attachments.map(({ name }) => name)
        let written: string | undefined
        if (out !== undefined) {
          mkdirSync(out, { recursive: true })
          written = join(out, `${basename(file).replace(/\.[a-z0-9]{1,5}$/i, '')}.pdf`)
          writeFileSync(written, exhibit.pdf)
        }
        if (json) console.log(JSON.stringify({ file, sha256: sha256(bytes), mediaType, pages, joined, doubts: flags }))
        else {
          console.log(`${file} : ${mediaType}, ${counted(pages, 'page')}`)
          for (const name of joined) console.log(`  jointe : ${name}`)
          for (const { message } of flags) console.log(`  à vérifier : ${message}`)
          if (written !== undefined) sayWritten(written, exhibit.pdf.length)
        }
      } catch (error) {
        if (!(error instanceof DomainError)) throw error
        refused++
        console.error(`${file}\u00a0: ${error.message}\n${error.remedy} [${error.code}]`)
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
      const { id: caseId } = await caseNamed(sql, number)
      await lockCase(sql, caseId)
      const bytes = await opened.office.archive.putFile(path).catch((cause: unknown) => {
        throw isAbsent(cause) ? unreadable(path, cause) : cause
      })
      const whole = { ...exhibit, bytes, caseId }
      const id = await attachExhibit(opened.office, sql, houseDay(), whole, author)
      const [row] = await sql<
        { pages: number; joined: number; flags: { message: string }[] }[]
      >`select pages, (select count(*)::int from exhibits j where j.parent_id = e.id) as joined, flags from exhibits e where id = ${id}`
      console.log(
        `Pièce jointe au dossier ${number} : ${counted(row!.pages, 'page')}, ${counted(row!.joined, 'pièce')} à sa suite.`,
      )
      for (const { message } of row!.flags) console.log(`  à vérifier : ${message}`)
    })
  } finally {
    await opened.close()
  }
}
