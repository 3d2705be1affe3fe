import { beforeAll, describe, expect, test } from 'vitest'
import type { Role } from '../api/auth.ts'
import { withoutNames } from '../api/remedies.ts'
import { correctCreditor } from '../procedures/cases/creditor-corrections.ts'
import { readOutlays } from '../procedures/judicial/outlays.ts'
import { recordRemission } from '../procedures/money/remissions.ts'
import { useApi } from './api.ts'
import { creditorOf, day, fileOf, invoice, liveHolds, liveUntil, openCase } from './house.ts'
import { legalCell, liveToSignature } from './legal.ts'
import { browser, formsOf } from './pages.ts'

const api = useApi({ today: '2026-08-20' })

const enter = async (role: Role, name = 'Nour Benali') => {
  // Each test enters anew, and the door counts who enters too often.
  await api.sql`delete from attempts`
  const guest = browser(api)
  const board = await guest.go(`/bureau/entrer?jeton=${await api.token({ role, name })}`)
  return { ...guest, board }
}

describe('remissions', () => {
  const path = '/bureau/remises'
  const typed = { somme: '1 000,00', avant: '2026-08-31', accordLe: '2026-08-20', accordPar: 'Mme <b>Dupont</b>' }
  let made = 0
  const opened = async () => {
    const number = `R-${++made}`
    const due = { issued_on: '2026-07-06', due_on: '2026-08-06', total: '1000.00' }
    const caseId = await openCase(api, { on: '2026-08-07', invoices: [invoice({ number, ...due })] })
    await liveUntil(api, '2026-08-07', '2026-08-19')
    return caseId
  }
  const remissions = async (caseId: string) => (await fileOf(api, caseId)).remissions

  test('are found from the case, seen with all they change, and recorded once', async () => {
    const caseId = await opened()
    const { go, submit } = await enter('amicable')
    const { number } = (await fileOf(api, caseId)).case
    expect((await go(`/bureau?q=${number}`)).html).toContain(`href="${path}?dossier=${caseId}"`)
    const page = await go(`${path}?dossier=${caseId}`)
    expect(page.text).toContain("Aucune remise n'est convenue.")
    const seen = await submit(page, path, { ...typed, geste: 'voir' })
    expect(seen.text).toContain("Rien n'est encore enregistré.")
    expect(seen.text).toContain('1 000,00 € , reçus au plus tard le 31 août 2026')
    expect(seen.text).toMatch(/Abandonné 4\d,\d\d €/)
    expect(seen.text).toContain("suspendues jusqu'au 5 septembre 2026")
    expect(seen.html).toContain('signé par Mme &lt;b&gt;Dupont&lt;/b&gt;')
    expect(await remissions(caseId)).toEqual([])
    expect(liveHolds(await fileOf(api, caseId))).toEqual([])

    const done = await submit(seen, path, { geste: 'enregistrer' })
    expect(done.text).toContain("C'est enregistré.")
    expect(done.text).toContain('1 000,00 € pour solde, au plus tard le 31 août 2026 attend son paiement')
    await submit(seen, path, { geste: 'enregistrer' })
    const [kept, ...others] = await remissions(caseId)
    expect(others).toEqual([])
    expect(kept).toMatchObject({ amount: 100_000n, payBy: day('2026-08-31'), agreedBy: 'Mme <b>Dupont</b>' })
    const [row] = await api.sql`select recorded_by from remissions where id = ${kept!.id}`
    expect(row).toEqual({ recordedBy: 'amicable:Nour Benali' })
    expect(liveHolds(await fileOf(api, caseId))).toMatchObject([{ cause: 'remise' }])
  })

  test('go back to the form as it was typed, and are refused in words that name nothing of the API', async () => {
    const caseId = await opened()
    const { go, submit } = await enter('amicable')
    const page = await go(`${path}?dossier=${caseId}`)
    const again = await submit(await submit(page, path, { ...typed, geste: 'voir' }), path, { geste: 'corriger' })
    expect(again.html).toContain('value="1 000,00"')
    const high = await submit(page, path, { ...typed, somme: '5000', geste: 'voir' })
    expect([high.status, high.text.includes("Il n'y a rien à remettre")]).toEqual([422, true])
    expect(high.html).toContain('value="5000"')
    await submit(await submit(page, path, { ...typed, geste: 'voir' }), path, { geste: 'enregistrer' })
    const second = await submit(await go(`${path}?dossier=${caseId}`), path, { ...typed, geste: 'voir' })
    expect(second.text).toContain('Une remise attend déjà son paiement.')
    expect(second.html).not.toContain('value="voir"')
    expect(second.text).not.toContain('withdrawRemission')
    expect(await remissions(caseId)).toHaveLength(1)
  })

  test('are withdrawn with a reason, and the case goes on', async () => {
    const caseId = await opened()
    const agreed = { caseId, amount: 50_000n, payBy: day('2026-08-31'), agreedOn: api.today, agreedBy: 'Mme Dupont' }
    const id = await recordRemission(api.sql, api.office.random, api.today, agreed, 'legal:Inès')
    const { go } = await enter('legal')
    const page = await go(`${path}?dossier=${caseId}`)
    const form = formsOf(page.html).find(({ hidden }) => hidden['remise'] === id)!
    const withdraw = (motif: string) =>
      go(path, { method: 'POST', body: new URLSearchParams({ ...form.hidden, geste: 'retirer', motif }) })
    const silent = await withdraw(' ')
    expect([silent.status, silent.text.includes('Il manque le motif du retrait')]).toEqual([422, true])
    expect((await withdraw('Erreur de dossier.')).text).toContain("C'est enregistré.")
    expect(await remissions(caseId)).toEqual([])
    expect(liveHolds(await fileOf(api, caseId))).toEqual([])
  })

  test('are no business of the phone cell, nor of a form from elsewhere', async () => {
    const caseId = await opened()
    const phone = await enter('phone')
    const { number } = (await fileOf(api, caseId)).case
    expect((await phone.go(`/bureau?q=${number}`)).html).not.toContain(path)
    expect((await phone.go(`${path}?dossier=${caseId}`)).status).toBe(403)
    const { go } = await enter('amicable')
    const forged = new URLSearchParams({ ...typed, dossier: caseId, geste: 'enregistrer', cle: 'x', jeton: 'x' })
    expect((await go(path, { method: 'POST', body: forged })).status).toBe(403)
    expect(await remissions(caseId)).toEqual([])
  })
})

