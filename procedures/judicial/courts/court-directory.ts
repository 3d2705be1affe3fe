import { columnsOf, readTitledTable } from '../../../documents/invoices/table.ts'
import type { Day } from '../../../schema/days.ts'
import { json, type Sql, transaction } from '../../../schema/db.ts'
import { DomainError } from '../../../schema/errors.ts'
import { type Author, record } from '../../cases/journal.ts'
import { caseGone } from '../../cases/lock.ts'
import { anyBench, type ImportedPlace, plainTown } from '../../law/court.ts'
import { endUnfiledConsents } from '../consents/consent-ends.ts'

/** What a file of courts by commune says, and what was kept of it. */
export interface CourtImport {
  recognised: string[]
  ignored: string[]
  rows: number
  /** Communes whose courts are new or have changed. */
  changed: number
  known: number
  errors: { row: number; message: string }[]
}

const columns = {
  insee: ['code insee', 'insee', 'code commune', 'code commune insee', 'code insee commune', 'codgeo'],
  commune: ['commune', 'libelle', 'libelle commune', 'nom commune', 'nom de la commune', 'libelle de la commune'],
  civil: ['tj', 'tribunal judiciaire'],
  proximity: ['tprx', 'tribunal de proximite', 'chambre de proximite', 'tribunal proximite'],
  commercial: ['tc', 'tribunal de commerce', 'greffe', 'tae', 'tc tae', 'greffe du tribunal de commerce'],
} as const
type Column = keyof typeof columns

/** A file with more bad rows than one in twenty is not the ministry's: nothing of it is kept. */
const tolerated = 20

/**
 * Reads the ministry's list of courts by commune (data.gouv.fr, « compétences territoriales »), or Infogreffe's list of
 * registries. What a file does not say of a commune stays as it was; a bad row is told by its number; the same file again
 * changes nothing. DomainError `courts_file_damaged` where its columns have slipped.
 */
export async function importCourts(
  sql: Sql,
  onDay: Day,
  input: { file: Uint8Array; source: string; preview: boolean },
  author: Author,
): Promise<CourtImport> {
  const table = await readTitledTable(input.file)
  const { has, cell, recognised, ignored } = columnsOf(table, columns)
  if (!has('insee') || !has('commune') || !(has('civil') || has('commercial'))) {
    throw new DomainError('columns_missing', 'Le fichier n’a pas les colonnes d’un annuaire des juridictions.', {
      remedy: 'Il faut le code INSEE, la commune, et le tribunal judiciaire ou le tribunal de commerce.',
      facts: { headings: table.titles },
    })
  }
  const errors: CourtImport['errors'] = []
  const places = new Map<string, ReadPlace>()
  for (const row of table.rows) {
    const said = (column: Column) => cell(row, column)
    const fault = faultOf(said)
    if (fault === null) places.set(insee(said('insee')), placeOf(said))
    else errors.push({ row: row.number, message: fault })
  }
  if (errors.length * tolerated > table.rows.length && errors.length > 1) throw damaged(table.rows.length, errors)
  const read = [...places.values()]
  const changed = input.preview
    ? await sql<{ insee: string }[]>`
        select n.insee from ${incoming(sql, read)} left join court_places p using (insee) where ${differs(sql)}`
    : await keepPlaces(sql, onDay, read, input.source, author)
  const known = read.length - changed.length
  return { recognised, ignored, rows: table.rows.length, changed: changed.length, known, errors }
}

type ReadPlace = Record<'insee' | 'commune' | 'plain', string> &
  Record<'civil' | 'proximity' | 'commercial', string | null>

const placeOf = (said: (column: Column) => string): ReadPlace => ({
  insee: insee(said('insee')),
  commune: said('commune'),
  plain: plainTown(said('commune')),
  civil: seat(said('civil')),
  proximity: seat(said('proximity')),
  commercial: seat(said('commercial')),
})

const damaged = (rows: number, errors: CourtImport['errors']): DomainError =>
  new DomainError(
    'courts_file_damaged',
    `${errors.length} lignes sur ${rows} ne se lisent pas, la première à la ligne ${errors[0]!.row}\u00a0: ${errors[0]!.message}`,
    { remedy: 'Vérifiez que les colonnes ne sont pas décalées, puis reprenez le fichier d’origine.', facts: { rows } },
  )

async function keepPlaces(
  sql: Sql,
  onDay: Day,
  places: ReadPlace[],
  source: string,
  author: Author,
): Promise<{ insee: string }[]> {
  return sql<{ insee: string }[]>`
    insert into court_places (insee, commune, plain, civil, proximity, commercial, source, imported_on, imported_by)
    select n.insee, n.commune, n.plain, coalesce(n.civil, p.civil), coalesce(n.proximity, p.proximity), coalesce(n.commercial, p.commercial),
           ${source}, ${onDay}::date, ${author}
    from ${incoming(sql, places)} left join court_places p using (insee)
    where ${differs(sql)}
    on conflict (insee) do update set commune = excluded.commune, plain = excluded.plain, civil = excluded.civil,
      proximity = excluded.proximity, commercial = excluded.commercial, source = excluded.source,
      imported_on = excluded.imported_on, imported_by = excluded.imported_by
    returning insee`
}

