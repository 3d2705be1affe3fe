import type { Facts } from '../../documents/facts.ts'
import { postalKey } from '../../documents/send/postal-address.ts'
import { letterOf, loadLibrary } from '../../letters/catalogue.ts'
import { kindOf } from '../../letters/letter.ts'
import { type Day, dayFr, daysBetween } from '../../schema/days.ts'
import { type Sql, transaction } from '../../schema/db.ts'
import { DomainError } from '../../schema/errors.ts'
import { newCode } from '../../schema/random.ts'
import type { Office } from '../office.ts'
import type { Address } from '../cases/agency.ts'
import { asking, contactsLately, nextContactDay } from '../cases/exchanges/contacts.ts'
import { type LetterOrder, type Recipient, writeLetter, type Written } from './correspondence.ts'
import { type CaseFile, readCase, type WrittenDocument } from '../cases/file/file.ts'
import { type Author, record } from '../cases/journal.ts'
import { lockOpenCase } from '../cases/lock.ts'
import { reachOf } from './reach.ts'

interface Failed {
  caseId: string
  recipient: Recipient
  channel: string
  state: string
  outcome: string | null
  address: Partial<Address> & { email?: string; phone?: string }
  facts: Facts
  hasCoupon: boolean
}

/**
 * Writes again a letter that did not arrive, to another address, or one that was withdrawn before it left: another document of the
 * day, which recalls the reference and date of the first, once, and only because a person asks. The first letter of CPCE R124-4 is
 * renewed with all its mentions.
 */
export async function resendLetter(
  office: Office,
  onDay: Day,
  input: { documentId: string; reason: string },
  author: Author,
): Promise<Written & { caseId: string }> {
  const reason = input.reason.trim()
  if (reason === '') {
    throw new DomainError('reason_missing', 'Un courrier se renvoie avec un motif.', {
      remedy: 'Dites pourquoi il n’est pas arrivé, et d’où vient la nouvelle adresse.',
    })
  }
  return transaction(office.sql, async (sql) => {
    const { caseId, ...sent } = await failedLetter(sql, input.documentId)
    const file = await readCase(sql, caseId)
    const letter = file.documents.find(({ id }) => id === input.documentId)!
    if (file.documents.some(({ resendOf }) => resendOf === letter.id)) throw alreadyResent(letter)
    refuseToday(file, letter, onDay)
    const order = orderOf(office, file, letter, sent, onDay, author)
    if (sent.state !== 'withdrawn') refuseSameAddress(file, sent, order.channel)
    const written = await writeLetter(office, sql, onDay, file, order)
    await sql`
      insert into resendings (document_id, of_id, reason, asked_on, asked_by)
      values (${written.id}, ${letter.id}, ${reason}, ${onDay}, ${author})`
    for (const joined of file.documents.filter(({ attachedTo }) => attachedTo === letter.id)) {
      const channel = joined.channel === letter.channel ? order.channel : (joined.channel as LetterOrder['channel'])
      const enclosed = { ...order, letter: joined.letter, channel, attachedTo: written.id }
      await writeLetter(office, sql, onDay, await readCase(sql, caseId), enclosed)
    }
    const detail = { reference: written.reference, of: letter.reference, reason }
    await record(sql, onDay, { caseId, kind: 'letter_resent', detail, author })
    return { ...written, caseId }
  })
}

/** Its case is taken before anything is read of it: another resending, or the post, may be writing about the same letter. */
async function failedLetter(sql: Sql, documentId: string): Promise<Failed> {
  const [letter] = await sql<{ caseId: string }[]>`select case_id from documents where id = ${documentId}`
  if (letter) await lockOpenCase(sql, letter.caseId)
  const [found] = await sql<Failed[]>`
    select d.case_id, d.recipient, d.channel, o.state, o.outcome, o.address, d.facts,
           exists (select from coupons k where k.document_id = d.id) as has_coupon
    from documents d join dispatches o on o.document_id = d.id
    where d.id = ${documentId} and d.attached_to is null and d.recipient in ('debiteur', 'creancier')`
  const neverLeft = found?.state === 'failed' || found?.state === 'withdrawn'
  if (found && (neverLeft || found.outcome === 'bounced' || found.outcome === 'unknown_address')) return found
  throw new DomainError('letter_not_failed', 'Ce courrier n’est pas revenu, et n’a pas été refusé par son canal.', {
    remedy:
      'Seul un courrier revenu (inconnu à l’adresse, courriel rejeté) ou retiré avant son envoi se renvoie\u00a0; non réclamé ou refusé, il a produit son effet.',
  })
}

