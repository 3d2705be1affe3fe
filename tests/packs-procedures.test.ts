import { mkdirSync, writeFileSync } from 'node:fs'
import { PDF } from '@libpdf/core'
import { strFromU8, unzipSync } from 'fflate'
import { describe, expect, test } from 'vitest'
import { sha256 } from '../documents/archive.ts'
import type { Manifest } from '../documents/packs/manifest.ts'
import { verifyFile } from '../documents/proof/verify.ts'
import type { ExhibitKind } from '../procedures/cases/exhibits/exhibits.ts'
import { readCase } from '../procedures/cases/file/file.ts'
import { requestConsent } from '../procedures/judicial/consents/consent-requests.ts'
import { filingCosts } from '../procedures/judicial/engine/costs.ts'
import { coverPeople } from '../procedures/judicial/packs/cover-people.ts'
import { courtOf } from '../procedures/judicial/packs/dossiers.ts'
import { assembleBatch, waitingPacks } from '../procedures/judicial/packs/batch.ts'
import { assembleFilingPack } from '../procedures/judicial/packs/packs.ts'
import { loadProcedure, procedureIds } from '../procedures/judicial/engine/procedure.ts'
import { openProcedure } from '../procedures/judicial/procedures.ts'
import { validate } from '../schema/validate.ts'
import { seededRandom } from '../schema/random.ts'
import { insolvency } from './debtor.ts'
import { address, sendExhibit, sign, study } from './legal.ts'
import { day, liveToConsent, textOf, useHouse } from './house.ts'

const random = seededRandom('packs')
const today = '2026-07-29'

const house = useHouse(async (made) => void (await liveToConsent(made)))

const titre = {
  nature: 'jugement',
  juridiction: 'tribunal de commerce de Lyon',
  date: '2026-06-25',
  numero: '2026/118',
  signification: '2026-07-06',
  montant: '1000.00',
}
const lawyer = { nom: 'Maître Claire Vidal', barreau: 'Lyon', adresse: address, email: 'c.vidal@barreau.example' }
const bank = { nom: 'Banque du Rhône', formeJuridique: 'SA', adresse: address }
const threat = { faits: ['Trois prélèvements rejetés depuis juin.'], preuves: ['avis de rejet'] }
const biens = [{ designation: 'Pont élévateur', lieu: '3 rue de la Gare, 69003 Lyon', valeur: '4000.00' }]
const clause = 'Les biens restent la propriété du vendeur jusqu’au paiement entier de leur prix.'
const biensReserves = biens.map((bien) => ({ ...bien, clause }))
const cgv = { version: '2026', date: '2026-01-05', preuve: 'bon de commande signé' }
const opened = {
  mandataire: 'SELARL Alpes Mandataires',
  mandataireAdresse: address,
  tribunal: 'tribunal de commerce de Lyon',
  numero: '2026/77',
}

