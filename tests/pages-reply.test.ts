import { readdirSync, readFileSync, readlinkSync } from 'node:fs'
import { join } from 'node:path'
import { beforeEach, describe, expect, test } from 'vitest'
import { recordInsolvency } from '../procedures/cases/insolvency/insolvencies.ts'
import { closeCase } from '../procedures/cases/cases.ts'
import { sendLetter } from '../procedures/mail/correspondence.ts'
import { useApi } from './api.ts'
import { day, fileOf, liveHolds, textOf } from './house.ts'
import { browser, noticed, type Shown } from './pages.ts'

const api = useApi()
type Letter = Awaited<ReturnType<typeof noticed>>

let made = 0
let letter: Letter
let guest: ReturnType<typeof browser>

/** Each test has a case of its own, on the same database: what one answers is nothing to the next. */
beforeEach(async () => {
  await api.sql`delete from attempts`
  letter = await noticed(api, { number: `F-${++made}`, name: `Garage du Pont ${made}` })
  guest = browser(api)
}, 120_000)

const enter = async (code = letter.coupon, cp = '69003'): Promise<Shown> =>
  guest.submit(await guest.go(`/r/${code}`), '/r', { code, cp })
const answer = async (typed: Record<string, string>): Promise<Shown> =>
  guest.submit(await enter(), `/r/${letter.coupon}`, typed)
const replies = async () => api.sql`select kind, summary, handled_on from replies where case_id = ${letter.caseId}`
const cookies = ({ cookies: kept }: ReturnType<typeof browser>): string =>
  [...kept].map(([name, value]) => `${name}=${value}`).join('; ')
const work = async () => {
  const { body } = await api.ask({ role: 'amicable' }, `{ workToday(kinds: [REPLY]) { what case { number } } }`)
  return (body.data.workToday as { what: string }[]).map(({ what }) => what.replace(/[\u00a0\u202f]/g, ' '))
}

