import { parseArgs } from 'node:util'
import { rowId } from '../../api/graphql/values.ts'
import { assembleBatch, waitingPacks } from '../../procedures/judicial/packs/batch.ts'
import { type Command, UsageError } from '../command.ts'
import { refuseStranger, refuseUnknownDebtor } from '../named.ts'
import { startOffice } from '../office.ts'
import { houseDay } from '../virtual-day.ts'

export const command: Command = {
  name: 'packs',
  summary: 'assemble les dossiers de procédure qui attendent',
  help: `Usage : courtois packs [--creditor ID] [--debtor NOM|SIREN] [--month AAAA-MM]
                       [--by NOM [--reason TEXTE]] [--json]

Assemble le dossier signé de chaque procédure ouverte qui n’en a pas encore. Celui qui est refusé
est nommé, avec ce qui lui manque, et n’arrête pas les autres.

  --creditor ID    de ce créancier seulement
  --debtor NOM     contre ce débiteur, par son nom ou son SIREN
  --month MOIS     des procédures ouvertes ce mois-là, par exemple 2026-11
  --by NOM         qui assemble, pour le journal (« cellule juridique » par défaut)
  --reason TEXTE   passe outre aux pièces manquantes ; imprimé dans chaque manifeste
  --json           une ligne par dossier : { "case", "pack", "version", "zip" } ou
                   { "case", "refused", "remedy" }, chacune avec { "done", "total" }

Code 1 quand l’un est refusé.

Exemple
  courtois packs --creditor ID --month 2026-11`,
  async run(argv) {
    const { values } = parseArgs({
      args: argv,
      options: {
        creditor: { type: 'string' },
        debtor: { type: 'string' },
        month: { type: 'string' },
        by: { type: 'string' },
        reason: { type: 'string' },
        json: { type: 'boolean' },
      },
    })
    if (values.reason && !values.by) throw new UsageError('--reason va avec --by : quelqu’un en répond')
    const month = values.month ? monthOf(values.month) : undefined
    const creditorId = values.creditor ? rowId('Creditor', values.creditor) : undefined
    const opened = await startOffice()
    try {
      if (creditorId) await refuseStranger(opened.sql, 'creditors', creditorId)
      if (values.debtor) await refuseUnknownDebtor(opened.sql, values.debtor)
      const waiting = await waitingPacks(opened.sql, {
        ...(creditorId ? { creditorId } : {}),
        ...(values.debtor ? { debtor: values.debtor } : {}),
        ...(month ? { month } : {}),
      })
      const lines = await assembleBatch(
        opened.office,
        houseDay(),
        waiting,
        values.reason ? { reason: values.reason } : {},
        values.by ?? 'cellule juridique',
        (line, done, total) => {
          if (values.json) {
            const told = line.pack
              ? { case: line.caseNumber, pack: line.pack.id, version: line.pack.version, zip: line.pack.zip }
              : { case: line.caseNumber, refused: line.refused!.message, remedy: line.refused!.remedy }
            return console.log(JSON.stringify({ ...told, done, total }))
          }
          const what = line.pack
            ? `dossier v${line.pack.version}, ${line.pack.contentSha256.slice(0, 12)}…`
            : line.refused!.message
          console.log(`[${done}/${total}] ${line.caseNumber}\u00a0: ${what}`)
        },
      )
      if (!values.json && lines.length === 0) console.log('Aucun dossier n’attend d’être assemblé.')
      return lines.some((line) => line.refused) ? 1 : 0
    } finally {
      await opened.close()
    }
  },
}

function monthOf(text: string): { year: number; month: number } {
  const [, year, month] = /^(\d{4})-(0[1-9]|1[0-2])$/.exec(text) ?? []
  if (!year) throw new UsageError(`« ${text.slice(0, 20)} » n’est pas un mois, comme 2026-11`)
  return { year: Number(year), month: Number(month) }
}
