import { readFileSync } from 'node:fs'
import { invoiceFromJson, type ReadInvoice } from '../../documents/einvoice.ts'
import { recordCall } from '../../procedures/cases/calls.ts'
import { submitInvoice } from '../../procedures/cases/cases.ts'
import { sendLetter } from '../../procedures/cases/correspondence.ts'
import { createCreditor, recordMandate } from '../../procedures/cases/creditors.ts'
import type { DebtorKind } from '../../procedures/cases/debtors.ts'
import { recordDispute, resolveDispute } from '../../procedures/cases/disputes.ts'
import { readCase } from '../../procedures/cases/file.ts'
import { recordPayment } from '../../procedures/cases/payments.ts'
import { agreeInstalments } from '../../procedures/cases/promises.ts'
import { giveConsent, readConsentRequest } from '../../procedures/judicial/consent.ts'
import { createBailiff, handOver } from '../../procedures/judicial/handover.ts'
import { assembleFilingPack } from '../../procedures/judicial/packs.ts'
import {
  earliestFiling,
  openProcedure,
  readProcedure,
  recordProcedureEvent,
} from '../../procedures/judicial/procedures.ts'
import { instantOf } from '../../procedures/office.ts'
import { lawTerms } from '../../procedures/law/terms.ts'
import { nextBusinessDay } from '../../procedures/law/calendar.ts'
import { type Day, dayFr } from '../../schema/days.ts'
import { DomainError } from '../../schema/errors.ts'
import { amountFr, parseAmount } from '../../schema/money.ts'
import { live, type World } from './calendar.ts'
import { consumerInvoice, day, mandateTerms, openAgency } from './people.ts'

export interface Told {
  caseId: string
  procedureId: string
}

const manager = 'Nadia Ferrand'
const legal = 'Hugo Marchand, cellule juridique'

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

/** A consumer who disputes, is answered, pays a part by instalments and stops: to the order and its service. */
export async function consumerWhoStops(world: World): Promise<Told & { bailiffId: string }> {
  const { office, tell } = world
  const invoice = invoiceFromJson(consumerInvoice)
  const start = invoice.issuedOn
  await openAgency(office.sql, start)
  const creditorId = await creditorOf(world, invoice, start, {
    sendsInvoices: true,
    mediator: {
      name: 'Médiateur de la consommation de l’artisanat',
      details: '12 rue de la Concorde, 69000 Lyon, mediateur-artisanat.example',
    },
  })
  const { case: opened } = await submitInvoice(
    office.sql,
    office.random,
    start,
    {
      creditorId,
      invoices: [{ read: invoice, original: null }],
      debtor: { kind: 'consumer', civility: 'Madame', birth: { on: '1984-03-02', place: 'Lyon' } },
    },
    manager,
  )
  const caseId = opened.id
  tell(
    `${dayFr(start)} : dossier ${opened.number}, ${invoice.seller.name} contre Mme ${invoice.buyer.name}, ${amountFr(invoice.payable)}.`,
  )
  const told = await untilFiled(world, caseId, start, consumerScenes(world, caseId))
  return { ...told, ...(await orderAndService(world, told)) }
}

