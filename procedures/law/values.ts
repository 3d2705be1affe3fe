import { readdirSync } from 'node:fs'
import { dayFr, dayShortFr, parseDay, serial, type Day } from '../../schema/days.ts'
import { DomainError, type Doubt } from '../../schema/errors.ts'
import { parseAmount } from '../../schema/money.ts'
import { readYaml } from '../../schema/validate.ts'

/** What the law says about one thing on one day, with where it was read and how sure we are. */
export interface LegalValue {
  id: string
  title: string
  value: string
  unit: string
  from: Day
  /** Last day of the period; null while it is in force. */
  to: Day | null
  article?: string
  source: string
  checkedOn: Day
  confirmed: boolean
  /** The lawyer who confirmed it, where one has. */
  confirmedBy?: string
  doubt: Doubt | null
}

/** One dated line of a file; `value` is null where the figure is still to be found. */
export interface LawEntry extends Omit<LegalValue, 'value'> {
  value: string | null
  qualifier: string
  note: string | undefined
  /** Its days as numbers, `last` being infinite while it is in force: the table is searched for every sum ever shown. */
  first: number
  last: number
}

interface LawFile {
  id: string
  titre: string
  unite: string
  article?: string
  valeurs: {
    du: string
    au: string | null
    creancier?: string
    pour?: string
    valeur: string | number | boolean | null
    article?: string
    source: string
    verifie_le: string
    confirme: 'oui' | 'non'
    confirme_par?: string
    note?: string
  }[]
}

// French law, and Malagasy law whose ids begin with « mg- ».
const folders = [new URL('./fr/', import.meta.url), new URL('./mg/', import.meta.url)]
const folderOf = (id: string): URL => folders[id.startsWith('mg-') ? 1 : 0]!
// These files have a shape of their own and a reader of their own.
const otherShapes = ['jours-feries', 'juridictions', 'prescription-causes']
const anyone = 'tous'
const loaded = new Map<string, LawEntry[]>()

/** Ids of the dated values, in alphabetical order. */
export function lawIds(): string[] {
  return folders
    .flatMap((folder) => readdirSync(folder))
    .filter((file) => file.endsWith('.yaml'))
    .map((file) => file.slice(0, -'.yaml'.length))
    .filter((id) => !otherShapes.includes(id))
    .sort()
}

/** Every dated line of a file of the law, in the order of the file. Refuses two lines in force on the same day. */
export function lawEntries(id: string): LawEntry[] {
  let entries = loaded.get(id)
  if (entries) return entries
  if (!lawIds().includes(id)) {
    throw new DomainError('unknown_law', `Le droit ne contient pas de valeur « ${id} ».`, {
      remedy: `Valeurs connues : ${lawIds().join(', ')}.`,
      facts: { id },
    })
  }
  const file = readYaml<LawFile>(new URL(`${id}.yaml`, folderOf(id)), 'law-value')
  entries = file.valeurs.map((line) => entry(file, line))
  refuseOverlaps(id, entries)
  loaded.set(id, entries)
  return entries
}

/** The line in force on that day for that qualifier (kind of creditor, court…), or null. Never throws on a gap. */
export function findEntry(id: string, on: Day, qualifier: string = anyone): LawEntry | null {
  const day = serial(on)
  for (const line of lawEntries(id)) {
    if (line.first > day || line.last < day) continue
    if (line.qualifier === anyone || line.qualifier === qualifier) return line
  }
  return null
}

/** The value in force on that day. DomainError `no_legal_value` when the law of that day is not in our files. */
export function legalValue(id: string, on: Day, qualifier?: string): LegalValue {
  const found = findEntry(id, on, qualifier)
  if (found?.value != null) return { ...found, value: found.value }
  const what = qualifier === undefined ? id : `${id} (${qualifier})`
  throw new DomainError('no_legal_value', `La valeur « ${what} » n'est pas connue au ${dayFr(on)} (${on}).`, {
    remedy: `Complétez procedures/law/${id.startsWith('mg-') ? 'mg' : 'fr'}/${id}.yaml avec la valeur, son article et sa source, ou fournissez-la.`,
    facts: { id, on: on.toString(), qualifier },
    ...(found?.article === undefined ? {} : { article: found.article }),
  })
}

export interface LegalCost {
  cents: bigint | null
  doubt: Doubt | null
  article: string | undefined
}

/** A fee in cents, or null with a doubt when its figure for that day is still to be found: costs are shown, not guessed. */
export function legalCost(id: string, on: Day, qualifier?: string): LegalCost {
  const found = findEntry(id, on, qualifier)
  const article = found?.article
  if (found?.value != null) return { cents: parseAmount(found.value), doubt: found.doubt, article }
  const doubt = { code: 'unknown_cost', message: `Le montant « ${id} » n'est pas connu au ${dayFr(on)} : à compléter.` }
  return { cents: null, doubt: found?.doubt ?? doubt, article }
}

function entry(file: LawFile, line: LawFile['valeurs'][number]): LawEntry {
  const article = line.article ?? file.article
  const value = line.valeur === null ? null : String(line.valeur)
  const confirmed = line.confirme === 'oui' && value !== null
  const [first, last] = [parseDay(line.du, 'du'), line.au === null ? null : parseDay(line.au, 'au')]
  const period = last === null ? `depuis le ${dayShortFr(first)}` : `du ${dayShortFr(first)} au ${dayShortFr(last)}`
  const figure = value?.replace(/^(\d+)\.(\d+)$/, '$1,$2')
  const shown =
    figure === undefined
      ? 'valeur à compléter'
      : /^pourcent( par an)?$/.test(file.unite)
        ? `${figure}${file.unite.replace('pourcent', '\u00a0%')}, à vérifier`
        : `${figure} (${file.unite}), à vérifier`
  return {
    id: file.id,
    title: file.titre,
    value,
    unit: file.unite,
    qualifier: line.creancier ?? line.pour ?? anyone,
    from: first,
    to: last,
    first: serial(first),
    last: last === null ? Infinity : serial(last),
    ...(article === undefined ? {} : { article }),
    source: line.source,
    checkedOn: parseDay(line.verifie_le, 'verifie_le'),
    confirmed,
    ...(line.confirme_par === undefined ? {} : { confirmedBy: line.confirme_par }),
    note: line.note,
    doubt: confirmed
      ? null
      : {
          code: value === null ? 'missing_value' : 'unconfirmed_value',
          message: `${file.titre} ${period}\u00a0: ${shown}.${line.note === undefined ? '' : ` ${line.note}`}`,
        },
  }
}

function refuseOverlaps(id: string, entries: LawEntry[]): void {
  for (const [i, a] of entries.entries()) {
    for (const b of entries.slice(0, i)) {
      const sameKind = a.qualifier === b.qualifier || a.qualifier === anyone || b.qualifier === anyone
      const endsBefore = (x: LawEntry, y: LawEntry) => x.to !== null && Temporal.PlainDate.compare(x.to, y.from) < 0
      const backwards = a.to !== null && Temporal.PlainDate.compare(a.to, a.from) < 0
      if (backwards || (sameKind && !endsBefore(a, b) && !endsBefore(b, a))) {
        throw new DomainError('invalid_law', `${id}.yaml : deux valeurs pour le ${a.from} (${a.qualifier}).`, {
          remedy: 'Terminez la période ancienne la veille de la nouvelle.',
          facts: { id, from: a.from.toString(), qualifier: a.qualifier },
        })
      }
    }
  }
}
