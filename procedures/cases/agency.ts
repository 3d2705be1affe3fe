import { type Day, dayFr } from '../../schema/days.ts'
import { json, type Sql } from '../../schema/db.ts'
import { DomainError } from '../../schema/errors.ts'
import { validate } from '../../schema/validate.ts'
import { type Author, record } from './journal.ts'

export interface Address {
  lines: string[]
  postalCode: string | null
  city: string | null
  country: string
}

/** The agency as its letters show it. */
export interface AgencyIdentity {
  name: string
  legalForm?: string
  capital?: string
  rcs?: string
  siren?: string
  address: Address
  phone: string
  email: string
  site?: string
  hours: string
  manager: { name: string; phone: string; email: string }
  dpo?: { email: string }
}

export type AgencyProofKind = 'assurance' | 'compte' | 'declaration'
export interface AgencyProof {
  kind: AgencyProofKind
  /** Policy number, account, receipt of the prosecutor. */
  reference: string
  /** `assurance`: { assureur }, `compte`: { banque }, `declaration`: { parquet }. */
  detail: Record<string, string>
  datedOn: Day
  validUntil: Day | null
}

export interface Agency {
  identity: AgencyIdentity
  proofs: AgencyProof[]
}

export async function recordAgency(sql: Sql, onDay: Day, identity: unknown, author: Author): Promise<void> {
  const valid = validate<AgencyIdentity>('agency', identity, 'agence')
  await sql`
    insert into agency (identity) values (${json(sql, valid)})
    on conflict (only_row) do update set identity = excluded.identity`
  await record(sql, onDay, { caseId: null, kind: 'agency_recorded', detail: { name: valid.name }, author })
}

/** One of the three facts of CPCE R124-2: insurance, dedicated account, declaration to the prosecutor. */
export async function recordAgencyProof(sql: Sql, onDay: Day, proof: AgencyProof, author: Author): Promise<void> {
  await sql`
    insert into agency_proofs (kind, reference, detail, dated_on, valid_until, recorded_on, recorded_by)
    values (${proof.kind}, ${proof.reference}, ${json(sql, proof.detail)}, ${proof.datedOn}, ${proof.validUntil}, ${onDay}, ${author})
    on conflict (kind) do update set reference = excluded.reference, detail = excluded.detail, dated_on = excluded.dated_on,
      valid_until = excluded.valid_until, recorded_on = excluded.recorded_on, recorded_by = excluded.recorded_by`
  await record(sql, onDay, { caseId: null, kind: 'agency_proof_recorded', detail: { kind: proof.kind }, author })
}

export async function readAgency(sql: Sql): Promise<Agency> {
  const rows = await sql<({ identity: AgencyIdentity } & (AgencyProof | { kind: null }))[]>`
    select a.identity, p.kind, p.reference, p.detail, p.dated_on, p.valid_until
    from agency a left join agency_proofs p on true order by p.kind`
  const [row] = rows
  if (!row) {
    throw new DomainError('agency_unknown', "L'agence n'est pas encore enregistrée.", {
      remedy: 'Enregistrez son identité avant tout dossier (recordAgency).',
      article: 'CPCE R124-2',
    })
  }
  const proofs = rows.flatMap(({ identity: _, ...proof }) => (proof.kind === null ? [] : [proof]))
  return { identity: row.identity, proofs }
}

const missingProof: Record<AgencyProofKind, string> = {
  assurance: "l'assurance de responsabilité civile professionnelle",
  compte: 'le compte exclusivement affecté aux fonds recouvrés',
  declaration: 'la déclaration écrite au procureur de la République',
}

/** Refuses to act for anyone until the three facts of CPCE R124-2 are recorded and in force on that day. */
export async function requireAgencyReady(sql: Sql, onDay: Day): Promise<Agency> {
  const agency = await readAgency(sql)
  refuseUnready(agency, onDay)
  return agency
}

/** The same of an agency that has been read. */
export function refuseUnready(agency: Agency, onDay: Day): void {
  const inForce = (proof: AgencyProof) =>
    Temporal.PlainDate.compare(proof.datedOn, onDay) <= 0 &&
    (proof.validUntil === null || Temporal.PlainDate.compare(onDay, proof.validUntil) <= 0)
  const missing = (Object.keys(missingProof) as AgencyProofKind[]).filter(
    (kind) => !agency.proofs.some((proof) => proof.kind === kind && inForce(proof)),
  )
  if (missing.length === 0) return
  throw new DomainError(
    'agency_not_ready',
    `Au ${dayFr(onDay)}, il manque : ${missing.map((kind) => missingProof[kind]).join(', ')}.`,
    {
      remedy: 'Enregistrez ces justificatifs avant toute démarche (recordAgencyProof).',
      facts: { missing },
      article: 'CPCE R124-2',
    },
  )
}
