import type { Hono, Context as HttpContext } from 'hono'
import { admitBytes } from '../../documents/antivirus.ts'
import { readAgency } from '../../procedures/cases/agency.ts'
import {
  type Accessed,
  changesForOffice,
  findHandOver,
  findHandOverByToken,
  handedOverTo,
  type HandedOver,
  keepAccess,
} from '../../procedures/judicial/packs/handover.ts'
import { progressOn, readConducts } from '../../procedures/judicial/case-progress.ts'
import { codebtorsOf } from '../../procedures/judicial/engine/codebtors.ts'
import { acknowledgePack, readReceipt, sentWhole } from '../../procedures/judicial/packs/receipt.ts'
import {
  answersTo,
  readReturns,
  recordBailiffReturn,
  type ReturnInput,
} from '../../procedures/judicial/packs/returns.ts'
import { DomainError } from '../../schema/errors.ts'
import { isUuid, plainFileName } from '../../schema/words.ts'
import type { Sql } from '../../schema/db.ts'
import { aboutCase } from '../../schema/trace.ts'
import type { Viewer } from '../auth.ts'
import { sendFile, sentPart } from '../downloads.ts'
import { listPage, noLinkPage, packPage, type Shown } from './bailiff-pages.ts'
import { readAs } from '../reading.ts'
import { asRefusal } from '../metrics.ts'
import { contactOf } from './contact.ts'
import { mountDoor } from './door.ts'
import {
  countAttempt,
  type Doors,
  formToken,
  limitBody,
  readSession,
  requireOwnForm,
  type SessionKind,
} from './guard.ts'
import { send } from './page.ts'
import { requiredAmount, requiredDay, requiredText, textOf, type Typed, typedOf } from './typed.ts'

const session: SessionKind = { cookie: 'courtois-etude', path: '/etude', sameSite: 'Lax', minutes: 8 * 60 }

/** One pack as an office reached it: by its link, or by the session of its token. */
interface Opened {
  found: HandedOver
  base: string
  sessionId: string
}

/** `/etude`: where a bailiff's office fetches the packs handed over to it, gives a receipt, and answers with its acts. */
export function mountBailiff(app: Hono, house: Doors): void {
  app.use('/etude/*', limitBody(51 << 20, tooLong))

  app.get('/etude', async (c) => {
    const known = await readSession(house, c, session)
    const agency = await agencyOf(house)
    if (!known) return send(c, noLinkPage(agency, house.signIn && '/etude/connexion'), 401)
    const packs = await readAs(house.office.sql, bailiffOf(known.subject), (sql) =>
      handedOverTo(sql, known.subject, house.clock.today()),
    )
    for (const { caseId } of packs) aboutCase(caseId)
    return send(c, listPage(agency, { name: known.name, packs, token: formToken(house, c, known.id) }))
  })
  mountDoor(app, house, {
    session,
    space: 'l’espace d’une étude',
    async admit({ role, bailiffId }) {
      if (role !== 'bailiff' || bailiffId === null) return null
      const [known] = await house.office.sql`select 1 from bailiffs where id = ${bailiffId}`
      return known ? bailiffId : null
    },
    sessionOf: async (c) => (await readSession(house, c, session))?.id ?? null,
  })

  for (const [path, open] of [
    ['/etude/lien/:key', byLink],
    ['/etude/dossiers/:key', bySession],
  ] as const) {
    const opened = (c: HttpContext): Promise<Opened> => open(house, c, c.req.param('key') ?? '')
    app.get(path, async (c) => {
      const door = await opened(c)
      await keep(house, door.found, 'page')
      return send(c, packPage(await shown(house, c, door)))
    })
    app.on(['GET', 'HEAD'], `${path}/:file{pack\\.zip|pack\\.pdf|pack\\.tsr|case\\.json|recu\\.pdf}`, async (c) =>
      fetched(house, c, (await opened(c)).found, c.req.param('file')!),
    )
    app.post(`${path}/recu`, async (c) => acted(house, c, await opened(c), receive))
    app.post(`${path}/retour`, async (c) => acted(house, c, await opened(c), answer))
  }
}

