import ICAL from 'ical.js'
import { beforeAll, describe, expect, test } from 'vitest'
import { calendarText } from '../api/calendar.ts'
import type { FeedDay } from '../procedures/judicial/deadlines/court-calendar.ts'
import { recordDispute } from '../procedures/cases/exchanges/disputes.ts'
import { placeHold, releaseHold } from '../procedures/cases/holds.ts'
import { recordPromise } from '../procedures/cases/exchanges/promises.ts'
import { createBailiff } from '../procedures/judicial/packs/handover.ts'
import { newsBy } from '../procedures/judicial/case-progress.ts'
import { newId, seededRandom } from '../schema/random.ts'
import { now, openTwoCases, useApi } from './api.ts'
import { addInvoices, creditorOf, day, invoice } from './house.ts'
import { browser } from './pages.ts'

const api = useApi({ today: '2026-11-20' })
const random = seededRandom('calendar')
const mine = { creditorId: '', caseId: '', procedureId: '' }
const theirs = { ...mine }

/** A seizure of bank accounts, opened under a consent that was given. */
async function openSeizure(who: typeof mine): Promise<string> {
  const [request, opened] = [newId(random), newId(random)]
  await api.sql`
    insert into consent_requests (id, case_id, procedure, pack_kind, filing_step, requested_on, expires_on, statement, content_sha256, content, pdf, requested_by)
    values (${request}, ${who.caseId}, 'saisie-attribution', 'mission', 'acte', '2026-11-02', '2026-12-02', '{}', 'a', '[]', 'p', 'x')`
  await api.sql`
    insert into consents (request_id, decision, decided_on, signed_by, capacity, content_sha256, proof)
    values (${request}, 'given', '2026-11-03', 'Inès Roche', 'présidente', 'a', '{}')`
  await api.sql`
    insert into procedures (id, case_id, procedure, consent_id, court, opened_on, opened_by)
    values (${opened}, ${who.caseId}, 'saisie-attribution', ${request}, ${api.sql.json({ nom: 'juge de l’exécution', formation: '', ville: 'Lyon' })}, '2026-11-04', 'legal')`
  return opened
}

beforeAll(async () => {
  const debtors = ['Garage « du Pont », Père ; Fils\\Cie', 'Imprimerie Delmas']
  const [first, second] = await openTwoCases(api, '2026-09-02', debtors)
  Object.assign(mine, first)
  Object.assign(theirs, second)
  for (const who of [mine, theirs]) who.procedureId = await openSeizure(who)
  const seized = await api.ask(
    { role: 'legal' },
    `mutation { recordProcedureEvent(input: { procedureId: "${mine.procedureId}", step: "acte", happenedOn: "2026-11-20" }) { __typename ... on Refusal { code message } } }`,
  )
  if (seized.body.data?.recordProcedureEvent.__typename === 'Refusal') throw new Error(JSON.stringify(seized.body))
})

const make = async (viewer: Parameters<typeof api.ask>[0], label = 'agenda') => {
  const { body } = await api.ask(
    viewer,
    'mutation ($label: String!) { createCalendarFeed(input: { label: $label }) { __typename ... on CreateCalendarFeedPayload { url feed { id label } } ... on Refusal { code } } }',
    { label },
  )
  return body.data.createCalendarFeed as { url: string; feed: { id: string } }
}
const eventsOf = (text: string) =>
  new ICAL.Component(ICAL.parse(text)).getAllSubcomponents('vevent').map((each) => ({
    uid: String(each.getFirstPropertyValue('uid')),
    summary: String(each.getFirstPropertyValue('summary')),
    description: String(each.getFirstPropertyValue('description')),
    start: each.getFirstPropertyValue('dtstart') as ICAL.Time,
    alarms: each.getAllSubcomponents('valarm').map((alarm) => String(alarm.getFirstPropertyValue('trigger'))),
  }))

