import { attachExhibit, type ExhibitKind } from '../procedures/cases/exhibits/exhibits.ts'
import { giveConsent, type Signature } from '../procedures/judicial/consents/consent.ts'
import {
  type ConsentRequest,
  readConsentRequest,
  requestConsent,
} from '../procedures/judicial/consents/consent-requests.ts'
import { createBailiff } from '../procedures/judicial/packs/handover.ts'
import { assembleFilingPack } from '../procedures/judicial/packs/packs.ts'
import { openProcedure, recordProcedureEvent } from '../procedures/judicial/procedures.ts'
import { type Random, seededRandom } from '../schema/random.ts'
import { day, fileOf, type House, liveToConsent } from './house.ts'

export const address = { lignes: ['12 rue de la République'], codePostal: '69002', ville: 'Lyon', pays: 'FR' }

/** A title obtained elsewhere, as a person types it. */
export const title = {
  nature: 'jugement',
  juridiction: 'tribunal de commerce de Lyon',
  date: '2026-06-25',
  numero: '2026/118',
  signification: '2026-07-06',
}
export const bank = (etablissement: string) => ({ comptes: [{ etablissement }] })
export const goods = [{ designation: 'Pont élévateur', lieu: '3 rue de la Gare, 69003 Lyon' }]

/** The creditor signs what it was asked, as it was asked. */
export const sign = ({ sql }: House, on: string, { id, contentSha256 }: Pick<ConsentRequest, 'id' | 'contentSha256'>) =>
  giveConsent(sql, day(on), {
    requestId: id,
    contentSha256,
    signedBy: 'Inès Roche',
    capacity: 'présidente',
    evidence: {},
  })

/** Lived up to the request for the creditor's agreement, and signed on 23 July 2026; answers the request. */
export async function liveToSignature(house: House): Promise<string> {
  await liveToConsent(house)
  const [request] = await house.sql<[{ id: string; contentSha256: string }]>`
    select id, content_sha256 from consent_requests`
  await sign(house, '2026-07-23', request)
  return request.id
}

export const study = ({ sql }: House, random: Random) =>
  createBailiff(sql, random, {
    name: 'SELARL Brun & Associés',
    identity: { adresse: address, email: 'etude@brun.example', ressort: 'cour d’appel de Lyon' },
  })

/** What the legal cell does in the one case of a house. */
export function legalCell(house: House, seed: string) {
  const random = seededRandom(seed)
  const caseOf = async () => (await house.sql<{ id: string }[]>`select id from cases`)[0]!.id

  const ask = async (procedure: string, facts: Record<string, unknown> = {}, on = '2026-07-29') =>
    requestConsent(house.office, house.sql, day(on), {
      file: await fileOf(house, await caseOf()),
      procedure,
      ceiling: 30_000n,
      expiresOn: day(on).add({ days: 30 }),
      facts,
      bailiffId: (await study(house, random)).id,
      author: 'test',
    })

  const openSigned = (requestId: string, on: string) =>
    openProcedure(house.sql, random, day(on), { requestId }, 'legal')

  const open = async (procedure: string, facts: Record<string, unknown> = {}, on = '2026-07-29') => {
    const request = await ask(procedure, facts, on)
    await sign(house, on, request)
    return openSigned(request.id, on)
  }

  const happens = (procedureId: string, step: string, on: string, facts: Record<string, unknown> = {}, act?: string) =>
    recordProcedureEvent(
      house.sql,
      random,
      day(on),
      { procedureId, step, happenedOn: day(on), facts, original: act ?? null },
      'legal',
    )

  /** An order for payment of the case: filed in August, made, served and free of opposition. */
  const order = async (service: Record<string, unknown> = { aPersonne: true, demeure: 'metropole' }) => {
    const opened = await open('injonction-de-payer')
    await happens(opened.id, 'requete', '2026-08-03')
    await happens(opened.id, 'ordonnance', '2026-09-07')
    await happens(opened.id, 'signification', '2026-09-21', service)
    return opened
  }

  return { random, caseOf, study: () => study(house, random), ask, open, openSigned, happens, order }
}

/** The one request of a house that lived up to it, what the creditor answers, and what is done on that answer. */
export function consentDesk(house: House, seed: string) {
  const random = seededRandom(seed)
  const asked = async () => {
    const [row] = await house.sql<{ id: string }[]>`select id from consent_requests`
    return readConsentRequest(house.sql, row!.id)
  }
  const signature = async (changes: Partial<Signature> = {}): Promise<Signature> => {
    const request = await asked()
    return {
      requestId: request.id,
      contentSha256: request.contentSha256,
      signedBy: 'Inès Roche',
      capacity: 'présidente',
      evidence: { canal: 'test' },
      ...changes,
    }
  }
  const give = async (on: string, changes: Partial<Signature> = {}) =>
    giveConsent(house.sql, day(on), await signature(changes))
  const open = async (on: string) =>
    openProcedure(house.sql, random, day(on), { requestId: (await asked()).id }, 'legal')
  const pack = (procedureId: string, on: string) =>
    assembleFilingPack(
      house.office,
      day(on),
      { procedureId, kind: 'requete', reason: 'Pièces jointes au dépôt.' },
      'legal',
    )
  return { random, asked, signature, give, open, pack }
}

/** A document that the creditor sends, of the words given. */
export const sendExhibit = async (
  { office, sql }: House,
  caseId: string,
  kind: ExhibitKind,
  { words = `Document « ${kind} ».`, datedOn = '2026-07-15' } = {},
) =>
  attachExhibit(
    office,
    sql,
    day('2026-07-23'),
    {
      caseId,
      kind,
      reference: `R-${kind}`,
      datedOn: day(datedOn),
      proves: 'ce qui est dit',
      bytes: Buffer.from(words),
      fileName: `${kind}.txt`,
    },
    'test',
  )
