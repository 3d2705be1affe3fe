import { strFromU8 } from 'fflate'
import { beforeEach, describe, expect, test } from 'vitest'
import { signToken, type Viewer } from '../api/auth.ts'
import { type App, createApp } from '../api/server.ts'
import { recordCall } from '../procedures/cases/exchanges/calls.ts'
import { recordDispute } from '../procedures/cases/exchanges/disputes.ts'
import { attachExhibit } from '../procedures/cases/exhibits/exhibits.ts'
import { findPersons, personalData } from '../procedures/cases/personal-data/personal-data.ts'
import { importBankLines } from '../procedures/money/bank-lines.ts'
import { examine } from '../procedures/doctor/doctor.ts'
import { secret } from './api.ts'
import { addInvoices, creditorOf, day, invoice, liveUntil, openCase, useHouse } from './house.ts'

const on = day('2026-07-10')
const name = 'Zéphyrine Quatrebarbes'
const buyer = {
  name,
  address: { lines: ['17 impasse des Lilas'], postal_code: '69003', city: 'Lyon', country: 'FR' },
  contact: { email: 'zephyrine@quatrebarbes.example', phone: '06 11 22 33 44' },
}
const bill = (number: string, to = buyer) =>
  invoice({ number, issued_on: '2026-05-11', due_on: '2026-06-10', buyer: to })

const transfer = { le: '2026-07-10', montant: '42.00', payeur: name.toUpperCase(), libelle: 'Loyer de juillet' }

// Two creditors know her, a third knows her brother; one of her exhibits bears a name that leads elsewhere.
const house = useHouse(async (made) => {
  const { sql, office } = made
  const caseId = await openCase(made, { on: '2026-06-11', invoices: [bill('F-1')], kind: 'consumer' })
  await liveUntil(made, '2026-06-11', '2026-07-05')
  const call = { caseId, calledAt: '10:30', direction: 'incoming', person: name, outcome: 'joint' } as const
  await recordCall(sql, office.random, on, { ...call, summary: 'Dit avoir déménagé.' }, 'phone:Luc')
  const dispute = { caseId, channel: 'courrier', ground: 'Livraison incomplète', contested: 10_000n, answerBy: on }
  await recordDispute(sql, office.random, on, dispute, 'amicable:Inès')
  const exhibit = {
    caseId,
    kind: 'commande',
    reference: '../../etc/passwd',
    datedOn: on,
    proves: 'la commande',
  } as const
  const bytes = new TextEncoder().encode('Bon de commande n° 12')
  await attachExhibit(office, sql, on, { ...exhibit, bytes, fileName: 'commande.txt' }, 'legal')
  const line = { account: null, bookedOn: on, amount: 4_200n, currency: 'EUR', payerIban: null, bankReference: null }
  const paid = { ...line, row: 1, payer: name.toUpperCase(), text: transfer.libelle, doubts: [] }
  const lines = [paid, { ...paid, row: 2, payer: 'Anatole Quatrebarbes', text: 'Autre chose' }]
  await importBankLines(office, on, { lines, receivedBy: 'agency', creditorId: null }, true, 'test')
  for (const [creditor, to] of [
    ['Deux', buyer],
    [
      'Trois',
      { ...buyer, name: 'Anatole Quatrebarbes', contact: { email: 'anatole@autre.example', phone: '06 99 88 77 66' } },
    ],
  ] as const) {
    const creditorId = await creditorOf(made, on, { name: creditor })
    await addInvoices(made, { creditorId, on: '2026-07-10', invoices: [bill(`F-${creditor}`, to)], kind: 'consumer' })
  }
})

const given = async (ids: string[]) => {
  const entries = await personalData(house.office, on, ids, 'legal:Inès')
  // oxlint-disable-next-line typescript/no-explicit-any -- a document for people, looked into at a few places
  const data = JSON.parse(strFromU8(entries['donnees.json']!)) as { personnes: any[] }
  return { entries, names: Object.keys(entries).sort(), people: data.personnes }
}

