import { readdirSync } from 'node:fs'
import { setFlagsFromString } from 'node:v8'
import { spacedFr, UsageError, type Command } from './command.ts'
import { mendDriver } from './driver.ts'
import { refusal } from './refusals.ts'
import { startTracing } from './tracing.ts'

const names = readdirSync(new URL('./commands/', import.meta.url))
  .filter((file) => file.endsWith('.ts'))
  .map((file) => file.slice(0, -3))
  .sort()

async function load(name: string): Promise<Command> {
  return ((await import(`./commands/${name}.ts`)) as { command: Command }).command
}

async function help(): Promise<string> {
  const commands = await Promise.all(names.map(load))
  const width = Math.max(...commands.map((command) => command.name.length)) + 2
  return [
    'courtois : d’une facture impayée au dossier de procédure',
    '',
    'Usage : courtois COMMANDE [options]        courtois COMMANDE --help',
    '',
    ...commands.map((command) => `  ${command.name.padEnd(width)}${command.summary}`),
  ].join('\n')
}

// V8 lets a program that is alone on a large machine keep its garbage for long; several of ours share one. The API keeps more of it:
// each look through its whole heap makes a tenth of a second's requests wait.
setFlagsFromString(`--heap-growing-percent=${process.argv[2] === 'serve' ? 200 : 50}`)
mendDriver()

async function main([name, ...argv]: string[]): Promise<number> {
  if (name === undefined || name === '--help' || name === '-h' || name === 'help') {
    console.log(spacedFr(await help()))
    return name === undefined ? 2 : 0
  }
  if (!names.includes(name)) throw new UsageError(`il n’y a pas de commande « ${name} »`)
  const command = await load(name)
  if (argv.includes('--help') || argv.includes('-h')) {
    console.log(spacedFr(command.help))
    return 0
  }
  const sendTraces = await startTracing()
  try {
    return (await command.run(argv)) ?? 0
  } finally {
    await sendTraces()
  }
}

const argv = process.argv.slice(2)
try {
  process.exitCode = await main(argv)
} catch (error) {
  const told = refusal(error, names.includes(argv[0]!) ? `courtois ${argv[0]}` : 'courtois')
  if (told === null) throw error
  console.error(told.words)
  process.exitCode = told.exit
}
