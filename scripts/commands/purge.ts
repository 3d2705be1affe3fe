import { parseArgs } from 'node:util'
import { purge, type Purged } from '../../procedures/purge.ts'
import { parseDay } from '../../schema/days.ts'
import { connect } from '../../schema/db.ts'
import type { Command } from '../command.ts'
import { startOffice } from '../office.ts'
import { houseDay } from '../virtual-day.ts'

export const command: Command = {
  name: 'purge',
  summary: 'ôte les données personnelles gardées assez longtemps, et garde leur preuve',
  help: `Usage : courtois purge [--until DATE] [--yes] [--json]

Ôte ce qui a été gardé aussi longtemps que le dit procedures/law/fr/conservation.yaml : d’un dossier
clos, les coordonnées, les lettres, les appels, les pièces et les dossiers de procédure ; plus tard
ses factures, ses reçus et le nom du débiteur ; les fichiers déposés dont nul n’a fait usage ; la
liste de qui a lu quoi. Empreintes, numéros, sommes, jours et chaîne du journal restent : « doctor »
et « verify » les vérifient comme avant.

Sans --yes, montre ce qui partirait et ne change rien. Travaille sous DATABASE_OWNER_URL, un compte
administrateur ou qui a reçu « set on parameter session_replication_role ». Les sauvegardes faites
avant gardent ce qui est ôté ici.

  --until DATE  compte les durées jusqu’à ce jour (par défaut : aujourd’hui à Paris, ou le jour
                virtuel d’un « serve --day » en cours ; jamais après)
  --yes         ôte pour de bon
  --json        donne { "done", "cases", "accounts", "debtors", "names", "rows", "files", "tray" }`,
  async run(argv) {
    const { values } = parseArgs({
      args: argv,
      options: { until: { type: 'string' }, yes: { type: 'boolean' }, json: { type: 'boolean' } },
    })
    const today = houseDay()
    const until = values.until === undefined ? today : parseDay(values.until, 'until')
    const keep = values.yes === true
    const opened = await startOffice()
    const sql = connect(opened.ownerUrl, { max: 1 })
    try {
      const told = await purge({ ...opened.office, sql }, today, { until, keep }, 'purge')
      console.log(values.json ? JSON.stringify({ done: keep, ...told }) : inWords(told, keep))
    } finally {
      await sql.end({ timeout: 5 })
      await opened.close()
    }
  },
}

function inWords(told: Purged, done: boolean): string {
  const rows = Object.entries(told.rows).toSorted(([a], [b]) => (a < b ? -1 : 1))
  const lines = [
    `Dossiers\u00a0: ${told.cases.length}${listed(told.cases)}`,
    `Comptes de dossiers\u00a0: ${told.accounts.length}${listed(told.accounts)}`,
    `Coordonnées de débiteurs\u00a0: ${told.debtors}\u00a0; noms\u00a0: ${told.names}`,
    ...rows.map(([table, count]) => `  ${table}\u00a0: ${count} ligne(s)`),
    `Fichiers des archives\u00a0: ${told.files}\u00a0; du bac de départ\u00a0: ${told.tray}`,
  ]
  const end = done ? 'Purgé\u00a0; les empreintes restent.' : 'Rien n’a été changé\u00a0: ajoutez --yes pour purger.'
  return [...lines, end].join('\n')
}

const listed = (numbers: string[]): string =>
  numbers.length === 0 ? '' : ` (${numbers.slice(0, 20).join(', ')}${numbers.length > 20 ? ', …' : ''})`
