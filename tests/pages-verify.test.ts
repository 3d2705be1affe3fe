import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import { archiveFindings, remake } from '../procedures/doctor/archive.ts'
import { creditorCopy } from '../procedures/mail/creditor-copies.ts'
import { sealPdf } from '../documents/proof/seal.ts'
import { rehearse } from '../schema/db.ts'
import { useApi } from './api.ts'
import { browser, noticed } from './pages.ts'

const api = useApi()
let letter: Awaited<ReturnType<typeof noticed>>

beforeAll(async () => {
  letter = await noticed(api)
}, 120_000)

describe('is this letter ours?', () => {
  test('a code of ours tells the day, the agency, the reference and the kind of letter', async () => {
    const page = await browser(api).go(`/verifier/${letter.code}`)
    expect(page.status).toBe(200)
    expect(page.text).toContain('Cette lettre vient bien de nous')
    expect(page.text).toContain('Cabinet Vasseur Recouvrement')
    expect(page.text).toContain(letter.reference)
    expect(page.text).toMatch(/Datée du \d+ (août|septembre) 2026/)
    expect(page.text).toContain('Mise en demeure (lettre recommandée avec avis de réception)')
  })

  test('and nothing on the debt, the amount, the creditor or the debtor', async () => {
    const page = await browser(api).go(`/verifier/${letter.code}`)
    expect(page.html).not.toMatch(/Garage|Papeterie|F-1\b|1\D?000|€|69003|rue de la Gare/)
  })

  test('a code copied with spaces, small letters and look-alikes is the same code', async () => {
    const typed = letter.code.toLowerCase().replaceAll('-', ' ').replaceAll('0', 'o').replaceAll('1', 'l')
    const page = await browser(api).go(`/verifier?code=${encodeURIComponent(typed)}`)
    expect(page.path).toBe(`/verifier/${letter.code}`)
    expect(page.status).toBe(200)
  })

  test('an unknown code, the code of a coupon and a hostile one get a clear page', async () => {
    for (const code of ['7K3M-Q2XZ-9T4C', letter.coupon, '<script>alert(1)</script>', "' or 1=1 --"]) {
      const page = await browser(api).go(`/verifier/${encodeURIComponent(code)}`)
      expect([code, page.status]).toEqual([code, 404])
      expect(page.text).toContain('Nous ne reconnaissons pas ce code')
      expect(page.html).not.toContain('<script>alert')
    }
    const short = await browser(api).go('/verifier?code=7K3M')
    expect(short.status).toBe(400)
    expect(short.text).toContain("Ce code n'est pas complet")
  })

  test('says that our own copy is untouched, and says so when it no longer is, or the journal', async () => {
    const good = await browser(api).go(`/verifier/${letter.code}`)
    expect(good.text).toContain('Notre exemplaire est intact')
    const [row] = await api.sql<{ sha256: string }[]>`select sha256 from documents where code = ${letter.code}`
    const path = api.office.archive.path(row!.sha256)
    const kept = readFileSync(path)
    writeFileSync(path, Buffer.concat([kept, Buffer.of(0)]))
    const altered = await browser(api).go(`/verifier/${letter.code}`)
    expect(altered.text).toContain('Notre exemplaire a été altéré : son empreinte ne concorde plus.')
    rmSync(path)
    expect((await browser(api).go(`/verifier/${letter.code}`)).text).toContain("n'est plus dans nos archives")
    writeFileSync(path, kept)
    const rewriting = (author: string) =>
      api.sql.begin(async (sql) => {
        await sql`alter table events disable trigger events_are_kept`
        await sql`update events set author = ${author} where seq = 1 and case_id = (select case_id from documents where code = ${letter.code})`
        await sql`alter table events enable trigger events_are_kept`
      })
    const [first] = await api.sql<{ author: string }[]>`
      select e.author from events e join documents d on d.case_id = e.case_id where d.code = ${letter.code} and e.seq = 1`
    await rewriting('quelqu’un d’autre')
    expect((await browser(api).go(`/verifier/${letter.code}`)).text).toContain('Le journal du dossier a été altéré.')
    await rewriting(first!.author)
    expect((await browser(api).go(`/verifier/${letter.code}`)).text).toContain('Notre exemplaire est intact')
  })

  test('nothing runs, frames or is kept', async () => {
    const { headers } = await browser(api).go('/verifier')
    expect(headers.get('content-security-policy')).toMatch(
      /^default-src 'none'; style-src 'self'; script-src 'self';.*frame-ancestors 'none'$/,
    )
    expect(headers.get('cache-control')).toBe('no-store')
    expect(headers.get('x-content-type-options')).toBe('nosniff')
  })
})

