import { writeFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { stringify } from 'yaml'
import { exampleOf } from '../../documents/rendering/example.ts'
import { letterFormats, renderLetter, type LetterFormat } from '../../documents/rendering/render.ts'
import { nativeTypst } from '../../documents/typst/typst.ts'
import { letterOf, loadLibrary, type Library } from '../../letters/catalogue.ts'
import { exampleSets, type ExampleSet } from '../../letters/example.ts'
import { libraryAtRevision } from '../../letters/history.ts'
import type { Channel, Letter } from '../../letters/letter.ts'
import { lawTerms } from '../../procedures/law/terms.ts'
import { type Day, parseDay } from '../../schema/days.ts'
import { DomainError } from '../../schema/errors.ts'
import { parseYaml } from '../../schema/validate.ts'
import { type Command, readNamed, sayWritten, UsageError } from '../command.ts'

export const command: Command = {
  name: 'letter',
  summary: 'écrit un courrier, ou donne des données pour l’essayer',
  help: `Usage : courtois letter ID --facts FICHIER.yaml|json --format pdf|docx|html|txt --out FICHIER
        courtois letter ID --example [--set good|long|missing|hostile] [--json]

  --facts FICHIER    ce que le courrier peut dire (schema/facts.schema.json) ; « - » lit l’entrée
                     standard
  --format FORMAT    pdf, docx, html ou txt ; par défaut, selon la fin du nom de --out
  --out FICHIER      où écrire ; sans lui, html et txt vont à la sortie standard
  --channel NOM      l’un des canaux du courrier ; le premier par défaut
  --rev N|COMMIT     une ancienne version : son numéro (courtois letters history ID) ou un commit
  --example          donne des données valables pour ce courrier
  --set NOM          avec --example : « good », un cas ordinaire ; « long », de longs noms et huit
                     factures ; « missing », le strict nécessaire ; « hostile », des noms qui
                     ressemblent à de la mise en forme
  --json             l’exemple en JSON ; avec --out, { "file", "bytes" } de ce qui a été écrit

C’est un essai : d’aucun dossier, sans sceau ; « courtois verify » ne peut donc dire s’il a été
modifié (code 2). Les courriers d’un dossier sont scellés quand ils sont écrits.

Exemples
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
    if (id === undefined || extra.length > 0) throw new UsageError('donnez l’ID d’un courrier (courtois letters list)')
    const library = values.rev === undefined ? loadLibrary() : await libraryAtRevision(id, values.rev)
    const letter = letterOf(library, id)
    if (values.set !== undefined && !values.example) throw new UsageError('--set va avec --example')
    if (values.example) {
      const facts = factsFor(letter, setOf(values.set), library)
      console.log(values.json ? JSON.stringify(facts, null, 2) : stringify(facts, { lineWidth: 0 }).trimEnd())
      return
    }
    if (values.facts === undefined) throw new UsageError('--facts FICHIER est nécessaire (ou --example)')
    const format = formatOf(values.format, values.out)
    if (values.out === undefined && (format === 'pdf' || format === 'docx'))
      throw new UsageError('--out FICHIER est nécessaire pour un PDF ou un document Word')
    const given = readFacts(values.facts)
    const day = dayOf(given)
    const facts = given.droit === undefined ? { ...given, droit: lawTerms(day) } : given
    const channel = (values.channel ?? letter.canaux[0]) as Channel
    const engine = format === 'pdf' ? nativeTypst({ processes: 1 }) : undefined
    try {
      // Eight in the morning of the letter's day, so that the same facts give the same bytes.
      const at = day.toZonedDateTime({ timeZone: 'Europe/Paris', plainTime: '08:00' }).toInstant()
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
      else {
        write(values.out, bytes)
        sayWritten(values.out, bytes.length, values.json)
      }
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
  throw new UsageError(`le jeu de données « ${name} » n’existe pas (${exampleSets.join(', ')})`)
}

/** The day of the letter, whose law and hour it bears. */
function dayOf({ date }: Record<string, unknown>): Day {
  if (typeof date === 'string') return parseDay(date, 'date')
  throw new DomainError('missing_fact', 'Il manque « date », le jour du courrier.', {
    remedy: 'Ajoutez « date » aux faits, par exemple 2026-11-22.',
    facts: { key: 'date' },
  })
}

function formatOf(format: string | undefined, out: string | undefined): LetterFormat {
  const wanted = format ?? out?.split('.').pop() ?? 'txt'
  if (letterFormats.includes(wanted as LetterFormat)) return wanted as LetterFormat
  throw new UsageError(`le format « ${wanted} » n’existe pas (${letterFormats.join(', ')})`)
}

function readFacts(file: string): Record<string, unknown> {
  const facts = parseYaml(readNamed(file).toString(), file)
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
