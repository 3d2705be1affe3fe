import { readdirSync } from 'node:fs'
import { setFlagsFromString } from 'node:v8'
import { DomainError } from '../schema/errors.ts'
import { UsageError, type Command } from './command.ts'
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
    'courtois: d’une facture impayée au dossier de procédure',
    '',
    'Usage: courtois COMMAND [options]        courtois COMMAND --help',
    '',
    ...commands.map((command) => `  ${command.name.padEnd(width)}${command.summary}`),
  ].join('\n')
}

// V8 lets a program that is alone on a large machine keep its garbage for long; several of ours share one.
setFlagsFromString('--heap-growing-percent=50')

async function main([name, ...argv]: string[]): Promise<number> {
  if (name === undefined || name === '--help' || name === '-h' || name === 'help') {
    console.log(await help())
    return name === undefined ? 2 : 0
  }
  if (!names.includes(name)) throw new UsageError(`unknown command « ${name} »`)
  const command = await load(name)
  if (argv.includes('--help') || argv.includes('-h')) {
    console.log(command.help)
    return 0
  }
  const sendTraces = await startTracing()
  try {
    return (await command.run(argv)) ?? 0
  } finally {
    await sendTraces()
  }
}

/** What the system says of a file or folder that the command line named, as a sentence. */
const pathFaults: Record<string, string> = {
  ENOENT: 'ce fichier ou ce dossier n’existe pas.',
  EACCES: 'l’accès à ce fichier ou à ce dossier est refusé.',
  EPERM: 'le système refuse cette opération sur ce fichier.',
  EISDIR: 'c’est un dossier ; donnez un fichier.',
  ENOTDIR: 'un élément de ce chemin n’est pas un dossier.',
  EROFS: 'ce disque est en lecture seule.',
  ENOSPC: 'le disque est plein.',
}
const isOfPath = (error: unknown): error is Error & { code: string; path: string } =>
  error instanceof Error && 'code' in error && 'path' in error && String(error.code) in pathFaults

// parseArgs throws these for options it does not know or values it misses.
const isUsage = (error: unknown): error is Error =>
  error instanceof UsageError ||
  (error instanceof Error && 'code' in error && String(error.code).startsWith('ERR_PARSE_ARGS'))

try {
  process.exitCode = await main(process.argv.slice(2))
} catch (error) {
  if (isUsage(error)) {
    console.error(`courtois: ${error.message}\nSee: courtois --help`)
    process.exitCode = 2
  } else if (error instanceof DomainError) {
    console.error(`${error.message}\n${error.remedy}${error.article ? ` (${error.article})` : ''} [${error.code}]`)
    process.exitCode = 1
  } else if (isOfPath(error)) {
    console.error(`${error.path} : ${pathFaults[error.code]} [${error.code}]`)
    process.exitCode = 1
  } else {
    throw error
  }
}
