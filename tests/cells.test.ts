import { beforeEach, describe, expect, test } from 'vitest'
import { codeOf } from '../procedures/mail/coupons.ts'
import { queueFollowUp } from '../procedures/mail/follow-up-queue.ts'
import { findCaller } from '../procedures/cases/exchanges/callers.ts'
import { drain } from '../procedures/jobs/work.ts'
import { useApi } from './api.ts'
import { fileOf, invoice, addInvoices, day, liveUntil, openCase } from './house.ts'

const api = useApi()
const buyer = (name: string, phone: string) => ({
  name,
  address: { lines: ['3 rue de la Gare'], postal_code: '69003', city: 'Lyon', country: 'FR' },
  contact: { phone },
})
let caseId: string
let number: string
let coupon: string
let letter: string
let rank = 0

const one = async <T>(rows: PromiseLike<T[]>): Promise<T> => (await rows)[0]!
const act = async (
  name: string,
  input: object,
  asked = '__typename ... on Refusal { code }',
  role = 'amicable' as const,
) => {
  const type = `${name[0]!.toUpperCase()}${name.slice(1)}Input`
  const query = `mutation($input: ${type}!) { act: ${name}(input: $input) { ${asked} } }`
  const { body } = await api.ask({ role }, query, { input })
  expect(body.errors).toBeUndefined()
  return body.data.act
}
const work = async (role: 'research' | 'phone' | 'amicable' | 'legal', args: string, asked = 'kind what') =>
  (await api.ask({ role }, `{ workToday(${args}) { ${asked} case { number } } }`)).body.data.workToday.filter(
    (item: { case: { number: string } }) => item.case.number === number,
  )

// Each test has a case of its own, gone on to its formal notice and its coupon.
beforeEach(async () => {
  rank++
  const who = buyer(`Établissements Dupré-Lanoë ${'n'.repeat(rank)}`, `04 78 11 22 ${String(rank).padStart(2, '0')}`)
  const issued = invoice({ number: `FA-${rank}`, issued_on: '2026-07-01', due_on: '2026-08-03', buyer: who })
  if (rank === 1) caseId = await openCase(api, { on: '2026-07-02', invoices: [issued] })
  else {
    const { creditorId } = await one(
      api.sql<{ creditorId: string }[]>`select creditor_id from cases where id = ${caseId}`,
    )
    caseId = await addInvoices(api, { creditorId, on: '2026-07-02', invoices: [issued] })
  }
  await liveUntil(api, '2026-07-02', '2026-09-04')
  ;({ number } = await one(api.sql<{ number: string }[]>`select number from cases where id = ${caseId}`))
  const found = await one(
    api.sql<{ id: string; reference: string }[]>`
      select d.id, d.reference from documents d join coupons k on k.document_id = d.id
      where d.case_id = ${caseId} and d.attached_to is null limit 1`,
  )
  coupon = (await codeOf(api.office, found.id))!
  letter = found.reference
}, 120_000)

describe('an incoming call', () => {
  const found = async (search: string) =>
    (await findCaller(api.office, search)).find((each) => each.caseId === caseId)?.matchedBy

  test('finds its case by number, name, letter, invoice, code or phone', async () => {
    expect(await found(number)).toBe('number')
    expect(await found(letter)).toBe('letter')
    expect(await found(`fa-${rank}`)).toBe('invoice')
    expect(await found(`+33 4 78 11 22 ${String(rank).padStart(2, '0')}`)).toBe('phone')
    expect(await found('dupre lanoe')).toBe('name')
    expect(await found('ETABLISSEMENTS DUP')).toBe('name')
    expect(await found('Dupond')).toBeUndefined()
    for (const hostile of ["'", '& | !', "d'O", ':*', '\\', '%', '']) await findCaller(api.office, hostile)
  })

  test('brings the script filled in, and the letter to recall', async () => {
    const query = `query($s: String!) { incomingCall(search: $s) { matchedBy script case { number } firstLetter { reference isFirstLetter } } }`
    api.statements()
    const { body } = await api.ask({ role: 'phone' }, query, { s: coupon.toLowerCase().replaceAll('-', ' ') })
    expect(body.data.incomingCall).toHaveLength(1)
    const [call] = body.data.incomingCall
    expect(call).toMatchObject({ matchedBy: 'CODE', case: { number }, firstLetter: { isFirstLetter: true } })
    expect(call.script).toContain(`Le dossier (${number}) ou la référence de la lettre`.slice(3))
    expect(call.script).toContain(call.firstLetter.reference)
    const refused = await api.ask({ role: 'creditor', creditorId: caseId }, query, { s: 'a' })
    expect(refused.body.errors![0]!.extensions!.code).toBe('forbidden')
  })

  test('costs as many statements for twenty cases as for one', async () => {
    const cost = async (s: string) => {
      api.statements()
      await api.ask(
        { role: 'phone' },
        '{ incomingCall(search: "' + s + '") { script case { number debtor { name } } firstLetter { reference } } }',
      )
      return api.statements().length
    }
    await cost('Dupre')
    expect(await cost(number)).toBe(await cost('Dupre'))
  })
})