describe('before anything is shown', () => {
  test('the code alone shows nothing, and neither does a wrong postcode, in the words used for an unknown code', async () => {
    const first = await guest.go(`/r/${letter.coupon}`)
    const wrong = await enter(letter.coupon, '75001')
    const unknown = await enter('7K3M-Q2XZ-9T4C', '69003')
    for (const page of [first, wrong, unknown]) expect(page.html).not.toMatch(/Garage|Papeterie|€|F-\d/)
    expect([wrong.status, unknown.status]).toEqual([422, 422])
    expect(wrong.text.replace(letter.coupon, '')).toBe(unknown.text.replace('7K3M-Q2XZ-9T4C', ''))
  })

  test('a code opens nothing once it was revoked, its letter came back, or its case ended long ago', async () => {
    const opens = async () => {
      guest = browser(api)
      return (await enter()).status === 200
    }
    const { sql } = api
    expect(await opens()).toBe(true)
    await sql`update dispatches set outcome = 'unknown_address', outcome_on = '2026-09-20' where document_id = ${letter.id}`
    expect(await opens()).toBe(false)
    await sql`update dispatches set outcome = null, outcome_on = null where document_id = ${letter.id}`
    await sql`update cases set closed_on = ${api.today.subtract({ days: 90 })}, closed_why = 'payé' where id = ${letter.caseId}`
    expect(await opens()).toBe(false)
    await sql`update cases set closed_on = ${api.today.subtract({ days: 89 })} where id = ${letter.caseId}`
    guest = browser(api)
    expect((await enter()).text).toContain('Ce dossier est clos')
    await sql`update cases set closed_on = null, closed_why = null where id = ${letter.caseId}`
    const revoke = () =>
      api.ask(
        { role: 'amicable' },
        `mutation ($i: RevokeCouponInput!) { revokeCoupon(input: $i) { __typename ... on Refusal { code } } }`,
        { i: { documentId: btoa(`Document:${letter.id}`), reason: 'Ouverte par un voisin.' } },
      )
    expect((await revoke()).body.data.revokeCoupon).toEqual({ __typename: 'RevokeCouponPayload' })
    // What was open when it was revoked is open no more.
    expect((await guest.go(`/r/${letter.coupon}`)).text).toContain('Code du coupon')
    expect(await opens()).toBe(false)
    expect((await revoke()).body.data.revokeCoupon).toMatchObject({ code: 'coupon_not_found' })
  })

  test('both facts open what the letter asked, with the sum of today', async () => {
    const page = await enter()
    expect(page.status).toBe(200)
    expect(page.text).toContain('Papeterie Rhône-Alpes')
    expect(page.text).toMatch(/Facture.*F-\d+ due le 3 août 2026 1 000,00 € 1 000,00 €/)
    expect(page.text).toMatch(/Total dû au 30 septembre 2026 1 0\d\d,\d\d €/)
    expect(page.text).toContain('répondre sur papier')
  })

  test('the postcode is the one on the letter, whatever the address has become', async () => {
    await api.sql`update debtors set address = jsonb_set(address, '{postalCode}', '"13001"')`
    expect((await enter(letter.coupon, '13001')).status).toBe(422)
    expect((await enter(letter.coupon, '69 003')).text).toContain('Ce qui vous est demandé')
  })

  test('five wrong postcodes block the code for the day, the right one too', async () => {
    for (let i = 0; i < 5; i++) expect((await enter(letter.coupon, `7500${i}`)).status).toBe(422)
    expect((await enter()).status).toBe(429)
  })

  test('a guess sent while others are being counted waits for their count', async () => {
    for (let i = 0; i < 4; i++) expect((await enter(letter.coupon, `7500${i}`)).status).toBe(422)
    const page = await guest.go(`/r/${letter.coupon}`)
    let guess: Promise<Shown> | undefined
    await api.sql.begin(async (sql) => {
      // The fifth, not yet written down by another process.
      await sql`update attempts set count = count + 1 where place = 'coupon-code'`
      guess = guest.submit(page, '/r', { code: letter.coupon, cp: '69003' })
      let isAnswered = false
      void guess.finally(() => (isAnswered = true))
      let isCounting = false
      while (!isCounting && !isAnswered) {
        const [row] = await sql<{ waits: boolean }[]>`
          select exists (select from pg_stat_activity where datname = current_database() and cardinality(pg_blocking_pids(pid)) > 0) as waits`
        isCounting = row!.waits
      }
    })
    expect((await guess!).status).toBe(429)
  })

  test('knowing the postcode takes back the attempts that one made before', async () => {
    for (let round = 0; round < 2; round++) {
      for (let i = 0; i < 4; i++) expect((await enter(letter.coupon, `7500${i}`)).status).toBe(422)
      expect((await enter()).status).toBe(200)
      guest = browser(api)
    }
  })

  test('a form from elsewhere, without its cookie or its token, is refused', async () => {
    const body = new URLSearchParams({ code: letter.coupon, cp: '69003' })
    expect((await api.app.request('/r', { method: 'POST', body })).status).toBe(403)
    const page = await guest.go('/r')
    const jeton = /name="jeton" value="([^"]+)"/.exec(page.html)![1]!
    const cookie = [...guest.cookies].map(([name, value]) => `${name}=${value}`).join('; ')
    const post = async (headers: Record<string, string>) =>
      (
        await api.app.request('/r', {
          method: 'POST',
          body: new URLSearchParams({ code: letter.coupon, cp: '69003', jeton }),
          headers,
        })
      ).status
    expect(await post({})).toBe(403)
    expect(await post({ cookie, 'sec-fetch-site': 'cross-site' })).toBe(403)
    expect(await post({ cookie })).toBe(303)
  })

  test('the session of one letter opens no other', async () => {
    const other = await noticed(api, { number: `F-${++made}`, name: `Garage du Pont ${made}` })
    await enter()
    const page = await guest.go(`/r/${other.coupon}`)
    expect(page.html).not.toMatch(/Garage|€/)
  })
})