/** What a person of the legal cell gives beside the case, and the documents a creditor would send. */
const given: Record<string, { facts?: Record<string, unknown>; exhibits?: ExhibitKind[] }> = {
  assignation: { facts: { avocatCreancier: lawyer }, exhibits: ['contrat'] },
  'refere-provision': {
    facts: { avocatCreancier: lawyer, audience: { date: '2026-09-10', heure: '14:00' } },
    exhibits: ['contrat'],
  },
  'cheque-impaye': {
    facts: {
      cheque: { numero: '0001234', banque: 'Banque du Rhône', date: '2026-06-01', montant: '1000.00' },
      rejet: { date: '2026-06-05', motif: 'défaut de provision', banque: 'Banque du Rhône' },
    },
    exhibits: ['cheque', 'certificat', 'kbis'],
  },
  'declaration-creance': { facts: { procedureCollective: opened }, exhibits: ['mandat', 'rib'] },
  'injonction-de-payer': { exhibits: ['mandat', 'kbis', 'contrat'] },
  'injonction-europeenne': {
    facts: {
      pays: { nom: 'Belgique', code: 'BE', langue: 'français' },
      formulaireEuropeen: { reglement: '1896/2006', lettre: 'A', langue: 'français' },
    },
    exhibits: ['contrat'],
  },
  mainlevee: {
    facts: {
      mesure: { type: 'saisie-attribution', date: '2026-07-15', montant: '1000.00' },
      tiersSaisi: bank,
      mainlevee: { etendue: 'totale', cause: 'paiement' },
    },
    exhibits: ['proces-verbal', 'quittance'],
  },
  'mg-injonction-de-payer': { exhibits: ['contrat'] },
  'mg-saisie-arret': {
    facts: {
      comptes: [{ etablissement: 'Banque de Tananarive' }],
      ordonnance: { date: '2026-07-01', juridiction: 'tribunal de commerce d’Antananarivo', montant: '1000.00' },
    },
    exhibits: ['titre'],
  },
  'mg-saisie-arret-permission': {
    facts: { menaceRecouvrement: threat, comptes: [{ etablissement: 'Banque de Tananarive' }] },
    exhibits: ['menace'],
  },
  'mg-mainlevee': {
    facts: {
      mesure: { type: 'saisie-arrêt', date: '2026-07-15' },
      tiersSaisi: { nom: 'Banque de Tananarive' },
      mainlevee: { etendue: 'totale', cause: 'accord amiable' },
    },
    exhibits: ['proces-verbal', 'quittance'],
  },
  'mg-saisie-conservatoire': { facts: { menaceRecouvrement: threat, biens }, exhibits: ['menace'] },
  'petites-creances': { exhibits: ['kbis'] },
  revendication: { facts: { procedureCollective: opened, biensReserves, cgv }, exhibits: ['cgv', 'inventaire'] },
  'saisie-attribution': {
    facts: { titre, comptes: [{ etablissement: 'Banque du Rhône' }] },
    exhibits: ['titre', 'signification'],
  },
  'saisie-conservatoire-biens': { facts: { menaceRecouvrement: threat, biens }, exhibits: ['menace'] },
  'saisie-conservatoire-creances': { facts: { menaceRecouvrement: threat, tiersSaisi: bank }, exhibits: ['menace'] },
  'saisie-remunerations': {
    facts: { titre, employeur: { nom: 'Garage Central', siret: '55208131766522', adresse: address } },
    exhibits: ['titre', 'signification'],
  },
  'saisie-vente': { facts: { titre, biens }, exhibits: ['titre', 'signification'] },
}

const caseOf = async () => (await house.sql<{ id: string }[]>`select id from cases`)[0]!.id

async function joined(caseId: string, kinds: ExhibitKind[]): Promise<void> {
  for (const kind of kinds) {
    const words = `Document « ${kind} » du dossier d’essai, remis par le créancier.`
    await sendExhibit(house, caseId, kind, { words, datedOn: '2026-05-20' })
  }
}

async function signed(id: string, more: Record<string, unknown> = {}) {
  const caseId = await caseOf()
  const { facts = {}, exhibits = [] } = given[id] ?? {}
  // The same case, lived in Madagascar.
  if (loadProcedure(id).pays === 'MG') await house.sql`update cases set zone = 'madagascar'`
  await joined(caseId, exhibits)
  if (loadProcedure(id).papiers?.malgre?.includes('procedure-collective')) {
    await insolvency(house, caseId, '2026-07-20', '2026-07-15', {
      nature: 'redressement judiciaire',
      publishedOn: day('2026-07-20'),
    })
  }
  const request = await requestConsent(house.office, house.sql, day(today), {
    file: await readCase(house.sql, caseId),
    procedure: id,
    ceiling: 30_000n,
    expiresOn: day('2026-08-30'),
    facts: { ...facts, ...more },
    bailiffId: (await study(house, random)).id,
    author: 'test',
  })
  await sign(house, today, request)
  return openProcedure(house.sql, random, day(today), { requestId: request.id }, 'legal')
}

