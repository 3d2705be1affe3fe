import { readFileSync } from 'node:fs'
import { PDF } from '@libpdf/core'
import { beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { recordPayment } from '../procedures/money/payments.ts'
import { openAgency } from '../scripts/demo/people.ts'
import { useApi } from './api.ts'
import { addInvoices, creditorOf, day, invoice, liveUntil, openCase, textOf } from './house.ts'
import { browser, type Shown } from './pages.ts'

const api = useApi()
const sample = new URL('../samples/Facture_FR_EN16931.pdf', import.meta.url)
let mine: { creditorId: string; caseId: string; number: string; requestId: string }
let theirs: { creditorId: string; number: string; letterId: string; requestId: string }
let refusing: { creditorId: string; number: string; requestId: string }
let desk: ReturnType<typeof browser>

const buyer = (name: string) => ({
  name,
  address: { lines: ['3 rue de la Gare'], postal_code: '69003', city: 'Lyon', country: 'FR' },
})
const one = async <T>(rows: PromiseLike<T[]>): Promise<T> => (await rows)[0]!

beforeAll(async () => {
  const caseId = await openCase(api, {
    on: '2026-07-02',
    invoices: [
      invoice({ number: 'F-1', issued_on: '2026-07-01', due_on: '2026-07-20', buyer: buyer('Garage <b>du</b> Pont') }),
    ],
  })
  const { creditorId, number } = await one(
    api.sql<{ creditorId: string; number: string }[]>`select creditor_id, number from cases where id = ${caseId}`,
  )
  const other = await creditorOf(api, day('2026-07-02'), { name: 'Imprimerie Delmas' })
  const foreign = await addInvoices(api, {
    creditorId: other,
    on: '2026-07-02',
    invoices: [
      invoice({ number: 'D-1', issued_on: '2026-07-01', due_on: '2026-07-20', buyer: buyer('Café Bellecour') }),
    ],
  })
  const unwilling = await creditorOf(api, day('2026-07-02'), { name: 'Cave Bouchard' })
  const refused = await addInvoices(api, {
    creditorId: unwilling,
    on: '2026-07-02',
    invoices: [
      invoice({ number: 'B-1', issued_on: '2026-07-01', due_on: '2026-07-20', buyer: buyer('Bistrot Morel') }),
    ],
  })
  await liveUntil(api, '2026-07-02', '2026-09-29')
  const requestOf = async (id: string) =>
    (await one(api.sql<{ id: string }[]>`select id from consent_requests where case_id = ${id}`)).id
  mine = { creditorId, caseId, number, requestId: await requestOf(caseId) }
  theirs = {
    creditorId: other,
    number: (await one(api.sql<{ number: string }[]>`select number from cases where id = ${foreign}`)).number,
    letterId: (await one(api.sql<{ id: string }[]>`select id from documents where case_id = ${foreign} limit 1`)).id,
    requestId: await requestOf(foreign),
  }
  refusing = {
    creditorId: unwilling,
    number: (await one(api.sql<{ number: string }[]>`select number from cases where id = ${refused}`)).number,
    requestId: await requestOf(refused),
  }
}, 180_000)

const enter = async (creditorId = mine.creditorId): Promise<Shown> =>
  desk.go(`/portail/entrer?jeton=${await api.token({ role: 'creditor', name: 'Inès Roche', creditorId })}`)

beforeEach(async () => {
  // Each test enters anew, and the door counts who enters too often.
  await api.sql`delete from attempts`
  desk = browser(api)
  await enter()
})

describe('the door', () => {
  test('a link opens a session in a cookie that no script reads, and leaves the address bar', async () => {
    desk = browser(api)
    const token = await api.token({ role: 'creditor', name: 'Inès Roche', creditorId: mine.creditorId })
    const response = await api.app.request(`/portail/entrer?jeton=${token}`)
    expect(response.headers.get('location')).toBe('/portail')
    expect(response.headers.getSetCookie()[0]).toMatch(
      /^courtois-portail=[^;]+; Max-Age=28800; Path=\/portail; HttpOnly; SameSite=Lax$/,
    )
    expect((await enter()).text).toContain('Vos dossiers au 30 septembre 2026')
  })

  test('another site cannot sign anyone in by itself', async () => {
    const guest = browser(api)
    const token = await api.token({ role: 'creditor', name: 'x', creditorId: mine.creditorId })
    const page = await guest.go(`/portail/entrer?jeton=${token}`, { headers: { 'sec-fetch-site': 'cross-site' } })
    expect([...guest.cookies.keys()]).toEqual(['courtois-formulaire'])
    expect((await guest.submit(page, '/portail/entrer', {})).text).toContain('Vos dossiers')
  })

  test('without a session, or with a token that is no creditor’s, nothing is shown', async () => {
    for (const path of [
      '/portail',
      '/portail/dossiers',
      `/portail/dossiers/${mine.number}`,
      `/portail/accords/${mine.requestId}`,
      '/portail/factures',
    ]) {
      const page = await browser(api).go(path)
      expect([path, page.status]).toEqual([path, 401])
      expect(page.html).not.toMatch(/Garage|Papeterie/)
    }
    const guest = browser(api)
    expect((await guest.go(`/portail/entrer?jeton=${await api.token({ role: 'admin' })}`)).status).toBe(403)
    expect((await guest.go('/portail/entrer?jeton=nonsense')).status).toBe(401)
  })

  test('a token of the API is no session, a session is no token, and leaving ends it here', async () => {
    const token = await api.token({ role: 'creditor', name: 'x', creditorId: mine.creditorId })
    expect((await api.app.request('/portail', { headers: { cookie: `courtois-portail=${token}` } })).status).toBe(401)
    const session = desk.cookies.get('courtois-portail')!
    const asked = await api.app.request('/graphql', {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${session}` },
      body: '{"query":"{ viewer { name } }"}',
    })
    expect(asked.status).toBe(401)
    expect((await desk.submit(await desk.go('/portail'), '/portail/sortir', {})).status).toBe(401)
  })
})

describe('its own cases alone', () => {
  test('the case, the letters and the request of another do not exist, in the words used for what does not', async () => {
    for (const [path, absent] of [
      [`/portail/dossiers/${theirs.number}`, '/portail/dossiers/2026-9999'],
      [`/portail/courriers/${theirs.letterId}`, '/portail/courriers/00000000-0000-4000-8000-00000000dead'],
      [`/portail/accords/${theirs.requestId}`, '/portail/accords/00000000-0000-4000-8000-00000000dead'],
      [
        `/portail/accords/${theirs.requestId}/accord.pdf`,
        '/portail/accords/00000000-0000-4000-8000-00000000dead/accord.pdf',
      ],
      [
        `/portail/accords/${theirs.requestId}/pieces/1`,
        '/portail/accords/00000000-0000-4000-8000-00000000dead/pieces/1',
      ],
    ] as const) {
      const [foreign, nothing] = [await desk.go(path), await desk.go(absent)]
      expect([path, foreign.status, foreign.text]).toEqual([path, 404, nothing.text])
    }
    const list = await desk.go('/portail/dossiers')
    expect(list.text).toContain('1 dossier ')
    expect(list.html).not.toContain('Bellecour')
    expect((await desk.go('/portail/dossiers?q=Bellecour')).text).toContain('Aucun dossier')
  })

  test('it cannot sign for another', async () => {
    const page = await desk.go(`/portail/accords/${mine.requestId}`)
    const jeton = /name="jeton" value="([^"]+)"/.exec(page.html)![1]!
    const body = new URLSearchParams({ jeton, decision: 'given', lu: 'oui', nom: 'x', qualite: 'y', empreinte: 'z' })
    expect((await desk.go(`/portail/accords/${theirs.requestId}`, { method: 'POST', body })).status).toBe(404)
    expect(await api.sql`select 1 from consents`).toHaveLength(0)
  })
})

describe('at a glance', () => {
  test('totals, ages in a drawing with every figure in words, and what waits for the creditor', async () => {
    const page = await desk.go('/portail')
    expect(page.text).toMatch(/1 dossier en cours/)
    expect(page.text).toMatch(/1 0\d\d,\d\d € à recouvrer/)
    expect(page.html).toMatch(
      /<svg[^>]+role="img" aria-label="Principal impayé par ancienneté\.[^"]*De 61 à 90 jours : 1/,
    )
    expect(page.text).toContain('Votre accord est demandé')
  })

  test('the list is searched by debtor, number and invoice, and by state', async () => {
    for (const query of ['q=garage', `q=${mine.number}`, 'q=f-1', 'etat=en-cours']) {
      expect([query, (await desk.go(`/portail/dossiers?${query}`)).text]).toEqual([
        query,
        expect.stringContaining(mine.number),
      ])
    }
    for (const query of ['etat=clos', 'q=%25', 'page=7', "q=' or 1=1 --"]) {
      expect([query, (await desk.go(`/portail/dossiers?${query}`)).text.includes(mine.number)]).toEqual([query, false])
    }
  })

  test('a name is data, never markup', async () => {
    for (const path of ['/portail/dossiers', `/portail/dossiers/${mine.number}`, '/portail']) {
      expect((await desk.go(path)).html).not.toContain('<b>du</b>')
    }
  })

  test('the case shows its path as a picture, its letters, and the reckoning of today', async () => {
    const page = await desk.go(`/portail/dossiers/${mine.number}`)
    expect(page.html).toMatch(
      /aria-label="Étapes du dossier\.[^"]*Relance cordiale, fait[^"]*Demande d’accord pour agir en justice, fait/,
    )
    expect(page.text).toMatch(/Fait le \d+ (juillet|août|septembre) 2026, lettre recommandée|Mise en demeure/)
    expect(page.text).toMatch(/Par jour de plus 0,\d\d €/)
    expect(page.html).toContain('Calcul des intérêts')
    const letter = /href="(\/portail\/courriers\/[^"]+)"/.exec(page.html)![1]!
    const pdf = await desk.go(letter)
    expect(pdf.headers.get('content-type')).toBe('application/pdf')
    expect(pdf.headers.get('content-disposition')).toMatch(/^inline; /)
    expect(pdf.html.startsWith('%PDF-')).toBe(true)
  })
})

describe('the agreement to go to court', () => {
  const path = () => `/portail/accords/${mine.requestId}`

  test('shows sums, ceiling, hash and every file, each exactly as frozen', async () => {
    const page = await desk.go(path())
    const request = await one(
      api.sql<
        { contentSha256: string; content: { sha256: string }[] }[]
      >`select content_sha256, content from consent_requests where id = ${mine.requestId}`,
    )
    expect(page.text).toContain(request.contentSha256)
    expect(page.text).toContain('Plafond de frais 250,00 €')
    const pdf = await api.app.request(`${path()}/pieces/1`, {
      headers: { cookie: `courtois-portail=${desk.cookies.get('courtois-portail')}` },
    })
    const { createHash } = await import('node:crypto')
    expect(
      createHash('sha256')
        .update(new Uint8Array(await pdf.arrayBuffer()))
        .digest('hex'),
    ).toBe(request.content[0]!.sha256)
    expect((await desk.go(`${path()}/accord.pdf`)).html.startsWith('%PDF-')).toBe(true)
    expect((await desk.go(`${path()}/pieces/999`)).status).toBe(404)
  })

  test('is not signed unread, without a name, from another form, or on another hash', async () => {
    const page = await desk.go(path())
    const given = { decision: 'given', nom: 'Inès Roche', qualite: 'présidente' }
    expect((await desk.submit(page, path(), given)).text).toContain("Vous n'avez pas confirmé avoir lu")
    expect((await desk.submit(page, path(), { ...given, lu: 'oui', nom: ' ' })).text).toContain('Il manque le nom')
    expect((await desk.submit(page, path(), { ...given, lu: 'oui', empreinte: 'f'.repeat(64) })).status).toBe(422)
    expect((await desk.submit(page, path(), { ...given, lu: 'oui', jeton: 'x' })).status).toBe(403)
    const body = new URLSearchParams({ ...given, lu: 'oui' })
    expect((await desk.go(path(), { method: 'POST', body })).status).toBe(403)
    expect(await api.sql`select 1 from consents`).toHaveLength(0)
  })

  test('refused, it says what follows, and stays refused when another is asked for', async () => {
    desk = browser(api)
    await enter(refusing.creditorId)
    const at = `/portail/accords/${refusing.requestId}`
    const no = { decision: 'refused', nom: 'Inès Roche', qualite: 'présidente' }
    const nameless = await desk.submit(await desk.go(at), at, { ...no, nom: ' ' })
    expect(nameless.html).toMatch(/<details open><summary>Refuser l’action en justice/)
    const page = await desk.submit(await desk.go(at), at, no)
    expect(page.text).toContain("Refusé le 30 septembre 2026 par Inès Roche, présidente. Rien n'est déposé.")
    expect(page.text).toContain('Ce qui vous était soumis')
    expect(page.text).not.toContain('Répondre avant le')
    await api.sql`
      insert into consent_ends (request_id, ended_on, cause, reason, ended_by)
      values (${refusing.requestId}, ${api.today}, 'changed', 'Remplacée par une nouvelle demande.', 'system')`
    expect((await desk.go(at)).text).toContain('Refusé le 30 septembre 2026')
    expect((await desk.go(`/portail/dossiers/${refusing.number}`)).text).toMatch(/Injonction de payer : refusée/)
  })

  test('once signed it says by whom, gives its proof, and can be withdrawn', async () => {
    const page = await desk.submit(await desk.go(path()), path(), {
      decision: 'given',
      lu: 'oui',
      nom: 'Inès Roche',
      qualite: 'présidente',
    })
    expect(page.text).toContain('Accord donné le 30 septembre 2026 par Inès Roche, présidente.')
    const proof = JSON.parse((await desk.go(`${path()}/preuve.json`)).html) as Record<string, unknown>
    expect(proof).toMatchObject({
      decision: 'given',
      signedBy: 'Inès Roche',
      evidence: { authenticated: 'creditor:Inès Roche', means: 'espace du créancier' },
    })
    const answer = await api.app.request(`${path()}/reponse.pdf`, {
      headers: { cookie: `courtois-portail=${desk.cookies.get('courtois-portail')}` },
    })
    const said = await textOf(new Uint8Array(await answer.arrayBuffer()))
    expect(said).toMatch(/OUI, la procédure est autorisée.*Inès Roche, présidente/s)
    expect(said.replaceAll(' ', '')).toContain(String(proof['signedPdfSha256']))
    const body = new URLSearchParams({
      jeton: /name="jeton" value="([^"]+)"/.exec(page.html)![1]!,
      decision: 'refused',
      nom: 'x',
      qualite: 'y',
      empreinte: String(proof['contentSha256']),
    })
    expect((await desk.go(path(), { method: 'POST', body })).status).toBe(422)
    const withdrawn = await desk.submit(page, path(), { decision: 'withdrawn', motif: 'Un accord est trouvé' })
    expect(withdrawn.text).toMatch(/n'est plus valable depuis le 30 septembre 2026 : Un accord est trouvé/)
  })

  test('a change of the case voids it before it is signed', async () => {
    desk = browser(api)
    await enter(theirs.creditorId)
    const at = `/portail/accords/${theirs.requestId}`
    const page = await desk.go(at)
    const { id } = await one(api.sql<{ id: string }[]>`select id from cases where number = ${theirs.number}`)
    const paid = await api.ask(
      { role: 'amicable' },
      `mutation ($input: RecordPaymentInput!) { recordPayment(input: $input) { __typename } }`,
      {
        input: {
          caseId: id,
          receivedOn: '2026-09-30',
          amount: { amount: '10.00' },
          means: 'virement',
          idempotencyKey: 'p',
        },
      },
    )
    expect(paid.body.data.recordPayment.__typename).not.toBe('Refusal')
    const signed = await desk.submit(page, at, { decision: 'given', lu: 'oui', nom: 'x', qualite: 'y' })
    expect(signed.status).toBe(422)
    expect(signed.text).toContain("n'est plus valable")
  })
})

describe('an invoice', () => {
  const send = async (name: string, bytes: Uint8Array | string): Promise<Shown> =>
    desk.submit(await desk.go('/portail/factures'), '/portail/factures', {
      facture: new File([bytes as BlobPart], name),
    })

  test('is read and shown before anything begins, then opens one case, however often it is confirmed', async () => {
    const read = await send('facture.pdf', readFileSync(sample))
    expect(read.text).toContain('Voici ce que nous lisons')
    expect(read.text).toContain('À payer 470,15 €')
    const before = await api.sql`select 1 from cases`
    const page = await desk.submit(read, read.path, { type: 'business' })
    expect(page.path).toMatch(/^\/portail\/dossiers\/2026-\d{4}\?recue$/)
    expect(page.text).toContain('La facture est enregistrée')
    const again = await desk.submit(read, read.path, { type: 'business' })
    expect(again.path).toBe(page.path)
    expect(await api.sql`select 1 from cases`).toHaveLength(before.length + 1)
    const [opened] = await api.sql<
      { creditorId: string }[]
    >`select creditor_id from cases order by opened_on desc, number desc limit 1`
    expect(opened!.creditorId).toBe(mine.creditorId)
    const number = /2026-\d{4}/.exec(page.path)![0]
    const known = await send('la-meme.pdf', readFileSync(sample))
    expect(known.text).toContain(`Cette facture est déjà dans le dossier ${number}.`)
  })

  test('credited is shown as such, with the invoice that it credits', async () => {
    const read = await send(
      'avoir.pdf',
      readFileSync(new URL('../samples/Avoir_FR_type381_BASIC.pdf', import.meta.url)),
    )
    expect(read.text).toContain('Document Avoir Numéro AV-2017-0005 Sur la facture FA-2017-0010')
    expect(read.text).toContain('Envoyer cet avoir')
    expect(read.text).not.toContain('Échéance')
  })

  test('cut short on its way, or photographed, is refused with what to do', async () => {
    expect((await send('coupee.pdf', readFileSync(sample).subarray(0, 2000))).text).toContain('copie intacte')
    expect((await send('photo.jpg', Buffer.from('\xff\xd8\xff\xe0'.padEnd(64, '\xe9'), 'latin1'))).text).toContain(
      'Enregistrez-la en PDF',
    )
  })

  test('that lacks a due date or an address asks for them', async () => {
    const json = JSON.stringify({
      number: 'F-77',
      issued_on: '2026-09-01',
      currency: 'EUR',
      total: '120.00',
      seller: { name: 'Papeterie Rhône-Alpes' },
      buyer: { name: 'Atelier Vif' },
      lines: [{ description: 'Papier', amount: '120.00' }],
    })
    const read = await send('f.json', json)
    expect(read.text).toContain('Il manque')
    expect((await desk.submit(read, read.path, { type: 'business' })).text).toContain("Il manque l'adresse du débiteur")
    const address = { rue: '2 rue Bât', cp: '69001', ville: 'Lyon' }
    expect((await desk.submit(read, read.path, { type: 'business', ...address })).text).toContain(
      "Il manque la date d'échéance",
    )
    expect(
      (await desk.submit(read, read.path, { type: 'business', ...address, echeance: '2026-09-30' })).text,
    ).toContain('La facture est enregistrée')
  })

  test('on a plain PDF is typed from it, and the PDF kept as its original', async () => {
    const pdf = PDF.create()
    pdf.addPage()
    const bytes = await pdf.save()
    const read = await send('facture-papier.pdf', bytes)
    expect(read.text).toContain('Ce PDF est à saisir')
    const typed = {
      numero: 'P-9',
      emission: '2026-09-01',
      echeance: '2026-09-20',
      total: '1 234,50',
      debiteur: 'Fleurs & Jardins',
      rue: '4 rue Neuve',
      cp: '69001',
      ville: 'Lyon',
      type: 'business',
    }
    expect((await desk.submit(read, read.path, { ...typed, total: 'cher' })).text).toContain("n'est pas un montant")
    expect((await desk.submit(read, read.path, { ...typed, cp: '6900' })).text).toContain(
      "« 6900 » n'est pas un code postal de ce pays",
    )
    const page = await desk.submit(read, read.path, typed)
    expect(page.text).toContain('La facture est enregistrée')
    const [kept] = await api.sql<
      { payable: bigint; original: string }[]
    >`select payable, original from invoices where number = 'P-9'`
    expect(kept!.payable).toBe(123450n)
    expect(new Uint8Array(await api.office.archive.get(kept!.original))).toEqual(bytes)
  })

  test('of a buyer abroad is typed with its country', async () => {
    const read = await send(
      'f.json',
      JSON.stringify({
        number: 'F-78',
        issued_on: '2026-09-01',
        due_on: '2026-09-20',
        currency: 'EUR',
        total: '120.00',
        seller: { name: 'Papeterie Rhône-Alpes' },
        buyer: { name: 'Atelier du Sablon' },
      }),
    )
    const typed = { type: 'business', rue: 'Rue Haute 12', cp: '1000', ville: 'Bruxelles', pays: 'BE' }
    expect((await desk.submit(read, read.path, typed)).text).toContain('La facture est enregistrée')
    const { address } = await one(
      api.sql<{ address: object }[]>`select address from debtors where name = 'Atelier du Sablon'`,
    )
    expect(address).toEqual({ lines: ['Rue Haute 12'], postalCode: '1000', city: 'Bruxelles', country: 'BE' })
  })

  test('that was sent is opened again from its case, as it was, by its own creditor alone', async () => {
    const bytes = JSON.stringify({
      number: 'F/79 <b>',
      issued_on: '2026-09-01',
      due_on: '2026-09-20',
      currency: 'EUR',
      total: '79.00',
      seller: { name: 'Papeterie Rhône-Alpes' },
      buyer: {
        name: 'Librairie Vaise',
        address: { lines: ['1 quai Arloing'], postal_code: '69009', city: 'Lyon', country: 'FR' },
      },
    })
    const read = await send('f.json', bytes)
    const page = await desk.submit(read, read.path, { type: 'business' })
    expect(page.text).toContain('La facture est enregistrée')
    const [, path] = /href="(\/portail\/dossiers\/[^"]+\/originaux\/[0-9a-f]{64})">F\/79 &lt;b&gt;</.exec(page.html)!
    const saved = await desk.go(path!)
    expect(saved.html).toBe(bytes)
    expect(saved.headers.get('content-disposition')).toBe('attachment; filename="facture-F_79_b_.json"')
    expect((await desk.go(path!.replace(/[0-9a-f]{64}$/, 'f'.repeat(64)))).status).toBe(404)
    desk = browser(api)
    await enter(theirs.creditorId)
    expect((await desk.go(path!)).status).toBe(404)
  })

  test('that cannot be believed is refused in words, and another’s file does not exist', async () => {
    for (const [name, bytes] of [
      ['virus.exe', 'MZ\u0000\u0000'],
      ['vide.pdf', ''],
      ['a.zip', 'PK\u0003\u0004'],
      ['x.json', '{"number": 1}'],
    ] as const) {
      const page = await send(name, bytes)
      expect([name, page.status]).toEqual([name, 422])
      expect(page.html).toContain('role="alert"')
    }
    const read = await send('facture.pdf', readFileSync(sample))
    desk = browser(api)
    await enter(theirs.creditorId)
    expect((await desk.go(read.path)).text).not.toContain('470,15')
  })
})

test('every page is free of errors on the server', async () => {
  await openAgency(api.sql, api.today)
  expect(api.errors).toEqual([])
})

test('a claim that is barred when it is submitted waits at once, and its page claims nothing', async () => {
  const totals = async () => {
    const { text } = await desk.go('/portail')
    const sum = (after: string) =>
      BigInt(new RegExp(`([\\d ]+,\\d\\d) € ${after}`).exec(text)?.[1]?.replaceAll(/\D/g, '') ?? 0)
    return { toRecover: sum('à recouvrer'), barred: sum('prescrits, plus réclamés') }
  }
  const before = await totals()
  const caseId = await addInvoices(api, {
    creditorId: mine.creditorId,
    on: api.today.toString(),
    invoices: [
      invoice({ number: 'F-0', issued_on: '2019-06-01', due_on: '2019-07-01', buyer: buyer('Menuiserie Lenoir') }),
    ],
  })
  const { number } = await one(api.sql<{ number: string }[]>`select number from cases where id = ${caseId}`)
  const page = await desk.go(`/portail/dossiers/${number}`)
  expect(page.text).toContain("plus rien n'est réclamé")
  expect(page.text).toMatch(/Pour mémoire, ce qui était dû au 1er juillet 20\d\d/)
  expect(page.text).not.toMatch(/dus au|Par jour de plus/)
  // It is told apart from what is to be recovered, in the totals, in the list and by its state: five years of
  // interest on 1,000 € (555.67) and 40 €, on 1 July 2024.
  const after = await totals()
  expect(after).toEqual({ toRecover: before.toRecover, barred: before.barred + 159_567n })
  const listed = await desk.go('/portail/dossiers?etat=prescrit')
  expect(listed.text.slice(listed.text.indexOf('Menuiserie Lenoir'))).toContain('0,00 € 1 595,67 € prescrits')
  expect(listed.text).not.toContain(mine.number)
  expect((await desk.go('/portail/dossiers?etat=en-cours')).text).not.toContain('Menuiserie Lenoir')
  // The debtor may pay all the same (C. civ. 2249): that much is no longer barred.
  await recordPayment(
    api.office,
    api.today,
    { caseId, receivedOn: api.today, amount: 20_000n, means: 'virement', reference: null, receivedBy: 'creditor' },
    'test',
  )
  expect((await totals()).barred).toBe(after.barred - 20_000n)
  const { body } = await api.ask(
    { role: 'legal' },
    `{ case(number: "${number}") { totalDue { amount } timeBarred { amount } owed { doubts { code } } } }`,
  )
  const told = (body as { data: { case: { totalDue: object; owed: { doubts: object[] } } } }).data.case
  expect(told).toMatchObject({ totalDue: { amount: '0.00' }, timeBarred: { amount: '1395.67' } })
  expect(told.owed.doubts).toContainEqual({ code: 'time_barred' })
})
