import { describe, expect, test } from 'vitest'
import {
  correctCreditor,
  type CreditorChanges,
  correctionsOf,
  settleCreditorAccount,
} from '../procedures/cases/creditor-corrections.ts'
import { exportCase } from '../procedures/cases/file/export.ts'
import { papeterie } from '../scripts/demo/people.ts'
import { useApi } from './api.ts'
import {
  creditorOf,
  day,
  fileOf,
  invoice,
  liveToConsent,
  liveUntil,
  openCase,
  ordinary,
  textOf,
  toDebtor,
} from './house.ts'

const api = useApi({ today: '2026-07-22' })
const other = 'FR76 3000 6000 0112 3456 7890 189'
const [nadia, karim] = ['amicable:Nadia Petit', 'legal:Karim Saïd']

const correct = (creditorId: string, on: string, changes: CreditorChanges, author = nadia) =>
  correctCreditor(api.office, day(on), { creditorId, reason: 'Son courrier du 2', changes }, author)
const settle = (correctionId: string, on: string, author: string, isTaken = true) =>
  settleCreditorAccount(
    api.office,
    day(on),
    { correctionId, isTaken, checkedHow: 'Mme Roche, rappelée au 04 de la convention' },
    author,
  )
const historyOf = async (creditorId: string) => (await correctionsOf(api.sql, [creditorId])).get(creditorId) ?? []
const awaitingOf = async (creditorId: string) => (await historyOf(creditorId)).find((each) => each.isTaken === null)!
const creditorIn = async (caseId: string) => (await fileOf(api, caseId)).creditor
const liveConsents = (caseId: string) => api.sql`
  select 1 from consent_requests r where case_id = ${caseId} and not exists (select from consent_ends e where e.request_id = r.id)`
const told = (creditorId: string) => api.sql<{ kind: string; author: string; detail: Record<string, unknown> }[]>`
  select kind, author, detail from events where detail ->> 'creditor' = ${creditorId} and kind like 'creditor_%' order by id`
const papeterieEmail = papeterie.creditor.identity.contact.email
const opened = async (number: string): Promise<string> => {
  const caseId = await openCase(api, {
    on: '2026-06-11',
    invoices: [invoice({ number, issued_on: '2026-05-11', due_on: '2026-06-10' })],
  })
  return (await creditorIn(caseId)).id
}
/** What was written to a creditor of its changes, and where it goes. */
const changesTold = (creditorId: string) => api.sql<
  { letter: string; sha256: string; address: Record<string, unknown> }[]
>`
  select d.letter, d.sha256, o.address from documents d join dispatches o on o.document_id = d.id join cases c on c.id = d.case_id
  where c.creditor_id = ${creditorId} and d.letter like 'creancier-changement-%' order by length(d.reference), d.reference`
const addressesTold = async (creditorId: string) =>
  (await changesTold(creditorId)).map(({ letter, address: { email, lines } }) => [
    letter.replace('creancier-changement-', ''),
    email ?? lines,
  ])