describe('the calendar of the legal cell', () => {
  test('has the deadlines of every case, whole days with their alarms, and is read by another program', async () => {
    const { url } = await make({ role: 'legal' })
    const response = await api.app.request(url)
    expect(response.headers.get('content-type')).toBe('text/calendar; charset=utf-8')
    const events = eventsOf(await response.text())
    const served = events.find(({ uid }) => uid === `delai-${mine.procedureId}-denonciation-denonciation@courtois`)
    // Eight days from Friday 20 November: Saturday the 28th, so Monday the 30th.
    expect([served?.start.isDate, served?.start.toString()]).toEqual([true, '2026-11-30'])
    expect(served?.summary).toBe('Dénoncer la saisie au débiteur – Garage « du Pont », Père ; Fils\\Cie (2026-0001)')
    expect(served?.description).toContain('CPCE')
    expect(served?.description.split('\n').length).toBeGreaterThan(3)
    expect(served?.alarms).toEqual(['-P14DT15H', '-P6DT15H', '-P2DT15H', '-PT15H'])
  })

  test('has the end of a limitation a year ahead, and none of the years before', async () => {
    const ends = async (on: string) => {
      await api.sql`update cases set limitation_on = ${on} where id = ${mine.caseId}`
      await api.sql`
        update invoice_limitations l set expires_on = ${on} from invoices i where i.id = l.invoice_id and i.case_id = ${mine.caseId}`
      const { url } = await make({ role: 'legal' })
      const events = eventsOf(await (await api.app.request(url)).text())
      return events.flatMap(({ uid, start }) => (uid.startsWith('prescription-') ? [`${uid} ${start.toString()}`] : []))
    }
    expect(await ends('2027-11-20')).toEqual([`prescription-${mine.caseId}@courtois 2027-11-20`])
    expect(await ends('2027-11-21')).toEqual([])
    expect(await ends('2026-11-19')).toEqual([])
    expect(await ends('2031-08-31')).toEqual([])
  })

  test('keeps the id of what moved', async () => {
    const uids = async () => eventsOf(await (await api.app.request((await make({ role: 'legal' })).url)).text())
    const first = await uids()
    expect((await uids()).map(({ uid }) => uid)).toEqual(first.map(({ uid }) => uid))
    expect(new Set(first.map(({ uid }) => uid)).size).toBe(first.length)
  })
})

test('a creditor’s calendar has its own cases alone', async () => {
  const { url } = await make({ role: 'creditor', creditorId: theirs.creditorId })
  const text = await (await api.app.request(url)).text()
  expect(text).toContain('Delmas')
  expect(text).not.toContain('Garage')
  expect(eventsOf(text).map(({ uid }) => uid)).toEqual([`prescription-${theirs.caseId}@courtois`])
})

test('its address is kept as a hash, opens without a token, and closes when revoked', async () => {
  const { url, feed } = await make({ role: 'creditor', creditorId: mine.creditorId })
  const token = /^http:\/\/api\.test\/calendrier\/([\w-]{43})\.ics$/.exec(url)![1]!
  expect(await api.sql`select 1 from calendar_feeds f where to_jsonb(f)::text like ${`%${token}%`}`).toHaveLength(0)
  expect(await api.sql`select 1 from events e where e.detail::text like ${`%${token}%`}`).toHaveLength(0)
  expect((await api.app.request(url)).status).toBe(200)
  const end = (viewer: Parameters<typeof api.ask>[0]) =>
    api.ask(
      viewer,
      `mutation { revokeCalendarFeed(input: { feedId: "${feed.id}" }) { __typename ... on Refusal { code } } }`,
    )
  const stranger = await end({ role: 'creditor', creditorId: theirs.creditorId })
  expect(stranger.body.data.revokeCalendarFeed).toMatchObject({ code: 'feed_not_found' })
  await end({ role: 'creditor', creditorId: mine.creditorId })
  for (const path of [url, `/calendrier/${'A'.repeat(43)}.ics`, '/calendrier/x.ics', `/calendrier/${token}`])
    expect((await api.app.request(path)).status, path).toBe(404)
  // Whoever follows it in a browser reads a page, and a program its error.
  const page = await api.app.request(url, { headers: { accept: 'text/html,application/xhtml+xml,*/*;q=0.8' } })
  expect([page.status, page.headers.get('content-type')]).toEqual([404, 'text/html; charset=UTF-8'])
  expect(await page.text()).toContain('Ce calendrier n’existe pas, ou a été fermé.')
  expect((await api.app.request(url)).headers.get('content-type')).toBe('application/json')
  expect((await api.ask({ role: 'research' }, '{ calendarFeeds { id } }')).body.errors?.[0]?.extensions?.code).toBe(
    'forbidden',
  )
})

