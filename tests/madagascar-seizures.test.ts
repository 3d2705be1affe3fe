import { strFromU8, unzipSync } from 'fflate'
import { describe, expect, test } from 'vitest'
import type { Manifest } from '../documents/packs/manifest.ts'
import { progressOf } from '../procedures/judicial/case-progress.ts'
import { assembleFilingPack } from '../procedures/judicial/packs/packs.ts'
import { actOf, day, fileOf, liveUntil, textOf, useHouse } from './house.ts'
import { legalCell, sendExhibit } from './legal.ts'
import { openMalagasy } from './malagasy.ts'

const house = useHouse(async (made) => {
  await openMalagasy(made)
  await liveUntil(made, '2026-05-20', '2026-07-24')
})
const { ask, caseOf, happens, open, study } = legalCell(house, 'malagasy seizures')

const seizing = {
  menaceRecouvrement: { faits: ['Deux chèques sont revenus impayés'], preuves: ['avis de rejet'] },
  comptes: [{ etablissement: 'Banque de l’Île' }],
}
const released = { mainlevee: { etendue: 'totale', cause: 'accord amiable' } }
// The agency is French, and says so at the foot of its letters.
const french = /C\. ?civ|code civil|CPCE|L\. ?\d{3}-|commissaire de justice/

async function pack(procedureId: string, on: string, kind?: string) {
  const other = kind === undefined ? {} : { kind, bailiffId: (await study()).id }
  const order = { procedureId, reason: 'Pièces à joindre.', ...other }
  const { zip } = await assembleFilingPack(house.office, day(on), order, 'Hugo Marchand')
  const files = unzipSync(await house.office.archive.get(zip))
  return JSON.parse(strFromU8(files['manifest.json']!)) as Manifest
}
const roles = new Set(['application', 'instruction', 'order', 'statement', 'bordereau'])
const papersOf = ({ files }: Manifest): string[] =>
  files.filter(({ role, pages }) => roles.has(role) && pages).map(({ title }) => title.replaceAll('\u00a0', ' '))

const written = async (letter: string) => {
  const { documents } = await fileOf(house, await caseOf())
  const found = documents.find((each) => each.letter === letter)
  return found && (await textOf(await house.office.archive.get(found.sha256))).replaceAll(/\s+/g, ' ')
}

describe('the creditor of a Malagasy case', () => {
  test('signs a form of its own law: procedure, sums, ceiling, what is filed by its hash, and no French article', async () => {
    await sendExhibit(house, await caseOf(), 'menace')
    const { contentSha256, statement } = await ask('mg-saisie-arret-permission', seizing)
    const form = (await written('madagascar-accord-creancier'))!
    expect(await written('creancier-consentement-formulaire')).toBeUndefined()
    expect(form).toContain('Saisie-arrêt sur permission du juge (Madagascar)')
    expect(form).toContain('2 350 000 Ar')
    expect(form.replaceAll(' ', '')).toContain(contentSha256)
    expect(form).not.toContain('Cochez une seule ligne')
    expect(form).not.toMatch(french)
    expect(await written('creancier-demande-consentement-judiciaire')).not.toMatch(french)
    expect(JSON.stringify(statement)).not.toMatch(french)
  })

  test('is told of what the file lacks without the French code', async () => {
    await house.sql`update exhibits set withdrawn_on = '2026-07-28', withdrawn_by = 'test', withdrawn_why = 'essai'`
    const { statement } = await ask('mg-saisie-arret-permission', seizing)
    expect(JSON.stringify(statement.doubts)).not.toMatch(french)
  })
})

describe('a saisie-arrêt without a title', () => {
  test('goes from the request to the judge’s leave, to the huissier with that order, and to its release', async () => {
    await sendExhibit(house, await caseOf(), 'menace')
    const seizure = await open('mg-saisie-arret-permission', seizing)
    expect(papersOf(await pack(seizure.id, '2026-08-03'))).toEqual([
      'Requête',
      'Décompte de la créance',
      'Bordereau de pièces',
    ])
    expect(await written('madagascar-saisie-arret-requete')).toContain('Banque de l’Île'.replace('’', "'"))
    await happens(seizure.id, 'requete', '2026-08-03')
    await expect(pack(seizure.id, '2026-08-04', 'mission')).rejects.toMatchObject({ code: 'order_not_recorded' })
    const order = await actOf(house, 'Ordonnance du 5 août 2026.')
    await happens(seizure.id, 'ordonnance', '2026-08-05', {}, order)
    expect(papersOf(await pack(seizure.id, '2026-08-06', 'mission'))).toEqual([
      'Mission à l’huissier',
      'Ordonnance de permission du 5 août 2026',
      'Décompte de la créance',
      'Bordereau de pièces',
    ])
    await expect(ask('mg-mainlevee', released, '2026-08-06')).rejects.toMatchObject({ code: 'no_seizure' })
    await happens(seizure.id, 'acte', '2026-08-10', {}, await actOf(house, 'Exploit du 10 août 2026.'))

    const lifting = await open('mg-mainlevee', released, '2026-08-20')
    const instruction = (await written('madagascar-mainlevee-instruction'))!
    expect(instruction).toContain('10 août 2026')
    expect(instruction).toContain("Banque de l'Île")
    expect(instruction).toContain('saisie-arrêt sur permission du juge')
    expect(papersOf(await pack(lifting.id, '2026-08-20'))).toEqual(['Instruction de mainlevée', 'Bordereau de pièces'])
    await happens(lifting.id, 'demande', '2026-08-20')
    await happens(lifting.id, 'mainlevee', '2026-08-21')
    expect((await progressOf(house.sql, seizure, day('2026-08-21'))).closed?.title).toBe('Saisie levée')
  })

  test('refused by the judge seizes nothing', async () => {
    await sendExhibit(house, await caseOf(), 'menace')
    const seizure = await open('mg-saisie-arret-permission', seizing)
    await happens(seizure.id, 'requete', '2026-08-03')
    await happens(seizure.id, 'rejet', '2026-08-05')
    await expect(happens(seizure.id, 'acte', '2026-08-10')).rejects.toMatchObject({ code: 'step_out_of_order' })
    const { closed, nextProcedures } = await progressOf(house.sql, seizure, day('2026-08-10'))
    expect(closed?.title).toBe('Permission refusée')
    expect(nextProcedures.map(({ procedure }) => procedure)).toEqual(['mg-injonction-de-payer'])
  })
})

test('a release of nothing is refused without a French article', async () => {
  await expect(ask('mg-mainlevee', released)).rejects.toSatisfy(
    (error: { code: string; article?: string }) => error.code === 'no_seizure' && error.article === undefined,
  )
})
