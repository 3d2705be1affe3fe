import { parseArgs } from 'node:util'
import { basesKnown, readingOf } from '../../api/site/bases.ts'
import { readArticles, unreadArticles } from '../../letters/articles.ts'
import { loadLibrary } from '../../letters/catalogue.ts'
import { loadProcedure, procedureIds } from '../../procedures/judicial/engine/procedure.ts'
import { lawReview, plainReview, type Review } from '../../procedures/law/review.ts'
import { type Day, dayFr, parseDay } from '../../schema/days.ts'
import { UsageError, type Command } from '../command.ts'
import { counted } from '../../schema/words.ts'

export const command: Command = {
  name: 'law',
  summary: 'dit ce qui, dans le droit, manque, n’est pas confirmé ou est à relire',
  help: `Usage : courtois law check [--today DATE] [--json]

Donne les lignes de procedures/law et de procedures/judicial, les clauses et les articles des
courriers qu’un juriste doit relire, et compte celles des bases légales des courriers qui ont été
lues.

  --today DATE   juge à ce jour (par défaut : aujourd’hui à Paris) ; --day est la même option
  --json         un tableau de { where, what, reasons, source, checkedOn, note? }

Raisons : unconfirmed (source « non lu » : personne n’a encore lu le texte), missing (pas de
valeur), stale (non relu depuis six mois), ended (plus de valeur ensuite), ending (finit dans
moins de 45 jours, sans suite).`,
  async run(argv) {
    const options = { day: { type: 'string' }, today: { type: 'string' }, json: { type: 'boolean' } } as const
    const { values, positionals } = parseArgs({ args: argv, allowPositionals: true, options })
    if (positionals.length !== 1 || positionals[0] !== 'check') throw new UsageError('la seule action est « check »')
    const given = values.today ?? values.day
    const on = given === undefined ? Temporal.Now.plainDateISO('Europe/Paris') : parseDay(given, 'today')
    const reviews = [...lawReview(on), ...procedureReviews(on), ...clauseReviews(on), ...articleReviews(on)]
    if (values.json) console.log(JSON.stringify(reviews, null, 2))
    else
      console.log(
        [
          ...reviews.map(line),
          '',
          `${counted(reviews.length, 'ligne')} à relire au ${dayFr(on)}.`,
          basesCounted(),
        ].join('\n'),
      )
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

/** The articles that letters cite and that no clause reproduces: read a while ago, told by another source, or not read. */
function articleReviews(on: Day): Review[] {
  const read = readArticles().map((article) => plainReview(`articles ${article.article}`, article.objet, article, on))
  const unread = unreadArticles().map(({ article, examine_le, confirme }) =>
    plainReview(
      `articles ${article}`,
      'cité par des courriers',
      { source: 'non lu', verifie_le: examine_le, confirme },
      on,
    ),
  )
  return [...read, ...unread].filter((review) => review.reasons.length > 0)
}

/** How far the legal bases of the letters were read, each citation counted. */
function basesCounted(): string {
  const library = loadLibrary()
  const known = basesKnown(library, procedureIds().map(loadProcedure))
  const counts = { confirmed: 0, told: 0, unread: 0, undated: 0 }
  for (const { bases } of library.letters.values())
    for (const basis of bases) {
      const reading = readingOf(known, basis.replace(/\s*\?\s*$/, ''))
      counts[!reading ? 'undated' : !reading.read ? 'unread' : reading.confirmed ? 'confirmed' : 'told']++
    }
  const total = Object.values(counts).reduce((sum, n) => sum + n, 0)
  return `Bases légales des courriers\u00a0: ${total} citations, ${counts.confirmed} lues dans leur texte, ${counts.told} rapportées par une autre source, ${counts.unread} non lues (à confirmer), ${counts.undated} sans date.`
}

function line(review: Review): string {
  const note = review.note === undefined ? '' : ` ${review.note}`
  return `${review.where}  [${review.reasons.join(', ')}]  ${review.what}. Source\u00a0: ${review.source} (${review.checkedOn}).${note}`
}
