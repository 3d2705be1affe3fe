import { readFileSync, writeFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { stringify } from 'yaml'
import { exampleOf } from '../../documents/letter-example.ts'
import { letterFormats, renderLetter, type LetterFormat } from '../../documents/letter-render.ts'
import { nativeTypst } from '../../documents/typst.ts'
import { letterOf, loadLibrary, type Library } from '../../letters/catalogue.ts'
import { exampleSets, type ExampleSet } from '../../letters/example.ts'
import { libraryAtRevision } from '../../letters/history.ts'
import type { Channel, Letter } from '../../letters/letter.ts'
import { lawTerms } from '../../procedures/law/terms.ts'
import { parseDay } from '../../schema/days.ts'
import { DomainError } from '../../schema/errors.ts'
import { parseYaml } from '../../schema/validate.ts'
import { UsageError, type Command } from '../command.ts'

export const command: Command = {
  name: 'letter',
  summary: 'render one letter, or print facts to try it with',
  help: `Usage: courtois letter ID --facts FILE.yaml|json --format pdf|docx|html|txt --out FILE
       courtois letter ID --example [--set good|long|missing|hostile] [--json]

  --facts FILE      what the letter may say (schema/facts.schema.json); « - » reads standard input
  --format          pdf, docx, html or txt; by default what --out ends with
  --out FILE        where to write; without it, html and txt go to standard output
  --channel NAME    one of the letter's channels; the first by default
  --rev N|COMMIT    an older version: its number (courtois letters history ID) or a commit
  --example         prints valid facts for this letter
  --set NAME        with --example: « good » is an ordinary case, « long » has long names and eight invoices,
                    « missing » only what the letter cannot do without, « hostile » names that look like markup

What it writes is a trial: of no case, without a seal, so « courtois verify » cannot tell whether it was changed (exit 2).
The letters of a case are sealed when they are written.

Examples
  courtois letter relance-cordiale-pro --example > faits.yaml
  courtois letter relance-cordiale-pro --example --set long > longs.yaml
  courtois letter relance-cordiale-pro --facts faits.yaml --format pdf --out lettre.pdf`,
  async run(argv) {
    const { values, positionals } = parseArgs({
      args: argv,
      allowPositionals: true,
      options: {
        facts: { type: 'string' },
        format: { type: 'string' },
        out: { type: 'string' },
        channel: { type: 'string' },
        rev: { type: 'string' },
        example: { type: 'boolean' },
        set: { type: 'string' },
        json: { type: 'boolean' },
      },
    })
    const [id, ...extra] = positionals
    if (id === undefined || extra.length > 0) throw new UsageError('letter: give one letter ID (courtois letters list)')
    const library = values.rev === undefined ? loadLibrary() : await libraryAtRevision(id, values.rev)
    const letter = letterOf(library, id)
    if (values.set !== undefined && !values.example) throw new UsageError('letter: --set goes with --example')
    if (values.example) {
      const facts = factsFor(letter, setOf(values.set), library)
      console.log(values.json ? JSON.stringify(facts, null, 2) : stringify(facts, { lineWidth: 0 }).trimEnd())
      return
    }
    if (values.facts === undefined) throw new UsageError('letter: --facts FILE is missing (or --example)')
    const format = formatOf(values.format, values.out)
    if (values.out === undefined && (format === 'pdf' || format === 'docx'))
      throw new UsageError('letter: --out FILE is missing')
    const facts = withLaw(readFacts(values.facts))
    const channel = (values.channel ?? letter.canaux[0]) as Channel
    const engine = format === 'pdf' ? nativeTypst({ processes: 1 }) : undefined
    try {
      // Eight in the morning of the letter's day, so that the same facts give the same bytes.
      const at = parseDay(String((facts as { date?: unknown }).date))
        .toZonedDateTime({ timeZone: 'Europe/Paris', plainTime: '08:00' })
        .toInstant()
      const { bytes } = await renderLetter({
        letter,
        facts,
        channel,
        format,
        at,
        library,
        ...(engine ? { engine } : {}),
      })
      if (values.out === undefined) process.stdout.write(bytes)
      else write(values.out, bytes)
    } finally {
      await engine?.close()
    }
  },
}

/** One of the four sets of facts of a letter, with the law of its day. */
export function factsFor(letter: Letter, set: ExampleSet = 'good', library?: Library): Record<string, unknown> {
  return exampleOf(letter, set, (day) => lawTerms(parseDay(day, 'date')), library)
}

function setOf(name = 'good'): ExampleSet {
  if (exampleSets.includes(name as ExampleSet)) return name as ExampleSet
  throw new UsageError(`letter: unknown set « ${name} » (${exampleSets.join(', ')})`)
}

function withLaw(facts: Record<string, unknown>): Record<string, unknown> {
  return facts.droit === undefined ? { ...facts, droit: lawTerms(parseDay(String(facts.date), 'date')) } : facts
}

function formatOf(format: string | undefined, out: string | undefined): LetterFormat {
  const wanted = format ?? out?.split('.').pop() ?? 'txt'
  if (letterFormats.includes(wanted as LetterFormat)) return wanted as LetterFormat
  throw new UsageError(`letter: unknown format « ${wanted} » (${letterFormats.join(', ')})`)
}

function readFacts(file: string): Record<string, unknown> {
  let text: string
  try {
    text = readFileSync(file === '-' ? 0 : file, 'utf8')
  } catch {
    throw new DomainError('no_file', `Le fichier ${file} n'est pas lisible.`, {
      remedy: 'Vérifiez son chemin.',
      facts: { file },
    })
  }
  const facts = parseYaml(text, file)
  if (typeof facts === 'object' && facts !== null && !Array.isArray(facts)) return facts as Record<string, unknown>
  throw new DomainError('invalid_file', `${file} : les faits d'un courrier sont un objet YAML ou JSON.`, {
    remedy: 'Partez d’un exemple : courtois letter ID --example.',
    facts: { file },
  })
}

function write(file: string, bytes: Uint8Array): void {
  try {
    writeFileSync(file, bytes)
  } catch (error) {
    throw new DomainError('not_written', `${file} n'a pas pu être écrit.`, {
      remedy: 'Vérifiez que le dossier existe et qu’il est ouvert en écriture.',
      facts: { file },
      cause: error,
    })
  }
}