describe('is this file ours?', () => {
  const verified = async (bytes: Uint8Array, name: string) => {
    const form = new FormData()
    form.set('fichier', new File([new Uint8Array(bytes)], name))
    const sent = new Response(form)
    const body = new Uint8Array(await sent.clone().arrayBuffer())
    // As a browser sends it: the length first.
    const headers = { 'content-type': sent.headers.get('content-type')!, 'content-length': String(body.length) }
    return browser(api).go('/verifier', { method: 'POST', headers, body })
  }
  const letterBytes = async () => {
    const [row] = await api.sql<{ sha256: string }[]>`select sha256 from documents where code = ${letter.code}`
    return { hash: row!.sha256, bytes: await api.office.archive.get(row!.sha256) }
  }

  test('a letter of ours is intact and known, by its file and by its hash; a changed one is not', async () => {
    const { hash, bytes } = await letterBytes()
    const page = await verified(bytes, 'lettre.pdf')
    expect(page.text).toContain('Ce fichier est intact et vient de nous')
    expect(page.text).toContain(letter.reference)
    expect((await browser(api).go(`/verifier/${hash}`)).text).toContain(letter.reference)
    const changed = bytes.slice()
    changed[changed.length >> 1]! ^= 1
    expect((await verified(changed, 'lettre.pdf')).text).toContain('Ce fichier a été modifié')
    const drafts = readdirSync(join(api.dir, 'archive')).filter((name) => name.startsWith('.draft'))
    expect(drafts).toEqual([])
  })

  test('the copy of a creditor is ours too, and told from the letter that was sent', async () => {
    const { hash } = await letterBytes()
    const copy = (await creditorCopy(api.office, letter.id))!
    const page = await verified(await api.office.archive.get(copy), 'copie.pdf')
    expect(page.text).toContain('Ce fichier est intact et vient de nous')
    expect(page.text).toContain('la copie que nous remettons au créancier : le code de réponse')
    expect(page.text).toContain(`La lettre envoyée a pour empreinte ${hash}`)
    expect((await browser(api).go(`/verifier/${copy}`)).text).toContain(letter.reference)
    rmSync(api.office.archive.path(copy))
    expect((await archiveFindings(api.office)).map(({ code, subject }) => [code, subject])).toEqual([
      ['archive_missing', copy],
    ])
    expect(await remake(api.office, api.today, copy)).toContain('octet pour octet')
  })

  test('no copy is made in another text than that of the letter', async () => {
    const asked = rehearse(api.sql, false, async (sql) => {
      // Its row is kept as it was written: only here, and undone, is its version one that no library ever had.
      await sql`set local session_replication_role = replica`
      await sql`update documents set version = ${'0'.repeat(64)} where id = ${letter.id}`
      await sql`update coupons set copy = null where document_id = ${letter.id}`
      return creditorCopy({ ...api.office, sql }, letter.id)
    })
    await expect(asked).rejects.toMatchObject({ code: 'copy_unmade' })
  })

  test('a file sealed like ours that we never made is intact, and unknown', async () => {
    const invoice = readFileSync(new URL('../samples/Facture_FR_EN16931.pdf', import.meta.url))
    const sealed = await sealPdf(invoice, { at: Temporal.Instant.from('2026-09-30T08:00:00Z') })
    expect((await verified(sealed, 'autre.pdf')).text).toContain(
      'Ce fichier est intact, mais nous ne le connaissons pas',
    )
  })

  test('what nobody sealed cannot be verified, and no file at all is told', async () => {
    expect((await verified(Buffer.from('bonjour'), 'note.txt')).text).toContain('Ce fichier ne peut pas être vérifié')
    const empty = await verified(new Uint8Array(), '')
    expect([empty.status, empty.text]).toEqual([400, expect.stringContaining("Aucun fichier n'a été choisi")])
  })

  test('an export too large to be held for a stranger is left to the command', async () => {
    const page = await verified(
      Buffer.from(`{ "format": "courtois-case/2", "events": [${' '.repeat(17 << 20)}] }`),
      'x.json',
    )
    expect([page.status, page.text]).toEqual([200, expect.stringContaining('trop volumineux')])
  })

  test('a length above the limit of the house, or none, is refused before anything is read', async () => {
    for (const length of ['9000000000', undefined]) {
      const headers = {
        'content-type': 'multipart/form-data; boundary=x',
        ...(length ? { 'content-length': length } : {}),
      }
      const response = await api.app.request('http://api.test/verifier', { method: 'POST', headers, body: '--x--' })
      expect(response.status).toBe(413)
    }
  })
})

test('the bare address says whose each door is, and every door opens', async () => {
  const guest = browser(api)
  const page = await guest.go('/')
  expect(page.text).toContain('Vous êtes commissaire de justice')
  const doors = [...page.html.matchAll(/<li><a href="([^"]+)"/g)].map(([, to]) => to!)
  expect(doors).toEqual(['/r', '/verifier', '/portail', '/etude', '/bureau', '/bibliotheque'])
  for (const door of doors) expect([door, [200, 401].includes((await guest.go(door)).status)]).toEqual([door, true])
})

describe('who tries too often', () => {
  const other = useApi()

  test('is asked to wait, by a count that the database keeps and that names nobody', async () => {
    const { openAgency } = await import('../scripts/demo/people.ts')
    await openAgency(other.sql, other.today)
    const guest = browser(other)
    for (let i = 0; i < 30; i++) expect((await guest.go('/verifier/7K3M-Q2XZ-9T4C')).status).toBe(404)
    const page = await guest.go('/verifier/7K3M-Q2XZ-9T4C')
    expect(page.status).toBe(429)
    expect(Number(page.headers.get('retry-after'))).toBeGreaterThan(0)
    expect(page.text).toContain("Trop d'essais")
    const [row] = await other.sql<{ who: string; count: number }[]>`select who, count from attempts`
    expect(row!.count).toBe(31)
    expect(row!.who).not.toContain('local')
  })
})
