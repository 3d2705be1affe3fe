import { electronicFormatIBAN, isValidIBAN } from 'ibantools'
import type { Day } from '../../schema/days.ts'
import { DomainError, type Doubt } from '../../schema/errors.ts'
import { amount, parseAmount, sum } from '../../schema/money.ts'
import { plainWords } from '../../schema/words.ts'
import { all, attribute, first, parseXml, text, texts, type XmlNode } from './einvoice-xml.ts'
import { isZip, readTable, type TableRow } from './table.ts'
import { typedCents, typedDay } from './typed-values.ts'

/** One movement of a bank account, as the bank tells it. */
export interface BankLine {
  /** The line of the table, or the rank of the entry in the XML. */
  row: number
  /** IBAN of the account, where the file says it. */
  account: string | null
  bookedOn: Day
  /** Cents; negative when the money left: a rejected direct debit, a returned cheque. */
  amount: bigint
  currency: string
  payer: string | null
  payerIban: string | null
  /** What the payer wrote, and the bank's own words. */
  text: string
  /** The bank's own reference of the entry, unique on its account. */
  bankReference: string | null
  doubts: Doubt[]
}

export interface BankStatement {
  format: 'camt.053' | 'camt.054' | 'table'
  lines: BankLine[]
  faults: { row: number; fault: DomainError }[]
}

/**
 * Reads camt.053 or camt.054 (ISO 20022), or a table of payments (CSV, XLSX). A line with a fault is kept aside with its
 * number. DomainErrors: unreadable_table, malformed_xml, not_a_bank_statement, columns_unknown.
 */
export async function readBankStatement(bytes: Uint8Array): Promise<BankStatement> {
  const head = Buffer.from(bytes.subarray(0, 512))
    .toString('utf8')
    .replace(/^\ufeff/, '')
    .trimStart()
  if (!isZip(bytes) && head.startsWith('<')) return fromCamt(new TextDecoder('utf-8').decode(bytes))
  return fromTable(await readTable(bytes))
}

/** True when the bytes are an XML statement of a bank account, whatever their name. */
export const isCamt = (bytes: Uint8Array): boolean =>
  /<(\w+:)?(BkToCstmrStmt|BkToCstmrDbtCdtNtfctn)\b/.test(Buffer.from(bytes.subarray(0, 4096)).toString('latin1'))

function fromCamt(xml: string): BankStatement {
  const { name, root } = parseXml(xml)
  const statements = all(root, 'BkToCstmrStmt', 'Stmt')
  const notices = all(root, 'BkToCstmrDbtCdtNtfctn', 'Ntfctn')
  if (name !== 'Document' || statements.length + notices.length === 0) {
    throw new DomainError('not_a_bank_statement', 'Ce XML n’est ni un relevé camt.053 ni un avis camt.054.', {
      remedy: 'Demandez à la banque un relevé de compte ISO 20022 (camt.053) ou un avis d’opérations (camt.054).',
      facts: { root: name.slice(0, 60) },
    })
  }
  const lines: BankLine[] = []
  const faults: BankStatement['faults'] = []
  let row = 0
  for (const report of [...statements, ...notices]) {
    const account = text(report, 'Acct', 'Id', 'IBAN')
    for (const entry of all(report, 'Ntry')) {
      row++
      try {
        lines.push(...entryLines(entry, row, account))
      } catch (fault) {
        if (!(fault instanceof DomainError)) throw fault
        faults.push({ row, fault })
      }
    }
  }
  return { format: statements.length > 0 ? 'camt.053' : 'camt.054', lines, faults }
}

/** An entry booked as one sum may hold several transfers: each is a line, if their sums make the entry's. */
function entryLines(entry: XmlNode, row: number, account: string | null): BankLine[] {
  const status = text(entry, 'Sts', 'Cd') ?? text(entry, 'Sts')
  if (status !== null && status !== 'BOOK') return []
  const whole = signed(entry, first(entry, 'Amt'))
  const bookedOn = typedDay(
    text(entry, 'BookgDt', 'Dt') ?? text(entry, 'BookgDt', 'DtTm') ?? text(entry, 'ValDt', 'Dt') ?? '',
    'date d’opération',
  )
  const currency = attribute(first(entry, 'Amt'), 'Ccy') ?? 'EUR'
  const details = all(entry, 'NtryDtls', 'TxDtls')
  const own = known(text(entry, 'AcctSvcrRef')) ?? known(text(entry, 'NtryRef'))
  const base = { row, account, bookedOn, currency, doubts: [] as Doubt[] }
  const parts = details.map((detail) => ({ detail, part: partOf(detail, entry, currency) }))
  const agree = parts.every(({ part }) => part !== null) && sum(parts.map(({ part }) => part!)) === whole
  if (details.length > 1 && agree) {
    return parts.map(({ detail, part }, i) => ({
      ...base,
      amount: part!,
      ...saidOf(entry, detail),
      doubts: cameBack(entry, detail, part!),
      bankReference: known(text(detail, 'Refs', 'AcctSvcrRef')) ?? (own === null ? null : `${own}/${i + 1}`),
    }))
  }
  const doubts: Doubt[] =
    details.length > 1
      ? [
          {
            code: 'grouped_entry',
            message: `L’écriture de ${amount(whole).replace('.', ',')}\u00a0${currency} groupe ${details.length} opérations dont les sommes ne font pas la sienne.`,
          },
        ]
      : cameBack(entry, details[0], whole)
  return [{ ...base, amount: whole, ...saidOf(entry, details[0]), bankReference: own, doubts }]
}