describe('a person who asks what is known of them', () => {
  test.each([
    ['a case number', '2026-0001', 1],
    ['an exact name, whatever its capitals', 'zéphyrine QUATREBARBES', 2],
    ['an e-mail address', 'zephyrine@quatrebarbes.example', 2],
    ['a telephone number, however it is written', '+33 6 11 22 33 44', 2],
    ['a part of a name', 'Quatrebarbes', 0],
    ['a pattern', '%', 0],
  ])('is found by %s', async (_what, said, count) => {
    const found = await findPersons(house.sql, said)
    expect(found.map((person) => person.name)).toEqual(Array(count).fill(name))
  })

  test('gets everything, under words that people use, and the papers themselves', async () => {
    const [first] = await findPersons(house.sql, '2026-0001')
    const { names, people, entries } = await given([first!.id])
    expect(people).toHaveLength(1)
    const [{ dossiers, ...person }] = people
    expect(person).toMatchObject({
      nom: name,
      courriel: buyer.contact.email,
      adresse: { lines: ['17 impasse des Lilas'] },
    })
    const [told] = dossiers
    expect(told).toMatchObject({
      numero: '2026-0001',
      creancier: 'Papeterie Rhône-Alpes',
      factures: [{ numero: 'F-1', total: '1000.00', echeance: '2026-06-10' }],
      appels: [{ resume: 'Dit avoir déménagé.', sens: 'reçu' }],
      contestations: [{ motif: 'Livraison incomplète', conteste: '100.00' }],
    })
    const toHer = told.courriers.filter((letter: { destinataire: string }) => letter.destinataire === 'debiteur')
    expect(toHer.length).toBeGreaterThan(1)
    expect(toHer[0].titre).not.toBe(toHer[0].courrier)
    expect(names.filter((each) => each.startsWith('courriers/'))).toHaveLength(toHer.length)
    expect(told.journal.map(({ quoi }: { quoi: string }) => quoi)).toContain('call_recorded')
    const notice = strFromU8(entries['lisez-moi.txt']!)
    expect(notice).toContain('dossier clos\u00a0: 5 ans (durée par défaut, non confirmée)')
    expect(notice).toContain('le nom, 10 ans depuis la fin de l’année')
    expect(told.mouvements_de_banque).toEqual([{ ...transfer, rapprochement: 'non rapproché' }])
  })

  test('is shown nothing of another person, and nothing of the house’s own', async () => {
    const ids = (await findPersons(house.sql, name)).map(({ id }) => id)
    const { people, entries } = await given(ids)
    expect(people.map(({ dossiers }) => dossiers[0].creancier)).toEqual(['Papeterie Rhône-Alpes', 'Deux'])
    const text = strFromU8(entries['donnees.json']!)
    for (const foreign of ['Anatole', 'anatole@', '"token', 'whsec']) expect(text).not.toContain(foreign)
  })

  test('gets files whose names lead nowhere, what was written to others apart', async () => {
    const [first] = await findPersons(house.sql, '2026-0001')
    const { names } = await given([first!.id])
    expect(names.filter((each) => each.startsWith('pieces/'))).toEqual(['pieces/etc-passwd.pdf'])
    expect(names.some((each) => each.startsWith('a-relire/'))).toBe(true)
    for (const each of names) expect(each).toMatch(/^(?:[a-z-]+\/)?[\p{L}\p{N}-]+\.[a-z0-9]{1,5}$/u)
  })

  test('leaves a line in the journal of each case; nobody, nothing', async () => {
    const [first] = await findPersons(house.sql, '2026-0001')
    await given([first!.id])
    const lines = await house.sql<{ author: string }[]>`select author from events where kind = 'personal_data_given'`
    expect(lines).toEqual([{ author: 'legal:Inès' }])
    expect((await examine(house.office, on)).filter(({ code }) => code.startsWith('journal'))).toEqual([])
    await expect(personalData(house.office, on, [], 'legal')).rejects.toMatchObject({ code: 'person_not_found' })
  })
})

