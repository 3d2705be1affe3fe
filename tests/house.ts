import { execFileSync, spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PDF } from '@libpdf/core'
import { afterAll, afterEach, beforeAll, beforeEach, inject } from 'vitest'
import { openArchive } from '../documents/archive.ts'
import { invoiceFromJson, type InvoiceJson, type ReadInvoice } from '../documents/invoices/einvoice.ts'
import { outTray } from '../documents/send/tray.ts'
import { developmentSeal } from '../documents/proof/seal.ts'
import { nativeTypst, type TypstEngine } from '../documents/typst/typst.ts'
import { tick } from '../procedures/amicable/tick.ts'
import { submitInvoice } from '../procedures/cases/intake/submissions.ts'
import { recordPresentation } from '../procedures/mail/registered.ts'
import { createCreditor, type Creditor, type Mandate, recordMandate } from '../procedures/cases/creditors.ts'
import type { DebtorKind } from '../procedures/cases/debtors.ts'
import { type CaseFile, readCase, type WrittenDocument } from '../procedures/cases/file/file.ts'
import type { Office } from '../procedures/office.ts'
import { drain } from '../procedures/jobs/work.ts'
import { parseDay, type Day } from '../schema/days.ts'
import { type Client, connect } from '../schema/db.ts'
import { seededRandom } from '../schema/random.ts'
import { vaultOf } from '../schema/vault.ts'
import { mandateTerms, openAgency, papeterie } from '../scripts/demo/people.ts'
import { dropDatabase } from './database.ts'

export const day = parseDay

/** Programs that a test starts on the database of a house are given the same. */
export const houseSecret = 'the secret of this house, told to nobody'

/** An office on a database of its own: real Typst, real archive, real out-tray, seeded chance. */
export interface House {
  sql: Client
  url: string
  office: Office
  dir: string
}

/**
 * A house for every test of a file, each on a fresh copy of the database that `prepare` leaves; one engine and one
 * archive serve them all. What a test changes is gone with its copy.
 */
export function useHouse(prepare: (house: House) => Promise<void> = async () => {}): House {
  const house = {} as House
  const { url: server, template } = inject('database')
  const mine = `${template}_${process.pid}`
  let admin: Client
  let typst: TypstEngine
  let dir: string
  let made = 0

  const open = async (name: string, from: string): Promise<void> => {
    await admin`create database ${admin(name)} template ${admin(from)}`
    const url = new URL(server)
    url.pathname = `/${name}`
    const sql = connect(url.href, { max: 6 })
    const folder = join(dir, name)
    const office: Office = {
      sql,
      archive: openArchive(join(dir, 'archive')),
      typst,
      seal: developmentSeal(),
      post: outTray(join(folder, 'out')),
      random: seededRandom(name.slice(mine.length)),
      vault: vaultOf(() => new TextEncoder().encode(houseSecret)),
      baseUrl: 'https://courtois.example',
    }
    Object.assign(house, { sql, url: url.href, office, dir: folder })
  }

  beforeAll(async () => {
    admin = connect(server, { max: 1 })
    typst = nativeTypst()
    dir = mkdtempSync(join(inject('folder'), 'courtois-house-'))
    await open(`${mine}_prepared`, template)
    await prepare(house)
    await house.sql.end({ timeout: 5 })
  }, 120_000)
  beforeEach(() => open(`${mine}_${++made}`, `${mine}_prepared`))
  afterEach(async () => {
    await house.sql.end({ timeout: 5 })
    await dropDatabase(admin, `${mine}_${made}`)
  })
  afterAll(async () => {
    await dropDatabase(admin, `${mine}_prepared`)
    await admin.end()
    await typst.close()
    rmSync(dir, { recursive: true, force: true })
  })
  return house
}

/** The seller, the buyer and an invoice of 1,000.00 € that the tests vary; nothing in them is doubtful. */
export function invoice(
  changes: Partial<InvoiceJson> & { number: string; issued_on: string; due_on?: string },
): ReadInvoice {
  const total = changes.total ?? '1000.00'
  return invoiceFromJson({
    currency: 'EUR',
    total,
    seller: papeterie.seller,
    buyer: {
      name: 'Garage du Pont',
      address: { lines: ['3 rue de la Gare'], postal_code: '69003', city: 'Lyon', country: 'FR' },
      contact: { email: 'garage@client.example', phone: '04 00 00 00 10' },
    },
    iban: papeterie.creditor.iban,
    bic: papeterie.creditor.bic,
    lines: [{ description: 'Fournitures de bureau', amount: total }],
    ...changes,
  } satisfies InvoiceJson)
}

export async function creditorOf(
  { sql, office: { random } }: House,
  on: Day,
  terms: Partial<Mandate> & { name?: string; kind?: Creditor['kind'] } = {},
): Promise<string> {
  const { identity } = papeterie.creditor
  const { name = papeterie.creditor.name, kind = papeterie.creditor.kind, ...mandate } = terms
  const creditor = await createCreditor(
    sql,
    random,
    on,
    {
      ...papeterie.creditor,
      name,
      kind,
      identity: { ...identity, mediator: { name: 'Médiateur du commerce', details: '1 rue du Port, 69000 Lyon' } },
    },
    'test',
  )
  await recordMandate(
    sql,
    random,
    on,
    {
      creditorId: creditor.id,
      signedOn: on,
      ...mandateTerms,
      receivesFunds: false,
      sendsInvoices: false,
      scenario: 'standard',
      penaltyRate: null,
      ...mandate,
    },
    'test',
  )
  return creditor.id
}

export interface Opening {
  /** The day the case is opened; agency and mandate are recorded the same day. */
  on: string
  invoices: ReadInvoice[]
  kind?: DebtorKind
  debtor?: { name?: string; civility?: string; birth?: { on: string; place: string } }
  mandate?: Parameters<typeof creditorOf>[2]
}