describe('the calendars of those who work on the cases', () => {
  const days = async (viewer: Parameters<typeof api.ask>[0]) => {
    const { url } = await make(viewer)
    return async () => eventsOf(await (await api.app.request(url)).text())
  }
  const third = { caseId: '', at: day('2026-11-18') }
  beforeAll(async () => {
    const creditorId = await creditorOf(api, day('2026-09-01'), { name: 'Créancier C-1' })
    const buyer = {
      name: 'Papeterie Vasseur',
      address: { lines: ['9 rue Haute'], postal_code: '69003', city: 'Lyon', country: 'FR' },
    }
    const invoices = [invoice({ number: 'C-1', issued_on: '2026-08-01', due_on: '2026-08-31', buyer })]
    third.caseId = await addInvoices(api, { creditorId, on: '2026-09-02', invoices })
  })

  test('the amicable cell’s has promises, disputes and holds, what is late on today, and no time limit of a court', async () => {
    const read = await days({ role: 'amicable' })
    const promise = {
      caseId: third.caseId,
      amount: 125_000n,
      means: 'virement',
      author: 'Mme Vasseur',
      channel: 'appel',
    }
    const id = await recordPromise(api.sql, random, third.at, { ...promise, dueOn: day('2026-11-27') }, 'amicable')
    const asked = {
      caseId: third.caseId,
      channel: 'email',
      ground: 'prestation',
      contested: null,
      answerBy: day('2026-11-19'),
    }
    const dispute = await recordDispute(api.sql, random, third.at, asked, 'amicable')
    const hold = {
      caseId: theirs.caseId,
      cause: 'decision' as const,
      reason: 'Médiation en cours',
      reviewOn: day('2026-12-04'),
    }
    const held = await placeHold(api.sql, random, third.at, hold, 'amicable')
    const found = await read()
    const shown = found.map(({ uid, start, summary }) => [uid, start.toString(), summary])
    expect(shown).toEqual([
      [
        `contestation-${dispute}@courtois`,
        '2026-11-20',
        'Contestation sans réponse du créancier – Papeterie Vasseur (2026-0003)',
      ],
      [`promesse-${id}@courtois`, '2026-11-27', 'Promesse (1\u202f250,00\u00a0€) – Papeterie Vasseur (2026-0003)'],
      [`suspension-${held}@courtois`, '2026-12-04', 'Suspension à revoir – Imprimerie Delmas (2026-0002)'],
    ])
    expect(found[0]!.description).toContain('Attend depuis le 19')
    await api.sql`update disputes set resolved_on = '2026-11-20', outcome = 'dropped' where id = ${dispute}`
    expect((await read()).map(({ uid }) => uid)).not.toContain(`contestation-${dispute}@courtois`)
    await releaseHold(
      api.sql,
      third.at,
      { caseId: theirs.caseId, cause: 'decision', reason: 'Médiation finie' },
      'amicable',
    )
  })

  test('the phone cell’s has planned calls and debtors to call back, until somebody has called', async () => {
    const read = await days({ role: 'phone' })
    const [step] = await api.sql<{ id: string }[]>`
      select id from steps where case_id = ${mine.caseId} and channel = 'appel' and done_on is null order by rank limit 1`
    const [back, later] = [newId(random), newId(random)]
    const call = (id: string, on: string, outcome: string) => api.sql`
      insert into calls (id, case_id, called_on, direction, person, outcome, summary, recorded_by)
      values (${id}, ${mine.caseId}, ${on}, 'incoming', 'M. Pont', ${outcome}, 'demande à être rappelé', 'phone')`
    await call(back, '2026-11-17', 'a-rappeler')
    const found = await read()
    expect(found.find(({ uid }) => uid === `appel-${step!.id}@courtois`)?.start.toString()).toBe('2026-11-20')
    const shown = found.find(({ uid }) => uid === `rappel-${back}@courtois`)
    expect([shown?.start.toString(), shown?.summary]).toEqual([
      '2026-11-20',
      expect.stringMatching(/^Rappeler – Garage/),
    ])
    expect(shown?.description).toContain('M. Pont : demande à être rappelé')
    expect(found.filter(({ uid }) => /^(delai|prescription|promesse)/.test(uid))).toEqual([])
    await call(later, '2026-11-19', 'message')
    expect((await read()).map(({ uid }) => uid)).not.toContain(`rappel-${back}@courtois`)
  })

  test('an office’s has the procedures handed over to it and the end of each access, and nothing once it is taken back', async () => {
    const pack = newId(random)
    const office = await createBailiff(api.sql, random, { name: 'Étude Roussel', identity: {} })
    const other = await createBailiff(api.sql, random, { name: 'Étude Vidal', identity: {} })
    await api.sql`
      insert into packs (id, procedure_id, kind, version, content_sha256, pdf, zip, manifest, assembled_on, assembled_by)
      values (${pack}, ${mine.procedureId}, 'mission', 1, 'a', 'p', 'z', '{}', '2026-11-18', 'legal')`
    const [row] = await api.sql<{ id: string }[]>`
      insert into hand_overs (id, pack_id, bailiff_id, handed_on, handed_by, token_sha256, expires_on)
      values (${newId(random)}, ${pack}, ${office.id}, '2026-11-18', 'legal', 't', '2027-01-15') returning id`
    const read = await days({ role: 'bailiff', bailiffId: office.id })
    const stranger = await days({ role: 'bailiff', bailiffId: other.id })
    const found = await read()
    expect(found.map(({ uid }) => uid)).toEqual(
      expect.arrayContaining([
        `delai-${mine.procedureId}-denonciation-denonciation@courtois`,
        `remise-${row!.id}@courtois`,
      ]),
    )
    expect(found.filter(({ uid }) => !uid.includes(mine.procedureId)).map(({ uid }) => uid)).toEqual([
      `remise-${row!.id}@courtois`,
    ])
    expect(await stranger()).toEqual([])
    await api.sql`update hand_overs set revoked_on = '2026-11-20' where id = ${row!.id}`
    expect(await read()).toEqual([])
  })

  test('each lists and closes its own alone', async () => {
    const office = await createBailiff(api.sql, random, { name: 'Étude Lambert', identity: {} })
    const viewers = [
      { role: 'legal' },
      { role: 'amicable' },
      { role: 'phone' },
      { role: 'creditor', creditorId: mine.creditorId },
      { role: 'bailiff', bailiffId: office.id },
    ] as const
    for (const viewer of viewers) await make(viewer, `de ${viewer.role}`)
    for (const viewer of viewers) {
      const { body } = await api.ask(viewer, '{ calendarFeeds { id label } }')
      const labels = body.data.calendarFeeds.map(({ label }: { label: string }) => label)
      expect(labels).toContain(`de ${viewer.role}`)
      const others = viewers.filter((one) => one !== viewer).map(({ role }) => `de ${role}`)
      expect(labels.filter((label: string) => others.includes(label))).toEqual([])
    }
    const { feed } = await make({ role: 'legal' })
    const end = `mutation { revokeCalendarFeed(input: { feedId: "${feed.id}" }) { __typename ... on Refusal { code } } }`
    for (const viewer of viewers.slice(1))
      expect((await api.ask(viewer, end)).body.data.revokeCalendarFeed).toMatchObject({ code: 'feed_not_found' })
  })

  test('a name with a character that cannot be seen is refused, and so is an office that is not known', async () => {
    const unknown = await make({ role: 'bailiff', bailiffId: newId(random) })
    expect(unknown).toMatchObject({ __typename: 'Refusal', code: 'owner_not_found' })
    expect(await make({ role: 'legal' }, 'agenda\u0000')).toMatchObject({ __typename: 'Refusal' })
  })
})