describe('the answers', () => {
  test('a promise is recorded for the whole sum, suspends the case, and is confirmed in writing', async () => {
    const page = await answer({ kind: 'promise', date: '2026-10-12', moyen: 'virement' })
    expect(page.status).toBe(200)
    expect(page.text).toContain('Votre réponse est enregistrée')
    expect(page.text).toMatch(/Promesse de payer 1 0\d\d,\d\d € le 12 octobre 2026 par virement/)
    const file = await fileOf(api, letter.caseId)
    expect(file.promises.map(({ dueOn, channel }) => [dueOn.toString(), channel])).toEqual([
      ['2026-10-12', 'coupon en ligne'],
    ])
    expect(liveHolds(file).map(({ cause, reviewOn }) => [cause, reviewOn.toString()])).toContainEqual([
      'promesse',
      '2026-10-13',
    ])
  })

  test('the same code shows it again, in another browser too, and takes no second answer', async () => {
    await answer({ kind: 'promise', date: '2026-10-12', moyen: 'virement' })
    const stale = await guest.go(`/r/${letter.coupon}`)
    guest = browser(api)
    const again = await enter()
    expect(again.text).toContain('Promesse de payer')
    expect(again.text).not.toContain('Je conteste')
    expect(stale.text).toContain('Promesse de payer')
    expect(await replies()).toHaveLength(1)
  })

  test('a form posted twice at once answers once', async () => {
    const page = await enter()
    const typed = { kind: 'dispute', motif: 'Livraison incomplète' }
    const both = await Promise.all([1, 2].map(() => guest.submit(page, `/r/${letter.coupon}`, typed)))
    expect(new Set(both.map(({ status }) => status))).toEqual(new Set([200, 422]))
    expect(await replies()).toHaveLength(1)
    expect((await fileOf(api, letter.caseId)).disputes).toHaveLength(1)
  })

  test('a payment said to be made is no payment: a person checks it, and the case waits meanwhile', async () => {
    const page = await answer({
      kind: 'paid',
      date: '2026-09-20',
      montant: '1 000,00',
      moyen: 'chèque',
      reference: 'n° 12',
    })
    expect(page.text).toContain('Paiement annoncé : 1 000,00 € le 20 septembre 2026 par chèque (n° 12)')
    const file = await fileOf(api, letter.caseId)
    expect(file.payments).toEqual([])
    expect(liveHolds(file).map(({ cause }) => cause)).toContain('decision')
    expect(await work()).toContain('Paiement annoncé : 1 000,00 € le 20 septembre 2026 par chèque (n° 12)')
  })

  test('instalments are a proposal, no agreement, until a person has seen to them', async () => {
    const page = await answer({ kind: 'instalments', montant: '100', date: '2026-10-05' })
    expect(page.text).toContain('pas encore un accord')
    expect((await fileOf(api, letter.caseId)).plans).toEqual([])
    expect(await work()).toContain('Proposition de payer 100,00 € par mois à partir du 5 octobre 2026')
    const [reply] = await api.sql<{ id: string }[]>`select id from replies where case_id = ${letter.caseId}`
    const settle = `mutation ($input: SettleReplyInput!) { settleReply(input: $input) { ... on Refusal { code } ... on SettleReplyPayload { case { replies { handledHow } } } } }`
    const input = { caseId: letter.caseId, replyId: reply!.id, how: 'accordé par écrit' }
    const { body } = await api.ask({ role: 'amicable' }, settle, { input })
    expect(JSON.stringify(body)).toContain('accordé par écrit')
    expect(JSON.stringify((await api.ask({ role: 'amicable' }, settle, { input })).body)).toContain('no_open_reply')
    expect((await work()).filter((what) => what.includes('100,00'))).toEqual([])
  })

  test('a dispute suspends at once, and what was typed is data, never markup', async () => {
    const page = await answer({ kind: 'dispute', motif: '<b>Rien</b> reçu & #panic("x") $x$', montant: '250,50' })
    expect(page.html).toContain('&lt;b&gt;Rien&lt;/b&gt; reçu &amp; #panic(')
    const [dispute] = (await fileOf(api, letter.caseId)).disputes
    expect(dispute).toMatchObject({
      ground: '<b>Rien</b> reçu & #panic("x") $x$',
      contested: 25050n,
      channel: 'coupon en ligne',
    })
    expect((await work()).some((what) => what.startsWith('Contestation de 250,50 €'))).toBe(true)
  })

  describe('files that come along with a dispute', () => {
    const pdf = readFileSync(new URL('../samples/Facture_FR_EN16931.pdf', import.meta.url))
    const png = Buffer.concat([Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'), Buffer.alloc(100)])
    const disputing = async (...pieces: File[]) =>
      guest.submit(await enter(), `/r/${letter.coupon}`, { kind: 'dispute', motif: 'Trois cartons manquent.', pieces })
    const files = () =>
      api.sql<{ name: string; mediaType: string; sha256: string }[]>`
        select f.name, f.media_type, f.sha256 from dispute_documents f join disputes x on x.id = f.dispute_id
        where x.case_id = ${letter.caseId} order by f.name`

    test('are kept as they came, by what they are and not by their name, and confirmed', async () => {
      const page = await disputing(new File([pdf], 'bon de livraison.pdf'), new File([png], '../../carton <b>.pdf'))
      expect(page.text).toContain('(documents joints : bon de livraison.pdf, carton <b>.pdf)')
      expect(page.html).toContain('carton &lt;b&gt;.pdf')
      const kept = await files()
      expect(kept.map(({ name, mediaType }) => [name, mediaType])).toEqual([
        ['bon de livraison.pdf', 'application/pdf'],
        ['carton <b>.pdf', 'image/png'],
      ])
      expect(Buffer.from(await api.office.archive.get(kept[0]!.sha256)).equals(pdf)).toBe(true)
    })

    test('are there for the creditor and the cells, to be saved, and for no other creditor', async () => {
      await disputing(new File([pdf], 'bon.pdf'))
      const { number } = (await fileOf(api, letter.caseId)).case
      const creditor = browser(api)
      const token = await api.token({ role: 'creditor', name: 'Inès', creditorId: letter.creditorId })
      await creditor.go(`/portail/entrer?jeton=${token}`)
      const asked = await creditor.go(`/portail/dossiers/${number}/contestation`)
      const [, path] = /href="(\/portail\/contestations\/[^"]+)">bon\.pdf</.exec(asked.html)!
      const saved = await api.app.request(path!, { headers: { cookie: cookies(creditor) } })
      expect(saved.headers.get('content-disposition')).toBe('attachment; filename="bon.pdf"')
      expect(Buffer.from(await saved.arrayBuffer()).equals(pdf)).toBe(true)
      const stranger = browser(api)
      const other = await noticed(api, { number: `F-${++made}`, name: `Garage du Pont ${made}` })
      await stranger.go(
        `/portail/entrer?jeton=${await api.token({ role: 'creditor', name: 'x', creditorId: other.creditorId })}`,
      )
      expect((await stranger.go(path!)).status).toBe(404)
      const query = `{ case(number: "${number}") { disputes { files { name mediaType bytes url } } } }`
      const { body } = await api.ask({ role: 'amicable' }, query)
      expect(body.data.case.disputes[0].files).toMatchObject([
        { name: 'bon.pdf', mediaType: 'application/pdf', bytes: pdf.length },
      ])
    })

    test('that are programs, infected, too large or too many are refused by name, and nothing is recorded', async () => {
      const eicar = `X5O!P%@AP[4\\PZX54(P^)7CC)7}$EICAR-STANDARD-${'ANTIVIRUS-TEST-FILE!$H+H*'}`
      const refused: [File[], string][] = [
        [[new File(['MZ\x90\0'], 'photo.jpg')], 'est un programme'],
        [[new File([eicar], 'facture.txt')], "refusé par l'antivirus"],
        [[new File(['<!doctype html><script>1</script>'], 'page.pdf')], 'HTML'],
        [[new File([new Uint8Array(10_000_001)], 'scan.pdf')], 'dépasse 10 Mo'],
        [Array.from({ length: 6 }, (_, i) => new File([pdf], `${i}.pdf`)), '5 fichiers au plus'],
      ]
      for (const [given, why] of refused) {
        guest = browser(api)
        const page = await disputing(...given)
        expect([page.status, page.text.includes(why)]).toEqual([422, true])
        expect(page.text).toContain('Trois cartons manquent.')
      }
      expect(await replies()).toEqual([])
      expect(await files()).toEqual([])
      guest = browser(api)
      expect((await disputing(new File([pdf], 'bon.pdf'))).status).toBe(200)
    })

    test('without their form, or in pieces that do not fit, are refused, and leave no draft', async () => {
      await enter()
      const post = (body: BodyInit, headers: Record<string, string> = {}) =>
        api.app.request(`/r/${letter.coupon}`, {
          method: 'POST',
          body,
          headers: { cookie: cookies(guest), 'sec-fetch-site': 'same-origin', ...headers },
        })
      const forged = new FormData()
      forged.set('jeton', 'x')
      forged.set('kind', 'dispute')
      forged.set('motif', 'Non')
      forged.set('pieces', new File([pdf], 'bon.pdf'))
      expect((await post(forged)).status).toBe(403)
      const cut = '--a\r\ncontent-disposition: form-data; name="pieces"; filename="a.pdf"\r\n\r\n%PDF-'
      expect((await post(cut, { 'content-type': 'multipart/form-data; boundary=a' })).status).toBe(400)
      expect((await post(cut, { 'content-type': 'multipart/form-data' })).status).toBe(400)
      expect((await post('{}', { 'content-type': 'application/json' })).status).toBe(400)
      expect(await replies()).toEqual([])
      const drafts = readdirSync(join(api.dir, 'archive')).filter((name) => name.startsWith('.draft'))
      expect(drafts).toEqual([])
    })

    test.skipIf(process.platform !== 'linux')('whose sender hangs up half-way keep no place on the disk', async () => {
      await enter()
      const head = '--a\r\ncontent-disposition: form-data; name="pieces"; filename="a.pdf"\r\n\r\n%PDF-'
      const body = new ReadableStream({
        start(controller) {
          controller.enqueue(new TextEncoder().encode(head + 'x'.repeat(200_000)))
        },
        pull: () => Promise.reject(new Error('the sender hung up')),
      })
      const response = await api.app.request(`/r/${letter.coupon}`, {
        method: 'POST',
        body,
        duplex: 'half',
        headers: {
          cookie: cookies(guest),
          'content-type': 'multipart/form-data; boundary=a',
          'content-length': '900000',
        },
      } as RequestInit)
      expect(response.status).toBe(400)
      const open = readdirSync('/proc/self/fd').flatMap((fd) => {
        try {
          return [readlinkSync(`/proc/self/fd/${fd}`)]
        } catch {
          return []
        }
      })
      expect(open.filter((path) => path.includes('.draft'))).toEqual([])
    })

    test('of a length that nobody says are refused before they are read, whoever sends them', async () => {
      for (const path of [`/r/${letter.coupon}`, '/bureau/coupon/x', '/portail/factures', '/etude/lien/x/retour']) {
        let read = 0
        const body = new ReadableStream(
          { pull: (controller) => controller.enqueue(new Uint8Array(++read && 100_000)) },
          { highWaterMark: 0 },
        )
        const headers = { 'transfer-encoding': 'chunked', 'content-type': 'multipart/form-data; boundary=a' }
        const response = await api.app.request(path, { method: 'POST', body, duplex: 'half', headers } as RequestInit)
        expect([path, response.status, read]).toEqual([path, 411, 0])
      }
    })
  })

  test('a new address is where letters go, and leaves the answer itself still to be given', async () => {
    const page = await answer({ kind: 'address', rue: '12 rue Neuve\nBâtiment B', cp: '13001', ville: 'Marseille' })
    expect(page.text).toContain('Nouvelle adresse : 12 rue Neuve, Bâtiment B, 13001 Marseille')
    expect((await fileOf(api, letter.caseId)).debtor.address).toEqual({
      lines: ['12 rue Neuve', 'Bâtiment B'],
      postalCode: '13001',
      city: 'Marseille',
      country: 'FR',
    })
    const after = await guest.submit(page, `/r/${letter.coupon}`, {
      kind: 'promise',
      date: '2026-10-01',
      moyen: 'virement',
    })
    expect(after.text).toContain('Promesse de payer')
    expect(new Set((await replies()).map(({ kind }) => kind as string))).toEqual(new Set(['address', 'promise']))
  })

  test('a new address abroad keeps its country and its own postcode', async () => {
    const page = await answer({ kind: 'address', rue: 'Rue Haute 12', cp: '1000', ville: 'Bruxelles', pays: 'BE' })
    expect(page.text).toContain('Nouvelle adresse : Rue Haute 12, 1000 Bruxelles, Belgique')
    expect((await fileOf(api, letter.caseId)).debtor.address).toEqual({
      lines: ['Rue Haute 12'],
      postalCode: '1000',
      city: 'Bruxelles',
      country: 'BE',
    })
  })

  test('an address of a country without postcodes is taken, printed, and opens the page of its letter by its town', async () => {
    const page = await answer({
      kind: 'address',
      rue: 'Office 12\nSheikh Zayed Road',
      cp: '',
      ville: 'Dubaï',
      pays: 'AE',
    })
    expect(page.text).toContain('Office 12, Sheikh Zayed Road, Dubaï, Émirats arabes unis')
    const written = await sendLetter(api.office, day('2026-10-05'), letter.caseId, {
      letter: 'dernier-avis-pro',
      channel: 'lrar',
      recipient: 'debiteur',
      facts: { delaiJours: 8, dateLimite: { date: '2026-10-20' } },
      coupon: 'AAAA-BBBB-CCCC',
      author: 'test',
    })
    const paper = await textOf(await api.office.archive.get(written.sha256))
    expect(paper).toContain('SHEIKH ZAYED ROAD DUBAI EMIRATS ARABES UNIS')
    expect(paper).not.toContain('undefined')
    expect((await enter('AAAA-BBBB-CCCC', '')).status).toBe(422)
    expect((await enter('AAAA-BBBB-CCCC', 'Abou Dabi')).status).toBe(422)
    expect((await enter('AAAA-BBBB-CCCC', 'DUBAI')).text).toContain('Ce qui vous est demandé')
  })

  test('an address that no post would find is refused, its country still chosen', async () => {
    const shown = await enter()
    expect(shown.html).toContain('<option value="FR" selected>France</option>')
    // Unions and codes given up are no place to live; overseas, France is served by its postcode.
    expect(shown.html).not.toMatch(/<option value="(EU|SU|ZZ|RE)"/)
    const typed = { kind: 'address', rue: '12 rue Neuve', cp: '1000', ville: 'Bourg' }
    for (const [pays, says] of [
      ['FR', "« 1000 » n'est pas un code postal de ce pays"],
      ['MG', "« 1000 » n'est pas un code postal de ce pays"],
      ['ZZ', "Le pays « ZZ » n'est pas reconnu"],
    ] as const) {
      const page = await guest.submit(shown, `/r/${letter.coupon}`, { ...typed, pays })
      expect([pays, page.status, page.text.includes(says)]).toEqual([pays, 422, true])
      if (pays === 'MG') expect(page.html).toContain('<option value="MG" selected>')
    }
    expect(await replies()).toEqual([])
  })

  test('what is out of bounds is refused in words, with what was typed kept and nothing recorded', async () => {
    const shown = await enter()
    for (const [typed, says] of [
      [{ kind: 'promise', date: '2027-10-12', moyen: 'virement' }, 'La date doit être comprise'],
      [{ kind: 'promise', date: '2026-02-31', moyen: 'virement' }, "n'est pas une date"],
      [{ kind: 'paid', date: '2026-10-20', montant: '10', moyen: 'virement' }, 'ne peut être à venir'],
      [{ kind: 'paid', date: '2026-09-20', montant: 'mille', moyen: 'virement' }, "n'est pas un montant"],
      [{ kind: 'instalments', montant: '1', date: '2026-10-05' }, 'plus de 24 mensualités'],
      [{ kind: 'dispute', motif: '  ' }, 'Il manque le motif'],
    ] as const) {
      const page = await guest.submit(shown, `/r/${letter.coupon}`, typed)
      expect([says, page.status]).toEqual([says, 422])
      expect(page.text).toContain(says)
      expect(page.html).toMatch(/<details name="reponse" open>/)
    }
    expect(await replies()).toEqual([])
    expect(api.errors).toEqual([])
  })
})

