import type { ReadInvoice } from '../../../documents/invoices/einvoice.ts'
import type { Sql } from '../../../schema/db.ts'
import type { Doubt } from '../../../schema/errors.ts'
import { plainWords } from '../../../schema/words.ts'
import type { Case } from '../cases.ts'
import type { Creditor } from '../creditors.ts'

/** Whose invoice it is: another seller than the creditor may be a factor or a mistake, and is shown. */
export function sellerDoubts(
  { kind, seller, number }: ReadInvoice,
  creditor: Pick<Creditor, 'name' | 'identity'>,
): Doubt[] {
  const siren = creditor.identity.siren ?? creditor.identity.siret?.slice(0, 9)
  const other = seller.siren ?? seller.siret?.slice(0, 9)
  if (siren === other) return []
  // Without a number the name tells; a file that names its seller as the creditor is named is the creditor's.
  if (!other && sameName(seller.name, creditor.name)) return []
  if (other && !siren && sameName(seller.name, creditor.name)) return []
  return [
    {
      code: 'other_seller',
      message: `${kind === 'credit_note' ? 'L’avoir' : 'La facture'} ${number} est de ${seller.name}${other ? ` (SIREN ${other})` : ', sans SIREN'}, et non de ${creditor.name}.`,
    },
  ]
}

/** The words of that doubt by which a seller is known again: its number, whatever name it writes; else its name. */
function knownBy({ name, siren, siret }: ReadInvoice['seller']): string {
  const number = siren ?? siret?.slice(0, 9)
  return number ? ` (SIREN ${number}), et non de ` : ` est de ${name}, sans SIREN, et non de `
}

const sameName = (a: string, b: string): boolean => plainWords(a) === plainWords(b)

/**
 * The doubts about whose claim it is, without those that a person has answered for this case: a factor's next invoice from the same
 * seller asks nothing again. Another seller does.
 */
export async function unsettledSellers(sql: Sql, { id }: Pick<Case, 'id'>, reads: ReadInvoice[]): Promise<Doubt[]> {
  const doubtful = reads.flatMap(({ seller, doubts }) =>
    doubts.filter(({ code }) => code === 'other_seller').map((doubt) => ({ doubt, known: knownBy(seller) })),
  )
  if (doubtful.length === 0) return []
  const answered = await sql<{ reason: string }[]>`
    select reason from holds where case_id = ${id} and cause = 'decision' and for_person and released_on is not null`
  return doubtful
    .filter(({ known }) => !answered.some(({ reason }) => reason.includes(known)))
    .map(({ doubt }) => doubt)
}
