import { columnsOf, readTitledTable, type TitledTable } from '../../../documents/invoices/table.ts'
import { typedDay } from '../../../documents/invoices/typed-values.ts'
import type { Day } from '../../../schema/days.ts'
import { rehearse, type Sql, transaction } from '../../../schema/db.ts'
import { DomainError } from '../../../schema/errors.ts'
import type { Random } from '../../../schema/random.ts'
import { unaccented } from '../../../schema/words.ts'
import { type InsolvencyKind, keepInsolvency, recordCheck } from './insolvencies.ts'
import type { Author } from '../journal.ts'

/** What a file of look-ups says and did, row by row; rows are numbered as a spreadsheet shows them. */
export interface InsolvencyImport {
  recognised: string[]
  ignored: string[]
  rows: number
  /** Facts that were not known, one a case. */
  recorded: { row: number; case: string; debtor: string; what: string }[]
  /** Debtors looked up on a day that was not known. */
  checked: number
  /** Facts and look-ups that were known already. */
  known: number
  /** Rows that name no debtor with an open case. */
  unmatched: { row: number; message: string }[]
  errors: { row: number; message: string }[]
}

const columns = {
  case: ['dossier', 'n de dossier', 'numero de dossier', 'no dossier', 'case'],
  siren: ['siren', 'n siren', 'numero siren'],
  siret: ['siret', 'n siret', 'numero siret'],
  name: ['debiteur', 'nom', 'denomination', 'raison sociale', 'nom du debiteur', 'entreprise'],
  postalCode: ['code postal', 'cp'],
  nature: [
    'nature',
    'procedure',
    'type de procedure',
    'nature de la procedure',
    'etat',
    'situation',
    'resultat',
    'evenement',
  ],
  openedOn: [
    'date',
    'ouverte le',
    'date d ouverture',
    'date du jugement',
    'date jugement',
    'jugement',
    'date de recevabilite',
    'recevabilite',
    'date du deces',
    'date de deces',
    'deces',
  ],
  publishedOn: [
    'publiee le',
    'publication',
    'date de publication',
    'date bodacc',
    'bodacc',
    'parution',
    'date de parution',
  ],
  representative: ['mandataire', 'mandataire judiciaire', 'liquidateur', 'representant', 'commission', 'notaire'],
  source: ['source', 'annonce', 'n d annonce'],
  checkedOn: [
    'verifie le',
    'verifiee le',
    'consulte le',
    'date de verification',
    'date de consultation',
    'verification',
  ],
} as const
type Column = keyof typeof columns

/**
 * Reads a file of insolvencies, over-indebtedness and deaths (registre, BODACC, prestataire), one debtor a row, each with the
 * day it was looked up. A bad row is told by its number and stops no other; the same file again changes nothing. A preview
 * answers the same and keeps nothing.
 */
export async function importInsolvencies(
  sql: Sql,
  random: Random,
  onDay: Day,
  input: { file: Uint8Array; source: string; preview: boolean },
  author: Author,
): Promise<InsolvencyImport> {
  const table = await readTitledTable(input.file)
  const { has, cell, recognised, ignored } = columnsOf(table, columns)
  if (!has('nature') || !(has('case') || has('siren') || has('siret') || has('name'))) {
    throw new DomainError('columns_missing', 'Le fichier ne dit pas de qui il parle, ou ce qui lui arrive.', {
      remedy:
        'Il faut une colonne SIREN, SIRET, dossier ou débiteur, et une colonne nature (liquidation judiciaire, surendettement, décès, rien).',
      facts: { headings: table.titles },
    })
  }
  const report: InsolvencyImport = {
    recognised,
    ignored,
    rows: table.rows.length,
    recorded: [],
    checked: 0,
    known: 0,
    unmatched: [],
    errors: [],
  }
  await rehearse(sql, !input.preview, async (tx) => {
    for (const row of table.rows) {
      const said = (column: Column) => cell(row, column)
      try {
        await transaction(tx, (inner) => importRow(inner, random, onDay, row, said, input.source, report, author))
      } catch (error) {
        if (!(error instanceof DomainError)) throw error
        report.recorded = report.recorded.filter((each) => each.row !== row.number)
        report.errors.push({ row: row.number, message: `${error.message} ${error.remedy}` })
      }
    }
  })
  return report
}

interface Match {
  caseId: string
  number: string
  debtorId: string
  name: string
}