async function unpacked(zip: string): Promise<{ manifest: Manifest; files: Record<string, Uint8Array> }> {
  const files = unzipSync(await house.office.archive.get(zip))
  return { manifest: JSON.parse(strFromU8(files['manifest.json']!)) as Manifest, files }
}

describe('each procedure has its pack', () => {
  // A formal notice is a letter: nobody opens it, and it has no pack.
  const ids = procedureIds().filter((id) => {
    const { statut, tiree_de: readFromLetters } = loadProcedure(id)
    return statut === 'publie' && readFromLetters === undefined
  })
  test.each(ids)('%s', async (id) => {
    const open = await signed(id)
    const pack = await assembleFilingPack(
      house.office,
      day(today),
      { procedureId: open.id, reason: 'Pièces à joindre au dépôt.' },
      'Hugo Marchand',
    )
    const pdf = await house.office.archive.get(pack.pdf)
    if (process.env['PACKS_OUT']) {
      mkdirSync(process.env['PACKS_OUT'], { recursive: true })
      writeFileSync(`${process.env['PACKS_OUT']}/${id}.pdf`, pdf)
      writeFileSync(`${process.env['PACKS_OUT']}/${id}.zip`, await house.office.archive.get(pack.zip))
    }
    expect((await verifyFile(pdf)).ok).toBe(true)
    const { manifest } = await unpacked(pack.zip)
    const roles = manifest.files.map((file) => file.role)
    expect(roles).toContain('bordereau')
    expect(roles).toContain('consent')
    expect(roles.some((role) => role === 'application' || role === 'instruction')).toBe(true)
    for (const file of manifest.files) {
      if (file.role !== 'bordereau' && file.role !== 'application' && file.role !== 'instruction') continue
      expect(manifest.files.map(({ name }) => name)).toContain(file.name.replace(/\.pdf$/, '.docx'))
    }
    const [row] = await house.sql<{ caseJson: string }[]>`select case_json from packs where id = ${pack.id}`
    const told = JSON.parse(new TextDecoder().decode(await house.office.archive.get(row!.caseJson))) as unknown
    expect(validate('case-file', told, 'case.json')).toMatchObject({
      procedure: { id },
      pack: { zip_sha256: pack.zip },
    })
    expect((await PDF.load(pdf)).getPageCount()).toBe(manifest.merged.pages)
  })
})

