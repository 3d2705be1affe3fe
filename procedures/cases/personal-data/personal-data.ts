import { type Day, dayFr } from '../../../schema/days.ts'
import { type Sql, transaction } from '../../../schema/db.ts'
import { DomainError } from '../../../schema/errors.ts'
import { loadLibrary } from '../../../letters/catalogue.ts'
import { legalValue } from '../../law/values.ts'
import type { Office } from '../../office.ts'
import { readAgency } from '../agency.ts'
import { type Author, record } from '../journal.ts'
import { type Codebtor, dataOfCodebtor } from './codebtor-data.ts'
import { dataOf, type PersonFile } from './personal-data-rows.ts'

export interface KnownPerson {
  id: string
  name: string
  creditor: string
  cases: string[]
}

/** The rows of debtors that may be this person: by id, case number, e-mail, telephone or exact name; one row a creditor. */
export async function findPersons(sql: Sql, said: string): Promise<KnownPerson[]> {
  const text = said.trim()
  const digits = text.replaceAll(/\D/g, '').slice(-9)
  return sql<KnownPerson[]>`
    select d.id, d.name, k.name as creditor, array_agg(c.number order by c.number) as cases
    from debtors d join creditors k on k.id = d.creditor_id join cases c on c.debtor_id = d.id
    where d.id::text = ${text} or lower(d.name) = lower(${text}) or lower(d.email) = lower(${text})
       or (length(${digits}) = 9 and last_digits(d.phone) = ${digits} and ${text} ~ '^[+0-9 .()-]+$')
       or d.id in (select debtor_id from cases where number = ${text})
    group by d.id, d.name, k.name order by min(c.number)`
}

/**
 * Everything that the house holds about one person (RGPD, article 15), to be put into a ZIP: the data as JSON, the papers, and
 * a word on what they are. What was written to others stands apart: a person reads it before it leaves (article 15-4). The
 * journal of each case keeps that it was given.
 */
export async function personalData(
  office: Office,
  onDay: Day,
  debtorIds: string[],
  author: Author,
  codebtors: Codebtor[] = [],
): Promise<Record<string, Uint8Array>> {
  return transaction(office.sql, async (sql) => {
    const debtors = (await dataOf(sql, debtorIds)).map((each) => ({ ...each, data: withTitles(each.data) }))
    const people = [...debtors]
    for (const each of codebtors) people.push(await dataOfCodebtor(sql, each))
    if (people.length === 0) {
      throw new DomainError('person_not_found', 'Aucun débiteur ne répond à cette demande.', {
        remedy: 'Donnez un numéro de dossier, un nom exact, une adresse électronique ou un téléphone.',
      })
    }
    const entries: Record<string, Uint8Array> = {}
    for (const file of people.flatMap(({ files }) => files)) {
      // What was purged is known by its hash alone.
      if (!(await office.archive.has(file.sha256))) continue
      const bytes = await office.archive.get(file.sha256)
      entries[placeOf(file, bytes, entries)] = bytes
    }
    const data = people.map((each) => each.data)
    entries['donnees.json'] = new TextEncoder().encode(
      `${JSON.stringify({ etabli_le: onDay.toString(), personnes: data }, null, 2)}\n`,
    )
    entries['lisez-moi.txt'] = new TextEncoder().encode(await notice(sql, onDay))
    for (const caseId of people.flatMap(({ cases }) => cases)) {
      await record(sql, onDay, { caseId, kind: 'personal_data_given', detail: { article: 'RGPD, article 15' }, author })
    }
    return entries
  })
}

const folders = { invoice: 'factures', letter: 'courriers', exhibit: 'pieces', dispute: 'contestations' } as const

/** A name that says what it is and leads nowhere else; two of one name are told apart. */
function placeOf(file: PersonFile, bytes: Uint8Array, taken: Record<string, Uint8Array>): string {
  const folder = file.toOthers ? 'a-relire' : folders[file.kind]
  const start = Buffer.from(bytes.subarray(0, 5)).toString('latin1')
  const end =
    start === '%PDF-'
      ? 'pdf'
      : (/\.([a-z0-9]{1,5})$/i.exec(file.name)?.[1]?.toLowerCase() ?? (start.startsWith('<') ? 'xml' : 'bin'))
  const base = file.name
    .replace(/\.[a-z0-9]{1,5}$/i, '')
    .replaceAll(/[^\p{L}\p{N}-]+/gu, '-')
    .replaceAll(/^-+|-+$/g, '')
    .slice(0, 80)
  const name = (rank: number): string => `${folder}/${base || 'document'}${rank > 1 ? `-${rank}` : ''}.${end}`
  let rank = 1
  while (name(rank) in taken) rank++
  return name(rank)
}

interface Letter {
  courrier: string
  titre?: string
}

/** A letter is known to people by its title, not by its id in the library. */
function withTitles(data: Record<string, unknown>): Record<string, unknown> {
  const { letters } = loadLibrary()
  for (const found of data['dossiers'] as { courriers: Letter[] }[])
    for (const letter of found.courriers) letter.titre = letters.get(letter.courrier)?.titre ?? letter.courrier
  return data
}

async function notice(sql: Sql, onDay: Day): Promise<string> {
  const agency = await readAgency(sql)
  const years = (kind: string): string => {
    const { value, confirmed } = legalValue('conservation', onDay, kind)
    return `${Number(value) / 12} ans${confirmed ? '' : ' (durée par défaut, non confirmée)'}`
  }
  return `Données personnelles, état du ${dayFr(onDay)}
${agency.identity.name}

donnees.json   tout ce qui est enregistré, dossier par dossier\u00a0; les sommes sont dans la devise du dossier, les jours au format AAAA-MM-JJ
factures/      les factures telles que le créancier les a remises
courriers/     ce qui vous a été écrit
pieces/        les pièces du dossier
contestations/ ce que vous avez joint à une contestation
a-relire/      ce qui a été écrit à d’autres que vous à propos du dossier. À relire par une personne de l’agence avant tout envoi\u00a0:
               ce qui toucherait aux droits d’autrui en est retiré (RGPD, article 15, paragraphe 4)

Finalité\u00a0: recouvrement de créances pour le compte du créancier nommé dans chaque dossier, de qui viennent les données.
Destinataires\u00a0: ce créancier\u00a0; et, où une procédure est ouverte, le tribunal et le commissaire de justice.
Conservation, depuis le dernier acte d’un dossier clos\u00a0: ${years('dossier')}\u00a0; où une procédure a été ouverte, ${years('titre')}\u00a0; les pièces comptables et le nom, ${years('comptes')} depuis la fin de l’année.
Vos droits\u00a0: rectification, effacement, limitation, opposition\u00a0; réclamation auprès de la CNIL (www.cnil.fr).
`
}
