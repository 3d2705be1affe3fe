import { letterOf, loadLibrary } from '../../../letters/catalogue.ts'
import type { Facts } from '../../../documents/facts.ts'
import { before, type Day, dayFr } from '../../../schema/days.ts'
import { type Sql, transaction } from '../../../schema/db.ts'
import { DomainError, type Doubt } from '../../../schema/errors.ts'
import { amount } from '../../../schema/money.ts'
import { newId } from '../../../schema/random.ts'
import { writeLetter } from '../../mail/correspondence.ts'
import { reachOf } from '../../mail/reach.ts'
import { attachExhibit, type ExhibitKind } from '../../cases/exhibits/exhibits.ts'
import { readCase } from '../../cases/file/file.ts'
import { placeHold } from '../../cases/holds.ts'
import { type Author, record } from '../../cases/journal.ts'
import type { Office } from '../../office.ts'
import { type HandedOver, lockHandOver } from './handover.ts'
import { progressOf, readConducts } from '../case-progress.ts'
import { requireCodebtor } from '../engine/codebtors.ts'
import { type BailiffAnswer, loadProcedure } from '../engine/procedure.ts'
import { recordProcedureEvent } from '../procedures.ts'
import { readProcedure } from '../open-procedures.ts'
import type { Progress } from '../engine/progress.ts'

/** What the office of a bailiff answers to a pack: an act done, refused, a debtor gone, sums found. */
export interface ReturnInput {
  nature: string
  happenedOn: Day
  /** The codebtor that it concerns alone; the debtor of the case where absent. */
  debtor?: string
  /** Of a service: handed to the debtor in person, or not. */
  inPerson?: boolean
  /** Cents seized, or declared by the third party. */
  found?: bigint
  note?: string
  act?: { bytes: Uint8Array; fileName: string }
}

export interface BailiffReturn {
  id: string
  nature: string
  title: string
  step: string | null
  happenedOn: Day
  /** The codebtor that it concerns; null for the debtor of the case. */
  debtor: string | null
  inPerson: boolean | null
  found: bigint | null
  currency: string
  note: string | null
  exhibitId: string | null
  recordedOn: Day
  /** Dated before the pack was assembled: the office may have acted on a copy, or the date is wrong. */
  doubts: Doubt[]
}

/** What may be answered to a pack, in the words of its procedure. */
export function answersTo(found: Pick<HandedOver, 'procedure' | 'kind'>): BailiffAnswer[] {
  return loadProcedure(found.procedure).dossiers?.[found.kind]?.retours ?? []
}

/**
 * Records what the bailiff answered: the step of the procedure with its own day, which starts or ends time limits at once,
 * the act among the exhibits, the creditor told, the journal. Answers the time limits that now run.
 */
export async function recordBailiffReturn(
  office: Office,
  onDay: Day,
  found: HandedOver,
  input: ReturnInput,
  author: Author,
): Promise<{ id: string; due: Progress['due'] }> {
  const given = answersTo(found).find((each) => each.nature === input.nature)
  if (!given) {
    throw new DomainError('unknown_return', `Ce dossier n'attend pas de réponse « ${input.nature.slice(0, 40)} ».`, {
      remedy: `Réponses possibles : ${answersTo(found)
        .map((each) => each.nature)
        .join(', ')}.`,
    })
  }
  requireReadable(onDay, given, input)
  return transaction(office.sql, async (sql) => {
    // A case that is closed waits for nothing more, but what the office says is kept.
    const [{ isOpen }] = await sql<[{ isOpen: boolean }]>`
      select closed_on is null as is_open from cases where id = ${found.caseId} for update`
    await lockHandOver(sql, found)
    await requireOpenThen(sql, found, input.happenedOn)
    const debtor = input.debtor === undefined ? null : await codebtorOf(sql, found, input.debtor)
    const answer = debtor === null ? given : { ...given, titre: `${given.titre} (${debtor})` }
    const told: Told = { office, sql, onDay, found, answer, input, debtor, author }
    const exhibitId = input.act ? await attachAct(told, input.act) : null
    const id = await keepReturn(told, exhibitId)
    const open = await readProcedure(sql, found.procedureId)
    if (answer.etape) await recordStep(told, answer.etape)
    const { due } = await progressOf(sql, open, onDay)
    await record(sql, onDay, {
      caseId: found.caseId,
      kind: 'bailiff_returned',
      detail: {
        return: id,
        nature: answer.nature,
        title: answer.titre,
        happenedOn: input.happenedOn.toString(),
        bailiff: found.bailiff,
        ...(debtor === null ? {} : { debtor }),
      },
      author,
    })
    if (answer.nature === 'parti' && isOpen) await holdForAddress(told)
    await tellCreditor(told, due)
    return { id, due }
  })
}

