import { parseArgs } from 'node:util'
import { erase, type Erasure, type ErasedCase } from '../../procedures/retention/erasure.ts'
import { legalValue } from '../../procedures/law/values.ts'
import { purge, type Purged } from '../../procedures/retention/purge.ts'
import { type Day, dayFr, parseDay } from '../../schema/days.ts'
import { connect, type Sql } from '../../schema/db.ts'
import { type Command, UsageError } from '../command.ts'
import { personsNamed } from '../named.ts'
import { startOffice } from '../office.ts'
import { withProgress } from '../progress.ts'
import { houseDay } from '../virtual-day.ts'

export const command: Command = {
  name: 'purge',
  summary: 'ôte les données personnelles gardées assez longtemps, et garde leur preuve',
  help: `Usage : courtois purge [--until DATE] [--yes] [--json]
        courtois purge --debtor QUI [--all] [--waive MOTIF] [--yes] [--json]

Ôte ce qui a été gardé aussi longtemps que le dit procedures/law/fr/conservation.yaml : d’un dossier
clos, les coordonnées, les lettres, les appels, les pièces et les dossiers de procédure ; plus tard
ses factures, ses reçus et le nom du débiteur ; les fichiers déposés dont nul n’a fait usage ; la
liste de qui a lu quoi. Empreintes, numéros, sommes, jours et chaîne du journal restent : « doctor »
et « verify » les vérifient comme avant.

Avec --debtor, répond à une personne qui demande l’effacement (RGPD, article 17) : ôte ce qui peut
l’être dès maintenant, et dit de chaque dossier ce qui est gardé, jusqu’à quand et pourquoi.
L’adresse électronique et le téléphone s’en vont quand aucun dossier n’est ouvert. Le reste d’un
dossier clos n’est gardé que pour la défense de l’agence et du créancier (article 17-3 e) : --waive
y renonce, par exemple quand la personne n’était pas la bonne. Un dossier ouvert, un dossier porté
devant un juge et les pièces comptables (article 17-3 b) restent dans tous les cas. Assurez-vous de
qui demande.

Sans --yes, montre ce qui partirait et ne change rien. Travaille sous DATABASE_OWNER_URL, un compte
administrateur ou qui a reçu « set on parameter session_replication_role ». Les sauvegardes faites
avant gardent ce qui est ôté ici : OPERATIONS.md dit qu’en faire.

  --until DATE   compte les durées jusqu’à ce jour (par défaut : aujourd’hui à Paris, ou le jour
                 virtuel d’un « serve --day » en cours ; jamais après)
  --debtor QUI   un numéro de dossier, un identifiant, un nom exact, une adresse électronique ou un
                 téléphone
  --all          toutes les fiches qui répondent : c’est bien une seule personne
  --waive MOTIF  renonce à garder les dossiers clos de cette personne, pour ce motif, qui ne nomme
                 personne
  --yes          ôte pour de bon
  --json         donne { "done", "cases", "accounts", "debtors", "names", "contacts", "rows",
                 "files", "tray" } ; avec --debtor, { "done", "cases",
                 "bankLines", "purged" }

Exemple
  courtois purge --debtor 2026-0001 --waive "erreur de personne"`,
  async run(argv) {
    const { values } = parseArgs({
      args: argv,
      options: {
        until: { type: 'string' },
        debtor: { type: 'string' },
        waive: { type: 'string' },
        all: { type: 'boolean' },
        yes: { type: 'boolean' },
        json: { type: 'boolean' },
      },
    })
    const today = houseDay()
    const { debtor, waive = null } = values
    if (debtor !== undefined && values.until !== undefined) throw new UsageError('--until ne va pas avec --debtor')
    if (debtor === undefined && (waive !== null || values.all))
      throw new UsageError('--waive et --all vont avec --debtor')
    const until = values.until === undefined ? today : parseDay(values.until, 'until')
    const keep = values.yes === true
    const say = (told: object, words: string[]): void =>
      console.log(values.json ? JSON.stringify({ done: keep, ...told }) : [...words, ending(keep)].join('\n'))
    await asOwner(async (office, sql) => {
      if (debtor === undefined) {
        const told = await withProgress('dossiers', (seen) => purge(office, today, { until, keep, seen }, 'purge'))
        return say(told, [...times(until), ...inWords(told)])
      }
      const who = await personsNamed(sql, debtor, values.all === true)
      const told = await erase(office, today, { ...who, waiver: waive, keep }, 'purge')
      say(told, ofPerson(told))
    })
  },
}

