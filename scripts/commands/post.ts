import { writeFile } from 'node:fs/promises'
import { parseArgs } from 'node:util'
import {
  findPostBatch,
  makePostBatch,
  type PostBatch,
  remakePostBatch,
  staleAfter,
} from '../../procedures/mail/post-batch.ts'
import { DomainError, errorCode } from '../../schema/errors.ts'
import { type Command, UsageError } from '../command.ts'
import { counted } from '../../schema/words.ts'
import { startOffice } from '../office.ts'
import { houseDay } from '../virtual-day.ts'

export const command: Command = {
  name: 'post',
  summary: 'met en un seul fichier à imprimer les lettres qui attendent d’être postées',
  help: `Usage : courtois post --out FICHIER.pdf [--by NOM] [--late] [--json]
        courtois post --again NUMÉRO --out FICHIER.pdf [--json]

Prend sur le plateau les lettres qu’aucun lot n’a encore prises, recommandés d’abord, et en fait un
PDF à imprimer recto verso : une couverture avec les comptes, puis chaque lettre derrière un
intercalaire à son adresse (NF Z10-011). Une lettre n’est prise qu’une fois. Un lot en compte 300 au
plus ; le reste attend le suivant.

Une demande de paiement dont le dossier est clos n’est plus postée ; elle est nommée une fois et
notée au journal. Celle d’un dossier arrêté (procédure collective, décès, prescription) attend. Une
lettre datée de plus de ${staleAfter} jours est nommée et laissée, car ses délais ont couru ; --late l’emporte.

  --out FICHIER    où écrire le PDF
  --again NUMÉRO   recompose un lot déjà fait (2026-06-12-1) : les mêmes octets
  --by NOM         qui imprime, pour le journal (« courrier » par défaut)
  --late           emporte aussi les lettres anciennes, qu’une personne a relues
  --json           donne { "batch", "letters", "pages", "sheets", "sha256", "waiting", "left" }

Code 1 quand une lettre a été laissée : elle est nommée, avec la raison.

Exemple
  courtois post --out courrier.pdf`,
  async run(argv) {
    const { values } = parseArgs({
      args: argv,
      options: {
        out: { type: 'string' },
        again: { type: 'string' },
        by: { type: 'string' },
        late: { type: 'boolean' },
        json: { type: 'boolean' },
      },
    })
    if (!values.out) throw new UsageError('--out FICHIER.pdf est nécessaire')
    const opened = await startOffice()
    try {
      const { office, sql } = opened
      if (values.again) {
        const pdf = await remakePostBatch(office, values.again)
        await writeFile(values.out, pdf)
        say((await findPostBatch(sql, values.again))!, { left: [], waiting: 0 }, values)
        return 0
      }
      const { batch, ...rest } = await makePostBatch(office, houseDay(), values.by ?? 'courrier', {
        late: values.late ?? false,
      })
      if (batch) await writeFile(values.out, await office.archive.get(batch.sha256))
      if (batch) say(batch, rest, values)
      else if (values.json) console.log(JSON.stringify({ batch: null, letters: 0, ...rest }))
      else console.log(rest.left.length > 0 ? 'Aucune lettre ne part.' : 'Aucune lettre n’attend d’être imprimée.')
      if (!values.json) for (const { reference, why } of rest.left) console.error(`${reference}\u00a0: ${why}`)
      return rest.left.length > 0 ? 1 : 0
    } catch (error) {
      if (errorCode(error) !== 'ENOENT') throw error
      throw new DomainError('file_not_written', `« ${values.out} » ne peut pas être écrit.`, {
        remedy: 'Le lot est fait et gardé\u00a0: reprenez-le avec --again, vers un dossier qui existe.',
        cause: error,
      })
    } finally {
      await opened.close()
    }
  },
}

function say(
  { number, letters, pages, sheets, sha256 }: PostBatch,
  rest: { left: { reference: string; why: string }[]; waiting: number },
  { out, json }: { out?: string; json?: boolean },
): void {
  if (json) return console.log(JSON.stringify({ batch: number, letters, pages, sheets, sha256, ...rest }))
  console.log(
    `${out}\u00a0: lot n°\u00a0${number}, ${counted(letters, 'pli')}, ${counted(pages, 'page')} sur ${counted(sheets, 'feuille')}.`,
  )
  if (rest.waiting > 0) console.log(`${counted(rest.waiting, 'autre lettre')} pour le lot suivant.`)
}