describe('whoever acts on a pack', () => {
  const wordsOf = async (hash: string) => {
    const pages = (await PDF.load(await house.office.archive.get(hash))).getPages()
    return pages.map((page) => page.extractText().text.replaceAll(/\s+/g, ' '))
  }
  const assembledFor = async (id: string) =>
    assembleFilingPack(
      house.office,
      day(today),
      { procedureId: (await signed(id)).id, reason: 'Pièces à joindre au dépôt.' },
      'Hugo Marchand',
    )

  test('reads on its cover who the parties are, under the names of its matter, the title, and whom to ask', async () => {
    const [seizing] = await wordsOf((await assembledFor('saisie-attribution')).pdf)
    expect(seizing).toContain('CRÉANCIER')
    expect(seizing).toContain('SAS, SIREN 552 081 317')
    expect(seizing).toContain('3 rue de la Gare, 69003 Lyon')
    expect(seizing).toContain('04 00 00 00 10, garage@client.example')
    // Cells stand apart on paper only: the extracted text joins them.
    expect(seizing).toContain('Titrejugement, tribunal de commerce de Lyon, du 25/06/2026, n° 2026/118')
    expect(seizing).toContain('Entre les mains deBanque du Rhône')
    expect(seizing).toMatch(/Dossier suivi par Nadia Ferrand, Cabinet Vasseur Recouvrement : [\d ]+, n\.ferrand@/)
  })

  test('reads before a court who asks and who is asked, and no telephone of theirs', async () => {
    const [filed] = await wordsOf((await assembledFor('injonction-de-payer')).pdf)
    expect(filed).toContain('DÉFENDEUR')
    expect(filed).toContain('3 rue de la Gare, 69003 Lyon')
    expect(filed).not.toContain('garage@client.example')
  })

  test('reads when a person was born, in the gender of its civility or in none', async () => {
    const file = await readCase(house.sql, await caseOf())
    const born = async (civility?: string) => {
      const identity = { birth: { on: '1980-05-03', place: 'Lyon' }, ...(civility ? { civility } : {}) }
      return (
        await coverPeople(house.sql, { ...file, debtor: { ...file.debtor, identity } }, true)
      ).defendeur[0]?.replaceAll(/\s/g, ' ')
    }
    expect([await born('Madame'), await born('Monsieur'), await born()]).toEqual([
      'née le 3 mai 1980 à Lyon',
      'né le 3 mai 1980 à Lyon',
      'naissance le 3 mai 1980 à Lyon',
    ])
  })

  test('reads by whom, when and to what the creditor agreed: the form alone shows empty boxes', async () => {
    const pack = await assembledFor('saisie-attribution')
    const { manifest, files } = await unpacked(pack.zip)
    const consents = manifest.files.filter(({ role }) => role === 'consent').map(({ name }) => name)
    expect(consents).toEqual(['preuves/accord-du-creancier-formulaire.pdf', 'preuves/accord-du-creancier.pdf'])
    const [form, given] = consents.map((name) => files[name]!)
    expect(Buffer.from(given!).toString('latin1')).toContain('<pdfaid:part>2')
    const page = await textOf(given!)
    expect(page).toContain('OUI, la procédure est autorisée')
    expect(page).toContain('Inès Roche, présidente')
    const proof = files['originaux/accord-du-creancier-preuve.json']!
    for (const hash of [pack.contentSha256, sha256(proof), sha256(form!)])
      expect(page.replaceAll(' ', '')).toContain(hash)
  })

  test('reads the facts that a person gave with one full stop each', async () => {
    const { manifest, files } = await unpacked((await assembledFor('saisie-conservatoire-creances')).zip)
    const text = await textOf(files[manifest.files.find(({ role, pages }) => role === 'application' && pages)!.name]!)
    expect(text).toContain('Trois prélèvements rejetés depuis juin.')
    expect(text).not.toContain('juin..')
  })

  test('finds the last day to declare on the cover, from the publication that the case knows', async () => {
    const [cover] = await wordsOf((await assembledFor('declaration-creance')).pdf)
    // Published on 20 July 2026: two months end on a Sunday.
    expect(cover).toContain('Déclarer la créance 21 septembre 2026, dans 54 jours (C. com. L622-24 et R622-24)')
  })
})

describe('a batch', () => {
  test('assembles what waits, names what is refused, and leaves it for the next time', async () => {
    const open = await signed('injonction-de-payer')
    const waiting = await waitingPacks(house.sql, { debtor: 'garage du pont', month: { year: 2026, month: 7 } })
    expect(waiting.map(({ procedureId }) => procedureId)).toEqual([open.id])
    expect(await waitingPacks(house.sql, { debtor: 'Un autre' })).toEqual([])
    expect(await waitingPacks(house.sql, { month: { year: 2026, month: 6 } })).toEqual([])
    const [refused] = await assembleBatch(house.office, day(today), waiting, {}, 'Hugo Marchand')
    expect(refused).toMatchObject({ pack: null, refused: { code: 'pack_incomplete' } })
    const seen: number[] = []
    const reason = { reason: 'Pièces à joindre au dépôt.' }
    const [done] = await assembleBatch(house.office, day(today), waiting, reason, 'Hugo Marchand', (_, n) =>
      seen.push(n),
    )
    expect(done).toMatchObject({ pack: { kind: 'requete', version: 1 }, refused: null })
    expect(seen).toEqual([1])
    expect(await waitingPacks(house.sql, {})).toEqual([])
  })
})

