import { parseArgs } from 'node:util'
import { parse } from 'yaml'
import { type AgencyProofKind, recordAgency, recordAgencyProof } from '../../procedures/cases/agency.ts'
import { parseDay } from '../../schema/days.ts'
import { transaction } from '../../schema/db.ts'
import { DomainError } from '../../schema/errors.ts'
import { type Command, readNamed, UsageError } from '../command.ts'
import { startOffice } from '../office.ts'
import { houseDay } from '../virtual-day.ts'

export const command: Command = {
  name: 'agency',
  summary: 'enregistre le cabinet et ses trois justificatifs',
  help: `Usage : courtois agency FICHIER.yaml

Enregistre l’identité du cabinet, telle que ses lettres la montrent, et les justificatifs sans
lesquels rien ne part (CPCE R124-2) : assurance, compte dédié aux fonds de tiers, déclaration au
procureur. Relancée, la commande remplace ce qui a changé. samples/agence.yaml est un modèle :
« identity » suit schema/agency.schema.json, « proofs » donne kind, reference, detail, datedOn et
validUntil.

Exemple
  courtois agency samples/agence.yaml`,
  async run(argv) {
    const { positionals } = parseArgs({ args: argv, allowPositionals: true, options: {} })
    const [file, ...others] = positionals
    if (!file || others.length > 0) throw new UsageError('donnez un FICHIER.yaml')
    const { identity, proofs } = read(file)
    const opened = await startOffice()
    try {
      const today = houseDay()
      await transaction(opened.sql, async (sql) => {
        await recordAgency(sql, today, identity, 'agency')
        for (const proof of proofs) await recordAgencyProof(sql, today, proof, 'agency')
      })
      console.log(`Cabinet enregistré, avec ${proofs.length} justificatifs.`)
    } finally {
      await opened.close()
    }
  },
}

interface GivenProof {
  kind?: string
  reference?: string | number
  detail?: Record<string, string>
  datedOn?: string
  validUntil?: string | null
}
const kinds: readonly AgencyProofKind[] = ['assurance', 'compte', 'declaration']

function read(file: string) {
  const given = parse(readNamed(file).toString()) as { identity?: unknown; proofs?: GivenProof[] } | null
  if (!given?.identity || !Array.isArray(given.proofs)) throw malformed('il faut « identity » et « proofs »')
  const proofs = given.proofs.map(({ kind, reference, detail, datedOn, validUntil }) => {
    const known = kinds.find((each) => each === kind)
    if (!known) throw malformed(`« ${kind} » n’est pas un justificatif (${kinds.join(', ')})`)
    return {
      kind: known,
      reference: String(reference ?? ''),
      detail: detail ?? {},
      datedOn: parseDay(datedOn ?? '', 'datedOn'),
      validUntil: validUntil == null ? null : parseDay(validUntil, 'validUntil'),
    }
  })
  return { identity: given.identity, proofs }
}

const malformed = (why: string): DomainError =>
  new DomainError('invalid_file', `Ce fichier ne décrit pas un cabinet\u00a0: ${why}.`, {
    remedy: 'Partez de samples/agence.yaml.',
  })
