import { parseArgs } from 'node:util'
import { loadSecret } from '../../api/auth.ts'
import { forgetSecret, openHouse, renewSecret } from '../../procedures/sealed.ts'
import { endWebhook } from '../../procedures/webhooks.ts'
import { transaction } from '../../schema/db.ts'
import { DomainError } from '../../schema/errors.ts'
import { vaultOf } from '../../schema/vault.ts'
import { type Command, UsageError } from '../command.ts'
import { type RunningOffice, startOffice } from '../office.ts'
import { houseDay } from '../virtual-day.ts'

export const command: Command = {
  name: 'secret',
  summary: 'change le secret de la maison, ou dit s’il est le bon',
  help: `Usage : courtois secret [--renew | --forget]

Dit si COURTOIS_SECRET est le secret de cette base : celui qui scelle les codes des coupons et les
secrets des webhooks, qu’une copie de la base seule ne livre donc pas.

  --renew    scelle tout de nouveau avec COURTOIS_SECRET ; COURTOIS_SECRET_BEFORE donne l’ancien.
             Les codes déjà imprimés continuent d’ouvrir leur page
  --forget   le secret est perdu : les codes imprimés jusqu’ici n’ouvrent plus rien, et chaque
             webhook est à enregistrer de nouveau

Arrêtez serve et work avant, et relancez-les avec le nouveau secret.`,
  async run(argv) {
    const { values } = parseArgs({ args: argv, options: { renew: { type: 'boolean' }, forget: { type: 'boolean' } } })
    if (values.renew && values.forget) throw new UsageError('--renew ou --forget')
    const opened = await startOffice()
    try {
      if (values.renew) console.log(`Scellés de nouveau\u00a0: ${await renew(opened)}.`)
      else if (values.forget) await forget(opened)
      await openHouse(opened.sql, opened.office.vault)
      console.log('COURTOIS_SECRET est le secret de cette base.')
    } finally {
      await opened.close()
    }
  },
}

async function renew({ sql, office, dataDir }: RunningOffice): Promise<number> {
  const given = process.env['COURTOIS_SECRET_BEFORE']
  if (!given) {
    throw new DomainError('secret_missing', 'L’ancien secret n’est pas donné.', {
      remedy: 'Donnez-le dans COURTOIS_SECRET_BEFORE, et le nouveau dans COURTOIS_SECRET.',
    })
  }
  return renewSecret(
    sql,
    vaultOf(() => loadSecret(dataDir, given)),
    office.vault,
  )
}

async function forget({ sql, office }: RunningOffice): Promise<void> {
  const { coupons, webhooks } = await transaction(sql, async (tx) => {
    const forgotten = await forgetSecret(tx, office.vault)
    for (const id of forgotten.webhooks)
      await endWebhook(tx, houseDay(), { id, creditorId: null }, 'admin:secret perdu')
    return forgotten
  })
  console.log(
    `Codes de coupons qui n’ouvrent plus rien\u00a0: ${coupons}. Webhooks à enregistrer de nouveau\u00a0: ${webhooks.length}.`,
  )
}
