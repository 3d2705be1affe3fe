import { beforeAll, describe, expect, test } from 'vitest'
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

  test('nothing runs, frames or is kept', async () => {
    const { headers } = await browser(api).go('/verifier')
    expect(headers.get('content-security-policy')).toMatch(
      /^default-src 'none'; style-src 'self'; script-src 'self';.*frame-ancestors 'none'$/,
    )
    expect(headers.get('cache-control')).toBe('no-store')
    expect(headers.get('x-content-type-options')).toBe('nosniff')
  })
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