const incoming = (sql: Sql, places: object[]) => sql`
  jsonb_to_recordset(${json(sql, places)}) as n(insee text, commune text, plain text, civil text, proximity text, commercial text)`
const differs = (sql: Sql) => sql`
  p.insee is null or (n.commune, coalesce(n.civil, p.civil), coalesce(n.proximity, p.proximity), coalesce(n.commercial, p.commercial))
    is distinct from (p.commune, p.civil, p.proximity, p.commercial)`

/** The courts of the place where a debtor lives; null where the imported list does not tell them for sure. */
export async function findPlace(sql: Sql, postalCode: string, city: string): Promise<ImportedPlace | null> {
  const places = await sql<ImportedPlace[]>`
    select commune, civil, proximity, commercial, source from court_places
    where plain = ${plainTown(city)} and (${departments(postalCode)}::text[] && array[left(insee, 2), left(insee, 3)])
    order by insee`
  const [first, ...others] = places
  if (!first) return null
  // Districts of one town, or two communes of one name in a department: only what they share is sure.
  const shared = (key: 'civil' | 'proximity' | 'commercial') =>
    others.every((other) => other[key] === first[key]) ? first[key] : null
  return { ...first, civil: shared('civil'), proximity: shared('proximity'), commercial: shared('commercial') }
}

/** Corsica's postcodes begin with 20, its communes with 2A or 2B; overseas, three figures tell the department. */
function departments(postalCode: string): string[] {
  if (/^9[78]/.test(postalCode)) return [postalCode.slice(0, 3)]
  return postalCode.startsWith('20') ? ['2A', '2B'] : [postalCode.slice(0, 2)]
}

/** The court of a case entered by hand, with where it was read, where no list tells it. */
export async function recordCourt(
  sql: Sql,
  onDay: Day,
  input: { caseId: string; name: string; bench: string | null; city: string; source: string },
  author: Author,
): Promise<void> {
  const court = {
    nom: input.name.trim(),
    formation: input.bench?.trim() ?? anyBench,
    ville: input.city.trim(),
    source: input.source.trim(),
    isBenchTyped: input.bench !== null,
  }
  const missing = Object.entries(court).filter(([, value]) => value === '')
  if (missing.length > 0) {
    throw new DomainError(
      'court_incomplete',
      'Une juridiction saisie à la main a un nom, une formation, une ville et une source.',
      {
        remedy: `Complétez\u00a0: ${missing.map(([key]) => key).join(', ')}.`,
      },
    )
  }
  await transaction(sql, async (tx) => {
    const kept =
      await tx`update cases set court = ${json(tx, court)} where id = ${input.caseId} and closed_on is null returning id`
    if (kept.length === 0) throw caseGone(input.caseId)
    const changed = 'La juridiction a changé depuis la demande d’accord.'
    await endUnfiledConsents(tx, onDay, input.caseId, changed, author)
    await record(tx, onDay, { caseId: input.caseId, kind: 'court_recorded', detail: court, author })
  })
}

/** « 1001 » lost its zero in a spreadsheet. */
const insee = (text: string): string => text.toUpperCase().padStart(5, '0')

function faultOf(said: (column: Column) => string): string | null {
  if (!/^\d[\dAB]\d{3}$/.test(insee(said('insee'))))
    return `«\u00a0${said('insee').slice(0, 20)}\u00a0» n’est pas un code INSEE.`
  if (said('commune') === '') return 'La commune manque.'
  const slipped = (column: Column, own: RegExp) => {
    const kind = /^(CA|TJ|TPRX|CPH|TC|TAE)\b/.exec(said(column))?.[1]
    return kind !== undefined && !own.test(kind)
      ? `La colonne du tribunal (${column}) dit «\u00a0${said(column).slice(0, 40)}\u00a0».`
      : null
  }
  return slipped('civil', /^TJ$/) ?? slipped('proximity', /^TPRX$/) ?? slipped('commercial', /^(TC|TAE)$/)
}

/** « TJ Bourg-en-Bresse », « Tribunal judiciaire d'Évry » → the seat. */
function seat(text: string): string | null {
  const name = text
    .replace(/^(TJ|TPRX|TC|TAE)\s+/, '')
    .replace(
      /^(tribunal|chambre)\s+(judiciaire|de proximité|de proximite|de commerce|des activités économiques)\s+/i,
      '',
    )
    .replace(/^(du\s+)/i, 'Le ')
    .replace(/^(de la\s+)/i, 'La ')
    .replace(/^(des\s+)/i, 'Les ')
    .replace(/^(de\s+|d['’]\s*)/i, '')
    .trim()
  return name === '' || name === '-' ? null : name
}
