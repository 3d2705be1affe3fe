import { existsSync, writeFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { loadPicture } from '../../procedures/amicable/load-picture.ts'
import { readPortfolio } from '../../procedures/amicable/portfolio.ts'
import { loadScenario, readScenario } from '../../procedures/amicable/scenario.ts'
import { channels, type Load, loadPrices, simulate, type Simulation } from '../../procedures/amicable/simulate.ts'
import { dayFr, parseDay } from '../../schema/days.ts'
import { amount, amountFr, type Currency } from '../../schema/money.ts'
import { connect } from '../../schema/db.ts'
import { type Command, UsageError } from '../command.ts'
import { bringUpToDate, openDatabase } from '../database.ts'

export const command: Command = {
  name: 'simulate',
  summary: 'flies a scenario over the real portfolio on a virtual clock, without sending',
  help: `Usage: courtois simulate --scenario FILE|ID --days N [--from DATE] [--prices FILE] [--svg FILE] [--json]

Takes every open case as it stands, gives it the scenario, and says for each day the letters, calls and visits, what they
cost, the cases that prescription would overtake, those that would wait for nothing, and the texts that would differ from
today's. Nobody pays or answers in it; nothing is written and nothing is sent.

  --scenario FILE   a scenario file, or the id of one that ships
  --days N          days to fly, today included (1 to 730)
  --from DATE       first day (default: today in Paris)
  --prices FILE     what each channel costs (default: procedures/amicable/prices/maison.yaml)
  --svg FILE        writes a picture of the load by day
  --json            everything, by day`,
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
      throw new UsageError('simulate: --scenario FILE and --days N are needed')
    const scenario = existsSync(values.scenario) ? readScenario(values.scenario) : loadScenario(values.scenario)
    const from = values.from === undefined ? Temporal.Now.plainDateISO('Europe/Paris') : parseDay(values.from, 'from')
    const prices = values.prices === undefined ? loadPrices() : loadPrices(values.prices)
    const database = await openDatabase()
    try {
      await bringUpToDate(database)
      const sql = connect(database.url, { max: 2 })
      const simulation = await simulate(readPortfolio(sql, from), scenario, from, Number(values.days), prices)
      await sql.end({ timeout: 5 })
      if (values.svg !== undefined) writeFileSync(values.svg, loadPicture(simulation))
      console.log(values.json ? JSON.stringify(plain(simulation), null, 2) : said(simulation))
    } finally {
      await database.stop()
    }
  },
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
    `Prescription\u00a0: ${deadlines.met} parcours finis à temps, ${deadlines.missed} dépassés${deadlines.late.length > 0 ? ` (${deadlines.late.slice(0, 10).join(', ')})` : ''}.`,
    `Dossiers qui n’attendraient plus rien\u00a0: ${orphans.count} (aujourd’hui ${orphans.today}).`,
    ...orphans.first.slice(0, 10).map((orphan) => `  ${orphan.case}, le ${dayFr(orphan.on)}\u00a0: ${orphan.why}`),
    ...(texts.length > 0
      ? [
          'Courriers qui changeraient\u00a0:',
          ...texts.map((text) => `  ${text.letter}\u00a0: ${text.simulated} (aujourd’hui ${text.today})`),
        ]
      : ['Aucun courrier ne changerait.']),
  ].join('\n')
}
