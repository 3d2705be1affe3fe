import { dayFr, dayShortFr } from '../../schema/days.ts'
import { amountFr, type Currency } from '../../schema/money.ts'
import type { Load, SimulatedChannel, Simulation } from './simulate.ts'

const shades: { channels: SimulatedChannel[]; label: string; color: string }[] = [
  { channels: ['lettre', 'email', 'sms'], label: 'lettres et messages', color: '#4878a8' },
  { channels: ['lrar'], label: 'recommandés', color: '#1f3a5f' },
  { channels: ['appel'], label: 'appels', color: '#d9a441' },
  { channels: ['visite'], label: 'visites', color: '#8a5a83' },
  { channels: ['action'], label: 'demandes d’accord', color: '#a33b3b' },
]
const frame = { width: 960, height: 360, left: 56, right: 16, top: 74, bottom: 44 }

/** The load of each day as an SVG picture: stacked bars for the scenario simulated, a line for those of today. */
export function loadPicture(simulation: Simulation): string {
  const { byDay, totals } = simulation
  const inner = { width: frame.width - frame.left - frame.right, height: frame.height - frame.top - frame.bottom }
  const most = Math.max(1, ...byDay.flatMap((line) => [count(line.simulated), count(line.today)]))
  const step = inner.width / byDay.length
  const y = (value: number) => round(frame.top + inner.height * (1 - value / most))
  const x = (i: number) => round(frame.left + i * step)
  const bars = byDay.flatMap(({ day, simulated }, i) => {
    let below = 0
    return shades.flatMap(({ channels, label, color }) => {
      const value = channels.reduce((sum, channel) => sum + simulated[channel], 0)
      if (value === 0) return []
      const bar = `<rect x="${x(i)}" y="${y(below + value)}" width="${round(Math.max(0.5, step * 0.86))}" height="${round(y(below) - y(below + value))}" fill="${color}"><title>${dayFr(day)}, ${label}\u00a0: ${value}</title></rect>`
      below += value
      return [bar]
    })
  })
  const line = byDay.map(({ today }, i) => `${round(x(i) + step * 0.43)},${y(count(today))}`).join(' ')
  const grid = ticks(most).map(
    (value) =>
      `<line x1="${frame.left}" x2="${frame.width - frame.right}" y1="${y(value)}" y2="${y(value)}" stroke="#ddd"/><text x="${frame.left - 8}" y="${y(value) + 4}" text-anchor="end">${value}</text>`,
  )
  const dates = byDay.flatMap(({ day }, i) =>
    i % Math.ceil(byDay.length / 8) === 0
      ? [`<text x="${x(i)}" y="${frame.height - frame.bottom + 18}">${dayShortFr(day)}</text>`]
      : [],
  )
  const legend = [
    ...shades.map(({ label, color }) => ({ label, mark: `<rect width="10" height="10" y="-9" fill="${color}"/>` })),
    {
      label: 'aujourd’hui',
      mark: '<line x2="10" y1="-4" y2="-4" stroke="#222" stroke-width="2" stroke-dasharray="3 2"/>',
    },
  ]
  const money = (load: Load) => amountFr(load.cost, simulation.currency as Currency)
  const heading = `Scénario «\u00a0${simulation.scenario}\u00a0», du ${dayFr(simulation.from)} au ${dayFr(simulation.until)}`
  const figures = `${count(totals.simulated)} démarches, ${money(totals.simulated)}\u00a0; aujourd’hui ${count(totals.today)}, ${money(totals.today)}.`
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${frame.width} ${frame.height}" role="img" aria-labelledby="t" lang="fr" font-family="system-ui, sans-serif" font-size="12" fill="#222">
<title id="t">${heading}\u00a0: ${figures}</title>
<rect width="${frame.width}" height="${frame.height}" fill="#fff"/>
<text x="${frame.left}" y="20" font-size="14" font-weight="600">${heading}</text>
<text x="${frame.left}" y="38">${figures}</text>
${legend.map(({ label, mark }, i) => `<g transform="translate(${frame.left + i * 146} 60)">${mark}<text x="16">${label}</text></g>`).join('\n')}
${grid.join('\n')}
${bars.join('\n')}
<polyline points="${line}" fill="none" stroke="#222" stroke-width="1.5" stroke-dasharray="4 3"/>
${dates.join('\n')}
</svg>
`
}

const count = (load: Load): number =>
  shades.reduce((sum, { channels }) => sum + channels.reduce((all, channel) => all + load[channel], 0), 0)
const round = (value: number): number => Math.round(value * 100) / 100

function ticks(most: number): number[] {
  const size = 10 ** Math.floor(Math.log10(most))
  const step = [size / 5, size / 2, size, size * 2].map((each) => Math.max(1, each)).find((each) => most / each <= 6)!
  return Array.from({ length: Math.floor(most / step) + 1 }, (_, i) => Math.round(i * step))
}