describe('who reads a case', () => {
  let opened: App
  let caseId = ''
  let faults: unknown[] = []
  const clock = { today: () => on, now: () => Temporal.Instant.from('2026-07-10T09:00:00Z') }
  beforeEach(async () => {
    faults = []
    opened = createApp({
      office: house.office,
      sql: house.sql,
      clock,
      secret,
      log: (error) => void faults.push(error),
    })
    caseId = (await house.sql<{ id: string }[]>`select id from cases where number = '2026-0001'`)[0]!.id
    return () => opened.close()
  })
  const headers = async (viewer: Partial<Viewer>) => ({
    'content-type': 'application/json',
    authorization: `Bearer ${await signToken(secret, { role: 'legal', name: 'Essai', creditorId: null, bailiffId: null, ...viewer }, clock.now())}`,
  })
  const ask = async (viewer: Partial<Viewer>, query: string) => {
    const response = await opened.app.request('/graphql', {
      method: 'POST',
      headers: await headers(viewer),
      body: JSON.stringify({ query }),
    })
    await opened.house.readings.flush()
    // oxlint-disable-next-line typescript/no-explicit-any -- the shape is the query's
    return (await response.json()) as { data: any; errors?: { extensions: { code: string } }[] }
  }
  const kept = () =>
    house.sql`select on_day::text, reader, door from case_readings where case_id = ${caseId} order by reader, door`

  test('is kept once a day and a door, whatever is asked, and told to the legal cell alone', async () => {
    const luc = { role: 'phone', name: 'Luc' } as const
    for (const field of ['debtor { name }', 'calls { summary }', 'debtor { email }'])
      await ask(luc, `{ case(number: "2026-0001") { ${field} } }`)
    const { data } = await ask(
      { role: 'legal', name: 'Inès' },
      '{ case(number: "2026-0001") { readings { on reader door } } }',
    )
    expect(data.case.readings).toEqual([{ on: '2026-07-10', reader: 'phone:Luc', door: 'graphql' }])
    const { errors } = await ask(luc, '{ case(number: "2026-0001") { readings { reader } } }')
    expect(errors![0]!.extensions.code).toBe('forbidden')
    expect(faults).toEqual([])
  })

  test('is nobody where only sums were read', async () => {
    await ask(
      { role: 'amicable', name: 'Zoé' },
      '{ cases(first: 10) { edges { node { number totalDue { amount } } } } }',
    )
    expect(await kept()).toEqual([])
  })

  test('is kept of a creditor and of a letter downloaded too', async () => {
    const [own] = await house.sql<{ creditorId: string }[]>`select creditor_id from cases where id = ${caseId}`
    const creditor = { role: 'creditor', name: 'Inès Roche', creditorId: own!.creditorId } as const
    await ask(creditor, '{ case(number: "2026-0001") { debtor { name } } }')
    const [letter] = await house.sql<
      { id: string }[]
    >`select id from documents where case_id = ${caseId} and recipient = 'debiteur' limit 1`
    const response = await opened.app.request(`/documents/${letter!.id}`, { headers: await headers({ name: 'Paul' }) })
    expect(response.status).toBe(200)
    await opened.house.readings.flush()
    expect(await kept()).toEqual([
      { onDay: '2026-07-10', reader: 'creditor:Inès Roche', door: 'graphql' },
      { onDay: '2026-07-10', reader: 'legal:Paul', door: 'document' },
    ])
  })

  test('is kept of the list on a creditor’s page too', async () => {
    const [own] = await house.sql<{ creditorId: string }[]>`select creditor_id from cases where id = ${caseId}`
    const viewer = { role: 'creditor', name: 'Inès Roche', creditorId: own!.creditorId, bailiffId: null } as const
    const token = await signToken(secret, viewer, clock.now())
    const entered = await opened.app.request(`/portail/entrer?jeton=${token}`)
    const cookie = entered.headers.getSetCookie().join('; ')
    expect((await opened.app.request('/portail/dossiers', { headers: { cookie } })).status).toBe(200)
    await opened.house.readings.flush()
    expect(await kept()).toEqual([{ onDay: '2026-07-10', reader: 'creditor:Inès Roche', door: 'portail' }])
  })

  test('costs no statement of its own: a list of cases is one more at most, whatever its length', async () => {
    const texts: string[] = []
    const counted = { ...house.office, sql: countingSql(texts) }
    const other = createApp({ office: counted, sql: house.sql, clock, secret })
    for (let i = 0; i < 3; i++)
      await other.app.request('/graphql', {
        method: 'POST',
        headers: await headers({}),
        body: JSON.stringify({ query: '{ cases(first: 50) { edges { node { debtor { name } } } } }' }),
      })
    await other.close()
    expect(texts.filter((text) => text.includes('case_readings'))).toHaveLength(1)
  })

  /** The same database, each statement noted as it leaves. */
  function countingSql(texts: string[]): typeof house.sql {
    return new Proxy(house.sql, {
      apply(target, self, args: [TemplateStringsArray]) {
        if (Array.isArray(args[0])) texts.push(args[0].join('?'))
        return Reflect.apply(target, self, args)
      },
    })
  }
})
