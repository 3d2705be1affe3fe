import { describe, expect, test } from 'vitest'
import { renderLetter } from '../documents/rendering/render.ts'
import { letterOf, loadLibrary } from '../letters/catalogue.ts'
import { watchOrphans } from '../procedures/alarms.ts'
import { closeCase } from '../procedures/cases/cases.ts'
import { placeHold } from '../procedures/cases/holds.ts'
import { recordDispute, resolveDispute } from '../procedures/cases/exchanges/disputes.ts'
import { answeredOn } from '../procedures/cases/file/earlier-steps.ts'
import { recordCall } from '../procedures/cases/exchanges/calls.ts'
import { type Answer, recordReply, settleReply } from '../procedures/cases/exchanges/replies.ts'
import { findCoupon } from '../procedures/mail/coupons.ts'
import { queueFollowUp } from '../procedures/mail/follow-up-queue.ts'
import { drain } from '../procedures/jobs/work.ts'
import { workToday } from '../procedures/work-today.ts'
import { day, done, fileOf, liveHolds, liveUntil, openOrdinary, useHouse } from './house.ts'

const house = useHouse()
const today = day('2026-07-06')

/** A case whose coupon has reached the debtor, and its answer as the coupon gives it. */
async function noticed() {
  const caseId = await openOrdinary(house)
  await liveUntil(house, '2026-06-11', today.toString())
  const [bearing] = await house.sql<{ id: string }[]>`
    select d.id from documents d join coupons k on k.document_id = d.id where d.case_id = ${caseId} and d.attached_to is null`
  const coupon = (await findCoupon(house.office, today, { documentId: bearing!.id }))!
  const written = () => house.sql<Written[]>`
    select letter, recipient, channel, facts from documents
    where case_id = ${caseId} and written_by = 'system' and letter ~ '^(contestation|engagement|recherche|creancier)-'
    order by length(reference), reference`
  const before = (await written()).length
  return {
    caseId,
    coupon,
    answer: (answer: Answer) => recordReply(house.sql, house.office.random, today, coupon, answer),
    written: async () => (await written()).slice(before),
  }
}

interface Written {
  letter: string
  recipient: string
  channel: string
  // oxlint-disable-next-line typescript/no-explicit-any -- the facts of a letter, of which each test looks into its own
  facts: any
}

const work = () => drain(house.office, house.url)
const named = (letters: Written[]) =>
  letters.map(({ letter, recipient, channel }) => `${letter} ${recipient} ${channel}`).toSorted()

const address = { lines: ['12 rue Neuve'], postalCode: '13001', city: 'Marseille', country: 'FR' }
const moved: Answer = { kind: 'address', address, email: null, phone: null }
const notMe: Answer = { kind: 'not_me', explanation: 'Je porte le même nom, je n’ai jamais eu de garage.' }
const monthly: Answer = { kind: 'instalments', monthly: 20_000n, firstOn: day('2026-07-31') }

describe('what a debtor answers by the coupon is confirmed in writing, and told to the creditor', () => {
  const expected: [Answer, string[]][] = [
    [
      { kind: 'paid', on: day('2026-07-01'), amount: 100_000n, means: 'virement', reference: null },
      ['contestation-paiement-annonce debiteur email', 'creancier-paiement-direct-a-declarer creancier email'],
    ],
    [
      { kind: 'promise', on: day('2026-07-20'), means: 'virement' },
      ['creancier-promesse-recue creancier email', 'engagement-promesse-attestee debiteur email'],
    ],
    [monthly, ['creancier-proposition-echeancier creancier email', 'engagement-proposition-recue debiteur email']],
    [
      { kind: 'dispute', ground: 'Rien reçu.', contested: null },
      ['contestation-accuse-reception debiteur email', 'contestation-demande-pieces-creancier creancier email'],
    ],
    [notMe, ['contestation-personne-a-verifier debiteur lettre', 'creancier-personne-a-verifier creancier email']],
    [moved, ['creancier-adresse-du-debiteur creancier email', 'recherche-adresse-enregistree debiteur email']],
  ]
  test.each(expected)('$kind, by a letter to each, once', async (answer, letters) => {
    const { answer: give, written } = await noticed()
    const { id } = await give(answer)
    await work()
    expect(named(await written())).toEqual(letters)
    await queueFollowUp(house.sql, today, { reply: id })
    await work()
    expect(named(await written())).toEqual(letters)
  })

  test('a reply queued by an earlier version of the program is written about as well', async () => {
    const { answer, written } = await noticed()
    const { id } = await answer(notMe)
    await house.sql`select graphile_worker.remove_job('follow-up:' || ${id}::text)`
    await queueFollowUp(house.sql, today, { paid: id })
    await work()
    expect(await written()).toHaveLength(2)
  })
})

