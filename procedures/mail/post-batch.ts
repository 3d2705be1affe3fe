import { type BatchLetter, countPages, type PaperCount, printBatch } from '../../documents/send/batch.ts'
import { type AddressToPost, postalAddress } from '../../documents/send/postal-address.ts'
import { type Day, dayFr, daysBetween } from '../../schema/days.ts'
import { type Fragment, json, type Sql, transaction } from '../../schema/db.ts'
import { DomainError, type Doubt } from '../../schema/errors.ts'
import { newId } from '../../schema/random.ts'
import { instantOf, type Office } from '../office.ts'
import { readAgency } from '../cases/agency.ts'
import { type Author, record } from '../cases/journal.ts'
import { enclosuresOf } from './post.ts'
import { asks, noLongerTrue, type Since, sinceColumns, writtenAt } from './still-true.ts'

export interface PostBatch {
  id: string
  number: string
  madeOn: Day
  madeBy: string
  letters: number
  pages: number
  sheets: number
  sha256: string
}
/** A letter of the out-tray that does not go in the batch, and why: no longer true, its address, its papers. */
export interface LeftOut {
  reference: string
  why: string
}
export interface BatchRun {
  batch: PostBatch | null
  left: LeftOut[]
  /** Letters that the next batch takes. */
  waiting: number
}

interface Waiting extends Since {
  documentId: string
  caseId: string
  reference: string
  letter: string
  channel: string
  recipient: string
  address: AddressToPost
  sha256: string
  sentOn: Day
}
interface Ready extends Waiting {
  printed: BatchLetter
  papers: { title: string; sha256: string }[]
}

/** Days a letter may wait in the out-tray: the shortest delay that our letters give, eight days, must not be over when it comes. */
export const staleAfter = 7

/**
 * Makes one file to print of the letters that wait in the out-tray up to that day, registered ones first; one that waited too
 * long is named, and goes when a person says so (`late`). Letters and batch are one transaction: no letter is ever in two
 * batches, and a run that breaks off takes none.
 */
export async function makePostBatch(
  office: Office,
  onDay: Day,
  author: Author,
  { most = 300, late = false }: { most?: number; late?: boolean } = {},
): Promise<BatchRun> {
  return transaction(office.sql, async (sql) => {
    await sql`select pg_advisory_xact_lock(hashtextextended('post-batch', 0))`
    const agency = (await readAgency(sql)).identity
    const { still, no } = await stillTrue(sql, onDay, await lettersToPrint(sql, onDay), late)
    const { ready: chosen, left: unfit } = await sorted({ ...office, sql }, still, agency.address.country, most)
    const number = await nextNumber(sql, onDay)
    const print = (letters: readonly Ready[]) => printed(office, onDay, { number, agency: agency.name }, letters)
    // Nobody waits for a case while pages are made: what lost its reason meanwhile is taken out again.
    const made = await print(chosen)
    const { still: since, no: lost } = await stillTrue(sql, onDay, await takenFor(sql, onDay, chosen), late)
    const ready = chosen.filter((one) => since.some(({ documentId }) => documentId === one.documentId))
    const { pdf, counts } = ready.length === chosen.length ? made : await print(ready)
    for (const { caseId, reference, why, isOver } of [...no, ...lost])
      // A closed case stays closed: told once, and kept in its journal.
      if (isOver) await record(sql, onDay, { caseId, kind: 'letter_withheld', detail: { reference, why }, author })
    const left = [...[...no, ...lost].map(({ reference, why }) => ({ reference, why })), ...unfit]
    const waiting = still.length - chosen.length - unfit.length
    if (ready.length === 0) return { batch: null, left, waiting }
    const batch: PostBatch = {
      id: newId(office.random),
      number,
      madeOn: onDay,
      madeBy: author,
      letters: ready.length,
      pages: counts.reduce((sum, one) => sum + one.pages, 0),
      sheets: counts.reduce((sum, one) => sum + one.sheets, 0),
      sha256: await office.archive.put(pdf),
    }
    await keep(sql, onDay, batch, ready, counts, author)
    return { batch, left, waiting }
  })
}

