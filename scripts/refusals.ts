import { DomainError, errorCode } from '../schema/errors.ts'
import { spacedFr, UsageError } from './command.ts'

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

const database = 'Vérifiez DATABASE_URL.'
/** What the environment lacks before anything begins. */
const surroundings: Record<string, [string, string]> = {
  ECONNREFUSED: ['Le serveur de la base de données refuse la connexion.', database],
  ENOTFOUND: ['Le serveur de la base de données n’existe pas.', database],
  EHOSTUNREACH: ['Le serveur de la base de données n’est pas joignable.', database],
  'connect ENOENT': ['Le serveur de la base de données n’est pas à cette adresse.', database],
  'connect EACCES': ['Le système refuse l’accès au serveur de la base de données.', database],
  'listen EACCES': ['Le système réserve ce port.', 'Donnez un PORT de 1024 ou plus.'],
  ETIMEDOUT: ['La base de données ne répond pas.', database],
  CONNECT_TIMEOUT: ['La base de données ne répond pas.', database],
  '28P01': ['La base de données refuse le compte ou son mot de passe.', database],
  '28000': ['La base de données refuse ce compte.', database],
  '3D000': ['Cette base de données n’existe pas.', database],
  '42501': [
    'Ce compte de la base de données n’a pas ce droit.',
    'Donnez DATABASE_OWNER_URL, le compte qui possède les tables\u00a0; « courtois migrate » redonne les siens au programme.',
  ],
  '57P03': ['La base de données démarre ou s’arrête.', 'Recommencez dans un instant.'],
  '08P01': [
    'Le relais devant la base de données refuse ce que le programme demande en s’y connectant.',
    'Dans pgbouncer.ini\u00a0: pool_mode = session, et ignore_startup_parameters comme le dit OPERATIONS.md.',
  ],
  // It may hold a password: it is not repeated.
  ERR_INVALID_URL: [
    'Une adresse donnée au programme ne se lit pas.',
    'Vérifiez celles de l’environnement\u00a0: DATABASE_URL, DATABASE_OWNER_URL, BASE_URL, SMTP_URL.',
  ],
  EADDRINUSE: ['Ce port est déjà pris.', 'Arrêtez l’autre programme, ou donnez un autre PORT.'],
}

/** What to say of an error, and the exit code; null where nobody foresaw it, and its stack is needed. `named` is the command. */
export function refusal(error: unknown, named: string): { words: string; exit: number } | null {
  const misused = usageFault(error)
  if (misused !== null) return { words: spacedFr(`${named} : ${misused}.\nVoir : ${named} --help`), exit: 2 }
  if (error instanceof DomainError) {
    const { message, remedy, article, code } = error
    return { words: `${message}\n${remedy}${article ? ` (${article})` : ''} [${code}]`, exit: 1 }
  }
  const code = errorCode(error)
  if (code === undefined) return null
  const { path, syscall } = error as NodeJS.ErrnoException
  if (path !== undefined && code in pathFaults)
    return { words: spacedFr(`${path} : ${pathFaults[code]} [${code}]`), exit: 1 }
  // The same code says other things of a socket that is called and of a port that is opened.
  const [sentence, remedy] = surroundings[`${syscall} ${code}`] ?? surroundings[code] ?? []
  return sentence === undefined ? null : { words: `${sentence}\n${remedy} [${code}]`, exit: 1 }
}

/** Why the command was not understood; null for any other error. parseArgs of Node says its own in English. */
function usageFault(error: unknown): string | null {
  if (error instanceof UsageError) return error.message
  if (!(error instanceof Error && errorCode(error)?.startsWith('ERR_PARSE_ARGS'))) return null
  const [, option] = /'(?:-\w, )?(--?[^\s']+)/.exec(error.message) ?? []
  const [, word] = /^Unexpected argument '(.*)'\. This/s.exec(error.message) ?? []
  if (word !== undefined) return `« ${word} » est de trop`
  if (errorCode(error) === 'ERR_PARSE_ARGS_UNKNOWN_OPTION') return `l’option ${option} n’existe pas`
  if (error.message.includes('does not take')) return `l’option ${option} ne prend pas de valeur`
  const dash = error.message.includes('ambiguous') ? ` ; précédée d’un tiret, elle s’écrit ${option}=-3` : ''
  return `l’option ${option} attend une valeur${dash}`
}
