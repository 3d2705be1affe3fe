import { readdirSync } from 'node:fs'
import { parseArgs } from 'node:util'
import type { Bench } from '../bench/bench.ts'
import { type Command, UsageError } from '../command.ts'

const folder = new URL('../bench/', import.meta.url)
const names = readdirSync(folder)
  .map((file) => file.slice(0, -3))
  .filter((name) => name !== 'bench')
  .sort()

export const command: Command = {
  name: 'bench',
  summary: 'figures as ratios beside a peer or a floor',
  help: `Usage: courtois bench [NAME…] [--list] [--json]

Measures each figure beside a peer or a floor in the same run, and prints the ratio with its goal.

  --list   the benchmarks there are
  --json   one JSON object a line: { name, value, unit, against, ratio, goal }`,
  async run(argv) {
    const { values, positionals } = parseArgs({
      args: argv,
      allowPositionals: true,
      options: { list: { type: 'boolean' }, json: { type: 'boolean' } },
    })
    const unknown = positionals.find((name) => !names.includes(name))
    if (unknown) throw new UsageError(`no benchmark « ${unknown} »; there are: ${names.join(', ')}`)
    for (const name of positionals.length > 0 ? positionals : names) {
      const { bench } = (await import(new URL(`${name}.ts`, folder).href)) as { bench: Bench }
      if (values.list) {
        console.log(`${bench.name}\t${bench.summary}`)
        continue
      }
      for (const figure of await bench.run((line) => process.stderr.isTTY && console.error(line))) {
        const round = (value: number) => Math.round(value * 100) / 100
        if (values.json)
          console.log(JSON.stringify({ ...figure, value: round(figure.value), ratio: round(figure.ratio) }))
        else
          console.log(
            `${figure.name}: ${round(figure.value)} ${figure.unit}; ${figure.against}; ratio ${round(figure.ratio)} (goal ${figure.goal})`,
          )
      }
    }
  },
}