describe('outlays', () => {
  const path = '/bureau/debours'
  const typed = { objet: 'Frais de greffe', montant: '33,47', depenseLe: '2026-08-18' }
  let caseId = ''
  let procedureId = ''

  beforeAll(async () => {
    // The creditor agreed to 250 € at most.
    const requestId = await liveToSignature(api)
    const [request] = await api.sql<{ caseId: string }[]>`select case_id from consent_requests where id = ${requestId}`
    caseId = request!.caseId
    procedureId = (await legalCell(api, 'outlays').openSigned(requestId, '2026-07-29')).id
  }, 120_000)
  const outlays = async () =>
    ((await readOutlays(api.sql, [procedureId])).get(procedureId) ?? []).map(
      ({ label, amount, original, overWhy }) => ({
        label,
        amount,
        original,
        overWhy,
      }),
    )

  test('are seen against the ceiling with their bill, then recorded once', async () => {
    const { go, submit } = await enter('legal')
    const page = await go(`${path}?dossier=${caseId}`)
    expect(page.text).toContain('0,00 € dépensés, sur 250,00 € acceptés.')
    const piece = new File(['%PDF-1.4 facture'], 'greffe.pdf')
    const seen = await submit(page, path, { ...typed, procedure: procedureId, piece, geste: 'voir' })
    expect(seen.text).toContain('33,47 € le 18 août 2026 : Frais de greffe')
    expect(seen.text).toContain('Facture greffe.pdf')
    expect(seen.text).toContain('33,47 € avec cette dépense, sur 250,00 € acceptés')
    expect(await outlays()).toEqual([])
    expect((await submit(seen, path, { geste: 'corriger' })).text).toContain('Déjà jointe : greffe.pdf.')
    const done = await submit(seen, path, { geste: 'enregistrer' })
    expect(done.text).toContain("C'est enregistré.")
    await submit(seen, path, { geste: 'enregistrer' })
    expect(await outlays()).toEqual([
      { label: 'Frais de greffe', amount: 3_347n, original: expect.stringMatching(/^[0-9a-f]{64}$/), overWhy: null },
    ])
    const [kept] = await outlays()
    expect(Buffer.from(await api.office.archive.get(kept!.original!)).toString()).toBe('%PDF-1.4 facture')
  })

  test('beyond the ceiling are refused until somebody says why, with what was typed kept', async () => {
    const { go, submit } = await enter('legal')
    const page = await go(`${path}?dossier=${caseId}`)
    const asked = { ...typed, objet: 'Signification', montant: '300', procedure: procedureId, geste: 'voir' }
    const refused = await submit(page, path, asked)
    expect([refused.status, refused.text.includes('le créancier en a accepté 250,00 € au plus')]).toEqual([422, true])
    expect(refused.html).toContain('value="Signification"')
    expect(refused.text).not.toContain('overCeiling')
    const why = 'Trois débiteurs à signifier.'
    const seen = await submit(page, path, { ...asked, depassement: why })
    expect(seen.text).toContain(`plafond dépassé ${why} Le créancier le verra.`)
    expect((await submit(seen, path, { geste: 'enregistrer' })).text).toContain(`Au-delà du plafond : ${why}`)
    expect(await outlays()).toContainEqual(expect.objectContaining({ amount: 30_000n, overWhy: why }))
  })

  test('belong to the legal cell, and to cases that have a procedure', async () => {
    const amicable = await enter('amicable')
    expect((await amicable.go(`${path}?dossier=${caseId}`)).status).toBe(403)
    const { number } = (await fileOf(api, caseId)).case
    expect((await amicable.go(`/bureau?q=${number}`)).html).not.toContain(path)
    const { go } = await enter('legal')
    expect((await go(`/bureau?q=${number}`)).html).toContain(path)
    const [other] = await api.sql<{ id: string }[]>`
      select id from cases c where not exists (select from procedures p where p.case_id = c.id)`
    const none = await go(`${path}?dossier=${other!.id}`)
    expect(none.text).toContain("Aucune procédure n'est ouverte dans ce dossier")
    const forged = new URLSearchParams({ ...typed, procedure: procedureId, geste: 'enregistrer', cle: 'x', jeton: 'x' })
    expect((await go(path, { method: 'POST', body: forged })).status).toBe(403)
  })
})

