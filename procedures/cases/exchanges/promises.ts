import { after, before, type Day, dayFr } from '../../../schema/days.ts'
import { type Sql, transaction } from '../../../schema/db.ts'
import { DomainError } from '../../../schema/errors.ts'
import { amount, amountFr } from '../../../schema/money.ts'
import { newId, type Random } from '../../../schema/random.ts'
import type { DebtorKind } from '../debtors.ts'
import { placeHold, releaseHold } from '../holds.ts'
import { type Author, record } from '../journal.ts'
import { acknowledged } from '../../judicial/titles/interruptions.ts'
import { lockCase, lockOpenCase } from '../lock.ts'
import { refuseStandstill } from '../standstill.ts'

export interface Instalment {
  dueOn: Day
  amount: bigint
}

/** The debtor promises a sum for a day: the case waits until the day after it. */
export async function recordPromise(
  sql: Sql,
  random: Random,
  onDay: Day,
  input: {
    caseId: string
    /** Where it was said before the day on which it is recorded. */
    promisedOn?: Day
    dueOn: Day
    amount: bigint
    means: string
    author: string
    channel: string
  },
  author: Author,
): Promise<string> {
  if (Temporal.PlainDate.compare(input.dueOn, onDay) < 0) {
    throw new DomainError('promise_in_past', `Une promesse ne peut porter sur le ${dayFr(input.dueOn)}, déjà passé.`, {
      remedy: 'Indiquez la date à laquelle le débiteur s’engage à payer.',
    })
  }
  if (input.amount <= 0n) {
    throw new DomainError(
      'bad_promise',
      `Une promesse porte sur un montant positif (reçu : ${amount(input.amount)}).`,
      {
        remedy: 'Indiquez la somme que le débiteur s’engage à payer.',
      },
    )
  }
  return transaction(sql, async (tx) => {
    await lockOpenCase(tx, input.caseId)
    await refuseStandstill(tx, onDay, input.caseId, 'Aucune promesse n’est reçue')
    const id = newId(random)
    await tx`
      insert into promises (id, case_id, promised_on, due_on, amount, means, author, channel, recorded_by)
      values (${id}, ${input.caseId}, ${input.promisedOn ?? onDay}, ${input.dueOn}, ${input.amount}, ${input.means}, ${input.author}, ${input.channel}, ${author})`
    await record(tx, onDay, {
      caseId: input.caseId,
      kind: 'promise_recorded',
      detail: { amount: amount(input.amount), dueOn: input.dueOn.toString() },
      author,
    })
    await placeHold(
      tx,
      random,
      onDay,
      {
        caseId: input.caseId,
        cause: 'promesse',
        reason: `Promesse de ${amountFr(input.amount)} pour le ${dayFr(input.dueOn)}`,
        reviewOn: input.dueOn.add({ days: 1 }),
      },
      author,
    )
    return id
  })
}

/** What a debtor signed, and how it reached the house. */
export interface Attestation {
  attestedOn: Day
  signedBy: string
  means: 'formulaire' | 'courriel'
  /** Hash of the signed paper, or of the e-mail. */
  original: string | null
}

/**
 * The debtor signed the promise, on the form or by an answer to the e-mail that bore it: it is attested, and acknowledges the debt
 * (C. civ. 2240). Refused for a promise that nobody confirmed in writing: there is nothing it would have signed.
 */
export async function attestPromise(
  sql: Sql,
  onDay: Day,
  input: Attestation & { caseId: string; promiseId: string },
  author: Author,
): Promise<void> {
  const { caseId, promiseId, attestedOn } = input
  await transaction(sql, async (tx) => {
    await lockOpenCase(tx, caseId)
    const [found] = await tx<{ confirmedOn: Day | null }[]>`
      select f.confirmed_on from promises p left join promise_confirmations f on f.promise_id = p.id
      where p.id = ${promiseId} and p.case_id = ${caseId}`
    const confirmedOn = found?.confirmedOn
    if (!confirmedOn || before(attestedOn, confirmedOn) || after(attestedOn, onDay)) {
      throw new DomainError(
        'promise_not_confirmed',
        'Aucune promesse confirmée par écrit ne peut avoir été signée ce jour-là.',
        {
          remedy: 'Vérifiez la promesse et la date de signature : le formulaire part d’abord, et revient signé.',
          article: 'C. civ. 1366',
        },
      )
    }
    await keepAttestation(tx, onDay, { of: 'promise', id: promiseId, ...input }, author)
  })
}