test('any text survives folding and escaping, and another’s clock', () => {
  const hostile = `« Été », ${'é'.repeat(40)} 🙂; \\n "x"\r\nBEGIN:VEVENT ${'mot '.repeat(60)}fin`
  const days: FeedDay[] = [
    {
      uid: 'a',
      on: day('2026-12-31'),
      title: hostile.replaceAll('\r\n', ' '),
      description: [hostile, 'deux'],
      marks: [1],
    },
  ]
  const text = calendarText('Étude, « Brun »', days, now)
  const bytes = text.split('\r\n').map((line) => Buffer.byteLength(line))
  expect(Math.max(...bytes)).toBeLessThanOrEqual(75)
  const [event, ...others] = eventsOf(text)
  expect(others).toEqual([])
  expect(event!.summary).toBe(hostile.replaceAll('\r\n', ' '))
  expect(event!.description.replaceAll('\r\n', '\n')).toBe([hostile, 'deux'].join('\n').replaceAll('\r\n', '\n'))
  expect(event!.start.toString()).toBe('2026-12-31')
})

test('the creditor sees its case’s way before the courts, and in words what a picture shows', async () => {
  const desk = browser(api)
  await desk.go(`/portail/entrer?jeton=${await api.token({ role: 'creditor', creditorId: mine.creditorId })}`)
  const page = await desk.go('/portail/dossiers/2026-0001')
  expect(page.text).toContain('En justice')
  expect(page.text).toContain('Au plus tard le 30 novembre 2026, il reste 10 jours (R211-3 CPCE)')
  expect(page.html).toMatch(
    /role="img" aria-label="Chemin du dossier, Saisie-attribution, au 20\u00a0novembre\u00a02026/,
  )
  expect(page.html).not.toContain('<style')
})