/** Agency, creditor, mandate and case in one go; answers the id of the case. */
export async function openCase(
  house: House,
  { on, invoices, kind = 'business', debtor = {}, mandate = {} }: Opening,
): Promise<string> {
  await openAgency(house.sql, day(on))
  const creditorId = await creditorOf(house, day(on), mandate)
  return addInvoices(house, { creditorId, on, invoices, kind, debtor })
}

/** Due on Wednesday 10 June 2026: J+8 is Thursday the 18th, J+16 Friday the 26th, J+24 Saturday 4 July. */
export const ordinary = (): ReadInvoice => invoice({ number: 'F-1', issued_on: '2026-05-11', due_on: '2026-06-10' })

/** The case of that invoice, opened the day after it fell due. */
export const openOrdinary = (house: House, more: Partial<Opening> = {}): Promise<string> =>
  openCase(house, { on: '2026-06-11', invoices: [ordinary()], ...more })

export async function addInvoices(
  { sql, office }: House,
  input: { creditorId: string; on: string; invoices: ReadInvoice[]; kind?: DebtorKind; debtor?: Opening['debtor'] },
): Promise<string> {
  const submitted = await submitInvoice(
    sql,
    office.random,
    day(input.on),
    {
      creditorId: input.creditorId,
      invoices: input.invoices.map((read) => ({ read, original: null })),
      debtor: {
        kind: input.kind ?? 'business',
        ...(input.kind === 'consumer' ? { civility: 'Madame' } : {}),
        ...input.debtor,
      },
    },
    'test',
  )
  return submitted.case.id
}

/** The tick and the work of one day. */
export async function liveOn(house: House, on: string | Day): Promise<void> {
  await tick(house.sql, typeof on === 'string' ? day(on) : on)
  await drain(house.office, house.url)
}

/**
 * Lives from the first day to the last, on the days when something is planned or a hold ends and no other; `post` says
 * how many days after sending a registered letter is first presented.
 */
export async function liveUntil(
  house: House,
  from: string,
  until: string,
  { post = 2 }: { post?: number | null } = {},
): Promise<void> {
  for (let today = day(from); Temporal.PlainDate.compare(today, day(until)) <= 0; today = today.add({ days: 1 })) {
    if (post !== null) await present(house, today, post)
    if ((await tick(house.sql, today)) > 0) await drain(house.office, house.url)
  }
}

/** One ordinary invoice, unanswered up to the day on which the creditor is asked to agree to a payment order. */
export async function liveToConsent(house: House): Promise<string> {
  const invoices = [ordinary()]
  const caseId = await openCase(house, { on: '2026-06-11', invoices })
  await liveUntil(house, '2026-06-11', '2026-07-22')
  return caseId
}

async function present({ sql, office: { random } }: House, today: Day, after: number): Promise<void> {
  const letters = await sql<{ documentId: string }[]>`
    select document_id from dispatches
    where channel = 'lrar' and presented_on is null and sent_on <= ${today.subtract({ days: after })}`
  for (const { documentId } of letters) {
    await recordPresentation(
      sql,
      random,
      today,
      { documentId, registeredNumber: '1A 000 000 0000 0', presentedOn: today, outcome: 'delivered', outcomeOn: today },
      'La Poste',
    )
  }
}

export const fileOf = (house: House, caseId: string): Promise<CaseFile> => readCase(house.sql, caseId)

/** « cordiale 2017-12-21 » for each step done, in the order of the scenario. */
export const done = (file: CaseFile): string[] =>
  file.steps.flatMap((step) => (step.doneOn ? [`${step.key} ${step.doneOn}`] : []))
/** The same for the steps still to come, on their planned day. */
export const planned = (file: CaseFile): string[] =>
  file.steps.flatMap((step) => (step.doneOn || step.skippedOn ? [] : [`${step.key} ${step.plannedOn}`]))
export const liveHolds = (file: CaseFile) => file.holds.filter((hold) => hold.releasedOn === null)
/** What reached the debtor on paper or screen, in order. */
export const toDebtor = (file: CaseFile): WrittenDocument[] =>
  file.documents.filter(({ recipient }) => recipient === 'debiteur')

export const hasPdftotext = spawnSync('pdftotext', ['-v']).error === undefined

/** The words of a PDF in one line: pdftotext where it is installed, libpdf elsewhere. Hyphens at line ends are undone. */
export async function textOf(bytes: Uint8Array): Promise<string> {
  return oneLine(
    hasPdftotext
      ? viaPdftotext(bytes)
      : (await PDF.load(bytes))
          .getPages()
          .map((page) => page.extractText().text)
          .join('\n'),
  )
}

const oneLine = (text: string): string =>
  text
    .replace(/\u00ad\s*|\u200b/g, '')
    .replaceAll('’', "'")
    .replace(/[\s\u00a0\u202f]+/g, ' ')

function viaPdftotext(bytes: Uint8Array): string {
  const folder = mkdtempSync(join(tmpdir(), 'courtois-text-'))
  try {
    writeFileSync(join(folder, 'a.pdf'), bytes)
    return execFileSync('pdftotext', ['-enc', 'UTF-8', join(folder, 'a.pdf'), '-'], { encoding: 'utf8' })
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** Some act of a court or a bailiff, as a file in the archive: another one for other words. */
export async function actOf(house: House, words: string): Promise<string> {
  const bytes = readFileSync(new URL('../samples/Facture_FR_EN16931.pdf', import.meta.url))
  return house.office.archive.put(Buffer.concat([bytes, Buffer.from(`\n% ${words}\n`)]))
}
