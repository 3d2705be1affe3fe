import { parseArgs } from 'node:util'
import { loadLibrary } from '../../letters/catalogue.ts'
import { loadProcedure, procedureIds } from '../../procedures/judicial/procedure.ts'
import { lawReview, plainReview, type Review } from '../../procedures/law/review.ts'
import { parseDay, type Day } from '../../schema/days.ts'
import { UsageError, type Command } from '../command.ts'

export const command: Command = {
  name: 'law',
  summary: 'what in the law is unconfirmed, missing or not re-read for six months',
  help: `Usage: courtois law check [--today DATE] [--json]

Lists the lines of procedures/law and procedures/judicial, and the clauses of letters, that a lawyer should look at.

  --today DATE judge on that day (default: today in Paris); --day is the same
  --json       an array of { where, what, reasons, source, checkedOn, note? }

reasons: unconfirmed, missing (no figure), stale (not re-read for six months), ended (no later value)`,
  async run(argv) {
    const options = { day: { type: 'string' }, today: { type: 'string' }, json: { type: 'boolean' } } as const
    const { values, positionals } = parseArgs({ args: argv, allowPositionals: true, options })
    if (positionals.length !== 1 || positionals[0] !== 'check') throw new UsageError('law: the one action is « check »')
    const given = values.today ?? values.day
    const on = given === undefined ? Temporal.Now.plainDateISO('Europe/Paris') : parseDay(given, 'today')
    const reviews = [...lawReview(on), ...procedureReviews(on), ...clauseReviews(on)]
    if (values.json) console.log(JSON.stringify(reviews, null, 2))
    else console.log([...reviews.map(line), '', `${reviews.length} ligne(s) à relire au ${on}.`].join('\n'))
  },
}

function procedureReviews(on: Day): Review[] {
  return procedureIds()
    .map(loadProcedure)
    .flatMap((procedure) =>
      procedure.etapes.flatMap((step) =>
        (step.delais ?? []).map((limit) =>
          plainReview(`${procedure.id}.${step.id} ${limit.id}`, `${limit.titre} (${limit.article})`, limit, on),
        ),
      ),
    )
    .filter((review) => review.reasons.length > 0)
}

/** The legal mentions that letters share. */
function clauseReviews(on: Day): Review[] {
  return [...loadLibrary().clauses.values()]
    .map((clause) =>
      plainReview(`clauses ${clause.id}`, `${clause.titre}${clause.article ? ` (${clause.article})` : ''}`, clause, on),
    )
    .filter((review) => review.reasons.length > 0)
}

function line(review: Review): string {
  const note = review.note === undefined ? '' : ` ${review.note}`
  return `${review.where}  [${review.reasons.join(', ')}]  ${review.what}. Source\u00a0: ${review.source} (${review.checkedOn}).${note}`
}