describe('accounts that wait for a second person', () => {
  const path = '/bureau/compte'
  const comment = 'Mme Roche, au 04 de la convention, l’a redit.'
  /** Asked for by Nadia Petit. */
  const asked = async (name: string) => {
    const creditorId = await creditorOf(api, day('2026-08-01'), { name })
    const iban = 'FR76 3000 6000 0112 3456 7890 189'
    const input = { creditorId, reason: 'Son courriel du 18', changes: { iban } }
    await correctCreditor(api.office, day('2026-08-19'), input, 'amicable:Nadia Petit')
    const [{ id }] = await api.sql<[{ id: string }]>`
      select id from creditor_corrections where creditor_id = ${creditorId} and decided_on is null`
    return { id, stands: async () => (await api.sql`select iban from creditors where id = ${creditorId}`)[0]!['iban'] }
  }
  const taken = 'FR7630006000011234567890189'

  test('are on the board with both accounts, and confirmed there in words by somebody else, once', async () => {
    const { id, stands } = await asked('Scierie <b>Bonnet</b>')
    const { board, submit } = await enter('legal', 'Karim Saïd')
    expect(board.text).toContain('Comptes à confirmer 1')
    expect(board.html).toContain('Scierie &lt;b&gt;Bonnet&lt;/b&gt;')
    expect(board.text).toContain('IBAN proposé FR76 3000 6000 0112 3456 7890 189')
    expect(board.text).toContain('le 19 août 2026 par Nadia Petit : Son courriel du 18')
    const silent = await submit(board, path, { objet: id, geste: 'confirmer', comment: ' ' })
    expect([silent.status, silent.text.includes('Il manque comment il a été vérifié')]).toEqual([422, true])
    const done = await submit(board, path, { objet: id, geste: 'confirmer', comment })
    expect(done.text).toContain("C'est enregistré.")
    expect(done.text).not.toContain('Comptes à confirmer')
    await submit(board, path, { objet: id, geste: 'confirmer', comment })
    expect(await stands()).toBe(taken)
    const [kept] = await api.sql`select decided_by, is_taken, checked_how from creditor_corrections where id = ${id}`
    expect(kept).toEqual({ decidedBy: 'legal:Karim Saïd', isTaken: true, checkedHow: comment })
  })

  test('are refused there too, and nothing changes', async () => {
    const { id, stands } = await asked('Imprimerie Delmas')
    const { board, submit } = await enter('amicable')
    await submit(board, path, { objet: id, geste: 'refuser', comment: 'Mme Roche n’a rien demandé.' })
    expect(await stands()).not.toBe(taken)
  })

  test('are not to be confirmed by who asked for them, in whichever role, but may be taken back', async () => {
    const { id, stands } = await asked('Cave Bouchard')
    const { board, submit } = await enter('admin', 'Nadia Petit')
    expect(board.text).toContain('Vous avez saisi ce compte : une autre personne doit le confirmer.')
    expect(board.html).not.toContain('value="confirmer"')
    const forced = await submit(board, path, { objet: id, geste: 'confirmer', comment })
    expect([forced.status, forced.text.includes('Qui propose un compte ne le confirme pas.')]).toEqual([422, true])
    expect(await stands()).not.toBe(taken)
    await submit(board, path, { objet: id, geste: 'refuser', comment: 'Saisi par erreur.' })
    const [kept] = await api.sql`select is_taken, checked_how from creditor_corrections where id = ${id}`
    expect(kept).toEqual({ isTaken: false, checkedHow: 'Saisi par erreur.' })
  })

  test('are shown to nobody who may not settle them', async () => {
    const { id } = await asked('Garage Roux')
    const { board } = await enter('phone')
    expect(board.text).not.toContain('Comptes à confirmer')
    expect(board.html).not.toContain(id)
  })
})

test('a remedy on a page keeps its words and loses the names of the API', () => {
  expect(withoutNames('Attendez, ou retirez-la (withdrawRemission) en le disant.')).toBe(
    'Attendez, ou retirez-la en le disant.',
  )
  expect(withoutNames('Relisez les remises (remissions).')).toBe('Relisez les remises.')
  expect(withoutNames('Joignez une pièce (facultatif), ou un IBAN (FR76).')).toBe(
    'Joignez une pièce (facultatif), ou un IBAN (FR76).',
  )
})
