import { writeFile } from 'node:fs/promises'
import { parseArgs } from 'node:util'
import { houseClock } from '../../api/cron.ts'
import { findPostBatch, makePostBatch, type PostBatch, remakePostBatch } from '../../procedures/cases/post-batch.ts'
import { DomainError } from '../../schema/errors.ts'
import { type Command, UsageError } from '../command.ts'
import { startOffice } from '../office.ts'

export const command: Command = {
  name: 'post',
  summary: 'one file to print of the letters that wait to be posted',
  help: `Usage: courtois post --out FILE.pdf [--by NAME] [--json]
       courtois post --again NUMBER --out FILE.pdf [--json]

Takes the letters of the out-tray that no batch has taken yet, registered ones first, and makes one PDF
to print on both sides: a cover with the counts, then each letter behind a separator with its address by
NF Z10-011. A letter is taken once. At most 300 go in a batch; the rest is for the next run.

  --out FILE      where to write the PDF
  --again NUMBER  composes a batch that was made again (2026-06-12-1): the same bytes
  --by NAME       who prints, for the journal (« courrier » when absent)
  --json          prints { "batch", "letters", "pages", "sheets", "sha256", "waiting", "left" }

Exit 1 when a letter was left out: it is named, with what its address or its papers lack.`,
  async run(argv) {
    const { values } = parseArgs({
      args: argv,
      options: {
        out: { type: 'string' },
        again: { type: 'string' },
        by: { type: 'string' },
        json: { type: 'boolean' },
      },
    })
    if (!values.out) throw new UsageError('--out FILE.pdf is missing')
    const opened = await startOffice({ baseUrl: process.env['BASE_URL'] })
    try {
      const { office, sql } = opened
      if (values.again) {
        const pdf = await remakePostBatch(office, values.again)
        await writeFile(values.out, pdf)
        say((await findPostBatch(sql, values.again))!, { left: [], waiting: 0 }, values.json)
        return 0
      }
      const { batch, ...rest } = await makePostBatch(office, houseClock().today(), values.by ?? 'courrier')
      if (batch) await writeFile(values.out, await office.archive.get(batch.sha256))
      if (batch) say(batch, rest, values.json)
      else if (values.json) console.log(JSON.stringify({ batch: null, letters: 0, ...rest }))
      else console.log('Aucune lettre n’attend d’être imprimée.')
      if (!values.json) for (const { reference, why } of rest.left) console.error(`${reference} : ${why}`)
      return rest.left.length > 0 ? 1 : 0
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'ENOENT')) throw error
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
  json: boolean | undefined,
): void {
  if (json) return console.log(JSON.stringify({ batch: number, letters, pages, sheets, sha256, ...rest }))
  console.log(`Lot n° ${number} : ${letters} pli(s), ${pages} page(s) sur ${sheets} feuille(s).`)
  if (rest.waiting > 0) console.log(`${rest.waiting} autre(s) lettre(s) pour le lot suivant.`)
}