async function printed(
  { typst: engine }: Office,
  day: Day,
  named: { number: string; agency: string },
  letters: readonly Ready[],
): ReturnType<typeof printBatch> {
  if (letters.length === 0) return { pdf: new Uint8Array(), counts: [] }
  return printBatch({ ...named, day, at: instantOf(day), letters: letters.map((letter) => letter.printed), engine })
}

const lettersToPrint = (sql: Sql, onDay: Day, chosen: readonly string[] | null = null): Promise<Waiting[]> => sql`
    with tray as (
      select d.id as document_id, d.case_id, d.reference, d.letter, o.channel, d.recipient, o.address, d.sha256, o.sent_on
      ${inTray(sql, onDay)} and (${chosen}::uuid[] is null or d.id = any(${chosen}::uuid[]))
    )
    select t.*, ${sinceColumns(sql, onDay)}
    from tray t join cases c on c.id = t.case_id cross join lateral (${writtenAt(sql, sql`t.case_id`, sql`t.reference`)}) w
    order by t.channel = 'lettre', t.sent_on, length(t.reference), t.reference`

/** Those that still wait, with their cases taken: whoever pays, disputes or closes one does so before, or after the batch. */
async function takenFor(sql: Sql, onDay: Day, chosen: readonly Waiting[]): Promise<Waiting[]> {
  await sql`select 1 from cases where id = any(${chosen.map(({ caseId }) => caseId)}::uuid[]) order by id for update`
  return lettersToPrint(
    sql,
    onDay,
    chosen.map(({ documentId }) => documentId),
  )
}

const inTray = (sql: Sql, onDay: Day): Fragment => sql`
    from dispatches o join documents d on d.id = o.document_id
    where o.channel in ('lettre', 'lrar') and o.state = 'sent' and o.proof ? 'tray' and o.sent_on <= ${onDay} and d.format = 'pdf'
      and o.presented_on is null and o.outcome is null
      and not exists (select from post_batch_letters b where b.document_id = d.id)
      and not exists (select from events e where e.case_id = d.case_id and e.kind = 'letter_withheld' and e.detail ->> 'reference' = d.reference)`

interface Untrue extends LeftOut {
  caseId: string
  /** For good: its case is closed. */
  isOver: boolean
}

/** What was written days ago is looked at again: a demand for payment may have lost its reason since. */
async function stillTrue(
  sql: Sql,
  onDay: Day,
  found: readonly Waiting[],
  late: boolean,
): Promise<{ still: Waiting[]; no: Untrue[] }> {
  const still: Waiting[] = []
  const no: Untrue[] = []
  for (const letter of found) {
    const { caseId, reference, closedOn } = letter
    const why = (await noLongerTrue(sql, onDay, letter)) ?? (late ? null : tooLong(letter.sentOn, onDay))
    if (why === null) still.push(letter)
    else no.push({ caseId, reference, why, isOver: asks(letter) && closedOn !== null })
  }
  return { still, no }
}

function tooLong(sentOn: Day, onDay: Day): string | null {
  const days = daysBetween(sentOn, onDay)
  if (days <= staleAfter) return null
  return `Datée du ${dayFr(sentOn)}, elle attend depuis ${days} jours\u00a0: relisez-la, puis emportez-la avec les lettres anciennes.`
}

async function sorted(
  office: Office,
  found: readonly Waiting[],
  from: string,
  most: number,
): Promise<{ ready: Ready[]; left: LeftOut[] }> {
  const ready: Ready[] = []
  const left: LeftOut[] = []
  for (const letter of found) {
    if (ready.length === most) break
    const { lines, doubts, fault } = postalAddress(letter.address, from)
    if (fault !== null) {
      left.push({ reference: letter.reference, why: `L’adresse ne peut être servie par la poste\u00a0: ${fault}.` })
      continue
    }
    const joined = await enclosuresOf(office.sql, letter.documentId)
    const papers = [
      { title: letter.letter, sha256: letter.sha256 },
      ...joined.map((one) => ({ title: one.letter, sha256: one.sha256 })),
    ]
    const printed = await toPrint(office, letter, lines, doubts, papers)
    try {
      await countPages(printed.papers)
      ready.push({ ...letter, printed, papers })
    } catch (error) {
      if (!(error instanceof DomainError)) throw error
      left.push({ reference: letter.reference, why: `${error.message} Imprimez ce pli depuis le plateau.` })
    }
  }
  return { ready, left }
}

