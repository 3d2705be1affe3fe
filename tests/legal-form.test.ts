import { describe, expect, test } from 'vitest'
import { recordLegalForm } from '../procedures/cases/debtors.ts'
import { progressOf } from '../procedures/judicial/case-progress.ts'
import { importCourts } from '../procedures/judicial/courts/court-directory.ts'
import { assembleFilingPack } from '../procedures/judicial/packs/packs.ts'
import { readProcedure } from '../procedures/judicial/open-procedures.ts'
import { address, legalCell, sign } from './legal.ts'
import { day, liveToConsent, textOf, useHouse } from './house.ts'

const house = useHouse(async (made) => void (await liveToConsent(made)))
const { ask, caseOf, happens, open, openSigned } = legalCell(house, 'legal form')

test('a debtor of unknown legal form is looked up before anything is filed: the pack names it, and a person answers for it', async () => {
  const opened = await open('injonction-de-payer')
  const order = { procedureId: opened.id }
  const assembled = () => assembleFilingPack(house.office, day('2026-07-29'), order, 'Hugo Marchand')
  const named = 'Forme juridique de Garage du Pont, qui décide entre le tribunal de commerce et la juridiction civile'
  await expect(assembled()).rejects.toMatchObject({
    code: 'pack_incomplete',
    message: expect.stringContaining(named),
    remedy: expect.stringContaining('recordCourt'),
  })
  const pack = await assembleFilingPack(
    house.office,
    day('2026-07-29'),
    { ...order, reason: 'Débiteur inscrit au RCS, vu ce jour.' },
    'Hugo Marchand',
  )
  const [kept] = await house.sql<{ manifest: { missing: { what: string }[]; reason: object } }[]>`
    select manifest from packs where id = ${pack.id}`
  expect(kept!.manifest.missing.map(({ what }) => what).join()).toContain(named)
  expect(kept!.manifest.reason).toMatchObject({ by: 'Hugo Marchand' })
  const form = { caseId: await caseOf(), legalForm: 'SARL', source: 'extrait Kbis du jour' }
  await recordLegalForm(house.sql, day('2026-07-29'), form, 'legal')
  const told = () => assembled().catch((error: Error) => error.message)
  expect(await told()).not.toContain('Forme juridique')
  // A town that no directory knows is no better: the request would go to a court without a seat.
  expect(await told()).not.toContain('Siège de la juridiction')
  await house.sql`update debtors set address = address || '{"postalCode": "38200", "city": "Vienne"}'`
  expect(await told()).toContain('Siège de la juridiction compétente (tribunal de commerce) dont relève Vienne')
})

describe('the simplified procedure for small claims', () => {
  test('is closed between two commercial companies since April 2026, and doubted where a form is not known', async () => {
    expect((await ask('petites-creances')).statement.doubts).toContainEqual(
      expect.stringContaining('entre commerçants'),
    )
    await house.sql`update debtors set identity = identity || '{"legalForm":"S.A.R.L."}'`
    await expect(ask('petites-creances')).rejects.toMatchObject({ code: 'between_merchants' })
    await house.sql`update debtors set kind = 'consumer'`
    expect((await ask('petites-creances')).statement.doubts.join(' ')).not.toContain('commerçants')
  })
})

test('a threshold of the law is told to the creditor where it is met, and not elsewhere', async () => {
  const lawyer = { nom: 'Maître Claire Vidal', barreau: 'Lyon', adresse: address }
  const doubts = async () => (await ask('assignation', { avocatCreancier: lawyer })).statement.doubts.join(' ')
  await house.sql`update debtors set identity = identity || '{"legalForm":"S.A.S."}'`
  expect(await doubts()).not.toContain('750-1')
  await house.sql`update debtors set kind = 'consumer'`
  expect(await doubts()).toContain('CPC 750-1')
})

test.each(['assignation', 'refere-provision'])(
  '%s: an attempt to settle is told of a business that its form does not show to be commercial, up to 5,000 €',
  async (procedure) => {
    const lawyer = { nom: 'Maître Claire Vidal', barreau: 'Lyon', adresse: address }
    const told = async (legalForm: string | null) => {
      await house.sql`update debtors set identity = (identity - 'legalForm') || jsonb_strip_nulls(jsonb_build_object('legalForm', ${legalForm}::text))`
      return (await ask(procedure, { avocatCreancier: lawyer })).statement.doubts.join(' ').includes('CPC 750-1')
    }
    for (const form of ['SCI', 'SELARL', 'Association', 'Profession libérale', null])
      expect(await told(form), `${form}`).toBe(true)
    for (const form of ['SARL', 'S.N.C.', 'sas']) expect(await told(form), form).toBe(false)
    await house.sql`update invoices set payable = 500_001, total = 500_001`
    expect(await told('SCI')).toBe(false)
  },
)