async function byLink(house: Doors, c: HttpContext, token: string): Promise<Opened> {
  try {
    const found = await findHandOverByToken(house.office.sql, token.slice(0, 100), house.clock.today())
    return { found, base: `/etude/lien/${token}`, sessionId: '' }
  } catch (error) {
    if (error instanceof DomainError) {
      await countAttempt(house, c, 'etude-lien', { max: 30, minutes: 10 })
      throw linkRefused()
    }
    throw error
  }
}

async function bySession(house: Doors, c: HttpContext, packId: string): Promise<Opened> {
  const known = await readSession(house, c, session)
  if (!known || !isUuid(packId)) throw linkRefused()
  const found = await findHandOver(house.office.sql, { packId, bailiffId: known.subject, onDay: house.clock.today() })
  return { found, base: `/etude/dossiers/${packId}`, sessionId: known.id }
}

const linkRefused = (): DomainError =>
  new DomainError('pack_not_found', 'Ce lien n’ouvre aucun dossier : il a expiré, ou a été retiré.', {
    remedy: 'Demandez-en un nouveau au cabinet qui vous l’a envoyé.',
  })

const agencyOf = async (house: Doors) => contactOf(await readAgency(house.office.sql))

const keep = (house: Doors, found: HandedOver, what: Accessed, range?: { first: number; last: number }) =>
  keepAccess(
    house.office.sql,
    house.office.random,
    { day: house.clock.today(), at: house.clock.now() },
    found,
    what,
    range,
  )

/** Of what belongs to others, PostgreSQL shows an office nothing (api/reading.ts). */
const bailiffOf = (bailiffId: string): Viewer => ({ role: 'bailiff', name: '', creditorId: null, bailiffId })

const shown = (house: Doors, c: HttpContext, opened: Opened): Promise<Shown> =>
  readAs(house.office.sql, bailiffOf(opened.found.bailiffId), (sql) => shownTo(house, sql, c, opened))

async function shownTo(house: Doors, sql: Sql, c: HttpContext, { found, base, sessionId }: Opened): Promise<Shown> {
  const sizes = await sizesOf(house, found)
  const conduct = (await readConducts(sql, [found.procedureId])).get(found.procedureId)!
  const [stamp] = await sql<{ authority: string; stampedAt: Temporal.Instant }[]>`
    select authority, stamped_at from pack_timestamps where pack_id = ${found.packId}`
  const [pack] = await sql<{ missing: Shown['missing']; title: string }[]>`
    select manifest->'missing' as missing, manifest->>'title' as title from packs where id = ${found.packId}`
  return {
    agency: contactOf(await readAgency(sql)),
    found,
    base,
    token: formToken(house, c, sessionId),
    title: pack!.title,
    missing: pack!.missing,
    sizes,
    stamp: stamp ?? null,
    changes: await changesForOffice(sql, found),
    complete: await isFetched(sql, found, sizes),
    receipt: await readReceipt(sql, found.id),
    answers: answersTo(found),
    codebtors: codebtorsOf(conduct.everyEvent),
    returns: await readReturns(sql, found.id),
    deadlines: progressOn(conduct, house.clock.today()).due,
    today: house.clock.today(),
    isListed: base.startsWith('/etude/dossiers'),
  }
}

async function sizesOf({ office: { archive } }: Doors, found: HandedOver): Promise<Shown['sizes']> {
  const [zip, pdf] = [await archive.stored(found.zip), await archive.stored(found.pdf)]
  return { zip: zip.bytes, pdf: pdf.bytes }
}

/** Every byte of the one file or of the other has been sent. */
const isFetched = async (sql: Sql, { id }: HandedOver, { zip, pdf }: Shown['sizes']): Promise<boolean> =>
  (await sentWhole(sql, id, 'zip', zip)) || (await sentWhole(sql, id, 'pdf', pdf))

