import type { ReadInvoice } from '../../documents/invoices/einvoice.ts'
import { recordCall } from '../../procedures/cases/exchanges/calls.ts'
import { submitInvoice } from '../../procedures/cases/intake/submissions.ts'
import { createCreditor, recordMandate } from '../../procedures/cases/creditors.ts'
import type { DebtorKind } from '../../procedures/cases/debtors.ts'
import { readCase } from '../../procedures/cases/file/file.ts'
import { giveConsent } from '../../procedures/judicial/consents/consent.ts'
import { assembleFilingPack } from '../../procedures/judicial/packs/packs.ts'
import { earliestFiling, openProcedure, recordProcedureEvent } from '../../procedures/judicial/procedures.ts'
import { nextBusinessDay } from '../../procedures/law/calendar.ts'
import { type Day, dayFr } from '../../schema/days.ts'
import { DomainError } from '../../schema/errors.ts'
import { amountFr } from '../../schema/money.ts'
import { live, type World } from './calendar.ts'
import { mandateTerms, openAgency } from './people.ts'
import { papersForCourt } from './specimens.ts'

export interface Told {
  caseId: string
  procedureId: string
}

export const manager = 'Nadia Ferrand'
export const legal = 'Hugo Marchand, cellule juridique'

/** One invoice never paid: from its issue to the request handed to the court. */
export async function unpaidInvoice(
  world: World,
  invoice: ReadInvoice,
  original: Uint8Array,
  kind: DebtorKind,
): Promise<Told> {
  const { office, tell } = world
  const start = invoice.issuedOn
  await openAgency(office.sql, start)
  const creditorId = await creditorOf(world, invoice, start, { sendsInvoices: false })
  const sha256 = await office.archive.put(original)
  const { case: opened, doubts } = await submitInvoice(
    office.sql,
    office.random,
    start,
    {
      creditorId,
      invoices: [{ read: invoice, original: sha256 }],
      debtor: { kind },
    },
    manager,
  )
  tell(
    `${dayFr(start)} : dossier ${opened.number}, ${invoice.seller.name} contre ${invoice.buyer.name}, ${amountFr(invoice.payable)} à échéance du ${dayFr(opened.anchorOn)}.`,
  )
  for (const doubt of doubts) tell(`  à vérifier : ${doubt.message}`)
  return untilFiled(world, opened.id, start, {})
}

export async function creditorOf(
  { office }: World,
  invoice: ReadInvoice,
  on: Day,
  terms: { sendsInvoices: boolean; mediator?: { name: string; details: string } },
): Promise<string> {
  const { seller } = invoice
  const creditor = await createCreditor(
    office.sql,
    office.random,
    on,
    {
      name: seller.name,
      kind: 'autres',
      identity: {
        legalForm: seller.legalForm,
        siret: seller.siret,
        siren: seller.siren,
        vat: seller.vat,
        address: seller.address,
        contact: seller.contact ?? { email: 'comptabilite@creancier.example' },
        ...(seller.contact?.name
          ? { representative: { name: seller.contact.name, quality: 'représentant légal' } }
          : {}),
        ...(terms.mediator ? { mediator: terms.mediator } : {}),
      },
      iban: invoice.iban,
      bic: invoice.bic,
    },
    manager,
  )
  await recordMandate(
    office.sql,
    office.random,
    on,
    {
      creditorId: creditor.id,
      signedOn: on,
      ...mandateTerms,
      receivesFunds: false,
      sendsInvoices: terms.sendsInvoices,
      scenario: 'standard',
      penaltyRate: null,
    },
    manager,
  )
  return creditor.id
}

const longest = 400

/** Lives day after day until the request is filed; the calls are made, the creditor signs two days after being asked. */
export async function untilFiled(
  world: World,
  caseId: string,
  from: Day,
  scenes: Record<string, (today: Day) => Promise<void>>,
): Promise<Told> {
  const { office, tell } = world
  for (let today = from, lived = 0; lived < longest; today = today.add({ days: 1 }), lived++) {
    await papersForCourt(office, caseId, today)
    await live(world, today)
    await scenes[today.toString()]?.(today)
    await call(world, caseId, today)
    await say(world, caseId, today)
    await sign(world, caseId, today)
    const told = await file(world, caseId, today)
    if (told) return told
  }
  const file_ = await readCase(office.sql, caseId)
  const hold = file_.holds.find((each) => each.releasedOn === null)
  tell(`Le dossier n'est pas allé jusqu'à la requête${hold ? ` : ${hold.reason}` : '.'}`)
  throw new DomainError('demo_stopped', `Le dossier s'est arrêté en chemin${hold ? ` : ${hold.reason}` : '.'}`, {
    remedy: 'Complétez la facture de départ, ou prenez la facture fournie.',
  })
}

