import { readFileSync } from 'node:fs'
import { invoiceFromJson } from '../../documents/invoices/einvoice.ts'
import { submitInvoice } from '../../procedures/cases/intake/submissions.ts'
import { sendLetter } from '../../procedures/mail/correspondence.ts'
import { recordDispute, resolveDispute } from '../../procedures/cases/exchanges/disputes.ts'
import { readCase } from '../../procedures/cases/file/file.ts'
import { recordPayment } from '../../procedures/money/payments.ts'
import { agreeInstalments } from '../../procedures/cases/exchanges/promises.ts'
import { readConsentRequest } from '../../procedures/judicial/consents/consent-requests.ts'
import { createBailiff, handOver } from '../../procedures/judicial/packs/handover.ts'
import { assembleFilingPack } from '../../procedures/judicial/packs/packs.ts'
import { recordProcedureEvent } from '../../procedures/judicial/procedures.ts'
import { readProcedure } from '../../procedures/judicial/open-procedures.ts'
import { lawTerms } from '../../procedures/law/terms.ts'
import { instantOf } from '../../procedures/office.ts'
import { type Day, dayFr } from '../../schema/days.ts'
import { amountFr, parseAmount } from '../../schema/money.ts'
import type { World } from './calendar.ts'
import { consumerInvoice, day, openAgency } from './people.ts'
import { creditorOf, legal, manager, type Told, untilFiled } from './story.ts'

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

interface Stage {
  world: World
  caseId: string
}

const answer =
  'Procès-verbal de réception du 28 avril 2026 signé sans réserve ; réglage effectué gratuitement le 12 juin 2026.'

function consumerScenes(world: World, caseId: string): Record<string, (today: Day) => Promise<void>> {
  const stage = { world, caseId }
  let disputeId = ''
  return {
    '2026-06-11': async (today) => {
      disputeId = await disputes(stage, today)
    },
    '2026-06-15': (today) => isAnswered(stage, today),
    '2026-07-01': (today) => saysNothingMore(stage, today, disputeId),
    '2026-07-08': (today) => agreesToInstalments(stage, today),
    '2026-07-10': (today) => paysOne(stage, today),
  }
}

async function disputes(stage: Stage, today: Day): Promise<string> {
  const { world, caseId } = stage
  const { sql, random } = world.office
  const ground = 'la porte-fenêtre ferme mal et laisse passer l’air'
  const dispute = { caseId, channel: 'courriel', ground, contested: null, answerBy: day('2026-06-22') }
  const id = await recordDispute(sql, random, today, dispute, manager)
  await send(stage, today, 'contestation-accuse-reception', 'lettre', 'debiteur', {
    dateLimite: { date: '2026-06-22' },
  })
  await send(stage, today, 'contestation-demande-pieces-creancier', 'email', 'creancier', {
    dateLimite: { date: '2026-06-16' },
    piecesDemandees: { liste: ['procès-verbal de réception signé', 'fiche de réglage'], date: '2026-06-11' },
  })
  world.tell(
    `${dayFr(today)} : la débitrice conteste (« ${ground} ») ; le dossier est suspendu, le créancier est interrogé.`,
  )
  return id
}

async function isAnswered(stage: Stage, today: Day): Promise<void> {
  await send(stage, today, 'contestation-reponse-non-conformite', 'lettre', 'debiteur', {
    reponseCreancier: { position: answer },
    delaiJours: 15,
    dateLimite: { date: '2026-06-30' },
  })
  stage.world.tell(`${dayFr(today)} : la réponse motivée part ; la débitrice a jusqu'au 30 juin pour y répondre.`)
}

async function saysNothingMore({ world, caseId }: Stage, today: Day, disputeId: string): Promise<void> {
  await resolveDispute(world.office.sql, today, { caseId, disputeId, outcome: 'maintained', answer }, manager)
  world.tell(
    `${dayFr(today)} : sans réponse de sa part, la contestation est close ; le dossier reprend où il s'était arrêté.`,
  )
}

async function agreesToInstalments(stage: Stage, today: Day): Promise<void> {
  const { world, caseId } = stage
  const instalments = Object.entries({
    '2026-07-10': '450.00',
    '2026-07-13': '450.00',
    '2026-07-20': '450.00',
    '2026-07-27': '492.50',
  }).map(([dueOn, sum]) => ({ dueOn: day(dueOn), amount: parseAmount(sum) }))
  const plan = { caseId, means: 'virement au créancier', instalments }
  await agreeInstalments(world.office.sql, world.office.random, today, plan, manager)
  const cover = await send(stage, today, 'engagement-acceptation-echeancier', 'lettre', 'debiteur', {
    dateLimite: { date: '2026-07-10' },
  })
  const act = 'engagement-accord-echeancier-particulier'
  await send(stage, today, act, 'acte-prive', 'debiteur', { delaiJours: 15 }, cover.id)
  world.tell(`${dayFr(today)} : un échéancier en quatre versements est convenu et confirmé par écrit.`)
}

async function paysOne({ world, caseId }: Stage, today: Day): Promise<void> {
  const payment = {
    caseId,
    receivedOn: today,
    amount: parseAmount('450.00'),
    means: 'virement',
    reference: 'LEFEVRE MD-2026-0147',
    receivedBy: 'creditor',
  } as const
  const { left } = await recordPayment(world.office, today, payment, manager)
  world.tell(`${dayFr(today)} : premier versement de 450,00 € ; reste ${amountFr(left!)}.`)
}

async function send(
  { world, caseId }: Stage,
  today: Day,
  letter: string,
  channel: 'lettre' | 'email' | 'acte-prive',
  recipient: 'debiteur' | 'creancier',
  facts: object,
  attachedTo?: string,
) {
  const order = { letter, channel, recipient, facts, author: manager, ...(attachedTo ? { attachedTo } : {}) }
  return sendLetter(world.office, today, caseId, order)
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
