import { after, before, type Day, dayFr } from '../../schema/days.ts'
import { type Sql, transaction } from '../../schema/db.ts'
import { DomainError } from '../../schema/errors.ts'
import { amount, amountFr, parseCurrency } from '../../schema/money.ts'
import { newId, type Random } from '../../schema/random.ts'
import { livePlan } from '../cases/exchanges/plans.ts'
import { type CaseFile, readCase } from '../cases/file/file.ts'
import { placeHold, releaseHold } from '../cases/holds.ts'
import { type Author, record } from '../cases/journal.ts'
import { lockCase, lockOpenCase } from '../cases/lock.ts'
import { refuseStandstill } from '../cases/standstill.ts'
import { queueFollowUp } from '../mail/follow-up-queue.ts'
import { owedOn, titleOf } from './ledger.ts'
import { pendingRemission, standingOf } from './remission.ts'
import { standingPayments } from './standing-payments.ts'

/** What was received on the last day is known days later, and a reminder sent meanwhile would be false. A rule of the house. */
const bankDays = 5

export interface RemissionInput {
  caseId: string
  /** Cents of the case's currency: what the debtor is to pay, in place of all it owes. */
  amount: bigint
  payBy: Day
  /** The creditor's agreement in writing: its day, and who signed it. */
  agreedOn: Day
  agreedBy: string
}

/**
 * The creditor gives up what goes beyond `amount` if that much is received by `payBy` (remise de dette, C. civ. 1350). The debtor is
 * told in writing, the case waits until payments of the last day are known, and what the creditor was asked to sign for no longer stands. Once it is
 * paid in time the ledger counts nothing more; otherwise everything stays owed. DomainErrors: `bad_remission`,
 * `remission_pending`, `remission_without_object`, `remission_and_plan`, `remission_beside_title`, `remission_and_payment`.
 */
export async function recordRemission(
  sql: Sql,
  random: Random,
  onDay: Day,
  input: RemissionInput,
  author: Author,
): Promise<string> {
  const { caseId, payBy, agreedOn } = input
  const agreedBy = input.agreedBy.trim()
  if (input.amount <= 0n || before(payBy, onDay) || after(agreedOn, onDay) || agreedBy === '') {
    throw new DomainError(
      'bad_remission',
      'Une remise a une somme à payer, un dernier jour à venir, et l’accord écrit du créancier, déjà donné.',
      {
        remedy: 'Donnez la somme, le jour limite, le jour de l’accord et son signataire.',
        article: 'C. civ. 1350',
      },
    )
  }
  return transaction(sql, async (tx) => {
    await lockOpenCase(tx, caseId)
    await refuseStandstill(tx, onDay, caseId, 'Aucune remise n’est convenue')
    const file = await readCase(tx, caseId)
    refuseUnclear(file, onDay, input)
    const id = newId(random)
    await tx`
      insert into remissions (id, case_id, amount, pay_by, agreed_on, agreed_by, recorded_on, recorded_by)
      values (${id}, ${caseId}, ${input.amount}, ${payBy}, ${agreedOn}, ${agreedBy}, ${onDay}, ${author})`
    const detail = {
      remission: id,
      amount: amount(input.amount),
      payBy: payBy.toString(),
      agreedOn: agreedOn.toString(),
    }
    await record(tx, onDay, { caseId, kind: 'remission_recorded', detail, author })
    const asked = amountFr(input.amount, parseCurrency(file.case.currency))
    await placeHold(
      tx,
      random,
      onDay,
      {
        caseId,
        cause: 'remise',
        reason: `Remise convenue\u00a0: ${asked} pour solde au plus tard le ${dayFr(payBy)}`,
        reviewOn: payBy.add({ days: bankDays }),
      },
      author,
    )
    await queueFollowUp(tx, onDay, { remission: id })
    return id
  })
}