describe('a debtor that its form shows to be civil', () => {
  const form = async (legalForm: string, source = 'avis de situation INSEE') =>
    recordLegalForm(house.sql, day('2026-07-24'), { caseId: await caseOf(), legalForm, source }, 'legal')
  // The scenario’s own, of a week before, was written while no form was known.
  const application = async () => {
    const written = await house.sql<{ letter: string }[]>`
      select letter from documents where letter like 'injonction-requete-%' and written_on >= '2026-07-29'`
    return written.map(({ letter }) => letter)
  }

  test('is asked of the tribunal judiciaire, by its own application, with its own time limits and no registry fee', async () => {
    await form('SCI')
    const opened = await open('injonction-de-payer')
    expect(opened.court).toMatchObject({ nom: 'tribunal judiciaire de Lyon' })
    expect(await application()).toEqual(['injonction-requete-tribunal-judiciaire'])
    await happens(opened.id, 'requete', '2026-08-03')
    await happens(opened.id, 'ordonnance', '2026-09-07')
    await happens(opened.id, 'signification', '2026-09-21', { aPersonne: true })
    await happens(opened.id, 'opposition', '2026-10-05')
    await happens(opened.id, 'invitation-avocat', '2026-10-12')
    await happens(opened.id, 'invitation-consigner', '2026-10-12')
    const { due } = await progressOf(house.sql, opened, day('2026-10-13'))
    expect(due.map(({ id }) => id)).toContain('constitution-avocat')
    expect(due.map(({ id }) => id)).not.toContain('consignation-opposition')
  })

  test('is before the juge de l’exécution for a conservatory seizure, and before the court itself on the merits', async () => {
    await form('SCI')
    const printed = async (letter: string) => {
      const [found] = await house.sql<{ sha256: string }[]>`select sha256 from documents where letter = ${letter}`
      return (await textOf(await house.office.archive.get(found!.sha256))).replaceAll(/\s+/g, ' ')
    }
    const threat = { faits: ['trois prélèvements rejetés depuis juin'], preuves: ['avis de rejet'] }
    const seized = { nom: 'Banque du Rhône', formeJuridique: 'SA', adresse: address }
    const opened = await open('saisie-conservatoire-creances', { menaceRecouvrement: threat, tiersSaisi: seized })
    expect(opened.court.formation).toBe('juge de l’exécution')
    expect(await printed('saisie-conservatoire-creances-requete-jex')).toContain(
      "tribunal judiciaire de Lyon, juge de l'exécution",
    )
    await open('assignation', { avocatCreancier: { nom: 'Claire Perrin', adresse: address } })
    const asked = await printed('assignation-fond-judiciaire-dossier')
    expect(asked).toContain('tribunal judiciaire de Lyon. Selon la matière')
  })

  test('of a commercial form, or of none that is known, is before the commercial court, and the second is said', async () => {
    const unknown = await ask('injonction-de-payer')
    expect(unknown.statement.court).toBe('tribunal des activités économiques de Lyon')
    expect(unknown.statement.doubts.join(' ')).toContain('La forme juridique de Garage du Pont n’est pas connue')
    await form('SARL')
    const known = await ask('injonction-de-payer')
    expect(known.statement.court).toBe('tribunal des activités économiques de Lyon')
    expect(known.statement.doubts.join(' ')).not.toContain('forme juridique')
    expect(new Set(await application())).toEqual(new Set(['injonction-requete-tribunal-commerce']))
  })

  test('whose application was filed before that was known keeps its court, its rules and its papers', async () => {
    const opened = await open('injonction-de-payer')
    await happens(opened.id, 'requete', '2026-08-03')
    await form('SCI')
    await happens(opened.id, 'ordonnance', '2026-09-07')
    await happens(opened.id, 'signification', '2026-09-21', { aPersonne: true })
    await happens(opened.id, 'opposition', '2026-10-05')
    await happens(opened.id, 'invitation-consigner', '2026-10-12')
    const { due } = await progressOf(house.sql, opened, day('2026-10-13'))
    expect(due.map(({ id }) => id)).toContain('consignation-opposition')
    const { court } = await readProcedure(house.sql, opened.id)
    expect(court.nom).toBe('tribunal des activités économiques de Lyon')
    expect(new Set(await application())).toEqual(new Set(['injonction-requete-tribunal-commerce']))
  })

  test('whose procedure was opened before another court, and is not filed, is not filed there', async () => {
    const opened = await open('injonction-de-payer')
    // As an invoice gave it long ago, when the form did not count.
    await house.sql`update debtors set identity = identity || '{"legalForm":"SCI"}'`
    await expect(happens(opened.id, 'requete', '2026-08-03')).rejects.toMatchObject({ code: 'court_changed' })
  })

  test('told after the signature asks for another, and says where it was read', async () => {
    const request = await ask('injonction-de-payer')
    await sign(house, '2026-07-29', request)
    await expect(form('SCI', ' ')).rejects.toMatchObject({ code: 'bad_legal_form' })
    await form('SCI')
    await expect(openSigned(request.id, '2026-07-29')).rejects.toMatchObject({ code: 'no_live_consent' })
  })
})

describe('the court that was signed for', () => {
  // Lyon has its court in our sample; a list imported between opening and filing says otherwise.
  const move = () =>
    importCourts(
      house.sql,
      day('2026-08-03'),
      {
        file: new TextEncoder().encode('code commune;commune;greffe\n69383;Lyon;Villefranche-Tarare'),
        source: 'essai',
        preview: false,
      },
      'test',
    )

  test('is compared again when it is filed and when its pack is made, not once it was filed', async () => {
    const opened = await open('injonction-de-payer')
    const pack = (on: string) =>
      assembleFilingPack(
        house.office,
        day(on),
        { procedureId: opened.id, reason: 'Pièces à joindre au dépôt.' },
        'Hugo Marchand',
      )
    await move()
    await expect(happens(opened.id, 'requete', '2026-08-04')).rejects.toMatchObject({ code: 'court_changed' })
    await expect(pack('2026-08-04')).rejects.toMatchObject({ code: 'court_changed' })
  })

  test('and what was filed before stays where it was filed', async () => {
    const opened = await open('injonction-de-payer')
    await happens(opened.id, 'requete', '2026-08-03')
    await move()
    expect(
      (
        await assembleFilingPack(
          house.office,
          day('2026-08-05'),
          { procedureId: opened.id, reason: 'Pièces à joindre au dépôt.' },
          'Hugo Marchand',
        )
      ).version,
    ).toBe(1)
  })
})