test('who says « ce n’est pas moi » is told neither for whom we write, nor of what, nor how much', async () => {
  const { answer, written, coupon } = await noticed()
  await answer(notMe)
  await work()
  const { facts } = (await written()).find(({ recipient }) => recipient === 'debiteur')!
  const letter = letterOf(loadLibrary(), 'contestation-personne-a-verifier')
  const at = Temporal.Instant.from('2026-07-06T06:00:00Z')
  const { bytes } = await renderLetter({
    letter,
    facts,
    channel: 'lettre',
    format: 'txt',
    at,
    engine: house.office.typst,
  })
  const text = Buffer.from(bytes).toString()
  expect(text).toContain('je n’ai jamais eu de garage')
  expect(text).toContain(coupon.reference)
  expect(text).not.toMatch(/Papeterie|F-1\b|€|facture|créanc|dette/i)
})

test('and is written to where that letter went, or not at all', async () => {
  const { answer, written } = await noticed()
  await house.sql`update debtors set address = ${house.sql.json(address)}`
  await answer(notMe)
  await work()
  expect(named(await written())).toEqual(['creancier-personne-a-verifier creancier email'])
})

test('the calendar that the creditor is asked about is the proposal, to the last cent', async () => {
  const { answer, written } = await noticed()
  await answer(monthly)
  await work()
  const { echeancier, totaux } = (await written()).find(({ recipient }) => recipient === 'creancier')!.facts
  const cents = (amount: string) => BigInt(amount.replace('.', ''))
  const parts: bigint[] = echeancier.lignes.map(({ montant }: { montant: string }) => cents(montant))
  expect(parts.slice(0, -1)).toEqual(parts.slice(0, -1).map(() => 20_000n))
  expect(parts.at(-1)).toBeLessThanOrEqual(20_000n)
  expect(parts.reduce((a, b) => a + b)).toBe(cents(totaux.total))
  expect(echeancier.lignes.map(({ date }: { date: string }) => date).slice(0, 3)).toEqual([
    '2026-07-31',
    '2026-08-31',
    '2026-09-30',
  ])
})

test('a creditor is not asked about what a person has settled meanwhile; who answered is confirmed all the same', async () => {
  const { caseId, answer, written } = await noticed()
  const { id } = await answer(monthly)
  await settleReply(house.sql, today, { replyId: id, caseId, how: 'accordé par téléphone' }, 'test')
  await work()
  expect(named(await written())).toEqual(['engagement-proposition-recue debiteur email'])
})

test('nothing is written about a case closed since', async () => {
  const { caseId, answer, written } = await noticed()
  await answer(notMe)
  await closeCase(house.sql, today, { caseId, reason: 'erreur de personne' }, 'test')
  await work()
  expect(await written()).toEqual([])
})

