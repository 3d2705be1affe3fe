import { after, before, type Day, dayFr } from '../../schema/days.ts'
import { type Sql, transaction } from '../../schema/db.ts'
import { DomainError, type Doubt } from '../../schema/errors.ts'
import type { Random } from '../../schema/random.ts'
import { legalValue } from '../law/values.ts'
import { type Author, record } from '../cases/journal.ts'
import { lockCase } from '../cases/lock.ts'
import { markReturned } from './returned.ts'

/** What the post, or the provider of an electronic one, says of a registered letter, in the order in which it may say it. */
export const postalStates = ['deposited', 'presented', 'delivered', 'refused', 'unclaimed', 'unknown_address'] as const
export type PostalState = (typeof postalStates)[number]
export type PostalEnd = Exclude<PostalState, 'deposited' | 'presented'>
const ends = new Set<PostalState>(['delivered', 'refused', 'unclaimed', 'unknown_address'])

export interface PostalEvent {
  documentId: string
  state: PostalState
  happenedOn: Day
  recordedOn: Day
  recordedBy: string
}
/** What a state means for the next step, with its article. */
export interface PostalMeaning {
  text: string
  article: string | null
  doubts: Doubt[]
}

interface Letter {
  caseId: string
  debtorId: string
  reference: string
  recipient: string
  channel: 'lrar' | 'lre' | 'lettre'
  writtenOn: Day
  presentedOn: Day | null
  outcomeOn: Day | null
  /** As it was told last. */
  depositedOn: Day | null
}

interface PostalWord {
  documentId: string
  state: PostalState
  on: Day
  registeredNumber?: string | null
  /** Its end is told with it, in the place of the one that was recorded. */
  endFollows?: boolean
}

/**
 * Records one state of a registered letter on its own day. The first presentation starts the period that the letter gave; an
 * unknown addressee marks the address, which is never used again. A later word on the same letter is another row.
 */
export async function recordPostalState(
  sql: Sql,
  random: Random,
  onDay: Day,
  input: PostalWord,
  author: Author,
): Promise<void> {
  const { documentId, state, on, registeredNumber = null } = input
  await transaction(sql, async (tx) => {
    const letter = await lockLetter(tx, documentId, state)
    refuseImpossible(letter, state, on, onDay)
    if (state === 'presented' && !input.endFollows) refuseAfterEnd(letter, on)
    const isEnd = ends.has(state)
    // Who received or refused it was there: it was presented that day at the latest.
    const presentedOn = state === 'presented' || state === 'delivered' || state === 'refused' ? on : null
    await tx`
      insert into postal_events (document_id, state, happened_on, recorded_on, recorded_by)
      values (${documentId}, ${state}, ${on}, ${onDay}, ${author})`
    await tx`
      update dispatches
      set registered_number = coalesce(${registeredNumber}, registered_number),
          presented_on = case when ${state} = 'presented' then ${presentedOn}::date else coalesce(presented_on, ${presentedOn}::date) end,
          outcome = case when ${isEnd} then ${state} else outcome end,
          outcome_on = case when ${isEnd} then ${on}::date else outcome_on end
      where document_id = ${documentId}`
    const detail = { reference: letter.reference, number: registeredNumber, state, on: on.toString() }
    await record(tx, onDay, { caseId: letter.caseId, kind: 'letter_followed', detail, author })
    if (state === 'unknown_address' && letter.recipient === 'debiteur')
      await markUnknown(tx, random, onDay, { ...letter, documentId }, author)
  })
}

async function markUnknown(
  sql: Sql,
  random: Random,
  onDay: Day,
  letter: Pick<Letter, 'caseId' | 'debtorId' | 'reference' | 'channel'> & { documentId: string },
  author: Author,
): Promise<void> {
  const { caseId, debtorId, documentId, reference } = letter
  const reason = `La lettre ${reference} est revenue\u00a0: destinataire inconnu à l’adresse.`
  const channel = letter.channel === 'lre' ? 'email' : 'postal'
  await markReturned(sql, random, onDay, { caseId, debtorId, channel, documentId, reason }, author)
}

/**
 * Marks the addresses of letters that had come back before marks were kept (`address_marks`); each program does so as it starts,
 * so that none writes there again. Once they are marked it changes nothing. Answers how many letters it looked at.
 */
export async function markEarlierReturns(sql: Sql, random: Random, onDay: Day): Promise<number> {
  const letters = await sql<(Pick<Letter, 'caseId' | 'debtorId' | 'reference' | 'channel'> & { documentId: string })[]>`
    select d.id as document_id, d.case_id, c.debtor_id, d.reference, d.channel
    from dispatches o join documents d on d.id = o.document_id join cases c on c.id = d.case_id
    where o.outcome = 'unknown_address' and d.recipient = 'debiteur'
      and not exists (select from address_marks m where m.document_id = d.id)
    order by d.case_id, d.written_on`
  for (const letter of letters) {
    await transaction(sql, async (tx) => {
      await lockCase(tx, letter.caseId)
      await markUnknown(tx, random, onDay, letter, 'system')
    })
  }
  return letters.length
}

/** The whole follow-up of a letter told at once: its number, its first presentation, how it ended. */
export async function recordPresentation(
  sql: Sql,
  random: Random,
  onDay: Day,
  input: { documentId: string; registeredNumber: string; presentedOn: Day; outcome: PostalEnd; outcomeOn: Day },
  author: Author,
): Promise<void> {
  const { documentId, registeredNumber, presentedOn, outcome, outcomeOn } = input
  await transaction(sql, async (tx) => {
    // What found nobody was presented to nobody.
    if (outcome !== 'unknown_address')
      await recordPostalState(
        tx,
        random,
        onDay,
        { documentId, registeredNumber, state: 'presented', on: presentedOn, endFollows: true },
        author,
      )
    await recordPostalState(tx, random, onDay, { documentId, registeredNumber, state: outcome, on: outcomeOn }, author)
  })
}