function consumerScenes(world: World, caseId: string): Record<string, (today: Day) => Promise<void>> {
  const { office, tell } = world
  const { sql, random } = office
  const answer =
    'Procès-verbal de réception du 28 avril 2026 signé sans réserve ; réglage effectué gratuitement le 12 juin 2026.'
  let disputeId = ''
  const send = async (
    today: Day,
    letter: string,
    channel: 'lettre' | 'email' | 'acte-prive',
    to: 'debiteur' | 'creancier',
    facts = {},
    attachedTo?: string,
  ) =>
    sendLetter(office, today, caseId, {
      letter,
      channel,
      recipient: to,
      facts,
      author: manager,
      ...(attachedTo ? { attachedTo } : {}),
    })
  return {
    '2026-06-11': async (today) => {
      const ground = 'la porte-fenêtre ferme mal et laisse passer l’air'
      disputeId = await recordDispute(
        sql,
        random,
        today,
        { caseId, channel: 'courriel', ground, contested: null, answerBy: day('2026-06-22') },
        manager,
      )
      await send(today, 'contestation-accuse-reception', 'lettre', 'debiteur', { dateLimite: { date: '2026-06-22' } })
      await send(today, 'contestation-demande-pieces-creancier', 'email', 'creancier', {
        dateLimite: { date: '2026-06-16' },
        piecesDemandees: { liste: ['procès-verbal de réception signé', 'fiche de réglage'], date: '2026-06-11' },
      })
      tell(
        `${dayFr(today)} : la débitrice conteste (« ${ground} ») ; le dossier est suspendu, le créancier est interrogé.`,
      )
    },
    '2026-06-15': async (today) => {
      await send(today, 'contestation-reponse-non-conformite', 'lettre', 'debiteur', {
        reponseCreancier: { position: answer },
        delaiJours: 15,
        dateLimite: { date: '2026-06-30' },
      })
      tell(`${dayFr(today)} : la réponse motivée part ; la débitrice a jusqu'au 30 juin pour y répondre.`)
    },
    '2026-07-01': async (today) => {
      await resolveDispute(sql, today, { caseId, disputeId, outcome: 'maintained', answer }, manager)
      tell(
        `${dayFr(today)} : sans réponse de sa part, la contestation est close ; le dossier reprend où il s'était arrêté.`,
      )
    },
    '2026-07-08': async (today) => {
      const lines = [
        ['2026-07-10', '450.00'],
        ['2026-07-13', '450.00'],
        ['2026-07-20', '450.00'],
        ['2026-07-27', '492.50'],
      ] as const
      await agreeInstalments(
        sql,
        random,
        today,
        {
          caseId,
          means: 'virement au créancier',
          instalments: lines.map(([dueOn, sum]) => ({ dueOn: day(dueOn), amount: parseAmount(sum) })),
        },
        manager,
      )
      const cover = await send(today, 'engagement-acceptation-echeancier', 'lettre', 'debiteur', {
        dateLimite: { date: '2026-07-10' },
      })
      await send(
        today,
        'engagement-accord-echeancier-particulier',
        'acte-prive',
        'debiteur',
        { delaiJours: 15 },
        cover.id,
      )
      tell(`${dayFr(today)} : un échéancier en quatre versements est convenu et confirmé par écrit.`)
    },
    '2026-07-10': async (today) => {
      const { left } = await recordPayment(
        office,
        today,
        {
          caseId,
          receivedOn: today,
          amount: parseAmount('450.00'),
          means: 'virement',
          reference: 'LEFEVRE MD-2026-0147',
          receivedBy: 'creditor',
        },
        manager,
      )
      tell(`${dayFr(today)} : premier versement de 450,00 € ; reste ${amountFr(left)}.`)
    },
  }
}

async function creditorOf(
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
async function untilFiled(
  world: World,
  caseId: string,
  from: Day,
  scenes: Record<string, (today: Day) => Promise<void>>,
): Promise<Told> {
  const { office, tell } = world
  for (let today = from, lived = 0; lived < longest; today = today.add({ days: 1 }), lived++) {
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
  const pack = await assembleFilingPack(
    office,
    today,
    {
      procedureId: procedure.id,
      kind: 'requete',
      reason: 'Démonstration : les pièces manquantes, nommées ici, seront jointes au dépôt.',
    },
    legal,
  )
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

async function orderAndService(world: World, told: Told): Promise<{ bailiffId: string }> {
  const { office, tell } = world
  const on = day('2026-09-30')
  const open = await readProcedure(office.sql, told.procedureId)
  const filing = await readCase(office.sql, told.caseId)
  const request = await readConsentRequest(office.sql, open.consentId)
  const specimen = await office.typst.compile({
    template: 'ordonnance.typ',
    sources: { 'ordonnance.typ': readFileSync(new URL('./ordonnance.typ', import.meta.url), 'utf8') },
    data: {
      court: open.court.nom,
      day: dayFr(on),
      creditor: filing.creditor.name,
      debtor: filing.debtor.name,
      number: '26/01847',
    },
    pdf: { timestamp: instantOf(on), standard: 'a-2b' },
  })
  const limits = await recordProcedureEvent(
    office.sql,
    office.random,
    on,
    {
      procedureId: told.procedureId,
      step: 'ordonnance',
      happenedOn: on,
      facts: { numero: '26/01847', montant: request.statement.total },
      original: await office.archive.put(specimen),
    },
    legal,
  )
  const limit = limits.find((each) => each.step === 'signification')!
  tell(
    `${dayFr(on)} : ordonnance rendue ; à signifier au plus tard le ${dayFr(limit.expires)} (${limit.article}, ${limit.version}).`,
  )
  for (const why of limit.why) tell(`  ${why}`)
  const bailiff = await createBailiff(office.sql, office.random, {
    name: `SELARL Brun & Associés, ${String(lawTerms(on).officier)}`,
    identity: {
      adresse: { lignes: ['5 place Bellecour'], codePostal: '69002', ville: 'Lyon', pays: 'FR' },
      email: 'etude@brun-associes.example',
      ressort: 'cour d’appel de Lyon',
    },
  })
  const pack = await assembleFilingPack(
    office,
    on.add({ days: 2 }),
    {
      procedureId: told.procedureId,
      kind: 'signification',
      bailiffId: bailiff.id,
      reason: 'Démonstration : la copie exécutoire du greffe est remplacée par un spécimen.',
    },
    legal,
  )
  await handOver(office.sql, office.random, on.add({ days: 2 }), { packId: pack.id, bailiffId: bailiff.id }, legal)
  tell(`${dayFr(on.add({ days: 2 }))} : dossier de signification remis à ${bailiff.name}.`)
  return { bailiffId: bailiff.id }
}
