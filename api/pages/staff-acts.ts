import { validateAddress } from '../../procedures/mail/addresses.ts'
import { settleCreditorAccount } from '../../procedures/cases/creditor-corrections.ts'
import { recordCall, type Told } from '../../procedures/cases/exchanges/calls.ts'
import { resolveDispute } from '../../procedures/cases/exchanges/disputes.ts'
import { retryFollowUp } from '../../procedures/mail/follow-up-queue.ts'
import { settleSending } from '../../procedures/mail/post.ts'
import { type postalStates, recordPostalState } from '../../procedures/mail/registered.ts'
import { settleReply } from '../../procedures/cases/exchanges/replies.ts'
import { resendLetter } from '../../procedures/mail/resend.ts'
import type { Office } from '../../procedures/office.ts'
import { DomainError } from '../../schema/errors.ts'
import { type Act, may } from '../auth.ts'
import { timeOf } from '../graphql/calls.ts'
import { requireCase } from '../graphql/cases.ts'
import { type Context, forbidden } from '../context.ts'
import { requireDocument } from '../graphql/documents.ts'
import { nodeId } from '../nodes.ts'
import { rowId } from '../graphql/values.ts'
import { onceByForm } from './staff-confirm.ts'
import { typedAddress } from './typed-address.ts'
import { requiredAmount, requiredDay, requiredText, textOf, type Typed } from './typed.ts'

interface Gesture {
  /** The mutation of the API that it is: who may do it is written there alone. */
  act: Act
  run(ctx: Context, office: Office, typed: Typed, author: string): Promise<unknown>
}

export const callOutcomes = {
  'sans-reponse': 'Sans réponse',
  message: 'Message laissé',
  'a-rappeler': 'À rappeler',
  'sans-engagement': 'Joint, aucun engagement',
  promesse: 'Promet de payer',
  echeancier: 'Propose de payer en plusieurs fois',
  contestation: 'Conteste',
} as const
export const disputeOutcomes = {
  maintained: 'La créance est maintenue',
  credited: 'Un avoir est accordé',
  dropped: 'Le débiteur y renonce',
} as const
const accountAnswers = { confirmer: 'Confirmer ce compte', refuser: 'Refuser ce compte' } as const
export const postalWords = {
  deposited: 'Déposée',
  presented: 'Présentée',
  delivered: 'Distribuée',
  refused: 'Refusée',
  unclaimed: 'Non réclamée',
  unknown_address: 'Inconnu à l’adresse',
} as const satisfies Record<(typeof postalStates)[number], string>

/** One of the choices of a form; what it never offered is refused. */
function choiceOf<Choice extends string>(typed: Typed, name: string, choices: Record<Choice, string>): Choice {
  const given = typed[name] ?? ''
  if (Object.hasOwn(choices, given)) return given as Choice
  throw new DomainError('bad_reply', 'Aucune des réponses proposées n’est choisie.', {
    remedy: 'Choisissez-en une, puis envoyez de nouveau.',
  })
}

const ofCase = async (ctx: Context, office: Office, typed: Typed) =>
  (await requireCase(ctx, typed['dossier'] ?? '', office.sql)).id
const ofDocument = async (ctx: Context, office: Office, typed: Typed) =>
  (await requireDocument(ctx, typed['objet'] ?? '', office.sql)).id

/** The step of the timeline that the call answers, by its script. */
async function stepOf(ctx: Context, office: Office, typed: Typed): Promise<{ stepKey?: string }> {
  if (!typed['script']) return {}
  const { id } = await requireDocument(ctx, typed['script'], office.sql)
  const [step] = await office.sql<{ key: string }[]>`
    select s.key from documents d join steps s on s.id = d.step_id where d.id = ${id} and d.channel = 'appel'`
  return step ? { stepKey: step.key } : {}
}

const acts = {
  promise: 'recordPromise',
  dispute: 'recordDispute',
  instalments: 'recordCouponReply',
} as const satisfies Record<Told['kind'], Act>

/** What the debtor said, as the act that it is. What was typed for another outcome than the one chosen is told, never dropped. */
function toldOf(typed: Typed, outcome: keyof typeof callOutcomes): Told | null {
  const isTyped = (...names: string[]) => names.some((name) => textOf(typed, name) !== '')
  const other =
    outcome !== 'promesse' && isTyped('promisLe', 'promis')
      ? 'Une promesse'
      : outcome !== 'contestation' && isTyped('motif', 'conteste')
        ? 'Une contestation'
        : outcome !== 'echeancier' && isTyped('mensualite', 'premierLe')
          ? 'Une proposition de mensualités'
          : null
  if (other) {
    throw new DomainError('bad_reply', `${other} est remplie, et l’issue choisie est autre.`, {
      remedy: 'Choisissez cette issue, ou videz ce qui s’y rapporte.',
    })
  }
  if (outcome === 'promesse')
    return {
      kind: 'promise',
      dueOn: requiredDay(typed, 'promisLe', 'le jour promis'),
      amount: requiredAmount(typed, 'promis', 'la somme promise'),
      means: requiredText(typed, 'moyen', 'le moyen de paiement', 60),
    }
  if (outcome === 'echeancier')
    return {
      kind: 'instalments',
      monthly: requiredAmount(typed, 'mensualite', 'la mensualité proposée'),
      firstOn: requiredDay(typed, 'premierLe', 'le jour du premier versement'),
    }
  if (outcome !== 'contestation') return null
  const contested = textOf(typed, 'conteste') ? requiredAmount(typed, 'conteste', 'le montant contesté') : null
  if (contested !== null && contested <= 0n) {
    throw new DomainError('bad_reply', 'Le montant contesté doit être positif.', {
      remedy: 'Laissez la case vide si tout est contesté.',
    })
  }
  return { kind: 'dispute', ground: requiredText(typed, 'motif', 'ce qu’il conteste, et pourquoi', 2000), contested }
}