describe('when nothing may be asked', () => {
  test('a closed case shows no sum and takes no answer', async () => {
    await closeCase(api.sql, api.today, { caseId: letter.caseId, reason: 'payé' }, 'test')
    const page = await enter()
    expect(page.text).toContain('Ce dossier est clos')
    expect(page.html).not.toMatch(/€|<details/)
  })

  test('a barred debt is not claimed, and no promise is taken on it', async () => {
    await api.sql`update cases set limitation_on = '2026-09-29' where id = ${letter.caseId}`
    const page = await enter()
    expect(page.text).toContain('Le délai pour agir est passé')
    expect(page.html).not.toMatch(/€|Je paierai|chaque mois/)
    expect(page.text).toContain('Je conteste')
  })

  test('in insolvency proceedings no payment is asked for', async () => {
    await recordInsolvency(
      api.sql,
      api.office.random,
      api.today,
      { caseId: letter.caseId, nature: 'sauvegarde', openedOn: api.today, publishedOn: null },
      'test',
    )
    const page = await enter()
    expect(page.text).toContain('aucun paiement ne vous est demandé')
    expect(page.html).not.toContain('Je paierai')
  })
})

describe('whatever is thrown at it', () => {
  test('hostile codes and bodies get a page, and the server keeps nothing of them', async () => {
    for (const code of ['%00', "' or 1=1 --", '<script>', 'a'.repeat(3000)]) {
      const page = await guest.go(`/r/${encodeURIComponent(code)}`)
      expect(page.status).toBeLessThan(500)
      expect(page.html).not.toContain('<script>')
    }
    const big = await api.app.request('/r', {
      method: 'POST',
      body: 'x'.repeat(200_000),
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
    })
    expect(big.status).toBe(413)
    expect(api.errors).toEqual([])
  })
})
