import type { Facts } from '../../documents/facts.ts'
import { before, type Day, dayFr } from '../../schema/days.ts'
import { json, type Sql, transaction } from '../../schema/db.ts'
import { DomainError } from '../../schema/errors.ts'
import { amount, parseAmount, sum } from '../../schema/money.ts'
import { newId } from '../../schema/random.ts'
import type { Office } from '../office.ts'
import { writeLetter } from '../mail/correspondence.ts'
import { type CaseFile, readCase } from '../cases/file/file.ts'
import { type Author, record } from '../cases/journal.ts'
import { owedOn } from './ledger.ts'
import { caseGone } from '../cases/lock.ts'
import { livePlan } from '../cases/exchanges/plans.ts'

/** The certificate that a claim will not be paid: a piece of evidence for CGI 272-1, given once and free. Cents. */
export interface Irrecoverability {
  certifiedOn: Day
  reason: string
  exhibits: string[]
  unpaid: bigint
  documentId: string
  sha256: string
}

/**
 * Certifies to the creditor that what is left will not be paid, with the reason and what shows it. Refused while anything
 * may still bring a payment: a step of the timeline, a plan, a promise, a dispute, a consent, a procedure. DomainErrors:
 * `still_live`, `nothing_unpaid`, `already_certified`, `vat_unknown`.
 */
export async function certifyIrrecoverable(
  office: Office,
  onDay: Day,
  input: { caseId: string; reason: string; exhibits: string[]; vat?: { net: bigint; tax: bigint } },
  author: Author,
): Promise<Irrecoverability> {
  const { caseId } = input
  const reason = input.reason.trim().replace(/\.+$/, '')
  if (reason === '') {
    throw new DomainError(
      'reason_missing',
      'Un certificat d’irrécouvrabilité dit pourquoi la créance ne sera pas payée.',
      {
        remedy: 'Indiquez le motif : liquidation sans actif, débiteur disparu, poursuites restées vaines…',
        article: 'CGI 272-1',
      },
    )
  }
  return transaction(office.sql, async (sql) => {
    const [found] = await sql`select 1 from cases where id = ${caseId} for update`
    if (!found) throw caseGone(caseId)
    const [known] = await sql`select 1 from irrecoverabilities where case_id = ${caseId}`
    if (known) {
      throw new DomainError('already_certified', 'Un certificat a déjà été délivré pour ce dossier.', {
        remedy: 'Consultez le dossier : il y est joint.',
      })
    }
    const file = await readCase(sql, caseId)
    const unpaid = unpaidOn(file, onDay)
    await refuseWhileLive(sql, file, onDay)
    const written = await writeLetter(office, sql, onDay, file, {
      letter: 'cloture-certificat-irrecouvrabilite',
      // It has no e-mail form: on paper, or kept in the case to be handed over.
      channel: file.creditor.identity.address?.city ? 'lettre' : 'acte-prive',
      recipient: 'creancier',
      facts: {
        tva: vatOf(file, input.vat),
        motifCloture: {
          motif: reason,
          ...(input.exhibits.length > 0 ? { pieces: input.exhibits } : {}),
          date: onDay.toString(),
        },
      } as Partial<Facts>,
      author,
    })
    await sql`
      insert into irrecoverabilities (id, case_id, certified_on, reason, exhibits, unpaid, document_id, certified_by)
      values (${newId(office.random)}, ${caseId}, ${onDay}, ${reason}, ${json(sql, input.exhibits)}, ${unpaid}, ${written.id}, ${author})`
    await record(sql, onDay, {
      caseId,
      kind: 'irrecoverability_certified',
      detail: { reason, unpaid: amount(unpaid), reference: written.reference, sha256: written.sha256 },
      author,
    })
    return {
      certifiedOn: onDay,
      reason,
      exhibits: input.exhibits,
      unpaid,
      documentId: written.id,
      sha256: written.sha256,
    }
  })
}

