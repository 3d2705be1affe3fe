import { after, type Day } from '../../schema/days.ts'
import { rehearse, type Sql } from '../../schema/db.ts'
import { DomainError } from '../../schema/errors.ts'
import { newId } from '../../schema/random.ts'
import type { Codebtor } from '../cases/personal-data/codebtor-data.ts'
import { record } from '../cases/journal.ts'
import { legalValue } from '../law/values.ts'
import type { Office } from '../office.ts'
import { closedCases, dropFiles, type Purged, purgeRows, type Retention, strayLines } from './purge.ts'

/** What of a case stays after a person asked for its erasure, until when, and why the law lets or makes the house keep it. */
export interface KeptData {
  what: 'ouvert' | Extract<Retention, 'dossier' | 'titre' | 'comptes'>
  /** null: as long as the case is open, and then for the time of its category. */
  until: Day | null
  why: string
  article: string
  /** The length of time is one that nobody has confirmed. */
  doubtful: boolean
}

export interface ErasedCase {
  number: string
  creditor: string
  closedOn: Day | null
  /** Letters, calls, exhibits, addresses are gone; then accounts and name as well. */
  erased: boolean
  accountsErased: boolean
  kept: KeptData[]
}

export interface Erasure {
  cases: ErasedCase[]
  /** Movements of the bank under that name that a person has still to match: they go once none of them is a payment. */
  bankLines: number
  purged: Purged
}

export interface ErasureRequest {
  debtorIds: string[]
  /** The same person where it was condemned beside somebody else: nothing goes before its time from before a court. */
  codebtors?: Codebtor[]
  /** Why the house gives up keeping closed cases for its own defence (RGPD, article 17-3 e); null: it keeps them. */
  waiver: string | null
  /** False: all is done and undone, and what is told is what would happen. */
  keep: boolean
}

/**
 * What a person asks to be erased (RGPD, article 17). At once, and for every purge to come: e-mail address and telephone where no
 * case is open; with a waiver, all of the closed cases but their accounts. Nothing of an open case, of one that went before a court,
 * nor of the accounts: claims are to be exercised and defended (17-3 e), accounts to be kept by law (17-3 b). Runs as the owner of the
 * tables. DomainErrors `person_not_found`, `no_waiver`.
 */
export async function erase(office: Office, onDay: Day, request: ErasureRequest, author: string): Promise<Erasure> {
  const waiver = request.waiver?.trim() ?? null
  if (waiver === '') {
    throw new DomainError('no_waiver', 'Le motif pour lequel l’agence renonce à garder ces dossiers manque.', {
      remedy: 'Dites-le en quelques mots, sans nommer personne, par exemple «\u00a0erreur de personne\u00a0».',
      article: 'RGPD, art. 17-3 e',
    })
  }
  const { debtorIds, codebtors = [], keep } = request
  const beside = codebtors.flatMap((each) => each.cases.map(({ id }) => id))
  const { rows, cases, bankLines } = await rehearse(office.sql, keep, async (sql) => {
    const known = await sql<{ id: string }[]>`select id from debtors where id = any(${debtorIds}) order by id`
    if (known.length === 0 && beside.length === 0) {
      throw new DomainError('person_not_found', 'Aucun débiteur ne répond à cette demande.', {
        remedy: 'Donnez un numéro de dossier, un nom exact, une adresse électronique ou un téléphone.',
      })
    }
    for (const { id } of known) await note(office, sql, onDay, { debtorId: id, waiver, author })
    const detail = { article: 'RGPD, article 17', codebtor: true }
    for (const caseId of beside) await record(sql, onDay, { caseId, kind: 'personal_data_erased', detail, author })
    const done = await purgeRows(sql, onDay, { until: onDay, keep, debtors: debtorIds }, author)
    const waiting = await sql`select 1 from (${strayLines(sql, onDay, { waiting: true, debtors: debtorIds })}) b`
    return { rows: done, cases: await standing(sql, onDay, { debtorIds, waiver }, beside), bankLines: waiting.length }
  })
  return { cases, bankLines, purged: await dropFiles(office, rows, keep) }
}