/** The same letter with the time it gave counted from today; what the case says of itself is read anew. */
function orderOf(
  office: Office,
  file: CaseFile,
  letter: WrittenDocument,
  sent: Omit<Failed, 'caseId'>,
  onDay: Day,
  author: Author,
): LetterOrder {
  const { delaiJours, dateLimite, piecesJointes } = sent.facts as Facts & Record<string, unknown>
  const days = letter.answerBy && daysBetween(letter.writtenOn, letter.answerBy)
  return {
    letter: letter.letter,
    channel: channelOf(file, letter, sent.recipient),
    recipient: sent.recipient,
    renews: letter,
    author,
    facts: {
      ...saidThen(letter, sent.facts),
      ...(delaiJours === undefined ? {} : { delaiJours }),
      ...(dateLimite === undefined || days === null ? {} : { dateLimite: { date: onDay.add({ days }).toString() } }),
      ...(piecesJointes === undefined ? {} : { piecesJointes }),
    } as Partial<Facts>,
    ...(sent.hasCoupon ? { coupon: newCode(office.random) } : {}),
  }
}

/** Of the case, and not of what the letter answers: read anew. */
const ofToday = new Set(['premiereLettre', 'factures', 'totaux', 'historiquePaiements', 'paiementsRecus', 'mediation'])

/** What a letter beside the timeline answers or confirms, as it was told then: the case may have other disputes or promises since. */
function saidThen({ letter, stepId }: WrittenDocument, facts: Facts): Partial<Facts> {
  if (stepId !== null) return {}
  const kept = letterOf(loadLibrary(), letter).donnees.filter((key) => !ofToday.has(key))
  return Object.fromEntries(Object.entries(facts).filter(([key]) => kept.includes(key)))
}

/** By the way it went; a message whose address is dead goes on paper, and a letter by e-mail where only that is known. */
function channelOf(file: CaseFile, letter: WrittenDocument, recipient: Recipient): LetterOrder['channel'] {
  const channel = letter.channel as LetterOrder['channel']
  if (channel !== 'email' && channel !== 'lettre') return channel
  const reach = reachOf(file, recipient as 'debiteur' | 'creancier')
  const { canaux } = letterOf(loadLibrary(), letter.letter)
  return channel === 'email' && reach === 'lettre' && canaux.includes('lettre') ? 'lettre' : channel
}

/** Where it would go is not where it came back from, even if nothing marked that address. */
function refuseSameAddress({ debtor, creditor }: CaseFile, sent: Omit<Failed, 'caseId'>, channel: string): void {
  const ofDebtor = sent.recipient === 'debiteur'
  const email = ofDebtor ? debtor.email : creditor.identity.contact?.email
  const address = ofDebtor ? debtor.address : creditor.identity.address
  const was = sent.address
  const isSame =
    channel === 'email' || channel === 'lre'
      ? email?.trim().toLowerCase() === was.email?.trim().toLowerCase()
      : channel === 'sms'
        ? debtor.phone === was.phone
        : address != null && was.lines !== undefined && postalKey(address) === postalKey(was as Address)
  if (!isSame) return
  throw new DomainError('same_address', 'L’adresse est celle d’où ce courrier est revenu.', {
    remedy: 'Trouvez une autre adresse et validez-la (validateAddress), puis renvoyez le courrier.',
  })
}

/** What asks something of a debtor waits for the case to go on, and counts among the week's approaches. */
function refuseToday(file: CaseFile, letter: WrittenDocument, onDay: Day): void {
  if (letter.recipient !== 'debiteur' || !asking.has(kindOf(letterOf(loadLibrary(), letter.letter)))) return
  const held = file.holds.find(({ releasedOn, cause }) => releasedOn === null && cause !== 'decision')
  if (held) {
    throw new DomainError('case_held', `Le dossier est suspendu\u00a0: ${held.reason}`, {
      remedy: 'Attendez la fin de cette suspension, ou réglez d’abord ce qui l’a causée.',
      facts: { cause: held.cause },
    })
  }
  const { on, why } = nextContactDay(contactsLately(file, onDay), 'ecrit', onDay)
  if (why === null) return
  throw new DomainError('too_many_approaches', why, {
    remedy: `Renvoyez ce courrier le ${dayFr(on)}.`,
    facts: { on: on.toString() },
  })
}

const alreadyResent = ({ reference }: WrittenDocument): DomainError =>
  new DomainError('already_resent', `Le courrier ${reference} a déjà été renvoyé.`, {
    remedy: 'Si le second est revenu lui aussi, c’est lui qui se renvoie.',
  })