/** What a day's work does on the board, each the same act as the API's mutation of that name. */
export const gestures: Record<string, Gesture> = {
  appel: {
    act: 'recordCall',
    async run(ctx, office, typed, author) {
      const outcome = choiceOf(typed, 'issue', callOutcomes)
      const told = toldOf(typed, outcome)
      if (told && !may(ctx.viewer, acts[told.kind])) throw forbidden(ctx.viewer!.role)
      const call = {
        caseId: await ofCase(ctx, office, typed),
        calledAt: timeOf(textOf(typed, 'heure', 5) || null),
        direction: typed['sens'] === 'incoming' ? ('incoming' as const) : ('outgoing' as const),
        person: textOf(typed, 'personne', 120) || null,
        outcome,
        summary: requiredText(typed, 'resume', 'le résumé de l’appel', 2000),
        ...(await stepOf(ctx, office, typed)),
        ...(told ? { told } : {}),
      }
      await recordCall(office.sql, office.random, ctx.day, call, author)
    },
  },
  envoi: {
    act: 'settleSending',
    async run(ctx, office, typed, author) {
      const documentId = await ofDocument(ctx, office, typed)
      const sentOn = typed['geste'] === 'parti' ? requiredDay(typed, 'date', 'le jour de l’envoi') : null
      const reason = requiredText(typed, 'motif', 'comment vous le savez', 500)
      await settleSending(office.sql, ctx.day, { documentId, sentOn, reason }, author)
    },
  },
  renvoi: {
    act: 'resendLetter',
    async run(ctx, office, typed, author) {
      const documentId = await ofDocument(ctx, office, typed)
      await resendLetter(office, ctx.day, { documentId, reason: requiredText(typed, 'motif', 'le motif', 500) }, author)
    },
  },
  suivi: {
    act: 'recordPostalState',
    async run(ctx, office, typed, author) {
      const told = {
        documentId: await ofDocument(ctx, office, typed),
        state: choiceOf(typed, 'etat', postalWords),
        on: requiredDay(typed, 'date', 'le jour donné par la Poste'),
        registeredNumber: textOf(typed, 'numero', 40) || null,
      }
      await recordPostalState(office.sql, office.random, ctx.day, told, author)
    },
  },
  adresse: {
    act: 'validateAddress',
    async run(ctx, office, typed, author) {
      const found = {
        caseId: await ofCase(ctx, office, typed),
        address: textOf(typed, 'rue', 300) ? typedAddress(typed) : null,
        email: textOf(typed, 'courriel', 150) || null,
        phone: textOf(typed, 'telephone', 30) || null,
        source: requiredText(typed, 'source', 'd’où vient cette adresse', 200),
      }
      await validateAddress(office.sql, ctx.day, found, author)
    },
  },
  contestation: {
    act: 'resolveDispute',
    async run(ctx, office, typed, author) {
      const answered = {
        caseId: await ofCase(ctx, office, typed),
        disputeId: rowId('Dispute', typed['objet'] ?? ''),
        outcome: choiceOf(typed, 'issue', disputeOutcomes),
        answer: requiredText(typed, 'reponse', 'la réponse au débiteur', 4000),
      }
      await resolveDispute(office.sql, ctx.day, answered, author)
    },
  },
  reponse: {
    act: 'settleReply',
    async run(ctx, office, typed, author) {
      const settled = {
        caseId: await ofCase(ctx, office, typed),
        replyId: rowId('CouponReply', typed['objet'] ?? ''),
        how: requiredText(typed, 'comment', 'ce qui a été fait', 1000),
      }
      await settleReply(office.sql, ctx.day, settled, author)
    },
  },
  courrier: {
    act: 'retryFollowUp',
    async run(ctx, office, typed, author) {
      const refused = { caseId: await ofCase(ctx, office, typed), about: nodeId(typed['objet'] ?? '') }
      await retryFollowUp(office.sql, ctx.day, refused, author)
    },
  },
  compte: {
    act: 'settleCreditorAccount',
    async run(ctx, office, typed, author) {
      const settled = {
        correctionId: nodeId(typed['objet'] ?? ''),
        isTaken: choiceOf(typed, 'geste', accountAnswers) === 'confirmer',
        checkedHow: requiredText(typed, 'comment', 'comment il a été vérifié, ou pourquoi il est refusé', 1000),
      }
      await settleCreditorAccount(office, ctx.day, settled, author)
    },
  },
}

/** Does one, once: the key of the form makes of a double click a single act. */
export async function doGesture(ctx: Context, name: string, typed: Typed): Promise<void> {
  const gesture = gestures[name]
  if (!gesture) {
    throw new DomainError('not_found', 'Ce geste n’existe pas.', { remedy: 'Revenez au tableau du jour.' })
  }
  if (!may(ctx.viewer, gesture.act)) throw forbidden(ctx.viewer!.role)
  await onceByForm(ctx, gesture.act, typed, async (office, author) => {
    await gesture.run(ctx, office, typed, author)
    return {}
  })
}
