import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { exportCase } from '../../procedures/cases/file/export.ts'
import { type CaseFile, readCase } from '../../procedures/cases/file/file.ts'
import { sealedConsentPage } from '../../procedures/judicial/consents/consent-page.ts'
import { readConsentRequest } from '../../procedures/judicial/consents/consent-requests.ts'
import { readProcedureEvents } from '../../procedures/judicial/open-procedures.ts'
import type { Office } from '../../procedures/office.ts'
import type { Day } from '../../schema/days.ts'
import type { Told } from './story.ts'

/** A step in the `timeline.json` of a case. */
export interface TimelineLine {
  step: string
  planned: string
  done: string | null
  channel: string
  to: string | null
  letter?: string
  version?: string
  file?: string
  sha256?: string
  skipped?: string
}

/** Leaves one case as files: timeline, letters as received, consent and its proof, packs, the exported case. */
export async function leave(office: Office, told: Told, dir: string): Promise<void> {
  const put = async (name: string, bytes: Uint8Array | string) => {
    await mkdir(join(dir, name, '..'), { recursive: true })
    await writeFile(join(dir, name), bytes)
  }
  const json = (value: unknown) => `${JSON.stringify(value, null, 2)}\n`
  const letters = await leaveLetters(office, told, put)
  await leaveConsent(office, told, put, json)
  const packs = await leavePacks(office, told, put)
  await put('timeline.json', json(await timeline(office, told, letters, packs)))
  await put('case.json', json(await exportCase(office.sql, told.caseId)))
}

type Put = (name: string, bytes: Uint8Array | string) => Promise<void>

/** What a debtor or the creditor received, by step, in the order of writing. */
async function leaveLetters(
  office: Office,
  told: Told,
  put: Put,
): Promise<(TimelineLine & { day: Day; stepKey: string | null })[]> {
  const file = await readCase(office.sql, told.caseId)
  const lines = await leaveIssued(office, file, put)
  const received = file.documents.filter((document) =>
    ['debiteur', 'creancier', 'operateur'].includes(document.recipient),
  )
  for (const [i, document] of received.entries()) {
    const name = `letters/${String(i + 1).padStart(2, '0')}-${document.writtenOn}-${document.recipient}-${document.letter}.pdf`
    await put(name, await office.archive.get(document.sha256))
    lines.push({
      step: document.stepKey ?? document.letter,
      stepKey: document.stepKey,
      day: document.writtenOn,
      planned: document.writtenOn.toString(),
      done: document.writtenOn.toString(),
      channel: document.channel,
      to: document.recipient,
      letter: document.letter,
      version: document.version,
      file: name,
      sha256: document.sha256,
    })
  }
  return lines
}

/** The invoices that the agency itself sent, with their cover letter: the creditor's own papers, which nobody sealed. */
async function leaveIssued(
  office: Office,
  file: CaseFile,
  put: Put,
): Promise<(TimelineLine & { day: Day; stepKey: string | null })[]> {
  const lines = []
  const cover = file.documents.find((document) => document.letter.startsWith('facture-envoi-'))
  for (const invoice of file.mandate?.sendsInvoices && cover ? file.invoices : []) {
    if (!invoice.original) continue
    const name = `invoices/${cover!.writtenOn}-debiteur-facture-${invoice.number}.pdf`
    await put(name, await office.archive.get(invoice.original))
    const on = cover!.writtenOn.toString()
    lines.push({
      step: cover!.stepKey ?? 'facture',
      stepKey: cover!.stepKey,
      day: cover!.writtenOn,
      planned: on,
      done: on,
      channel: cover!.channel,
      to: 'debiteur',
      file: name,
      sha256: invoice.original,
    })
  }
  return lines
}

async function leaveConsent(office: Office, told: Told, put: Put, json: (value: unknown) => string): Promise<void> {
  const [consent] = await office.sql<{ requestId: string; proof: unknown }[]>`
    select c.request_id, c.proof from consents c join procedures p on p.consent_id = c.request_id where p.id = ${told.procedureId}`
  const request = await readConsentRequest(office.sql, consent!.requestId)
  // What was read, whose hash the proof bears; and what was answered.
  await put('consent/accord-lu.pdf', await office.archive.get(request.pdf))
  await put('consent/accord.pdf', (await sealedConsentPage(office, request))!)
  if (request.editable) await put('consent/accord.docx', await office.archive.get(request.editable))
  await put('consent/preuve.json', json(consent!.proof))
}

async function leavePacks(
  office: Office,
  told: Told,
  put: Put,
): Promise<Map<string, { file: string; sha256: string }>> {
  const packs = await office.sql<{ kind: string; pdf: string; zip: string }[]>`
    select kind, pdf, zip from packs where procedure_id = ${told.procedureId} order by assembled_on, version`
  const left = new Map<string, { file: string; sha256: string }>()
  for (const pack of packs) {
    const name = pack.kind === 'requete' ? 'pack' : `pack-${pack.kind}`
    await put(`pack/${name}.pdf`, await office.archive.get(pack.pdf))
    await put(`pack/${name}.zip`, await office.archive.get(pack.zip))
    left.set(pack.kind, { file: `pack/${name}.pdf`, sha256: pack.pdf })
  }
  return left
}

async function timeline(
  office: Office,
  told: Told,
  letters: (TimelineLine & { day: Day; stepKey: string | null })[],
  packs: Map<string, { file: string; sha256: string }>,
): Promise<TimelineLine[]> {
  const file = await readCase(office.sql, told.caseId)
  const lines: (TimelineLine & { on: string })[] = []
  for (const step of file.steps) {
    const of = letters.filter((letter) => letter.stepKey === step.key)
    const planned = step.plannedOn.toString()
    const done = step.doneOn?.toString() ?? null
    for (const { day: _day, stepKey: _key, ...letter } of of) lines.push({ ...letter, planned, on: letter.done! })
    if (of.length > 0) continue
    lines.push({
      step: step.key,
      planned,
      done,
      channel: step.channel,
      to: null,
      ...(step.skippedWhy === null ? {} : { skipped: step.skippedWhy }),
      on: done ?? planned,
    })
  }
  for (const { day: _day, stepKey, ...letter } of letters)
    if (stepKey === null) lines.push({ ...letter, on: letter.done! })
  for (const event of await readProcedureEvents(office.sql, told.procedureId)) {
    const on = event.happenedOn.toString()
    lines.push({
      step: event.step,
      planned: on,
      done: on,
      channel: 'procedure',
      to: 'tribunal',
      ...packs.get(event.step),
      on,
    })
  }
  const service = packs.get('signification')
  if (service && !lines.some((line) => line.step === 'signification')) {
    const [pack] = await office.sql<{ assembledOn: Day }[]>`
      select assembled_on from packs where procedure_id = ${told.procedureId} and kind = 'signification'`
    const on = pack!.assembledOn.toString()
    lines.push({
      step: 'signification',
      planned: on,
      done: null,
      channel: 'procedure',
      to: 'commissaire-de-justice',
      ...service,
      on,
    })
  }
  return lines
    .map((line, i) => ({ line, i }))
    .toSorted((a, b) => a.line.on.localeCompare(b.line.on) || a.i - b.i)
    .map(({ line: { on: _on, ...line } }) => line)
}
