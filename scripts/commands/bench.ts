import { readdirSync } from 'node:fs'
import { parseArgs } from 'node:util'
import type { Bench, Figure } from '../bench/bench.ts'
import { type Command, UsageError } from '../command.ts'

const folder = new URL('../bench/', import.meta.url)
const names = readdirSync(folder)
  .filter((file) => /^[a-z]+\.ts$/.test(file) && file !== 'bench.ts')
  .map((file) => file.slice(0, -'.ts'.length))
  .sort()

export const command: Command = {
  name: 'bench',
  summary: 'figures as ratios beside a peer or a floor',
  help: `Usage: courtois bench [NAME…] [--full] [--list] [--json]

Measures each figure beside a peer or a floor in the same run, and prints the ratio with its goal. Peers from npm are
installed in scripts/bench/peers the first time; what is not installed on the machine is said and left out.

  --full   long runs, where a shorter one is the rule (ten thousand letters for the memory of « letters »)
  --list   the benchmarks there are
  --json   one JSON object a line: { name, value, unit, against, ratio, goal }`,
  async run(argv) {
    const { values, positionals } = parseArgs({
      args: argv,
      allowPositionals: true,
      options: { full: { type: 'boolean' }, list: { type: 'boolean' }, json: { type: 'boolean' } },
    })
    const unknown = positionals.find((name) => !names.includes(name))
    if (unknown) throw new UsageError(`no benchmark « ${unknown} »; there are: ${names.join(', ')}`)
    // Sentences go to standard error: what is skipped must be read, whoever reads the figures.
    const tell = (line: string) => console.error(line)
    for (const name of positionals.length > 0 ? positionals : names) {
      const { bench } = (await import(new URL(`${name}.ts`, folder).href)) as { bench: Bench }
      if (values.list) {
        console.log(`${bench.name}\t${bench.summary}`)
        continue
      }
      for (const figure of await bench.run(tell, { full: values.full ?? false }))
        console.log(values.json ? asJson(figure) : asText(figure))
    }
  },
}

const round = (value: number): number => Math.round(value * 100) / 100

function asJson({ name, value, unit, against, ratio, goal }: Figure): string {
  return JSON.stringify({ name, value: round(value), unit, against, ratio: round(ratio), goal })
}

function asText({ name, value, unit, against, ratio, goal, lessIsBetter = false }: Figure): string {
  return `${name}: ${round(value)} ${unit}; ${against}; ratio ${round(ratio)} (goal ${lessIsBetter ? '≤' : '≥'} ${goal})`
}
