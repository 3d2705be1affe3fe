import { beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { openAgency } from '../scripts/demo/people.ts'
import { useApi } from './api.ts'
import { addInvoices, creditorOf, day, invoice, liveUntil } from './house.ts'
import { browser } from './pages.ts'

const api = useApi()
let creditorId = ''
let desk: ReturnType<typeof browser>

beforeAll(async () => {
  await openAgency(api.sql, day('2026-07-01'))
  creditorId = await creditorOf(api, day('2026-07-01'))
})
beforeEach(async () => {
  desk = browser(api)
  await desk.go(`/portail/entrer?jeton=${await api.token({ role: 'creditor', name: 'Inès Roche', creditorId })}`)
})

describe('a statement of account in the creditor’s space', () => {
  const csv = `N° facture;Client;Adresse;CP;Ville;Date;Échéance;Montant TTC
R-101;Garage <b>du</b> Pont;3 rue de la Gare;69003;Lyon;01/08/2026;31/08/2026;1 200,00
R-102;Garage <b>du</b> Pont;3 rue de la Gare;69003;Lyon;01/09/2026;31/11/2026;50,00
`
  const drop = async (text = csv) => {
    const page = await desk.go('/portail/releves')
    return desk.submit(page, '/portail/releves', { releve: new File([text], 'relevé.csv') })
  }
  const statesOf = (html: string) =>
    [...html.matchAll(/<span class="state [^"]*">([^<]*)<\/span>/g)].map(([, word]) => word)
  const cases = async () => (await api.sql`select 1 from cases where creditor_id = ${creditorId}`).length

  test('is shown line by line and keeps nothing until it is confirmed, then nothing twice', async () => {
    const shown = await drop()
    expect(shown.text).toContain("1 facture à confier, pour 1 dossier. Rien n'est encore enregistré.")
    expect(shown.text).toContain("« 31/11/2026 » n'est pas")
    expect(shown.html).not.toContain('<b>du</b>')
    expect(await cases()).toBe(0)
    const done = await desk.submit(shown, shown.path, { type: 'business', geste: 'confier' })
    expect(done.text).toContain('1 facture confiée')
    expect(statesOf(done.html)).toEqual(['confiée', 'refusée'])
    expect(await cases()).toBe(1)
    const again = await drop()
    expect(again.text).toContain('déjà là')
    expect(again.text).not.toContain('Confier 1 facture')
  })

  test('dropped in the place of an invoice goes on as what it is; another text is told what is taken', async () => {
    const into = async (name: string, text: string) =>
      desk.submit(await desk.go('/portail/factures'), '/portail/factures', { facture: new File([text], name) })
    const shown = await into('relevé.csv', csv)
    expect(shown.path).toMatch(/^\/portail\/releves\/[0-9a-f-]{36}$/)
    expect(shown.text).toContain('R-101')
    const other = await into('note.txt', 'Bonjour,\nvoici la facture.')
    expect(other.text).toContain("Le format du fichier n'est pas reconnu. Envoyez une facture Factur-X")
    expect(other.text).toContain('ou un relevé de compte (CSV, XLSX)')
    expect((await into('liste.csv', 'a;b;c;d\n1;2;3;4\n')).text).not.toContain("n'est pas reconnu")
  })

  test('says how a postcode of four digits was read, and which line says another again', async () => {
    const line = 'R-201;Boulangerie Ain;1 place du Marché;1000;Bourg-en-Bresse;01/08/2026;31/08/2026;99,90\n'
    const shown = await drop(`${csv.split('\n')[0]}\n${line}${line}`)
    expect(shown.text).toContain("Le code postal 1000 n'a que quatre chiffres : il est lu 01000.")
    expect(statesOf(shown.html)).toEqual(['à confier', 'répétée'])
    expect(shown.text).toContain('Répétée : déjà à la ligne 2.')
    expect(shown.text).not.toContain('Déjà au dossier')
    const done = await desk.submit(shown, shown.path, { type: 'business', geste: 'confier' })
    expect(statesOf(done.html)).toEqual(['confiée', 'répétée'])
    const [debtor] = await api.sql<{ address: object }[]>`select address from debtors where name = 'Boulangerie Ain'`
    expect(debtor!.address).toMatchObject({ postalCode: '01000', country: 'FR' })
  })

  test('that is no table is refused in the page, with what to do', async () => {
    const page = await drop('bonjour')
    expect(page.status).toBe(422)
    expect(page.text).toContain('Aucune ligne de titres reconnue')
  })
})

test('a creditor that asked to approve sees each sending first, and its word is kept', async () => {
  const page = await desk.go('/portail/envois')
  expect(page.text).toContain("Aucun envoi n'attend votre accord.")
  await desk.submit(page, '/portail/envois', { voulu: 'oui', jours: '3', sinon: 'attendre', geste: 'regle' })
  const caseId = await addInvoices(api, {
    creditorId,
    on: '2026-08-01',
    invoices: [invoice({ number: 'A-1', issued_on: '2026-07-01', due_on: '2026-07-31' })],
  })
  await liveUntil(api, '2026-08-01', '2026-08-12')
  const asked = await desk.go('/portail/envois')
  expect(asked.text).toContain('1 envoi attend votre accord.')
  expect((await desk.go('/portail')).text).toContain('1 envoi attend votre accord')
  const refused = await desk.submit(asked, '/portail/envois', { geste: 'refuser' })
  expect(refused.status).toBe(422)
  const done = await desk.submit(asked, '/portail/envois', { geste: 'approuver' })
  expect(done.text).toContain("Aucun envoi n'attend")
  await liveUntil(api, '2026-08-12', '2026-08-13')
  const [letter] = await api.sql<{ writtenOn: Temporal.PlainDate }[]>`
    select written_on from documents where case_id = ${caseId} and first_letter`
  expect(letter?.writtenOn).toEqual(day('2026-08-12'))
})
