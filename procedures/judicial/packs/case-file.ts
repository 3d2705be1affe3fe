import type { Manifest } from '../../../documents/packs/manifest.ts'
import type { Day } from '../../../schema/days.ts'
import { amount } from '../../../schema/money.ts'
import type { Address } from '../../cases/agency.ts'
import type { PartyIdentity } from '../../cases/creditors.ts'
import type { CaseFile } from '../../cases/file/file.ts'
import { payableOn } from '../../money/ledger.ts'
import { sumsOf } from '../../money/sums.ts'
import { percentText } from '../../law/claim.ts'
import type { Pack } from './packs.ts'
import type { Dossier, Procedure } from '../engine/procedure.ts'
import type { StepDeadline } from '../engine/time-limits.ts'
import type { OpenProcedure, ProcedureEvent } from '../open-procedures.ts'
import type { Progress } from '../engine/progress.ts'

/**
 * case.json: the case as the software of a bailiff's office reads it (schema/case-file.schema.json), with the hashes of
 * the pack it goes with. Keys are English, amounts « 123.45 », days « 2026-11-22 ».
 */
export function caseFile(input: {
  file: CaseFile
  onDay: Day
  open: OpenProcedure
  procedure: Procedure
  dossier: Dossier
  pack: Pick<Pack, 'id' | 'kind' | 'version' | 'contentSha256' | 'zip' | 'pdf'>
  manifest: Manifest
  standing: Progress
  events: ProcedureEvent[]
}): Uint8Array {
  const { file, onDay, open, procedure, dossier, pack, manifest, standing, events } = input
  const owed = payableOn(file, onDay)
  const content = {
    format: 'courtois-case/1',
    case: file.case.number,
    as_of: onDay.toString(),
    pack: {
      id: pack.id,
      kind: pack.kind,
      title: dossier.titre,
      version: pack.version,
      content_sha256: pack.contentSha256,
      zip_sha256: pack.zip,
      pdf_sha256: pack.pdf,
    },
    creditor: {
      name: file.creditor.name,
      ...partyOf(file.creditor.identity),
      iban: file.creditor.iban ?? null,
      bic: file.creditor.bic ?? null,
    },
    debtor: {
      kind: file.debtor.kind,
      name: file.debtor.name,
      ...partyOf(file.debtor.identity),
      address: addressOf(file.debtor.address),
      email: file.debtor.email ?? null,
      telephone: file.debtor.phone ?? null,
      born: file.debtor.identity.birth ?? null,
    },
    claim: {
      currency: file.case.currency,
      ...sumsOf(owed),
      interest_per_day: amount(owed.perDay),
      segments: owed.segments.map((segment) => ({
        invoice: segment.invoice,
        from: segment.from.toString(),
        to: segment.to.toString(),
        days: segment.days,
        base: amount(segment.base),
        percent: percentText(segment.percent),
        amount: amount(segment.amount),
      })),
      doubts: owed.doubts.map((doubt) => doubt.message),
    },
    procedure: {
      id: procedure.id,
      title: procedure.titre,
      court: open.court.nom,
      opened_on: open.openedOn.toString(),
      events: events.map((event) => ({ step: event.step, on: event.happenedOn.toString() })),
      deadlines: standing.due.map(deadlineOf),
      not_before: standing.notBefore.map(deadlineOf),
      answers: (dossier.retours ?? []).map((answer) => ({ kind: answer.nature, title: answer.titre })),
    },
    files: manifest.files.map((listed) => ({
      name: listed.name,
      title: listed.title,
      role: listed.role,
      sha256: listed.sha256,
      bytes: listed.bytes,
      ...(listed.pages === undefined ? {} : { pages: listed.pages }),
      ...(listed.exhibit ? { number: listed.exhibit.number } : {}),
    })),
    missing: manifest.missing,
  }
  return new TextEncoder().encode(`${JSON.stringify(content, null, 2)}\n`)
}

function deadlineOf(limit: StepDeadline) {
  return {
    step: limit.step,
    title: limit.title,
    last_day: limit.kind === 'not_after' ? limit.expires.toString() : null,
    first_day: limit.opens?.toString() ?? null,
    article: limit.article,
    sanction: limit.sanction,
    confirmed: limit.confirmed,
  }
}

function partyOf(identity: PartyIdentity) {
  return {
    legal_form: identity.legalForm ?? null,
    siren: identity.siren ?? null,
    siret: identity.siret ?? null,
    rcs: identity.rcs ?? null,
    address: addressOf(identity.address),
    representative: identity.representative ?? null,
  }
}

const addressOf = (address: Address | null | undefined) =>
  address
    ? {
        lines: address.lines,
        postal_code: address.postalCode ?? null,
        city: address.city ?? null,
        country: address.country,
      }
    : null
