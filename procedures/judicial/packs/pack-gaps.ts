import type { Day } from '../../../schema/days.ts'
import type { Sql } from '../../../schema/db.ts'
import { DomainError } from '../../../schema/errors.ts'
import type { CaseFile } from '../../cases/file/file.ts'
import { courtOf, goesToCourt } from './dossiers.ts'
import { type OpenProcedure, readProcedureEvents } from '../open-procedures.ts'
import type { GivenFacts } from './paper-facts.ts'
import { exhibitsOfPack, type Missing, postalGaps, registeredLetters, tooLate } from './postal-gaps.ts'
import { type Dossier, type Exhibit as ExhibitRule, exhibitsOf, type Procedure } from '../engine/procedure.ts'
import { titleSteps } from '../titles/titles.ts'

/** What the law or practice wants in the pack and neither the case nor its papers hold, with where to get it. */
export async function missingPieces(
  sql: Sql,
  onDay: Day,
  file: CaseFile,
  input: { open: OpenProcedure; procedure: Procedure; kind: string; dossier: Dossier; given: GivenFacts },
): Promise<Missing[]> {
  const { open, procedure, kind, dossier, given } = input
  const exhibits = await exhibitsOfPack(sql, open, kind)
  const held = new Set<string>(exhibits.joined.map((exhibit) => exhibit.kind))
  // Either document engages the debtor as well as a contract would.
  if (held.has('devis') || held.has('commande')) held.add('contrat')
  for (const event of await readProcedureEvents(sql, open.id)) if (event.original !== null) held.add(event.step)
  const taken = dossier.reprend ? (procedure.dossiers?.[dossier.reprend]?.papiers ?? []) : []
  for (const paper of [...(dossier.papiers ?? []), ...taken]) held.add(paper.nature)
  if (taken.length > 0) held.add('pieces')
  for (const step of await titleSteps(sql, file.case.id, onDay)) held.add(step)
  const needed = (piece: ExhibitRule) =>
    piece.requis === 'oui' ||
    (piece.type === 'kbis-debiteur' && file.debtor.kind === 'business') ||
    (piece.type === 'avoir' && file.creditNotes.length > 0)
  const known = { ...given, debiteur: { adresse: file.debtor.address ?? undefined } }
  const rules = exhibitsOf(procedure, kind, onDay)
  const postal = rules.some(({ type }) => type === 'mise-en-demeure') ? postalGaps(file, exhibits) : []
  // Letters that answer for themselves are not asked for a proof in general.
  if (registeredLetters(file, exhibits.joined).length > 0) held.add('preuve-depot').add('preuve-reception')
  const pieces = rules
    .filter((piece) => needed(piece) && !held.has(piece.type) && !(piece.fait !== undefined && has(known, piece.fait)))
    .map((piece) => ({
      what: piece.titre,
      from: piece.aupres_de,
      remedy: exhibits.later.some(({ kind }) => kind === piece.type) ? tooLate : `Demander ${piece.quoi}.`,
    }))
  return [...pieces, ...postal, ...(goesToCourt(procedure, kind) ? await courtGaps(sql, file, onDay) : [])]
}

/** No court is taken for granted: what decides which one hears the claim, or where it sits, and nobody has looked up. */
async function courtGaps(sql: Sql, file: CaseFile, onDay: Day): Promise<Missing[]> {
  const { nom, ville, doubts } = await courtOf(sql, file, onDay)
  const { name, address } = file.debtor
  const gaps: Missing[] = []
  if (doubts.some(({ code }) => code === 'legal_form_unknown')) {
    gaps.push({
      what: `Forme juridique de ${name}, qui décide entre le tribunal de commerce et la juridiction civile (C. com. L. 721-3)`,
      from: 'le greffe du tribunal de commerce (Infogreffe), ou l’INSEE',
      remedy: `Relever la forme juridique de ${name} (extrait Kbis, ou avis de situation de l’INSEE) et l’inscrire au dossier (recordLegalForm), ou saisir la juridiction avec sa source (recordCourt)`,
    })
  }
  if (ville === '') {
    const place = address?.city ? ` dont relève ${address.city}` : ''
    gaps.push({
      what: `Siège de la juridiction compétente (${nom})${place}`,
      from: 'l’annuaire de la justice, ou le greffe',
      remedy: 'Relever le siège de la juridiction, puis l’enregistrer avec sa source (recordCourt)',
    })
  }
  return gaps
}

function has(facts: Record<string, unknown>, path: string): boolean {
  let value: unknown = facts
  for (const key of path.split('.')) value = (value as Record<string, unknown> | undefined)?.[key]
  return value !== undefined && !(Array.isArray(value) && value.length === 0)
}

export function incomplete(missing: Missing[]): DomainError {
  return new DomainError(
    'pack_incomplete',
    `Il manque au dossier : ${missing.map((piece) => piece.what).join(' ; ')}.`,
    {
      remedy: `${missing.map((piece) => `${piece.remedy} (${piece.from})`).join(' ; ')}. Ou passez outre avec un motif écrit.`,
      facts: { missing },
    },
  )
}
