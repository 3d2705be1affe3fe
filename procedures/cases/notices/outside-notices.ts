import type { Content } from '../../../documents/archive.ts'
import { after, before, type Day, dayFr } from '../../../schema/days.ts'
import { type Sql, transaction } from '../../../schema/db.ts'
import { DomainError } from '../../../schema/errors.ts'
import { newId } from '../../../schema/random.ts'
import type { Office } from '../../office.ts'
import { attachExhibit, withdrawExhibit } from '../exhibits/exhibits.ts'
import { caseParts } from '../file/file.ts'
import type { OutsideNotice } from '../file/file-rows.ts'
import { type Author, record } from '../journal.ts'
import { lockOpenCase } from '../lock.ts'

interface Told extends Omit<OutsideNotice, 'id' | 'exhibitId'> {
  caseId: string
  bytes: Content
  fileName: string
}

/**
 * Records a formal notice that the house did not send, with its letter, which becomes an exhibit: interest and the day of a filing
 * follow it as they follow one of its own. DomainError `notice_before_due`, `notice_days`, `event_in_future`.
 */
export async function recordOutsideNotice(
  office: Office,
  sql: Sql,
  onDay: Day,
  input: Told,
  author: Author,
): Promise<string> {
  return transaction(sql, async (tx) => {
    await lockOpenCase(tx, input.caseId)
    await refuseImpossible(tx, onDay, input)
    const { caseId, bytes, fileName, reference, writtenOn } = input
    const proves = 'la mise en demeure de payer et le point de départ des intérêts'
    const exhibit = { caseId, kind: 'mise-en-demeure' as const, reference, datedOn: writtenOn, proves, bytes, fileName }
    const exhibitId = await attachExhibit(office, tx, onDay, exhibit, author)
    return insert(office, tx, onDay, { ...input, exhibitId, corrects: null, isVoid: false }, author)
  })
}

/** Says otherwise what was told of it, or that it never was: the first row stays, and another follows it. */
export async function correctOutsideNotice(
  office: Office,
  sql: Sql,
  onDay: Day,
  input: { noticeId: string; void: boolean } & Partial<
    Pick<OutsideNotice, 'writtenOn' | 'presentedOn' | 'outcome' | 'outcomeOn' | 'delayDays'>
  >,
  author: Author,
): Promise<{ caseId: string }> {
  return transaction(sql, async (tx) => {
    const [asked] = await tx<{ caseId: string }[]>`select case_id from outside_notices where id = ${input.noticeId}`
    if (asked) await lockOpenCase(tx, asked.caseId)
    const known =
      asked &&
      (await caseParts.outsideNotices(tx, [asked.caseId])).get(asked.caseId)?.find(({ id }) => id === input.noticeId)
    if (!known) {
      throw new DomainError('notice_not_found', 'Cette mise en demeure n’est pas au dossier, ou a déjà été corrigée.', {
        remedy: 'Corrigez celle qui figure au dossier.',
      })
    }
    const { noticeId, void: isVoid, ...said } = input
    const told = { ...known, ...said }
    if (!isVoid) await refuseImpossible(tx, onDay, told)
    await insert(office, tx, onDay, { ...told, corrects: noticeId, isVoid }, author)
    if (isVoid) await withdrawProof(tx, onDay, known.exhibitId, author)
    return { caseId: known.caseId }
  })
}

/** The letter of a notice that never was proves nothing to a court. */
async function withdrawProof(sql: Sql, onDay: Day, exhibitId: string, author: Author): Promise<void> {
  const [live] = await sql`select 1 from exhibits where id = ${exhibitId} and withdrawn_on is null`
  if (live) await withdrawExhibit(sql, onDay, { exhibitId, reason: 'Mise en demeure enregistrée à tort.' }, author)
}

async function insert(
  { random }: Office,
  sql: Sql,
  onDay: Day,
  told: Omit<OutsideNotice, 'id' | 'reference'> & { caseId: string; corrects: string | null; isVoid: boolean },
  author: Author,
): Promise<string> {
  const { caseId, exhibitId, sender, form, writtenOn, presentedOn, outcome, outcomeOn, delayDays, corrects, isVoid } =
    told
  const id = newId(random)
  await sql`
    insert into outside_notices (id, case_id, exhibit_id, sender, form, written_on, presented_on, outcome, outcome_on,
                                 delay_days, corrects, void, recorded_on, recorded_by)
    values (${id}, ${caseId}, ${exhibitId}, ${sender}, ${form}, ${writtenOn}, ${presentedOn}, ${outcome},
            ${outcomeOn}, ${delayDays}, ${corrects}, ${isVoid}, ${onDay}, ${author})`
  const on = presentedOn?.toString() ?? null
  const detail = { id, sender, form, writtenOn: writtenOn.toString(), presentedOn: on, outcome, corrects, void: isVoid }
  await record(sql, onDay, { caseId, kind: 'outside_notice_recorded', detail, author })
  return id
}

async function refuseImpossible(
  sql: Sql,
  onDay: Day,
  {
    caseId,
    form,
    writtenOn,
    presentedOn,
    outcome,
    outcomeOn,
  }: Omit<Told, 'bytes' | 'fileName' | 'reference' | 'sender' | 'delayDays'>,
): Promise<void> {
  const last = outcomeOn ?? presentedOn ?? writtenOn
  if (after(last, onDay)) {
    throw new DomainError('event_in_future', `Le ${dayFr(last)} est à venir.`, {
      remedy: 'Enregistrez la mise en demeure avec les dates que ses preuves portent.',
    })
  }
  const isReached = outcome === 'delivered' || outcome === 'refused' || outcome === 'unclaimed'
  const isWrong =
    (presentedOn !== null && before(presentedOn, writtenOn)) ||
    (outcome === null) !== (outcomeOn === null) ||
    (outcomeOn !== null && before(outcomeOn, presentedOn ?? writtenOn)) ||
    (isReached && presentedOn === null) ||
    (outcome === 'unknown_address' && presentedOn !== null) ||
    (form === 'sommation' && (presentedOn === null || outcome !== null))
  if (isWrong) {
    throw new DomainError('notice_days', 'Ces dates et cette fin ne vont pas ensemble.', {
      remedy:
        'La première présentation suit l’envoi\u00a0; un pli remis, refusé ou non réclamé en a une, un pli revenu «\u00a0inconnu à l’adresse\u00a0» n’en a pas\u00a0; une sommation n’a que le jour de sa signification.',
      facts: { writtenOn: writtenOn.toString(), presentedOn: presentedOn?.toString() ?? null, outcome },
    })
  }
  const [first] = await sql<{ due: Day | null }[]>`select min(due_on) as due from invoices where case_id = ${caseId}`
  if (first?.due && after(writtenOn, first.due)) return
  throw new DomainError('notice_before_due', `Aucune facture du dossier n’était échue le ${dayFr(writtenOn)}.`, {
    remedy:
      'Vérifiez la date de la lettre et l’échéance des factures\u00a0: nul n’est mis en demeure de payer avant le terme.',
    article: 'C. civ. 1305-2 et 1344',
  })
}