/** Of an ordinary letter the post says one thing, by giving it back: that nobody of that name is there. */
async function lockLetter(sql: Sql, documentId: string, state: PostalState): Promise<Letter> {
  const [found] = await sql<{ caseId: string }[]>`select case_id from documents where id = ${documentId}`
  if (found) await lockCase(sql, found.caseId)
  const [letter] = await sql<Letter[]>`
    select d.case_id, c.debtor_id, d.reference, d.recipient, d.channel, d.written_on, o.presented_on, o.outcome_on,
      (select e.happened_on from postal_events e where e.document_id = d.id and e.state = 'deposited' order by e.rank desc limit 1) as deposited_on
    from dispatches o join documents d on d.id = o.document_id join cases c on c.id = d.case_id
    where o.document_id = ${documentId} and o.state = 'sent'
      and (d.channel in ('lrar', 'lre') or (d.channel = 'lettre' and ${state} = 'unknown_address')) for update of o`
  if (letter) return letter
  throw new DomainError('no_registered_letter', "Ce courrier n'est pas une lettre recommandée qui soit partie.", {
    remedy:
      'Choisissez la lettre recommandée dont la Poste donne le suivi\u00a0; une lettre simple n’a que son retour (inconnu à l’adresse).',
  })
}

function refuseImpossible(letter: Letter, state: PostalState, on: Day, today: Day): void {
  const { compare } = Temporal.PlainDate
  if (compare(on, letter.writtenOn) < 0 || compare(on, today) > 0) {
    throw new DomainError('no_registered_letter', `Aucune lettre recommandée n'a pu avoir ce suivi le ${dayFr(on)}.`, {
      remedy: 'Vérifiez la lettre et la date\u00a0: un suivi ne précède pas l’envoi, et n’est pas à venir.',
    })
  }
  refuseBackwards(letter, state, on)
  if (state === 'deposited' || state === 'unknown_address') return
  if (state !== 'presented' && letter.presentedOn && compare(on, letter.presentedOn) < 0) {
    throw new DomainError(
      'postal_order',
      `La lettre ${letter.reference} n’a été présentée que le ${dayFr(letter.presentedOn)}.`,
      { remedy: 'Vérifiez les deux dates sur l’avis de la Poste.' },
    )
  }
  if (state === 'unclaimed') refuseTooSoon(letter, on)
}

/** Nothing is presented, nor comes back, before it was handed to the post. */
function refuseBackwards(
  { reference, presentedOn, outcomeOn, depositedOn }: Letter,
  state: PostalState,
  on: Day,
): void {
  const reached = [presentedOn, outcomeOn].find((day) => day && after(on, day))
  const wrong =
    state === 'deposited'
      ? reached &&
        `La lettre ${reference} était déjà présentée ou revenue le ${dayFr(reached)}\u00a0: elle n’a pu être déposée le ${dayFr(on)}.`
      : depositedOn && before(on, depositedOn) && `La lettre ${reference} n’a été déposée que le ${dayFr(depositedOn)}.`
  if (!wrong) return
  throw new DomainError('postal_order', wrong, {
    remedy:
      'Vérifiez les deux dates sur la preuve de dépôt et l’avis de la Poste\u00a0; si l’autre est fausse, enregistrez-la d’abord à son jour.',
  })
}

function refuseAfterEnd({ reference, outcomeOn }: Letter, on: Day): void {
  if (!outcomeOn || Temporal.PlainDate.compare(on, outcomeOn) <= 0) return
  throw new DomainError(
    'presented_after_end',
    `Le suivi de la lettre ${reference} a pris fin le ${dayFr(outcomeOn)}\u00a0: elle n’a pu être présentée le ${dayFr(on)}.`,
    {
      remedy:
        'Vérifiez les deux dates sur l’avis de la Poste\u00a0; si celle de la fin est fausse, enregistrez-la d’abord à son jour.',
      facts: { presentedOn: on.toString(), endedOn: outcomeOn.toString() },
    },
  )
}

function refuseTooSoon(letter: Letter, on: Day): void {
  const kept = legalValue('recommande-garde', on, letter.channel)
  const until = letter.presentedOn?.add({ days: Number(kept.value) })
  if (until && Temporal.PlainDate.compare(on, until) >= 0) return
  throw new DomainError(
    'still_waiting',
    until
      ? `La lettre ${letter.reference} attend son destinataire jusqu’au ${dayFr(until)}.`
      : `La présentation de la lettre ${letter.reference} n’est pas enregistrée.`,
    {
      remedy: until ? 'Attendez son retour.' : 'Enregistrez d’abord la date de première présentation.',
      ...(kept.article === undefined ? {} : { article: kept.article }),
    },
  )
}

/** What a state means in law on the day it happened. */
export function meaningOf({ state, happenedOn }: Pick<PostalEvent, 'state' | 'happenedOn'>): PostalMeaning {
  const { value, article = null, doubt } = legalValue('recommande', happenedOn, state)
  return {
    text: value,
    article,
    doubts: doubt ? [{ code: doubt.code, message: 'Lecture à faire confirmer par un juriste.' }] : [],
  }
}

/** The follow-up of letters, by letter, in the order in which it was told. */
export async function postalEventsOf(sql: Sql, ids: string[]): Promise<Map<string, PostalEvent[]>> {
  const rows = await sql<PostalEvent[]>`
    select document_id, state, happened_on, recorded_on, recorded_by from postal_events
    where document_id = any(${ids}) order by rank`
  return Map.groupBy(rows, ({ documentId }) => documentId)
}