async function asOwner(act: (office: Parameters<typeof purge>[0], sql: Sql) => Promise<void>): Promise<void> {
  const opened = await startOffice()
  const sql = connect(opened.ownerUrl, { max: 1 })
  try {
    await act({ ...opened.office, sql }, sql)
  } finally {
    await sql.end({ timeout: 5 })
    await opened.close()
  }
}

const kinds = {
  dossier: 'dossier clos',
  titre: 'dossier porté devant un juge',
  comptes: 'pièces comptables et nom',
  consultations: 'qui a lu quoi',
  depots: 'fichiers sans usage',
}

/** The times that a purge counts with, and which of them nobody has confirmed. */
function times(on: Day): string[] {
  return Object.entries(kinds).map(([kind, label]) => {
    const { value, article, confirmed } = legalValue('conservation', on, kind)
    return `Durée, ${label}\u00a0: ${value} mois (${article ?? 'règle de la maison'}${confirmed ? '' : '\u00a0; non confirmée, à arrêter au registre des traitements'})`
  })
}

function inWords(told: Purged): string[] {
  const rows = Object.entries(told.rows).toSorted(([a], [b]) => (a < b ? -1 : 1))
  return [
    `Dossiers\u00a0: ${told.cases.length}${listed(told.cases)}`,
    `Comptes de dossiers\u00a0: ${told.accounts.length}${listed(told.accounts)}`,
    `Coordonnées de débiteurs\u00a0: ${told.debtors}\u00a0; noms\u00a0: ${told.names}`,
    `Courriels et téléphones effacés à la demande de la personne\u00a0: ${told.contacts}`,
    ...rows.map(([table, count]) => `  ${table}\u00a0: ${count} ligne(s)`),
    `Fichiers des archives\u00a0: ${told.files}\u00a0; du bac de départ\u00a0: ${told.tray}`,
  ]
}

function ofPerson({ cases, bankLines, purged }: Erasure): string[] {
  const waiting =
    bankLines === 0
      ? []
      : [
          `Mouvements de banque à ce nom qui attendent un rapprochement\u00a0: ${bankLines}, gardés jusque-là (C. com. L123-22)\u00a0; ceux qui ne paient aucun dossier s’en vont à la purge suivante.`,
        ]
  return [
    ...cases.flatMap(ofCase),
    ...waiting,
    'Effacé dès maintenant\u00a0:',
    ...inWords(purged).map((line) => `  ${line}`),
  ]
}

function ofCase({ number, creditor, closedOn, erased, accountsErased, kept }: ErasedCase): string[] {
  const state = closedOn ? `clos le ${dayFr(closedOn)}` : 'ouvert'
  const gone = erased
    ? [`  effacé\u00a0: tout, hors ${accountsErased ? 'empreintes' : 'pièces comptables et nom'}`]
    : []
  const stays = kept.map(({ what, until, why, article, doubtful }) => {
    const end = until ? ` jusqu’au ${dayFr(until)}${doubtful ? ' (durée non confirmée)' : ''}` : ''
    return `  gardé\u00a0: ${what === 'comptes' ? kinds.comptes : 'le dossier'}${end}. ${why} (${article})`
  })
  return [`${number}, ${creditor}, ${state}`, ...gone, ...stays]
}

const listed = (numbers: string[]): string =>
  numbers.length === 0 ? '' : ` (${numbers.slice(0, 20).join(', ')}${numbers.length > 20 ? ', …' : ''})`

const ending = (done: boolean): string =>
  done
    ? 'Purgé\u00a0; les empreintes restent. Les sauvegardes d’avant gardent ce qui vient d’être ôté, et leur dossier « archive » aussi\u00a0: sauvegardez maintenant dans un nouveau répertoire, et détruisez l’ancien à son terme (OPERATIONS.md).'
    : 'Rien n’a été changé\u00a0: ajoutez --yes pour purger.'
