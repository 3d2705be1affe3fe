import { beforeAll, describe, expect, test } from 'vitest'
import type { Role } from '../api/auth.ts'
import { openTwoCases, useApi } from './api.ts'
import { liveUntil } from './house.ts'
import { browser } from './pages.ts'

const api = useApi({ today: '2026-09-30' })
let caseId = ''
let creditorId = ''

beforeAll(async () => {
  const [own] = await openTwoCases(api, '2026-09-01', ['Garage <b>du</b> Pont', 'Imprimerie Delmas'])
  ;({ caseId, creditorId } = own!)
  await liveUntil(api, '2026-09-01', '2026-09-22')
}, 120_000)

async function enter(role: Role) {
  const guest = browser(api)
  const board = await guest.go(`/bureau/entrer?jeton=${await api.token({ role, name: 'Nour Benali' })}`)
  return { ...guest, board }
}

const at = (letter = '') => `/bureau/scripts?dossier=${caseId}${letter && `&lettre=${letter}`}`
const rows = async () => api.sql`
  select (select count(*) from documents) as documents, (select count(*) from events) as events, (select count(*) from calls) as calls`

describe('the scripts on /bureau', () => {
  test('are found from the case, listed by situation, and one opens filled in', async () => {
    const { go, board } = await enter('phone')
    expect(board.html).toContain(at())
    const before = await rows()
    expect((await go(`/bureau?q=${encodeURIComponent('Garage')}`)).html).toContain(at())
    const list = await go(at())
    for (const words of ['Le débiteur appelle', 'Nous appelons', 'Il objecte', 'Il veut payer', 'difficile'])
      expect(list.text).toContain(words)
    expect(list.html).toContain(`${at().replace('&', '&amp;')}&amp;lettre=script-objection-tresorerie`)
    expect(list.html).not.toContain('script-repondeur-particulier')
    expect(list.html).not.toContain('<b>du</b>')
    const [{ reference }] = await api.sql<[{ reference: string }]>`
      select reference from documents where case_id = ${caseId} and first_letter`
    const page = await go(at('script-objection-tresorerie'))
    expect(page.text).toContain("Attendre l'argent d'un client")
    expect(page.text).toContain(reference)
    expect(page.text).toContain('Garage <b>du</b> Pont')
    expect(await rows()).toEqual(before)
  })

  test('say why one is not for this debtor, and ask for what the case does not know', async () => {
    const { go, submit } = await enter('phone')
    const wrong = await go(at('script-repondeur-particulier'))
    expect([wrong.status, wrong.text.includes("n'est pas fait pour un débiteur professionnel")]).toEqual([200, true])
    const asked = await go(at('script-paiement-carte-securise'))
    expect(asked.text).toContain('lien de paiement sécurisé')
    const empty = await submit(asked, '/bureau/scripts', { 'f.lienPaiement': '' })
    expect([empty.status, empty.text.includes('Le dossier ne sait pas : lien de paiement')]).toEqual([422, true])
    const link = 'https://payer.creancier.example/7'
    const filled = await submit(asked, '/bureau/scripts', { 'f.lienPaiement': link })
    expect([filled.status, filled.text.includes(link)]).toEqual([200, true])
    const forged = await go('/bureau/scripts', {
      method: 'POST',
      body: new URLSearchParams({ dossier: caseId, lettre: 'script-paiement-carte-securise', jeton: 'x' }),
    })
    expect(forged.status).toBe(403)
  })

  test('lead to the form in which the call is noted', async () => {
    const { go } = await enter('phone')
    expect((await go(at('script-appel-entrant-debiteur'))).text).toContain('Noter cet appel')
    expect((await go(at('script-tiers-decroche'))).text).not.toContain('Noter')
  })

  test('are for the cells that may call', async () => {
    const research = await enter('research')
    expect(research.board.html).not.toContain('/bureau/scripts')
    expect((await research.go(at())).status).toBe(403)
    expect((await browser(api).go(at())).status).toBe(401)
    expect(api.errors).toEqual([])
  })
})

describe('Case.callScript', () => {
  const ask = (role: Role, asked: string) =>
    api.ask({ role, creditorId: role === 'creditor' ? creditorId : null }, `{ case(id: "${caseId}") { ${asked} } }`)

  test('tells those of the case with when to use them, and fills one in', async () => {
    const { body } = await ask(
      'phone',
      `callScripts { situation letter { key title usage } refusal { code } }
       one: callScript(letter: "script-objection-tresorerie") { text refusal { code } }
       wrong: callScript(letter: "script-repondeur-particulier") { text refusal { code message remedy } }
       lacking: callScript(letter: "script-paiement-carte-securise") { text refusal { code message } }
       card: callScript(letter: "script-paiement-carte-securise", facts: { lienPaiement: "https://payer.example/7" }) { text }`,
    )
    expect(body.errors).toBeUndefined()
    const { callScripts, one, wrong, lacking, card } = body.data.case
    expect(callScripts).toContainEqual({
      situation: 'DISTRESS',
      letter: {
        key: 'script-debiteur-vulnerable',
        title: expect.any(String),
        usage: expect.stringMatching(/fragilité/),
      },
      refusal: null,
    })
    expect(one).toMatchObject({ refusal: null, text: expect.stringContaining('Garage') })
    expect(wrong).toMatchObject({ text: null, refusal: { code: 'wrong_debtor' } })
    expect(lacking).toMatchObject({ text: null, refusal: { code: 'facts_missing' } })
    expect(card.text).toContain('https://payer.example/7')
  })

  test('is for the cells that may call, and notes who read', async () => {
    for (const role of ['research', 'creditor'] as const) {
      const { body } = await ask(role, 'callScripts { situation } callScript(letter: "script-tiers-decroche") { text }')
      expect(body.data.case).toEqual({ callScripts: null, callScript: null })
      expect(body.errors!.map(({ extensions }) => extensions!.code)).toEqual(['forbidden', 'forbidden'])
    }
    const unknown = await ask('phone', 'callScript(letter: "script-inconnu") { text }')
    expect(unknown.body.errors![0]!.extensions!.code).toBe('unknown_letter')
    await api.flushReadings()
    const read = await api.sql`
      select reader from case_readings where case_id = ${caseId} and door = 'graphql' and reader like 'phone:%'`
    expect(read).toHaveLength(1)
  })
})
