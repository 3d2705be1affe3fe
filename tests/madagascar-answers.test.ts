import { describe, expect, test } from 'vitest'
import { loadLibrary } from '../letters/catalogue.ts'
import { incomingScript } from '../procedures/cases/exchanges/call-scripts.ts'
import { recordCall } from '../procedures/cases/exchanges/calls.ts'
import { contactsLately } from '../procedures/cases/exchanges/contacts.ts'
import { resolveDispute } from '../procedures/cases/exchanges/disputes.ts'
import { agreeInstalments } from '../procedures/cases/exchanges/promises.ts'
import { type Answer, recordReply } from '../procedures/cases/exchanges/replies.ts'
import { readAgency } from '../procedures/cases/agency.ts'
import { gatherExhibits } from '../procedures/cases/exhibits/exhibit-gather.ts'
import { answeredOn, disputeAnswers, everyStep, reminders } from '../procedures/cases/file/earlier-steps.ts'
import { issueInvoicingReview } from '../procedures/cases/intake/invoicing-reviews.ts'
import { asksPayment } from '../procedures/cases/standstill.ts'
import { findCoupon } from '../procedures/mail/coupons.ts'
import { type FollowUp, queueFollowUp } from '../procedures/mail/follow-up-queue.ts'
import { drain } from '../procedures/jobs/work.ts'
import { recordRemission } from '../procedures/money/remissions.ts'
import { issueStatement } from '../procedures/money/statements.ts'
import { dispute, promise } from './debtor.ts'
import { day, fileOf, liveUntil, textOf, useHouse } from './house.ts'
import { openMalagasy } from './malagasy.ts'

const house = useHouse()

// What no letter of a Malagasy case may say: French articles, courts, offices and money.
const french = /C\. civ|code civil|L\. ?\d{3}|R\. ?124|CPCE|commissaire de justice|conciliateur|€/

/** The letters to read of a case whose follow-ups are done; each is free of French law. */
async function written(caseId: string, ...letters: string[]): Promise<string[]> {
  await drain(house.office, house.url)
  const { documents } = await fileOf(house, caseId)
  const texts = letters.map(async (id) => {
    const found = documents.filter(({ letter }) => letter === id)
    expect(found, id).toHaveLength(1)
    // The agency's own capital is in euros.
    const text = (await textOf(await house.office.archive.get(found[0]!.sha256)))
      .replaceAll(/\s+/g, ' ')
      .replaceAll('au capital de 60 000 €', '')
    expect(text).not.toMatch(french)
    return text
  })
  return Promise.all(texts)
}

/** What the API queues beside the act itself. */
const followed = (on: string, about: FollowUp) => queueFollowUp(house.sql, day(on), about)

const refusals = (caseId: string) => house.sql<{ code: string; message: string }[]>`
  select detail ->> 'code' as code, detail ->> 'message' as message from events
  where case_id = ${caseId} and kind = 'follow_up_refused'`

const answeredDay = day('2026-07-24')

/** A case whose formal notice bore a coupon, and what its debtor answers by it. */
async function couponAnswered(answer: Answer) {
  const caseId = await openMalagasy(house)
  await liveUntil(house, '2026-05-20', answeredDay.toString())
  const [bearing] = await house.sql<{ id: string }[]>`
    select d.id from documents d join coupons k on k.document_id = d.id where d.case_id = ${caseId}`
  const coupon = (await findCoupon(house.office, answeredDay, { documentId: bearing!.id }))!
  const answered = await recordReply(house.sql, house.office.random, answeredDay, coupon, answer)
  return { caseId, answered }
}

