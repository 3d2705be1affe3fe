import { parseArgs } from 'node:util'
import { houseClock } from '../../api/cron.ts'
import { assembleBatch, waitingPacks } from '../../procedures/judicial/batch.ts'
import { type Command, UsageError } from '../command.ts'
import { startOffice } from '../office.ts'

export const command: Command = {
  name: 'packs',
  summary: 'assembles the packs that wait, of one debtor or of a creditor’s month',
  help: `Usage: courtois packs [--creditor ID] [--debtor NAME|SIREN] [--month YYYY-MM] [--by NAME [--reason TEXT]] [--json]

Assembles the signed pack of every open procedure that has none yet. One that is refused is named
with what it lacks, and leaves the others alone.

  --creditor ID   of this creditor alone
  --debtor WHO    against this debtor, by its name or its SIREN
  --month MONTH   of procedures opened in that month, 2026-11
  --by NAME       who assembles, for the journal (« cellule juridique » when absent)
  --reason TEXT   goes on although documents are missing; printed in each manifest
  --json          prints one line a pack: { "case", "pack", "version", "zip" } or { "case", "refused", "remedy" },
                  each with { "done", "total" }

Exit 1 when one was refused.`,
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
    if (values.reason && !values.by) throw new UsageError('--reason needs --by: somebody answers for it')
    if (values.creditor && !/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(values.creditor))
      throw new UsageError('--creditor is an id')
    const opened = await startOffice({ baseUrl: process.env['BASE_URL'] })
    try {
      const waiting = await waitingPacks(opened.sql, {
        ...(values.creditor ? { creditorId: values.creditor } : {}),
        ...(values.debtor ? { debtor: values.debtor } : {}),
        ...(values.month ? { month: monthOf(values.month) } : {}),
      })
      const lines = await assembleBatch(
        opened.office,
        houseClock().today(),
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
  if (!year) throw new UsageError(`« ${text.slice(0, 20)} » is not a month: 2026-11`)
  return { year: Number(year), month: Number(month) }
}