/** The principal that is left, of invoices that lapsed too. DomainError `nothing_unpaid`. */
function unpaidOn(file: CaseFile, onDay: Day): bigint {
  const { principal, barred } = owedOn(file, onDay)
  const unpaid = principal + sum(barred.map((invoice) => invoice.principal))
  if (unpaid > 0n) return unpaid
  throw new DomainError('nothing_unpaid', 'Aucun principal ne reste impayé dans ce dossier.', {
    remedy: 'Clôturez le dossier comme payé.',
  })
}

async function refuseWhileLive(sql: Sql, file: CaseFile, onDay: Day): Promise<void> {
  // Closing a case is a decision of its own: it has left out every step to come.
  const live =
    file.case.closedOn !== null ? [] : [...amicable(file, onDay), ...(await judicial(sql, file.case.id, onDay))]
  if (live.length === 0) return
  throw new DomainError('still_live', `Un paiement peut encore venir : ${live.join(', ')}.`, {
    remedy: 'Menez ces démarches à leur terme, ou clôturez le dossier avec son motif, puis certifiez.',
    article: 'CGI 272-1',
    facts: { live },
  })
}

function amicable(file: CaseFile, onDay: Day): string[] {
  const next = file.steps.find((step) => step.doneOn === null && step.skippedOn === null)
  const promise = file.promises.find((each) => !before(each.dueOn, onDay))
  return [
    ...(next ? [`l'étape « ${next.key} » prévue le ${dayFr(next.plannedOn)}`] : []),
    ...(livePlan(file) ? ['un échéancier en cours'] : []),
    ...(promise ? [`une promesse pour le ${dayFr(promise.dueOn)}`] : []),
    ...(file.disputes.some((dispute) => dispute.resolvedOn === null) ? ['une contestation sans réponse'] : []),
  ]
}

async function judicial(sql: Sql, caseId: string, onDay: Day): Promise<string[]> {
  const opened = await sql<
    { procedure: string }[]
  >`select procedure from procedures where case_id = ${caseId} order by procedure`
  const asked = await sql<{ procedure: string }[]>`
    select r.procedure from consent_requests r
    where r.case_id = ${caseId} and r.expires_on >= ${onDay}
      and not exists (select from procedures p where p.consent_id = r.id)
      and not exists (select from consents c where c.request_id = r.id and c.decision = 'refused')
      and not exists (select from consent_ends e where e.request_id = r.id)
    order by r.procedure`
  return [
    ...opened.map((row) => `la procédure ${row.procedure}`),
    ...asked.map((row) => `l'accord demandé pour ${row.procedure}`),
  ]
}

/** What the sale bore of VAT: read on the invoices, or given where they do not say. */
function vatOf(
  file: CaseFile,
  given: { net: bigint; tax: bigint } | undefined,
): { base: string; montant: string; ttc: string } {
  const read = file.invoices.map(({ source }) =>
    source.net && source.tax ? { net: parseAmount(source.net), tax: parseAmount(source.tax) } : null,
  )
  const unread = file.invoices.filter((_invoice, i) => read[i] === null).map((invoice) => invoice.number)
  if (!given && unread.length > 0) {
    throw new DomainError('vat_unknown', `La TVA n'est pas lisible sur ${unread.join(', ')}.`, {
      remedy: 'Donnez le montant hors taxes et la TVA de l’ensemble des factures.',
      article: 'CGI 272-1',
      facts: { invoices: unread },
    })
  }
  const { net, tax } = given ?? { net: sum(read.map((line) => line!.net)), tax: sum(read.map((line) => line!.tax)) }
  return { base: amount(net), montant: amount(tax), ttc: amount(net + tax) }
}

/** The certificates of those cases, by case: one each at most. */
export async function readIrrecoverabilities(sql: Sql, caseIds: string[]): Promise<Map<string, Irrecoverability[]>> {
  const rows = await sql<(Irrecoverability & { caseId: string })[]>`
    select i.case_id, i.certified_on, i.reason, i.exhibits, i.unpaid, i.document_id, d.sha256
    from irrecoverabilities i join documents d on d.id = i.document_id where i.case_id = any(${caseIds})`
  return Map.groupBy(rows, (row) => row.caseId)
}
