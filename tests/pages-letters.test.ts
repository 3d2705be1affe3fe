import { beforeAll, expect, test } from 'vitest'
import type { Role } from '../api/auth.ts'
import { openTwoCases, useApi } from './api.ts'
import { browser } from './pages.ts'

const api = useApi({ today: '2026-09-30' })
let caseId = ''

beforeAll(async () => {
  const [own] = await openTwoCases(api, '2026-09-01', ['Garage <b>du</b> Pont', 'Imprimerie Delmas'])
  caseId = own!.caseId
})

async function enter(role: Role) {
  const guest = browser(api)
  const board = await guest.go(`/bureau/entrer?jeton=${await api.token({ role, name: 'Nour Benali' })}`)
  return { ...guest, board }
}

const documents = async () => api.sql<{ letter: string; writtenBy: string; facts: Record<string, unknown> }[]>`
  select letter, written_by, facts from documents where case_id = ${caseId}`

test('a letter is found by a word, completed in a form, seen, and written once', async () => {
  const { go, submit } = await enter('amicable')
  const found = await go(`/bureau?q=${encodeURIComponent('Garage')}`)
  expect(found.html).toContain(`/bureau/ecrire?dossier=${caseId}`)
  const list = await go(`/bureau/ecrire?dossier=${caseId}&q=adresse`)
  expect(list.html).toContain('lettre=creancier-adresse-du-debiteur')
  expect(list.text).not.toContain('b>du')
  const page = await go(`/bureau/ecrire?dossier=${caseId}&lettre=creancier-adresse-du-debiteur`)
  expect(page.text).toContain('adresse visée, adresse antérieure, source et fiabilité')
  const lacking = await submit(page, '/bureau/ecrire', { canal: 'email', geste: 'voir' })
  expect([lacking.status, lacking.text.includes('Il manque')]).toEqual([422, true])
  const typed = {
    canal: 'email',
    'f.adresse.visee.lignes': '5 place Bellecour',
    'f.adresse.visee.codePostal': '69002',
    'f.adresse.visee.ville': 'Lyon',
    'f.adresse.source': 'registre du commerce',
  }
  const shown = await submit(page, '/bureau/ecrire', { ...typed, geste: 'voir' })
  expect([shown.status, shown.headers.get('content-type')]).toEqual([200, 'application/pdf'])
  expect(await documents()).toEqual([])
  const written = await submit(page, '/bureau/ecrire', { ...typed, geste: 'ecrire' })
  expect(written.text).toContain('Il est écrit, et part.')
  await submit(page, '/bureau/ecrire', { ...typed, geste: 'ecrire' })
  const [letter, ...others] = await documents()
  expect(others).toEqual([])
  expect(letter).toMatchObject({ letter: 'creancier-adresse-du-debiteur', writtenBy: 'amicable:Nour Benali' })
  expect(letter!.facts['adresse']).toMatchObject({ source: 'registre du commerce' })
})

test('what a person posts is kept with its Word file, which the cells alone download', async () => {
  const { go, submit } = await enter('amicable')
  const page = await go(`/bureau/ecrire?dossier=${caseId}&lettre=recherche-contact-neutre`)
  const typed = {
    'f.tiers.nom': 'Claire Martin',
    'f.tiers.adresse.lignes': '2 rue Basse',
    'f.tiers.adresse.codePostal': '69001',
    'f.tiers.adresse.ville': 'Lyon',
  }
  const written = await submit(page, '/bureau/ecrire', { canal: 'lettre', ...typed, geste: 'ecrire' })
  expect(written.text).toContain('à vous de le remettre ou de le poster')
  const [, path] = /href="([^"]*file=docx)"/.exec(written.html)!
  expect((await go(path!)).headers.get('content-type')).toContain('wordprocessingml')
  const [{ creditorId }] = await api.sql<[{ creditorId: string }]>`select creditor_id from cases where id = ${caseId}`
  const token = await api.token({ role: 'creditor', name: 'x', creditorId })
  const asked = await api.app.request(path!.replace('/bureau/courriers', '/documents'), {
    headers: { authorization: `Bearer ${token}` },
  })
  expect(asked.status).toBe(403)
})

test('what stands in the way is told in the place of the form, and a cell that writes nothing is refused', async () => {
  const { go } = await enter('amicable')
  const early = await go(`/bureau/ecrire?dossier=${caseId}&lettre=relance-cordiale-petit-montant`)
  expect(early.text).toContain("La première lettre au débiteur n'est pas écrite")
  expect(early.html).not.toContain('value="ecrire"')
  expect((await go(`/bureau/ecrire?dossier=${caseId}&lettre=injonction-relance-greffe`)).status).toBe(403)
  const phone = await enter('phone')
  expect(phone.board.html).not.toContain('/bureau/ecrire')
  expect((await phone.go(`/bureau/ecrire?dossier=${caseId}`)).status).toBe(403)
  expect(api.errors).toEqual([])
})