describe('a creditor', () => {
  test('whose contact is corrected is reached there from then on; what was there stays in its history', async () => {
    const caseId = await liveToConsent(api)
    const { id, identity } = await creditorIn(caseId)
    await correct(id, '2026-07-22', { contact: { email: 'juste@papeterie.example', phone: null } })
    const { identity: now } = await creditorIn(caseId)
    const { phone: _phone, ...kept } = identity.contact!
    expect(now).toEqual({ ...identity, contact: { ...kept, email: 'juste@papeterie.example' } })
    expect(await historyOf(id)).toMatchObject([
      { before: { contact: identity.contact }, after: { contact: now.contact }, recordedBy: nadia, isTaken: true },
    ])
    expect((await told(id)).at(-1)).toMatchObject({ kind: 'creditor_corrected', detail: { fields: ['contact'] } })
    expect(JSON.stringify(await told(id))).not.toContain('juste@')
    expect(await liveConsents(caseId)).toHaveLength(1)

    await correct(id, '2026-07-22', { representative: { name: 'Paul Roche' } })
    expect((await creditorIn(caseId)).identity.representative).toMatchObject({ name: 'Paul Roche' })
    expect(await liveConsents(caseId)).toEqual([])
    const exported = (await exportCase(api.sql, caseId))['creditor_corrections']
    expect(exported).toMatchObject([
      { reason: 'Son courrier du 2' },
      { after: { representative: { name: 'Paul Roche' } } },
    ])
  })

  test('is not corrected without a reason, without a name or by nothing at all', async () => {
    const id = await creditorOf(api, day('2026-06-01'), { name: 'Cave Bouchard' })
    const refused = (changes: CreditorChanges, reason = 'Faute de frappe') =>
      correctCreditor(api.office, day('2026-06-02'), { creditorId: id, reason, changes }, nadia)
    await expect(refused({ name: 'Cave' }, ' ')).rejects.toMatchObject({ code: 'reason_missing' })
    await expect(refused({ name: ' ' })).rejects.toMatchObject({ code: 'creditor_without_name' })
    await expect(refused({ name: 'Cave Bouchard', contact: {} })).rejects.toMatchObject({ code: 'nothing_corrected' })
    await expect(refused({ iban: papeterie.creditor.iban?.replaceAll(' ', '') })).rejects.toMatchObject({
      code: 'nothing_corrected',
    })
    await expect(refused({ iban: 'FR1420041010050500013M02607' })).rejects.toMatchObject({ code: 'bad_iban' })
    expect(await historyOf(id)).toEqual([])
  })
})

describe('the account of a creditor', () => {
  test('changes once a second person has confirmed it, and is printed from then on', async () => {
    const caseId = await openCase(api, { on: '2026-06-11', invoices: [ordinary()] })
    await liveUntil(api, '2026-06-11', '2026-06-12')
    const { id, iban: old } = await creditorIn(caseId)
    await correct(id, '2026-06-12', { iban: other, name: 'Papeterie du Rhône' })
    expect(await creditorIn(caseId)).toMatchObject({ name: 'Papeterie du Rhône', iban: old })
    const awaiting = await awaitingOf(id)
    expect(awaiting.before).toMatchObject({ iban: old })
    await expect(correct(id, '2026-06-12', { iban: null })).rejects.toMatchObject({ code: 'account_awaiting' })
    await expect(settle(awaiting.id, '2026-06-12', nadia)).rejects.toMatchObject({ code: 'second_person_needed' })
    await expect(settle(awaiting.id, '2026-06-12', 'admin:Nadia Petit')).rejects.toMatchObject({
      code: 'second_person_needed',
    })
    await settle(awaiting.id, '2026-06-15', karim)
    await expect(settle(awaiting.id, '2026-06-15', karim)).rejects.toMatchObject({ code: 'account_not_awaiting' })
    // The BIC was that of the other bank.
    expect(await creditorIn(caseId)).toMatchObject({ iban: other.replaceAll(' ', ''), bic: null })
    expect((await told(id)).map(({ kind, author }) => `${kind} ${author}`)).toEqual([
      'creditor_created test',
      `creditor_corrected ${nadia}`,
      `creditor_account_proposed ${nadia}`,
      `creditor_account_changed ${karim}`,
    ])

    await liveUntil(api, '2026-06-16', '2026-07-01')
    const printed = toDebtor(await fileOf(api, caseId)).filter(({ letter }) =>
      /^(relance-cordiale|mise-en-demeure)-pro$/.test(letter),
    )
    const texts = await Promise.all(
      printed.map(async ({ sha256 }) => (await textOf(await api.office.archive.get(sha256))).replaceAll(' ', '')),
    )
    expect(
      texts.map((text) => [text.includes(old!.replaceAll(' ', '')), text.includes(other.replaceAll(' ', ''))]),
    ).toEqual([
      [true, false],
      [false, true],
    ])
  })

  test('is refused as well by a second person, or taken back by who proposed it', async () => {
    const id = await creditorOf(api, day('2026-06-01'), { name: 'Imprimerie Delmas' })
    const { iban } = papeterie.creditor
    for (const author of [karim, nadia]) {
      await correct(id, '2026-06-02', { iban: other })
      await settle((await awaitingOf(id)).id, '2026-06-03', author, false)
    }
    expect(await api.sql`select iban from creditors where id = ${id}`).toEqual([{ iban }])
    expect((await historyOf(id)).map((each) => each.isTaken)).toEqual([false, false])
    await correct(id, '2026-06-02', { bic: 'BNPAFRPPXXX' })
    const same = api.sql`
      update creditor_corrections set decided_on = '2026-06-03', decided_by = 'admin:Nadia Petit', is_taken = true, checked_how = 'x'
      where creditor_id = ${id} and decided_on is null`
    await expect(same).rejects.toMatchObject({ code: '23514' })
  })
})

