import { readdirSync } from 'node:fs'
import { parseArgs } from 'node:util'
import type { Bench, Figure } from '../bench/bench.ts'
import { type Command, UsageError } from '../command.ts'
import { progressLine } from '../progress.ts'

const folder = new URL('../bench/', import.meta.url)
const names = readdirSync(folder)
  .filter((file) => /^[a-z]+\.ts$/.test(file) && file !== 'bench.ts')
  .map((file) => file.slice(0, -'.ts'.length))
  .sort()

export const command: Command = {
  name: 'bench',
  summary: 'mesure, en rapport avec un concurrent ou un plancher',
  help: `Usage : courtois bench [NOM…] [--full] [--list] [--json]

Mesure chaque chiffre à côté d’un concurrent ou d’un plancher, dans la même exécution, et donne le
rapport avec son objectif. Les concurrents venus de npm s’installent dans scripts/bench/peers la
première fois ; ce qui manque sur la machine est dit et laissé de côté.

  --full   les longues mesures au lieu des courtes (dix mille lettres pour la mémoire de
           « letters »)
  --list   les mesures qui existent
  --json   un objet JSON par ligne : { name, value, unit, against, ratio, goal } ; avec --list,
           { name, summary }

Exemple
  courtois bench law packs`,
  async run(argv) {
    const { values, positionals } = parseArgs({
      args: argv,
      allowPositionals: true,
      options: { full: { type: 'boolean' }, list: { type: 'boolean' }, json: { type: 'boolean' } },
    })
    const unknown = positionals.find((name) => !names.includes(name))
    if (unknown) throw new UsageError(`pas de mesure « ${unknown} » ; il y a ${names.join(', ')}`)
    const wanted = positionals.length > 0 ? positionals : names
    const progress = progressLine('mesures', wanted.length)
    // Sentences go to standard error: what is skipped must be read, whoever reads the figures.
    const tell = (line: string) => {
      progress.end()
      console.error(line)
    }
    for (const name of wanted) {
      const { bench } = (await import(new URL(`${name}.ts`, folder).href)) as { bench: Bench }
      const { summary } = bench
      if (values.list) {
        console.log(values.json ? JSON.stringify({ name: bench.name, summary }) : `${bench.name}\t${summary}`)
        continue
      }
      progress.step()
      const figures = await bench.run(tell, { full: values.full ?? false }).finally(() => progress.end())
      for (const figure of figures) console.log(values.json ? asJson(figure) : asText(figure))
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
