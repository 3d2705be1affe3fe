import { describe, expect, test } from 'vitest'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { writeByHand, type HandLetter } from '../procedures/mail/hand-letters.ts'
import { day, fileOf, liveToConsent, liveUntil, openOrdinary, textOf, useHouse } from './house.ts'
import { dispute, pay } from './debtor.ts'
import { address, legalCell, sign, study } from './legal.ts'

const house = useHouse()
const clerk = 'amicable:Essai'

const write = (caseId: string, on: string, letter: string, channel: string, more: Partial<HandLetter> = {}) =>
  writeByHand(house.office, day(on), { caseId, letter, channel, facts: {}, dryRun: false, ...more }, clerk)

const lettersOf = async (caseId: string, letter: string) =>
  (await fileOf(house, caseId)).documents.filter((each) => each.letter === letter)

/** A case whose first letter left on 11 June 2026. */
async function opened(): Promise<string> {
  const caseId = await openOrdinary(house)
  await liveUntil(house, '2026-06-11', '2026-06-18')
  return caseId
}

const answer = { reponseCreancier: { position: 'le devis est signé' }, delaiJours: 15 }

/** Every name of a file in the archive. */
const archived = () => readdirSync(join(house.dir, '..', 'archive'), { recursive: true }).length

describe('a letter of the library written by hand', () => {
  test('answers a debtor with what a person adds to the case, and leaves', async () => {
    const caseId = await opened()
    await dispute(house, caseId, '2026-06-19', '2026-07-03', 'La couleur n’est pas la bonne.')
    const { documentId } = await write(caseId, '2026-06-22', 'contestation-reponse-non-conformite', 'email', {
      facts: answer,
    })
    const [written] = await lettersOf(caseId, 'contestation-reponse-non-conformite')
    expect(written).toMatchObject({ id: documentId, recipient: 'debiteur', editable: null })
    expect(written!.answerBy?.toString()).toBe('2026-07-07')
    const text = (await textOf(await house.office.archive.get(written!.sha256))).replaceAll(/\s+/g, ' ')
    expect(text).toMatch(/La couleur n.est pas la bonne/)
    expect(text).toContain('le devis est signé')
    const [sent] = await house.sql`select channel from dispatches where document_id = ${documentId}`
    expect(sent).toMatchObject({ channel: 'email' })
    const [line] =
      await house.sql`select author from events where kind = 'letter_written' and detail ->> 'letter' = ${written!.letter}`
    expect(line).toMatchObject({ author: clerk })
  })

  test('takes nothing in the place of what the house knows, and tells nothing that it does not', async () => {
    const caseId = await opened()
    await dispute(house, caseId, '2026-06-19', '2026-07-03', 'La couleur n’est pas la bonne.')
    const tell = (facts: object) =>
      write(caseId, '2026-06-22', 'contestation-reponse-non-conformite', 'email', { facts: { ...answer, ...facts } })
    await expect(tell({ totaux: { total: '1.00' } })).rejects.toMatchObject({ code: 'bad_facts' })
    await expect(tell({ contestation: { motif: 'Autre chose.' } })).rejects.toMatchObject({
      code: 'bad_facts',
      facts: { keys: ['contestation.motif'] },
    })
    await expect(tell({ promesse: { date: '2026-07-01' } })).rejects.toMatchObject({ code: 'fact_not_recorded' })
    await expect(tell({ dateLimite: { date: '2026-06-23' } })).rejects.toMatchObject({ code: 'bad_facts' })
    await expect(tell({ ordonnance: { date: '2026-06-01' } })).rejects.toMatchObject({ code: 'no_procedure' })
    const untrue = async (letter: string, channel = 'lettre', code = 'not_so') =>
      expect(write(caseId, '2026-06-22', letter, channel)).rejects.toMatchObject({ code })
    await untrue('cloture-attestation-solde')
    await untrue('contestation-reponse-prescription-acquise')
    await untrue('cloture-retrait-mandat-debiteur')
    await untrue('saisie-attribution-resultat-infructueux', 'email', 'no_procedure')
    // A part that the case does not have joins its own.
    await tell({ contestation: { montantAdmis: '400.00' } })
  })

  test('puts to the creditor a remission that nobody agreed to yet, and tells the debtor of none', async () => {
    const caseId = await opened()
    const facts = { remise: { net: '700.00', montant: '350.00' }, dateLimite: { date: '2026-07-10' } }
    await write(caseId, '2026-06-22', 'creancier-proposition-transaction', 'email', { facts })
    const [put] = await lettersOf(caseId, 'creancier-proposition-transaction')
    expect(await textOf(await house.office.archive.get(put!.sha256))).toMatch(/offre de payer 700,00.€/)
    const told = write(caseId, '2026-06-22', 'dernier-avis-offre-transactionnelle', 'lrar', { facts })
    await expect(told).rejects.toMatchObject({ code: expect.stringMatching(/consent_missing|fact_not_recorded/) })
  })

  test('names what it lacks', async () => {
    const caseId = await opened()
    await dispute(house, caseId, '2026-06-19', '2026-07-03')
    const lacking = write(caseId, '2026-06-22', 'contestation-reponse-non-conformite', 'email')
    await expect(lacking).rejects.toMatchObject({
      code: 'facts_missing',
      facts: { missing: ['reponseCreancier', 'dateLimite'] },
    })
    const { missing } = await write(caseId, '2026-06-22', 'engagement-rappel-promesse', 'email', { dryRun: true })
    expect(missing).toMatchObject([{ key: 'promesse', act: 'recordPromise' }])
  })

  test('never reaches a debtor before the first letter, nor opens the case in its place', async () => {
    const caseId = await openOrdinary(house)
    const ask = (letter: string, channel: string, facts: object = {}) =>
      write(caseId, '2026-06-15', letter, channel, { facts: facts as HandLetter['facts'] })
    await expect(ask('relance-cordiale-petit-montant', 'email')).rejects.toMatchObject({
      code: 'first_letter_missing',
    })
    await expect(
      ask('rgpd-verification-identite', 'email', {
        demandeRgpd: { date: '2026-06-12', droit: 'accès' },
        delaiJours: 8,
      }),
    ).rejects.toMatchObject({
      code: 'first_letter_missing',
    })
    expect((await fileOf(house, caseId)).documents).toEqual([])
  })

  test('asks for nothing while the case waits, and answers all the same', async () => {
    const caseId = await opened()
    await dispute(house, caseId, '2026-06-19', '2026-07-03')
    const asked = write(caseId, '2026-06-25', 'relance-ferme-silence-total', 'email', { facts: { delaiJours: 8 } })
    await expect(asked).rejects.toMatchObject({ code: 'case_held', facts: { cause: 'contestation' } })
    await write(caseId, '2026-06-25', 'contestation-reponse-non-conformite', 'email', { facts: answer })
  })

  test('is one approach of its day, and gives the time it gives', async () => {
    const caseId = await opened()
    const remind = () => write(caseId, '2026-06-22', 'relance-cordiale-petit-montant', 'email')
    await remind()
    await expect(remind()).rejects.toMatchObject({ code: 'too_many_approaches', facts: { on: '2026-06-23' } })
    const ask = (on: string) => write(caseId, on, 'relance-ferme-silence-total', 'email', { facts: { delaiJours: 12 } })
    await ask('2026-06-24')
    await expect(ask('2026-06-25')).rejects.toMatchObject({ code: 'answer_awaited', facts: { on: '2026-07-07' } })
    // The timeline, which had a letter to write on 26 June or 4 July, waits for it too.
    await liveUntil(house, '2026-06-25', '2026-07-06')
    const { documents } = await fileOf(house, caseId)
    const later = documents.filter(
      ({ writtenOn, channel }) => writtenOn.toString() > '2026-06-24' && channel !== 'appel',
    )
    expect(later.filter(({ recipient }) => recipient === 'debiteur')).toEqual([])
  })

  test('is refused where an act writes it, a law or a debtor is another’s, or the channel is not its own', async () => {
    const caseId = await opened()
    const refused = (letter: string, channel: string, why: object) =>
      expect(write(caseId, '2026-06-22', letter, channel)).rejects.toMatchObject(why)
    await refused('cloture-quittance-totale', 'lettre', { code: 'written_by_act', facts: { act: 'recordPayment' } })
    const pack = { facts: { act: 'assembleFilingPack' } }
    await refused('injonction-requete-tribunal-commerce', 'acte-prive', pack)
    await refused('script-objection-tresorerie', 'script-telephone', { code: 'written_by_act' })
    await refused('madagascar-mise-en-demeure', 'lrar', { code: 'wrong_law' })
    await refused('madagascar-proposition-recue', 'lettre', { code: 'wrong_law' })
    await refused('relance-ferme-particulier', 'lettre', { code: 'wrong_debtor' })
    await refused('relance-ferme-silence-total', 'lrar', { code: 'channel_refused' })
  })

  test('to a guarantor is kept with its Word file and never dispatched; it opens with the guarantor, and then recalls that', async () => {
    const caseId = await opened()
    const caution = {
      nom: 'Paul Pont',
      civilite: 'Monsieur',
      adresse: address,
      date: '2025-01-10',
      plafond: '5000.00',
      etendue: 'toutes sommes dues',
      acte: 'acte de cautionnement',
    }
    const to = (on: string) =>
      write(caseId, on, 'caution-mise-en-demeure', 'lrar', { facts: { caution, delaiJours: 8 } })
    await to('2026-06-22')
    await to('2026-06-23')
    const [first, second] = await lettersOf(caseId, 'caution-mise-en-demeure')
    expect(first).toMatchObject({ recipient: 'tiers', firstLetter: false, sentOn: null })
    expect(await house.office.archive.has(first!.editable!)).toBe(true)
    expect(await house.sql`select 1 from dispatches where document_id = ${first!.id}`).toEqual([])
    const text = async (hash: string) => (await textOf(await house.office.archive.get(hash))).replaceAll(/\s+/g, ' ')
    expect(await text(first!.sha256)).toContain('L. 111-8')
    expect(await text(second!.sha256)).toContain(first!.reference)
    await pay(house, caseId, '2026-06-24', '1100.00')
    await expect(to('2026-06-25')).rejects.toMatchObject({ code: 'case_held' })
  })

  test('to a court or whoever enforces rests on an agreement of the creditor, whose words nobody types', async () => {
    const caseId = await liveToConsent(house)
    const warn = () =>
      write(caseId, '2026-07-29', 'dernier-avis-avant-injonction', 'lrar', { facts: { delaiJours: 8 }, dryRun: true })
    const clerkOfCourt = () => write(caseId, '2026-07-29', 'injonction-relance-greffe', 'lettre', { dryRun: true })
    await expect(clerkOfCourt()).rejects.toMatchObject({ code: 'consent_missing' })
    const [request] = await house.sql<
      [{ id: string; contentSha256: string }]
    >`select id, content_sha256 from consent_requests`
    await sign(house, '2026-07-23', request)
    expect((await clerkOfCourt()).missing.map(({ key }) => key)).not.toContain('tribunal')
    const seize = write(caseId, '2026-07-29', 'nantissement-fonds-requete', 'acte-prive', { dryRun: true })
    await expect(seize).rejects.toMatchObject({ code: 'consent_missing' })
    const { shown } = await warn()
    expect((await textOf(shown!.bytes)).replaceAll(/\s+/g, ' ')).toMatch(/23 juillet 2026.*Inès Roche/)
  })

  test('tells a decision as its procedure has it, to the office that it goes to', async () => {
    const { order, random, caseOf } = legalCell(house, 'letters')
    await liveToConsent(house)
    await order()
    const caseId = await caseOf()
    const { id: bailiffId } = await study(house, random)
    const ask = (facts: HandLetter['facts']) =>
      write(caseId, '2026-09-24', 'commissaire-demande-compte-frais', 'lettre', { bailiffId, facts })
    await expect(ask({ signification: { date: '2026-09-01' } })).rejects.toMatchObject({
      code: 'bad_facts',
      facts: { keys: ['signification.date'] },
    })
    await ask({ dateLimite: { date: '2026-10-08' } })
    const [letter] = await lettersOf(caseId, 'commissaire-demande-compte-frais')
    expect(letter).toMatchObject({ recipient: 'commissaire-de-justice', sentOn: null, editable: expect.any(String) })
    const text = (await textOf(await house.office.archive.get(letter!.sha256))).replaceAll(/\s+/g, ' ')
    expect(text).toContain('Brun & Associés')
    const alert = await write(caseId, '2026-09-24', 'injonction-alerte-caducite', 'lettre', { bailiffId, dryRun: true })
    expect(alert.missing.map(({ key }) => key)).not.toContain('ordonnance')
  })

  test('shown on trial keeps nothing, not even its bytes', async () => {
    const caseId = await opened()
    await dispute(house, caseId, '2026-06-19', '2026-07-03')
    const before = { files: archived(), events: await house.sql`select count(*) from events` }
    const { shown, documentId } = await write(caseId, '2026-06-22', 'contestation-reponse-non-conformite', 'email', {
      facts: answer,
      dryRun: true,
    })
    expect(documentId).toBeNull()
    expect((await textOf(shown!.bytes)).replaceAll(/\s+/g, ' ')).toContain('le devis est signé')
    expect({ files: archived(), events: await house.sql`select count(*) from events` }).toEqual(before)
    expect(await lettersOf(caseId, 'contestation-reponse-non-conformite')).toEqual([])
  })
})
