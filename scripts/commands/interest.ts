import { text } from 'node:stream/consumers'
import { parseArgs } from 'node:util'
import { owed, printOwed, readClaim } from '../../procedures/law/interest.ts'
import { DomainError } from '../../schema/errors.ts'
import type { Command } from '../command.ts'

export const command: Command = {
  name: 'interest',
  summary: 'the amount owed on a day: principal, interest, indemnity, penalty, with the reckoning',
  help: `Usage: courtois interest < claim.json

Reads a claim (schema/claim.schema.json) on standard input and prints what is owed as JSON.

  --json   accepted; the answer is always JSON

Example
  echo '{ "as_of": "2026-01-01", "debtor": "business", "rate": { "kind": "contract", "percent": "10" },
          "invoices": [{ "number": "F-1", "amount": "10000.00", "due": "2025-01-01" }],
          "indemnity": true }' | courtois interest

rate.kind: contract (percent, or steps), l441-10, legal (from, enforceable_on), commande-publique
capitalise: true or false; capitalise_from: the day its years are counted from, as the decision says (C. civ. 1343-2)
penalty: { "percent" or "amount", "covers", "delay_days", "definitive_on", "source" }, for all invoices or in one of them;
  due once one of « notices » (days of formal notice) followed the due date (C. civ. 1231-5)`,
  async run(argv) {
    parseArgs({ args: argv, options: { json: { type: 'boolean' } } })
    console.log(JSON.stringify(printOwed(owed(readClaim(parse(await text(process.stdin))))), null, 2))
  },
}

function parse(input: string): unknown {
  try {
    return JSON.parse(input)
  } catch (cause) {
    throw new DomainError('invalid_json', "L'entrée n'est pas du JSON lisible.", {
      remedy: 'Donnez la créance en JSON sur l’entrée standard ; voir courtois interest --help.',
      cause,
    })
  }
}