async function toPrint(
  office: Office,
  letter: { reference: string; channel: string },
  address: string[],
  doubts: Doubt[],
  papers: readonly { title: string; sha256: string }[],
): Promise<BatchLetter> {
  const read = []
  for (const { title, sha256 } of papers) read.push({ title, pdf: await office.archive.get(sha256) })
  return { reference: letter.reference, isRegistered: letter.channel === 'lrar', address, doubts, papers: read }
}

async function nextNumber(sql: Sql, onDay: Day): Promise<string> {
  const [row] = await sql<{ made: bigint }[]>`select count(*) as made from post_batches where made_on = ${onDay}`
  return `${onDay}-${row!.made + 1n}`
}

async function keep(
  sql: Sql,
  onDay: Day,
  batch: PostBatch,
  ready: readonly Ready[],
  counts: readonly PaperCount[],
  author: Author,
): Promise<void> {
  await sql`
    insert into post_batches (id, number, made_on, made_by, letters, pages, sheets, sha256)
    values (${batch.id}, ${batch.number}, ${batch.madeOn}, ${batch.madeBy}, ${batch.letters}, ${batch.pages}, ${batch.sheets}, ${batch.sha256})`
  for (const [i, { documentId, caseId, reference, printed, papers }] of ready.entries()) {
    const { pages, sheets } = counts[i]!
    await sql`
      insert into post_batch_letters (document_id, batch_id, rank, pages, sheets, lines, papers, doubts)
      values (${documentId}, ${batch.id}, ${i + 1}, ${pages}, ${sheets}, ${json(sql, printed.address)}, ${json(sql, papers)}, ${json(sql, printed.doubts)})`
    const detail = { reference, batch: batch.number, pages, sheets }
    await record(sql, onDay, { caseId, kind: 'letter_printed', detail, author })
  }
}

/** A batch that was made, by its number; null when there is none. */
export async function findPostBatch(sql: Sql, number: string): Promise<PostBatch | null> {
  const [found] = await sql<PostBatch[]>`
    select id, number, made_on, made_by, letters, pages, sheets, sha256 from post_batches where number = ${number}`
  return found ?? null
}

/** The same file once more, composed from its letters: the same bytes, or a refusal that says so. */
export async function remakePostBatch(office: Office, number: string): Promise<Uint8Array> {
  const batch = await findPostBatch(office.sql, number)
  if (!batch) {
    throw new DomainError('batch_not_found', `Il n’y a pas de lot de courrier n° ${number}.`, {
      remedy: 'Relisez son numéro, comme 2026-06-12-1.',
    })
  }
  const rows = await office.sql<
    {
      reference: string
      channel: string
      lines: string[]
      doubts: Doubt[]
      papers: { title: string; sha256: string }[]
    }[]
  >`
    select d.reference, d.channel, b.lines, b.doubts, b.papers
    from post_batch_letters b join documents d on d.id = b.document_id where b.batch_id = ${batch.id} order by b.rank`
  const letters = []
  for (const row of rows) letters.push(await toPrint(office, row, row.lines, row.doubts, row.papers))
  const agency = (await readAgency(office.sql)).identity.name
  const { madeOn: day } = batch
  const { pdf } = await printBatch({ number, agency, day, at: instantOf(day), letters, engine: office.typst })
  if ((await office.archive.put(pdf)) === batch.sha256) return pdf
  throw new DomainError('batch_differs', `Le lot n° ${number} ne se recompose pas à l’identique.`, {
    remedy: 'Prenez l’exemplaire des archives\u00a0: le moteur de composition ou le nom de l’agence a changé depuis.',
    facts: { sha256: batch.sha256 },
  })
}

/** The batches made, the newest first. */
export async function listPostBatches(sql: Sql, first = 50): Promise<PostBatch[]> {
  return sql`
    select id, number, made_on, made_by, letters, pages, sheets, sha256 from post_batches
    order by made_on desc, number desc limit ${first}`
}