/**
 * The debtor signed the act of the plan: it is attested, and acknowledges the debt (C. civ. 2240). Without the signed act itself,
 * refused for a plan that was not told in writing by then.
 */
export async function attestPlan(
  sql: Sql,
  onDay: Day,
  input: Attestation & { caseId: string; planId: string },
  author: Author,
): Promise<void> {
  const { caseId, planId, attestedOn, original } = input
  await transaction(sql, async (tx) => {
    await lockOpenCase(tx, caseId)
    const [found] = await tx<{ toldOn: Day | null }[]>`
      select d.written_on as told_on from plans p left join documents d on d.id = p.document_id
      where p.id = ${planId} and p.case_id = ${caseId}`
    const toldOn = found?.toldOn ?? null
    const isProved = original !== null || (toldOn !== null && !before(attestedOn, toldOn))
    if (!found || !isProved || after(attestedOn, onDay)) {
      throw new DomainError('plan_not_signed', 'Aucun échéancier écrit ne peut avoir été signé ce jour-là.', {
        remedy: 'Vérifiez l’échéancier et la date de signature, ou joignez l’acte signé (uploadId).',
        article: 'C. civ. 1366',
      })
    }
    await keepAttestation(tx, onDay, { of: 'plan', id: planId, ...input }, author)
  })
}

const attested = {
  promise: {
    table: 'promise_attestations',
    key: 'promise_id',
    what: 'promesse signée',
    again: 'Cette promesse est déjà attestée.',
  },
  plan: {
    table: 'plan_attestations',
    key: 'plan_id',
    what: 'échéancier signé',
    again: 'Cet échéancier est déjà attesté.',
  },
} as const

/** Keeps what was signed, once, in the caller's transaction: from that day limitation starts anew. */
export async function keepAttestation(
  sql: Sql,
  onDay: Day,
  given: Omit<Attestation, 'means'> & {
    of: keyof typeof attested
    id: string
    caseId: string
    means: Attestation['means'] | 'sur-place'
  },
  author: Author,
): Promise<void> {
  const { of, id, caseId, attestedOn, signedBy, means, original } = given
  const { table, key, what, again } = attested[of]
  const [fresh] = await sql`
    insert into ${sql(table)} (${sql(key)}, attested_on, signed_by, means, original, recorded_on, recorded_by)
    values (${id}, ${attestedOn}, ${signedBy}, ${means}, ${original}, ${onDay}, ${author})
    on conflict do nothing returning 1`
  if (!fresh) {
    throw new DomainError('already_attested', again, { remedy: 'Consultez les engagements du dossier.' })
  }
  await record(sql, onDay, {
    caseId,
    kind: `${of}_attested`,
    detail: { [of]: id, on: attestedOn.toString(), by: signedBy, means, original },
    author,
  })
  const cause = `reconnaissance de dette (${what})`
  await acknowledged(sql, onDay, { caseId, on: attestedOn, cause, article: 'C. civ. 2240' })
}

/** A plan's rule on missed instalments, in days: reminded before, written to after, broken once the notice has run. */
export interface PlanRule {
  remindDays: number
  noticeDays: number
  graceDays: number
}

/**
 * Agrees a plan of instalments: the case waits while it is kept. It takes the place of an earlier plan. A consumer has fifteen days
 * to make good a missed instalment, others eight, unless agreed. It acknowledges the debt once the debtor has signed it (attestPlan);
 * what the debtor asked for in writing does so from its own day.
 */