describe('the day of a cell', () => {
  test('is its own kinds, and no other cell’s', async () => {
    await api.sql`update debtors set address = null where id = (select debtor_id from cases where id = ${caseId})`
    const research = await work('research', 'cell: RESEARCH', 'kind cell')
    expect(research).toContainEqual({ kind: 'ADDRESS_TO_VALIDATE', cell: 'RESEARCH', case: { number } })
    for (const item of research) expect(item.cell).toBe('RESEARCH')
    for (const item of await work('amicable', 'cell: AMICABLE', 'cell')) expect(item.cell).toBe('AMICABLE')
  })

  test('has mail that came back until another address is found', async () => {
    const { debtorId } = await one(api.sql<{ debtorId: string }[]>`select debtor_id from cases where id = ${caseId}`)
    await api.sql`
      insert into address_marks (id, debtor_id, channel, value, reason, marked_on, marked_by)
      values (gen_random_uuid(), ${debtorId}, 'postal', '3 RUE DE LA GARE', 'destinataire inconnu', '2026-09-20', 'test')`
    expect(await work('research', 'kinds: [MAIL_RETURNED]')).toHaveLength(1)
    await api.sql`update address_marks set found_on = '2026-09-25' where debtor_id = ${debtorId}`
    expect(await work('research', 'kinds: [MAIL_RETURNED]')).toEqual([])
  })

  test('has calls due with their script and hours, and calls to be made back', async () => {
    const [due] = await work(
      'phone',
      'kinds: [CALL]',
      'script callHours { from until } document { channel } firstLetter { reference }',
    )
    expect(due).toMatchObject({ callHours: { from: '09:00', until: '19:30' }, document: { channel: 'appel' } })
    expect(due.script).toContain(due.firstLetter.reference)
    const call = {
      caseId,
      direction: 'INCOMING',
      calledAt: '10:00',
      person: 'Mme Dupré',
      summary: 'Rappeler après 14 h.',
    }
    await act('recordCall', { ...call, outcome: 'a-rappeler' })
    expect(await work('phone', 'cell: PHONE', 'kind what callHours { from }')).toEqual([
      { kind: 'CALL_BACK', what: 'Mme Dupré : Rappeler après 14 h.', callHours: { from: '09:00' }, case: { number } },
    ])
    await act('recordCall', { ...call, calledAt: '15:00', outcome: 'promesse' })
    expect(await work('phone', 'cell: PHONE')).toEqual([])
  })
})