test('the creditor opens a calendar in its space, sees its address once, and closes it', async () => {
  const desk = browser(api)
  await desk.go(`/portail/entrer?jeton=${await api.token({ role: 'creditor', creditorId: theirs.creditorId })}`)
  const typed = { geste: 'ouvrir', nom: 'agenda <b>de</b> Mme Roche' }
  const opened = await desk.submit(await desk.go('/portail/calendrier'), '/portail/calendrier', typed)
  const path = /\/calendrier\/[\w-]{43}\.ics/.exec(opened.html)![0]
  expect(await (await api.app.request(path)).text()).toContain('Delmas')
  const again = await desk.go('/portail/calendrier')
  expect(again.html).not.toContain(path)
  expect(again.html).toContain('agenda &lt;b&gt;de&lt;/b&gt; Mme Roche')
  const form = again.html.slice(again.html.lastIndexOf('name="calendrier"', again.html.indexOf('Mme Roche, ouvert')))
  const id = /value="([^"]+)"/.exec(form)![1]!
  await desk.submit(again, '/portail/calendrier', { geste: 'fermer', calendrier: id })
  expect((await api.app.request(path)).status).toBe(404)
  expect((await desk.submit(again, '/portail/calendrier', { geste: 'ouvrir', nom: ' ' })).status).toBe(422)
})