describe('of a change, a creditor is told where it was reached before', () => {
  test('when an account is asked for with another e-mail, and when a second person confirms it', async () => {
    const id = await opened('T-1')
    await correct(id, '2026-06-12', { iban: other, contact: { email: 'voleur@ailleurs.example' } })
    await settle((await awaitingOf(id)).id, '2026-06-15', karim)
    expect(await addressesTold(id)).toEqual([
      ['compte-demande', papeterieEmail],
      ['compte-decide', papeterieEmail],
    ])
    const [asked, decided] = await Promise.all(
      (await changesTold(id)).map(async ({ sha256 }) => textOf(await api.office.archive.get(sha256))),
    )
    for (const words of [
      'FR14 •••• 2606',
      'FR76 •••• 0189',
      '12 juin 2026',
      'Nadia Petit',
      'Son courrier du 2',
      'v••••@ailleurs.example',
      '04 78 00 00 18',
      "avant qu'une seconde personne du cabinet l'ait confirmé",
    ])
      expect(asked).toContain(words)
    for (const words of ['Confirmée', '15 juin 2026, par Karim Saïd', 'rappelée au 04 de la convention'])
      expect(decided).toContain(words)
    for (const text of [asked!, decided!]) expect(text.replaceAll(' ', '')).not.toContain(other.replaceAll(' ', ''))
    const journal = (await told(id)).filter(({ detail }) => 'letter' in detail)
    expect(journal.map(({ kind }) => kind)).toEqual(['creditor_account_proposed', 'creditor_account_changed'])
  })

  test('when the account is refused, or was proposed by mistake', async () => {
    const id = await opened('T-2')
    await correct(id, '2026-06-12', { iban: other })
    await settle((await awaitingOf(id)).id, '2026-06-15', nadia, false)
    const { sha256, ...refused } = (await changesTold(id))[1]!
    expect(refused).toMatchObject({ letter: 'creancier-changement-compte-decide', address: { email: papeterieEmail } })
    expect(await textOf(await api.office.archive.get(sha256))).toContain(
      'Votre compte reste celui que nous connaissions',
    )
  })

  test('when its e-mail, telephone or address changes, and not when another person answers there', async () => {
    const id = await opened('T-3')
    await correct(id, '2026-06-12', { contact: { name: 'Jean Roche' }, representative: { name: 'Paul Roche' } })
    expect(await addressesTold(id)).toEqual([])
    await correct(id, '2026-06-12', { contact: { email: 'autre@ailleurs.example' } })
    await correct(id, '2026-06-13', { contact: { phone: '04 78 99 99 99' } })
    expect(await addressesTold(id)).toEqual([
      ['coordonnees', papeterieEmail],
      ['coordonnees', 'autre@ailleurs.example'],
    ])
  })

  test('by the e-mail that was lately there when the account follows it, and by the new one three months later', async () => {
    const [soon, late] = [await opened('T-4'), await opened('T-5')]
    for (const id of [soon, late]) await correct(id, '2026-06-12', { contact: { email: 'autre@ailleurs.example' } })
    await correct(soon, '2026-06-30', { iban: other })
    await correct(late, '2026-09-10', { iban: other })
    expect((await addressesTold(soon)).at(-1)).toEqual(['compte-demande', papeterieEmail])
    expect((await addressesTold(late)).at(-1)).toEqual(['compte-demande', 'autre@ailleurs.example'])
  })

  test('by post where no e-mail was known, though one is given with the account', async () => {
    const id = await opened('T-6')
    await api.sql`update creditors set identity = identity #- '{contact,email}' where id = ${id}`
    const moved = { lines: ['1 rue Neuve'], postalCode: '69001', city: 'Lyon', country: 'FR' }
    await correct(id, '2026-06-12', { iban: other, address: moved, contact: { email: 'voleur@ailleurs.example' } })
    expect(await addressesTold(id)).toEqual([['compte-demande', papeterie.creditor.identity.address.lines]])
  })

  test('and the journal says of one that has no case that nobody could tell it', async () => {
    const id = await creditorOf(api, day('2026-06-01'), { name: 'Menuiserie Faure' })
    await correct(id, '2026-06-02', { iban: other })
    expect((await told(id)).at(-1)).toMatchObject({
      kind: 'creditor_account_proposed',
      detail: { untold: expect.stringContaining('aucun dossier') },
    })
  })

  test('once, however often the same key asks', async () => {
    const creditorId = await opened('T-7')
    const asking = `mutation ($input: CorrectCreditorInput!) { correctCreditor(input: $input) { ... on Refusal { code } } }`
    const input = { creditorId, reason: 'Son message du 20', iban: other, idempotencyKey: 'k7' }
    await api.ask({ role: 'amicable', name: 'Nadia' }, asking, { input })
    await api.ask({ role: 'amicable', name: 'Nadia' }, asking, { input })
    expect(await addressesTold(creditorId)).toEqual([['compte-demande', papeterieEmail]])
  })
})

