import { describe, expect, test } from 'vitest'
import { signToken } from '../api/auth.ts'
import { createApp } from '../api/server.ts'
import { owedOn, payableOn, titleOf } from '../procedures/money/ledger.ts'
import { issueStatement } from '../procedures/money/statements.ts'
import { assembleFilingPack } from '../procedures/judicial/packs/packs.ts'
import { recordProcedureEvent } from '../procedures/judicial/procedures.ts'
import { percentText } from '../procedures/law/claim.ts'
import type { Owed } from '../procedures/law/interest.ts'
import { amount } from '../schema/money.ts'
import { secret } from './api.ts'
import { pay } from './debtor.ts'
import { legalCell, sign } from './legal.ts'
import { actOf, day, fileOf, invoice, liveUntil, openCase, textOf, useHouse } from './house.ts'

const house = useHouse(async (made) => {
  await openCase(made, {
    on: '2025-01-11',
    invoices: [invoice({ number: 'F-1', issued_on: '2024-12-11', due_on: '2025-01-10', total: '10000.00' })],
  })
  await liveUntil(made, '2025-01-11', '2025-02-21')
})

const { ask: askOn, caseOf, happens, openSigned, random } = legalCell(house, 'titles')
const owes = async (on: string) => owedOn(await fileOf(house, await caseOf()), day(on))
const ask = (procedure: string, on: string, facts: Record<string, unknown> = {}) => askOn(procedure, facts, on)
const open = async (procedure: string, on: string, facts: Record<string, unknown> = {}) => {
  const request = await ask(procedure, on, facts)
  await sign(house, on, request)
  return { request, opened: await openSigned(request.id, on) }
}

const granted = {
  principal: '10000.00',
  interets: { taux: 'legal', depuis: '2025-02-03' },
  capitalisation: { ordonnee: false },
  depens: '33.47',
}