async function importRow(
  sql: Sql,
  random: Random,
  onDay: Day,
  row: TitledTable['rows'][number],
  said: (column: Column) => string,
  source: string,
  report: InsolvencyImport,
  author: Author,
): Promise<void> {
  const kind = kindOf(said('nature'))
  const checkedOn = said('checkedOn') === '' ? onDay : typedDay(said('checkedOn'), 'date de la recherche')
  const where = said('source') || source
  const matches = await findCases(sql, said)
  if (matches.length === 0) {
    const who = [said('case'), said('siren'), said('siret'), said('name')].find(Boolean) ?? ''
    report.unmatched.push({ row: row.number, message: `Aucun dossier ouvert pour «\u00a0${who.slice(0, 80)}\u00a0».` })
    return
  }
  if (kind === null) {
    for (const debtorId of new Set(matches.map((match) => match.debtorId))) {
      const isNew = await recordCheck(sql, onDay, { debtorId, checkedOn, source: where, found: false }, author)
      if (isNew) report.checked++
      else report.known++
    }
    return
  }
  if (said('openedOn') === '') {
    throw new DomainError('date_missing', 'La date du jugement, de la recevabilité ou du décès manque.', {
      remedy: 'Complétez la colonne date.',
    })
  }
  const openedOn = typedDay(said('openedOn'), 'date d’ouverture')
  const publishedOn = said('publishedOn') === '' ? null : typedDay(said('publishedOn'), 'date de publication')
  for (const match of matches) {
    const fact = {
      caseId: match.caseId,
      kind,
      nature: capital(said('nature')),
      openedOn,
      publishedOn,
      representative: said('representative') || null,
      source: where,
      checkedOn,
    }
    const { isNew } = await keepInsolvency(sql, random, onDay, fact, author)
    if (isNew) report.recorded.push({ row: row.number, case: match.number, debtor: match.name, what: fact.nature })
    else report.known++
  }
}

/** By the case's number, else by SIREN or SIRET, else by exact name and postcode. */
async function findCases(sql: Sql, said: (column: Column) => string): Promise<Match[]> {
  const siret = said('siret').replace(/\D/g, '')
  const siren = said('siren').replace(/\D/g, '') || siret.slice(0, 9)
  const number = said('case')
  const given = said('siren') || said('siret')
  if (number === '' && given !== '' && !/^\d{9}$/.test(siren)) {
    throw new DomainError('bad_siren', `«\u00a0${given.slice(0, 20)}\u00a0» n’est pas un SIREN.`, {
      remedy: 'Un SIREN a neuf chiffres.',
    })
  }
  const name = said('name')
  if (number === '' && siren === '' && (name === '' || said('postalCode') === '')) {
    throw new DomainError('who_missing', 'La ligne ne dit pas assez de qui elle parle.', {
      remedy: 'Donnez le dossier, le SIREN, ou le nom avec le code postal.',
    })
  }
  return sql<Match[]>`
    select c.id as case_id, c.number, d.id as debtor_id, d.name
    from cases c join debtors d on d.id = c.debtor_id
    where c.closed_on is null and ${
      number !== ''
        ? sql`c.number = ${number}`
        : siren !== ''
          ? sql`(d.identity ->> 'siren' = ${siren} or left(d.identity ->> 'siret', 9) = ${siren})`
          : sql`lower(d.name) = lower(${name}) and d.address ->> 'postalCode' = ${said('postalCode')}`
    }
    order by c.number`
}

/** Null where the look-up found nothing. */
function kindOf(nature: string): InsolvencyKind | null {
  const plain = unaccented(nature).toLowerCase()
  if (/^(|-|neant|rien.*|aucune?.*|non|in bonis|ras)$/.test(plain.trim())) return null
  if (/deces|decede/.test(plain)) return 'deces'
  if (/surendettement|retablissement personnel|recevabilite/.test(plain)) return 'surendettement'
  if (/sauvegarde|redressement|liquidation|procedure collective|retablissement professionnel/.test(plain))
    return 'procedure-collective'
  throw new DomainError('unknown_situation', `«\u00a0${nature.slice(0, 60)}\u00a0» n’est pas une situation connue.`, {
    remedy: 'Écrivez sauvegarde, redressement ou liquidation judiciaire, surendettement, décès, ou rien.',
  })
}

const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1)
