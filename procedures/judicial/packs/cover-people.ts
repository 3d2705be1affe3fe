import type { CoverPeople } from '../../../documents/packs/pack.ts'
import { courtRoles } from '../../../documents/packs/layout.ts'
import { dayFr, parseDay } from '../../../schema/days.ts'
import type { Sql } from '../../../schema/db.ts'
import { type Address, readAgency } from '../../cases/agency.ts'
import type { CaseFile } from '../../cases/file/file.ts'

/** Who the parties are and whom to ask: whoever acts on a pack must not have to telephone for it. */
export async function coverPeople(sql: Sql, file: CaseFile, toCourt: boolean): Promise<CoverPeople> {
  const { creditor, debtor } = file
  const { identity: agency } = await readAgency(sql)
  const { birth, civility } = debtor.identity
  const by = creditor.identity.representative
  return {
    roles: toCourt ? courtRoles : { demandeur: 'Créancier', defendeur: 'Débiteur' },
    demandeur: lines(
      registered(creditor.identity),
      addressLine(creditor.identity.address),
      by && `agissant par ${by.name}, ${by.quality}`,
    ),
    defendeur: lines(
      registered(debtor.identity),
      birth &&
        `${civility === 'Madame' ? 'née' : civility === 'Monsieur' ? 'né' : 'naissance'} le ${dayFr(parseDay(birth.on, 'birth.on'))} à ${birth.place}`,
      addressLine(debtor.address),
      // An address for service is a court's matter; who must find the debtor uses the rest.
      toCourt ? undefined : lines(debtor.phone, debtor.email).join(', '),
    ),
    contact: `Dossier suivi par ${agency.manager.name}, ${agency.name}\u00a0: ${lines(agency.manager.phone, agency.manager.email).join(', ')}`,
  }
}

const lines = (...given: (string | null | undefined)[]): string[] =>
  given.filter((line) => typeof line === 'string' && line !== '') as string[]

function registered({ legalForm, siren, siret, rcs }: CaseFile['debtor']['identity']): string {
  const number = siren ?? siret?.slice(0, 9)
  const known = number
    ? `SIREN ${number.replace(/^(\d{3})(\d{3})(\d{3})$/, '$1\u00a0$2\u00a0$3')}`
    : rcs
      ? `RCS ${rcs}`
      : ''
  return lines(legalForm, known).join(', ')
}

const addressLine = (address: Address | null | undefined): string =>
  address ? lines(...address.lines, lines(address.postalCode, address.city).join(' ')).join(', ') : ''