async function codebtorOf(sql: Sql, { procedureId }: HandedOver, name: string): Promise<string> {
  const { everyEvent } = (await readConducts(sql, [procedureId])).get(procedureId)!
  return requireCodebtor(everyEvent, name)
}

/** What an office answered, under the lock of its case. */
interface Told {
  office: Office
  /** The transaction that holds the lock. */
  sql: Sql
  onDay: Day
  found: HandedOver
  answer: BailiffAnswer
  input: ReturnInput
  /** The codebtor that it is about; null for the debtor of the case. */
  debtor: string | null
  author: Author
}

/** DomainError `return_already_recorded`. */
async function keepReturn(
  { office, sql, onDay, found, answer, input, debtor, author }: Told,
  exhibitId: string | null,
): Promise<string> {
  const id = newId(office.random)
  const kept = await sql`
    insert into bailiff_returns (id, hand_over_id, procedure_id, nature, step, happened_on, debtor, in_person, found, note, exhibit_id, recorded_on, recorded_by)
    values (${id}, ${found.id}, ${found.procedureId}, ${answer.nature}, ${answer.etape ?? null}, ${input.happenedOn}, ${debtor},
            ${input.inPerson ?? null}, ${input.found ?? null}, ${input.note ?? null}, ${exhibitId}, ${onDay}, ${author})
    on conflict (procedure_id, nature, happened_on, debtor) do nothing returning id`
  if (kept.length > 0) return id
  throw new DomainError('return_already_recorded', `« ${answer.titre} », le ${dayFr(input.happenedOn)} : déjà reçu.`, {
    remedy: 'Rien à faire, si c’est bien le même acte.',
  })
}

async function recordStep({ office, sql, onDay, found, input, debtor, author }: Told, step: string): Promise<void> {
  await recordProcedureEvent(
    sql,
    office.random,
    onDay,
    {
      procedureId: found.procedureId,
      step,
      happenedOn: input.happenedOn,
      facts: {
        ...(debtor === null ? {} : { debiteur: debtor }),
        ...(input.inPerson === undefined ? {} : { aPersonne: input.inPerson }),
        ...(input.found === undefined ? {} : { montant: amount(input.found) }),
        etude: found.bailiff,
      },
      original: input.act ? await office.archive.put(input.act.bytes) : null,
    },
    author,
  )
}

/** Nobody was found where the case says that the debtor is: it waits until an address is found. */
async function holdForAddress({ office, sql, onDay, found, input, debtor, author }: Told): Promise<void> {
  const who = debtor === null ? 'débiteur' : `codébiteur ${debtor}`
  const reason = `${found.bailiff} : ${who} parti ou introuvable le ${dayFr(input.happenedOn)}. Adresse à rechercher.`
  const hold = { caseId: found.caseId, cause: 'decision', reason, reviewOn: onDay } as const
  await placeHold(sql, office.random, onDay, hold, author)
}

function requireReadable(onDay: Day, answer: BailiffAnswer, input: ReturnInput): void {
  const refuse = (code: string, message: string, remedy: string) => {
    throw new DomainError(code, message, { remedy })
  }
  if (Temporal.PlainDate.compare(input.happenedOn, onDay) > 0)
    refuse('event_in_future', `Le ${dayFr(input.happenedOn)} est à venir.`, 'Donnez le jour où l’acte a été fait.')
  if (answer.etape && !input.act)
    refuse('act_missing', `« ${answer.titre} » se prouve par l'acte.`, 'Joignez l’acte, en PDF ou numérisé.')
  if (answer.nature === 'signification' && input.inPerson === undefined)
    refuse(
      'service_unqualified',
      'Il faut dire si l’acte a été remis à la personne même : le délai de recours en dépend.',
      'Indiquez « à personne » ou « autrement ».',
    )
  if (input.found !== undefined && input.found < 0n)
    refuse('bad_amount', 'Une somme trouvée ne peut être négative.', 'Écrivez 0 quand rien n’a été trouvé.')
}

/** No office acts in a procedure that is not open. Before the pack it may have acted on a copy: that is a doubt, shown. */
async function requireOpenThen(sql: Sql, { procedureId }: { procedureId: string }, happenedOn: Day): Promise<void> {
  const [found] = await sql<{ openedOn: Day }[]>`select opened_on from procedures where id = ${procedureId}`
  if (!found || !before(happenedOn, found.openedOn)) return
  throw new DomainError(
    'return_before_procedure',
    `Le ${dayFr(happenedOn)} est antérieur à la procédure, ouverte le ${dayFr(found.openedOn)}.`,
    {
      remedy: 'Vérifiez la date portée sur l’acte.',
      facts: { happenedOn: happenedOn.toString(), openedOn: found.openedOn.toString() },
    },
  )
}