describe('the procedure in the API', () => {
  const fields = `key done { step on article missed { key } } due { step key expires daysLeft effect article sanction why doubts { code } }
    late { key } lapsed { key } notBefore { step opens } next { step by until article } closed { sanction } outcomes { key kind }
    possibleOutcomes { key endsPath next } nextProcedures { key } costs { title advancedBy borneBy amount { amount } note isConfirmed } doubts { message } why picture who conditions { key } courtRules { court when article }
    events { id step title happenedOn isVoid }`

  test('shows where it stands, why, at what cost and what may follow', async () => {
    const { body } = await api.ask({ role: 'legal' }, `{ procedure(id: "${mine.procedureId}") { ${fields} } }`)
    expect(body.errors).toBeUndefined()
    const found = body.data.procedure
    expect(found.done).toMatchObject([{ step: 'acte', on: '2026-11-20', missed: null }])
    expect(found.due[0]).toMatchObject({
      key: 'denonciation',
      expires: '2026-11-30',
      daysLeft: 10,
      effect: 'CLOSES',
      article: 'R211-3 CPCE',
      sanction: 'caducité de la saisie',
    })
    expect(found.next.map(({ step }: { step: string }) => step)).toEqual(['denonciation'])
    expect(found.possibleOutcomes.map(({ key }: { key: string }) => key)).toContain('caducite')
    expect(found.costs.map(({ borneBy }: { borneBy: string }) => borneBy)).toContain('le débiteur')
    expect(found.courtRules).toMatchObject([{ when: {}, article: 'R211-10 CPCE' }])
    expect(found.conditions.map(({ key }: { key: string }) => key)).toContain('titre')
    expect(found.picture).toMatch(/^<svg xmlns=/)
    expect(found.why.at(-1)).toContain('il reste')
  })

  test('gives the next day in court as the next step of a case whose timeline is over, and the work of the legal cell alone', async () => {
    await api.sql`update steps set skipped_on = '2026-11-01', skipped_why = 'essai' where case_id = ${mine.caseId} and done_on is null and skipped_on is null`
    const { body } = await api.ask(
      { role: 'amicable' },
      '{ case(number: "2026-0001") { nextStep { key channel plannedOn title daysLeft } } workToday(kinds: [DEADLINE]) { what } }',
    )
    expect(body.data.case.nextStep).toEqual({
      key: 'saisie-attribution.denonciation',
      channel: 'procedure',
      plannedOn: '2026-11-30',
      title: 'Dénoncer la saisie au débiteur (R211-3 CPCE)',
      daysLeft: 10,
    })
    expect(body.data.workToday).toEqual([])
    const legal = await api.ask({ role: 'legal' }, '{ workToday(kinds: [DEADLINE]) { what on case { number } } }')
    expect(legal.body.data.workToday).toEqual([
      { what: expect.stringContaining('Dénoncer la saisie'), on: '2026-11-30', case: { number: '2026-0001' } },
    ])
  })

  test('whose next word is another’s has a day on which news is asked for', async () => {
    const events = [
      { id: 'a', step: 'signification', on: day('2026-11-02') },
      { id: 'b', step: 'opposition', on: day('2026-11-13') },
      { id: 'c', step: 'avis-opposition', on: day('2026-11-20') },
    ]
    expect(newsBy({ events })?.toString()).toBe('2027-02-18')
    expect(newsBy({ events: [...events, { ...events[2]!, id: 'd', corrects: 'c', void: true }] })?.toString()).toBe(
      '2027-02-11',
    )
    expect(newsBy({ events: [] })).toBeNull()
  })

  test('lists the deadlines of every procedure of the viewer', async () => {
    const of = async (creditorId: string) =>
      (await api.ask({ role: 'creditor', creditorId }, '{ deadlines { key expires procedure { case { number } } } }'))
        .body.data.deadlines as { key: string }[]
    expect((await of(mine.creditorId)).map(({ key }) => key)).toContain('denonciation')
    expect(await of(theirs.creditorId)).toEqual([])
  })

  test('corrects an event by its id, and refuses what is out of order with its remedy', async () => {
    const act = async (input: string) =>
      (
        await api.ask(
          { role: 'legal' },
          `mutation { recordProcedureEvent(input: { procedureId: "${mine.procedureId}", ${input} }) { __typename ... on Refusal { code remedy article } ... on RecordProcedureEventPayload { procedure { events(all: true) { id step happenedOn } due { key expires } } } } }`,
        )
      ).body.data.recordProcedureEvent
    expect(await act('step: "contestation", happenedOn: "2026-11-20"')).toMatchObject({
      code: 'step_out_of_order',
      article: 'R211-11 CPCE',
    })
    const { body } = await api.ask({ role: 'legal' }, `{ procedure(id: "${mine.procedureId}") { events { id } } }`)
    const [event] = body.data.procedure.events as { id: string }[]
    const corrected = await act(`step: "acte", happenedOn: "2026-11-19", corrects: "${event!.id}"`)
    expect(corrected.procedure.events).toHaveLength(2)
    expect(corrected.procedure.due).toContainEqual({ key: 'denonciation', expires: '2026-11-27' })
  })
})