/** What GraphQL answers of the case on that day, over HTTP. */
async function askedOfTheApi(on: string) {
  const now = Temporal.Instant.from(`${on}T09:00:00Z`)
  const clock = { today: () => day(on), now: () => now }
  const { app } = createApp({ office: house.office, sql: house.sql, clock, secret, log: () => {} })
  const viewer = { role: 'legal' as const, name: 'Hugo Marchand', creditorId: null, bailiffId: null }
  const query = `{ cases(first: 1) { edges { node {
    owed { total { amount } costs { amount } segments { from to percent amount { amount } } } } } } }`
  const answer = await app.request('/graphql', {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${await signToken(secret, viewer, now)}` },
    body: JSON.stringify({ query }),
  })
  const { data } = (await answer.json()) as { data: { cases: { edges: { node: { owed: object } }[] } } }
  return data.cases.edges[0]!.node.owed
}

/** An order for payment of March 2025, served in person on 10 April: enforceable from 13 May, raised from 14 July. */
async function order(facts: Record<string, unknown> = { condamnation: granted }) {
  const { opened } = await open('injonction-de-payer', '2025-02-28')
  await happens(opened.id, 'requete', '2025-03-05')
  await happens(
    opened.id,
    'ordonnance',
    '2025-03-17',
    { numero: '2025/118', ...facts },
    await actOf(house, 'ordonnance'),
  )
  await happens(
    opened.id,
    'signification',
    '2025-04-10',
    { aPersonne: true, demeure: 'metropole' },
    await actOf(house, 'acte'),
  )
  return opened
}

const lines = ({ segments }: Owed) =>
  segments.map((one) => [one.from.toString(), one.to.toString(), percentText(one.percent), amount(one.amount)])

// The same days and sums as the first worked case of tests/cases/titles.yaml.
const raised = [
  ['2025-02-04', '2025-06-30', '3.71', '149.42'],
  ['2025-07-01', '2025-07-13', '2.76', '9.83'],
  ['2025-07-14', '2025-09-01', '7.76', '106.30'],
]

describe('from the order to the seizure', () => {
  test('what is owed, agreed to, seized and stated is what the order grants, raised two months after it is enforceable', async () => {
    await order()
    const owed = await owes('2025-09-01')
    expect(lines(owed)).toEqual(raised)
    expect(amount(owed.total)).toBe('10299.02')
    expect(await askedOfTheApi('2025-09-01')).toMatchObject({
      total: { amount: '10299.02' },
      costs: { amount: '33.47' },
      segments: raised.map(([from, to, percent, sum]) => ({ from, to, percent, amount: { amount: sum } })),
    })
    const { request, opened } = await open('saisie-attribution', '2025-09-01', {
      comptes: [{ etablissement: 'Banque du Rhône' }],
    })
    expect(request.statement).toMatchObject({
      principal: '10000.00',
      interest: '265.55',
      indemnity: '0.00',
      costs: '33.47',
      total: '10299.02',
    })
    expect(request.statement.doubts.join(' ')).not.toContain('comparer au dispositif')
    const pack = await assembleFilingPack(
      house.office,
      day('2025-09-01'),
      { procedureId: opened.id, reason: 'État civil à venir.' },
      'Hugo Marchand',
    )
    expect(pack.contentSha256).toBe(request.contentSha256)
    const [stated] = await house.sql<{ sha256: string }[]>`
      select sha256 from documents where letter = 'decompte-titre-executoire' order by written_on desc limit 1`
    const text = await textOf(await house.office.archive.get(stated!.sha256))
    for (const words of [
      'Sommes allouées : 10 033,47 €',
      'Article 700 et dépens liquidés 33,47 €',
      '10 299,02 €',
      'décision exécutoire le 13 mai 2025',
      'au taux légal, majoré depuis le 14 juillet 2025 (7,76 % au 1er septembre 2025)',
    ]) {
      expect(text).toContain(words)
    }
  })

  test('a statement of account is that of the title, frozen with its costs', async () => {
    await order()
    const stated = await issueStatement(house.office, day('2025-09-01'), { caseId: await caseOf() }, 'test')
    expect(amount(stated.owed.costs)).toBe('33.47')
    expect(lines(stated.owed)).toEqual(raised)
    const [written] = await house.sql<
      { letter: string }[]
    >`select letter from documents where id = ${stated.documentId}`
    expect(written!.letter).toBe('decompte-titre-executoire')
  })

  test('what is stated and seized names the title whose sums are counted, not an order made since and not served', async () => {
    const lawyer = {
      nom: 'Maître Claire Vidal',
      barreau: 'Lyon',
      adresse: { lignes: ['12 rue de la République'], codePostal: '69002', ville: 'Lyon', pays: 'FR' },
    }
    const { opened: first } = await open('assignation', '2025-02-28', { avocatCreancier: lawyer })
    await happens(first.id, 'assignation', '2025-03-03')
    const judged = { numero: '2025/118', favorable: true, defaut: false, dernierRessort: true, condamnation: granted }
    await happens(first.id, 'jugement', '2025-04-17', judged, await actOf(house, 'jugement'))
    await happens(first.id, 'signification', '2025-05-05', {}, await actOf(house, 'acte'))
    const { opened } = await open('injonction-de-payer', '2025-06-02')
    await happens(opened.id, 'requete', '2025-06-05')
    const since = { numero: '2025/377', condamnation: { ...granted, principal: '4000.00', depens: '51.60' } }
    await happens(opened.id, 'ordonnance', '2025-06-16', since, await actOf(house, 'seconde ordonnance'))
    const stated = await issueStatement(house.office, day('2025-09-01'), { caseId: await caseOf() }, 'test')
    expect(amount(stated.owed.costs)).toBe('33.47')
    await ask('saisie-attribution', '2025-09-01', { comptes: [{ etablissement: 'Banque du Rhône' }] })
    const written = await house.sql<{ facts: { titre: object; depens?: object } }[]>`
      select facts from documents where id = ${stated.documentId} or letter = 'saisie-attribution-mandat'`
    expect(written).toHaveLength(2)
    for (const { facts } of written) {
      expect(facts.titre).toMatchObject({ numero: '2025/118', date: '2025-04-17', montant: '10033.47' })
      expect(facts.depens).toEqual({ total: '33.47', article700: '0.00' })
    }
  })

  test('a payment goes to interest and principal, and its imputation stands beside those of before', async () => {
    await order()
    await pay(house, await caseOf(), '2025-09-01', '10290.55')
    const owed = await owes('2025-09-01')
    expect(owed.imputations).toMatchObject([{ toInterest: 26_555n, toPrincipal: 1_000_000n, toCosts: 2_500n }])
    expect(amount(owed.total)).toBe('8.47')
  })
})

describe('a title obtained elsewhere', () => {
  const told = {
    nature: 'jugement',
    juridiction: 'tribunal de Vienne',
    date: '2025-03-17',
    numero: '25/7',
    signification: '2025-04-10',
  }
  const condamnation = { ...granted, reglementsJusquau: '2025-03-17', executoireLe: '2025-05-13' }
  const seize = (titre: object) =>
    open('saisie-attribution', '2025-09-01', { comptes: [{ etablissement: 'Banque du Rhône' }], titre })
  const written = async () => {
    const [stated] = await house.sql<{ sha256: string }[]>`
      select sha256 from documents where letter = 'decompte-titre-executoire' order by written_on desc limit 1`
    return textOf(await house.office.archive.get(stated!.sha256))
  }

  test('is counted by what it grants: what is signed, seized, owed and stated', async () => {
    const { request } = await seize({ ...told, condamnation })
    expect(request.statement).toMatchObject({
      principal: '10000.00',
      interest: '265.55',
      costs: '33.47',
      total: '10299.02',
    })
    expect(request.statement.doubts.join(' ')).not.toContain('comparer au dispositif')
    expect(await written()).toContain('Sommes allouées : 10 033,47 €')
    expect(lines(await owes('2025-09-01'))).toEqual(raised)
    expect(await askedOfTheApi('2025-09-01')).toMatchObject({ total: { amount: '10299.02' } })
    await issueStatement(house.office, day('2025-09-02'), { caseId: await caseOf() }, 'test')
    expect(await written()).toContain('tribunal de Vienne')
  })

  test('counts for the creditor’s signature, and nothing before it', async () => {
    await ask('saisie-attribution', '2025-09-01', {
      comptes: [{ etablissement: 'Banque du Rhône' }],
      titre: { ...told, condamnation },
    })
    expect(titleOf(await fileOf(house, await caseOf()), day('2025-09-01'))).toBeNull()
  })

  test('whose sums are not given is told to be compared, to the creditor and on the account that goes with the mission', async () => {
    const { request } = await seize(told)
    expect(request.statement.doubts.join(' ')).toContain('comparer au dispositif')
    expect(await written()).toContain('le comparer au dispositif du titre')
  })

  test('that does not say which payments it deducted is not counted', async () => {
    const { reglementsJusquau: _, ...unsaid } = condamnation
    await expect(seize({ ...told, condamnation: unsaid })).rejects.toMatchObject({ code: 'given_title_incomplete' })
  })

  test('gives way to a later decision of the case itself, and to none before it', async () => {
    await seize({
      ...told,
      date: '2025-02-20',
      signification: '2025-03-03',
      condamnation: { ...condamnation, principal: '9000.00', reglementsJusquau: '2025-02-20' },
    })
    expect(amount((await owes('2025-03-16')).principal)).toBe('9000.00')
    await order()
    expect(amount((await owes('2025-09-02')).principal)).toBe('10000.00')
  })
})

describe('until then', () => {
  test('an order that is not served, or is opposed, leaves the invoices as they were', async () => {
    const { opened } = await open('injonction-de-payer', '2025-02-28')
    const before = await owes('2025-03-20')
    await happens(opened.id, 'requete', '2025-03-05')
    await happens(opened.id, 'ordonnance', '2025-03-17', { condamnation: granted })
    expect((await owes('2025-03-20')).total).toBe(before.total)
    await happens(opened.id, 'signification', '2025-04-10', { aPersonne: true, demeure: 'metropole' })
    await happens(opened.id, 'opposition', '2025-05-02')
    expect(titleOf(await fileOf(house, await caseOf()), day('2025-05-01'))?.on.toString()).toBe('2025-03-17')
    expect(titleOf(await fileOf(house, await caseOf()), day('2025-05-05'))).toBeNull()
  })

  test('a title whose sums nobody recorded is said in the ledger and to the creditor, and nothing is guessed', async () => {
    await order({})
    const owed = await owes('2025-09-01')
    expect(owed.doubts.map(({ code }) => code)).toContain('title_not_recorded')
    const { statement } = await ask('saisie-attribution', '2025-09-01', {
      comptes: [{ etablissement: 'Banque du Rhône' }],
    })
    expect(statement.doubts.join(' ')).toMatch(/ne sont pas enregistrées.*comparer au dispositif/)
  })

  test('recording its sums ends what was asked on others', async () => {
    const opened = await order({})
    const asked = await ask('saisie-attribution', '2025-09-01', { comptes: [{ etablissement: 'Banque du Rhône' }] })
    const [event] = await house.sql<{ id: string }[]>`
      select id from procedure_events where procedure_id = ${opened.id} and step = 'ordonnance'`
    await recordProcedureEvent(
      house.sql,
      random,
      day('2025-09-02'),
      {
        procedureId: opened.id,
        step: 'ordonnance',
        happenedOn: day('2025-03-17'),
        facts: { condamnation: granted },
        corrects: event!.id,
      },
      'legal',
    )
    expect(await house.sql`select 1 from consent_ends where request_id = ${asked.id}`).toHaveLength(1)
    expect(amount(payableOn(await fileOf(house, await caseOf()), day('2025-09-01')).total)).toBe('10299.02')
  })
})