const exhibitOf: Record<string, ExhibitKind> = {
  signification: 'signification',
  denonciation: 'signification',
  titre: 'titre',
}

async function attachAct(
  { office, sql, onDay, found, answer, input, author }: Told,
  act: NonNullable<ReturnInput['act']>,
): Promise<string> {
  return attachExhibit(
    office,
    sql,
    onDay,
    {
      caseId: found.caseId,
      kind: exhibitOf[answer.nature] ?? 'proces-verbal',
      reference: found.bailiff.slice(0, 60),
      datedOn: input.happenedOn,
      proves: `${answer.titre.charAt(0).toLowerCase()}${answer.titre.slice(1)}`,
      bytes: act.bytes,
      fileName: act.fileName,
    },
    author,
  )
}

/** CPCE R124-5 and the house's word: every result goes to the creditor at once. */
async function tellCreditor({ office, sql, onDay, found, answer, input }: Told, due: Progress['due']): Promise<void> {
  const file = await readCase(sql, found.caseId)
  const channel = reachOf(file, 'creancier')
  if (!channel) return
  const [next] = due
  const facts = {
    mesure: {
      type: answer.titre,
      date: input.happenedOn.toString(),
      ...(input.found === undefined ? {} : { bloque: amount(input.found), montant: amount(input.found) }),
      ...(input.note ? { etat: input.note } : {}),
    },
    commissaire: { etude: found.bailiff },
    ...(next ? { dateLimite: { date: next.expires.toString(), texte: `${next.title}, ${next.article}` } } : {}),
  } as Partial<Facts>
  const wanted = input.found === 0n ? (answer.lettre_sans_fonds ?? answer.lettre) : answer.lettre
  const order = { channel, recipient: 'creancier', facts, author: 'system' } as const
  const letters = [wanted, 'creancier-retour-commissaire'].filter((id) => id !== undefined)
  for (const letter of letters) {
    try {
      // A savepoint of its own: a letter that lacks a fact leaves nothing behind, and the plainer one says it.
      await transaction(sql, (tx) =>
        writeLetter(office, tx, onDay, file, { ...order, letter: letterOf(loadLibrary(), letter).id }),
      )
      return
    } catch (error) {
      if (!(error instanceof DomainError && error.code === 'missing_fact') || letter === letters.at(-1)) throw error
    }
  }
}

export async function readReturns(sql: Sql, handOverId: string): Promise<BailiffReturn[]> {
  return (await readReturnsOf(sql, [handOverId])).get(handOverId) ?? []
}

type Row = Omit<BailiffReturn, 'title' | 'doubts'> & {
  handOverId: string
  procedure: string
  kind: string
  assembledOn: Day
}

const beforePack = (happenedOn: Day, assembledOn: Day): Doubt => ({
  code: 'return_before_pack',
  message: `Acte daté du ${dayFr(happenedOn)}, avant l’assemblage du dossier remis (${dayFr(assembledOn)})\u00a0: date à vérifier.`,
})

/** Of several hand-overs in one statement, by hand-over. */
export async function readReturnsOf(sql: Sql, handOverIds: string[]): Promise<Map<string, BailiffReturn[]>> {
  const rows = await sql<Row[]>`
    select r.id, r.nature, r.step, r.happened_on, r.debtor, r.in_person, r.found, c.currency, r.note, r.exhibit_id, r.recorded_on, p.procedure, k.kind,
           r.hand_over_id,
           (select min(first.assembled_on) from packs first where first.procedure_id = p.id and first.kind = k.kind) as assembled_on
    from bailiff_returns r join hand_overs h on h.id = r.hand_over_id join packs k on k.id = h.pack_id
    join procedures p on p.id = k.procedure_id join cases c on c.id = p.case_id
    where r.hand_over_id = any(${handOverIds}) order by r.happened_on, r.id`
  const told = rows.map(({ procedure, kind, handOverId, assembledOn, ...row }) => ({
    handOverId,
    answer: {
      ...row,
      title: answersTo({ procedure, kind }).find((answer) => answer.nature === row.nature)?.titre ?? row.nature,
      doubts: before(row.happenedOn, assembledOn) ? [beforePack(row.happenedOn, assembledOn)] : [],
    },
  }))
  const grouped = Map.groupBy(told, ({ handOverId }) => handOverId)
  return new Map([...grouped].map(([id, each]) => [id, each.map(({ answer }) => answer)]))
}