/** One file, whole or by ranges; every answer is an access of its own. */
async function fetched(house: Doors, c: HttpContext, found: HandedOver, file: string): Promise<Response> {
  const { archive } = house.office
  const kinds = {
    'pack.zip': { what: 'zip', hash: found.zip, type: 'application/zip' },
    'pack.pdf': { what: 'pdf', hash: found.pdf, type: 'application/pdf' },
    'case.json': { what: 'case', hash: found.caseJson, type: 'application/json; charset=utf-8' },
    'pack.tsr': { what: 'timestamp', hash: await tokenOf(house, found), type: 'application/timestamp-reply' },
    'recu.pdf': {
      what: 'receipt',
      hash: (await readReceipt(house.office.sql, found.id))?.sha256 ?? null,
      type: 'application/pdf',
    },
  } as const
  const { what, hash, type } = kinds[file as keyof typeof kinds]
  if (hash === null) {
    throw new DomainError('not_found', 'Ce fichier n’existe pas pour ce dossier.', {
      remedy:
        what === 'timestamp'
          ? 'L’horodatage est en attente : revenez plus tard.'
          : what === 'receipt'
            ? 'Donnez d’abord le reçu du dossier.'
            : 'Prenez le ZIP ou le PDF.',
    })
  }
  const extension = file.slice(file.lastIndexOf('.') + 1)
  const suffix = what === 'receipt' ? '-recu' : ''
  const name = `${found.caseNumber}-${found.kind}-v${found.version}${suffix}.${extension}`
  const response = await sendFile(c, { path: archive.path(hash), etag: hash, type, name })
  const sent = sentPart(c, response)
  if (sent) await keep(house, found, what, sent)
  return response
}

async function tokenOf(house: Doors, found: HandedOver): Promise<string | null> {
  const [row] = await house.office.sql<
    { token: string }[]
  >`select token from pack_timestamps where pack_id = ${found.packId}`
  return row?.token ?? null
}

type Act = (house: Doors, found: HandedOver, typed: Typed, body: Record<string, unknown>) => Promise<void>

/** A posted form: done and shown again, or refused with what was typed. */
async function acted(house: Doors, c: HttpContext, door: Opened, act: Act): Promise<Response> {
  const body = await c.req.parseBody()
  const typed = typedOf(body)
  requireOwnForm(house, c, typed['jeton'], door.sessionId)
  try {
    await act(house, door.found, typed, body)
  } catch (error) {
    asRefusal(error)
    return send(c, packPage({ ...(await shown(house, c, door)), failed: { typed, error } }), 422)
  }
  return c.redirect(door.base, 303)
}

const receive: Act = async (house, found, typed) => {
  if (!(await isFetched(house.office.sql, found, await sizesOf(house, found)))) {
    throw new DomainError('not_fetched', 'Le dossier n’a pas encore été téléchargé en entier.', {
      remedy: 'Téléchargez le ZIP ou le PDF jusqu’au bout, puis donnez le reçu.',
    })
  }
  const hash = textOf(typed, 'empreinte', 80)
  await acknowledgePack(house.office, house.clock.today(), found, {
    receivedBy: requiredText(typed, 'nom', 'le nom de qui reçoit', 120),
    ...(hash ? { zipSha256: hash } : {}),
    note: textOf(typed, 'reserves', 500),
  })
  await keep(house, found, 'receipt')
}

const answer: Act = async (house, found, typed, body) => {
  const { acte } = body
  const sum = textOf(typed, 'montant', 40)
  const note = textOf(typed, 'note', 500)
  const debtor = textOf(typed, 'debiteur', 200)
  const input: ReturnInput = {
    nature: requiredText(typed, 'nature', 'la nature de la réponse', 40),
    happenedOn: requiredDay(typed, 'date', 'la date de l’acte'),
    ...(debtor ? { debtor } : {}),
    ...(typed['remise'] === 'personne'
      ? { inPerson: true }
      : typed['remise'] === 'autrement'
        ? { inPerson: false }
        : {}),
    ...(sum ? { found: requiredAmount(typed, 'montant', 'la somme') } : {}),
    ...(note ? { note } : {}),
    ...(acte instanceof File && acte.size > 0
      ? {
          act: {
            bytes: new Uint8Array(await acte.arrayBuffer()),
            fileName: plainFileName(acte.name, 'acte.pdf'),
          },
        }
      : {}),
  }
  if (input.act) await admitBytes(input.act.fileName, input.act.bytes, house.office.antivirus)
  await recordBailiffReturn(house.office, house.clock.today(), found, input, `commissaire:${found.bailiff}`)
  await keep(house, found, 'return')
}

function tooLong(): never {
  throw new DomainError('body_too_large', 'L’envoi dépasse 50 Mo.', {
    remedy: 'Numérisez l’acte moins finement, ou envoyez-le en plusieurs fois.',
  })
}