/** In the currency of the account, and on its own side where it says so: a group may hold what left and what came in. */
const partOf = (detail: XmlNode, entry: XmlNode, currency: string): bigint | null => {
  const found = first(detail, 'Amt') ?? first(detail, 'AmtDtls', 'TxAmt', 'Amt')
  if (found === undefined || (attribute(found, 'Ccy') ?? currency) !== currency) return null
  return signed(first(detail, 'CdtDbtInd') ? detail : entry, found)
}

/** Money that comes in because something was undone, a transfer sent that returns or a fee given back, is no debtor's payment. */
function cameBack(entry: XmlNode, detail: XmlNode | undefined, cents: bigint): Doubt[] {
  const isReversal = /^(true|1)$/.test(text(entry, 'RvslInd') ?? '') || first(detail, 'RtrInf') !== undefined
  if (!isReversal || cents <= 0n) return []
  const message =
    'Argent revenu\u00a0: la banque annule une opération ou rend un virement émis. À rapprocher de celle-ci, et non d’une dette.'
  return [{ code: 'returned_entry', message }]
}

/** A reference that says that there is none would make one movement of two. */
const known = (reference: string | null): string | null =>
  reference === null || /^(not ?provided|nonref|none)$/i.test(reference.trim()) ? null : reference

function signed(entry: XmlNode, node: XmlNode | undefined): bigint {
  const cents = parseAmount(text(node) ?? '')
  return text(entry, 'CdtDbtInd') === 'DBIT' ? -cents : cents
}

function saidOf(entry: XmlNode, detail: XmlNode | undefined) {
  const party = first(detail, 'RltdPties', 'Dbtr')
  const iban = text(detail, 'RltdPties', 'DbtrAcct', 'Id', 'IBAN')
  const endToEnd = known(text(detail, 'Refs', 'EndToEndId'))
  return {
    payer: text(party, 'Nm') ?? text(party, 'Pty', 'Nm'),
    payerIban: ibanOf(iban),
    text: [
      ...texts(detail, 'RmtInf', 'Ustrd'),
      ...texts(detail, 'RmtInf', 'Strd', 'CdtrRefInf', 'Ref'),
      ...texts(detail, 'RmtInf', 'Strd', 'RfrdDocInf', 'Nb'),
      ...(endToEnd === null ? [] : [endToEnd]),
      ...texts(detail, 'RtrInf', 'Rsn', 'Cd').map((code) => `rejet ${code}`),
      ...texts(entry, 'AddtlNtryInf'),
    ]
      .join(' ')
      .slice(0, 1000),
  }
}

const ibanOf = (text: string | null): string | null => {
  const iban = text === null ? null : electronicFormatIBAN(text)
  return iban !== null && isValidIBAN(iban) ? iban : null
}

const headings = {
  date: /^date( comptable| (d |de |de l )?(operation|valeur|reception|comptabilisation))?$/,
  amount: /^(montant|credit|somme)( recu| (de l )?operation)?( (en )?(euros?|eur))?$/,
  debit: /^debit( (en )?(euros?|eur))?$/,
  currency: /^(devise|monnaie)$/,
  text: /^(libelle|reference(?! banc)|motif|communication|facture|n facture|objet)/,
  payer: /^(payeur|client|debiteur|donneur d ordre|nom|emetteur)/,
  iban: /^iban/,
  bankReference: /^(reference bancaire|ref banque|n operation|identifiant)/,
} as const

function fromTable(rows: TableRow[]): BankStatement {
  const at = rows.slice(0, 20).findIndex(({ cells }) => {
    const names = cells.map(plainWords)
    return names.some((name) => headings.date.test(name)) && names.some((name) => headings.amount.test(name))
  })
  if (at === -1) {
    throw new DomainError(
      'columns_unknown',
      'Aucune ligne de titres reconnue : il faut au moins une date et un montant.',
      {
        remedy: 'Nommez les colonnes « Date », « Montant », « Libellé », « Payeur », « IBAN ».',
        facts: { titles: rows[0]?.cells.slice(0, 30) ?? [] },
      },
    )
  }
  const names = rows[at]!.cells.map(plainWords)
  const lines: BankLine[] = []
  const faults: BankStatement['faults'] = []
  for (const { number, cells } of rows.slice(at + 1)) {
    const cell = (heading: keyof typeof headings) =>
      cells.filter((value, i) => value !== '' && headings[heading].test(names[i] ?? ''))
    try {
      const [credit] = cell('amount')
      const [debit] = cell('debit')
      // Banks write 0,00 in the column that does not apply.
      const received = credit === undefined ? 0n : typedCents(credit)
      const cents = received !== 0n || debit === undefined ? received : -abs(typedCents(debit))
      lines.push({
        row: number,
        account: null,
        bookedOn: typedDay(cell('date')[0] ?? '', 'date'),
        amount: cents,
        currency: currencyOf(cell('currency')[0]),
        payer: cell('payer')[0] ?? null,
        payerIban: ibanOf(cell('iban')[0] ?? null),
        text: cell('text').join(' ').slice(0, 1000),
        bankReference: cell('bankReference')[0] ?? null,
        doubts: [],
      })
    } catch (fault) {
      if (!(fault instanceof DomainError)) throw fault
      faults.push({ row: number, fault })
    }
  }
  return { format: 'table', lines, faults }
}

/** A table without a word about it is one of an account in euros. */
function currencyOf(typed = 'EUR'): string {
  const code = typed.trim().toUpperCase()
  if (/^(€|EUROS?)$/.test(code)) return 'EUR'
  if (/^[A-Z]{3}$/.test(code)) return code
  throw new DomainError('unknown_currency', `«\u00a0${typed}\u00a0» n’est pas une devise.`, {
    remedy: 'Écrivez son code à trois lettres, comme EUR.',
  })
}

const abs = (cents: bigint): bigint => (cents < 0n ? -cents : cents)