async function call({ office }: World, caseId: string, today: Day): Promise<void> {
  const [step] = await office.sql<{ key: string }[]>`
    select key from steps where case_id = ${caseId} and channel = 'appel' and done_on = ${today}`
  if (!step) return
  await recordCall(
    office.sql,
    office.random,
    today,
    {
      caseId,
      calledAt: '10:20',
      direction: 'outgoing',
      person: null,
      outcome: step.key === 'appel' ? 'no_commitment' : 'unreachable',
      summary:
        step.key === 'appel'
          ? 'interlocuteur joint, réception de la facture confirmée, aucune date de paiement'
          : 'ligne occupée puis sans réponse, rappel demandé',
      stepKey: step.key,
    },
    'Samir Benali',
  )
}

async function say({ office, tell }: World, caseId: string, today: Day): Promise<void> {
  const done = await office.sql<{ letter: string; reference: string; channel: string; recipient: string }[]>`
    select letter, reference, channel, recipient from documents
    where case_id = ${caseId} and written_on = ${today} and (step_id is not null or (letter like 'engagement-%' and written_by = 'system')) and attached_to is null
    order by length(reference), reference`
  for (const document of done)
    tell(
      `${dayFr(today)} : ${document.letter}, par ${document.channel}, à ${document.recipient} (${document.reference}).`,
    )
  const held = await office.sql<{ reason: string }[]>`
    select reason from holds where case_id = ${caseId} and from_on = ${today} and cause = 'decision'`
  for (const hold of held) tell(`${dayFr(today)} : suspendu, ${hold.reason}`)
}

async function sign({ office, tell }: World, caseId: string, today: Day): Promise<void> {
  const [request] = await office.sql<
    {
      id: string
      contentSha256: string
      requestedOn: Day
      name: string
      identity: { representative?: { name: string; quality: string } }
    }[]
  >`
    select r.id, r.content_sha256, r.requested_on, k.name, k.identity
    from consent_requests r join cases c on c.id = r.case_id join creditors k on k.id = c.creditor_id
    where r.case_id = ${caseId} and not exists (select from consents s where s.request_id = r.id)
      and not exists (select from consent_ends e where e.request_id = r.id)`
  if (!request || Temporal.PlainDate.compare(today, nextBusinessDay(request.requestedOn.add({ days: 2 }))) < 0) return
  const signatory = request.identity.representative ?? { name: request.name, quality: 'représentant légal' }
  await giveConsent(office.sql, today, {
    requestId: request.id,
    contentSha256: request.contentSha256,
    signedBy: signatory.name,
    capacity: signatory.quality,
    evidence: { canal: 'espace créancier', authentification: 'jeton de démonstration' },
    author: signatory.name,
  })
  tell(
    `${dayFr(today)} : le créancier donne son accord (${signatory.name}), sur l'empreinte ${request.contentSha256.slice(0, 12)}…`,
  )
}

async function file({ office, tell }: World, caseId: string, today: Day): Promise<Told | null> {
  const [consent] = await office.sql<{ requestId: string }[]>`
    select c.request_id from consents c join consent_requests r on r.id = c.request_id
    where r.case_id = ${caseId} and c.decision = 'given' and live_consent(r.id, ${today})`
  if (!consent) return null
  const filing = await readCase(office.sql, caseId)
  if (Temporal.PlainDate.compare(today, nextBusinessDay(earliestFiling(filing).on)) < 0) return null
  const procedure = await openProcedure(office.sql, office.random, today, { requestId: consent.requestId }, legal)
  // The sample of courts is small: where it does not know the debtor’s town, a person goes on with a reason.
  const reason =
    procedure.court.ville === '' ? { reason: 'Démonstration\u00a0: le siège de la juridiction reste à relever.' } : {}
  const pack = await assembleFilingPack(office, today, { procedureId: procedure.id, kind: 'requete', ...reason }, legal)
  await recordProcedureEvent(
    office.sql,
    office.random,
    today,
    { procedureId: procedure.id, step: 'requete', happenedOn: today },
    legal,
  )
  tell(
    `${dayFr(today)} : requête en injonction de payer remise, ${procedure.court.nom} (dossier v${pack.version}, contenu ${pack.contentSha256.slice(0, 12)}…).`,
  )
  return { caseId, procedureId: procedure.id }
}
