import { connect, type Socket } from 'node:net'
import { DomainError } from '../schema/errors.ts'
import { isExecutable } from './exhibits/program.ts'

/** Looks into a file; answers the name of what it found, null when nothing. DomainError `antivirus_silent` when it cannot say. */
export interface Antivirus {
  scan(parts: AsyncIterable<Uint8Array> | Iterable<Uint8Array>): Promise<string | null>
}

const timeLimit = 60_000
// In two pieces, or this very file would be taken for the test file.
const eicar = `X5O!P%@AP[4\\PZX54(P^)7CC)7}$EICAR-STANDARD-${'ANTIVIRUS-TEST-FILE!$H+H*'}`

/**
 * Lets a file in, or refuses it: the test file of antivirus makers by its name, what a computer could run by its type, and what the
 * antivirus finds, where there is one. Nothing is kept of a refused file.
 */
export async function admit(
  { name, head, directory }: { name: string; head: Uint8Array; directory: Uint8Array },
  parts: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  antivirus: Antivirus | undefined,
): Promise<void> {
  const shown = name.replaceAll(/\p{Cc}/gu, '_').slice(-100)
  if (Buffer.from(head.subarray(0, 256)).toString('latin1').includes(eicar))
    throw infected(shown, 'fichier d’essai EICAR')
  if (isExecutable({ name, bytes: directory })) {
    throw new DomainError('file_program', `«\u00a0${shown}\u00a0» est un programme ou un script, ou en contient un.`, {
      remedy: 'Joignez un document qui se lit\u00a0: PDF, image, texte, courriel.',
    })
  }
  const found = antivirus ? await antivirus.scan(parts) : null
  if (found !== null) throw infected(shown, found)
}

/** The same for a file that is in memory. */
export const admitBytes = (name: string, bytes: Uint8Array, antivirus: Antivirus | undefined): Promise<void> =>
  admit({ name, head: bytes, directory: bytes }, [bytes], antivirus)

const infected = (name: string, what: string): DomainError =>
  new DomainError('file_infected', `«\u00a0${name}\u00a0» est refusé par l’antivirus\u00a0: ${what}.`, {
    remedy: 'Prévenez la personne qui vous l’a envoyé, et n’ouvrez pas ce fichier.',
    facts: { found: what },
  })

/** ClamAV's own service, asked by INSTREAM: the file goes to it in pieces, and never to a disk. */
export function clamd(place: { host: string; port: number } | { path: string }): Antivirus {
  return { scan: (parts) => ask(place, parts) }
}

async function ask(
  place: { host: string; port: number } | { path: string },
  parts: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
): Promise<string | null> {
  const socket = connect(place)
  const answer = new Promise<string>((resolve, reject) => {
    let text = ''
    socket.setTimeout(timeLimit, () => socket.destroy(new Error('timeout')))
    socket.on('data', (part) => {
      text += part.toString('latin1')
      if (text.length > 4096) socket.destroy(new Error('too long'))
    })
    // It hangs up on what it did not want to read, and has often said why.
    socket.on('error', (error) => (text === '' ? reject(error) : resolve(text)))
    socket.on('close', () => resolve(text))
  })
  // It may answer before it has had everything, and hang up: what it said counts, not the broken pipe.
  answer.catch(() => {})
  try {
    await say(socket, Buffer.from('zINSTREAM\0'))
    for await (const part of parts) {
      for (let at = 0; at < part.length && socket.writable; at += 1 << 20) {
        const piece = part.subarray(at, at + (1 << 20))
        await say(socket, size(piece.length))
        await say(socket, piece)
      }
    }
    await say(socket, size(0))
    return verdict(await answer)
  } catch (cause) {
    if (cause instanceof DomainError) throw cause
    throw silent(cause)
  } finally {
    socket.destroy()
  }
}

/** Resolves when the bytes have left, or could not: the answer, or its absence, tells which. */
const say = (socket: Socket, bytes: Uint8Array): Promise<void> =>
  new Promise((resolve) => (socket.writable ? void socket.write(bytes, () => resolve()) : resolve()))

function size(length: number): Buffer {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32BE(length)
  return bytes
}

function verdict(answer: string): string | null {
  const [, found, state] = /^stream: (?:(.*) )?(OK|FOUND)\0?\s*$/.exec(answer) ?? []
  if (state === 'OK' && found === undefined) return null
  if (state === 'FOUND' && found) return found
  if (answer.includes('size limit exceeded')) throw tooLarge()
  throw silent(new Error(answer.slice(0, 200) || 'no answer'))
}

const tooLarge = (): DomainError =>
  new DomainError(
    'antivirus_limit',
    'Ce fichier est plus grand que ceux que l’antivirus examine\u00a0: il n’est pas reçu.',
    {
      remedy: 'Envoyez-le en plusieurs parties, ou prévenez l’agence, qui peut relever cette limite.',
    },
  )

const silent = (cause: unknown): DomainError =>
  new DomainError('antivirus_silent', 'L’antivirus ne répond pas\u00a0: le fichier n’est pas reçu.', {
    remedy: 'Envoyez-le de nouveau dans quelques minutes\u00a0; si cela dure, prévenez l’agence.',
    cause,
  })