test('two managers correct a creditor and its account; it reads its own history, and nobody else’s', async () => {
  const mine = await creditorOf(api, day('2026-06-01'), { name: 'Scierie Bonnet' })
  const asked = `mutation ($input: CorrectCreditorInput!) { correctCreditor(input: $input) { ... on Refusal { code }
    ... on CorrectCreditorPayload { creditor { email contactName iban representative { name quality }
      corrections { id state before after recordedBy } } } } }`
  const input = {
    creditorId: mine,
    reason: 'Son message du 20',
    email: 'compta@bonnet.example',
    contactName: 'Lise Bonnet',
    representativeName: 'Paul Bonnet',
    representativeQuality: 'gérant',
    iban: other,
    idempotencyKey: 'c1',
  }
  for (const role of ['phone', 'creditor'] as const)
    expect((await api.ask({ role, creditorId: mine }, asked, { input })).body.data.correctCreditor.code).toBe(
      'forbidden',
    )
  const first = await api.ask({ role: 'amicable', name: 'Nadia' }, asked, { input })
  const { creditor } = first.body.data.correctCreditor
  expect(creditor).toMatchObject({
    email: 'compta@bonnet.example',
    contactName: 'Lise Bonnet',
    representative: { name: 'Paul Bonnet', quality: 'gérant' },
    iban: papeterie.creditor.iban,
  })
  expect(creditor.corrections).toMatchObject([
    { state: 'TAKEN', recordedBy: 'amicable:Nadia' },
    { state: 'AWAITING', before: { iban: papeterie.creditor.iban } },
  ])
  expect((await api.ask({ role: 'amicable', name: 'Nadia' }, asked, { input })).body).toEqual(first.body)

  const waiting = await api.ask({ role: 'legal' }, '{ creditorAccountsAwaiting { id creditor { name } } }')
  const { id } = waiting.body.data.creditorAccountsAwaiting.find(
    (each: { creditor: { name: string } }) => each.creditor.name === 'Scierie Bonnet',
  )
  const settled = `mutation ($input: SettleCreditorAccountInput!) { settleCreditorAccount(input: $input) { ... on Refusal { code }
    ... on SettleCreditorAccountPayload { creditor { iban bic } } } }`
  const settling = {
    input: { correctionId: id, confirmed: true, checkedHow: 'Lise Bonnet, au numéro de la convention' },
  }
  const byHerself = await api.ask({ role: 'admin', name: 'Nadia' }, settled, settling)
  expect(byHerself.body.data.settleCreditorAccount.code).toBe('second_person_needed')
  const bySomebodyElse = await api.ask({ role: 'legal', name: 'Karim' }, settled, settling)
  expect(bySomebodyElse.body.data.settleCreditorAccount.creditor.iban).toBe(other.replaceAll(' ', ''))

  const listed = '{ creditors { name corrections { reason } } }'
  const own = await api.ask({ role: 'creditor', creditorId: mine }, listed)
  expect(own.body.data.creditors).toMatchObject([{ name: 'Scierie Bonnet', corrections: [{}, {}] }])
})