describe('a paper coupon', () => {
  const enter = (answer: object, code = coupon) =>
    act(
      'recordCouponReply',
      { code, answer },
      '__typename ... on Refusal { code message } ... on RecordCouponReplyPayload { reply { kind summary } case { number } }',
    )

  test('is entered by its code in one call, and is the same act as online', async () => {
    const answer = { kind: 'DISPUTE', text: 'Trois cartons manquent.', amount: { amount: '250.50', currency: 'EUR' } }
    expect(await enter(answer, coupon.toLowerCase().replaceAll('-', ''))).toMatchObject({
      reply: { kind: 'DISPUTE', summary: 'Contestation de 250,50\u00a0€\u00a0: Trois cartons manquent.' },
      case: { number },
    })
    const file = await fileOf(api, caseId)
    expect(file.disputes[0]).toMatchObject({ channel: 'coupon papier', contested: 25050n })
    expect(file.holds.some((hold) => hold.cause === 'contestation' && hold.releasedOn === null)).toBe(true)
    const { author } = await one(
      api.sql<{ author: string }[]>`select author from events where case_id = ${caseId} and kind = 'coupon_answered'`,
    )
    expect(author).toBe('amicable:Essai')
    expect(await enter(answer)).toMatchObject({ code: 'already_answered' })
  })

  test('that bears a dispute is acknowledged to the debtor, and its documents are asked of the creditor', async () => {
    await enter({ kind: 'DISPUTE', text: 'Rien reçu.' })
    await drain(api.office, api.url)
    await drain(api.office, api.url)
    const file = await fileOf(api, caseId)
    const letters = file.documents.filter(({ letter: id }) => id.startsWith('contestation-'))
    expect(letters.map(({ letter: id, recipient }) => [id, recipient])).toEqual([
      ['contestation-accuse-reception', 'debiteur'],
      ['contestation-demande-pieces-creancier', 'creancier'],
    ])
    // A job that comes twice writes nothing more.
    await queueFollowUp(api.sql, day('2026-09-30'), { dispute: file.disputes[0]!.id })
    await drain(api.office, api.url)
    expect((await fileOf(api, caseId)).documents).toHaveLength(file.documents.length)
  })

  test('that says it is paid has the creditor asked at once', async () => {
    const amount = { amount: '1059.70', currency: 'EUR' }
    await enter({ kind: 'PAID', on: '2026-09-29', amount, means: 'virement' })
    await drain(api.office, api.url)
    const [asked] = (await fileOf(api, caseId)).documents.slice(-1)
    expect(asked).toMatchObject({ letter: 'creancier-paiement-direct-a-declarer', recipient: 'creancier' })
  })

  test('that is incomplete, unknown or out of bounds changes nothing', async () => {
    expect(await enter({ kind: 'PAID', means: 'virement' })).toMatchObject({ code: 'answer_incomplete' })
    expect(await enter({ kind: 'PROMISE', on: '2027-09-30', means: 'virement' })).toMatchObject({ code: 'bad_reply' })
    expect(await enter({ kind: 'NOT_ME', text: 'x' }, '7K3M-Q2XZ-9T4C')).toMatchObject({ code: 'coupon_not_found' })
    expect((await fileOf(api, caseId)).holds.filter((hold) => hold.releasedOn === null)).toEqual([])
  })

  test('may say « ce n’est pas moi »: the case waits for a person', async () => {
    await enter({ kind: 'NOT_ME', text: 'Je loue cet appartement depuis mars.' })
    expect((await fileOf(api, caseId)).holds.at(-1)).toMatchObject({ cause: 'decision', releasedOn: null })
    expect(await work('amicable', 'kinds: [REPLY]', 'what')).toMatchObject([
      { what: 'Le destinataire dit ne pas être le débiteur\u00a0: Je loue cet appartement depuis mars.' },
    ])
  })
})

describe('a promise by phone', () => {
  const states = async () =>
    (
      await api.ask(
        { role: 'phone' },
        `{ case(number: "${number}") { promises { id state outcome paid { amount } attestedBy confirmation { letter } } } }`,
      )
    ).body.data.case.promises

  test('is promised, then confirmed in writing, then attested by the debtor', async () => {
    const said = {
      caseId,
      dueOn: '2026-10-15',
      amount: { amount: '500.00', currency: 'EUR' },
      means: 'virement',
      author: 'Mme Dupré',
      channel: 'téléphone',
    }
    await act('recordPromise', said)
    expect(await states()).toMatchObject([
      { state: 'PROMISED', outcome: null, paid: { amount: '0.00' }, confirmation: null },
    ])
    const [{ id: promiseId }] = await states()
    const attest = (on: string) =>
      act('attestPromise', { caseId, promiseId, attestedOn: on, signedBy: 'Jeanne Dupré', means: 'FORM' })
    expect(await attest('2026-09-30')).toMatchObject({ code: 'promise_not_confirmed' })
    await drain(api.office, api.url)
    expect(await states()).toMatchObject([
      { state: 'CONFIRMED', confirmation: { letter: 'engagement-promesse-attestee' } },
    ])
    expect(await attest('2026-09-29')).toMatchObject({ code: 'promise_not_confirmed' })
    const before = (await fileOf(api, caseId)).case.limitationOn
    await attest('2026-09-30')
    expect(await states()).toMatchObject([{ state: 'ATTESTED', attestedBy: 'Jeanne Dupré' }])
    expect(Temporal.PlainDate.compare((await fileOf(api, caseId)).case.limitationOn, before)).toBe(1)
    expect(await attest('2026-09-30')).toMatchObject({ code: 'already_attested' })
  })
})
