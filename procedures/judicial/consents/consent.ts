import { type Day, dayFr } from '../../../schema/days.ts'
import { json, type Sql, transaction } from '../../../schema/db.ts'
import { DomainError } from '../../../schema/errors.ts'
import { type Author, record } from '../../cases/journal.ts'
import { lockCase } from '../../cases/lock.ts'
import { endUnfiledConsents } from './consent-ends.ts'
import { readGivenTitle } from '../titles/given-title.ts'
import { recountAfter } from '../titles/interruptions.ts'
import { type ConsentRequest, readConsentRequest } from './consent-requests.ts'

/** What became of a request: null wherever nobody answered, or nothing ended it. */
export interface ConsentOutcome {
  decision: 'given' | 'refused' | null
  decidedOn: Day | null
  signedBy: string | null
  capacity: string | null
  endedOn: Day | null
  endedWhy: string | null
}

export interface Signature {
  requestId: string
  /** The hash the creditor read: it must be the one of the request. */
  contentSha256: string
  signedBy: string
  capacity: string
  /** Who was authenticated, how, from where. */
  evidence: Record<string, string>
  /** Given by the caller where it is a creditor: another's request is refused. */
  creditorId?: string
  /** Who was signed in: the author in the journal, whatever name was typed; the signatory where nobody was. */
  author?: string
}

export async function giveConsent(
  sql: Sql,
  onDay: Day,
  signature: Signature,
): Promise<{ proof: Record<string, unknown> }> {
  return decide(sql, onDay, signature, 'given')
}

export async function refuseConsent(
  sql: Sql,
  onDay: Day,
  signature: Signature,
): Promise<{ proof: Record<string, unknown> }> {
  return decide(sql, onDay, signature, 'refused')
}

async function decide(
  sql: Sql,
  onDay: Day,
  signature: Signature,
  decision: 'given' | 'refused',
): Promise<{ proof: Record<string, unknown> }> {
  return transaction(sql, async (tx) => {
    const request = await readConsentRequest(tx, signature.requestId, signature.creditorId)
    await lockCase(tx, request.caseId)
    await refuseUndecidable(tx, onDay, request, signature)
    const proof = {
      decision,
      request: request.id,
      statement: request.statement,
      contentSha256: request.contentSha256,
      signedPdfSha256: request.pdf,
      signedBy: signature.signedBy,
      capacity: signature.capacity,
      decidedOn: onDay.toString(),
      evidence: signature.evidence,
    }
    await tx`
      insert into consents (request_id, decision, decided_on, signed_by, capacity, content_sha256, proof)
      values (${request.id}, ${decision}, ${onDay}, ${signature.signedBy}, ${signature.capacity}, ${request.contentSha256}, ${json(tx, proof)})`
    await record(tx, onDay, {
      caseId: request.caseId,
      kind: `consent_${decision}`,
      detail: {
        request: request.id,
        signedBy: signature.signedBy,
        capacity: signature.capacity,
        contentSha256: request.contentSha256,
      },
      author: signature.author ?? signature.signedBy,
    })
    if (decision === 'given' && readGivenTitle(request.caseId, request.facts['titre']) !== null) {
      const reason = 'Les sommes d’un titre obtenu ailleurs comptent depuis cet accord.'
      const which = { spared: [request.procedure] }
      await endUnfiledConsents(tx, onDay, request.caseId, reason, 'system', which)
    }
    if (decision === 'given') await recountAfter(tx, onDay, request.caseId, 'system')
    return { proof }
  })
}

const remedy = 'Demandez à votre gestionnaire une nouvelle demande d’accord.'

/** A request that still waits for its answer. DomainErrors `consent_already_decided`, `consent_void`, `consent_expired`. */
export async function requireAwaited(sql: Sql, onDay: Day, request: ConsentRequest): Promise<void> {
  const [decided] = await sql<
    { decision: string; decidedOn: Day }[]
  >`select decision, decided_on from consents where request_id = ${request.id}`
  if (decided) {
    throw new DomainError(
      'consent_already_decided',
      `Vous avez déjà répondu à cette demande le ${dayFr(decided.decidedOn)}.`,
      {
        remedy: 'Pour revenir sur un accord non encore suivi d’un dépôt, retirez-le (withdrawConsent).',
      },
    )
  }
  const [ended] = await sql<{ reason: string }[]>`select reason from consent_ends where request_id = ${request.id}`
  if (ended) throw new DomainError('consent_void', `Cette demande n'est plus valable : ${ended.reason}`, { remedy })
  if (Temporal.PlainDate.compare(onDay, request.expiresOn) > 0) {
    throw new DomainError('consent_expired', `Cette demande a expiré le ${dayFr(request.expiresOn)}.`, { remedy })
  }
}

async function refuseUndecidable(sql: Sql, onDay: Day, request: ConsentRequest, signature: Signature): Promise<void> {
  await requireAwaited(sql, onDay, request)
  if (signature.contentSha256 !== request.contentSha256) {
    throw new DomainError(
      'consent_hash_mismatch',
      "Le dossier que vous avez lu n'est pas celui qui est soumis à votre accord.",
      {
        remedy: 'Rechargez la demande, relisez le dossier et signez de nouveau.',
        facts: { expected: request.contentSha256 },
      },
    )
  }
  if (signature.signedBy.trim() === '' || signature.capacity.trim() === '') {
    throw new DomainError('consent_without_signatory', 'Le nom et la qualité du signataire sont nécessaires.', {
      remedy: 'Indiquez qui signe et à quel titre.',
    })
  }
}

/** The creditor changes its mind: nothing judicial may follow from that day on. */
export async function withdrawConsent(
  sql: Sql,
  onDay: Day,
  input: { requestId: string; reason: string; creditorId?: string },
  author: Author,
): Promise<void> {
  await transaction(sql, async (tx) => {
    const request = await readConsentRequest(tx, input.requestId, input.creditorId)
    await lockCase(tx, request.caseId)
    const ended = await tx`
      insert into consent_ends (request_id, ended_on, cause, reason, ended_by)
      values (${request.id}, ${onDay}, 'withdrawn', ${input.reason}, ${author})
      on conflict do nothing returning request_id`
    if (ended.length === 0) {
      throw new DomainError('consent_void', "Cet accord n'est déjà plus en vigueur.", {
        remedy: 'Aucune action n’est nécessaire.',
      })
    }
    await record(tx, onDay, {
      caseId: request.caseId,
      kind: 'consent_withdrawn',
      detail: { request: request.id, reason: input.reason },
      author,
    })
  })
}