describe('what is asked of a pack', () => {
  const ask = async (procedure: string, facts: Record<string, unknown> = {}) =>
    requestConsent(house.office, house.sql, day(today), {
      file: await readCase(house.sql, await caseOf()),
      procedure,
      ceiling: 30_000n,
      expiresOn: day('2026-08-30'),
      facts,
      author: 'test',
    })

  test('every fact that its papers lack is named in one refusal', async () => {
    await expect(ask('saisie-conservatoire-creances')).rejects.toMatchObject({
      code: 'facts_missing',
      facts: { missing: expect.arrayContaining(['tiersSaisi']) },
    })
  })

  test('of an insolvency that is known, the parts that lack are named, each of them', async () => {
    const caseId = await caseOf()
    await insolvency(house, caseId, '2026-07-20', '2026-07-15', {
      nature: 'redressement judiciaire',
      publishedOn: day('2026-07-20'),
    })
    await expect(ask('declaration-creance')).rejects.toMatchObject({
      code: 'facts_missing',
      message: expect.stringContaining('procedureCollective.mandataire'),
      facts: {
        missing: expect.arrayContaining(['procedureCollective.mandataire', 'procedureCollective.mandataireAdresse']),
      },
    })
  })

  test('the costs that the tariff of the day knows are told, and those to be asked for are named', async () => {
    const caseId = await caseOf()
    const file = await readCase(house.sql, caseId)
    const court = await courtOf(house.sql, file, day(today))
    const costs = (id: string) => filingCosts(file, loadProcedure(id), court, day(today))
    // A. 444-14, n° 43: 26.86 € before tax, and 20 %.
    expect(costs('cheque-impaye').facts).toMatchObject({ montant: '32.23' })
    const seizure = costs('saisie-vente')
    expect(seizure.facts).not.toHaveProperty('montant')
    expect(seizure.facts.nature).toContain('commandement avant saisie-vente')
    const said = seizure.doubts
      .map(({ message }) => message)
      .join(' ')
      .replaceAll(/[\u00a0\u202f]/g, ' ')
    expect(said).toContain('24,50 € TTC')
    expect(said).toContain('Procès-verbal de saisie et actes de la vente : Tarif à demander au commissaire de justice')
    expect(said).toMatch(
      /Droit proportionnel à la charge du créancier : \d+,\d\d € TTC, si tout est recouvré, à vérifier \(C. com. A444-32\)/,
    )
    expect(costs('petites-creances').doubts.at(-1)!.message).toContain('Un devis est à demander')
  })

  test('a fact that the case computes itself is not taken from anybody', async () => {
    await expect(ask('petites-creances', { totaux: { total: '1.00' } })).rejects.toMatchObject({ code: 'bad_facts' })
    await expect(ask('petites-creances', { inconnu: 1 })).rejects.toMatchObject({ code: 'bad_facts' })
  })

  test('a procedure that is not open yet, or of another country, is refused', async () => {
    await expect(ask('creances-incontestees')).rejects.toMatchObject({ code: 'procedure_not_open' })
    await expect(ask('mg-injonction-de-payer')).rejects.toMatchObject({ code: 'other_law' })
  })

  test('an exhibit keeps its number from one pack to the next, and a pack of enforcement holds only its own', async () => {
    const open = await signed('saisie-attribution')
    const pack = await assembleFilingPack(house.office, day(today), { procedureId: open.id }, 'legal')
    const { manifest } = await unpacked(pack.zip)
    const exhibits = manifest.files.flatMap(({ exhibit }) => exhibit ?? [])
    expect(exhibits.map(({ type }) => type)).toEqual(['TITRE EXÉCUTOIRE', 'ACTE DE SIGNIFICATION'])
    expect(exhibits.map(({ number }) => Number(number)).every((number) => number > 1)).toBe(true)
  })
})