export async function agreeInstalments(
  sql: Sql,
  random: Random,
  onDay: Day,
  input: { caseId: string; means: string; instalments: Instalment[]; rule?: Partial<PlanRule> },
  author: Author,
): Promise<string> {
  const days = input.instalments.map((line) => line.dueOn)
  if (days.length === 0 || days.some((day, i) => i > 0 && Temporal.PlainDate.compare(days[i - 1]!, day) >= 0)) {
    throw new DomainError('bad_plan', 'Un échéancier a au moins une échéance, et ses dates se suivent.', {
      remedy: 'Ordonnez les échéances, une par date.',
    })
  }
  if (input.instalments.some((line) => line.amount <= 0n)) {
    throw new DomainError('bad_plan', 'Chaque échéance d’un échéancier est d’un montant positif.', {
      remedy: 'Corrigez les montants.',
    })
  }
  if (
    Object.values(input.rule ?? {}).some((days) => !Number.isInteger(days) || days < 0 || days > 90) ||
    input.rule?.graceDays === 0
  ) {
    throw new DomainError(
      'bad_plan',
      'La règle d’un échéancier se compte en jours, de 0 à 90, et laisse au moins un jour pour régulariser.',
      {
        remedy: 'Corrigez les délais de rappel, d’avis et de régularisation.',
      },
    )
  }
  return transaction(sql, async (tx) => {
    await lockOpenCase(tx, input.caseId)
    await refuseStandstill(tx, onDay, input.caseId, 'Aucun échéancier n’est convenu')
    const id = newId(random)
    const [found] = await tx<{ kind: DebtorKind }[]>`
      select d.kind from cases c join debtors d on d.id = c.debtor_id where c.id = ${input.caseId}`
    const rule: PlanRule = {
      remindDays: 5,
      noticeDays: 2,
      graceDays: found?.kind === 'consumer' ? 15 : 8,
      ...input.rule,
    }
    await tx`update plans set broken_on = ${onDay} where case_id = ${input.caseId} and broken_on is null and kept_on is null`
    await tx`
      insert into plans (id, case_id, agreed_on, means, remind_days, notice_days, grace_days, recorded_by)
      values (${id}, ${input.caseId}, ${onDay}, ${input.means}, ${rule.remindDays}, ${rule.noticeDays}, ${rule.graceDays}, ${author})`
    await tx`insert into instalments ${tx(
      input.instalments.map((line, i) => ({ plan_id: id, rank: i + 1, due_on: line.dueOn, amount: line.amount })),
    )}`
    await record(tx, onDay, {
      caseId: input.caseId,
      kind: 'instalments_agreed',
      detail: {
        instalments: input.instalments.map((line) => ({ dueOn: line.dueOn.toString(), amount: amount(line.amount) })),
      },
      author,
    })
    await acknowledgedByRequest(tx, onDay, { caseId: input.caseId, planId: id })
    await placeHold(
      tx,
      random,
      onDay,
      {
        caseId: input.caseId,
        cause: 'echeancier',
        reason: `Échéancier de ${input.instalments.length} versements convenu le ${dayFr(onDay)}`,
        reviewOn: days.at(-1)!.add({ days: 1 }),
      },
      author,
    )
    return id
  })
}

/**
 * Instalments that the debtor asked for by its coupon, which this plan answers: a request for time acknowledges the debt
 * (C. civ. 2240). What somebody of the house was told is none.
 */
async function acknowledgedByRequest(sql: Sql, onDay: Day, of: { caseId: string; planId: string }): Promise<void> {
  const { caseId, planId } = of
  const [asked] = await sql<{ on: Day }[]>`
    select r.replied_on as on from replies r
    where r.case_id = ${caseId} and r.kind = 'instalments' and r.document_id is not null
      and not exists (select from plans p where p.case_id = r.case_id and p.id <> ${planId} and p.agreed_on >= r.replied_on)
    order by r.replied_on desc limit 1`
  if (!asked) return
  const cause = 'reconnaissance de dette (échéances demandées par écrit)'
  await acknowledged(sql, onDay, { caseId, on: asked.on, cause, article: 'C. civ. 2240' })
}

/** The plan is broken after its notice went unanswered: the case goes on where it stopped. */
export async function breakInstalments(
  sql: Sql,
  onDay: Day,
  input: { caseId: string; planId: string; reason: string },
  author: Author,
): Promise<void> {
  await transaction(sql, async (tx) => {
    await lockCase(tx, input.caseId)
    const broken = await tx`
      update plans set broken_on = ${onDay} where id = ${input.planId} and case_id = ${input.caseId} and broken_on is null and kept_on is null returning id`
    if (broken.length === 0) {
      throw new DomainError('no_live_plan', "Cet échéancier n'existe pas ou est déjà rompu.", {
        remedy: 'Consultez les échéanciers du dossier.',
      })
    }
    await record(tx, onDay, {
      caseId: input.caseId,
      kind: 'instalments_broken',
      detail: { reason: input.reason },
      author,
    })
    await releaseHold(tx, onDay, { caseId: input.caseId, cause: 'echeancier', reason: input.reason }, author)
  })
}
