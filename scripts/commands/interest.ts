import { text } from 'node:stream/consumers'
import { parseArgs } from 'node:util'
import { owed, printOwed, readClaim } from '../../procedures/law/interest.ts'
import { DomainError } from '../../schema/errors.ts'
import type { Command } from '../command.ts'

export const command: Command = {
  name: 'interest',
  summary: 'calcule ce qui est dû un jour donné, avec le décompte',
  help: `Usage : courtois interest < creance.json

Lit une créance (schema/claim.schema.json) sur l’entrée standard et donne ce qui est dû, en JSON.

  --json   accepté ; la réponse est toujours en JSON

Exemple
  echo '{ "as_of": "2026-01-01", "debtor": "business", "indemnity": true,
          "rate": { "kind": "contract", "percent": "10" },
          "invoices": [{ "number": "F-1", "amount": "10000.00", "due": "2025-01-01" }] }' \\
    | courtois interest

rate.kind : contract (percent, ou steps), l441-10, legal (from, enforceable_on), commande-publique
invoices[].liquidated : { "amount", "until" }, les intérêts qu’une décision a comptés elle-même
  jusqu’à ce jour ; la suite court après lui
capitalise : true ou false ; capitalise_from : le jour dont ses années partent, tel que la décision
  le dit (C. civ. 1343-2)
penalty : { "percent" ou "amount", "covers", "delay_days", "definitive_on", "source" }, pour toutes
  les factures ou dans l’une d’elles ; due dès qu’une des « notices » (jours de mise en demeure) a
  suivi l’échéance (C. civ. 1231-5)`,
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