/** The request is kept with who granted it: it is the answer to whoever asks later, and what a restored backup is purged by. */
async function note(
  office: Office,
  sql: Sql,
  onDay: Day,
  { debtorId, waiver, author }: { debtorId: string; waiver: string | null; author: string },
): Promise<void> {
  const erasure = newId(office.random)
  await sql`
    insert into erasures (id, debtor_id, asked_on, waiver, decided_by) values (${erasure}, ${debtorId}, ${onDay}, ${waiver}, ${author})`
  const cases = await sql<{ id: string }[]>`select id from cases where debtor_id = ${debtorId} order by number`
  const detail = { article: 'RGPD, article 17', erasure, waived: waiver !== null }
  for (const { id } of cases) await record(sql, onDay, { caseId: id, kind: 'personal_data_erased', detail, author })
}

interface Standing {
  number: string
  creditor: string
  closedOn: Day | null
  lastOn: Day | null
  beforeCourt: boolean
  erased: boolean
  accountsErased: boolean
  forUs: Day
  forAccounts: Day
}

async function standing(
  sql: Sql,
  onDay: Day,
  { debtorIds, waiver }: Pick<ErasureRequest, 'debtorIds' | 'waiver'>,
  beside: string[],
): Promise<ErasedCase[]> {
  const theirs = await sql<{ id: string }[]>`select debtor_id as id from cases where id = any(${beside})`
  const debtors = [...debtorIds, ...theirs.map(({ id }) => id)]
  const found = await sql<Standing[]>`
    select o.number, k.name as creditor, o.closed_on, c.last_on, coalesce(c.before_court, false) as before_court,
           coalesce(c.purged_on > c.last_on, false) as erased, coalesce(c.accounts_purged_on > c.last_on, false) as accounts_erased,
           c.for_us, c.for_accounts
    from cases o join creditors k on k.id = o.creditor_id left join (${closedCases(sql, onDay, debtors)}) c on c.id = o.id
    where o.debtor_id = any(${debtorIds}) or o.id = any(${beside}) order by o.number`
  return found.map((each) => ({
    number: each.number,
    creditor: each.creditor,
    closedOn: each.closedOn,
    erased: each.erased,
    accountsErased: each.accountsErased,
    kept: keptOf(each, onDay, waiver !== null),
  }))
}

/** What stays of one case, from what hangs on nothing else: its days, and whether a court was asked. Pure. */
export function keptOf(found: Omit<Standing, 'number' | 'creditor'>, onDay: Day, waived: boolean): KeptData[] {
  if (found.closedOn === null) return [ofOpen]
  const kept: KeptData[] = []
  if (!found.erased) {
    const what = found.beforeCourt ? 'titre' : 'dossier'
    const isOfToday = waived && !found.beforeCourt && found.lastOn !== null && !after(onDay, found.lastOn)
    const why = isOfToday
      ? 'Un acte du dossier est de ce jour\u00a0: ce qui peut l’être sera effacé à partir de demain, en relançant cette commande.'
      : reasons[what]
    kept.push({ what, until: found.forUs, why, ...basis(what, 'RGPD, art. 17-3 e', onDay) })
  }
  if (!found.accountsErased)
    kept.push({
      what: 'comptes',
      until: found.forAccounts,
      why: reasons.comptes,
      ...basis('comptes', 'RGPD, art. 17-3 b', onDay),
    })
  return kept
}

const ofOpen: KeptData = {
  what: 'ouvert',
  until: null,
  why: 'La créance est en cours de recouvrement\u00a0: ces données servent à l’exercer et à la défendre, jusqu’à la clôture du dossier, puis le temps de sa catégorie.',
  article: 'RGPD, art. 17-3 e',
  doubtful: false,
}

const reasons = {
  dossier:
    'Le dossier est clos et un litige peut encore en naître\u00a0: ce qui a été demandé et réglé doit pouvoir se prouver.',
  titre: 'Une procédure a été ouverte\u00a0: ce qui a été demandé, jugé ou exécuté doit pouvoir se prouver.',
  comptes: 'Factures, paiements, reçus et nom\u00a0: pièces justificatives des comptes, que la loi fait garder.',
}

function basis(
  kind: 'dossier' | 'titre' | 'comptes',
  exception: string,
  on: Day,
): Pick<KeptData, 'article' | 'doubtful'> {
  const { article, confirmed } = legalValue('conservation', on, kind)
  return { article: article === undefined ? exception : `${exception} ; ${article}`, doubtful: !confirmed }
}
