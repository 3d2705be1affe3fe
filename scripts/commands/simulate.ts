import { existsSync, writeFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { loadPicture } from '../../procedures/amicable/load-picture.ts'
import { readPortfolio } from '../../procedures/amicable/portfolio.ts'
import { loadScenario, readScenario } from '../../procedures/amicable/scenario.ts'
import { channels, type Load, loadPrices, simulate, type Simulation } from '../../procedures/amicable/simulate.ts'
import { before, type Day, dayFr, parseDay } from '../../schema/days.ts'
import { amount, amountFr, type Currency } from '../../schema/money.ts'
import { connect } from '../../schema/db.ts'
import { DomainError } from '../../schema/errors.ts'
import { type Command, sayWritten, UsageError } from '../command.ts'
import { bringUpToDate, openDatabase } from '../database.ts'
import { withProgress } from '../progress.ts'
import { houseDay } from '../virtual-day.ts'
import { counted } from '../../schema/words.ts'

export const command: Command = {
  name: 'simulate',
  summary: 'essaie un scénario sur le vrai portefeuille, horloge virtuelle, sans rien envoyer',
  help: `Usage : courtois simulate --scenario FICHIER|ID --days N [--from DATE] [--prices FICHIER]
                          [--svg FICHIER] [--json]

Prend chaque dossier ouvert tel qu’il est, lui donne le scénario, et dit pour chaque jour les
lettres, appels et visites, leur coût, les dossiers que la prescription rattraperait, ceux qui
n’attendraient plus rien, et les textes qui différeraient de ceux d’aujourd’hui. Personne n’y paie
ni n’y répond ; rien n’est écrit en base et rien n’est envoyé.

  --scenario FICHIER   un fichier de scénario, ou l’identifiant de l’un de ceux qui sont fournis ou
                       de ceux de l’agence (SCENARIOS_DIR)
  --days N             jours à parcourir, le premier compris (1 à 730)
  --from DATE          premier jour : aujourd’hui à Paris (par défaut) ou un jour à venir
  --prices FICHIER     le coût de chaque canal (par défaut : procedures/amicable/prices/maison.yaml)
  --svg FICHIER        écrit une image de la charge par jour
  --json               tout, jour par jour

Exemple
  courtois simulate --scenario abonnement --days 90 --svg charge.svg`,
  async run(argv) {
    const options = {
      scenario: { type: 'string' },
      days: { type: 'string' },
      from: { type: 'string' },
      prices: { type: 'string' },
      svg: { type: 'string' },
      json: { type: 'boolean' },
    } as const
    const { values } = parseArgs({ args: argv, options })
    if (values.scenario === undefined || values.days === undefined || !/^\d+$/.test(values.days))
      throw new UsageError('--scenario FICHIER et --days N sont nécessaires')
    const scenario = existsSync(values.scenario) ? readScenario(values.scenario) : loadScenario(values.scenario)
    const from = values.from === undefined ? houseDay() : parseDay(values.from, 'from')
    refusePast(from)
    const prices = values.prices === undefined ? loadPrices() : loadPrices(values.prices)
    const database = await openDatabase()
    try {
      await bringUpToDate(database)
      const sql = connect(database.url, { max: 2 })
      const simulation = await withProgress('dossiers', (step) =>
        simulate(watched(readPortfolio(sql, from), step), scenario, from, Number(values.days), prices),
      )
      await sql.end({ timeout: 5 })
      const picture = values.svg === undefined ? undefined : Buffer.from(loadPicture(simulation))
      if (picture) writeFileSync(values.svg!, picture)
      console.log(values.json ? JSON.stringify(plain(simulation), null, 2) : said(simulation))
      if (picture && !values.json) sayWritten(values.svg!, picture.length)
    } finally {
      await database.stop()
    }
  },
}

async function* watched<T>(pages: AsyncIterable<T[]>, step: () => void): AsyncGenerator<T[]> {
  for await (const page of pages) {
    yield page
    for (const _ of page) step()
  }
}

/** The cases are taken as they stand: on a day that is past they stood otherwise. */
function refusePast(from: Day): void {
  const today = houseDay()
  if (!before(from, today)) return
  throw new DomainError(
    'from_in_past',
    `Le ${dayFr(from)} est passé\u00a0: les dossiers n’étaient pas ce qu’ils sont.`,
    {
      remedy: `Partez du jour même (${today}) ou d’un jour à venir.`,
      facts: { from: from.toString() },
    },
  )
}

const plainLoad = (load: Load) => ({ ...load, cost: amount(load.cost) })
const plain = ({ byDay, totals, ...rest }: Simulation) => ({
  ...rest,
  totals: { simulated: plainLoad(totals.simulated), today: plainLoad(totals.today) },
  byDay: byDay.map((line) => ({ day: line.day, simulated: plainLoad(line.simulated), today: plainLoad(line.today) })),
})

const words = {
  lettre: 'lettres',
  lrar: 'recommandés',
  email: 'courriels',
  sms: 'messages',
  appel: 'appels',
  visite: 'visites',
  action: 'demandes d’accord ou décisions',
} as const

function said({ scenario, from, until, currency, cases, totals, deadlines, orphans, texts }: Simulation): string {
  const money = (load: Load) => amountFr(load.cost, currency as Currency)
  return [
    `Scénario «\u00a0${scenario}\u00a0», du ${dayFr(from)} au ${dayFr(until)}\u00a0: ${cases.open} dossiers ouverts, ${cases.moved} simulés, ${cases.unsuited} qui gardent le leur, ${cases.waiting} qui attendent une personne.`,
    ...channels
      .filter((channel) => totals.simulated[channel] + totals.today[channel] > 0)
      .map(
        (channel) => `  ${words[channel]}\u00a0: ${totals.simulated[channel]} (aujourd’hui ${totals.today[channel]})`,
      ),
    `  coût\u00a0: ${money(totals.simulated)} (aujourd’hui ${money(totals.today)})`,
    ...(cases.unread > 0
      ? [
          `${cases.unread} dossiers ont une étape à faire que leur scénario ne dit plus (son fichier a changé, ou n’est plus là)\u00a0: elle attendra une personne, et n’est pas comptée.`,
        ]
      : []),
    `Prescription\u00a0: ${deadlines.met} parcours finis à temps, ${deadlines.missed} dépassés${deadlines.late.length > 0 ? ` (${deadlines.late.slice(0, 10).join(', ')})` : ''}.`,
    `Dossiers qui n’attendraient plus rien\u00a0: ${orphans.count} (aujourd’hui ${orphans.today}).`,
    ...orphans.first.slice(0, 10).map((orphan) => `  ${orphan.case}, le ${dayFr(orphan.on)}\u00a0: ${orphan.why}`),
    ...(texts.length > 0
      ? [
          'Courriers qui changeraient\u00a0:',
          ...texts.map(
            (text) =>
              `  ${text.letter}\u00a0: ${text.simulated} (aujourd’hui ${text.today}), ${counted(text.cases, 'dossier')}`,
          ),
        ]
      : ['Aucun courrier ne changerait.']),
  ].join('\n')
}