describe('a Malagasy debtor', () => {
  test('who disputes is acknowledged and answered in writing, and no French article is cited', async () => {
    const caseId = await openMalagasy(house)
    const disputeId = await dispute(house, caseId, '2026-06-12', '2026-06-26', 'Deux lits sur douze manquent.')
    await followed('2026-06-12', { dispute: disputeId })
    const [received] = await written(caseId, 'madagascar-contestation-recue')
    expect(received).toContain('Deux lits sur douze manquent.')
    expect(received).toContain('26 juin 2026')
    const given = { caseId, disputeId, outcome: 'maintained', answer: 'Le bon de livraison en porte douze.' } as const
    await resolveDispute(house.sql, day('2026-06-16'), given, 'amicable:Essai')
    const [answer] = await written(caseId, 'madagascar-contestation-reponse')
    expect(answer).toContain('la demande est maintenue')
    expect(answer).toContain('Le bon de livraison en porte douze.')
    expect(answer).toContain('2 350 000 Ar')
    const file = await fileOf(house, caseId)
    expect(answeredOn(file, file.disputes[0]!)?.toString()).toBe('2026-06-16')
    expect(await refusals(caseId)).toEqual([])
  })

  test('is not reminded by what answers it: neither among the approaches of the week nor among the reminders', async () => {
    const caseId = await openMalagasy(house)
    await followed('2026-06-12', { dispute: await dispute(house, caseId, '2026-06-12', '2026-06-26') })
    await written(caseId, 'madagascar-contestation-recue')
    expect(contactsLately(await fileOf(house, caseId), day('2026-06-13')).contacts).toEqual([])
    expect(reminders(await fileOf(house, caseId))).toEqual([])
    for (const letter of [
      'madagascar-contestation-reponse',
      'madagascar-recu-paiement',
      'madagascar-adresse-enregistree',
    ])
      expect(asksPayment(loadLibrary(), letter)).toBe(false)
    expect(asksPayment(loadLibrary(), 'madagascar-premiere-relance')).toBe(true)
  })

  test('who promises on the telephone receives the promise to sign, once', async () => {
    const caseId = await openMalagasy(house)
    const promised = { amount: 100_000_000n, author: 'Mme Rasoa', means: 'paiement mobile' }
    const promiseId = await promise(house, caseId, '2026-06-15', '2026-06-30', promised)
    await followed('2026-06-15', { promise: promiseId })
    const [text] = await written(caseId, 'madagascar-promesse-ecrite')
    expect(text).toContain('1 000 000 Ar')
    expect(text).toContain('30 juin 2026')
    expect(text).toContain('Le reste demeure dû.')
    const kept = await house.sql`select 1 from promise_confirmations`
    expect(kept).toHaveLength(1)
  })

  test('who proposes instalments is told that nothing is agreed yet, then that it is, with the act to sign', async () => {
    const caseId = await openMalagasy(house)
    await liveUntil(house, '2026-05-20', '2026-06-15')
    const told = { kind: 'instalments', monthly: 80_000_000n, firstOn: day('2026-06-30') } as const
    const call = { calledAt: null, person: 'Mme Rasoa', outcome: 'echeancier', summary: 'Trois fois.' } as const
    const received = { ...call, caseId, direction: 'incoming', told } as const
    await recordCall(house.sql, house.office.random, day('2026-06-16'), received, 'phone:Essai')
    const [proposed] = await written(caseId, 'madagascar-proposition-recue')
    expect(proposed).toContain('rien n’est accordé'.replace('’', "'"))
    expect(proposed).toContain('800 000 Ar')
    const instalments = ['2026-06-30', '2026-07-30'].map((on) => ({ dueOn: day(on), amount: 117_500_000n }))
    const plan = { caseId, means: 'virement', instalments }
    const agreed = await agreeInstalments(house.sql, house.office.random, day('2026-06-17'), plan, 'amicable:Essai')
    await followed('2026-06-17', { plan: agreed })
    const [accepted, act] = await written(caseId, 'madagascar-calendrier-accepte', 'madagascar-engagement-calendrier')
    expect(accepted).toContain('1 175 000 Ar')
    expect(act).toContain('reconnaît devoir')
  })

  test('whose plan is broken is put on notice by the Malagasy letter', async () => {
    const caseId = await openMalagasy(house)
    const instalments = [{ dueOn: day('2026-06-22'), amount: 235_000_000n }]
    const plan = { caseId, means: 'virement', instalments }
    await agreeInstalments(house.sql, house.office.random, day('2026-06-12'), plan, 'amicable:Essai')
    await liveUntil(house, '2026-06-12', '2026-07-20')
    const { plans, documents } = await fileOf(house, caseId)
    expect(plans[0]!.brokenOn).not.toBeNull()
    const broken = documents.filter(({ writtenOn }) => writtenOn.equals(plans[0]!.brokenOn!))
    expect(broken.map(({ letter, channel }) => `${letter} ${channel}`)).toContain('madagascar-mise-en-demeure lrar')
  })

  test('who is offered a remission reads what to pay, by when, and what is given up', async () => {
    const caseId = await openMalagasy(house, 'business', { penaltyRate: '12' })
    const offered = {
      amount: 235_000_000n,
      payBy: day('2026-07-10'),
      agreedOn: day('2026-06-20'),
      agreedBy: 'Mme Roche',
    }
    await recordRemission(house.sql, house.office.random, day('2026-06-20'), { caseId, ...offered }, 'legal:Essai')
    const [text] = await written(caseId, 'madagascar-remise')
    expect(text).toContain('2 350 000 Ar')
    expect(text).toContain('10 juillet 2026')
    expect(text).toContain('donné par Mme Roche')
  })

  test('who calls is answered by a script of its law, and by another once it disputes', async () => {
    const caseId = await openMalagasy(house)
    const agency = await readAgency(house.sql)
    const script = async () => incomingScript(await fileOf(house, caseId), agency, day('2026-06-20'))!
    expect(await script()).toContain('manao ahoana tompoko')
    await dispute(house, caseId, '2026-06-12', '2026-06-26')
    const disputed = await script()
    expect(disputed).toContain('vous ne demandez pas de paiement')
    expect(disputed).toContain('article manquant')
    expect(disputed).not.toMatch(french)
  })

  const address = { lines: ['Lot III G 8 bis Ampefiloha'], postalCode: '101', city: 'Antananarivo', country: 'MG' }
  const paid = { on: day('2026-07-20'), amount: 235_000_000n, means: 'paiement mobile', reference: 'MVola 12' }
  const answers: [Answer, { letter: string; told: string; step: string; says: string[] }][] = [
    [
      { kind: 'paid', ...paid },
      {
        letter: 'madagascar-paiement-annonce',
        told: 'creancier-paiement-direct-a-declarer',
        step: 'accusé de réception d’un paiement annoncé',
        says: ['2 350 000 Ar le 20 juillet 2026 par paiement mobile (MVola 12)', '31 juillet 2026'],
      },
    ],
    [
      { kind: 'not_me', explanation: 'Un autre hôtel porte ce nom.' },
      {
        letter: 'madagascar-personne-a-verifier',
        told: 'creancier-personne-a-verifier',
        step: 'accusé de réception d’une erreur de personne signalée',
        says: ['Un autre hôtel porte ce nom.', '31 juillet 2026'],
      },
    ],
    [
      { kind: 'address', address, email: null, phone: null },
      {
        letter: 'madagascar-adresse-enregistree',
        told: 'creancier-adresse-du-debiteur',
        step: 'confirmation d’une nouvelle adresse',
        says: ['Lot III G 8 bis Ampefiloha, 101 Antananarivo', 'Nous répondons en français et en malgache'],
      },
    ],
  ]
  test.each(answers)(
    'who answers by the coupon ($kind) is confirmed by the letter of its law, once',
    async (answer, expected) => {
      const { caseId, answered } = await couponAnswered(answer)
      const [text] = await written(caseId, expected.letter)
      for (const words of expected.says) expect(text).toContain(words)
      await queueFollowUp(house.sql, answeredDay, { reply: answered.id })
      await written(caseId, expected.letter)
      const file = await fileOf(house, caseId)
      const since = file.documents.filter(({ writtenOn }) => writtenOn.equals(answeredDay))
      expect(since.map(({ letter }) => letter).toSorted()).toEqual([expected.told, expected.letter])
      expect(everyStep(file).map(({ canal }) => canal)).toContain(`${expected.step} par lettre simple`)
      expect(reminders(file).map(({ reference }) => reference)).not.toContain(
        since.find(({ letter }) => letter === expected.letter)!.reference,
      )
      expect(await refusals(caseId)).toEqual([])
    },
  )

  test('whose announced payment is confirmed has no answer to its dispute yet, and a court reads it as an exchange', async () => {
    const { caseId } = await couponAnswered({ kind: 'paid', ...paid })
    await dispute(house, caseId, answeredDay.toString(), '2026-08-07')
    await written(caseId, 'madagascar-paiement-annonce')
    const file = await fileOf(house, caseId)
    expect(disputeAnswers(file, file.disputes[0]!)).toEqual([])
    await gatherExhibits(house.office, house.sql, answeredDay, file)
    const exhibits = await house.sql<{ kind: string }[]>`
      select e.kind from exhibits e join documents d on d.id = e.document_id where d.letter = 'madagascar-paiement-annonce'`
    expect(exhibits).toEqual([{ kind: 'echange' }])
  })

  test('who says « ce n’est pas moi » is told neither for whom we write, nor of what, nor how much', async () => {
    const { caseId } = await couponAnswered({ kind: 'not_me', explanation: 'Un autre hôtel porte ce nom.' })
    const [text] = await written(caseId, 'madagascar-personne-a-verifier')
    const { creditor } = await fileOf(house, caseId)
    expect(text).not.toContain(creditor.name)
    expect(text).not.toMatch(/F-1\b|facture|créanc|dette|payer| Ar\b/i)
  })
})

test('the statement of a Malagasy case is written where no plan was ever made', async () => {
  const caseId = await openMalagasy(house)
  await issueStatement(house.office, day('2026-06-20'), { caseId }, 'test')
  const [text] = await written(caseId, 'madagascar-decompte-creance')
  expect(text).toContain('Reste dû sur les factures')
})

test('a Malagasy creditor reads the review of its month, and no French mention is judged', async () => {
  const caseId = await openMalagasy(house)
  const { creditor } = await fileOf(house, caseId)
  const asked = { creditorId: creditor.id, month: day('2026-05-01') }
  await issueInvoicingReview(house.office, day('2026-06-02'), asked, 'system')
  const [text] = await written(caseId, 'madagascar-revue-facturation')
  expect(text).toContain('en mai 2026 : une facture')
  expect(text).toContain('Faire signer une commande ou un devis avant de commencer')
})