/** An offer of which nobody could say what it leaves, or which the debtor could not tell from another. */
function refuseUnclear(file: CaseFile, onDay: Day, { amount: asked, agreedOn }: RemissionInput): void {
  if (pendingRemission(file, onDay)) {
    throw new DomainError('remission_pending', 'Une remise attend déjà son paiement.', {
      remedy: 'Attendez son dernier jour, ou retirez-la (withdrawRemission) en le disant au débiteur.',
    })
  }
  if (livePlan(file)) {
    throw new DomainError(
      'remission_and_plan',
      'Un échéancier est en cours\u00a0: ses versements et la remise se confondraient.',
      {
        remedy: 'Convenez d’un nouvel échéancier, ou attendez la fin de celui-ci.',
      },
    )
  }
  if (standingPayments(file, onDay).some(({ receivedOn }) => !before(receivedOn, agreedOn))) {
    throw new DomainError(
      'remission_and_payment',
      `Un règlement est arrivé depuis l’accord du ${dayFr(agreedOn)}\u00a0: rien ne dit s’il compte dans la somme convenue.`,
      {
        remedy:
          'Faites confirmer l’accord du créancier, à une date postérieure à ce règlement, sur ce qui reste à payer.',
      },
    )
  }
  const title = titleOf(file, onDay)
  if (title && file.invoices.some(({ issuedOn }) => after(issuedOn, title.on))) {
    throw new DomainError(
      'remission_beside_title',
      'Le dossier a un titre et des factures plus récentes\u00a0: une remise ne dirait pas ce qu’elle éteint.',
      { remedy: 'Convenez-en par un protocole, et enregistrez ce qui est abandonné par un avoir.' },
    )
  }
  const total = owedUnder(file, agreedOn, onDay)
  if (asked < total) return
  const currency = parseCurrency(file.case.currency)
  throw new DomainError(
    'remission_without_object',
    `Il n’y a rien à remettre\u00a0: ${amountFr(asked, currency)} sont demandés, et ${amountFr(total, currency)} sont dus.`,
    { remedy: 'Demandez moins que ce qui est dû\u00a0; un paiement complet ne demande pas de remise.' },
  )
}

/** What is owed that day of the invoices that an agreement of `agreedOn` covers: those issued since are another debt. */
export const owedUnder = (file: CaseFile, agreedOn: Day, onDay: Day): bigint =>
  owedOn({ ...file, invoices: file.invoices.filter(({ issuedOn }) => !after(issuedOn, agreedOn)) }, onDay).total

/**
 * Takes back a remission entered wrongly, while nothing has met it: the case goes on from that day. One that the debtor was told of binds
 * until its day (C. civ. 1116): it is taken back with the debtor's agreement, or told to the debtor as an error. DomainErrors:
 * `remission_not_found`, `remission_met`.
 */
export async function withdrawRemission(
  sql: Sql,
  onDay: Day,
  { remissionId, reason }: { remissionId: string; reason: string },
  author: Author,
): Promise<{ caseId: string }> {
  const why = reason.trim()
  return transaction(sql, async (tx) => {
    const [known] = await tx<{ caseId: string }[]>`select case_id from remissions where id = ${remissionId}`
    if (known) await lockCase(tx, known.caseId)
    const file = known && (await readCase(tx, known.caseId))
    const found = file?.remissions.find(({ id }) => id === remissionId)
    if (!found || why === '') {
      throw new DomainError(
        'remission_not_found',
        'Cette remise n’existe pas, est déjà retirée, ou son retrait n’a pas de motif.',
        {
          remedy: 'Relisez les remises du dossier (remissions), et dites pourquoi celle-ci est retirée.',
        },
      )
    }
    if (standingOf(found, file!, onDay).state === 'met') {
      throw new DomainError('remission_met', 'Cette remise est acquise au débiteur, qui a payé dans le délai.', {
        remedy: 'Si ce paiement est revenu impayé, enregistrez son rejet (rejectPayment).',
        article: 'C. civ. 1350',
      })
    }
    const { caseId } = known!
    await tx`update remissions set withdrawn_on = ${onDay}, withdrawn_why = ${why} where id = ${remissionId}`
    await record(tx, onDay, {
      caseId,
      kind: 'remission_withdrawn',
      detail: { remission: remissionId, reason: why },
      author,
    })
    const isHeld = file!.holds.some(({ cause, releasedOn }) => cause === 'remise' && releasedOn === null)
    if (isHeld)
      await releaseHold(tx, onDay, { caseId, cause: 'remise', reason: `Remise retirée\u00a0: ${why}` }, author)
    return { caseId }
  })
}