test('what confirms a payment announced is no answer to a dispute', async () => {
  const { caseId, answer } = await noticed()
  const { sql, office } = house
  const dispute = { caseId, channel: 'téléphone', ground: 'Rien reçu.', contested: null, answerBy: day('2026-07-20') }
  const disputeId = await recordDispute(sql, office.random, today, dispute, 'test')
  await answer({ kind: 'paid', on: day('2026-07-01'), amount: 100_000n, means: 'virement', reference: null })
  await work()
  const closed = day('2026-07-08')
  await resolveDispute(sql, closed, { caseId, disputeId, outcome: 'dropped', answer: 'payée depuis' }, 'test')
  await work()
  const file = await fileOf(house, caseId)
  expect(file.documents.some(({ letter }) => letter === 'contestation-paiement-annonce')).toBe(true)
  // No letter of ours may say that it was answered.
  expect(answeredOn(file, file.disputes[0]!)).toBeNull()
})

describe('what the debtor said holds the case until a person has checked it', () => {
  const paid: Answer = { kind: 'paid', on: day('2026-07-01'), amount: 100_000n, means: 'virement', reference: null }
  const later = day('2026-08-10')

  test.each([['already paid', paid] as const, ['instalments', monthly] as const, ['not me', notMe] as const])(
    '%s: however long that takes, and somebody is told that it takes too long',
    async (_what, said) => {
      const { caseId, answer } = await noticed()
      const { id } = await answer(said)
      const before = done(await fileOf(house, caseId))
      await liveUntil(house, '2026-07-07', later.toString())
      const file = await fileOf(house, caseId)
      expect(done(file)).toEqual(before)
      expect(liveHolds(file).map(({ reason }) => reason)).toEqual([expect.stringMatching(/^Réponse au coupon/)])
      const asked = { kinds: ['hold', 'reply'] as const, seesDeadlines: false }
      expect((await workToday(house.sql, later, asked)).map(({ kind }) => kind)).toEqual(['reply', 'hold'])
      expect((await watchOrphans(house.sql, later)).map(({ code }) => code)).toEqual(['hold_overdue'])

      await settleReply(house.sql, later, { replyId: id, caseId, how: 'vérifié avec le créancier' }, 'test')
      expect(liveHolds(await fileOf(house, caseId))).toEqual([])
      await liveUntil(house, later.toString(), '2026-10-15')
      expect(done(await fileOf(house, caseId)).length).toBeGreaterThan(before.length)
    },
  )

  test('and what holds it for another reason goes on holding it', async () => {
    const { caseId, answer } = await noticed()
    const { id } = await answer(notMe)
    const hold = { caseId, cause: 'decision', reason: 'Le gérant a demandé à relire.', reviewOn: later } as const
    await placeHold(house.sql, house.office.random, today, hold, 'test')
    await settleReply(house.sql, today, { replyId: id, caseId, how: 'c’est bien elle' }, 'test')
    expect(liveHolds(await fileOf(house, caseId)).map(({ reason }) => reason)).toEqual([hold.reason])
  })
})

test('instalments proposed by telephone are confirmed to the debtor and told to the creditor, once', async () => {
  const { caseId, written } = await noticed()
  const call = { caseId, calledAt: null, person: 'Mme Kieffer', outcome: 'echeancier', summary: 'Trois fois.' } as const
  const told = { kind: 'instalments', monthly: 40_000n, firstOn: day('2026-07-20') } as const
  await recordCall(house.sql, house.office.random, today, { ...call, direction: 'incoming', told }, 'phone:Essai')
  await work()
  const letters = await written()
  expect(named(letters)).toEqual([
    'creancier-proposition-echeancier creancier email',
    'engagement-proposition-recue debiteur email',
  ])
  for (const { facts } of letters)
    expect(facts.echeancier.lignes[0]).toMatchObject({ date: '2026-07-20', montant: '400.00' })
  const [reply] = await house.sql<{ id: string }[]>`select id from replies where case_id = ${caseId}`
  await settleReply(house.sql, today, { caseId, replyId: reply!.id, how: 'échéancier convenu' }, 'amicable:Essai')
  expect(liveHolds(await fileOf(house, caseId))).toEqual([])
})
